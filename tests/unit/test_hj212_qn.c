/* QNs under a clock that goes where it wants: unique, and near it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "hjgate/hj212_qn.h"

#define RIGHT 1795000000000LL /* 2026-11-18 */
#define HOUR  3600000LL
#define DAY   HJ_MS_PER_DAY
#define YEAR  (365 * DAY)
#define OLD   946684800000LL /* where a clock without a battery begins: 2000 */

static int64_t give(struct hj212_qn *q, int64_t wall_ms)
{
	int64_t ms = 0;

	assert_int_equal(hj212_qn_next(q, (struct hj_now){ .wall_ms = wall_ms }, &ms), 0);
	assert_true(hj212_qn_used(q) == ms);
	return ms;
}

static void they_are_the_clock_or_one_more(void **state)
{
	struct hj212_qn q = { 0 };

	assert_true(hj212_qn_used(&q) == 0);
	assert_true(give(&q, RIGHT) == RIGHT);
	assert_true(give(&q, RIGHT) == RIGHT + 1);
	assert_true(give(&q, RIGHT + 50) == RIGHT + 50);
	assert_true(give(&q, INT64_MAX) == RIGHT + 51); /* 17 digits cannot say it */
	assert_true(give(&q, INT64_MIN) == RIGHT + 52);
}

static void ten_years_ahead_and_back(void **state)
{
	struct hj212_qn q = { 0 };
	const int64_t ahead = RIGHT + 10 * YEAR;

	give(&q, RIGHT);
	assert_true(give(&q, ahead) == ahead);
	assert_true(give(&q, RIGHT + 5) == RIGHT + 5); /* and not ahead + 1 */
	assert_true(give(&q, RIGHT + 5) == RIGHT + 6);
	assert_true(give(&q, ahead) == ahead + 1); /* the same moment again */
	assert_true(give(&q, RIGHT) == RIGHT + 7);
	assert_true(q.left_count == 1);
}

static void hours_ahead_and_back_they_only_grow(void **state)
{
	struct hj212_qn q = { 0 };

	give(&q, RIGHT);
	assert_true(give(&q, RIGHT + 3 * HOUR) == RIGHT + 3 * HOUR);
	assert_true(give(&q, RIGHT + 60) == RIGHT + 3 * HOUR + 1);
	assert_true(give(&q, RIGHT - 20 * HOUR) == RIGHT + 3 * HOUR + 2); /* also before the first of all */
	assert_true(give(&q, RIGHT + 4 * HOUR) == RIGHT + 4 * HOUR);
	assert_true(q.left_count == 0);
}

/* Which of the two clocks was right nobody knows. */
static void back_before_all_that_was_used(void **state)
{
	struct hj212_qn q = { 0 };

	give(&q, RIGHT);
	give(&q, RIGHT + 2 * HOUR);
	assert_true(give(&q, RIGHT - 40 * DAY) == RIGHT - 40 * DAY);
	assert_true(give(&q, RIGHT + 3 * HOUR) == RIGHT + 3 * HOUR);
	assert_true(give(&q, RIGHT - 40 * DAY) == RIGHT - 40 * DAY + 1);
	assert_true(give(&q, RIGHT + HOUR) == RIGHT + 3 * HOUR + 1);
}

/* Within what a long life has used there may be any: the end of it is nearer to the truth than none. */
static void back_into_what_was_used(void **state)
{
	struct hj212_qn q = { .now = { RIGHT - YEAR, RIGHT } };

	assert_true(give(&q, RIGHT - 100 * DAY) == RIGHT + 1);
	assert_true(q.left_count == 0);
}

static void a_clock_that_cannot_be_right_is_not_followed(void **state)
{
	struct hj212_qn q = { 0 };

	assert_true(give(&q, OLD) == OLD); /* there is nothing else */
	assert_true(give(&q, OLD + 30 * DAY) == OLD + 30 * DAY);
	assert_true(give(&q, RIGHT) == RIGHT);
	assert_true(give(&q, OLD) == RIGHT + 1); /* a boot without a battery */
	assert_true(give(&q, HJ_TIME_MAX_MS) == RIGHT + 2);
	assert_true(give(&q, RIGHT + 3 * HOUR) == RIGHT + 3 * HOUR);
}

