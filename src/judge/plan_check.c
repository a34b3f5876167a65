/* What cannot be meant by a plan: the first of it, with the row and the key to blame, so that whoever wrote it is
 * told the line. */
#include "hjgate/judge_plan.h"

#include <errno.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/text.h"

/* Where in the plan a check looks. */
struct place {
	enum hj_judge_table table;
	size_t index, sign;
	const char *name;
	struct hj_judge_fault *ret;
};

static int fault(const struct place *at, const char *key, const char *what, const char *remedy)
{
	*at->ret = (struct hj_judge_fault){ .table = at->table,
		.index = at->index,
		.sign = at->sign,
		.key = key,
		.what = what,
		.remedy = remedy,
		.name = at->name };
	return -EINVAL;
}

static int fault_of(const struct place *at, const char *name, const char *key, const char *what, const char *remedy)
{
	struct place named = *at;

	named.name = name;
	return fault(&named, key, what, remedy);
}

static bool is_time(int64_t ms)
{
	return ms >= 0 && ms <= HJ_JUDGE_HOLD_MAX_MS;
}

static bool is_point(const struct hj_judge_plan *p, size_t point)
{
	return point == HJ_JUDGE_NONE || point < p->point_count;
}

static int check_point(const struct hj_judge_plan *p, size_t i, struct hj_judge_fault *ret)
{
	const struct place at = { HJ_TABLE_POINT, i, HJ_JUDGE_NONE, p->points[i].name, ret };
	const struct hj_judge_point *point = &p->points[i];

	if (point->silent_ms <= point->interval_ms || point->silent_ms > HJ_JUDGE_HOLD_MAX_MS)
		return fault(&at, "silent_after", N_("%s counts as silent before its next value can come"),
		        N_("give it more than the interval it is read in, and a day at most"));
	return 0;
}

/* What has its zero in standing still is never below it. */
static bool never_ends(const struct hj_judge_sign *s)
{
	bool is_switch = s->meaning == HJ_MEANS_SWITCH;
	double least = isnan(s->idle) ? s->running : s->idle;

	if (s->falling)
		return is_switch && s->running + s->hysteresis > 1;
	return (is_switch || s->meaning == HJ_MEANS_CURRENT || s->meaning == HJ_MEANS_POWER ||
	               s->meaning == HJ_MEANS_FLOW) &&
	       least > 0 && s->hysteresis > least;
}

static int check_sign(const struct hj_judge_plan *p, size_t i, size_t s, struct hj_judge_fault *ret)
{
	const struct place at = { HJ_TABLE_EQUIPMENT, i, s, p->equipment[i].name, ret };
	const struct hj_judge_sign *sign = &p->equipment[i].signs[s];
	double gap = sign->falling ? sign->idle - sign->running : sign->running - sign->idle;

	if (sign->point >= p->point_count)
		return fault(&at, "point", N_("a sign of %s has no point"), N_("name a point of a bus, METER.POINT"));
	for (size_t k = 0; k < s; k++)
		if (p->equipment[i].signs[k].point == sign->point)
			return fault(&at, "point", N_("two signs of %s have the same point"),
			        N_("say everything of a point in one sign"));
	if (!isfinite(sign->running))
		return fault(&at, "running", N_("a sign of %s says not from where on it runs"),
		        N_("set running: between what it shows standing by and what it shows at work"));
	if (isinf(sign->idle) || gap <= 0)
		return fault(&at, "idle", N_("%s would idle beyond the threshold from where on it runs"),
		        N_("set idle between stopped and running"));
	if (!(sign->hysteresis >= 0) || isinf(sign->hysteresis))
		return fault(&at, "hysteresis", N_("the hysteresis of %s is upside down"),
		        N_("give it as a size, 0 or more: how far a value must fall back below its "
		           "threshold"));
	if (sign->meaning == HJ_MEANS_SWITCH && !(sign->running > 0 && sign->running <= 1))
		return fault(&at, "running", N_("a switch of %s is 0 or 1 and never passes its threshold"),
		        N_("leave running out; where the contact opens when it runs, set falling"));
	if (gap > 0 && sign->hysteresis >= gap)
		return fault(&at, "hysteresis", N_("the hysteresis of %s reaches from running below idle"),
		        N_("make it smaller than what lies between the two thresholds"));
	if (never_ends(sign))
		return fault(&at, "hysteresis", N_("the hysteresis of %s reaches beyond standing still"),
		        N_("give it in the unit of the value, smaller than the threshold"));
	return 0;
}

