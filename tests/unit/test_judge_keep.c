/* What a judge thinks outlives a restart: whatever the moment, the same is concluded as without one; and under
 * another plan what is not in it any more ends. */
#include "judge_world.h"

#include <errno.h>

/* Shifts with everything that may happen, in steps of ten seconds. */
static void live(struct world *w, unsigned restart_each)
{
	for (unsigned i = 0; i < 2000; i++) {
		double press = i % 500 < 80 ? 0 : 6 + i % 3, fan = i % 500 < 120 || i % 700 > 640 ? 0 : 3 + i % 2;

		w->now += 10 * SECOND;
		give(w, PRESS_A, press);
		if (i % 900 < 800)
			give(w, FAN_A, fan);
		hj_judge_pass(w->j, w->now);
		if (restart_each && i % restart_each == 0)
			world_restart(w);
	}
}

static void make(struct world *w)
{
	struct hj_judge_limit *l;

	world_init(w);
	l = world_limit(w, HJ_LIMIT_LOWER, FAN, FAN_A, 3.5);
	l->running = true;
	l->for_ms = 20 * SECOND;
	world_limit(w, HJ_LIMIT_STUCK, HJ_JUDGE_NONE, FAN_A, 0)->for_ms = 5 * MINUTE;
	world_begin(w);
}

static void the_same_whatever_the_moment(void **state)
{
	static struct world whole, broken;

	make(&whole);
	live(&whole, 0);
	assert_true(count_of(&whole, HJ_CONCLUDES_OFF, true) > 1);
	assert_true(count_of(&whole, HJ_CONCLUDES_UNPROVEN, false) > 0);
	for (unsigned each = 1; each < 40; each += 6) {
		make(&broken);
		live(&broken, each);
		assert_int_equal(broken.count, whole.count);
		for (size_t i = 0; i < whole.count; i++) {
			assert_int_equal(broken.list[i].code, whole.list[i].code);
			assert_int_equal(broken.list[i].ended, whole.list[i].ended);
			assert_int_equal(broken.list[i].number, whole.list[i].number);
			assert_int_equal(broken.list[i].at_ms, whole.list[i].at_ms);
			assert_int_equal(broken.list[i].begin_ms, whole.list[i].begin_ms);
		}
		world_end(&broken);
	}
	world_end(&whole);
}

static void what_is_no_more_ends(void **state)
{
	static struct world old, new;
	struct hj_buf buf = { 0 };
	uint64_t number;

	make(&old);
	go_on(&old, HOUR, 6, 3);
	go_on(&old, 10 * MINUTE, 6, 0);
	assert_int_equal(count_of(&old, HJ_CONCLUDES_OFF, false), 1);
	number = concluded(&old, HJ_CONCLUDES_OFF, false, 0)->number;
	assert_int_equal(hj_judge_encode(old.j, &buf), 0);
	world_init(&new);
	new.plan.link_count = 0;
	new.now = old.now;
	world_begin(&new);
	assert_int_equal(hj_judge_decode(new.j, buf.data, buf.len), 0);
	assert_int_equal(count_of(&new, HJ_CONCLUDES_OFF, true), 1);
	assert_int_equal(concluded(&new, HJ_CONCLUDES_OFF, true, 0)->number, number);
	go_on(&new, MINUTE, 6, 0);
	assert_int_equal(count_of(&new, HJ_CONCLUDES_RUNNING, false), 0); /* it ran before, and does */
	hj_buf_done(&buf);
	world_end(&old);
	world_end(&new);
}

/* Read more often than before, a point may have been silent too long by the time that judge is at; the clock is
 * behind that time, since samples are not waited for. */
static void what_is_due_under_the_new_plan_is_done(void **state)
{
	static struct world old, new;
	struct hj_buf buf = { 0 };

	world_init(&old);
	old.points[PRESS_A].interval_ms = old.points[FAN_A].interval_ms = 5 * MINUTE;
	world_begin(&old);
	go_on(&old, HOUR, 6, 3);
	old.now += 4 * MINUTE;
	give(&old, FAN_A, 3);
	assert_int_equal(hj_judge_encode(old.j, &buf), 0);
	make(&new);
	assert_int_equal(hj_judge_decode(new.j, buf.data, buf.len), 0);
	assert_true(hj_judge_deadline(new.j) < old.now);
	hj_judge_pass(new.j, old.now - 1500);
	assert_int_equal(hj_judge_time(new.j), old.now);
	assert_true(hj_judge_deadline(new.j) > old.now);
	hj_buf_done(&buf);
	world_end(&old);
	world_end(&new);
}

