/* What goes next; and the small rules beside it: the back-off, the delay by MN. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../services/uplinkd/feed.h"
#include "../../services/uplinkd/lanes.h"
#include "../../services/uplinkd/link.h"
#include "../../services/uplinkd/uplinkd.h"

static void put(struct lanes *l, enum lane lane, uint64_t seq, hj_usec not_before)
{
	struct job j = { .seq = seq, .not_before = not_before };

	assert_int_equal(hj_buf_printf(&j.items, "x=%d", (int)seq), 0);
	assert_int_equal(lanes_put(l, lane, &j), 0);
	assert_null(j.items.data);
}

static uint64_t take(struct lanes *l, enum lane lane)
{
	struct job j;
	uint64_t seq;

	assert_true(lanes_take(l, lane, &j));
	seq = j.seq;
	job_done(&j);
	return seq;
}

static void live_goes_before_the_backlog(void **state)
{
	struct lanes l = { 0 };

	assert_int_equal(lanes_choose(&l, false, true, 10), LANE_NONE);
	for (uint64_t i = 1; i <= 10; i++)
		put(&l, LANE_BACKLOG, i, 0);
	assert_int_equal(lanes_choose(&l, false, true, 10), LANE_BACKLOG);
	assert_int_equal(take(&l, LANE_BACKLOG), 1);
	put(&l, LANE_LIVE, 100, 0);
	put(&l, LANE_LIVE, 101, 0);
	assert_int_equal(lanes_choose(&l, false, true, 10), LANE_LIVE);
	assert_int_equal(take(&l, LANE_LIVE), 100);
	assert_int_equal(lanes_choose(&l, false, true, 10), LANE_LIVE);
	assert_int_equal(take(&l, LANE_LIVE), 101);
	assert_int_equal(lanes_choose(&l, false, true, 10), LANE_BACKLOG);
	assert_int_equal(take(&l, LANE_BACKLOG), 2);
	lanes_done(&l);
}

static void real_time_goes_first_but_not_twice(void **state)
{
	struct lanes l = { 0 };

	put(&l, LANE_LIVE, 1, 0);
	assert_int_equal(lanes_choose(&l, true, true, 10), LANE_REALTIME);
	assert_int_equal(lanes_choose(&l, true, true, 10), LANE_LIVE);
	take(&l, LANE_LIVE);
	assert_int_equal(lanes_choose(&l, true, true, 10), LANE_REALTIME);
	assert_int_equal(lanes_choose(&l, true, true, 10), LANE_REALTIME); /* nothing else waits */
	put(&l, LANE_BACKLOG, 2, 0);
	assert_int_equal(lanes_choose(&l, true, true, 10), LANE_BACKLOG);
	lanes_done(&l);
}

static void history_and_backlog_take_turns(void **state)
{
	struct lanes l = { 0 };

	for (uint64_t i = 1; i <= 4; i++) {
		put(&l, LANE_BACKLOG, i, 0);
		put(&l, LANE_HISTORY, 0, 0);
	}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(lanes_choose(&l, false, true, 10), LANE_HISTORY);
		take(&l, LANE_HISTORY);
		assert_int_equal(lanes_choose(&l, false, true, 10), LANE_BACKLOG);
		take(&l, LANE_BACKLOG);
	}
	lanes_done(&l);
}

static void a_live_record_waits_for_its_time(void **state)
{
	struct lanes l = { 0 };

	assert_true(lanes_deadline(&l) == HJ_USEC_NEVER);
	put(&l, LANE_LIVE, 5, 1000);
	put(&l, LANE_BACKLOG, 1, 0);
	assert_true(lanes_deadline(&l) == 1000);
	assert_int_equal(lanes_choose(&l, false, true, 999), LANE_BACKLOG);
	assert_int_equal(lanes_choose(&l, false, true, 1000), LANE_LIVE);
	lanes_done(&l);
}

/* A change of state behind a minute that its MN's delay holds. */
static void what_goes_at_once_does_not_wait_for_it(void **state)
{
	struct lanes l = { 0 };

	put(&l, LANE_LIVE, 1, 100);
	put(&l, LANE_LIVE, 2, 160);
	put(&l, LANE_LIVE, 3, 0);
	put(&l, LANE_LIVE, 4, 0);
	put(&l, LANE_LIVE, 5, 100);
	assert_int_equal(lanes_deadline(&l), 0);
	assert_int_equal(lanes_choose(&l, false, true, 10), LANE_LIVE);
	assert_int_equal(take(&l, LANE_LIVE), 3);
	assert_int_equal(take(&l, LANE_LIVE), 4);
	assert_int_equal(lanes_choose(&l, false, true, 10), LANE_NONE);
	assert_int_equal(lanes_deadline(&l), 100);
	assert_int_equal(take(&l, LANE_LIVE), 1);
	assert_int_equal(take(&l, LANE_LIVE), 5);
	assert_int_equal(take(&l, LANE_LIVE), 2);
	lanes_done(&l);
}

