/* Records of windows as samples, and samples of several buses in one order. */
#include "judge_world.h"

#include "hjgate/judge_history.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_has_its_extremes_once),
		cmocka_unit_test(a_window_that_was_judged_in_part),
		cmocka_unit_test(buses_are_put_in_order),
		cmocka_unit_test(numbers_of_the_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
