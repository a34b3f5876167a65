/* Who exports without end: each is answered, the first of a minute and of a day are told one by one, and the others
 * as one number. The clock is the test's, and so is whoever is told. */
#include <inttypes.h>

#include "stored_served.h"

#define CALL   "{\"kind\":\"minute\",\"begin\":0,\"end\":1,\"format\":\"csv\",\"records\":%" PRId64 ",\"target\":\"file\"}"
#define MINUTE 60
#define HOUR   3600
#define DAY    (24 * HOUR)

static struct stored *s;
static int64_t now_s = 1000 * 1000 * 1000; /* the loop has the machine's clock: its timers are far away */
static unsigned alone, together;
static int64_t count, records;

struct hj_now hj_now(void)
{
	return (struct hj_now){ .wall_ms = 1795017600000LL + now_s * 1000, .mono = (hj_usec)now_s * HJ_USEC_PER_SEC };
}

/* ---- in eventd's place ---- */

int hj_report_new(sd_event *event, const char *of, const char *source, struct hj_report **ret)
{
	*ret = NULL;
	return 0;
}

void hj_report_free(struct hj_report *r)
{
}

void hj_report(struct hj_report *r, const char *code, enum hj_phase phase, const char *key, json_t *values)
{
	alone += !strcmp(code, "data-exported");
	if (!strcmp(code, "exports-more")) {
		together++;
		count += json_integer_value(json_object_get(values, "count"));
		records = json_integer_value(json_object_get(values, "records"));
		assert_true(json_integer_value(json_object_get(values, "begin")) <=
		            json_integer_value(json_object_get(values, "end")));
		assert_non_null(json_string_value(json_object_get(values, "by")));
	}
	json_decref(values);
}

void hj_report_at(
        struct hj_report *r, const char *code, enum hj_phase phase, const char *key, int64_t time_ms, json_t *values)
{
	json_decref(values);
}

void hj_report_sure(
        struct hj_report *r, const char *code, enum hj_phase phase, const char *key, int64_t time_ms, json_t *values)
{
	json_decref(values);
}

bool hj_report_bad_input(struct hj_report *r, const char *from, const char *text)
{
	return false;
}

/* ---- tests ---- */

static int set_up(void **state)
{
	alone = together = 0;
	count = records = 0;
	s = make_world("export", 100);
	if (!s)
		return -1;
	serve_store(s);
	return 0;
}

static int tear_down(void **state)
{
	return no_more_world(s);
}

static void export(int64_t so_many)
{
	char text[256], answer[256];
	int fd;

	snprintf(text, sizeof(text), CALL, so_many);
	fd = say_to_store(HJ_LOOK, "Exported", text, false);
	hear_store(fd, answer, sizeof(answer));
	assert_string_equal(answer, "{\"parameters\":{}}");
	close(fd);
}

static void the_rest_is_one_number(void **state)
{
	for (int i = 0; i < 100; i++)
		export(7);
	assert_int_equal(alone, 12);
	assert_int_equal(together, 0);
	exports_tell(s);
	assert_int_equal(together, 1);
	assert_int_equal(count, 88);
	assert_int_equal(records, 88 * 7);
	exports_tell(s); /* nothing new is nothing */
	assert_int_equal(together, 1);
	now_s += MINUTE;
	export(7);
	assert_int_equal(alone, 13);
	/* A number that nobody could have is no trouble. */
	for (int i = 0; i < 14; i++)
		export(INT64_MAX);
	exports_tell(s);
	assert_int_equal(records, INT64_MAX);
}

/* As fast as a minute lets him, for a day: hundreds, and not what fills the ledger. */
static void a_day_has_an_end(void **state)
{
	unsigned exported = 0;

	now_s += DAY;
	for (int minute = 0; minute < 40; minute++, now_s += MINUTE)
		for (int i = 0; i < 13; i++, exported++)
			export(1);
	assert_int_equal(alone, 300);
	exports_tell(s);
	assert_int_equal(count + alone, exported);
	now_s += DAY;
	export(1);
	assert_int_equal(alone, 301);
}

/* What was counted is told when the store stops. */
static void it_is_told_at_the_stop(void **state)
{
	now_s += DAY;
	for (int i = 0; i < 20; i++)
		export(1);
	serve_no_more();
	stored_free(s);
	assert_int_equal(together, 1);
	assert_int_equal(count, 8);
	s = open_store(100);
	serve_store(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_rest_is_one_number, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_day_has_an_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_is_told_at_the_stop, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
