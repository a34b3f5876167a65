/* Records of windows as samples, and samples of several buses in one order. */
#include "judge_world.h"

#include "hjgate/judge_history.h"
#include "hjgate/point.h"

static const struct hj_stat steady = {
	.flag = HJ_FLAG_NORMAL, .min = 1, .avg = 2, .max = 9, .last = NAN, .cou = NAN
};

static void a_window_has_its_extremes_once(void **state)
{
	struct hj_judge_batch b = { 0 };
	size_t most = 0, least = 0;

	hj_judge_batch_window(&b, 4, &steady, NOON, 5 * MINUTE, 30 * SECOND, 0);
	assert_int_equal(b.count, 10);
	for (size_t i = 0; i < b.count; i++) {
		assert_int_equal(b.samples[i].point, 4);
		assert_in_range(b.samples[i].time_ms, NOON, NOON + 5 * MINUTE - 1);
		assert_true(!i || b.samples[i].time_ms - b.samples[i - 1].time_ms <= 30 * SECOND);
		most += b.samples[i].value == 9;
		least += b.samples[i].value == 1;
	}
	assert_int_equal(most, 1);
	assert_int_equal(least, 1);
	assert_true(b.samples[b.count - 1].value == 2);
	hj_judge_batch_done(&b);
}

/* What was judged before is not judged again: of such a window only how it was on the whole counts, afterwards. */
static void a_window_that_was_judged_in_part(void **state)
{
	struct hj_judge_batch b = { 0 };

	hj_judge_batch_window(&b, 0, &steady, NOON, MINUTE, 10 * SECOND, NOON + 31 * SECOND);
	assert_true(b.count > 0);
	for (size_t i = 0; i < b.count; i++) {
		assert_true(b.samples[i].value == 2);
		assert_true(b.samples[i].time_ms > NOON + 31 * SECOND);
	}
	hj_judge_batch_done(&b);
}

static void buses_are_put_in_order(void **state)
{
	static struct world w;
	struct hj_judge_batch b = { 0 };

	world_init(&w);
	world_begin(&w);
	for (size_t point = 0; point < 2; point++)
		for (int i = 1; i <= 60; i++) {
			struct hj_sample s = { .point = (uint32_t)point,
				.time_ms = w.now + i * 10 * SECOND,
				.value = 6,
				.flag = HJ_FLAG_NORMAL };

			hj_judge_batch_add(&b, &s);
		}
	hj_judge_batch_feed(&b, w.j, w.now + 5 * MINUTE, HOUR);
	assert_int_equal(b.count, 62);
	hj_judge_batch_feed(&b, w.j, INT64_MAX, HOUR);
	assert_int_equal(b.count, 0);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_RUNNING, false), 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(concluded(&w, HJ_CONCLUDES_RUNNING, false, i)->begin_ms, w.now + 10 * SECOND);
	hj_judge_batch_done(&b);
	world_end(&w);
}

static void numbers_of_the_store(void **state)
{
	static struct world w;
	struct hj_judge_map m;

	world_init(&w);
	m = (struct hj_judge_map){ .plan = &w.plan };
	assert_int_equal(hj_judge_map_learn(&m, 7, "fan.current"), 0);
	assert_int_equal(hj_judge_map_learn(&m, 300, "fan.current"), 0);
	assert_int_equal(hj_judge_map_learn(&m, 8, "stranger.current"), 0);
	assert_int_equal(hj_judge_map_find(&m, 7), FAN_A);
	assert_int_equal(hj_judge_map_find(&m, 300), FAN_A);
	assert_true(hj_judge_map_find(&m, 8) == HJ_JUDGE_NONE);
	assert_true(hj_judge_map_find(&m, 100000) == HJ_JUDGE_NONE);
	hj_judge_map_done(&m);
}

/* A total's window is where it began and where it came to, not a mean of either. */
static void a_total_goes_from_its_first_to_its_last(void **state)
{
	const struct hj_stat total = {
		.flag = HJ_FLAG_NORMAL, .min = 100, .avg = NAN, .max = 107, .last = 107, .cou = 7
	};
	struct hj_judge_batch b = { 0 };

	/* A step that is not known asks for no more than the least number of parts. */
	hj_judge_batch_window(&b, ENERGY, &total, NOON, MINUTE, 0, 0);
	assert_int_equal(b.count, 3);
	assert_true(b.samples[0].value == 100);
	assert_true(b.samples[1].value == 107 && b.samples[2].value == 107);
	hj_judge_batch_done(&b);
}

