/* What cannot be meant by a plan is refused with the row and the key to blame. */
#include "judge_world.h"

#include <errno.h>

static const char *const nobody[] = { "furnace" }, *const press_twice[] = { "press", "press" };

static void refuse(struct world *w, enum hj_judge_table table, size_t index, const char *key, const char *name)
{
	struct hj_judge_fault fault = { 0 };

	hj_judge_plan_fill(&w->plan);
	assert_int_equal(hj_judge_plan_check(&w->plan, &fault), -EINVAL);
	assert_int_equal(fault.table, table);
	assert_int_equal(fault.index, index);
	assert_string_equal(fault.key, key);
	assert_non_null(fault.what);
	assert_non_null(fault.remedy);
	if (name)
		assert_string_equal(fault.name, name);
}

static void a_link_to_what_is_not_there(void **state)
{
	struct world w;

	world_init(&w);
	w.links[0].treatment = nobody;
	refuse(&w, HJ_TABLE_LINK, 0, "treatment", "furnace");
	world_init(&w);
	w.links[0].production = nobody;
	refuse(&w, HJ_TABLE_LINK, 0, "production", "furnace");
	world_init(&w);
	w.links[0].production_count = 0;
	refuse(&w, HJ_TABLE_LINK, 0, "production", NULL);
	world_init(&w);
	w.links[0].production = press_twice;
	w.links[0].production_count = 2;
	refuse(&w, HJ_TABLE_LINK, 0, "production", "press");
	world_init(&w);
	w.links[0].enough = 2;
	refuse(&w, HJ_TABLE_LINK, 0, "enough", NULL);
	world_init(&w);
	w.links[0].load_production = PRESS_A;
	refuse(&w, HJ_TABLE_LINK, 0, "load", NULL);
}

static void hysteresis_upside_down(void **state)
{
	struct world w;

	world_init(&w);
	w.equipment[FAN].signs[0].hysteresis = -0.1;
	refuse(&w, HJ_TABLE_EQUIPMENT, FAN, "hysteresis", "fan");
	world_init(&w);
	w.equipment[PRESS].signs[0].idle = 4;
	w.equipment[PRESS].signs[0].hysteresis = 1; /* would end running below idle */
	refuse(&w, HJ_TABLE_EQUIPMENT, PRESS, "hysteresis", "press");
	world_init(&w);
	w.equipment[PRESS].signs[0].idle = 6;
	refuse(&w, HJ_TABLE_EQUIPMENT, PRESS, "idle", "press");
	world_init(&w);
	w.equipment[PRESS].signs[0].falling = true;
	w.equipment[PRESS].signs[0].idle = 4;
	refuse(&w, HJ_TABLE_EQUIPMENT, PRESS, "idle", "press");
	world_init(&w);
	world_limit(&w, HJ_LIMIT_UPPER, PRESS, PRESS_A, 10)->hysteresis = -1;
	refuse(&w, HJ_TABLE_LIMIT, 0, "hysteresis", "press.current");
	world_init(&w);
	world_limit(&w, HJ_LIMIT_LOWER, PRESS, PRESS_A, 10);
	world_limit(&w, HJ_LIMIT_UPPER, PRESS, PRESS_A, 10);
	refuse(&w, HJ_TABLE_LIMIT, 1, "bound", "press.current");
}

/* The press needs its fan, the fan a scrubber, and the scrubber the press. */
static void links_in_a_circle(void **state)
{
	static const char *const scrubber[] = { "scrubber" };
	struct world w;
	struct hj_judge_equipment equipment[3];
	struct hj_judge_link links[3];

	world_init(&w);
	memcpy(equipment, w.equipment, sizeof(w.equipment));
	hj_judge_equipment_init(&equipment[2]);
	equipment[2].name = "scrubber";
	equipment[2].role = HJ_ROLE_TREATMENT;
	world_sign(&equipment[2], FAN_SWITCH, HJ_MEANS_SWITCH, NAN);
	for (size_t i = 0; i < 3; i++)
		links[i] = w.links[0];
	links[1].production = world_fan;
	links[1].treatment = scrubber;
	links[2].production = scrubber;
	links[2].treatment = world_press;
	w.plan.equipment = equipment;
	w.plan.equipment_count = 3;
	w.plan.links = links;
	w.plan.link_count = 2;
	world_begin(&w);
	world_end(&w);
	w.plan.link_count = 3;
	refuse(&w, HJ_TABLE_LINK, 0, "treatment", "press");
	links[0].treatment = world_press;
	w.plan.link_count = 1;
	refuse(&w, HJ_TABLE_LINK, 0, "treatment", "press");
}

static void times_and_processes_that_cannot_be(void **state)
{
	struct world w;

	world_init(&w);
	w.points[FAN_A].silent_ms = 10 * SECOND;
	refuse(&w, HJ_TABLE_POINT, FAN_A, "silent", "fan.current");
	world_init(&w);
	w.equipment[FAN].hold_ms[HJ_STATE_STOPPED] = DAY + 1;
	refuse(&w, HJ_TABLE_EQUIPMENT, FAN, "stopped_for", "fan");
	world_init(&w);
	w.equipment[FAN].hold_ms[HJ_STATE_RUNNING] = HOUR; /* and is off after ten minutes */
	refuse(&w, HJ_TABLE_LINK, 0, "run_up", "fan");
	world_init(&w);
	w.equipment[FAN].process = "alchemy";
	refuse(&w, HJ_TABLE_EQUIPMENT, FAN, "process", "alchemy");
	world_init(&w);
	w.equipment[FAN].process = "spraying";
	refuse(&w, HJ_TABLE_EQUIPMENT, FAN, "role", "fan");
	world_init(&w);
	w.equipment[FAN].name = "press";
	refuse(&w, HJ_TABLE_EQUIPMENT, FAN, "name", "press");
	world_init(&w);
	w.equipment[FAN].sign_count = 0;
	refuse(&w, HJ_TABLE_EQUIPMENT, FAN, "signs", "fan");
	world_init(&w);
	world_sign(&w.equipment[FAN], FAN_A, HJ_MEANS_CURRENT, 3);
	refuse(&w, HJ_TABLE_EQUIPMENT, FAN, "point", "fan");
	world_init(&w);
	world_limit(&w, HJ_LIMIT_PHASE_LOSS, PRESS, PHASE_1, NAN);
	refuse(&w, HJ_TABLE_LIMIT, 0, "points", "press.ia");
	world_init(&w);
	world_limit(&w, HJ_LIMIT_UPPER, HJ_JUDGE_NONE, FAN_KPA, 3)->running = true;
	refuse(&w, HJ_TABLE_LIMIT, 0, "running", "fan.pressure");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_to_what_is_not_there),
		cmocka_unit_test(hysteresis_upside_down),
		cmocka_unit_test(links_in_a_circle),
		cmocka_unit_test(times_and_processes_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
