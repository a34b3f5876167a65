/* What is concluded of treatment while production runs, and when. */
#include "judge_world.h"

static void good_shifts_conclude_nothing(void **state)
{
	struct world w;

	world_init(&w);
	world_begin(&w);
	for (int shift = 0; shift < 5; shift++) {
		go_on(&w, 30 * MINUTE, 0, 0);
		go_on(&w, 2 * MINUTE, 6, 0);
		go_on(&w, 4 * HOUR, 6, 3);
		go_on(&w, 1 * MINUTE, 0, 3);
	}
	for (size_t i = 0; i < w.count; i++)
		assert_true(w.list[i].code <= HJ_CONCLUDES_STOPPED || w.list[i].code == HJ_CONCLUDES_RUNTIME);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_RUNNING, false), 10);
	world_end(&w);
}

static void treatment_that_stops_is_off(void **state)
{
	struct world w;
	const struct hj_conclusion *c;
	int64_t stop;

	world_init(&w);
	world_begin(&w);
	go_on(&w, HOUR, 6, 3);
	stop = w.now + 10 * SECOND;
	go_on(&w, 10 * MINUTE, 6, 0);
	c = concluded(&w, HJ_CONCLUDES_OFF, false, 0);
	assert_non_null(c);
	assert_int_equal(c->begin_ms, stop);
	assert_int_equal(c->at_ms, stop + 60 * SECOND);
	assert_int_equal(c->equipment, FAN);
	assert_int_equal(c->production, PRESS);
	assert_int_equal(c->proof_count, 2);
	assert_int_equal(c->proofs[0].point, FAN_A);
	assert_float_equal(c->proofs[0].value, 0, 0);
	assert_float_equal(c->proofs[0].bound, 2, 0);
	assert_float_equal(c->proofs[1].value, 6, 0);
	assert_int_equal(c->from_ms, stop);
	assert_float_equal(c->most, 0, 0);
	go_on(&w, 10 * MINUTE, 6, 3);
	c = concluded(&w, HJ_CONCLUDES_OFF, true, 0);
	assert_non_null(c);
	assert_int_equal(c->end_ms, stop + 10 * MINUTE);
	assert_int_equal(c->number, concluded(&w, HJ_CONCLUDES_OFF, false, 0)->number);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_OFF, false), 1);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_LATE, false), 0);
	world_end(&w);
}

/* Who stops both within the time that standing still takes to be known is in order; who goes on is not. */
static void treatment_may_stop_after_production(void **state)
{
	struct world w;
	int64_t stop;

	world_init(&w);
	w.equipment[PRESS].process = "spraying"; /* ten minutes */
	world_begin(&w);
	go_on(&w, HOUR, 6, 3);
	go_on(&w, 10 * SECOND, 0, 3);
	go_on(&w, HOUR, 0, 0);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_STOPPED, false), 2);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_OFF, false), 0);
	go_on(&w, HOUR, 6, 3);
	go_on(&w, 10 * SECOND, 0, 3);
	stop = w.now + 10 * SECOND;
	go_on(&w, 5 * MINUTE, 0, 0);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_OFF, false), 0);
	go_on(&w, 5 * MINUTE, 6, 0);
	assert_int_equal(concluded(&w, HJ_CONCLUDES_OFF, false, 0)->begin_ms, stop);
	assert_int_equal(concluded(&w, HJ_CONCLUDES_OFF, false, 0)->at_ms, stop + 5 * MINUTE);
	world_end(&w);
}