/* The third of a window of three parts is its average, whichever extreme came first. */
static void a_window_hangs_down_or_stands_up(void **state)
{
	struct hj_judge_batch b = { 0 };
	struct hj_stat down = steady;

	down.avg = 8;
	hj_judge_batch_window(&b, 0, &steady, NOON, MINUTE, MINUTE, 0);
	hj_judge_batch_window(&b, 0, &down, NOON + MINUTE, MINUTE, MINUTE, 0);
	assert_int_equal(b.count, 6);
	assert_true(b.samples[0].value == 9 && b.samples[1].value == 1 && b.samples[2].value == 2);
	assert_true(b.samples[3].value == 1 && b.samples[4].value == 9 && b.samples[5].value == 8);
	hj_judge_batch_done(&b);
}

static struct hj_stat of_point(uint32_t number, double value)
{
	return (struct hj_stat){ .point = number,
		.flag = HJ_FLAG_NORMAL,
		.min = value,
		.avg = value,
		.max = value,
		.last = NAN,
		.cou = NAN };
}

static size_t record(struct world *w, struct hj_judge_batch *b, const struct hj_judge_map *m, int64_t label_ms,
        double press, double fan)
{
	struct hj_stat list[] = { of_point(7, press), of_point(999, 1), of_point(8, fan) };
	const struct hj_stats stats = { .stats = list, .count = 3 };
	const struct hj_head head = { .kind = HJ_KIND_MINUTE, .label_ms = label_ms, .length_ms = MINUTE };

	return hj_judge_batch_record(b, w->j, m, &head, &stats, 10 * SECOND, 0, 5 * MINUTE);
}

/* A record is judged when one of a later time comes: those of one label come in several. Strangers are passed over,
 * and of the time in which nothing was recorded nothing is concluded. */
static void records_are_judged_in_their_order(void **state)
{
	static struct world w;
	struct hj_judge_batch b = { 0 };
	struct hj_judge_map m;

	world_init(&w);
	world_begin(&w);
	m = (struct hj_judge_map){ .plan = &w.plan };
	assert_int_equal(hj_judge_map_learn(&m, 7, "press.current"), 0);
	assert_int_equal(hj_judge_map_learn(&m, 8, "fan.current"), 0);
	for (int64_t i = 0; i < 10; i++) {
		assert_int_equal(record(&w, &b, &m, NOON + i * MINUTE, 6, 3), 2);
		assert_int_equal(b.label_ms, NOON + i * MINUTE);
		assert_true(hj_judge_time(w.j) < NOON + i * MINUTE + 1);
		assert_int_equal(b.count, 12);
	}
	assert_int_equal(count_of(&w, HJ_CONCLUDES_RUNNING, false), 2);
	/* Two hours without a record, then both stand still: no treatment was off meanwhile, no value missing. */
	for (int64_t i = 130; i < 140; i++)
		assert_int_equal(record(&w, &b, &m, NOON + i * MINUTE, 0, 0), 2);
	hj_judge_batch_feed(&b, w.j, INT64_MAX, 5 * MINUTE);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_STOPPED, false), 2);
	for (size_t i = 0; i < 2; i++)
		assert_true(concluded(&w, HJ_CONCLUDES_STOPPED, false, i)->begin_ms >= NOON + 130 * MINUTE);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_MISSING, false), 0);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_UNKNOWN, false), 0);
	hj_judge_batch_feed(&b, w.j, INT64_MAX, 5 * MINUTE); /* of nothing nothing comes */
	hj_judge_map_done(&m);
	hj_judge_batch_done(&b);
	world_end(&w);
}

#define NUMBER_A 7
#define NUMBER_E 8

/* The windows of a press that runs and of its total: ten, from 11 kWh a window, in the fifth of which another meter
 * shows `by` more. `after_ms`: what was judged before. */
