/* Lines with one trouble each, and what the doctor says first. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "hjgate/meter_doctor.h"

#define MS     HJ_USEC_PER_MS
#define UNITS  4
#define ROUNDS 50

static struct hj_doctor d;
static struct hj_finding found[HJ_FINDINGS_MAX];
static size_t count;

static const struct hj_doctor_try answered = { .outcome = HJ_TRY_ANSWERED, .took = 15 * MS };
static const struct hj_doctor_try silent = { .outcome = HJ_TRY_SILENT, .took = 500 * MS };

static int begin(void **state)
{
	(void)state;
	return hj_doctor_init(&d, UNITS);
}

static struct hj_doctor_try broken(const void *bytes, size_t n)
{
	return (struct hj_doctor_try){
		.outcome = HJ_TRY_BROKEN, .took = 20 * MS, .received = bytes, .received_length = n
	};
}

/* All units answer, but what `other` is each `every`-th time of unit `odd` (UNITS: of all). */
static void ask(size_t odd, unsigned every, const struct hj_doctor_try *other)
{
	for (unsigned round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < UNITS; i++)
			hj_doctor_take(
			        &d, i, (odd == UNITS || i == odd) && round % every == 0 ? other : &answered);
	count = hj_doctor_judge(&d, found);
}

static void first_is(enum hj_finding_kind kind, size_t unit)
{
	assert_true(count > 0);
	assert_int_equal(found[0].kind, kind);
	assert_int_equal(found[0].unit, unit);
}

static void a_good_line(void **state)
{
	(void)state;
	ask(UNITS, ROUNDS, &answered);
	first_is(HJ_FINDING_FINE, UNITS);
	assert_int_equal(count, 1);
	assert_float_equal(hj_doctor_trip_ms(&d.units[0], 0.95), 15, 0.01);
	assert_int_equal(d.histogram[1], UNITS * ROUNDS); /* 10 to 20 ms */
}

static void nothing_at_all(void **state)
{
	(void)state;
	ask(UNITS, 1, &silent);
	first_is(HJ_FINDING_NOTHING, UNITS);
	assert_true(isnan(hj_doctor_trip_ms(&d.units[0], 0.5)));
}

static void another_format(void **state)
{
	const uint8_t bytes[] = { 0x9a, 0x35, 0x44, 0xb2, 0x6d, 0x51, 0x2b, 0x96, 0x00 };
	const struct hj_doctor_try t = broken(bytes, sizeof(bytes));

	(void)state;
	ask(UNITS, 1, &t);
	first_is(HJ_FINDING_GARBAGE, UNITS);
}

static void swapped_wires(void **state)
{
	const uint8_t bytes[] = { 0x00, 0xfe, 0xfc, 0x00, 0xff, 0x9a, 0x7f, 0x00 };
	const struct hj_doctor_try t = broken(bytes, sizeof(bytes));

	(void)state;
	ask(UNITS, 1, &t);
	first_is(HJ_FINDING_SWAPPED, UNITS);
}

static void noise_hits_all(void **state)
{
	const struct hj_doctor_try t = broken("12345", 5);

	(void)state;
	ask(UNITS, 25, &t);
	first_is(HJ_FINDING_NOISE, UNITS);
	assert_float_equal(found[0].value, 4, 0.01);
}

static void two_of_one_address(void **state)
{
	const struct hj_doctor_try t = broken("12345", 5);

	(void)state;
	ask(2, 3, &t);
	first_is(HJ_FINDING_DOUBLE, 2);
	assert_int_equal(count, 1); /* and no noise beside it */
}

static void the_second_answers_behind_the_first(void **state)
{
	struct hj_doctor_try behind = answered;

	(void)state;
	behind.junk = 7; /* found before the unit that is asked after it */
	ask(3, 1, &behind);
	first_is(HJ_FINDING_DOUBLE, 2);
}

static void another_master(void **state)
{
	struct hj_doctor_try t = broken("12345", 5);

	(void)state;
	t.by_other_master = true;
	ask(UNITS, 10, &t);
	first_is(HJ_FINDING_OTHERS, UNITS);
	assert_int_equal(count, 1); /* it explains what is broken */
}

static void one_is_absent(void **state)
{
	(void)state;
	ask(1, 1, &silent);
	first_is(HJ_FINDING_ABSENT, 1);
	assert_int_equal(count, 1);
}

static void one_loses_some(void **state)
{
	(void)state;
	ask(1, 10, &silent);
	first_is(HJ_FINDING_LOSES, 1);
	assert_float_equal(found[0].value, 10, 0.01);
}

static void one_is_late(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct hj_doctor_try next = answered;

		hj_doctor_take(&d, 0, &answered);
		hj_doctor_take(&d, 1, &silent);
		next.junk = 9;
		next.junk_is_late = true;
		hj_doctor_take(&d, 2, &next);
	}
	count = hj_doctor_judge(&d, found);
	first_is(HJ_FINDING_LATE, 1);
	assert_int_equal(count, 1);
}

static void one_is_slow_and_the_adapter_echoes(void **state)
{
	struct hj_doctor_try t = answered;

	(void)state;
	t.took = 450 * MS;
	d.has_echo = true;
	ask(0, 1, &t);
	first_is(HJ_FINDING_SLOW, 0);
	assert_int_equal(found[1].kind, HJ_FINDING_ECHO);
	assert_int_equal(count, 2);
}

static void keeps_its_bounds(void **state)
{
	(void)state;
	assert_int_equal(hj_doctor_init(&d, HJ_DOCTOR_UNITS + 1), -EINVAL);
	assert_int_equal(hj_doctor_init(&d, HJ_DOCTOR_UNITS), 0);
	for (int i = 0; i < 2 * HJ_DOCTOR_TRIPS; i++)
		hj_doctor_take(&d, HJ_DOCTOR_UNITS - 1, &answered);
	assert_int_equal(d.units[HJ_DOCTOR_UNITS - 1].trip_count, HJ_DOCTOR_TRIPS);
	assert_int_equal(hj_doctor_judge(&d, found), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_good_line, begin),
		cmocka_unit_test_setup(nothing_at_all, begin),
		cmocka_unit_test_setup(another_format, begin),
		cmocka_unit_test_setup(swapped_wires, begin),
		cmocka_unit_test_setup(noise_hits_all, begin),
		cmocka_unit_test_setup(two_of_one_address, begin),
		cmocka_unit_test_setup(the_second_answers_behind_the_first, begin),
		cmocka_unit_test_setup(another_master, begin),
		cmocka_unit_test_setup(one_is_absent, begin),
		cmocka_unit_test_setup(one_loses_some, begin),
		cmocka_unit_test_setup(one_is_late, begin),
		cmocka_unit_test_setup(one_is_slow_and_the_adapter_echoes, begin),
		cmocka_unit_test_setup(keeps_its_bounds, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
