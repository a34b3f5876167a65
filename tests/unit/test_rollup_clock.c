/* The rollup where the clock is stepped, windows are sparse and the store is started again: nothing twice, nothing
 * forgotten, nothing held for ever. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "hjgate/rollup.h"

#define T0     (1795017600000LL) /* a Beijing midnight */
#define MINUTE 60000LL
#define HOUR   (60 * MINUTE)
#define YEAR   (365 * 24 * HOUR)

struct world {
	struct hj_dictionary points;
	struct hj_rollup *rollup;
	struct hj_rollup_bus *bus;
	hj_usec mono;
};

static int set_up(void **state)
{
	struct hj_point p = { .number = 1, .name = "meter.p1", .interval_ms = 10000 };
	struct world *w = calloc(1, sizeof(*w));
	struct hj_now now = { .wall_ms = T0 };

	assert_int_equal(hj_dictionary_put(&w->points, &p), 0);
	assert_int_equal(hj_rollup_new(MINUTE, &w->points, &w->rollup), 0);
	assert_int_equal(hj_rollup_get(w->rollup, "north", &now, &w->bus), 0);
	hj_rollup_connect(w->bus, true, &now);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	hj_rollup_free(w->rollup);
	hj_dictionary_done(&w->points);
	free(w);
	return 0;
}

static int add(struct world *w, int64_t ms)
{
	struct hj_sample s = { .point = 1, .time_ms = ms, .value = 1, .flag = HJ_FLAG_NORMAL };

	return hj_rollup_add(w->rollup, w->bus, &s);
}

static struct hj_now now_at(struct world *w, int64_t ms)
{
	return (struct hj_now){ .wall_ms = ms, .mono = w->mono += 60 * HJ_USEC_PER_SEC };
}

/* How many records come when the bus has said everything before this time, and the grace is over. */
static int upto(struct world *w, int64_t ms)
{
	struct hj_now now = now_at(w, ms);
	struct hj_closed c;
	int n = 0;

	hj_rollup_upto(w->rollup, w->bus, ms, &now);
	now.mono = w->mono += HJ_ROLLUP_GRACE_MS * HJ_USEC_PER_MS;
	for (; hj_rollup_take(w->rollup, &now, &c) > 0; n++)
		hj_stats_done(&c.stats);
	return n;
}

static int restart(struct world *w, int64_t ms)
{
	struct hj_now now = now_at(w, ms);
	struct hj_rollup *again;
	struct hj_buf b = { 0 };
	int r;

	assert_int_equal(hj_rollup_encode(w->rollup, &b), 0);
	assert_int_equal(hj_rollup_new(MINUTE, &w->points, &again), 0);
	r = hj_rollup_decode(again, b.data, b.len, &now);
	hj_buf_done(&b);
	hj_rollup_free(w->rollup);
	w->rollup = again;
	w->bus = hj_rollup_find(again, "north");
	return r;
}

/* The bus's first sample lies behind its newer ones after a step back; what is open is then still in the
 * checkpoint. */
static void test_checkpoint_after_a_step_back(void **state)
{
	struct world *w = *state;
	struct hj_rollup_look look;

	add(w, T0 + HOUR);
	assert_int_equal(upto(w, T0 + HOUR + MINUTE), 1);
	add(w, T0);
	assert_int_equal(restart(w, T0), 0);
	hj_rollup_look(w->bus, &look);
	assert_int_equal(look.counted, 2);
	assert_int_equal(add(w, T0 + HOUR), HJ_ROLLUP_LATE);
	assert_int_equal(upto(w, T0 + MINUTE), 1);
}

/* A value every ten minutes, windows of one: each closed label stands alone, and the clock goes back over many of
 * them. */