static int check_process(const struct hj_judge_plan *p, size_t i, struct hj_judge_fault *ret)
{
	const struct place at = { HJ_TABLE_EQUIPMENT, i, HJ_JUDGE_NONE, p->equipment[i].name, ret };
	const struct hj_judge_equipment *e = &p->equipment[i];
	const struct hj_judge_process *process = e->process && *e->process ? hj_judge_process(e->process) : NULL;

	if (!e->process || !*e->process)
		return 0;
	if (!process)
		return fault_of(&at, e->process, "process", N_("there is no process %s"),
		        N_("see hjgate.conf(5) for those that are known, or leave it out"));
	if (process->role != e->role)
		return fault(&at, "role", N_("the process of %s is of the other role"),
		        N_("production makes the dirt, treatment takes it out"));
	return 0;
}

static int check_equipment(const struct hj_judge_plan *p, size_t i, struct hj_judge_fault *ret)
{
	const struct place at = { HJ_TABLE_EQUIPMENT, i, HJ_JUDGE_NONE, p->equipment[i].name, ret };
	static const char *const holds[HJ_STATES] = { NULL, "stopped_after", "idle_after", "running_after" };
	const struct hj_judge_equipment *e = &p->equipment[i];
	int r = check_process(p, i, ret);

	if (r < 0)
		return r;
	for (size_t k = 0; k < i; k++)
		if (!strcmp(p->equipment[k].name, e->name))
			return fault(&at, "name", N_("there are two of the name %s"),
			        N_("give each equipment a name of its own"));
	if (!e->sign_count)
		return fault(&at, "signs", N_("nothing tells whether %s runs"),
		        N_("name at least one point and its threshold"));
	for (size_t s = 0; s < e->sign_count; s++) {
		r = check_sign(p, i, s, ret);
		if (r < 0)
			return r;
	}
	for (enum hj_state k = HJ_STATE_STOPPED; k < HJ_STATES; k++)
		if (!is_time(e->hold_ms[k]))
			return fault(&at, holds[k], N_("a minimum time of %s is not possible"),
			        N_("give seconds, from 0 to a day"));
	if (!is_point(p, e->energy) || !is_point(p, e->power))
		return fault(&at, is_point(p, e->energy) ? "power" : "energy", N_("the energy of %s has no point"),
		        N_("name a point of a bus, METER.POINT"));
	return 0;
}

static const char *limit_name(const struct hj_judge_plan *p, size_t i)
{
	size_t point = p->limits[i].points[0];

	return point < p->point_count ? p->points[point].name : NULL;
}

/* The key of the file that says its bound. */
static const char *bound_key(enum hj_limit_kind kind)
{
	static const char *const keys[HJ_LIMIT_KINDS] = { [HJ_LIMIT_UPPER] = "upper",
		[HJ_LIMIT_LOWER] = "lower",
		[HJ_LIMIT_RATE] = "rate",
		[HJ_LIMIT_STUCK] = "stuck",
		[HJ_LIMIT_RANGE] = "range",
		[HJ_LIMIT_PHASE_LOSS] = "loss",
		[HJ_LIMIT_UNBALANCE] = "unbalance" };

	return keys[kind];
}

