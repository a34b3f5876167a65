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
	w.equipment[PRESS].signs[0].hysteresis = 10; /* meant as percent: no current is below -5 A */
	refuse(&w, HJ_TABLE_EQUIPMENT, PRESS, "hysteresis", "press");
	world_init(&w);
	w.equipment[PRESS].signs[0].idle = 1;
	w.equipment[PRESS].signs[0].hysteresis = 1.5;
	refuse(&w, HJ_TABLE_EQUIPMENT, PRESS, "hysteresis", "press");
	for (int falling = 0; falling < 2; falling++) {
		world_init(&w);
		world_sign(&w.equipment[PRESS], FAN_SWITCH, HJ_MEANS_SWITCH, NAN);
		w.equipment[PRESS].signs[1].falling = falling;
		w.equipment[PRESS].signs[1].hysteresis = 0.6;
		refuse(&w, HJ_TABLE_EQUIPMENT, PRESS, "hysteresis", "press");
	}
	world_init(&w);
	w.equipment[PRESS].signs[0].hysteresis = 5; /* stands still at 0 */
	world_sign(&w.equipment[PRESS], FAN_KPA, HJ_MEANS_PRESSURE, 1);
	w.equipment[PRESS].signs[1].hysteresis = 2;
	world_begin(&w);
	world_end(&w);
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
	refuse(&w, HJ_TABLE_LIMIT, 1, "upper", "press.current");
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
	refuse(&w, HJ_TABLE_POINT, FAN_A, "silent_after", "fan.current");
	world_init(&w);
	w.equipment[FAN].hold_ms[HJ_STATE_STOPPED] = DAY + 1;
	refuse(&w, HJ_TABLE_EQUIPMENT, FAN, "stopped_after", "fan");
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

/* What is changed of a world that is right, and what is said of it then. */
#define REFUSED(change, ...)                                                                                         \
	do {                                                                                                         \
		world_init(&w);                                                                                      \
		change;                                                                                              \
		refuse(&w, __VA_ARGS__);                                                                             \
	} while (0)

static void points_that_are_not_there(void **state)
{
	struct world w;

	REFUSED(w.equipment[FAN].signs[0].point = HJ_JUDGE_NONE, HJ_TABLE_EQUIPMENT, FAN, "point", "fan");
	REFUSED(w.equipment[FAN].energy = WORLD_POINTS, HJ_TABLE_EQUIPMENT, FAN, "energy", "fan");
	REFUSED(w.equipment[FAN].power = WORLD_POINTS, HJ_TABLE_EQUIPMENT, FAN, "power", "fan");
	REFUSED(world_limit(&w, HJ_LIMIT_UPPER, WORLD_EQUIPMENT, FAN_A, 3), HJ_TABLE_LIMIT, 0, "equipment",
	        "fan.current");
	REFUSED(world_limit(&w, HJ_LIMIT_UPPER, FAN, WORLD_POINTS, 3), HJ_TABLE_LIMIT, 0, "points", NULL);
	REFUSED(world_limit(&w, HJ_LIMIT_UPPER, FAN, FAN_A, 3)->points[1] = FAN_KPA, HJ_TABLE_LIMIT, 0, "points",
	        "fan.current");
	REFUSED(w.links[0].load_treatment = FAN_A, HJ_TABLE_LINK, 0, "load", NULL);
	REFUSED((w.links[0].load_production = PRESS_A, w.links[0].load_treatment = FAN_A, w.links[0].load_least = 0),
	        HJ_TABLE_LINK, 0, "load", NULL);
	REFUSED((w.links[0].load_production = PRESS_A, w.links[0].load_treatment = FAN_A,
	                w.links[0].load_least = INFINITY),
	        HJ_TABLE_LINK, 0, "load", NULL);
	REFUSED(w.links[0].load_least = 0.5, HJ_TABLE_LINK, 0, "load", NULL);
}

static void sizes_that_are_none(void **state)
{
	struct world w;

	REFUSED(w.equipment[FAN].signs[0].running = INFINITY, HJ_TABLE_EQUIPMENT, FAN, "running", "fan");
	REFUSED(w.equipment[FAN].signs[0].idle = -INFINITY, HJ_TABLE_EQUIPMENT, FAN, "idle", "fan");
	REFUSED(w.equipment[FAN].signs[0].hysteresis = INFINITY, HJ_TABLE_EQUIPMENT, FAN, "hysteresis", "fan");
	REFUSED(w.equipment[FAN].signs[0].meaning = HJ_MEANS_SWITCH, HJ_TABLE_EQUIPMENT, FAN, "running", "fan");
	REFUSED((w.equipment[FAN].signs[0].meaning = HJ_MEANS_SWITCH, w.equipment[FAN].signs[0].running = 0),
	        HJ_TABLE_EQUIPMENT, FAN, "running", "fan");
	REFUSED(world_limit(&w, HJ_LIMIT_UPPER, FAN, FAN_A, INFINITY), HJ_TABLE_LIMIT, 0, "upper", "fan.current");
	REFUSED(world_limit(&w, HJ_LIMIT_RATE, FAN, FAN_A, 0), HJ_TABLE_LIMIT, 0, "rate", "fan.current");
	REFUSED(world_limit(&w, HJ_LIMIT_STUCK, FAN, FAN_A, -1), HJ_TABLE_LIMIT, 0, "stuck", "fan.current");
	REFUSED(world_limit(&w, HJ_LIMIT_UPPER, FAN, FAN_A, 3)->hysteresis = INFINITY, HJ_TABLE_LIMIT, 0,
	        "hysteresis", "fan.current");
}

