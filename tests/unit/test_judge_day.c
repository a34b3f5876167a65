/* Running hours and energy of a day, to the reading; and what a clock that is set, or an hour that nobody looked at,
 * changes of what is waited for. */
#include "judge_world.h"

/* What was seen before it ran, and was too short to be a state, is no running. */
static void idling_on_the_way_up_is_no_running(void **state)
{
	static struct world w;
	struct hj_judge_look look;

	world_init(&w);
	w.equipment[PRESS].signs[0].idle = 1;
	w.equipment[PRESS].hold_ms[HJ_STATE_IDLE] = 2 * MINUTE;
	world_begin(&w);
	go_on(&w, HOUR, 0, 3);
	go_on(&w, 50 * SECOND, 2, 3);
	go_on(&w, HOUR, 6, 3);
	hj_judge_look(w.j, PRESS, &look);
	assert_int_equal(look.state, HJ_STATE_RUNNING);
	assert_float_equal(look.hours, 1 - 10.0 / 3600, 1e-9);
	world_end(&w);
}

static void jump(struct world *w, int64_t by)
{
	w->now += by;
	w->set_back |= by < 0;
	hj_judge_skip(w->j, w->now);
	assert_int_equal(hj_judge_time(w->j), w->now);
}

/* A minimum time that was half over is half over after it, whichever way the clock was set. */
static void what_is_waited_for_waits_as_long(void **state)
{
	static const int64_t jumps[] = { 3 * HOUR, -3 * HOUR };

	for (size_t i = 0; i < 2; i++) {
		static struct world w;
		const struct hj_conclusion *c;
		int64_t first;

		world_init(&w);
		world_begin(&w);
		go_on(&w, HOUR, 0, 3);
		first = w.now + 10 * SECOND;
		go_on(&w, 20 * SECOND, 6, 3);
		jump(&w, jumps[i]);
		assert_int_equal(hj_judge_deadline(w.j), first + jumps[i] + 30 * SECOND);
		hj_judge_pass(w.j, first + jumps[i] + 30 * SECOND - 1);
		assert_int_equal(count_of(&w, HJ_CONCLUDES_RUNNING, false), 1); /* the fan */
		hj_judge_pass(w.j, first + jumps[i] + 30 * SECOND);
		c = concluded(&w, HJ_CONCLUDES_RUNNING, false, 1);
		assert_non_null(c);
		assert_int_equal(c->equipment, PRESS);
		assert_int_equal(c->at_ms, first + jumps[i] + 30 * SECOND);
		assert_int_equal(count_of(&w, HJ_CONCLUDES_MISSING, false), 0);
		go_on(&w, HOUR, 6, 3);
		assert_int_equal(count_of(&w, HJ_CONCLUDES_LATE, false), 0);
		world_end(&w);
	}
}

/* What has been told stays as it was told, and ends not before it began. */
static void what_is_concluded_holds(void **state)
{
	static const int64_t jumps[] = { 3 * HOUR, -3 * HOUR };

	for (size_t i = 0; i < 2; i++) {
		static struct world w;
		struct hj_conclusion c;
		int64_t stop, back;
		size_t n;

		world_init(&w);
		world_begin(&w);
		go_on(&w, HOUR, 6, 3);
		stop = w.now + 10 * SECOND;
		go_on(&w, 10 * MINUTE, 6, 0);
		n = w.count;
		jump(&w, jumps[i]);
		hj_judge_pass(w.j, w.now + 30 * SECOND);
		assert_int_equal(w.count, n);
		for (n = 0; hj_judge_lasting(w.j, n, &c) && c.code != HJ_CONCLUDES_OFF; n++)
			;
		assert_int_equal(c.code, HJ_CONCLUDES_OFF);
		assert_int_equal(c.begin_ms, stop);
		back = w.now + 10 * SECOND;
		go_on(&w, 10 * MINUTE, 6, 3);
		assert_int_equal(count_of(&w, HJ_CONCLUDES_OFF, true), 1);
		assert_int_equal(concluded(&w, HJ_CONCLUDES_OFF, true, 0)->end_ms, jumps[i] > 0 ? back : stop);
		world_end(&w);
	}
}