static int check_limit(const struct hj_judge_plan *p, size_t i, struct hj_judge_fault *ret)
{
	const struct place at = { HJ_TABLE_LIMIT, i, HJ_JUDGE_NONE, limit_name(p, i), ret };
	const struct hj_judge_limit *l = &p->limits[i];
	size_t wanted = l->kind == HJ_LIMIT_PHASE_LOSS || l->kind == HJ_LIMIT_UNBALANCE ? HJ_JUDGE_PHASES : 1;

	if (l->equipment != HJ_JUDGE_NONE && l->equipment >= p->equipment_count)
		return fault(&at, "equipment", N_("a limit is of equipment that is not there"),
		        N_("name equipment of this file"));
	for (size_t k = 0; k < HJ_JUDGE_PHASES; k++)
		if (k < wanted ? l->points[k] >= p->point_count : l->points[k] != HJ_JUDGE_NONE)
			return fault(&at, "points", N_("a limit has not the points that it judges"),
			        N_("phase-loss and unbalance judge three points, the others one"));
	if (!isfinite(l->bound) || (l->bound <= 0 && l->kind == HJ_LIMIT_RATE) ||
	        (l->bound < 0 && l->kind >= HJ_LIMIT_RATE))
		return fault(&at, bound_key(l->kind), N_("the limit of %s is no size that can be passed"),
		        N_("set the value that must not be passed; of a rate, above 0 a minute"));
	if (wanted == HJ_JUDGE_PHASES && (l->bound <= 0 || (l->kind == HJ_LIMIT_PHASE_LOSS && l->bound >= 100)))
		return fault(&at, bound_key(l->kind), N_("the limit of %s is no part of a phase"),
		        N_("give percent, above 0 and of phase-loss below 100"));
	if (!(l->hysteresis >= 0) || isinf(l->hysteresis))
		return fault(&at, "hysteresis", N_("the hysteresis of %s is upside down"),
		        N_("give it as a size, 0 or more"));
	if (!is_time(l->for_ms) || !is_time(l->clear_ms) || !is_time(l->after_ms))
		return fault(&at,
		        !is_time(l->for_ms)     ? "lasting"
		        : !is_time(l->clear_ms) ? "clear"
		                                : "after",
		        N_("a time of the limit of %s is not possible"), N_("give seconds, from 0 to a day"));
	if (l->running && l->equipment == HJ_JUDGE_NONE)
		return fault(&at, "running", N_("the limit of %s is judged while something runs, but what?"),
		        N_("write the limit into the group of its equipment"));
	return 0;
}

static int check_pair_of_limits(const struct hj_judge_plan *p, struct hj_judge_fault *ret)
{
	for (size_t i = 0; i < p->limit_count; i++)
		for (size_t k = 0; k < p->limit_count; k++) {
			const struct place at = { HJ_TABLE_LIMIT, i, HJ_JUDGE_NONE, limit_name(p, i), ret };
			const struct hj_judge_limit *l = &p->limits[i], *o = &p->limits[k];

			if (l->kind == HJ_LIMIT_UPPER && o->kind == HJ_LIMIT_LOWER && l->points[0] == o->points[0] &&
			        l->equipment == o->equipment && l->bound <= o->bound)
				return fault(&at, "upper", N_("the upper limit of %s is not above its lower one"),
				        N_("exchange the two"));
		}
	return 0;
}

static int check_members(const struct hj_judge_plan *p, size_t i, const char *const *names, size_t count,
        const char *key, struct hj_judge_fault *ret)
{
	const struct place at = { HJ_TABLE_LINK, i, HJ_JUDGE_NONE, NULL, ret };
	if (!count || count > HJ_JUDGE_MEMBERS_MAX)
		return fault(&at, key, N_("a link needs equipment on both sides, 16 at most"),
		        N_("name what runs as production and what must run with it as treatment"));
	for (size_t k = 0; k < count; k++) {
		if (hj_judge_equipment_find(p, names[k]) == HJ_JUDGE_NONE)
			return fault_of(&at, names[k], key, N_("a link names %s, which is no equipment"),
			        N_("describe it in this file, or correct the name"));
		for (size_t n = 0; n < k; n++)
			if (!strcmp(names[n], names[k]))
				return fault_of(&at, names[k], key, N_("a link names %s twice"), N_("name it once"));
	}
	return 0;
}

static int check_times(const struct hj_judge_plan *p, size_t i, struct hj_judge_fault *ret)
{
	const struct place at = { HJ_TABLE_LINK, i, HJ_JUDGE_NONE, NULL, ret };
	const struct hj_judge_link *l = &p->links[i];
	const struct {
		const char *key;
		int64_t ms;
	} times[] = { { "run_up", l->run_up_ms }, { "late", l->late_ms }, { "run_down", l->run_down_ms },
		{ "ahead", l->ahead_ms }, { "load_lasting", l->load_for_ms } };

	for (size_t k = 0; k < hj_array_size(times); k++)
		if (!is_time(times[k].ms))
			return fault(&at, times[k].key, N_("a time of a link is not possible"),
			        N_("give seconds, from 0 to a day"));
	for (size_t k = 0; k < l->treatment_count; k++) {
		const struct hj_judge_equipment *e = &p->equipment[hj_judge_equipment_find(p, l->treatment[k])];

		if (!l->ahead_ms && e->hold_ms[HJ_STATE_RUNNING] > l->run_up_ms + l->late_ms)
			return fault_of(&at, e->name, "run_up",
			        N_("%s can never run in time: its minimum time is longer than what it is given"),
			        N_("give the link a longer run_up, or the equipment a shorter running_after"));
	}
	return 0;
}