static void windows(struct world *w, struct hj_judge_batch *b, double begun, double by, int64_t after_ms)
{
	const struct hj_judge_map m = { .plan = &w->plan,
		.list = (struct hj_judge_number[]){ { NUMBER_A, PRESS_A }, { NUMBER_E, ENERGY } },
		.count = 2 };
	double total = begun;

	for (int64_t i = 0; i < 10; i++) {
		double first = total;
		struct hj_stat list[] = { of_point(NUMBER_A, 6), of_point(NUMBER_E, 0) };
		const struct hj_stats stats = { .stats = list, .count = 2 };
		const struct hj_head head = {
			.kind = HJ_KIND_MINUTE, .label_ms = NOON + i * MINUTE, .length_ms = MINUTE
		};

		total += 11 + (i == 4 ? by : 0);
		list[1].min = fmin(first + 1, total);
		list[1].max = fmax(first + 1, total);
		list[1].last = total;
		list[1].cou = 11;
		hj_judge_batch_record(b, w->j, &m, &head, &stats, 10 * SECOND, after_ms, 5 * MINUTE);
	}
	hj_judge_batch_feed(b, w->j, INT64_MAX, 5 * MINUTE);
}

static double energy_of(const struct world *w)
{
	struct hj_judge_look look;

	hj_judge_look(w->j, PRESS, &look);
	return look.energy;
}

/* A meter was swapped in it: what the store counted is what there was. A lower one begins where it is seen again. */
static void a_window_with_another_meter(void **state)
{
	static const double by[] = { 0, 49700, -900 };

	for (size_t i = 0; i < 3; i++) {
		static struct world w;
		struct hj_judge_batch b = { 0 };

		world_init(&w);
		w.equipment[PRESS].energy = ENERGY;
		world_begin(&w);
		windows(&w, &b, 1000, by[i], 0);
		/* The first one is counted from its own first reading. */
		assert_float_equal(energy_of(&w), 10 + (by[i] < 0 ? 8 : 9) * 11, 0.1);
		hj_judge_batch_done(&b);
		world_end(&w);
	}
}

/* It was swapped in the window that had been judged in part: how much of it was counted already nobody knows. */
static void a_window_in_part_with_another_meter(void **state)
{
	static const double by[] = { 0, 49700 };

	for (size_t i = 0; i < 2; i++) {
		static struct world w;
		struct hj_judge_batch b = { 0 };
		double counted;

		world_init(&w);
		w.equipment[PRESS].energy = ENERGY;
		world_begin(&w);
		while (w.now < NOON + 4 * MINUTE + 20 * SECOND) {
			w.now += 10 * SECOND;
			give(&w, PRESS_A, 6);
			give(&w, ENERGY, 1000 + 11.0 * (double)(w.now - NOON) / MINUTE);
		}
		counted = energy_of(&w);
		assert_float_equal(counted, 11.0 * 250 / 60, 1e-9);
		windows(&w, &b, 1000, by[i], w.now);
		assert_float_equal(energy_of(&w), counted + 5 * 11 + (by[i] > 0 ? 0 : 11.0 * 40 / 60), 1e-9);
		hj_judge_batch_done(&b);
		world_end(&w);
	}
}

/* What the meter counted in a night without it is in the cou of its first window, and still no day's. */
static void a_night_without_it_is_no_other_meter(void **state)
{
	static struct world w;
	struct hj_judge_batch b = { 0 };

	world_init(&w);
	w.equipment[PRESS].energy = ENERGY;
	w.now = NOON - DAY;
	world_begin(&w);
	w.now += HOUR;
	give(&w, PRESS_A, 6);
	give(&w, ENERGY, 989.1);
	windows(&w, &b, 989.1, 0, w.now);
	assert_float_equal(energy_of(&w), 10 + 9 * 11, 0.1);
	hj_judge_batch_done(&b);
	world_end(&w);
}

static void what_is_beyond_a_batch_is_counted(void **state)
{
	const struct hj_sample s = { .point = PRESS_A, .time_ms = NOON, .value = 6, .flag = HJ_FLAG_NORMAL };
	struct hj_judge_batch b = { 0 };

	for (size_t i = 0; i < HJ_JUDGE_BATCH_MAX + 5; i++)
		hj_judge_batch_add(&b, &s);
	assert_int_equal(b.count, HJ_JUDGE_BATCH_MAX);
	assert_int_equal(b.lost, 5);
	hj_judge_batch_done(&b);
	assert_int_equal(b.lost, 5);
}