static void lanes_are_bounded_and_know_what_they_hold(void **state)
{
	struct job_also also[1] = { { 40, 44 } };
	struct lanes l = { 0 };
	struct job j = { .seq = 999 };

	for (int round = 0; round < 3; round++) { /* around the ring */
		for (uint64_t i = 0; i < LANE_JOBS; i++)
			put(&l, LANE_LIVE, 100 + i, 0);
		assert_int_equal(lanes_put(&l, LANE_LIVE, &j), -ENOBUFS);
		assert_true(lanes_has(&l, 100) && lanes_has(&l, 100 + LANE_JOBS - 1) && !lanes_has(&l, 99));
		for (uint64_t i = 0; i < LANE_JOBS; i++)
			assert_int_equal(take(&l, LANE_LIVE), 100 + i);
	}
	j = (struct job){ .seq = 45, .also = malloc(sizeof(also)), .also_count = 1 };
	memcpy(j.also, also, sizeof(also));
	assert_int_equal(lanes_put(&l, LANE_BACKLOG, &j), 0);
	assert_true(lanes_has(&l, 40) && lanes_has(&l, 44) && lanes_has(&l, 45) && !lanes_has(&l, 46));
	lanes_done(&l);
}

/* ---- frames ---- */

/* ---- the back-off, the delay ---- */

static void the_pause_doubles_to_a_minute(void **state)
{
	static const unsigned expected[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	hj_usec pause = 0;

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		pause = link_pause_next(pause);
		assert_true(pause == expected[i] * HJ_USEC_PER_SEC);
		for (uint32_t random = 0; random < 5000; random += 7)
			assert_in_range(link_pause_jitter(pause, random), pause * 8 / 10, pause * 12 / 10);
	}
	assert_true(link_pause_jitter(HJ_USEC_PER_SEC, 0) == 800000 &&
	            link_pause_jitter(HJ_USEC_PER_SEC, 1000) == 1200000);
}

static void the_least_of_a_lane_is_known(void **state)
{
	struct lanes lanes = { 0 };
	struct job whole = { .seq = 7 }, folded = { .seq = 6, .also_count = 2 }, none = { .cn = 2011 };

	assert_true(lanes_least(&lanes, LANE_LIVE) == 0);
	folded.also = calloc(2, sizeof(*folded.also));
	assert_non_null(folded.also);
	folded.also[0] = (struct job_also){ 4, 4 };
	folded.also[1] = (struct job_also){ 6, 6 };
	assert_int_equal(lanes_put(&lanes, LANE_LIVE, &none), 0);
	assert_true(lanes_least(&lanes, LANE_LIVE) == 0);
	assert_int_equal(lanes_put(&lanes, LANE_LIVE, &whole), 0);
	assert_true(lanes_least(&lanes, LANE_LIVE) == 7);
	assert_int_equal(lanes_put(&lanes, LANE_LIVE, &folded), 0);
	assert_true(lanes_least(&lanes, LANE_LIVE) == 4);
	assert_true(lanes_least(&lanes, LANE_BACKLOG) == 0);
	lanes_done(&lanes);
}

static void each_mn_has_its_own_delay(void **state)
{
	unsigned different = 0;
	hj_usec before = 0;

	assert_true(sending_jitter("010000A8900016F000169DC0", 0) == 0);
	for (int i = 0; i < 100; i++) {
		char mn[32];
		hj_usec delay;

		snprintf(mn, sizeof(mn), "66330302010200001%03d", i);
		delay = sending_jitter(mn, 30);
		assert_true(delay < 30 * HJ_USEC_PER_SEC && delay == sending_jitter(mn, 30));
		different += delay != before;
		before = delay;
	}
	assert_true(different > 95);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(live_goes_before_the_backlog),
		cmocka_unit_test(real_time_goes_first_but_not_twice),
		cmocka_unit_test(history_and_backlog_take_turns),
		cmocka_unit_test(a_live_record_waits_for_its_time),
		cmocka_unit_test(what_goes_at_once_does_not_wait_for_it),
		cmocka_unit_test(lanes_are_bounded_and_know_what_they_hold),
		cmocka_unit_test(the_pause_doubles_to_a_minute),
		cmocka_unit_test(the_least_of_a_lane_is_known),
		cmocka_unit_test(each_mn_has_its_own_delay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
