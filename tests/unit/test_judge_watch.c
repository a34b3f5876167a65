/* Limits: when each begins and ends, to the sample, and what of it is no more than a mistake. */
#include "judge_world.h"

/* A limit of the press, of a point that is nobody's sign. */
static struct hj_judge_limit *watch(struct world *w, enum hj_limit_kind kind, double bound)
{
	world_init(w);
	return world_limit(w, kind, PRESS, FAN_KPA, bound);
}

/* One value every ten seconds, for so many of them. The time of the first. */
static int64_t read_on(struct world *w, double value, int times)
{
	int64_t first = w->now + 10 * SECOND;

	for (int i = 0; i < times; i++) {
		w->now += 10 * SECOND;
		give(w, FAN_KPA, value);
		hj_judge_pass(w->j, w->now);
	}
	return first;
}

static void upper_begins_and_ends_with_its_first_value(void **state)
{
	static struct world w;
	struct hj_judge_limit *l = watch(&w, HJ_LIMIT_UPPER, 100);
	int64_t over, well;

	l->for_ms = l->clear_ms = 30 * SECOND;
	world_begin(&w);
	read_on(&w, 100, 30); /* on it is not above it */
	read_on(&w, 150, 1);  /* one is a mistake, however long nothing else comes */
	w.now += 40 * SECOND;
	read_on(&w, 97, 10);
	assert_null(concluded(&w, HJ_CONCLUDES_UPPER, false, 0));
	over = read_on(&w, 101, 2);
	read_on(&w, 99, 10); /* within the hysteresis it goes on */
	assert_begun(&w, HJ_CONCLUDES_UPPER, 0, over, over + 30 * SECOND);
	assert_int_equal(concluded(&w, HJ_CONCLUDES_UPPER, false, 0)->limit, 0);
	assert_int_equal(concluded(&w, HJ_CONCLUDES_UPPER, false, 0)->equipment, PRESS);
	read_on(&w, 98, 2); /* 98 is well, for too short a time */
	read_on(&w, 101, 2);
	well = read_on(&w, 98, 10);
	assert_over(&w, HJ_CONCLUDES_UPPER, 0, well, well + 30 * SECOND);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_UPPER, false), 1);
	world_end(&w);
}

static void lower_is_the_same_turned_over(void **state)
{
	static struct world w;
	int64_t under, well;

	watch(&w, HJ_LIMIT_LOWER, -10)->hysteresis = 1;
	world_begin(&w);
	read_on(&w, -10, 10);
	under = read_on(&w, -10.5, 2);
	read_on(&w, -9.5, 10);
	assert_begun(&w, HJ_CONCLUDES_LOWER, 0, under, under + MINUTE);
	well = read_on(&w, -9, 10);
	assert_over(&w, HJ_CONCLUDES_LOWER, 0, well, well + MINUTE);
	world_end(&w);
}

static void one_value_beyond_what_the_instrument_can(void **state)
{
	static struct world w;
	int64_t over, well;

	watch(&w, HJ_LIMIT_RANGE, 0)->clear_ms = 0;
	world_begin(&w);
	read_on(&w, 5, 10);
	w.now += 10 * SECOND;
	give_flag(&w, FAN_KPA, 999, HJ_FLAG_OVER);
	read_on(&w, 5, 10);
	assert_null(concluded(&w, HJ_CONCLUDES_RANGE, false, 0));
	over = w.now + 10 * SECOND;
	for (int i = 0; i < 10; i++) {
		w.now += 10 * SECOND;
		give_flag(&w, FAN_KPA, 999, i % 2 ? HJ_FLAG_FAULT : HJ_FLAG_OVER);
	}
	assert_begun(&w, HJ_CONCLUDES_RANGE, 0, over, over + MINUTE);
	well = read_on(&w, 5, 1);
	assert_over(&w, HJ_CONCLUDES_RANGE, 0, well, well);
	world_end(&w);
}

static void stuck_begins_with_the_value_it_stays_at(void **state)
{
	static struct world w;
	int64_t still, moves;

	watch(&w, HJ_LIMIT_STUCK, 0.125)->for_ms = 5 * MINUTE;
	world_begin(&w);
	for (int i = 0; i < 60; i++)
		read_on(&w, 5 + i % 2, 1);
	still = read_on(&w, 3, 1);
	read_on(&w, 3.125, 28);
	assert_null(concluded(&w, HJ_CONCLUDES_STUCK, false, 0));
	read_on(&w, 3.0625, 20);
	assert_begun(&w, HJ_CONCLUDES_STUCK, 0, still, still + 5 * MINUTE);
	moves = read_on(&w, 3.25, 1);
	assert_over(&w, HJ_CONCLUDES_STUCK, 0, moves, moves);
	/* A little each time is a movement, too. */
	for (int i = 0; i < 100; i++)
		read_on(&w, 3.25 + 0.0625 * i, 1);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_STUCK, false), 1);
	world_end(&w);
}