static void test_sparse_labels_do_not_come_twice(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 100; i++) {
		assert_int_equal(add(w, T0 + i * 10 * MINUTE), 0);
		assert_int_equal(upto(w, T0 + i * 10 * MINUTE + MINUTE), 1);
	}
	upto(w, T0);
	assert_int_equal(restart(w, T0), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(add(w, T0 + i * 10 * MINUTE), HJ_ROLLUP_LATE);
	assert_int_equal(add(w, T0 + 100 * 10 * MINUTE), 0);
}

/* What was read with a clock years ahead is not waited for until then. */
static void test_far_ahead_is_closed(void **state)
{
	struct world *w = *state;

	add(w, T0 + YEAR);
	assert_int_equal(upto(w, T0 + MINUTE / 2), 1);
	assert_int_equal(add(w, T0 + MINUTE / 2), 0);
	assert_int_equal(upto(w, T0 + MINUTE), 1);
	/* A small step back leaves the window as it is: its time comes again. */
	add(w, T0 + HOUR);
	assert_int_equal(upto(w, T0 + 2 * MINUTE), 0);
	assert_int_equal(add(w, T0 + HOUR + 1), 0);
	assert_int_equal(upto(w, T0 + HOUR + MINUTE), 1);
}

/* After a start it is not known which bus will speak of a point: as long as any may, it is waited for. */
static void test_pending_after_a_start(void **state)
{
	struct world *w = *state;
	struct hj_now now;

	add(w, T0);
	assert_int_equal(upto(w, T0 + MINUTE), 1);
	assert_int_equal(restart(w, T0 + HOUR), 0);
	now = (struct hj_now){ .wall_ms = T0 + HOUR, .mono = w->mono };
	assert_true(hj_rollup_pending(w->rollup, 1, T0 + HOUR, &now));
	now.mono += HJ_ROLLUP_GONE_MS * HJ_USEC_PER_MS;
	assert_false(hj_rollup_pending(w->rollup, 1, T0 + HOUR, &now));
}

/* ---- steps ---- */

/* The only record that is due now. */
static struct hj_stat take_one(struct world *w, int64_t ms, int64_t *ret_label)
{
	struct hj_now now = now_at(w, ms);
	struct hj_stat stat;
	struct hj_closed c;

	assert_int_equal(hj_rollup_take(w->rollup, &now, &c), 1);
	assert_int_equal(c.stats.count, 1);
	stat = c.stats.stats[0];
	*ret_label = c.label_ms;
	hj_stats_done(&c.stats);
	assert_int_equal(hj_rollup_take(w->rollup, &now, &c), 0);
	return stat;
}

static void step(struct world *w, int64_t from, int64_t to)
{
	struct hj_now now = { .wall_ms = to, .mono = w->mono };

	hj_rollup_step(w->rollup, from, to, &now);
}

/* What the window could hold is expected of it, on both sides of the step; the label is not made a second time. */
static void test_a_step_back_ends_the_window(void **state)
{
	struct world *w = *state;
	struct hj_stat stat;
	int64_t label;

	for (int i = 0; i < 3; i++)
		add(w, T0 + HOUR + i * 10000);
	step(w, T0 + HOUR + MINUTE / 2, T0 + MINUTE / 2);
	stat = take_one(w, T0 + MINUTE / 2, &label);
	assert_int_equal(label, T0 + HOUR);
	assert_int_equal(stat.expected, 3);
	assert_int_equal(stat.got, 3);
	assert_int_equal(stat.flag, HJ_FLAG_NORMAL);
	for (int i = 3; i < 6; i++)
		assert_int_equal(add(w, T0 + i * 10000), 0);
	upto(w, T0 + MINUTE / 2); /* nothing is over yet */
	hj_rollup_upto(w->rollup, w->bus, T0 + MINUTE, &(struct hj_now){ .wall_ms = T0 + MINUTE, .mono = w->mono });
	stat = take_one(w, T0 + MINUTE, &label);
	assert_int_equal(label, T0);
	assert_int_equal(stat.expected, 3);
	assert_int_equal(stat.got, 3);
	assert_int_equal(add(w, T0 + HOUR + 40000), HJ_ROLLUP_LATE);
	assert_int_equal(add(w, T0 + HOUR + MINUTE), 0);
}

