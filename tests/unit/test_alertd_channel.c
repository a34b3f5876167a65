/* One channel against answers that are played here: what it sends next; and what of an address is shown. */
#include <curl/curl.h>
#include <string.h>

#include "hjgate/now.h"
#include "alertd_world.h"

static struct hj_now now = { .wall_ms = 1790000000000LL, .mono = HJ_USEC_PER_SEC };
static http_fn answer; /* of the request that is under way; NULL: none */
static void *asked_by;
static unsigned requests;

struct hj_now hj_now(void)
{
	return now;
}

int fdatasync(int fd)
{
	return 0;
}

int fsync(int fd)
{
	return 0;
}

/* ---- eventd ---- */

static unsigned reports;

int hj_report_new(sd_event *event, const char *root_folder, const char *source, struct hj_report **ret)
{
	*ret = NULL;
	return 0;
}

void hj_report_free(struct hj_report *r)
{
}

void hj_report(struct hj_report *r, const char *code, enum hj_phase phase, const char *key, json_t *values)
{
	reports++;
	json_decref(values);
}

/* ---- the network ---- */

int http_new(sd_event *event, struct http **ret)
{
	*ret = NULL;
	return 0;
}

void http_free(struct http *h)
{
}

void http_cancel(struct http_request *q)
{
}

int http_post(struct http *h, const struct http_ask *ask, http_fn fn, void *userdata, struct http_request **ret)
{
	assert_null(answer);
	answer = fn;
	asked_by = userdata;
	*ret = (struct http_request *)&requests;
	requests++;
	return 0;
}

static void give(const struct http_result *r)
{
	http_fn fn = answer;

	assert_non_null(fn);
	answer = NULL;
	fn(r, asked_by);
}

static void say(const char *body)
{
	give(&(struct http_result){ .curl = CURLE_OK, .status = 200, .body = body, .n = strlen(body), .error = "" });
}

/* ---- an alertd with one robot ---- */

static struct alertd *begin(void)
{
	static struct hj_conf_channel conf = { .name = "robot", .url = "https://a/b", .hold = 72, .ends = true };

	return begin_alertd(&conf);
}

static void take_code(struct alertd *a, int64_t id, const char *code)
{
	struct alert *alert = alert_new();

	assert_non_null(alert);
	alert->id = id;
	alert->begin_ms = 1;
	alert->class = HJ_EVENT_FAULT;
	hj_text_copy(alert->code, sizeof(alert->code), code);
	snprintf(alert->key, sizeof(alert->key), "bus %d", (int)id);
	assert_int_equal(alertd_take(a, alert), TAKEN);
}

static void take(struct alertd *a, int64_t id)
{
	take_code(a, id, "samples-late");
}

static int setup(void **state)
{
	requests = reports = 0;
	return make_root("alertd");
}

static int teardown(void **state)
{
	return remove_root();
}

/* ---- tests ---- */

/* Each of a digest that was refused is tried by itself, refused ones, too; what comes then goes together again. */
static void after_a_refused_digest(void **state)
{
	struct alertd *a = begin();
	struct channel *c = &a->channels[0];

	for (int id = 1; id <= 3; id++)
		take(a, id);
	channel_turn(c, now.mono);
	say("{\"errcode\": 400105}");
	for (int i = 0; i < 3; i++) {
		channel_turn(c, now.mono);
		say(i == 1 ? "{\"errcode\": 0}" : "{\"errcode\": 400105}");
	}
	assert_int_equal(requests, 4);
	assert_int_equal(a->owed_count, 0);
	assert_int_equal(c->lost, 2);
	for (int id = 4; id <= 6; id++)
		take(a, id);
	channel_turn(c, now.mono);
	say("{\"errcode\": 0}");
	assert_int_equal(requests, 5);
	assert_int_equal(a->owed_count, 0);
	end_alertd(a);
}

/* As long as the answer asked for, whatever the clock says by then. */
static void a_silence_outlives_a_restart(void **state)
{
	static const int64_t clock_s[] = { 60, -7200, 7200 };

	for (size_t i = 0; i < hj_array_size(clock_s); i++) {
		struct alertd *a = begin();
		hj_usec wait;

		take(a, (int64_t)i + 1);
		channel_turn(&a->channels[0], now.mono);
		give(&(struct http_result){ .curl = CURLE_OK, .status = 429, .retry_after_s = 1800, .error = "" });
		end_alertd(a);
		now.mono += 60 * HJ_USEC_PER_SEC;
		now.wall_ms += clock_s[i] * HJ_MS_PER_SEC;
		a = begin();
		wait = a->channels[0].wait_until > now.mono ? a->channels[0].wait_until - now.mono : 0;
		assert_int_equal(wait / HJ_USEC_PER_SEC, i == 0 ? 1740 : i == 1 ? 1800 : 0);
		while (a->owed_count)
			channel_give_up(&a->channels[0], a->owed[0], "the test is over");
		a->channels[0].wait_until = 0;
		outbox_pace(a, &a->channels[0]);
		end_alertd(a);
	}
}

/* Where two channels are dead each would be told for ever what the other has lost. */
static void what_is_lost_of_losses_is_no_news(void **state)
{
	struct alertd *a = begin();

	for (int id = 1; id <= OWED_MAX + 10; id++)
		take_code(a, id, id == 1 ? "samples-late" : "alert-lost");
	assert_int_equal(a->owed_count, OWED_MAX);
	assert_int_equal(a->channels[0].lost, 10);
	assert_int_equal(reports, 1);
	end_alertd(a);
}

/* Robots of others have their token in the address. */
static void only_the_host_is_shown(void **state)
{
	static const char *const urls[] = { "https://a.b:8443", "https://a.b:8443/hook/tok?key=tok",
		"https://a.b:8443?key=tok", "https://a.b:8443#tok", "https://me:tok@a.b:8443/hook",
		"https://me:tok@a.b:8443?to=x@y", "https://a.b:8443\\tok" };
	char host[HJ_ALERT_URL_MAX + 1];

	for (size_t i = 0; i < hj_array_size(urls); i++)
		assert_string_equal(alertd_host_of(urls[i], host, sizeof(host)), "a.b:8443");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(after_a_refused_digest, setup, teardown),
		cmocka_unit_test_setup_teardown(a_silence_outlives_a_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_lost_of_losses_is_no_news, setup, teardown),
		cmocka_unit_test(only_the_host_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
