/* Each change of a watched switch is told once; one that chatters does not fill the ledger, and none of its changes
 * is hidden. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/meterd/meterd.h"

static char told[4096]; /* instead of eventd */

void hj_report_at(
        struct hj_report *r, const char *code, enum hj_phase phase, const char *key, int64_t time_ms, json_t *values)
{
	size_t used = strlen(told);

	assert_null(r);
	assert_int_equal(phase, HJ_MOMENT);
	snprintf(told + used, sizeof(told) - used, "%s %s %lld %g>%g %lld\n", code, key, (long long)time_ms,
	        json_number_value(json_object_get(values, "from")), json_number_value(json_object_get(values, "to")),
	        json_integer_value(json_object_get(values, "count")));
	json_decref(values);
}

static struct hj_conf_point fan = { .point.name = "a.fan", .event = true }, dial = { .point.name = "a.dial" };
static const struct hj_conf_point *points[] = { &dial, &fan };

static struct meterd world(void)
{
	struct meterd m = { .points = points, .point_count = 2 };

	told[0] = '\0';
	assert_int_equal(change_new(&m), 0);
	return m;
}

static void tells_each_change_once(void **state)
{
	struct meterd m = world();

	(void)state;
	assert_false(change_seen(&m, 1, 1, 1000)); /* the first: nothing is known of before */
	assert_false(change_seen(&m, 1, 1, 2000));
	assert_true(change_seen(&m, 1, 0, 3000));
	assert_false(change_seen(&m, 1, NAN, 4000)); /* no value is no change */
	assert_false(change_seen(&m, 1, 0, 5000));
	assert_true(change_seen(&m, 1, 1, 6000));
	assert_false(change_seen(&m, 0, 1, 7000)); /* nobody watches it */
	assert_false(change_seen(&m, 0, 2, 8000));
	change_window(&m);
	assert_string_equal(told, "switch-changed point a.fan 3000 1>0 1\nswitch-changed point a.fan 6000 0>1 1\n");
	change_free(&m);
}

static void a_chattering_switch_is_told_together(void **state)
{
	struct meterd m = world();
	size_t lines = 0;

	(void)state;
	for (int i = 0; i <= 1000; i++)
		assert_int_equal(change_seen(&m, 1, i % 2, i), i > 0);
	for (const char *p = told; *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, CHANGES_TOLD_MOST);
	told[0] = '\0';
	change_window(&m);
	assert_string_equal(told, "switch-chattered point a.fan 1000 0>0 970\n");
	told[0] = '\0';
	change_window(&m);
	assert_string_equal(told, "");
	assert_true(change_seen(&m, 1, 1, 2000)); /* a new window: told at once again */
	assert_string_equal(told, "switch-changed point a.fan 2000 0>1 1\n");
	change_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_each_change_once),
		cmocka_unit_test(a_chattering_switch_is_told_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