static void test_a_step_forward_ends_the_window(void **state)
{
	struct world *w = *state;
	struct hj_stat stat;
	int64_t label;

	add(w, T0);
	add(w, T0 + 10000);
	step(w, T0 + 20000, T0 + HOUR + 40000);
	stat = take_one(w, T0 + HOUR + 40000, &label);
	assert_int_equal(label, T0);
	assert_int_equal(stat.expected, 2);
	assert_int_equal(add(w, T0 + HOUR + 40000), 0);
	assert_int_equal(add(w, T0 + HOUR + 50000), 0);
	hj_rollup_upto(w->rollup, w->bus, T0 + HOUR + MINUTE,
	        &(struct hj_now){ .wall_ms = T0 + HOUR + MINUTE, .mono = w->mono });
	stat = take_one(w, T0 + HOUR + MINUTE, &label);
	assert_int_equal(label, T0 + HOUR);
	assert_int_equal(stat.expected, 2);
	assert_int_equal(stat.flag, HJ_FLAG_NORMAL);
}

/* A time daemon's few seconds cost nothing but themselves. */
static void test_a_step_within_the_window(void **state)
{
	struct world *w = *state;
	struct hj_stat stat;
	int64_t label;

	add(w, T0);
	step(w, T0 + 10000, T0 + 40000);
	add(w, T0 + 40000);
	add(w, T0 + 50000);
	step(w, T0 + 58000, T0 + 55000);
	hj_rollup_upto(w->rollup, w->bus, T0 + MINUTE, &(struct hj_now){ .wall_ms = T0 + MINUTE, .mono = w->mono });
	stat = take_one(w, T0 + MINUTE, &label);
	assert_int_equal(label, T0);
	assert_int_equal(stat.expected, 3);
	assert_int_equal(stat.got, 3);
}

/* A window that was open at a step is complete after a restart, too, and lacks the same. */
static void test_a_step_outlives_a_restart(void **state)
{
	struct world *w = *state;
	struct hj_stat stat;
	int64_t label;

	add(w, T0);
	step(w, T0 + 10, T0 + YEAR); /* all but nothing could be in it */
	assert_int_equal(restart(w, T0 + YEAR), 0);
	stat = take_one(w, T0 + YEAR, &label);
	assert_int_equal(label, T0);
	assert_int_equal(stat.expected, 1);
}

/* Counted when it came, put in later: once each. What is void makes room for what is right. */
static void test_counted_before_it_is_put(void **state)
{
	struct hj_sample s = { .point = 1, .time_ms = T0 + YEAR, .value = 1, .flag = HJ_FLAG_NORMAL };
	struct world *w = *state;
	struct hj_rollup_look look;

	hj_rollup_count(w->bus, 5);
	assert_int_equal(hj_rollup_put(w->rollup, w->bus, &s, 0), 0);
	hj_rollup_look(w->bus, &look);
	assert_int_equal(look.counted, 5);
	assert_int_equal(upto(w, T0 + YEAR + MINUTE), 1);
	add(w, T0);
	assert_int_equal(upto(w, T0 + MINUTE), 1);
	assert_int_equal(hj_rollup_put(w->rollup, w->bus, &s, 0), HJ_ROLLUP_LATE);
	hj_rollup_forget(w->rollup, T0 + HOUR);
	assert_int_equal(hj_rollup_put(w->rollup, w->bus, &s, 0), 0);
	assert_int_equal(upto(w, T0 + YEAR + MINUTE), 1);
	s.time_ms = T0;
	assert_int_equal(hj_rollup_put(w->rollup, w->bus, &s, 0), HJ_ROLLUP_LATE);
}

