/* Shares over the hour, the day and 30 days on a clock that the test turns, against plain counting. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_figures.h"

#define MINUTE 60000LL
#define HOUR   (60 * MINUTE)
#define BEGIN  1795392000000LL /* 2026-11-23 00:00 UTC */

static void shares_slide(void **state)
{
	struct hj_figures_look look;
	struct hj_figures f;

	(void)state;
	hj_figures_init(&f, BEGIN);
	hj_figures_look(&f, BEGIN, &look);
	assert_true(isnan(look.hour) && isnan(look.day) && isnan(look.month) && isnan(look.p50_ms));
	for (int i = 0; i < 1000; i++)
		hj_figures_add(&f, BEGIN, i >= 51);
	hj_figures_look(&f, BEGIN, &look);
	/* 94.9 %, rounded down and so below the mark. */
	assert_true(look.hour == 94.9 && look.day == 94.9 && look.month == 94.9);
	assert_int_equal(look.of_hour.wanted, 1000);
	assert_int_equal(look.of_hour.got, 949);
	hj_figures_look(&f, BEGIN + 59 * MINUTE, &look);
	assert_true(look.hour == 94.9);
	hj_figures_look(&f, BEGIN + 60 * MINUTE, &look);
	assert_true(isnan(look.hour) && look.day == 94.9);
	hj_figures_look(&f, BEGIN + 24 * HOUR, &look);
	assert_true(isnan(look.day) && look.month == 94.9);
	hj_figures_look(&f, BEGIN + 30 * 24 * HOUR, &look);
	assert_true(isnan(look.month));
}

/* A clock that is set back: nothing is lost, and it goes on when the time is reached again. */
static void a_clock_set_back(void **state)
{
	struct hj_figures_look look;
	struct hj_figures f;

	(void)state;
	hj_figures_init(&f, BEGIN);
	hj_figures_add(&f, BEGIN, true);
	hj_figures_add(&f, BEGIN - 48 * HOUR, false);
	hj_figures_look(&f, BEGIN - 48 * HOUR, &look);
	assert_int_equal(look.of_hour.wanted, 2);
	hj_figures_add(&f, BEGIN + MINUTE, true);
	hj_figures_look(&f, BEGIN + MINUTE, &look);
	assert_int_equal(look.of_hour.wanted, 3);
	assert_int_equal(look.of_month.got, 2);
}

/* A clock that stood in another year until the network told it better: what it is then is what counts. */
static void a_clock_set_back_by_years(void **state)
{
	const int64_t wrong = BEGIN + 20LL * 365 * 24 * HOUR;
	struct hj_figures_look look;
	struct hj_figures f;

	(void)state;
	hj_figures_init(&f, wrong);
	hj_figures_add(&f, wrong, true);
	for (int i = 0; i < 100; i++)
		hj_figures_add(&f, BEGIN + i * MINUTE, i >= 40);
	hj_figures_look(&f, BEGIN + 99 * MINUTE, &look);
	assert_int_equal(look.of_hour.wanted, 60);
	assert_int_equal(look.of_hour.got, 60);
	assert_true(look.hour == 100);
	hj_figures_look(&f, BEGIN + 40 * 24 * HOUR, &look);
	assert_true(isnan(look.month));
}

static void any_history_is_plain_counting(void **state)
{
	enum { N = 4000 };
	static int64_t at[N];
	static bool got[N];
	struct hj_figures f;
	int64_t now = BEGIN;

	(void)state;
	srandom(3);
	hj_figures_init(&f, now);
	for (int i = 0; i < N; i++) {
		struct hj_figures_look look;
		uint32_t wanted = 0, good = 0;

		now += random() % (random() % 50 ? 90000 : 5 * HOUR);
		at[i] = now;
		got[i] = random() % 9 != 0;
		hj_figures_add(&f, now, got[i]);
		hj_figures_look(&f, now, &look);
		for (int k = i; k >= 0 && at[k] / MINUTE > now / MINUTE - HJ_FIGURES_MINUTES; k--) {
			wanted++;
			good += got[k];
		}
		assert_int_equal(look.of_hour.wanted, wanted);
		assert_int_equal(look.of_hour.got, good);
	}
}

static void round_trips(void **state)
{
	struct hj_figures_look look;
	struct hj_figures f;

	(void)state;
	hj_figures_init(&f, BEGIN);
	for (unsigned i = 1; i <= 100; i++)
		hj_figures_trip(&f, i * HJ_USEC_PER_MS);
	hj_figures_look(&f, BEGIN, &look);
	assert_true(look.p50_ms == 50 && look.p95_ms == 95 && look.max_ms == 100);
	for (unsigned i = 0; i < HJ_FIGURES_TRIPS; i++)
		hj_figures_trip(&f, 1500);
	hj_figures_look(&f, BEGIN, &look);
	assert_true(look.p50_ms == 1.5 && look.max_ms == 1.5);
	hj_figures_trip(&f, 3600 * HJ_USEC_PER_SEC);
	hj_figures_look(&f, BEGIN, &look);
	assert_true(look.max_ms == 6553.5);
}

static void a_restart_keeps_hours_and_days(void **state)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct hj_figures f, again;
	struct hj_figures_look look;
	struct hj_reader in;

	(void)state;
	hj_figures_init(&f, BEGIN);
	for (int i = 0; i < 10; i++)
		hj_figures_add(&f, BEGIN + i * HOUR, i != 3);
	assert_int_equal(hj_figures_encode(&f, &b), 0);
	in = (struct hj_reader){ .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + b.len };
	assert_int_equal(hj_figures_decode(&in, &again), 0);
	assert_ptr_equal(in.p, in.end);
	hj_figures_add(&again, BEGIN + 10 * HOUR, true);
	hj_figures_look(&again, BEGIN + 10 * HOUR, &look);
	assert_int_equal(look.of_hour.wanted, 1);
	assert_int_equal(look.of_day.wanted, 11);
	assert_int_equal(look.of_month.got, 10);
	in = (struct hj_reader){ .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + b.len - 1 };
	assert_int_equal(hj_figures_decode(&in, &again), -EBADMSG);
	b.data[9 + 4 + 3] = (char)0xff; /* more got than wanted */
	in = (struct hj_reader){ .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + b.len };
	assert_int_equal(hj_figures_decode(&in, &again), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_slide),
		cmocka_unit_test(a_clock_set_back),
		cmocka_unit_test(a_clock_set_back_by_years),
		cmocka_unit_test(any_history_is_plain_counting),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(a_restart_keeps_hours_and_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
