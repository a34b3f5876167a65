/* long because: each conclusion about treatment is a story of its own, told from begin to end */
/* What is concluded of treatment that runs and does not treat, of several that take turns, of the order in which
 * they begin and end, and of maintenance: each begin and end to the sample. */
#include "judge_world.h"

/* The press, its fan and what else is read, every ten seconds; NAN: silent. */
struct reading {
	double press, fan, kpa;
};

static int64_t live(struct world *w, int64_t ms, struct reading r)
{
	int64_t first = w->now + 10 * SECOND;

	for (int64_t end = w->now + ms; w->now < end;) {
		w->now += 10 * SECOND;
		give(w, PRESS_A, r.press);
		give(w, FAN_A, r.fan);
		if (!isnan(r.kpa))
			give(w, FAN_KPA, r.kpa);
		hj_judge_pass(w->j, w->now);
	}
	return first;
}

static size_t alarms(const struct world *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++)
		n += w->list[i].code > HJ_CONCLUDES_UNKNOWN && w->list[i].code != HJ_CONCLUDES_RUNTIME;
	return n;
}

/* The damper beside the bed is open when there is no pressure over it. */
static void a_bypass_begins_with_the_pressure_that_shows_it(void **state)
{
	static struct world w;
	const struct hj_conclusion *c;
	struct hj_judge_limit *l;
	int64_t open, closed;

	world_init(&w);
	l = world_limit(&w, HJ_LIMIT_LOWER, FAN, FAN_KPA, 0.5);
	l->says = HJ_SAYS_BYPASSED;
	l->for_ms = l->clear_ms = 30 * SECOND;
	world_begin(&w);
	live(&w, HOUR, (struct reading){ 6, 3, 2 });
	open = live(&w, 10 * MINUTE, (struct reading){ 6, 3, 0.1 });
	assert_begun(&w, HJ_CONCLUDES_BYPASSED, 0, open, open + 30 * SECOND);
	c = concluded(&w, HJ_CONCLUDES_BYPASSED, false, 0);
	assert_int_equal(c->equipment, FAN);
	assert_int_equal(c->production, PRESS);
	assert_int_equal(c->limit, 0);
	assert_int_equal(c->proofs[0].point, FAN_KPA);
	closed = live(&w, 10 * MINUTE, (struct reading){ 6, 3, 2 });
	/* Over when its limit is, 30 s later. */
	assert_over(&w, HJ_CONCLUDES_BYPASSED, 0, closed + 30 * SECOND, closed + 30 * SECOND);
	assert_over(&w, HJ_CONCLUDES_LOWER, 0, closed, closed + 30 * SECOND);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_ABNORMAL, false), 0);
	world_end(&w);
}

/* Open while nothing is produced it is nothing; from when production runs it is a bypass. */
static void a_bypass_counts_while_producing(void **state)
{
	static struct world w;
	int64_t start;

	world_init(&w);
	world_limit(&w, HJ_LIMIT_LOWER, FAN, FAN_KPA, 0.5)->says = HJ_SAYS_BYPASSED;
	world_begin(&w);
	live(&w, HOUR, (struct reading){ 0, 3, 0.1 });
	assert_int_equal(count_of(&w, HJ_CONCLUDES_BYPASSED, false), 0);
	start = live(&w, HOUR, (struct reading){ 6, 3, 0.1 });
	assert_begun(&w, HJ_CONCLUDES_BYPASSED, 0, start, start + 30 * SECOND);
	start = live(&w, HOUR, (struct reading){ 0, 3, 0.1 });
	assert_over(&w, HJ_CONCLUDES_BYPASSED, 0, start, start + MINUTE);
	world_end(&w);
}

static void load_of(struct world *w)
{
	world_init(w);
	w->links[0].load_production = PRESS_A;
	w->links[0].load_treatment = FAN_A;
	w->links[0].load_least = 0.5;
	world_begin(w);
}

/* Half of the press's load is enough for the fan; run-up and minimum time are five minutes each. */
static void a_load_too_low(void **state)
{
	static struct world w;
	int64_t low, well;

	load_of(&w);
	live(&w, HOUR, (struct reading){ 6, 3, NAN });
	live(&w, 290 * SECOND, (struct reading){ 6, 2.9, NAN });
	live(&w, HOUR, (struct reading){ 6, 3, NAN });
	assert_int_equal(alarms(&w), 0);
	low = live(&w, HOUR, (struct reading){ 6, 2.9, NAN });
	assert_begun(&w, HJ_CONCLUDES_LOW, 0, low, low + 5 * MINUTE);
	well = live(&w, HOUR, (struct reading){ 5.8, 2.9, NAN });
	assert_over(&w, HJ_CONCLUDES_LOW, 0, well, well);
	world_end(&w);
}

