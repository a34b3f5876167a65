/* How the clock goes, measured against somebody who says whole seconds now and then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../services/clockd/drift.h"
#include "hjgate/cleanup.h"
#include "hjgate/clock_watch.h"

#define HOUR_MS (3600 * HJ_MS_PER_SEC)

static void note(struct drift *d, int64_t mono_ms, int64_t offset_ms, int64_t corrected_ms)
{
	drift_note(
	        d, &(struct drift_word){ .mono_ms = mono_ms, .offset_ms = offset_ms, .corrected_ms = corrected_ms });
}

static void nothing_is_said_too_soon(void **state)
{
	struct drift d = { 0 };
	double ppm;

	assert_false(drift_ppm(&d, &ppm));
	note(&d, 1000, 5000, 5000);
	note(&d, 1000 + DRIFT_LEAST_MS - 1, 2000, 2000);
	assert_false(drift_ppm(&d, &ppm));
	note(&d, 1000 + DRIFT_LEAST_MS, 0, 0);
	assert_true(drift_ppm(&d, &ppm));
}

/* A clock that loses 100 ppm and is set each hour, by what is said in whole seconds. */
static void what_was_corrected_counts(void **state)
{
	int64_t behind_us = 7000000, said_ms;
	struct drift d = { 0 };
	double ppm;

	for (int64_t hour = 0; hour <= 48; hour++) {
		said_ms = behind_us / 1000000 * 1000;
		note(&d, hour * HOUR_MS, said_ms, said_ms > 1000 ? said_ms : 0);
		behind_us -= said_ms > 1000 ? said_ms * 1000 : 0;
		behind_us += 360000;
	}
	assert_true(drift_ppm(&d, &ppm));
	assert_true(ppm > 90 && ppm < 110);
	assert_int_equal(drift_measured_ms(&d), 48 * HOUR_MS);
	assert_true(hj_clock_48h_ms(100) == 17280 && hj_clock_48h_ms(-100) == 17280);
}

/* A clock that keeps time, behind by 4 s and slewed by half a millisecond a second. The platform says the time again
 * while that is under way: what is left is slewed anew, or is near enough to be left to go on. */
static void a_slew_under_way_is_no_drift(void **state)
{
	static const struct drift_word words[] = {
		{ 0, 4000, 0, 4000, 0, 0 },
		{ 600000, 3700, 3700, 3700, 0, 0 },  /* in place of the first */
		{ 3600000, 2200, 2200, 2200, 0, 0 }, /* likewise */
		{ 7200000, 400, 400, 400, 0, 0 },    /* near enough: it goes on */
		{ 7 * HOUR_MS, 0, 0, 0, 0, 0 },
		{ 48 * HOUR_MS, 0, 0, 0, 0, 0 },
	};
	struct drift d = { 0 };
	double ppm;

	for (size_t i = 0; i < hj_array_size(words); i++) {
		drift_note(&d, &words[i]);
		assert_int_equal(d.behind_ms, 0);
	}
	assert_true(drift_ppm(&d, &ppm));
	assert_true(ppm == 0);
}

/* A step takes the place of a slew; and a slew of somebody else's is under way when the first time is said. */
static void what_takes_a_slews_place(void **state)
{
	static const struct drift_word words[] = {
		{ 0, 3000, 1000, 3000, 0, 0 },
		{ 600000, 2700, 2700, 2700, 0, 0 },
		{ 1200000, 62400, 2400, 62400, 0, 0 }, /* the platform's own clock has leapt by a minute */
		{ 10 * HOUR_MS, 0, 0, 0, 0, 0 },
	};
	struct drift d = { 0 };

	for (size_t i = 0; i < hj_array_size(words); i++)
		drift_note(&d, &words[i]);
	assert_int_equal(d.behind_ms, 60000);
}

/* The difference of the two clocks tells of steps; what clockd itself stepped, and less than a second, is none. */
static void a_step_of_somebody_elses_begins_anew(void **state)
{
	static const struct drift_word words[] = {
		{ 0, 60000, 0, 60000, 500000, 60000 },
		{ 1 * HOUR_MS, 0, 0, 0, 560999, 0 },
		{ 2 * HOUR_MS, 0, 0, 0, 560000, 0 },
	};
	struct drift d = { 0 };

	for (size_t i = 0; i < hj_array_size(words); i++)
		drift_note(&d, &words[i]);
	assert_int_equal(drift_measured_ms(&d), 2 * HOUR_MS);
	for (int64_t step = -1000; step <= 1000; step += 2000) {
		struct drift e = d;

		drift_note(&e, &(struct drift_word){ 3 * HOUR_MS, 7000, 0, 7000, 560000 + step, 7000 });
		assert_int_equal(drift_measured_ms(&e), 0);
		assert_int_equal(e.behind_ms, 0);
		drift_note(&e, &(struct drift_word){ 4 * HOUR_MS, 0, 0, 0, 567000 + step, 0 });
		assert_int_equal(drift_measured_ms(&e), HOUR_MS);
	}
}

static void another_boot_begins_anew(void **state)
{
	struct drift d = { 0 };
	double ppm;

	note(&d, 100 * HOUR_MS, 0, 0);
	note(&d, 120 * HOUR_MS, 60000, 60000);
	assert_true(drift_ppm(&d, &ppm));
	note(&d, HOUR_MS, 0, 0);
	assert_false(drift_ppm(&d, &ppm));
	assert_int_equal(drift_measured_ms(&d), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_said_too_soon),
		cmocka_unit_test(what_was_corrected_counts),
		cmocka_unit_test(a_slew_under_way_is_no_drift),
		cmocka_unit_test(what_takes_a_slews_place),
		cmocka_unit_test(a_step_of_somebody_elses_begins_anew),
		cmocka_unit_test(another_boot_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