/* Of two samples the newer says what is due; it outlives a restart, and a new interval of the point. */
static void test_an_interval_is_that_of_the_sample(void **state)
{
	struct hj_sample s = { .point = 1, .time_ms = T0, .value = 1, .flag = HJ_FLAG_NORMAL };
	struct world *w = *state;
	struct hj_point faster;
	int64_t label;

	assert_int_equal(hj_rollup_put(w->rollup, w->bus, &s, 2000), 0);
	assert_int_equal(hj_rollup_put(w->rollup, w->bus, &s, 30000), 0);
	s.time_ms += MINUTE; /* the dictionary's */
	assert_int_equal(hj_rollup_put(w->rollup, w->bus, &s, 0), 0);
	assert_int_equal(restart(w, T0 + MINUTE), 0);
	faster = *hj_dictionary_find(&w->points, 1);
	faster.interval_ms = 1000;
	assert_int_equal(hj_dictionary_put(&w->points, &faster), 0);
	assert_int_equal(take_one(w, T0 + MINUTE, &label).expected, 2);
	assert_int_equal(take_one(w, T0 + 2 * MINUTE, &label).expected, 6);
}

/* Both buses have said everything before these times, and the grace is over: the growth in all that is closed. */
static double close_both(struct world *w, struct hj_rollup_bus *south, int64_t north_ms, int64_t south_ms)
{
	struct hj_now now = now_at(w, north_ms);
	struct hj_closed c;
	double cou = 0;

	hj_rollup_upto(w->rollup, w->bus, north_ms, &now);
	hj_rollup_upto(w->rollup, south, south_ms, &now);
	now.mono = w->mono += HJ_ROLLUP_GRACE_MS * HJ_USEC_PER_MS;
	while (hj_rollup_take(w->rollup, &now, &c) > 0) {
		for (size_t i = 0; i < c.stats.count; i++)
			cou += isnan(c.stats.stats[i].cou) ? 0 : c.stats.stats[i].cou;
		hj_stats_done(&c.stats);
	}
	return cou;
}

static void read_total(struct world *w, struct hj_rollup_bus *b, int64_t ms, double value)
{
	const struct hj_sample s = { .point = 2, .time_ms = ms, .value = value, .flag = HJ_FLAG_NORMAL };

	assert_int_equal(hj_rollup_add(w->rollup, b, &s), 0);
}

/* Its meter was moved to a bus that was late: what the total grew by there has no place under the label any more. */
static void test_a_moved_total_loses_nothing(void **state)
{
	struct world *w = *state;
	struct hj_point total = { .number = 2, .name = "meter.p2", .interval_ms = 10000, .total = true };
	struct hj_rollup_bus *south;
	struct hj_now now = now_at(w, T0);

	assert_int_equal(hj_dictionary_put(&w->points, &total), 0);
	assert_int_equal(hj_rollup_get(w->rollup, "south", &now, &south), 0);
	hj_rollup_connect(south, true, &now);
	read_total(w, w->bus, T0, 100);
	assert_true(close_both(w, south, T0 + MINUTE, T0 + MINUTE) == 0);
	read_total(w, w->bus, T0 + MINUTE + 1000, 103);
	read_total(w, south, T0 + MINUTE + 30000, 107);
	assert_true(close_both(w, south, T0 + 2 * MINUTE, T0 + MINUTE) == 3);
	read_total(w, south, T0 + 2 * MINUTE, 112);
	assert_true(close_both(w, south, T0 + 3 * MINUTE, T0 + 3 * MINUTE) == 9);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_checkpoint_after_a_step_back),
		T(test_sparse_labels_do_not_come_twice),
		T(test_far_ahead_is_closed),
		T(test_pending_after_a_start),
		T(test_a_step_back_ends_the_window),
		T(test_a_step_forward_ends_the_window),
		T(test_a_step_within_the_window),
		T(test_a_step_outlives_a_restart),
		T(test_counted_before_it_is_put),
		T(test_an_interval_is_that_of_the_sample),
		T(test_a_moved_total_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