static void a_load_too_low_from_the_start_counts_after_the_run_up(void **state)
{
	static struct world w;
	int64_t start;

	load_of(&w);
	live(&w, HOUR, (struct reading){ 0, 0, NAN });
	start = live(&w, HOUR, (struct reading){ 10, 3, NAN });
	assert_begun(&w, HJ_CONCLUDES_LOW, 0, start + 5 * MINUTE, start + 10 * MINUTE);
	start = live(&w, HOUR, (struct reading){ 0, 3, NAN });
	assert_over(&w, HJ_CONCLUDES_LOW, 0, start, start);
	world_end(&w);
}

/* ---- beds that take turns ---- */

#define BEDS 3

struct beds {
	struct world w;
	struct hj_judge_equipment equipment[1 + BEDS];
};

static const char *const bed_names[BEDS] = { "bed-a", "bed-b", "bed-c" };

/* Three beds, on points of their own, of which two must run. */
static void beds_of(struct beds *b, size_t enough)
{
	static const size_t points[BEDS] = { PHASE_1, PHASE_2, PHASE_3 };
	struct world *w = &b->w;

	world_init(w);
	b->equipment[0] = w->equipment[PRESS];
	for (size_t i = 0; i < BEDS; i++) {
		hj_judge_equipment_init(&b->equipment[1 + i]);
		b->equipment[1 + i].name = bed_names[i];
		b->equipment[1 + i].role = HJ_ROLE_TREATMENT;
		world_sign(&b->equipment[1 + i], points[i], HJ_MEANS_CURRENT, 2);
	}
	w->plan.equipment = b->equipment;
	w->plan.equipment_count = 1 + BEDS;
	w->links[0].treatment = bed_names;
	w->links[0].treatment_count = BEDS;
	w->links[0].enough = enough;
	world_begin(w);
}

static int64_t beds_run(struct beds *b, int64_t ms, bool first, bool second, bool third)
{
	struct world *w = &b->w;
	int64_t start = w->now + 10 * SECOND;

	for (int64_t end = w->now + ms; w->now < end;) {
		w->now += 10 * SECOND;
		give(w, PRESS_A, 6);
		give(w, PHASE_1, first ? 3 : 0);
		give(w, PHASE_2, second ? 3 : 0);
		give(w, PHASE_3, third ? 3 : 0);
		hj_judge_pass(w->j, w->now);
	}
	return start;
}

static void so_many_are_enough(void **state)
{
	static struct beds b;
	int64_t missed, back;

	beds_of(&b, 2);
	beds_run(&b, HOUR, true, true, false);
	beds_run(&b, 5 * MINUTE, true, true, true);
	beds_run(&b, HOUR, false, true, true);
	beds_run(&b, 5 * MINUTE, true, true, true);
	beds_run(&b, HOUR, true, false, true);
	assert_int_equal(alarms(&b.w), 0);
	missed = beds_run(&b, HOUR, true, false, false);
	assert_begun(&b.w, HJ_CONCLUDES_OFF, 0, missed, missed + MINUTE);
	assert_int_equal(count_of(&b.w, HJ_CONCLUDES_OFF, false), 1);
	back = beds_run(&b, HOUR, true, true, false);
	assert_over(&b.w, HJ_CONCLUDES_OFF, 0, back, back + 30 * SECOND);
	world_end(&b.w);
}

/* Where all must run, each that does not is named. */
static void all_is_each(void **state)
{
	static struct beds b;
	int64_t stop;

	beds_of(&b, 0);
	beds_run(&b, HOUR, true, true, true);
	stop = beds_run(&b, HOUR, false, true, false);
	assert_begun(&b.w, HJ_CONCLUDES_OFF, 0, stop, stop + MINUTE);
	assert_begun(&b.w, HJ_CONCLUDES_OFF, 1, stop, stop + MINUTE);
	assert_int_equal(concluded(&b.w, HJ_CONCLUDES_OFF, false, 0)->equipment, 1);
	assert_int_equal(concluded(&b.w, HJ_CONCLUDES_OFF, false, 1)->equipment, 3);
	world_end(&b.w);
}

