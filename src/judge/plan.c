/* The plan's names and what it means where it says nothing. */
#include "hjgate/judge_plan.h"

#include <errno.h>
#include <string.h>

#include "hjgate/cleanup.h"

#define SECOND_MS 1000LL
#define MINUTE_MS (60 * SECOND_MS)

#define INTERVAL_MS      (5 * MINUTE_MS) /* where it is not known: what the guideline allows at most */
#define SILENT_INTERVALS 4
#define SILENT_LEAST_MS  MINUTE_MS
#define SILENT_MOST_MS   (15 * MINUTE_MS)
#define SWITCH_RUNNING   0.5
#define HYSTERESIS_PART  0.1  /* of a threshold */
#define LIMIT_HYSTERESIS 0.02 /* of a limit */
#define LIMIT_FOR_MS     MINUTE_MS
#define STUCK_FOR_MS     (60 * MINUTE_MS)
#define PHASE_LOSS_PART  20 /* % */
#define UNBALANCE_PART   15 /* % */
#define PHASE_LEAST      1  /* A */
#define LATE_MS          (5 * MINUTE_MS)
#define LOAD_FOR_MS      (5 * MINUTE_MS)

static const char *const roles[] = { "production", "treatment" };
static const char *const states[HJ_STATES] = { "unknown", "stopped", "idle", "running" };
static const char *const meanings[HJ_MEANINGS] = { "other", "switch", "current", "power", "temperature", "ph",
	"pressure", "flow" };
static const char *const kinds[HJ_LIMIT_KINDS] = { "upper", "lower", "rate", "stuck", "range", "phase-loss",
	"unbalance" };

static int find(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return (int)i;
	return -EINVAL;
}

const char *hj_role_name(enum hj_role role)
{
	return (size_t)role < hj_array_size(roles) ? roles[role] : "unknown";
}

const char *hj_state_name(enum hj_state state)
{
	return (size_t)state < HJ_STATES ? states[state] : "unknown";
}

const char *hj_meaning_name(enum hj_meaning m)
{
	return (size_t)m < HJ_MEANINGS ? meanings[m] : "other";
}

const char *hj_limit_kind_name(enum hj_limit_kind kind)
{
	return (size_t)kind < HJ_LIMIT_KINDS ? kinds[kind] : "unknown";
}

int hj_limit_kind_parse(const char *name, enum hj_limit_kind *ret)
{
	int i = find(kinds, HJ_LIMIT_KINDS, name);

	if (i >= 0)
		*ret = (enum hj_limit_kind)i;
	return i < 0 ? i : 0;
}

void hj_judge_point_init(struct hj_judge_point *p)
{
	*p = (struct hj_judge_point){ .silent_ms = HJ_JUDGE_UNSET };
}

void hj_judge_sign_init(struct hj_judge_sign *s)
{
	*s = (struct hj_judge_sign){ .point = HJ_JUDGE_NONE, .running = NAN, .idle = NAN, .hysteresis = NAN };
}

void hj_judge_equipment_init(struct hj_judge_equipment *e)
{
	*e = (struct hj_judge_equipment){ .energy = HJ_JUDGE_NONE, .power = HJ_JUDGE_NONE };
	for (size_t i = 0; i < HJ_JUDGE_SIGNS_MAX; i++)
		hj_judge_sign_init(&e->signs[i]);
	for (size_t i = 0; i < HJ_STATES; i++)
		e->hold_ms[i] = HJ_JUDGE_UNSET;
}

void hj_judge_limit_init(struct hj_judge_limit *l)
{
	*l = (struct hj_judge_limit){ .equipment = HJ_JUDGE_NONE,
		.points = { HJ_JUDGE_NONE, HJ_JUDGE_NONE, HJ_JUDGE_NONE },
		.bound = NAN,
		.hysteresis = NAN,
		.least = NAN,
		.for_ms = HJ_JUDGE_UNSET,
		.clear_ms = HJ_JUDGE_UNSET,
		.after_ms = HJ_JUDGE_UNSET };
}

void hj_judge_link_init(struct hj_judge_link *l)
{
	*l = (struct hj_judge_link){ .run_up_ms = HJ_JUDGE_UNSET,
		.late_ms = HJ_JUDGE_UNSET,
		.run_down_ms = HJ_JUDGE_UNSET,
		.ahead_ms = HJ_JUDGE_UNSET,
		.load_production = HJ_JUDGE_NONE,
		.load_treatment = HJ_JUDGE_NONE,
		.load_least = NAN,
		.load_for_ms = HJ_JUDGE_UNSET };
}

static void fill_ms(int64_t *ms, int64_t value)
{
	if (*ms == HJ_JUDGE_UNSET)
		*ms = value;
}

static void fill_number(double *number, double value)
{
	if (isnan(*number))
		*number = value;
}

