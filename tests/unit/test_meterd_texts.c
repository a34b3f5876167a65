/* Another serial number is another meter: told once, when it has been read twice, also over a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/meterd/meterd.h"
#include "state_root.h"

static char told[1024]; /* instead of eventd */

void hj_report_at(
        struct hj_report *r, const char *code, enum hj_phase phase, const char *key, int64_t time_ms, json_t *values)
{
	size_t used = strlen(told);

	(void)r;
	assert_int_equal(phase, HJ_MOMENT);
	snprintf(told + used, sizeof(told) - used, "%s %s %lld %s>%s\n", code, key, (long long)time_ms,
	        json_string_value(json_object_get(values, "old")), json_string_value(json_object_get(values, "new")));
	json_decref(values);
}

static struct hj_conf_point serial = { .point.name = "oven.serial", .codec = { .type = HJ_TYPE_TEXT, .length = 4 } },
                            power = { .point.name = "oven.power", .codec = { .type = HJ_TYPE_UINT16 } };
static const struct hj_conf_point *points[] = { &power, &serial };
static struct hj_want wants[2];
static struct hj_conf_meter oven = { .name = "oven" };

static struct meterd world(void)
{
	struct meterd m = { .points = points, .point_count = 2, .wants = wants };

	m.conf.meters = &oven;
	m.conf.meter_count = 1;
	strcpy(m.conf.name, "north");
	told[0] = '\0';
	assert_int_equal(texts_new(&m, root), 0);
	return m;
}

static void read_text(struct meterd *m, const char *text, int64_t time_ms)
{
	samples_take(m, 1, (const uint8_t *)text, time_ms);
}

static void told_when_read_twice(void **state)
{
	struct meterd m = world();

	(void)state;
	assert_true(texts_has(&m, 1) && !texts_has(&m, 0));
	assert_null(texts_get(&m, 1));
	read_text(&m, "\0\0\0\0", 1);
	assert_null(texts_get(&m, 1));
	read_text(&m, "SN01", 2);
	assert_string_equal(texts_get(&m, 1), "SN01");
	read_text(&m, "SN02", 3);
	read_text(&m, "SN01", 4); /* it was half a number */
	read_text(&m, "SN02", 5);
	read_text(&m, "\0\0\0\0", 6);
	assert_string_equal(told, "");
	assert_string_equal(texts_get(&m, 1), "SN01");
	read_text(&m, "SN02", 7);
	read_text(&m, "SN02", 8);
	assert_string_equal(told, "meter-changed meter north.oven 7 SN01>SN02\n");
	assert_string_equal(texts_get(&m, 1), "SN02");
	texts_free(&m);
}

/* After the test above. */
static void told_over_a_restart(void **state)
{
	struct meterd m = world();

	(void)state;
	assert_string_equal(texts_get(&m, 1), "SN02");
	read_text(&m, "SN 3", 20);
	read_text(&m, "SN 3", 21);
	assert_string_equal(told, "meter-changed meter north.oven 21 SN02>SN 3\n");
	texts_free(&m);
	m = world();
	assert_string_equal(texts_get(&m, 1), "SN 3");
	texts_free(&m);
	write_file("var/lib/hjgate/meterd/north/texts", "oven.serial\n\nnobody x\noven.power 7\noven.serial  ");
	m = world();
	assert_null(texts_get(&m, 0));
	texts_free(&m);
}

static void makes_no_samples(void **state)
{
	struct meterd m = world();

	(void)state;
	outbox_init(&m.outbox);
	read_text(&m, "SN01", 1);
	samples_miss(&m, 1, 2, HJ_FLAG_LINK);
	samples_take(&m, 1, NULL, 3);
	assert_int_equal(m.outbox.count, 0);
	samples_miss(&m, 0, 4, HJ_FLAG_LINK);
	assert_int_equal(m.outbox.count, 1);
	outbox_done(&m.outbox);
	texts_free(&m);
}

static int set_up(void **state)
{
	(void)state;
	return make_root("texts");
}

static int tear_down(void **state)
{
	(void)state;
	return remove_root();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_when_read_twice),
		cmocka_unit_test(told_over_a_restart),
		cmocka_unit_test(makes_no_samples),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
