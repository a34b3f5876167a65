/* What is asked of a judge between its conclusions: the state of equipment, what lasts, what it has ignored, and what
 * things are called. */
#include "judge_world.h"

static size_t lasting(const struct world *w, enum hj_conclusion_code code, size_t equipment, size_t point)
{
	struct hj_conclusion c;
	size_t n = 0;

	for (size_t i = 0; hj_judge_lasting(w->j, i, &c); i++)
		n += c.code == code && c.equipment == equipment && c.point == point;
	return n;
}

static void what_lasts_is_shown_until_it_ends(void **state)
{
	static struct world w;
	struct hj_judge_look look;
	struct hj_conclusion c;

	world_init(&w);
	world_limit(&w, HJ_LIMIT_UPPER, FAN, FAN_A, 10)->for_ms = 0;
	world_begin(&w);
	hj_judge_look(w.j, FAN, &look);
	assert_int_equal(look.state, HJ_STATE_UNKNOWN);
	assert_false(look.alarmed);
	assert_true(isnan(look.energy)); /* there is no point for it */
	assert_int_equal(hj_judge_lasting(w.j, 0, &c), 0);
	go_on(&w, 10 * MINUTE, 6, 11);
	hj_judge_look(w.j, FAN, &look);
	assert_true(look.alarmed && look.state == HJ_STATE_RUNNING);
	assert_true(look.since_ms > NOON && look.hours > 0.1 && look.hours < 0.2);
	hj_judge_look(w.j, PRESS, &look);
	assert_false(look.alarmed);
	assert_int_equal(lasting(&w, HJ_CONCLUDES_UPPER, FAN, FAN_A), 1);
	assert_int_equal(lasting(&w, HJ_CONCLUDES_RUNNING, FAN, HJ_JUDGE_NONE), 1);
	/* The press runs, and nothing comes of its treatment. */
	go_on(&w, 30 * MINUTE, 6, NAN);
	assert_int_equal(lasting(&w, HJ_CONCLUDES_MISSING, FAN, FAN_A), 1);
	assert_int_equal(lasting(&w, HJ_CONCLUDES_UNPROVEN, FAN, HJ_JUDGE_NONE), 1);
	hj_judge_look(w.j, FAN, &look);
	assert_true(look.alarmed); /* it is unproven */
	go_on(&w, 30 * MINUTE, 6, 3);
	assert_int_equal(lasting(&w, HJ_CONCLUDES_MISSING, FAN, FAN_A), 0);
	assert_int_equal(lasting(&w, HJ_CONCLUDES_UPPER, FAN, FAN_A), 0);
	hj_judge_look(w.j, FAN, &look);
	assert_false(look.alarmed);
	world_end(&w);
}

/* That a value is missing, and that it is back, waits for nothing. */
static void what_is_missing_does_not_wait(void **state)
{
	static struct world w;
	struct hj_judge_wait wait;

	world_init(&w);
	w.plan.link_count = 0;
	world_begin(&w);
	go_on(&w, 10 * MINUTE, 6, 3);
	for (int i = 0; i < 600; i++) {
		go_on(&w, 10 * SECOND, 6, i < 300 ? NAN : 3);
		for (size_t k = 0; hj_judge_waiting(w.j, k, &wait); k++)
			assert_true(wait.what.code != HJ_CONCLUDES_MISSING);
		assert_int_equal(lasting(&w, HJ_CONCLUDES_MISSING, FAN, FAN_A),
		        count_of(&w, HJ_CONCLUDES_MISSING, false) - count_of(&w, HJ_CONCLUDES_MISSING, true));
	}
	assert_int_equal(count_of(&w, HJ_CONCLUDES_MISSING, true), 1);
	world_end(&w);
}

static void what_is_ignored_is_counted(void **state)
{
	static struct world w;
	struct hj_judge_ignored i;
	const struct hj_sample stranger = { .point = WORLD_POINTS, .time_ms = NOON + SECOND, .flag = HJ_FLAG_NORMAL };

	world_init(&w);
	world_begin(&w);
	go_on(&w, 30 * SECOND, 6, 3);
	hj_judge_ignored(w.j, &i);
	assert_true(!i.repeated && !i.older && !i.stranger);
	give(&w, PRESS_A, 6);
	w.now -= 10 * SECOND;
	give(&w, PRESS_A, 6);
	w.now += 10 * SECOND;
	hj_judge_add(w.j, &stranger, 1);
	hj_judge_ignored(w.j, &i);
	assert_true(i.repeated == 1 && i.older == 1 && i.stranger == 1);
	/* So old that it would be silent again at once. */
	hj_judge_pass(w.j, w.now + HOUR);
	w.now += SECOND;
	give(&w, PRESS_A, 6);
	hj_judge_ignored(w.j, &i);
	assert_int_equal(i.older, 2);
	/* A clock that was set to what it says already is nothing. */
	hj_judge_skip(w.j, hj_judge_time(w.j));
	assert_int_equal(hj_judge_time(w.j), w.now - SECOND + HOUR);
	world_end(&w);
}

/* Of several limits that say so the one that is broken since the longest proves it. */
static void the_oldest_limit_proves(void **state)
{
	static struct world w;
	struct hj_judge_limit *l;
	const struct hj_conclusion *c;

	world_init(&w);
	for (int i = 0; i < 3; i++) {
		l = world_limit(&w, HJ_LIMIT_UPPER, FAN, FAN_KPA, 100 - i * 10);
		l->for_ms = 0;
		l->says = HJ_SAYS_ABNORMAL;
	}
	world_begin(&w);
	go_on(&w, 10 * MINUTE, 6, 3);
	for (int i = 0; i < 60; i++) {
		give(&w, FAN_KPA, 85 + i * 10);
		go_on(&w, 10 * SECOND, 6, 3);
	}
	c = concluded(&w, HJ_CONCLUDES_ABNORMAL, false, 0);
	assert_non_null(c);
	assert_int_equal(c->limit, 2); /* above 80 */
	world_end(&w);
}

static void names(void **state)
{
	assert_string_equal(hj_role_name(HJ_ROLE_TREATMENT), "treatment");
	assert_string_equal(hj_role_name((enum hj_role)99), "unknown");
	assert_string_equal(hj_state_name(HJ_STATE_IDLE), "idle");
	assert_string_equal(hj_state_name((enum hj_state)99), "unknown");
	assert_string_equal(hj_meaning_name(HJ_MEANS_CURRENT), "current");
	assert_string_equal(hj_meaning_name((enum hj_meaning)99), "other");
	assert_string_equal(hj_limit_kind_name(HJ_LIMIT_RATE), "rate");
	assert_string_equal(hj_limit_kind_name((enum hj_limit_kind)99), "unknown");
	assert_string_equal(hj_conclusion_event(HJ_CONCLUDES_OFF), "treatment-off");
	assert_null(hj_conclusion_event(HJ_CONCLUDES_RUNTIME));
	assert_null(hj_conclusion_event((enum hj_conclusion_code)99));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lasts_is_shown_until_it_ends),
		cmocka_unit_test(what_is_missing_does_not_wait),
		cmocka_unit_test(what_is_ignored_is_counted),
		cmocka_unit_test(the_oldest_limit_proves),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