static void treatment_that_does_not_come_is_late_then_off(void **state)
{
	struct world w;
	int64_t start;

	world_init(&w);
	world_begin(&w);
	go_on(&w, HOUR, 0, 0);
	start = w.now + 10 * SECOND;
	go_on(&w, 20 * MINUTE, 6, 0);
	assert_int_equal(concluded(&w, HJ_CONCLUDES_LATE, false, 0)->begin_ms, start + 5 * MINUTE);
	assert_int_equal(concluded(&w, HJ_CONCLUDES_LATE, false, 0)->at_ms, start + 5 * MINUTE + 10 * SECOND);
	assert_int_equal(concluded(&w, HJ_CONCLUDES_OFF, false, 0)->at_ms, start + 10 * MINUTE);
	assert_int_equal(concluded(&w, HJ_CONCLUDES_LATE, true, 0)->at_ms, start + 10 * MINUTE);
	go_on(&w, 20 * MINUTE, 0, 0);
	assert_int_equal(concluded(&w, HJ_CONCLUDES_OFF, true, 0)->end_ms, start + 20 * MINUTE);
	world_end(&w);
}

/* Within its run-up, though that is known only after it; one reading is a mistake, and it is late. */
static void treatment_that_begins_in_time_is_not_late(void **state)
{
	struct world w;
	int64_t start;

	world_init(&w);
	world_begin(&w);
	go_on(&w, HOUR, 0, 0);
	go_on(&w, 5 * MINUTE - 10 * SECOND, 6, 0);
	go_on(&w, HOUR, 6, 3);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_LATE, false), 0);
	go_on(&w, HOUR, 0, 0);
	start = w.now + 10 * SECOND;
	go_on(&w, 5 * MINUTE - 10 * SECOND, 6, 0);
	go_on(&w, 10 * SECOND, 6, 3);
	go_on(&w, HOUR, 6, 0);
	assert_int_equal(concluded(&w, HJ_CONCLUDES_LATE, false, 0)->begin_ms, start + 5 * MINUTE);
	assert_int_equal(concluded(&w, HJ_CONCLUDES_LATE, false, 0)->at_ms, start + 5 * MINUTE + 10 * SECOND);
	world_end(&w);
}

static void a_silent_meter_leaves_treatment_unproven(void **state)
{
	struct world w;
	const struct hj_conclusion *c;
	int64_t heard;

	world_init(&w);
	world_begin(&w);
	go_on(&w, HOUR, 6, 3);
	heard = w.now;
	go_on(&w, 10 * MINUTE, 6, NAN);
	c = concluded(&w, HJ_CONCLUDES_UNPROVEN, false, 0);
	assert_non_null(c);
	assert_int_equal(c->begin_ms, heard);
	assert_int_equal(c->at_ms, heard + MINUTE);
	assert_non_null(concluded(&w, HJ_CONCLUDES_MISSING, false, 0));
	assert_non_null(concluded(&w, HJ_CONCLUDES_UNKNOWN, false, 0));
	go_on(&w, 10 * MINUTE, 6, 3);
	assert_non_null(concluded(&w, HJ_CONCLUDES_UNPROVEN, true, 0));
	assert_non_null(concluded(&w, HJ_CONCLUDES_MISSING, true, 0));
	assert_int_equal(count_of(&w, HJ_CONCLUDES_OFF, false), 0);
	world_end(&w);
}

/* Its meter is read two seconds after production's: what began in time is seen when the run-up is over. */
static void what_is_read_just_after_the_run_up_is_not_late(void **state)
{
	struct world w;

	world_init(&w);
	world_begin(&w);
	go_on(&w, HOUR, 0, 0);
	go_on(&w, 5 * MINUTE, 6, 0);
	w.now += 10 * SECOND;
	give(&w, PRESS_A, 6);
	hj_judge_pass(w.j, w.now);
	w.now += 2 * SECOND;
	give(&w, FAN_A, 3);
	hj_judge_pass(w.j, w.now);
	go_on(&w, HOUR, 6, 3);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_LATE, false), 0);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_shifts_conclude_nothing),
		cmocka_unit_test(treatment_that_stops_is_off),
		cmocka_unit_test(treatment_may_stop_after_production),
		cmocka_unit_test(treatment_that_does_not_come_is_late_then_off),
		cmocka_unit_test(treatment_that_begins_in_time_is_not_late),
		cmocka_unit_test(what_is_read_just_after_the_run_up_is_not_late),
		cmocka_unit_test(a_silent_meter_leaves_treatment_unproven),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