/* ---- in which order ---- */

static void treatment_must_have_run_ahead(void **state)
{
	static struct world w;
	int64_t fan, press;

	world_init(&w);
	w.links[0].ahead_ms = 10 * MINUTE;
	world_begin(&w);
	live(&w, HOUR, (struct reading){ 0, 0, NAN });
	live(&w, 10 * MINUTE, (struct reading){ 0, 3, NAN }); /* to the second */
	live(&w, HOUR, (struct reading){ 6, 3, NAN });
	live(&w, HOUR, (struct reading){ 0, 0, NAN });
	assert_int_equal(alarms(&w), 0);
	fan = live(&w, 10 * MINUTE - 10 * SECOND, (struct reading){ 0, 3, NAN }); /* ten too few */
	press = live(&w, HOUR, (struct reading){ 6, 3, NAN });
	/* By when the press is known to run that is made up for. */
	assert_begun(&w, HJ_CONCLUDES_LATE, 0, press, press + 30 * SECOND);
	assert_over(&w, HJ_CONCLUDES_LATE, 0, fan + 10 * MINUTE, press + 30 * SECOND);
	live(&w, HOUR, (struct reading){ 0, 0, NAN });
	fan = press = live(&w, HOUR, (struct reading){ 6, 3, NAN });
	assert_begun(&w, HJ_CONCLUDES_LATE, 1, press, press + 30 * SECOND);
	assert_over(&w, HJ_CONCLUDES_LATE, 1, fan + 10 * MINUTE, fan + 10 * MINUTE);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_OFF, false), 0);
	world_end(&w);
}

static void treatment_must_go_on_after_production(void **state)
{
	static struct world w;
	int64_t stopped, early;

	world_init(&w);
	w.links[0].run_down_ms = 10 * MINUTE;
	world_begin(&w);
	live(&w, HOUR, (struct reading){ 6, 3, NAN });
	live(&w, 10 * MINUTE, (struct reading){ 0, 3, NAN });
	live(&w, HOUR, (struct reading){ 0, 0, NAN });
	live(&w, HOUR, (struct reading){ 6, 3, NAN });
	assert_int_equal(alarms(&w), 0);
	stopped = live(&w, 5 * MINUTE, (struct reading){ 0, 3, NAN });
	early = live(&w, HOUR, (struct reading){ 0, 0, NAN });
	assert_begun(&w, HJ_CONCLUDES_EARLY, 0, early, early + MINUTE);
	assert_int_equal(concluded(&w, HJ_CONCLUDES_EARLY, true, 0)->end_ms, stopped + 10 * MINUTE);
	assert_int_equal(alarms(&w), 2);
	world_end(&w);
}

/* ---- maintenance ---- */

static int64_t maintain(struct world *w, int64_t ms, double press, double fan)
{
	int64_t first = w->now + 10 * SECOND;

	for (int64_t end = w->now + ms; w->now < end;) {
		w->now += 10 * SECOND;
		give(w, PRESS_A, press);
		give_flag(w, FAN_A, fan, HJ_FLAG_MAINTAIN);
		hj_judge_pass(w->j, w->now);
	}
	return first;
}

/* What is still wrong when maintenance ends begins then: what was done meanwhile was announced. */
static void off_begins_after_maintenance(void **state)
{
	static struct world w;
	int64_t released, back;

	world_init(&w);
	world_begin(&w);
	live(&w, HOUR, (struct reading){ 6, 3, NAN });
	maintain(&w, HOUR, 6, 0);
	assert_int_equal(alarms(&w), 0);
	released = live(&w, HOUR, (struct reading){ 6, 0, NAN });
	assert_begun(&w, HJ_CONCLUDES_OFF, 0, released, released);
	back = live(&w, HOUR, (struct reading){ 6, 3, NAN });
	assert_over(&w, HJ_CONCLUDES_OFF, 0, back, back + 30 * SECOND);
	world_end(&w);
}

