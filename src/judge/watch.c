/* Limits of values, watched over time. One reading may be a mistake: where a minimum time is asked for, another one
 * must agree. */
#include "judge_private.h"

#define RATE_OVER_MS 60000LL /* a rate is taken over at least half of that: noise between two readings is none */
#define MINUTE_MS    60000.0
#define PERCENT      100.0

enum verdict { NO_VERDICT, WELL, WRONG };

void limit_begin(struct hj_judge *j, size_t i)
{
	struct limit *l = &j->limits[i];

	l->plan = &j->plan->limits[i];
	l->alarm.code = HJ_CONCLUDES_UPPER + (enum hj_conclusion_code)l->plan->kind;
	l->alarm.due_ms = NEVER;
	l->old_ms = l->mid_ms = BEFORE;
}

static enum verdict above(const struct limit *l, double value, double bound, double hysteresis)
{
	if (value > bound)
		return WRONG;
	return value > bound - hysteresis && l->alarm.wrong ? WRONG : WELL;
}

static enum verdict judge_upper(struct hj_judge *j, struct limit *l, const struct hj_sample *s)
{
	return above(l, s->value, l->plan->bound, l->plan->hysteresis);
}

static enum verdict judge_lower(struct hj_judge *j, struct limit *l, const struct hj_sample *s)
{
	return above(l, -s->value, -l->plan->bound, l->plan->hysteresis);
}

static enum verdict judge_rate(struct hj_judge *j, struct limit *l, const struct hj_sample *s)
{
	if (l->old_ms == BEFORE) {
		l->old_ms = l->mid_ms = s->time_ms;
		l->old = l->mid = s->value;
		return NO_VERDICT;
	}
	if (s->time_ms - l->mid_ms >= RATE_OVER_MS / 2) {
		l->old_ms = l->mid_ms;
		l->old = l->mid;
		l->mid_ms = s->time_ms;
		l->mid = s->value;
	}
	if (s->time_ms - l->old_ms < RATE_OVER_MS / 2)
		return NO_VERDICT;
	l->value = fabs(s->value - l->old) / ((double)(s->time_ms - l->old_ms) / MINUTE_MS);
	return above(l, l->value, l->plan->bound, 0);
}

/* Wrong from its first reading on: for how long is what counts. Of one that is told, silence proves no movement: what
 * comes after it is held against the value that it stayed at. */
static enum verdict judge_stuck(struct hj_judge *j, struct limit *l, const struct hj_sample *s)
{
	if ((l->old_ms == BEFORE && !l->alarm.on) || fabs(s->value - l->old) > l->plan->bound) {
		l->old_ms = s->time_ms;
		l->old = s->value;
		return WELL;
	}
	return WRONG;
}

static enum verdict judge_phases(struct hj_judge *j, struct limit *l, const struct hj_sample *s)
{
	double least = INFINITY, most = -INFINITY, mean = 0, off;

	for (size_t i = 0; i < HJ_JUDGE_PHASES; i++) {
		const struct point *p = &j->points[l->plan->points[i]];

		if (p->lost || isnan(p->value))
			return NO_VERDICT;
		least = fmin(least, p->value);
		most = fmax(most, p->value);
		mean += p->value / HJ_JUDGE_PHASES;
	}
	if (most < l->plan->least || mean <= 0)
		return WELL;
	off = fmax(most - mean, mean - least) / mean * PERCENT;
	l->value = l->plan->kind == HJ_LIMIT_PHASE_LOSS ? least / most * PERCENT : off;
	if (l->plan->kind == HJ_LIMIT_PHASE_LOSS)
		return above(l, -l->value, -l->plan->bound, 0);
	return above(l, l->value, l->plan->bound, 0);
}

static enum verdict judge_range(struct hj_judge *j, struct limit *l, const struct hj_sample *s)
{
	if (s->flag == HJ_FLAG_OVER || s->flag == HJ_FLAG_FAULT)
		return WRONG;
	return hj_sample_has_value(s) && s->flag != HJ_FLAG_LINK && s->flag != HJ_FLAG_CALIBRATE ? WELL : NO_VERDICT;
}

static const struct {
	enum verdict (*judge)(struct hj_judge *j, struct limit *l, const struct hj_sample *s);
} rules[HJ_LIMIT_KINDS] = {
	[HJ_LIMIT_UPPER] = { judge_upper },
	[HJ_LIMIT_LOWER] = { judge_lower },
	[HJ_LIMIT_RATE] = { judge_rate },
	[HJ_LIMIT_STUCK] = { judge_stuck },
	[HJ_LIMIT_RANGE] = { judge_range },
	[HJ_LIMIT_PHASE_LOSS] = { judge_phases },
	[HJ_LIMIT_UNBALANCE] = { judge_phases },
};

/* Not judged now: what has been concluded is over, what is seen is forgotten. */
static void rest(struct hj_judge *j, struct limit *l, int64_t ms)
{
	l->old_ms = l->mid_ms = BEFORE;
	alarm_well(j, &l->alarm, ms, ms);
	l->window.samples = 0;
}

bool limit_held(const struct hj_judge *j, const struct limit *l)
{
	for (size_t i = 0; i < HJ_JUDGE_PHASES; i++)
		if (l->plan->points[i] != HJ_JUDGE_NONE && j->points[l->plan->points[i]].held)
			return true;
	return false;
}

/* Does it count now? One of no equipment is held by its own points. Of equipment whose state is not known, or
 * that seems to have stopped just now, what was said before holds: to stop breaks no limit of what runs. */