/* Of three phases: percent. */
static void parts_of_a_phase(void **state)
{
	static const struct {
		enum hj_limit_kind kind;
		double bound;
	} wrong[] = { { HJ_LIMIT_UNBALANCE, 0 }, { HJ_LIMIT_PHASE_LOSS, 0 }, { HJ_LIMIT_PHASE_LOSS, 100 } };
	struct world w;

	for (size_t i = 0; i < 3; i++) {
		struct hj_judge_limit *l;

		world_init(&w);
		l = world_limit(&w, wrong[i].kind, PRESS, PHASE_1, wrong[i].bound);
		l->points[1] = PHASE_2;
		l->points[2] = PHASE_3;
		refuse(&w, HJ_TABLE_LIMIT, 0, i ? "loss" : "unbalance", "press.ia");
		l->bound = 99;
		world_begin(&w);
		world_end(&w);
	}
}

static void times_of_limits_and_links(void **state)
{
	struct world w;

	REFUSED(world_limit(&w, HJ_LIMIT_UPPER, FAN, FAN_A, 3)->for_ms = DAY + 1, HJ_TABLE_LIMIT, 0, "lasting",
	        "fan.current");
	REFUSED(world_limit(&w, HJ_LIMIT_UPPER, FAN, FAN_A, 3)->clear_ms = DAY + 1, HJ_TABLE_LIMIT, 0, "clear",
	        "fan.current");
	REFUSED(world_limit(&w, HJ_LIMIT_UPPER, FAN, FAN_A, 3)->after_ms = DAY + 1, HJ_TABLE_LIMIT, 0, "after",
	        "fan.current");
	REFUSED(w.links[0].run_up_ms = DAY + 1, HJ_TABLE_LINK, 0, "run_up", NULL);
	REFUSED(w.links[0].late_ms = DAY + 1, HJ_TABLE_LINK, 0, "late", NULL);
	REFUSED(w.links[0].run_down_ms = DAY + 1, HJ_TABLE_LINK, 0, "run_down", NULL);
	REFUSED(w.links[0].ahead_ms = DAY + 1, HJ_TABLE_LINK, 0, "ahead", NULL);
	REFUSED(w.links[0].load_for_ms = DAY + 1, HJ_TABLE_LINK, 0, "load_lasting", NULL);
	REFUSED(w.points[FAN_A].silent_ms = DAY + 1, HJ_TABLE_POINT, FAN_A, "silent_after", "fan.current");
	REFUSED(w.links[0].production_count = HJ_JUDGE_MEMBERS_MAX + 1, HJ_TABLE_LINK, 0, "production", NULL);
}

/* Nothing of what is beyond the bounds is looked at. */
static void more_than_a_gateway_judges(void **state)
{
	size_t *counts[4];
	struct world w;
	struct hj_judge_fault fault;
	static const size_t most[] = { HJ_JUDGE_POINTS_MAX, HJ_JUDGE_EQUIPMENT_MAX, HJ_JUDGE_LIMITS_MAX,
		HJ_JUDGE_LINKS_MAX };

	world_init(&w);
	counts[0] = &w.plan.point_count;
	counts[1] = &w.plan.equipment_count;
	counts[2] = &w.plan.limit_count;
	counts[3] = &w.plan.link_count;
	for (size_t i = 0; i < 4; i++) {
		size_t right = *counts[i];

		*counts[i] = most[i] + 1;
		assert_int_equal(hj_judge_plan_check(&w.plan, &fault), -EINVAL);
		assert_string_equal(fault.key, "name");
		*counts[i] = right;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_to_what_is_not_there),
		cmocka_unit_test(hysteresis_upside_down),
		cmocka_unit_test(links_in_a_circle),
		cmocka_unit_test(times_and_processes_that_cannot_be),
		cmocka_unit_test(points_that_are_not_there),
		cmocka_unit_test(sizes_that_are_none),
		cmocka_unit_test(parts_of_a_phase),
		cmocka_unit_test(times_of_limits_and_links),
		cmocka_unit_test(more_than_a_gateway_judges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