/* By a clock years ahead a state was told; those after it are told by the right one. */
static void a_clock_years_ahead_leaves_no_state_there(void **state)
{
	static struct world w;
	const struct hj_conclusion *c;
	int64_t stop;

	world_init(&w);
	world_begin(&w);
	go_on(&w, HOUR, 0, 3);
	jump(&w, 3650 * DAY);
	go_on(&w, 10 * MINUTE, 6, 3);
	jump(&w, -3650 * DAY);
	stop = w.now + 10 * SECOND;
	w.count = 0;
	go_on(&w, 10 * MINUTE, 0, 3);
	go_on(&w, 10 * MINUTE, 6, 3);
	go_on(&w, 10 * MINUTE, 0, 3);
	c = concluded(&w, HJ_CONCLUDES_STOPPED, false, 0);
	assert_non_null(c);
	assert_int_equal(c->begin_ms, stop);
	c = concluded(&w, HJ_CONCLUDES_RUNNING, true, 1);
	assert_non_null(c);
	assert_int_equal(c->begin_ms, stop + 10 * MINUTE);
	assert_int_equal(c->end_ms, stop + 20 * MINUTE);
	world_end(&w);
}

/* By a clock years ahead the day was over; when the clock is back it goes on, and is told whole. */
static void a_day_that_was_left_goes_on(void **state)
{
	static struct world w;
	double total = 1000;

	world_init(&w);
	w.equipment[PRESS].energy = ENERGY;
	world_begin(&w);
	go_on_counting(&w, 2 * HOUR, 6, &total);
	jump(&w, 3650 * DAY);
	go_on_counting(&w, 10 * MINUTE, 6, &total);
	jump(&w, -3650 * DAY);
	w.count = 0;
	go_on_counting(&w, 10 * HOUR, 6, &total);
	assert_non_null(day_of(&w, PRESS));
	assert_int_equal(day_of(&w, PRESS)->begin_ms, NOON - 12 * HOUR);
	assert_float_equal(day_of(&w, PRESS)->hours, 12 - 10.0 / 60, 0.01);
	assert_float_equal(day_of(&w, PRESS)->energy, (12 * 360 - 60) * READING, 3 * READING);
	world_end(&w);
}

#define PAST (-465 * DAY) /* to what a clock without a battery begins with */

static double hours_of(const struct world *w)
{
	struct hj_judge_look look;

	hj_judge_look(w->j, PRESS, &look);
	return look.hours;
}

/* How often this day of the press was told. */
static size_t told(const struct world *w, int64_t day_ms)
{
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++)
		n += w->list[i].code == HJ_CONCLUDES_RUNTIME && w->list[i].equipment == PRESS &&
		     w->list[i].begin_ms == day_ms;
	return n;
}

/* From noon to 22:00, by a clock that a power cut sets back then. */
static void cut(struct world *w, double *total, int64_t by)
{
	world_init(w);
	w->equipment[PRESS].energy = ENERGY;
	world_begin(w);
	go_on_counting(w, 10 * HOUR, 6, total);
	jump(w, by);
}

/* By a clock that has no battery it is long ago until somebody says the time, however often, and a midnight may pass
 * there: no day of then is told, and the one that was left goes on. */
static void a_day_goes_on_after_a_clock_of_the_past(void **state)
{
	static const int64_t behind[] = { 10 * MINUTE, 3 * HOUR, 20 * HOUR };
	static struct world w;

	for (size_t i = 0; i < 3; i++) {
		double total = 1000;

		cut(&w, &total, PAST);
		for (size_t cuts = 0; cuts <= i; cuts++) {
			go_on_counting(&w, behind[i], 6, &total);
			jump(&w, -behind[i]);
		}
		jump(&w, -PAST);
		assert_int_equal(w.now, NOON + 10 * HOUR);
		assert_int_equal(count_of(&w, HJ_CONCLUDES_RUNTIME, true), 0);
		assert_float_equal(hours_of(&w), 10, 0.01);
		go_on_counting(&w, 3 * HOUR, 6, &total);
		assert_int_equal(count_of(&w, HJ_CONCLUDES_RUNTIME, true), 2); /* the fan's */
		assert_int_equal(told(&w, NOON - 12 * HOUR), 1);
		assert_float_equal(day_of(&w, PRESS)->hours, 12, 0.01);
		assert_float_equal(day_of(&w, PRESS)->energy, 12 * 360 * READING, 3 * READING);
		assert_float_equal(hours_of(&w), 1, 0.01);
		world_end(&w);
	}
}