static enum verdict gate(const struct hj_judge *j, const struct limit *l, int64_t ms)
{
	const struct equipment *e = l->plan->equipment == HJ_JUDGE_NONE ? NULL : &j->equipment[l->plan->equipment];

	if ((e ? e->maintained : limit_held(j, l)) && !l->alarm.on)
		return WELL;
	if (!l->plan->running || !e)
		return WRONG;
	if (e->state == HJ_STATE_UNKNOWN || (e->state == HJ_STATE_RUNNING && e->raw != HJ_STATE_RUNNING))
		return NO_VERDICT;
	return e->state == HJ_STATE_RUNNING && ms >= e->since_ms + l->plan->after_ms ? WRONG : WELL;
}

static void see(struct hj_judge *j, struct limit *l, bool wrong, const struct hj_sample *s, double value)
{
	bool first = wrong != l->alarm.wrong || !l->window.samples;
	int64_t hold = wrong ? l->plan->for_ms : l->plan->clear_ms, since;

	if (first)
		window_begin(&l->window, s->time_ms, value);
	else
		window_add(&l->window, s->time_ms, value);
	since = l->window.from_ms;
	if (wrong && l->plan->kind == HJ_LIMIT_STUCK)
		since = l->old_ms;
	if (hold && l->window.samples < 2)
		hold = NEVER;
	if (wrong)
		alarm_wrong(j, &l->alarm, since, hold == NEVER ? NEVER : since + hold);
	else
		alarm_well(j, &l->alarm, since, hold == NEVER ? NEVER : since + hold);
}

void limit_sample(struct hj_judge *j, size_t i, size_t point, const struct hj_sample *s, bool usable)
{
	struct limit *l = &j->limits[i];
	enum verdict v = gate(j, l, s->time_ms);

	if (!usable && l->plan->kind != HJ_LIMIT_RANGE)
		return;
	if (v == WELL)
		rest(j, l, s->time_ms);
	if (v != WRONG)
		return;
	l->value = s->value;
	v = rules[l->plan->kind].judge(j, l, s);
	if (v != NO_VERDICT)
		see(j, l, v == WRONG, s, l->value);
}

void limit_state(struct hj_judge *j, size_t i)
{
	struct limit *l = &j->limits[i];

	if (gate(j, l, j->now_ms) == WELL)
		rest(j, l, j->equipment[l->plan->equipment].since_ms);
}

/* What was concluded holds until it is heard again. */
void limit_lost(struct hj_judge *j, size_t i)
{
	struct limit *l = &j->limits[i];

	l->old_ms = l->mid_ms = BEFORE;
	if (l->plan->kind == HJ_LIMIT_RANGE)
		return;
	if (l->alarm.on)
		alarm_wrong(j, &l->alarm, j->now_ms, NEVER);
	else
		alarm_well(j, &l->alarm, j->now_ms, NEVER);
}

void limit_conclusion(const struct hj_judge *j, size_t i, struct hj_conclusion *ret)
{
	const struct limit *l = &j->limits[i];
	bool three = l->plan->points[HJ_JUDGE_PHASES - 1] != HJ_JUDGE_NONE;

	conclusion_init(j, l->alarm.code, ret);
	alarm_fill(&l->alarm, ret);
	ret->equipment = l->plan->equipment;
	ret->limit = i;
	ret->point = l->plan->points[0];
	ret->maintained = ret->equipment != HJ_JUDGE_NONE && j->equipment[ret->equipment].maintained;
	conclusion_window(ret, &l->window);
	for (size_t k = 0; k < HJ_JUDGE_PHASES; k++)
		if (l->plan->points[k] != HJ_JUDGE_NONE)
			conclusion_prove(j, ret, l->plan->points[k], three ? NAN : l->plan->bound);
}

/* It does not begin while nothing counts: the next reading that does says when. */
static bool is_put_off(const struct hj_judge *j, const struct limit *l)
{
	return l->alarm.wrong && !l->alarm.on && l->alarm.due_ms <= j->now_ms && gate(j, l, j->now_ms) == NO_VERDICT;
}

void limit_turn(struct hj_judge *j, size_t i)
{
	struct limit *l = &j->limits[i];
	struct hj_conclusion c;

	if (is_put_off(j, l))
		l->alarm.due_ms = NEVER;
	if (!alarm_turn(j, &l->alarm))
		return;
	if (l->plan->equipment != HJ_JUDGE_NONE) {
		struct equipment *e = &j->equipment[l->plan->equipment];
		int step = l->alarm.on ? 1 : -1;

		if (l->plan->says == HJ_SAYS_ABNORMAL)
			e->abnormal = (uint16_t)(e->abnormal + step);
		else if (l->plan->says == HJ_SAYS_BYPASSED)
			e->bypassed = (uint16_t)(e->bypassed + step);
		j->dirty = true;
	}
	limit_conclusion(j, i, &c);
	j->tell(j->data, &c);
}

void limit_shift(struct hj_judge *j, size_t i, int64_t by)
{
	struct limit *l = &j->limits[i];

	alarm_shift(&l->alarm, by);
	shift(&l->window.from_ms, by);
	shift(&l->window.to_ms, by);
	/* What changed while nobody looked has not changed since. */
	if (l->plan->kind == HJ_LIMIT_RATE)
		l->old_ms = l->mid_ms = BEFORE;
	shift(&l->old_ms, by);
	shift(&l->mid_ms, by);
}
