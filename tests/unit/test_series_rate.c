/* Bytes a day: what was measured in how long, over days of the wall clock. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hjgate/rate.h"

#define MINUTE_MS 60000LL
#define BEGIN_MS  1790000000000LL

static struct hj_now now = { .wall_ms = BEGIN_MS, .mono = 5 };

static void pass(struct hj_rate *r, int minutes, int64_t bytes)
{
	for (int i = 0; i < minutes; i++) {
		now.wall_ms += MINUTE_MS;
		now.mono += MINUTE_MS * HJ_USEC_PER_MS;
		hj_rate_note(r, &now, bytes);
	}
}

static void test_not_yet_known(void **state)
{
	struct hj_rate r = { 0 };

	assert_true(hj_rate_per_day(&r) < 0);
	hj_rate_note(&r, &now, 1000000); /* the first of the process: no time has passed */
	pass(&r, 359, 10);
	assert_true(hj_rate_per_day(&r) < 0);
	pass(&r, 1, 10);
	assert_true(fabs(hj_rate_per_day(&r) - (1000000 + 3600) * 4.0) < 1);
	assert_int_equal(r.total, 1003600);
}

/* A box that is off for most of a day writes less, but not more slowly; and what is long past counts no more. */
static void test_days(void **state)
{
	struct hj_rate r = { 0 };

	hj_rate_note(&r, &now, 0);
	pass(&r, 1440, 100);
	assert_true(fabs(hj_rate_per_day(&r) - 144000) < 1);
	r.noted = 0; /* another process */
	now.wall_ms += 10 * HJ_MS_PER_DAY / 2;
	now.mono = 7;
	hj_rate_note(&r, &now, 0);
	pass(&r, 60, 100);
	assert_true(fabs(hj_rate_per_day(&r) - 144000) < 1);
	pass(&r, 1440 * HJ_RATE_DAYS, 50);
	assert_true(fabs(hj_rate_per_day(&r) - 72000) < 1);
	assert_int_equal(r.count, HJ_RATE_DAYS);
}

static void test_no_growth(void **state)
{
	struct hj_rate r = { 0 };

	hj_rate_note(&r, &now, 0);
	pass(&r, 1000, -5);
	assert_true(hj_rate_per_day(&r) == 0);
	assert_int_equal(r.total, 0);
}

static void test_clock_back(void **state)
{
	struct hj_rate r = { 0 }, again;
	struct hj_buf b = { 0 };

	hj_rate_note(&r, &now, 0);
	pass(&r, 600, 100);
	now.wall_ms = 1000;
	pass(&r, 600, 100);
	assert_int_equal(hj_rate_encode(&r, &b), 0);
	assert_int_equal(hj_rate_decode(b.data, b.len, &again), 0); /* the Beijing day of 1000 begins before 0 */
	hj_buf_done(&b);
	now.wall_ms = BEGIN_MS;
	pass(&r, 240, 100);
	assert_true(fabs(hj_rate_per_day(&r) - 144000) < 1);
}

static void test_encoded(void **state)
{
	struct hj_rate r = { 0 }, again;
	struct hj_buf b = { 0 };

	hj_rate_note(&r, &now, 0);
	pass(&r, 3000, 100);
	assert_int_equal(hj_rate_encode(&r, &b), 0);
	assert_int_equal(hj_rate_decode(b.data, b.len, &again), 0);
	assert_int_equal(again.noted, 0);
	assert_int_equal(again.total, r.total);
	assert_int_equal(again.since_ms, r.since_ms);
	assert_true(hj_rate_per_day(&again) == hj_rate_per_day(&r));
	for (size_t n = 0; n < b.len; n++)
		assert_int_equal(hj_rate_decode(b.data, n, &again), -EBADMSG);
	b.data[0] = 9;
	assert_int_equal(hj_rate_decode(b.data, b.len, &again), -EBADMSG);
	hj_buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_yet_known),
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_no_growth),
		cmocka_unit_test(test_clock_back),
		cmocka_unit_test(test_encoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