/* Two links of the same two, one that waits longer than the other: what each of them thinks goes on, and what has
 * begun ends once. */
static void links_that_are_called_the_same_are_two(void **state)
{
	static struct world w;

	world_init(&w);
	w.links[1] = w.links[0];
	w.links[1].late_ms = 0;
	w.plan.link_count = 2;
	world_begin(&w);
	go_on(&w, HOUR, 6, 0);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_OFF, false), 2);
	world_restart(&w);
	go_on(&w, MINUTE, 6, 0);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_OFF, false), 2);
	go_on(&w, HOUR, 6, 3);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_OFF, true), 2);
	assert_int_not_equal(
	        concluded(&w, HJ_CONCLUDES_OFF, true, 0)->number, concluded(&w, HJ_CONCLUDES_OFF, true, 1)->number);
	world_end(&w);
}

/* It was missing when it was asked for: nobody would ever say that it is back. */
static void a_point_that_nobody_asks_for_any_more_is_not_missing(void **state)
{
	static struct world old, new;
	struct hj_buf buf = { 0 };

	world_init(&old);
	old.equipment[PRESS].power = FAN_KPA;
	world_begin(&old);
	go_on(&old, HOUR, 6, 3);
	assert_int_equal(count_of(&old, HJ_CONCLUDES_MISSING, false), 1);
	assert_int_equal(hj_judge_encode(old.j, &buf), 0);
	world_init(&new);
	new.equipment[PRESS].power = FAN_KPA;
	new.equipment[PRESS].energy = ENERGY; /* that is what counts now */
	new.now = old.now;
	world_begin(&new);
	assert_int_equal(hj_judge_decode(new.j, buf.data, buf.len), 0);
	give(&new, FAN_KPA, 1);
	assert_int_equal(count_of(&new, HJ_CONCLUDES_MISSING, true), 1);
	hj_buf_done(&buf);
	world_end(&old);
	world_end(&new);
}

/* What one meter had counted says nothing of what another one shows. */
static void another_meter_begins_anew(void **state)
{
	for (int power = 0; power < 2; power++) {
		static struct world old, new;
		struct hj_buf buf = { 0 };
		struct hj_judge_look look;

		world_init(&old);
		old.equipment[PRESS].energy = ENERGY;
		world_begin(&old);
		go_on(&old, HOUR, 6, 3);
		give(&old, ENERGY, 1000);
		go_on(&old, MINUTE, 6, 3);
		give(&old, ENERGY, 1002);
		assert_int_equal(hj_judge_encode(old.j, &buf), 0);
		world_init(&new);
		if (power)
			new.equipment[PRESS].power = FAN_KPA;
		else
			new.equipment[PRESS].energy = FAN_KPA;
		new.now = old.now;
		world_begin(&new);
		assert_int_equal(hj_judge_decode(new.j, buf.data, buf.len), 0);
		go_on(&new, 10 * SECOND, 6, 3);
		give(&new, FAN_KPA, power ? 6 : 90000);
		go_on(&new, 10 * SECOND, 6, 3);
		give(&new, FAN_KPA, power ? 6 : 90001);
		hj_judge_look(new.j, PRESS, &look);
		assert_float_equal(look.energy, power ? 2 + 60.0 / 3600 : 3, 1e-9);
		hj_buf_done(&buf);
		world_end(&old);
		world_end(&new);
	}
}

/* Held by a limit's point alone, and the limit is not in the plan any more. */
static void maintenance_ends_with_what_held_it(void **state)
{
	static struct world old, new;
	struct hj_buf buf = { 0 };
	struct hj_judge_look look;

	world_init(&old);
	world_limit(&old, HJ_LIMIT_UPPER, FAN, FAN_KPA, 10);
	world_begin(&old);
	go_on(&old, HOUR, 6, 3);
	give_flag(&old, FAN_KPA, 5, HJ_FLAG_MAINTAIN);
	hj_judge_look(old.j, FAN, &look);
	assert_true(look.maintained);
	assert_int_equal(hj_judge_encode(old.j, &buf), 0);
	world_init(&new);
	new.now = old.now;
	world_begin(&new);
	assert_int_equal(hj_judge_decode(new.j, buf.data, buf.len), 0);
	hj_judge_look(new.j, FAN, &look);
	assert_false(look.maintained);
	go_on(&new, HOUR, 6, 0);
	assert_int_equal(count_of(&new, HJ_CONCLUDES_OFF, false), 1);
	hj_buf_done(&buf);
	world_end(&old);
	world_end(&new);
}

