/* The limits of the backlog: rate, hours over midnight, a day's bytes, and the time to go that they make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "hjgate/conf.h"

#include "../../services/uplinkd/limits.h"

#define MINUTE_MS 60000LL
#define HOUR_MS   (60 * MINUTE_MS)
/* 2026-11-26 00:00 in Beijing. */
#define DAY0 (1795622400000LL)

static struct hj_now at(int64_t wall_ms)
{
	return (struct hj_now){ .wall_ms = wall_ms, .mono = (hj_usec)(wall_ms - DAY0 + 1000000) * HJ_USEC_PER_MS };
}

static void hours_may_go_over_midnight(void **state)
{
	struct limits l = { .from_min = 22 * 60, .to_min = 6 * 60 };
	hj_usec until;

	assert_int_equal(limits_hold(&l, at(DAY0), &until), LIMITS_FREE);
	assert_int_equal(limits_hold(&l, at(DAY0 + 6 * HOUR_MS - 1), &until), LIMITS_FREE);
	assert_int_equal(limits_hold(&l, at(DAY0 + 6 * HOUR_MS), &until), LIMITS_HOURS);
	assert_true(until == at(DAY0 + 22 * HOUR_MS).mono);
	assert_int_equal(limits_hold(&l, at(DAY0 + 22 * HOUR_MS), &until), LIMITS_FREE);
	l = (struct limits){ .from_min = 60, .to_min = 120 };
	assert_int_equal(limits_hold(&l, at(DAY0 + 3 * HOUR_MS), &until), LIMITS_HOURS);
	assert_true(until == at(DAY0 + 25 * HOUR_MS).mono);
	l = (struct limits){ .from_min = 22 * 60, .to_min = 0 }; /* to midnight is not the whole day */
	assert_int_equal(limits_hold(&l, at(DAY0), &until), LIMITS_HOURS);
}

static void texts_of_hours(void **state)
{
	static const char *const bad[] = { "22:00", "22:00-22:00", "24:00-06:00", "25:00-06:00", "22:60-06:00",
		"2200-0600", "22:00-06:00 ", "22:00/06:00", "22:00-24:01" };
	unsigned from = 1, to = 1;

	assert_int_equal(hj_conf_hours_parse("22:00-06:30", &from, &to), 0);
	assert_true(from == 22 * 60 && to == 6 * 60 + 30);
	assert_int_equal(hj_conf_hours_parse("00:00-24:00", &from, &to), 0);
	assert_true(from == 0 && to == 1440);
	assert_int_equal(hj_conf_hours_parse("", &from, &to), 0);
	assert_true(!from && !to);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(hj_conf_hours_parse(bad[i], &from, &to) < 0);
}

static void rate_is_kept_over_a_minute(void **state)
{
	struct limits l = { .rate = 60 };
	struct hj_now now = at(DAY0);
	hj_usec until;
	unsigned frames = 0;

	for (; now.mono < at(DAY0 + 5 * MINUTE_MS).mono; now.mono += 10000)
		for (int i = 0; limits_hold(&l, now, &until) == LIMITS_FREE && i < 4; i++, frames++)
			limits_frame(&l, 1000, now);
	assert_in_range(frames, 5 * 60, 5 * 60 + 4);
}

static void a_day_has_its_bytes(void **state)
{
	struct limits l = { .budget = 1000000 };
	hj_usec until;

	limits_bytes(&l, 999999, at(DAY0 + HOUR_MS));
	assert_int_equal(limits_hold(&l, at(DAY0 + HOUR_MS), &until), LIMITS_FREE);
	assert_false(limits_tell_spent(&l, at(DAY0 + HOUR_MS)));
	limits_bytes(&l, 1, at(DAY0 + HOUR_MS));
	assert_int_equal(limits_hold(&l, at(DAY0 + HOUR_MS), &until), LIMITS_BUDGET);
	assert_true(until == at(DAY0 + 24 * HOUR_MS).mono);
	assert_true(limits_tell_spent(&l, at(DAY0 + HOUR_MS)) && !limits_tell_spent(&l, at(DAY0 + 2 * HOUR_MS)));
	assert_int_equal(limits_hold(&l, at(DAY0 + 24 * HOUR_MS), &until), LIMITS_FREE);
	assert_int_equal(limits_today(&l, at(DAY0 + 24 * HOUR_MS)), 0);
	limits_restore(&l, DAY0, 5000, at(DAY0 + 25 * HOUR_MS)); /* yesterday's */
	assert_int_equal(limits_today(&l, at(DAY0 + 25 * HOUR_MS)), 0);
	limits_restore(&l, DAY0 + 24 * HOUR_MS, 5000, at(DAY0 + 25 * HOUR_MS));
	assert_int_equal(limits_today(&l, at(DAY0 + 25 * HOUR_MS)), 5000);
}