/* Silence moves nothing: what stays as it was after it is the same that was told. Before it is told, one counts anew
 * from where it is heard again. */
static void stuck_outlives_silence(void **state)
{
	static struct world w;
	int64_t still, moves;

	watch(&w, HJ_LIMIT_STUCK, 0)->for_ms = 5 * MINUTE;
	world_begin(&w);
	read_on(&w, 3, 20);
	w.now += 10 * MINUTE;
	still = read_on(&w, 3, 30);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_MISSING, true), 1);
	assert_null(concluded(&w, HJ_CONCLUDES_STUCK, false, 0));
	read_on(&w, 3, 5);
	assert_begun(&w, HJ_CONCLUDES_STUCK, 0, still, still + 5 * MINUTE);
	w.now += 10 * MINUTE;
	read_on(&w, 3, 60);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_MISSING, true), 2);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_STUCK, true), 0);
	w.now += 10 * MINUTE;
	moves = read_on(&w, 4, 1);
	assert_over(&w, HJ_CONCLUDES_STUCK, 0, moves, moves);
	read_on(&w, 4, 40);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_STUCK, false), 2);
	assert_int_equal(concluded(&w, HJ_CONCLUDES_STUCK, false, 1)->begin_ms, moves);
	world_end(&w);
}

/* Over a minute, so that what jumps between two readings is no rate; 30 a minute are allowed. */
static void a_rate_is_taken_over_a_minute(void **state)
{
	static struct world w;
	int64_t steep;

	watch(&w, HJ_LIMIT_RATE, 30);
	world_begin(&w);
	for (int i = 0; i < 60; i++)
		read_on(&w, 20 + 6 * (i % 2), 1);
	for (int i = 0; i < 60; i++)
		read_on(&w, 20 + 4.9 * i, 1);
	assert_null(concluded(&w, HJ_CONCLUDES_RATE, false, 0));
	steep = w.now;
	for (int i = 1; i <= 12; i++)
		read_on(&w, 20 + 4.9 * 59 + 20 * i, 1);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_RATE, false), 1);
	assert_in_range(concluded(&w, HJ_CONCLUDES_RATE, false, 0)->begin_ms, steep + 10 * SECOND, steep + MINUTE);
	read_on(&w, 20 + 4.9 * 59 + 240, 12);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_RATE, true), 1);
	world_end(&w);
}

/* Hours without power: it has cooled meanwhile, and not now. */
static void a_gap_has_no_rate(void **state)
{
	static struct world w;

	watch(&w, HJ_LIMIT_RATE, 30);
	world_begin(&w);
	read_on(&w, 180, 60);
	hj_judge_skip(w.j, w.now += 3 * HOUR);
	read_on(&w, 25, 60);
	assert_null(concluded(&w, HJ_CONCLUDES_RATE, false, 0));
	read_on(&w, 180, 12);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_RATE, false), 1);
	world_end(&w);
}

static void read_phases(struct world *w, double a, double b, double c, int times)
{
	for (int i = 0; i < times; i++) {
		w->now += 10 * SECOND;
		give(w, PHASE_1, a);
		w->now += SECOND;
		give(w, PHASE_2, b);
		w->now += SECOND;
		give(w, PHASE_3, c);
		hj_judge_pass(w->j, w->now);
	}
}

static void phases_of(struct world *w, enum hj_limit_kind kind)
{
	struct hj_judge_limit *l = watch(w, kind, NAN);

	l->points[0] = PHASE_1;
	l->points[1] = PHASE_2;
	l->points[2] = PHASE_3;
	world_begin(w);
}

/* A fifth of the largest is the least that a phase may have. */
static void a_phase_is_lost_with_its_own_reading(void **state)
{
	static struct world w;
	const struct hj_conclusion *c;
	int64_t lost, back;

	phases_of(&w, HJ_LIMIT_PHASE_LOSS);
	read_phases(&w, 10, 10, 2, 20);
	read_phases(&w, 0.9, 0.9, 0, 20); /* it stands still */
	read_phases(&w, 10, 10, 10, 5);
	lost = w.now + 12 * SECOND;
	read_phases(&w, 10, 10, 1.9, 20);
	c = concluded(&w, HJ_CONCLUDES_PHASE_LOSS, false, 0);
	assert_begun(&w, HJ_CONCLUDES_PHASE_LOSS, 0, lost, lost + MINUTE);
	assert_int_equal(c->proof_count, 3);
	assert_int_equal(c->proofs[2].point, PHASE_3);
	assert_float_equal(c->proofs[2].value, 1.9, 0);
	back = w.now + 12 * SECOND;
	read_phases(&w, 10, 10, 8, 20);
	assert_over(&w, HJ_CONCLUDES_PHASE_LOSS, 0, back, back + MINUTE);
	world_end(&w);
}

