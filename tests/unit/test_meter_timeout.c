/* Time-outs that follow the meter: from the configured time to twice its slowest answer, and up again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hjgate/meter_timeout.h"

#define MS HJ_USEC_PER_MS

static void answer(struct hj_timeout *t, unsigned times, hj_usec turnaround)
{
	while (times--)
		hj_timeout_answered(t, turnaround);
}

static void nothing_is_believed_before_some_answers(void **state)
{
	struct hj_timeout t;

	(void)state;
	hj_timeout_init(&t, 500 * MS);
	assert_int_equal(hj_timeout_get(&t), 500 * MS);
	answer(&t, HJ_TIMEOUT_LEARNED - 1, 80 * MS);
	assert_int_equal(hj_timeout_get(&t), 500 * MS);
	answer(&t, 1, 80 * MS);
	assert_int_equal(hj_timeout_get(&t), 160 * MS);
}

static void it_has_a_floor_and_the_configured_time_as_its_end(void **state)
{
	struct hj_timeout t;

	(void)state;
	hj_timeout_init(&t, 500 * MS);
	answer(&t, HJ_TIMEOUT_LEARNED, 4 * MS);
	assert_int_equal(hj_timeout_get(&t), HJ_TIMEOUT_FLOOR);
	answer(&t, 1, 400 * MS);
	assert_int_equal(hj_timeout_get(&t), 500 * MS);
	/* Who configures less than the floor means it. */
	hj_timeout_init(&t, 50 * MS);
	answer(&t, HJ_TIMEOUT_LEARNED, 4 * MS);
	assert_int_equal(hj_timeout_get(&t), 50 * MS);
}

static void a_peak_counts_for_two_runs(void **state)
{
	struct hj_timeout t;

	(void)state;
	hj_timeout_init(&t, 500 * MS);
	answer(&t, HJ_TIMEOUT_LEARNED, 60 * MS);
	answer(&t, 1, 200 * MS);
	answer(&t, HJ_TIMEOUT_RUN, 60 * MS);
	assert_int_equal(hj_timeout_get(&t), 400 * MS);
	answer(&t, 2 * HJ_TIMEOUT_RUN, 60 * MS);
	assert_int_equal(hj_timeout_get(&t), 120 * MS);
}

/* A meter that needs 700 ms where 500 are configured (0 answers of 1000 come in time): what is heard too late makes
 * the time-out longer until they do. */
static void late_answers_make_it_longer_than_configured(void **state)
{
	struct hj_timeout t;

	(void)state;
	hj_timeout_init(&t, 500 * MS);
	hj_timeout_late(&t);
	assert_int_equal(hj_timeout_get(&t), 1000 * MS);
	answer(&t, 3 * HJ_TIMEOUT_RUN, 700 * MS);
	assert_int_equal(hj_timeout_get(&t), 1000 * MS);
	for (int i = 0; i < 10; i++)
		hj_timeout_late(&t);
	assert_int_equal(hj_timeout_get(&t), HJ_TIMEOUT_CAP);
	/* It has become quick. */
	answer(&t, 3 * HJ_TIMEOUT_RUN, 60 * MS);
	assert_int_equal(hj_timeout_get(&t), 120 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_believed_before_some_answers),
		cmocka_unit_test(it_has_a_floor_and_the_configured_time_as_its_end),
		cmocka_unit_test(a_peak_counts_for_two_runs),
		cmocka_unit_test(late_answers_make_it_longer_than_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