/* The time is known again only when that day is over. */
static void a_day_that_was_over_meanwhile_is_told(void **state)
{
	static struct world w;
	double total = 1000;

	cut(&w, &total, PAST);
	go_on_counting(&w, HOUR, 6, &total);
	jump(&w, 5 * HOUR - PAST);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_RUNTIME, true), 2);
	assert_int_equal(told(&w, NOON - 12 * HOUR), 1);
	assert_float_equal(day_of(&w, PRESS)->hours, 10, 0.01);
	assert_float_equal(day_of(&w, PRESS)->energy, 10 * 360 * READING, 3 * READING);
	assert_float_equal(hours_of(&w), 0, 0);
	world_end(&w);
}

/* It was ahead from the first on: by the one that is right days are told from the first whole one on. */
static void a_clock_that_was_ahead_stops_no_day_for_long(void **state)
{
	static struct world w;
	double total = 1000;

	cut(&w, &total, -3650 * DAY);
	go_on_counting(&w, 2 * DAY, 6, &total);
	assert_int_equal(told(&w, NOON + 12 * HOUR - 3650 * DAY), 1);
	assert_float_equal(day_of(&w, PRESS)->hours, 24, 0.01);
	go_on_counting(&w, HOUR, 6, &total);
	jump(&w, 2 * DAY); /* it was off */
	assert_int_equal(told(&w, NOON + 36 * HOUR - 3650 * DAY), 1);
	go_on_counting(&w, DAY, 6, &total);
	assert_int_equal(told(&w, NOON + 84 * HOUR - 3650 * DAY), 1);
	world_end(&w);
}

/* A clock that goes on from where it was saved is behind by hours, and may be so in the day that has been told. */
static void a_clock_behind_by_hours_tells_no_day_again(void **state)
{
	static struct world w;
	double total = 1000;

	cut(&w, &total, 0);
	go_on_counting(&w, 5 * HOUR, 6, &total);
	assert_int_equal(told(&w, NOON - 12 * HOUR), 1);
	jump(&w, -8 * HOUR);
	go_on_counting(&w, HOUR, 6, &total);
	jump(&w, 7 * HOUR + 20 * MINUTE);
	assert_int_equal(told(&w, NOON - 12 * HOUR), 1);
	assert_float_equal(hours_of(&w), 3, 0.01);
	/* A day has no more hours than have passed of it. */
	go_on_counting(&w, 23 * HOUR, 6, &total);
	jump(&w, -8 * HOUR);
	w.count = 0;
	go_on_counting(&w, 8 * HOUR, 6, &total);
	assert_int_equal(told(&w, NOON + 12 * HOUR), 1);
	assert_true(day_of(&w, PRESS)->hours <= 24);
	world_end(&w);
}

/* Nothing of it is counted; a day that it leaves is told as it was. */
static void a_skip_has_no_running_hours(void **state)
{
	static struct world w;
	struct hj_judge_look look;

	world_init(&w);
	world_begin(&w);
	go_on(&w, HOUR, 6, 3);
	jump(&w, 5 * HOUR);
	go_on(&w, HOUR, 6, 3);
	hj_judge_look(w.j, PRESS, &look);
	assert_float_equal(look.hours, 2 - 20.0 / 3600, 1e-9);
	assert_null(day_of(&w, PRESS));
	jump(&w, 7 * HOUR);
	assert_non_null(day_of(&w, PRESS));
	assert_float_equal(day_of(&w, PRESS)->hours, 2 - 20.0 / 3600, 1e-9);
	hj_judge_look(w.j, PRESS, &look);
	assert_float_equal(look.hours, 0, 0);
	assert_int_equal(look.state, HJ_STATE_RUNNING);
	assert_int_equal(look.day_ms, NOON + 12 * HOUR);
	world_end(&w);
}