static void the_time_to_go_knows_the_limits(void **state)
{
	const struct limits_record r = { .each = HJ_USEC_PER_SEC / 10, .frames = 4, .bytes = 4000 };
	struct limits l = { 0 };

	assert_int_equal(limits_eta(&l, 0, &r, at(DAY0)), 0);
	assert_int_equal(limits_eta(&l, 36000, &r, at(DAY0)), 3600);
	l.rate = 240; /* a record a second */
	assert_int_equal(limits_eta(&l, 36000, &r, at(DAY0)), 36000);
	assert_int_equal(limits_eta(&l, 100000, &r, at(DAY0 + 23 * HOUR_MS)), 100000);
	l.from_min = 0;
	l.to_min = 60; /* 3600 a day */
	assert_int_equal(limits_eta(&l, 3600 * 3, &r, at(DAY0)), 2 * 86400 + 3600);
	assert_int_equal(limits_eta(&l, 1800, &r, at(DAY0 + 2 * HOUR_MS)), 22 * 3600 + 1800);
	l = (struct limits){ .budget = 4000000 }; /* 1000 records a day */
	assert_int_equal(limits_eta(&l, 2500, &r, at(DAY0)), 2 * 86400 + 50);
	limits_bytes(&l, 4000000, at(DAY0 + HOUR_MS)); /* all of it live, in an hour: no day has room */
	l.since_ms = DAY0;
	assert_int_equal(limits_eta(&l, 1, &r, at(DAY0 + HOUR_MS)), -1);
}

static void growth_begins_and_ends(void **state)
{
	struct growth g = { 0 };
	hj_usec hour = 3600 * HJ_USEC_PER_SEC;

	assert_int_equal(growth_look(&g, 1000, true, hour, 1), 0);
	assert_int_equal(growth_look(&g, 1500, true, hour, hour), 0);
	assert_int_equal(growth_look(&g, 1200, true, hour, hour + 1), 1);
	assert_int_equal(growth_look(&g, 1300, true, hour, 2 * hour + 1), 0); /* told once */
	assert_int_equal(growth_look(&g, 1299, true, hour, 3 * hour + 1), -1);
	assert_int_equal(growth_look(&g, 1400, false, hour, 4 * hour + 1), 0); /* an outage is no slow drain */
	assert_int_equal(growth_look(&g, 1400, true, hour, 5 * hour), 0);
	assert_int_equal(growth_look(&g, 1500, true, hour, 6 * hour), 1);
	assert_int_equal(growth_look(&g, 0, true, hour, 6 * hour + 5), -1);
	assert_int_equal(growth_look(&g, 19, true, hour, 8 * hour), 0); /* too few to be one */
}

/* A program that was killed had said that it grows: nobody else would say that it does no longer. */
static void growth_ends_after_a_restart(void **state)
{
	struct growth drained = { 0 }, shrinks = { 0 };
	hj_usec hour = 3600 * HJ_USEC_PER_SEC;

	assert_int_equal(growth_look(&drained, -1, true, hour, 1), 0); /* not known yet */
	assert_int_equal(growth_look(&drained, 3, true, hour, 2), 0);
	assert_int_equal(growth_look(&drained, 0, true, hour, 3), -1);
	assert_int_equal(growth_look(&drained, 0, true, hour, 4), 0); /* told once */
	assert_int_equal(growth_look(&shrinks, 1000, true, hour, 1), 0);
	assert_int_equal(growth_look(&shrinks, 900, true, hour, hour + 1), -1);
	assert_int_equal(growth_look(&shrinks, 800, true, hour, 2 * hour + 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hours_may_go_over_midnight),
		cmocka_unit_test(growth_ends_after_a_restart),
		cmocka_unit_test(texts_of_hours),
		cmocka_unit_test(rate_is_kept_over_a_minute),
		cmocka_unit_test(a_day_has_its_bytes),
		cmocka_unit_test(the_time_to_go_knows_the_limits),
		cmocka_unit_test(growth_begins_and_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