static void time_reaches_what_was_left(void **state)
{
	struct hj212_qn q = { 0 };
	const int64_t ahead = RIGHT + 3 * DAY;

	give(&q, RIGHT);
	for (int i = 0; i < 10; i++)
		give(&q, ahead + i * HOUR);
	for (int64_t t = 1; t < 72; t++)
		assert_true(give(&q, RIGHT + t * HOUR) == RIGHT + t * HOUR);
	for (int64_t t = 0; t < 9; t++) /* over it, to its end */
		assert_true(give(&q, ahead + t * HOUR) == ahead + 9 * HOUR + 1 + t);
	assert_true(give(&q, ahead + 10 * HOUR) == ahead + 10 * HOUR);
	assert_true(q.left_count == 0 && q.now.from == RIGHT); /* the two are one */
}

/* Also where no QN fell into it: one step over it. */
static void what_was_left_is_passed_over(void **state)
{
	struct hj212_qn q = { .now = { RIGHT, RIGHT + HOUR }, .left = { { RIGHT + 2 * HOUR, RIGHT + 3 * HOUR } } };

	q.left_count = 1;
	assert_true(give(&q, RIGHT + 4 * HOUR) == RIGHT + 4 * HOUR);
	assert_true(q.left_count == 0);
}

static void a_silence_is_no_step(void **state)
{
	struct hj212_qn q = { 0 };
	struct hj_now now = { .wall_ms = RIGHT, .mono = 5000000 };
	int64_t ms;

	for (int i = 0; i < 5; i++) {
		assert_int_equal(hj212_qn_next(&q, now, &ms), 0);
		assert_true(ms == now.wall_ms);
		now.wall_ms += 20 * DAY;
		now.mono += (hj_usec)(20 * DAY) * HJ_USEC_PER_MS;
	}
	assert_true(q.left_count == 0 && q.now.from == RIGHT);
	now.wall_ms += 2 * DAY;
	assert_int_equal(hj212_qn_next(&q, now, &ms), 0);
	assert_true(q.left_count == 1);
}

/* The one left longest ago is forgotten; one that is come back to is the newest again. */
static void of_too_many_the_oldest_is_forgotten(void **state)
{
	struct hj212_qn q = { 0 };

	for (int64_t i = 0; i <= HJ212_QN_LEFT; i++)
		give(&q, RIGHT + i * 100 * DAY);
	assert_true(q.left_count == HJ212_QN_LEFT);
	assert_true(give(&q, RIGHT) == RIGHT + 1);
	assert_true(give(&q, RIGHT + 1000 * DAY) == RIGHT + 1000 * DAY); /* that of RIGHT + 100 days is forgotten */
	assert_true(give(&q, RIGHT + 100 * DAY) == RIGHT + 100 * DAY);
	for (int64_t i = HJ212_QN_LEFT; i > 2; i--)
		assert_true(give(&q, RIGHT + i * 100 * DAY) == RIGHT + i * 100 * DAY + 1);
	assert_true(give(&q, RIGHT) == RIGHT + 2);
}

static void what_is_kept_is_of_one_stretch(void **state)
{
	struct hj212_qn q = { .kept = HJ212_QN_NONE };
	int64_t ms;

#define REFUSED(t) assert_int_equal(hj212_qn_next(&q, (struct hj_now){ .wall_ms = (t) }, &ms), -EAGAIN)
	REFUSED(RIGHT);
	q.kept = (struct hj212_qn_span){ RIGHT, RIGHT + 60000 };
	give(&q, RIGHT + 60000);
	REFUSED(RIGHT + 60000);
	REFUSED(RIGHT + 10 * YEAR); /* far above it */
	q.kept = (struct hj212_qn_span){ RIGHT + 10 * YEAR, RIGHT + 10 * YEAR + 60000 };
	give(&q, RIGHT + 10 * YEAR);
	REFUSED(RIGHT + 100);           /* far below it */
	REFUSED(RIGHT + 10 * YEAR + 1); /* what was kept may not be any more: the text may have been written anew */
	assert_true(hj212_qn_used(&q) == RIGHT + 10 * YEAR);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_the_clock_or_one_more),
		cmocka_unit_test(ten_years_ahead_and_back),
		cmocka_unit_test(hours_ahead_and_back_they_only_grow),
		cmocka_unit_test(back_before_all_that_was_used),
		cmocka_unit_test(back_into_what_was_used),
		cmocka_unit_test(a_clock_that_cannot_be_right_is_not_followed),
		cmocka_unit_test(time_reaches_what_was_left),
		cmocka_unit_test(what_was_left_is_passed_over),
		cmocka_unit_test(a_silence_is_no_step),
		cmocka_unit_test(of_too_many_the_oldest_is_forgotten),
		cmocka_unit_test(what_is_kept_is_of_one_stretch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