/* 10, 10, 7.5 is 9.17 on the mean and 18 % off it; 10, 10, 8 is 14 %. */
static void phases_apart_are_unbalanced(void **state)
{
	static struct world w;
	int64_t apart, together;

	phases_of(&w, HJ_LIMIT_UNBALANCE);
	read_phases(&w, 10, 10, 8, 20);
	assert_null(concluded(&w, HJ_CONCLUDES_UNBALANCE, false, 0));
	apart = w.now + 12 * SECOND;
	read_phases(&w, 10, 10, 7.5, 20);
	assert_begun(&w, HJ_CONCLUDES_UNBALANCE, 0, apart, apart + MINUTE);
	together = w.now + 12 * SECOND;
	read_phases(&w, 10, 10, 9.5, 20);
	assert_over(&w, HJ_CONCLUDES_UNBALANCE, 0, together, together + MINUTE);
	world_end(&w);
}

/* Judged while the press has run for two minutes: what was wrong before counts from then on. */
static void a_limit_of_what_runs_waits_until_it_has_got_there(void **state)
{
	static struct world w;
	struct hj_judge_limit *l = watch(&w, HJ_LIMIT_LOWER, 100);
	int64_t start, judged;

	l->running = true;
	l->after_ms = 2 * MINUTE;
	w.plan.link_count = 0;
	world_begin(&w);
	start = w.now + 10 * SECOND;
	for (int i = 0; i < 60; i++) {
		w.now += 10 * SECOND;
		give(&w, PRESS_A, 6);
		give(&w, FAN_KPA, 50);
	}
	judged = start + 2 * MINUTE;
	assert_begun(&w, HJ_CONCLUDES_LOWER, 0, judged, judged + MINUTE);
	start = w.now + 10 * SECOND;
	for (int i = 0; i < 60; i++) {
		w.now += 10 * SECOND;
		give(&w, PRESS_A, 0);
		give(&w, FAN_KPA, 50);
	}
	/* Who stands still breaks nothing: over since it does. */
	assert_over(&w, HJ_CONCLUDES_LOWER, 0, start, start + MINUTE);
	world_end(&w);
}

/* To stop breaks no limit of what runs, though standing still is known only two minutes later. */
static void a_limit_of_what_runs_is_not_broken_by_stopping(void **state)
{
	static struct world w;

	watch(&w, HJ_LIMIT_LOWER, 100)->running = true;
	w.limits[0].after_ms = 0;
	w.equipment[PRESS].hold_ms[HJ_STATE_STOPPED] = 2 * MINUTE;
	w.plan.link_count = 0;
	world_begin(&w);
	for (int i = 0; i < 600; i++) {
		w.now += 10 * SECOND;
		give(&w, PRESS_A, i % 60 < 30 ? 6 : 0);
		give(&w, FAN_KPA, i % 60 < 30 ? 150 : 0);
	}
	assert_int_equal(count_of(&w, HJ_CONCLUDES_STOPPED, false), 10);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_LOWER, false), 0);
	world_end(&w);
}

/* Nor by the readings on the way down: they say no more once it seems to have stopped. */
static void a_limit_of_what_runs_is_not_broken_by_slowing_down(void **state)
{
	static struct world w;
	struct hj_judge_limit *l;

	world_init(&w);
	w.equipment[FAN].hold_ms[HJ_STATE_STOPPED] = 5 * MINUTE;
	l = world_limit(&w, HJ_LIMIT_LOWER, FAN, FAN_A, 3.5);
	l->running = true;
	l->for_ms = MINUTE;
	l->after_ms = 0;
	world_begin(&w);
	go_on(&w, HOUR, 0, 4);
	go_on(&w, 20 * SECOND, 0, 3);
	go_on(&w, 2 * MINUTE, 0, 0);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_LOWER, false), 0);
	go_on(&w, 20 * SECOND, 0, 3); /* it had not: that counts, and goes on */
	assert_int_equal(count_of(&w, HJ_CONCLUDES_LOWER, false), 1);
	go_on(&w, HOUR, 0, 0);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_LOWER, true), 1);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(upper_begins_and_ends_with_its_first_value),
		cmocka_unit_test(lower_is_the_same_turned_over),
		cmocka_unit_test(one_value_beyond_what_the_instrument_can),
		cmocka_unit_test(stuck_begins_with_the_value_it_stays_at),
		cmocka_unit_test(stuck_outlives_silence),
		cmocka_unit_test(a_rate_is_taken_over_a_minute),
		cmocka_unit_test(a_gap_has_no_rate),
		cmocka_unit_test(a_phase_is_lost_with_its_own_reading),
		cmocka_unit_test(phases_apart_are_unbalanced),
		cmocka_unit_test(a_limit_of_what_runs_waits_until_it_has_got_there),
		cmocka_unit_test(a_limit_of_what_runs_is_not_broken_by_stopping),
		cmocka_unit_test(a_limit_of_what_runs_is_not_broken_by_slowing_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