/* Production that begins meanwhile: late since it was released, off when it would have been. */
static void late_begins_after_maintenance(void **state)
{
	static struct world w;
	int64_t start, released;

	world_init(&w);
	world_begin(&w);
	live(&w, HOUR, (struct reading){ 0, 0, NAN });
	start = maintain(&w, 7 * MINUTE, 6, 0);
	released = live(&w, HOUR, (struct reading){ 6, 0, NAN });
	assert_begun(&w, HJ_CONCLUDES_LATE, 0, released, released);
	assert_begun(&w, HJ_CONCLUDES_OFF, 0, released, start + 10 * MINUTE);
	assert_over(&w, HJ_CONCLUDES_LATE, 0, start + 10 * MINUTE, start + 10 * MINUTE);
	world_end(&w);
}

/* What began before it holds through it, with the begin that it had. */
static void what_was_off_before_stays_so(void **state)
{
	static struct world w;
	int64_t stop;

	world_init(&w);
	world_begin(&w);
	live(&w, HOUR, (struct reading){ 6, 3, NAN });
	stop = live(&w, HOUR, (struct reading){ 6, 0, NAN });
	maintain(&w, HOUR, 6, 0);
	live(&w, HOUR, (struct reading){ 6, 0, NAN });
	assert_begun(&w, HJ_CONCLUDES_OFF, 0, stop, stop + MINUTE);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_OFF, false), 1);
	assert_int_equal(count_of(&w, HJ_CONCLUDES_OFF, true), 0);
	world_end(&w);
}

/* A load that was low meanwhile has its minimum time after it. */
static void a_low_load_counts_after_maintenance(void **state)
{
	static struct world w;
	int64_t released;

	load_of(&w);
	live(&w, HOUR, (struct reading){ 6, 3, NAN });
	maintain(&w, HOUR, 6, 2.9);
	released = live(&w, HOUR, (struct reading){ 6, 2.9, NAN });
	assert_begun(&w, HJ_CONCLUDES_LOW, 0, released, released + 5 * MINUTE);
	world_end(&w);
}

/* A limit, of equipment or of none, begins with the first value that is nobody's repair. */
static void limits_begin_after_maintenance(void **state)
{
	static const size_t whose[] = { FAN, HJ_JUDGE_NONE };

	for (size_t i = 0; i < 2; i++) {
		static struct world w;
		int64_t released;

		world_init(&w);
		world_limit(&w, HJ_LIMIT_UPPER, whose[i], FAN_A, 5);
		world_begin(&w);
		live(&w, HOUR, (struct reading){ 6, 3, NAN });
		maintain(&w, HOUR, 6, 9);
		assert_int_equal(alarms(&w), 0);
		released = live(&w, HOUR, (struct reading){ 6, 9, NAN });
		assert_begun(&w, HJ_CONCLUDES_UPPER, 0, released, released + MINUTE);
		world_end(&w);
	}
}

/* A meter that was taken off and is not answering when it should again: missing since then. */
static void silence_begins_after_maintenance(void **state)
{
	static struct world w;
	int64_t released;

	world_init(&w);
	world_begin(&w);
	live(&w, HOUR, (struct reading){ 6, 3, NAN });
	maintain(&w, HOUR, 6, NAN);
	assert_int_equal(alarms(&w), 0);
	released = w.now + 10 * SECOND;
	for (int i = 0; i < 60; i++) {
		w.now += 10 * SECOND;
		give(&w, PRESS_A, 6);
		give_flag(&w, FAN_A, NAN, HJ_FLAG_LINK);
		hj_judge_pass(w.j, w.now);
	}
	assert_begun(&w, HJ_CONCLUDES_MISSING, 0, released, released);
	assert_begun(&w, HJ_CONCLUDES_UNPROVEN, 0, released, released);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bypass_begins_with_the_pressure_that_shows_it),
		cmocka_unit_test(a_bypass_counts_while_producing),
		cmocka_unit_test(a_load_too_low),
		cmocka_unit_test(a_load_too_low_from_the_start_counts_after_the_run_up),
		cmocka_unit_test(so_many_are_enough),
		cmocka_unit_test(all_is_each),
		cmocka_unit_test(treatment_must_have_run_ahead),
		cmocka_unit_test(treatment_must_go_on_after_production),
		cmocka_unit_test(off_begins_after_maintenance),
		cmocka_unit_test(late_begins_after_maintenance),
		cmocka_unit_test(what_was_off_before_stays_so),
		cmocka_unit_test(a_low_load_counts_after_maintenance),
		cmocka_unit_test(limits_begin_after_maintenance),
		cmocka_unit_test(silence_begins_after_maintenance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
