/* The day of equipment outlives a restart: with what a clock has left of it, and under other signs. */
#include "judge_world.h"

/* What a clock left goes on after it, whatever was restarted meanwhile: one of the past, and one that was ahead. */
static void a_day_that_a_clock_left_is_kept(void **state)
{
	static const int64_t aways[] = { -465 * DAY, 3650 * DAY }, spans[] = { 20 * HOUR, HOUR };

	for (size_t i = 0; i < 2; i++) {
		static struct world w;
		const struct hj_conclusion *c;
		double total = 1000;

		world_init(&w);
		w.equipment[PRESS].energy = ENERGY;
		world_begin(&w);
		w.set_back = true;
		go_on_counting(&w, 10 * HOUR, 6, &total);
		world_restart(&w);
		hj_judge_skip(w.j, w.now += aways[i]);
		go_on_counting(&w, spans[i], 6, &total);
		world_restart(&w);
		hj_judge_skip(w.j, w.now -= aways[i] + spans[i]);
		world_restart(&w);
		w.count = 0;
		go_on_counting(&w, 3 * HOUR, 6, &total);
		c = day_of(&w, PRESS);
		assert_non_null(c);
		assert_int_equal(c->begin_ms, NOON - 12 * HOUR);
		assert_float_equal(c->hours, 12, 0.01);
		assert_float_equal(c->energy, 12 * 360 * READING, 3 * READING);
		world_end(&w);
	}
}

/* The day of a clock of the past is not told after a restart either, where its end comes by itself. */
static void what_is_doubted_is_so_after_a_restart(void **state)
{
	static struct world w;
	double total = 1000;

	world_init(&w);
	w.equipment[PRESS].energy = ENERGY;
	world_begin(&w);
	w.set_back = true;
	go_on_counting(&w, 10 * HOUR, 6, &total);
	hj_judge_skip(w.j, w.now -= 465 * DAY);
	go_on_counting(&w, HOUR, 6, &total);
	world_restart(&w);
	go_on_counting(&w, 3 * HOUR, 6, &total);
	assert_null(day_of(&w, PRESS));
	world_end(&w);
}

/* Judged by another sign, or by one more, it is the same equipment: its state is looked for anew, its day goes on,
 * without what was seen last and not concluded yet. */
static void a_day_goes_on_by_other_signs(void **state)
{
	for (int more = 0; more < 2; more++) {
		static struct world old, new;
		struct hj_buf buf = { 0 };
		struct hj_judge_look look;
		double total = 1000;

		world_init(&old);
		old.equipment[PRESS].energy = ENERGY;
		world_begin(&old);
		go_on_counting(&old, 10 * HOUR, 6, &total);
		go_on_counting(&old, 20 * SECOND, 0, &total);
		assert_int_equal(hj_judge_encode(old.j, &buf), 0);
		world_init(&new);
		new.equipment[PRESS].energy = ENERGY;
		if (more)
			world_sign(&new.equipment[PRESS], PHASE_1, HJ_MEANS_CURRENT, 5);
		else
			new.equipment[PRESS].signs[0].point = PHASE_1;
		new.now = old.now;
		world_begin(&new);
		assert_int_equal(hj_judge_decode(new.j, buf.data, buf.len), 0);
		assert_int_equal(count_of(&new, HJ_CONCLUDES_RUNNING, true), 1); /* the fan's goes on */
		hj_judge_look(new.j, PRESS, &look);
		assert_int_equal(look.state, HJ_STATE_UNKNOWN);
		assert_float_equal(look.hours, 10, 1e-9);
		assert_float_equal(look.energy, 10 * 360 * READING, 3 * READING);
		for (int64_t end = NOON + 13 * HOUR; new.now < end;) {
			go_on_counting(&new, 10 * SECOND, 6, &total);
			give(&new, PHASE_1, 6);
		}
		assert_float_equal(day_of(&new, PRESS)->hours, 12, 0.02);
		assert_float_equal(day_of(&new, PRESS)->energy, 12 * 360 * READING, 5 * READING);
		hj_buf_done(&buf);
		world_end(&old);
		world_end(&new);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_that_a_clock_left_is_kept),
		cmocka_unit_test(what_is_doubted_is_so_after_a_restart),
		cmocka_unit_test(a_day_goes_on_by_other_signs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