/* A store that is not sure which numbers it gave before goes on far above them; 0 is none. */
static void numbers_may_be_any(void **state)
{
	static const uint32_t numbers[] = { UINT32_MAX, 7, 1000001, UINT16_MAX + 1, 1000002 };
	static struct world w;
	struct hj_judge_map m;

	world_init(&w);
	m = (struct hj_judge_map){ .plan = &w.plan };
	assert_int_equal(hj_judge_map_learn(&m, 0, "fan.current"), 0);
	assert_true(hj_judge_map_find(&m, 0) == HJ_JUDGE_NONE);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(hj_judge_map_learn(&m, numbers[i], i & 1 ? "fan.current" : "press.current"), 0);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(hj_judge_map_find(&m, numbers[i]), i & 1 ? FAN_A : PRESS_A);
	assert_true(hj_judge_map_find(&m, 8) == HJ_JUDGE_NONE);
	assert_int_equal(hj_judge_map_learn(&m, 7, "press.current"), 0); /* told again */
	assert_int_equal(hj_judge_map_find(&m, 7), PRESS_A);
	assert_int_equal(m.count, 5);
	hj_judge_map_done(&m);
}

/* The oldest give way: a store gives its numbers in their order. */
static void of_too_many_numbers_the_newest_stay(void **state)
{
	static struct world w;
	struct hj_judge_map m;

	world_init(&w);
	m = (struct hj_judge_map){ .plan = &w.plan };
	for (uint32_t i = 1; i <= HJ_POINTS_MAX + 3; i++)
		assert_int_equal(hj_judge_map_learn(&m, i, "fan.current"), 0);
	assert_int_equal(m.count, HJ_POINTS_MAX);
	assert_int_equal(hj_judge_map_find(&m, HJ_POINTS_MAX + 3), FAN_A);
	assert_int_equal(hj_judge_map_find(&m, 4), FAN_A);
	assert_true(hj_judge_map_find(&m, 3) == HJ_JUDGE_NONE);
	/* One that is older than all of them does not come in. */
	assert_int_equal(hj_judge_map_learn(&m, 2, "fan.current"), 0);
	assert_true(hj_judge_map_find(&m, 2) == HJ_JUDGE_NONE);
	assert_int_equal(hj_judge_map_find(&m, 4), FAN_A);
	hj_judge_map_done(&m);
}

/* Half the shortest silence, and never less than a second. */
static void samples_are_as_close_as_silence_asks(void **state)
{
	static struct world w;

	world_init(&w);
	w.plan.point_count = 0;
	assert_int_equal(hj_judge_step_ms(&w.plan), HJ_INTERVAL_MAX_MS);
	w.plan.point_count = WORLD_POINTS;
	for (size_t i = 0; i < WORLD_POINTS; i++)
		w.points[i].silent_ms = i ? MINUTE : 0;
	w.points[FAN_A].silent_ms = 20 * SECOND;
	assert_int_equal(hj_judge_step_ms(&w.plan), 10 * SECOND);
	w.points[FAN_KPA].silent_ms = SECOND;
	assert_int_equal(hj_judge_step_ms(&w.plan), SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_has_its_extremes_once),
		cmocka_unit_test(a_total_goes_from_its_first_to_its_last),
		cmocka_unit_test(a_window_hangs_down_or_stands_up),
		cmocka_unit_test(records_are_judged_in_their_order),
		cmocka_unit_test(a_window_with_another_meter),
		cmocka_unit_test(a_window_in_part_with_another_meter),
		cmocka_unit_test(a_night_without_it_is_no_other_meter),
		cmocka_unit_test(what_is_beyond_a_batch_is_counted),
		cmocka_unit_test(numbers_may_be_any),
		cmocka_unit_test(of_too_many_numbers_the_newest_stay),
		cmocka_unit_test(samples_are_as_close_as_silence_asks),
		cmocka_unit_test(a_window_that_was_judged_in_part),
		cmocka_unit_test(buses_are_put_in_order),
		cmocka_unit_test(numbers_of_the_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