/* A clock that is put right by seconds, or by a day, over midnight: no day is told twice, and none that is still to
 * come. */
static void a_clock_set_back_tells_no_day_again(void **state)
{
	static const int64_t back[] = { 30 * SECOND, DAY };

	for (size_t i = 0; i < 2; i++) {
		static struct world w;
		int64_t midnight = NOON + 12 * HOUR;

		world_init(&w);
		world_begin(&w);
		go_on(&w, 12 * HOUR + 20 * SECOND, 6, 3);
		assert_int_equal(count_of(&w, HJ_CONCLUDES_RUNTIME, true), 2);
		if (back[i] == DAY)
			jump(&w, DAY);
		w.count = 0;
		jump(&w, -back[i]);
		for (size_t k = 0; k < w.count; k++)
			if (w.list[k].code == HJ_CONCLUDES_RUNTIME)
				assert_true(w.list[k].end_ms <= w.now);
		w.count = 0;
		go_on(&w, MINUTE, 6, 3);
		for (size_t k = 0; k < w.count; k++)
			if (w.list[k].code == HJ_CONCLUDES_RUNTIME)
				assert_true(w.list[k].begin_ms >= midnight);
		world_end(&w);
	}
}

/* No reading comes after midnight: silence ends the day, when it is silence, and of the next one nothing is said. */
static void silence_ends_the_day(void **state)
{
	static struct world w;
	const struct hj_conclusion *c;
	struct hj_judge_look look;
	int64_t midnight = NOON + 12 * HOUR, silent;

	world_init(&w);
	world_begin(&w);
	silent = w.points[PRESS_A].silent_ms;
	assert_true(silent > 0);
	go_on(&w, 5 * HOUR, 6, 3);
	go_on(&w, 7 * HOUR + silent - 10 * SECOND, NAN, NAN);
	assert_null(day_of(&w, PRESS));
	go_on(&w, 10 * SECOND, NAN, NAN);
	c = day_of(&w, PRESS);
	assert_non_null(c);
	assert_int_equal(c->begin_ms, midnight - DAY);
	assert_int_equal(c->end_ms, midnight);
	assert_int_equal(c->at_ms, midnight + silent);
	assert_true(c->hours >= 5 - 10.0 / 3600 - 1e-9 && c->hours <= 5 + (double)silent / HOUR);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_RUNTIME, true), 2); /* the fan's */
	go_on(&w, 2 * DAY, NAN, NAN);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_RUNTIME, true), 2);
	/* What comes then counts for the day it is. */
	go_on(&w, HOUR, 6, 3);
	hj_judge_look(w.j, PRESS, &look);
	assert_int_equal(look.day_ms, midnight + 2 * DAY);
	assert_float_equal(look.hours, 1 - 10.0 / 3600, 1e-9);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(idling_on_the_way_up_is_no_running),
		cmocka_unit_test(what_is_waited_for_waits_as_long),
		cmocka_unit_test(what_is_concluded_holds),
		cmocka_unit_test(a_clock_years_ahead_leaves_no_state_there),
		cmocka_unit_test(a_day_that_was_left_goes_on),
		cmocka_unit_test(a_day_goes_on_after_a_clock_of_the_past),
		cmocka_unit_test(a_day_that_was_over_meanwhile_is_told),
		cmocka_unit_test(a_clock_that_was_ahead_stops_no_day_for_long),
		cmocka_unit_test(a_clock_behind_by_hours_tells_no_day_again),
		cmocka_unit_test(a_skip_has_no_running_hours),
		cmocka_unit_test(a_clock_set_back_tells_no_day_again),
		cmocka_unit_test(silence_ends_the_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