static void fill_point(struct hj_judge_point *p)
{
	int64_t silent;

	if (p->interval_ms <= 0)
		p->interval_ms = INTERVAL_MS;
	silent = hj_max(SILENT_INTERVALS * p->interval_ms, SILENT_LEAST_MS);
	fill_ms(&p->silent_ms, hj_min(silent, SILENT_MOST_MS));
}

static void fill_equipment(struct hj_judge_equipment *e)
{
	const struct hj_judge_process *process = hj_judge_process_of(e);

	for (size_t i = 0; i < e->sign_count; i++) {
		struct hj_judge_sign *s = &e->signs[i];
		bool is_switch = s->meaning == HJ_MEANS_SWITCH;

		if (is_switch)
			fill_number(&s->running, SWITCH_RUNNING);
		fill_number(&s->hysteresis,
		        is_switch ? 0 : fabs(isnan(s->idle) ? s->running : s->idle) * HYSTERESIS_PART);
	}
	fill_ms(&e->hold_ms[HJ_STATE_RUNNING], process->running_s * SECOND_MS);
	fill_ms(&e->hold_ms[HJ_STATE_IDLE], process->idle_s * SECOND_MS);
	fill_ms(&e->hold_ms[HJ_STATE_STOPPED], process->stopped_s * SECOND_MS);
	e->hold_ms[HJ_STATE_UNKNOWN] = 0;
}

static void fill_limit(const struct hj_judge_plan *p, struct hj_judge_limit *l)
{
	static const struct {
		double bound;
		int64_t for_ms;
	} of_kind[HJ_LIMIT_KINDS] = {
		[HJ_LIMIT_UPPER] = { NAN, LIMIT_FOR_MS },
		[HJ_LIMIT_LOWER] = { NAN, LIMIT_FOR_MS },
		[HJ_LIMIT_RATE] = { NAN, 0 },
		[HJ_LIMIT_STUCK] = { 0, STUCK_FOR_MS },
		[HJ_LIMIT_RANGE] = { 0, LIMIT_FOR_MS },
		[HJ_LIMIT_PHASE_LOSS] = { PHASE_LOSS_PART, LIMIT_FOR_MS },
		[HJ_LIMIT_UNBALANCE] = { UNBALANCE_PART, LIMIT_FOR_MS },
	};
	const struct hj_judge_equipment *e = l->equipment < p->equipment_count ? &p->equipment[l->equipment] : NULL;
	bool shows = e && e->role == HJ_ROLE_TREATMENT && l->running;

	fill_number(&l->bound, of_kind[l->kind].bound);
	fill_number(&l->hysteresis,
	        l->kind == HJ_LIMIT_UPPER || l->kind == HJ_LIMIT_LOWER ? fabs(l->bound) * LIMIT_HYSTERESIS : 0);
	fill_number(&l->least, PHASE_LEAST);
	fill_ms(&l->for_ms, of_kind[l->kind].for_ms);
	fill_ms(&l->clear_ms, l->kind == HJ_LIMIT_STUCK ? 0 : l->for_ms);
	fill_ms(&l->after_ms, l->running && e ? hj_judge_process_of(e)->after_s * SECOND_MS : 0);
	if (l->says == HJ_SAYS_UNSET)
		l->says = shows ? HJ_SAYS_ABNORMAL : HJ_SAYS_NOTHING;
}

static const struct hj_judge_equipment *find_equipment(const struct hj_judge_plan *p, const char *name)
{
	size_t i = hj_judge_equipment_find(p, name);

	return i == HJ_JUDGE_NONE ? NULL : &p->equipment[i];
}

static void fill_link(const struct hj_judge_plan *p, struct hj_judge_link *l)
{
	int64_t run_up = 0;

	for (size_t i = 0; i < l->treatment_count; i++) {
		const struct hj_judge_equipment *e = find_equipment(p, l->treatment[i]);

		if (e)
			run_up = hj_max(run_up, hj_judge_process_of(e)->run_up_s * SECOND_MS);
	}
	if (!l->enough)
		l->enough = l->treatment_count;
	fill_ms(&l->ahead_ms, 0);
	fill_ms(&l->run_up_ms, l->ahead_ms ? 0 : run_up);
	fill_ms(&l->late_ms, LATE_MS);
	fill_ms(&l->run_down_ms, 0);
	fill_ms(&l->load_for_ms, LOAD_FOR_MS);
}

void hj_judge_plan_fill(struct hj_judge_plan *p)
{
	for (size_t i = 0; i < p->point_count; i++)
		fill_point(&p->points[i]);
	for (size_t i = 0; i < p->equipment_count; i++)
		fill_equipment(&p->equipment[i]);
	for (size_t i = 0; i < p->limit_count; i++)
		fill_limit(p, &p->limits[i]);
	for (size_t i = 0; i < p->link_count; i++)
		fill_link(p, &p->links[i]);
}

size_t hj_judge_equipment_find(const struct hj_judge_plan *p, const char *name)
{
	for (size_t i = 0; i < p->equipment_count; i++)
		if (!strcmp(p->equipment[i].name, name))
			return i;
	return HJ_JUDGE_NONE;
}
