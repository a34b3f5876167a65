/* What is seen and not concluded yet: it is said with the time from which on it counts, and then it does. */
#include "judge_world.h"

static struct hj_judge_wait only(const struct world *w)
{
	struct hj_judge_wait wait = { .due_ms = -1 };

	assert_int_equal(hj_judge_waiting(w->j, 0, &wait), 1);
	assert_int_equal(hj_judge_waiting(w->j, 1, &(struct hj_judge_wait){ 0 }), 0);
	return wait;
}

static void assert_nothing(const struct world *w)
{
	assert_int_equal(hj_judge_waiting(w->j, 0, &(struct hj_judge_wait){ 0 }), 0);
}

static void a_state_waits_for_another_reading_and_for_its_time(void **state)
{
	static struct world w;
	struct hj_judge_wait wait;
	int64_t seen;

	world_init(&w);
	w.equipment[PRESS].hold_ms[HJ_STATE_RUNNING] = 30 * SECOND;
	w.plan.link_count = 0;
	world_begin(&w);
	go_on(&w, 10 * MINUTE, 0, 0);
	assert_nothing(&w);
	seen = w.now + 10 * SECOND;
	go_on(&w, 10 * SECOND, 6, 0);
	wait = only(&w);
	assert_int_equal(wait.what.code, HJ_CONCLUDES_RUNNING);
	assert_int_equal(wait.what.equipment, PRESS);
	assert_false(wait.ends);
	assert_int_equal(wait.seen_ms, seen);
	assert_int_equal(wait.due_ms, 0);
	go_on(&w, 10 * SECOND, 6, 0);
	assert_int_equal(only(&w).due_ms, seen + 30 * SECOND);
	assert_float_equal(only(&w).what.proofs[0].value, 6, 0);
	go_on(&w, 20 * SECOND, 6, 0);
	assert_begun(&w, HJ_CONCLUDES_RUNNING, 0, seen, seen + 30 * SECOND);
	assert_nothing(&w);
	world_end(&w);
}

static void what_was_a_mistake_waits_no_more(void **state)
{
	static struct world w;

	world_init(&w);
	w.equipment[PRESS].hold_ms[HJ_STATE_RUNNING] = 30 * SECOND;
	w.plan.link_count = 0;
	world_begin(&w);
	go_on(&w, 10 * MINUTE, 0, 0);
	go_on(&w, 20 * SECOND, 6, 0);
	assert_true(only(&w).due_ms > 0);
	go_on(&w, 10 * SECOND, 0, 0);
	assert_nothing(&w);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_RUNNING, false), 0);
	world_end(&w);
}

static void treatment_that_does_not_come_waits_for_the_run_up(void **state)
{
	static struct world w;
	struct hj_judge_wait wait;

	world_init(&w);
	w.links[0].late_ms = 0;
	world_begin(&w);
	go_on(&w, 10 * MINUTE, 0, 0);
	go_on(&w, 2 * MINUTE, 6, 0);
	wait = only(&w);
	assert_int_equal(wait.what.code, HJ_CONCLUDES_OFF);
	assert_int_equal(wait.what.equipment, FAN);
	assert_int_equal(wait.what.production, PRESS);
	assert_true(wait.due_ms > w.now);
	go_on(&w, wait.due_ms - w.now, 6, 0);
	assert_begun(&w, HJ_CONCLUDES_OFF, 0, wait.seen_ms, wait.due_ms);
	world_end(&w);
}

static void a_limit_waits_to_begin_and_to_end(void **state)
{
	static struct world w;
	struct hj_judge_limit *l;
	struct hj_judge_wait wait;

	world_init(&w);
	l = world_limit(&w, HJ_LIMIT_UPPER, PRESS, FAN_KPA, 100);
	l->for_ms = l->clear_ms = 30 * SECOND;
	world_begin(&w);
	for (int i = 0; i < 20; i++) {
		bool over = i < 10;
		int64_t first = w.now + 10 * SECOND - (i % 10) * 10 * SECOND;

		w.now += 10 * SECOND;
		give(&w, FAN_KPA, over ? 150 : 50);
		hj_judge_pass(w.j, w.now);
		if (i % 10 >= 3) {
			assert_nothing(&w);
			continue;
		}
		wait = only(&w);
		assert_int_equal(wait.what.code, HJ_CONCLUDES_UPPER);
		assert_int_equal(wait.ends, !over);
		assert_int_equal(wait.seen_ms, first);
		assert_int_equal(wait.due_ms, i % 10 ? first + 30 * SECOND : 0);
	}
	assert_int_equal(count_of(&w, HJ_CONCLUDES_UPPER, true), 1);
	world_end(&w);
}

/* Whatever is said to count from a time on counts from then on, if it stays so. */
static void what_is_foretold_comes(void **state)
{
	static const double currents[] = { 0, 3, 6, 0, 6 };
	static struct world w;
	struct hj_judge_wait wait;
	uint32_t x = 1;
	size_t came = 0;

	world_init(&w);
	w.equipment[PRESS].signs[0].idle = 2;
	world_begin(&w);
	for (int i = 0; i < 400; i++) {
		double press, fan;

		x = x * 1664525u + 1013904223u;
		press = currents[x >> 24 & 3];
		fan = currents[1 + (x >> 16 & 3)] / 2;
		go_on(&w, (1 + (x >> 8 & 7)) * 10 * SECOND, press, fan);
		if (!hj_judge_waiting(w.j, 0, &wait) || !wait.due_ms)
			continue;
		w.count = 0;
		go_on(&w, (wait.due_ms - w.now + 9999) / 10000 * 10000, press, fan);
		assert_non_null(concluded(&w, wait.what.code, false, 0));
		assert_int_equal(concluded(&w, wait.what.code, false, 0)->begin_ms, wait.seen_ms);
		came++;
		w.count = 0;
	}
	assert_true(came > 50);
	world_end(&w);
}

/* One sign's only reading began it, and it is silent since; the other one goes on saying so. */
static void another_sign_agrees(void **state)
{
	for (int any = 0; any < 2; any++) {
		static struct world w;
		double before = any ? 0 : 6, after = 6 - before;
		enum hj_conclusion_code code = any ? HJ_CONCLUDES_RUNNING : HJ_CONCLUDES_STOPPED;

		world_init(&w);
		w.equipment[PRESS].any = any;
		world_sign(&w.equipment[PRESS], PHASE_1, HJ_MEANS_CURRENT, 5);
		world_begin(&w);
		for (int i = 0; i < 200; i++) {
			w.now += 10 * SECOND;
			if (i <= 100)
				give(&w, PRESS_A, i < 100 ? before : after);
			give(&w, PHASE_1, i <= 100 ? before : after);
		}
		assert_int_equal(count_of(&w, code, false), 1);
		world_end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_state_waits_for_another_reading_and_for_its_time),
		cmocka_unit_test(what_was_a_mistake_waits_no_more),
		cmocka_unit_test(treatment_that_does_not_come_waits_for_the_run_up),
		cmocka_unit_test(a_limit_waits_to_begin_and_to_end),
		cmocka_unit_test(another_sign_agrees),
		cmocka_unit_test(what_is_foretold_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