static int check_link(const struct hj_judge_plan *p, size_t i, struct hj_judge_fault *ret)
{
	const struct place at = { HJ_TABLE_LINK, i, HJ_JUDGE_NONE, NULL, ret };
	const struct hj_judge_link *l = &p->links[i];
	bool load =
	        l->load_production != HJ_JUDGE_NONE || l->load_treatment != HJ_JUDGE_NONE || !isnan(l->load_least);
	int r = check_members(p, i, l->production, l->production_count, "production", ret);

	r = r < 0 ? r : check_members(p, i, l->treatment, l->treatment_count, "treatment", ret);
	r = r < 0 ? r : check_times(p, i, ret);
	if (r < 0)
		return r;
	if (l->enough > l->treatment_count)
		return fault(&at, "enough", N_("a link wants more treatments to run than it has"),
		        N_("set enough to how many of them must run at a time"));
	if (load && (l->load_production >= p->point_count || l->load_treatment >= p->point_count ||
	                    !(l->load_least > 0) || isinf(l->load_least)))
		return fault(&at, "load", N_("a link compares loads, but does not say all of it"),
		        N_("name a point of each side and the least of treatment's share, above 0"));
	return 0;
}

/* What must run while something runs, until nothing new is found: none may need itself. */
static bool needs_itself(const struct hj_judge_plan *p, size_t equipment)
{
	bool needed[HJ_JUDGE_EQUIPMENT_MAX] = { false }, grown = true;
	const char *name = p->equipment[equipment].name;

	while (grown) {
		grown = false;
		for (size_t i = 0; i < p->link_count; i++) {
			const struct hj_judge_link *l = &p->links[i];
			bool drives = false;

			for (size_t k = 0; k < l->production_count; k++)
				drives |= !strcmp(l->production[k], name) ||
				          needed[hj_judge_equipment_find(p, l->production[k])];
			for (size_t k = 0; drives && k < l->treatment_count; k++) {
				size_t at = hj_judge_equipment_find(p, l->treatment[k]);

				grown |= !needed[at];
				needed[at] = true;
			}
		}
	}
	return needed[equipment];
}

static int check_circles(const struct hj_judge_plan *p, struct hj_judge_fault *ret)
{
	for (size_t i = 0; i < p->link_count; i++)
		for (size_t k = 0; k < p->links[i].production_count; k++) {
			const char *name = p->links[i].production[k];
			const struct place at = { HJ_TABLE_LINK, i, HJ_JUDGE_NONE, name, ret };

			if (needs_itself(p, hj_judge_equipment_find(p, name)))
				return fault_of(&at, name, "treatment", N_("links go in a circle: %s needs itself"),
				        N_("let links lead from production to treatment only"));
		}
	return 0;
}

static int check_counts(const struct hj_judge_plan *p, struct hj_judge_fault *ret)
{
	const struct place at = { HJ_TABLE_EQUIPMENT, 0, HJ_JUDGE_NONE, NULL, ret };
	if (p->point_count > HJ_JUDGE_POINTS_MAX || p->equipment_count > HJ_JUDGE_EQUIPMENT_MAX ||
	        p->limit_count > HJ_JUDGE_LIMITS_MAX || p->link_count > HJ_JUDGE_LINKS_MAX)
		return fault(&at, "name", N_("that is more than one gateway judges"),
		        N_("64 equipments, 64 links, 256 limits and 512 points are what it can"));
	return 0;
}

int hj_judge_plan_check(const struct hj_judge_plan *p, struct hj_judge_fault *ret)
{
	int (*const checks[])(const struct hj_judge_plan *, size_t, struct hj_judge_fault *) = { check_point,
		check_equipment, check_limit, check_link };
	const size_t counts[] = { p->point_count, p->equipment_count, p->limit_count, p->link_count };
	int r = check_counts(p, ret);

	for (size_t t = 0; r >= 0 && t < hj_array_size(checks); t++)
		for (size_t i = 0; r >= 0 && i < counts[t]; i++)
			r = checks[t](p, i, ret);
	r = r < 0 ? r : check_pair_of_limits(p, ret);
	return r < 0 ? r : check_circles(p, ret);
}
