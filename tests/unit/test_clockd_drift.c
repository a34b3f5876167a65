/* How the clock goes, measured against somebody who says whole seconds now and then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../services/clockd/drift.h"

#define HOUR_MS (3600 * HJ_MS_PER_SEC)

static void nothing_is_said_too_soon(void **state)
{
	struct drift d = { 0 };
	double ppm;

	assert_false(drift_ppm(&d, &ppm));
	drift_note(&d, 1000, 5000, 5000);
	drift_note(&d, 1000 + DRIFT_LEAST_MS - 1, 2000, 2000);
	assert_false(drift_ppm(&d, &ppm));
	drift_note(&d, 1000 + DRIFT_LEAST_MS, 0, 0);
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
		drift_note(&d, hour * HOUR_MS, said_ms, said_ms > 1000 ? said_ms : 0);
		behind_us -= said_ms > 1000 ? said_ms * 1000 : 0;
		behind_us += 360000;
	}
	assert_true(drift_ppm(&d, &ppm));
	assert_true(ppm > 90 && ppm < 110);
	assert_int_equal(drift_measured_ms(&d), 48 * HOUR_MS);
	assert_true(drift_48h_ms(100) == 17280 && drift_48h_ms(-100) == 17280);
}

static void another_boot_begins_anew(void **state)
{
	struct drift d = { 0 };
	double ppm;

	drift_note(&d, 100 * HOUR_MS, 0, 0);
	drift_note(&d, 120 * HOUR_MS, 60000, 60000);
	assert_true(drift_ppm(&d, &ppm));
	drift_note(&d, HOUR_MS, 0, 0);
	assert_false(drift_ppm(&d, &ppm));
	assert_int_equal(drift_measured_ms(&d), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_said_too_soon),
		cmocka_unit_test(what_was_corrected_counts),
		cmocka_unit_test(another_boot_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