/* By hours, and to where no battery has kept the time: what never was has no time that could be set. */
static void a_clock_set_back_is_kept(void **state)
{
	static struct world w;

	make(&w);
	go_on(&w, HOUR, 6, 3);
	w.set_back = true;
	hj_judge_skip(w.j, w.now -= 3 * HOUR);
	world_restart(&w);
	hj_judge_skip(w.j, w.now = MINUTE);
	world_restart(&w);
	go_on(&w, HOUR, 6, 3);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_RUNNING, false), 2);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_MISSING, false), 0);
	world_end(&w);
}

static void what_is_none_changes_nothing(void **state)
{
	static struct world w;
	struct hj_buf buf = { 0 };

	make(&w);
	go_on(&w, HOUR, 6, 3);
	assert_int_equal(hj_judge_encode(w.j, &buf), 0);
	for (size_t n = 0; n < buf.len; n += 7) {
		struct hj_judge *j;

		assert_int_equal(hj_judge_new(&w.plan, w.now, world_tell, &w, &j), 0);
		assert_int_equal(hj_judge_decode(j, buf.data, n), -EBADMSG);
		assert_int_equal(hj_judge_time(j), w.now);
		hj_judge_free(j);
	}
	hj_buf_done(&buf);
	world_end(&w);
}

/* What a version before kept after an hour of both and ten minutes without the fan: it goes on from there. */
static void is_read(const char *path, bool is_longer)
{
	static struct world old, new;
	struct hj_buf is = { 0 };
	struct hj_conclusion a, b;
	char bytes[4096];
	FILE *f = fopen(path, "r");
	size_t n, i = 0;

	assert_non_null(f);
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	make(&old);
	go_on(&old, HOUR, 6, 3);
	go_on(&old, 10 * MINUTE, 6, 0);
	make(&new);
	assert_int_equal(hj_judge_decode(new.j, bytes, n), 0);
	assert_int_equal(hj_judge_encode(new.j, &is), 0);
	assert_true(is.len < n || !is_longer);
	for (; hj_judge_lasting(old.j, i, &a); i++) {
		assert_int_equal(hj_judge_lasting(new.j, i, &b), 1);
		assert_int_equal(b.code, a.code);
		assert_int_equal(b.number, a.number);
		assert_int_equal(b.begin_ms, a.begin_ms);
	}
	assert_int_equal(i, 4); /* the states, off, the value that is stuck */
	assert_int_equal(hj_judge_lasting(new.j, i, &b), 0);
	assert_int_equal(hj_judge_deadline(new.j), hj_judge_deadline(old.j));
	for (i = 0; i < WORLD_EQUIPMENT; i++) {
		struct hj_judge_look was, now;

		hj_judge_look(old.j, i, &was);
		hj_judge_look(new.j, i, &now);
		assert_true(now.hours == was.hours && now.hours > 0.9 && now.day_ms == was.day_ms);
	}
	hj_buf_done(&is);
	world_end(&old);
	world_end(&new);
}

static void the_versions_before_are_read(void **state)
{
	is_read("tests/data/judge-1.bin", true);
	is_read("tests/data/judge-2.bin", false);
	is_read("tests/data/judge-4.bin", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_whatever_the_moment),
		cmocka_unit_test(what_is_no_more_ends),
		cmocka_unit_test(what_is_due_under_the_new_plan_is_done),
		cmocka_unit_test(links_that_are_called_the_same_are_two),
		cmocka_unit_test(a_point_that_nobody_asks_for_any_more_is_not_missing),
		cmocka_unit_test(another_meter_begins_anew),
		cmocka_unit_test(maintenance_ends_with_what_held_it),
		cmocka_unit_test(a_clock_set_back_is_kept),
		cmocka_unit_test(what_is_none_changes_nothing),
		cmocka_unit_test(the_versions_before_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
