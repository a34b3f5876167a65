/* What equipment does: each sign is at a level, with hysteresis; together they say what is seen (raw); what is seen
 * for long enough is its state. Rising and falling are timed for each level, so that what wavers between idle and
 * running still counts as no longer stopped. */
#include "judge_private.h"

#include "hjgate/clock.h"

#define AGREED    2 /* readings */
#define STATES(k) (enum hj_state k = HJ_STATE_STOPPED; k <= HJ_STATE_RUNNING; k++)

/* With a falling sign everything is turned over. */
static enum hj_state level_of(const struct hj_judge_sign *s, enum hj_state before, double value)
{
	double turn = s->falling ? -1 : 1, v = value * turn, running = s->running * turn, idle = s->idle * turn;

	if (v >= running || (before == HJ_STATE_RUNNING && v > running - s->hysteresis))
		return HJ_STATE_RUNNING;
	if (isnan(idle))
		return HJ_STATE_STOPPED;
	if (v >= idle || (before >= HJ_STATE_IDLE && v > idle - s->hysteresis))
		return HJ_STATE_IDLE;
	return HJ_STATE_STOPPED;
}

double sign_bound(const struct hj_judge_sign *s, enum hj_state level)
{
	return level == HJ_STATE_STOPPED && !isnan(s->idle) ? s->idle : level == HJ_STATE_IDLE ? s->idle : s->running;
}

/* Of what is known the strongest (any) or the weakest (all); what is not known could still change that, unless it is
 * as strong or as weak as can be. */
static enum hj_state raw_of(const struct hj_judge *j, const struct equipment *e, bool *ret_silent)
{
	bool any = e->plan->any, unknown = false, silent = false;
	enum hj_state all = HJ_STATE_UNKNOWN;

	for (size_t i = 0; i < e->plan->sign_count; i++) {
		enum hj_state level = e->signs[i].level;

		if (level == HJ_STATE_UNKNOWN) {
			unknown = true;
			silent |= j->points[e->plan->signs[i].point].lost;
		} else if (all == HJ_STATE_UNKNOWN || (any ? level > all : level < all)) {
			all = level;
		}
	}
	if (unknown && all != (any ? HJ_STATE_RUNNING : HJ_STATE_STOPPED))
		all = HJ_STATE_UNKNOWN;
	*ret_silent = all == HJ_STATE_UNKNOWN && silent;
	return all;
}

static void edge_set(struct edge *edge, bool there, int64_t ms, unsigned sign)
{
	if (!there)
		edge->since_ms = NEVER;
	else if (edge->since_ms == NEVER)
		*edge = (struct edge){ .since_ms = ms, .sign = (uint8_t)sign };
}

static void see(struct hj_judge *j, size_t i, unsigned sign, int64_t ms)
{
	struct equipment *e = &j->equipment[i];
	bool silent;
	enum hj_state raw = raw_of(j, e, &silent);

	if (raw != e->raw || silent != e->silent) {
		if (silent && !e->silent)
			e->lost_ms = ms;
		e->raw = raw;
		e->silent = silent;
		for
			STATES(k)
			{
				edge_set(&e->up[k], raw != HJ_STATE_UNKNOWN && raw >= k, ms, sign);
				edge_set(&e->down[k], raw != HJ_STATE_UNKNOWN && raw <= k, ms, sign);
			}
		if (raw == e->state)
			day_settle(e, raw);
		j->dirty = true;
	}
	judge_due(j, equipment_due(j, i));
}

void equipment_sign(struct hj_judge *j, size_t i, unsigned sign, int64_t ms, double value)
{
	struct equipment *e = &j->equipment[i];
	struct sign *s = &e->signs[sign];
	enum hj_state level = level_of(&e->plan->signs[sign], s->level, value);

	day_count(j, i, ms);
	if (level == s->level) {
		window_add(&s->window, ms, value);
		j->dirty |= s->window.samples == AGREED;
		if (e->raw != e->state)
			judge_due(j, equipment_due(j, i));
		return;
	}
	s->level = level;
	window_begin(&s->window, ms, value);
	see(j, i, sign, ms);
}

static bool says(enum hj_state level, bool up, enum hj_state k)
{
	return level != HJ_STATE_UNKNOWN && (up ? level >= k : level <= k);
}

/* One that is silent will never agree with its own reading: another one that says the same may. */
static void hand_over(struct equipment *e, struct edge *edge, bool up, enum hj_state k, unsigned from)
{
	if (edge->since_ms == NEVER || edge->sign != from)
		return;
	for (size_t i = 0; i < e->plan->sign_count; i++)
		if (says(e->signs[i].level, up, k)) {
			edge->sign = (uint8_t)i;
			return;
		}
}

void equipment_lost(struct hj_judge *j, size_t i, unsigned sign, int64_t ms)
{
	struct equipment *e = &j->equipment[i];

	e->signs[sign].level = HJ_STATE_UNKNOWN;
	for
		STATES(k)
		{
			hand_over(e, &e->up[k], true, k, sign);
			hand_over(e, &e->down[k], false, k, sign);
		}
	see(j, i, sign, ms);
}

static bool is_held(const struct hj_judge *j, size_t i)
{
	const struct hj_judge_equipment *plan = j->equipment[i].plan;

	for (size_t k = 0; k < plan->sign_count; k++)
		if (j->points[plan->signs[k].point].held)
			return true;
	for (size_t k = 0; k < j->plan->limit_count; k++)
		if (j->limits[k].plan->equipment == i && limit_held(j, &j->limits[k]))
			return true;
	return false;
}

static void tell_limits(struct hj_judge *j, size_t i)
{
	for (size_t k = 0; k < j->plan->limit_count; k++)
		if (j->limits[k].plan->equipment == i)
			limit_state(j, k);
}

void equipment_maintained(struct hj_judge *j, size_t i)
{
	bool held;

	if (i == HJ_JUDGE_NONE)
		return;
	held = is_held(j, i);
	if (held == j->equipment[i].maintained)
		return;
	j->equipment[i].maintained = held;
	if (!held)
		j->equipment[i].released_ms = j->now_ms;
	tell_limits(j, i);
	j->dirty = true;
}

/* One reading may be a mistake, of what is no switch: where time is to pass, another one must agree. */
static int64_t edge_due(const struct hj_judge *j, const struct equipment *e, const struct edge *edge, enum hj_state k)
{
	const struct hj_judge_sign *s = &e->plan->signs[edge->sign];
	int64_t hold = e->plan->hold_ms[k];

	if (edge->since_ms == NEVER)
		return NEVER;
	if (hold && s->meaning != HJ_MEANS_SWITCH && e->signs[edge->sign].window.to_ms <= edge->since_ms)
		return NEVER;
	return edge->since_ms + hold;
}

/* What it seems to do just now; that it does something, not by one reading alone where one may be a mistake. */
enum hj_state equipment_seen(const struct hj_judge *j, size_t i)
{
	const struct equipment *e = &j->equipment[i];
	const struct edge *edge = &e->up[e->raw];
	bool alone = e->plan->signs[edge->sign].meaning != HJ_MEANS_SWITCH && e->plan->hold_ms[e->raw] &&
	             e->signs[edge->sign].window.samples < AGREED;

	return e->raw > HJ_STATE_STOPPED && alone ? HJ_STATE_STOPPED : e->raw;
}

/* Idle on the way up or down counts where it was really seen. */
static bool passed_idle(const struct edge *edges, enum hj_state beyond)
{
	return edges[HJ_STATE_IDLE].since_ms != edges[beyond].since_ms;
}

int64_t equipment_next(const struct hj_judge *j, size_t i, enum hj_state *ret, int64_t *ret_since)
{
	const struct equipment *e = &j->equipment[i];
	enum hj_state from = e->state;
	int64_t due = NEVER;

	if (e->silent && (from != HJ_STATE_UNKNOWN || !e->number)) {
		*ret = HJ_STATE_UNKNOWN;
		*ret_since = e->lost_ms;
		return j->now_ms;
	}
	for (enum hj_state k = HJ_STATE_RUNNING; k >= HJ_STATE_STOPPED; k--) {
		bool up = k > from && (k != HJ_STATE_IDLE || passed_idle(e->up, HJ_STATE_RUNNING));
		bool down = (k < from || (from == HJ_STATE_UNKNOWN && k != HJ_STATE_RUNNING)) &&
		            (k != HJ_STATE_IDLE || passed_idle(e->down, HJ_STATE_STOPPED));
		const struct edge *edge = up && !(from == HJ_STATE_UNKNOWN && k == HJ_STATE_STOPPED) ? &e->up[k]
		                          : down                                                     ? &e->down[k]
		                                                                                     : NULL;
		int64_t at = edge ? edge_due(j, e, edge, k) : NEVER;

		if (at < due) {
			due = at;
			*ret = k;
			*ret_since = edge->since_ms;
		}
	}
	return due;
}

int64_t equipment_due(const struct hj_judge *j, size_t i)
{
	const struct equipment *e = &j->equipment[i];
	enum hj_state state;
	int64_t since;

	return e->raw == e->state && e->raw != HJ_STATE_UNKNOWN ? NEVER : equipment_next(j, i, &state, &since);
}

void equipment_conclusion(const struct hj_judge *j, size_t i, struct hj_conclusion *ret)
{
	const struct equipment *e = &j->equipment[i];

	conclusion_init(j, code_of_state(e->state), ret);
	ret->number = e->number;
	ret->begin_ms = e->begin_ms;
	ret->equipment = i;
	ret->maintained = e->maintained;
	conclusion_window(ret, &e->signs[0].window);
	conclusion_prove_state(j, ret, i);
}

/* A state begins where the one before it was told to end: not before that one's begin. After a clock that was days
 * ahead that would be so for days, or years, and each state without a length: it begins when it begins. */
static int64_t begin_after(const struct equipment *e, int64_t since_ms)
{
	return e->number && e->begin_ms - since_ms <= HJ_MS_PER_DAY ? later(since_ms, e->begin_ms) : since_ms;
}

static void change(struct hj_judge *j, size_t i, enum hj_state state, int64_t since_ms)
{
	struct equipment *e = &j->equipment[i];
	struct hj_conclusion c;

	since_ms = later(since_ms, e->since_ms);
	if (e->number) {
		equipment_conclusion(j, i, &c);
		c.ended = true;
		c.end_ms = later(since_ms, c.begin_ms);
		j->tell(j->data, &c);
	}
	day_settle(e, state);
	e->state = state;
	e->since_ms = since_ms;
	e->begin_ms = begin_after(e, since_ms);
	e->number = ++j->number;
	equipment_conclusion(j, i, &c);
	j->tell(j->data, &c);
	tell_limits(j, i);
	j->dirty = true;
}

void equipment_turn(struct hj_judge *j, size_t i)
{
	struct equipment *e = &j->equipment[i];
	enum hj_state state = e->state;
	int64_t since = 0;

	while (equipment_due(j, i) <= j->now_ms) {
		equipment_next(j, i, &state, &since);
		change(j, i, state, since);
	}
}

void equipment_begin(struct hj_judge *j, size_t i)
{
	struct equipment *e = &j->equipment[i];

	e->plan = &j->plan->equipment[i];
	e->since_ms = e->lost_ms = e->released_ms = j->now_ms;
	for
		STATES(k)
	e->up[k].since_ms = e->down[k].since_ms = NEVER;
	day_begin(j, e);
}

void equipment_shift(struct hj_judge *j, size_t i, int64_t by)
{
	struct equipment *e = &j->equipment[i];

	for
		STATES(k)
		{
			shift(&e->up[k].since_ms, by);
			shift(&e->down[k].since_ms, by);
		}
	for (size_t k = 0; k < e->plan->sign_count; k++) {
		shift(&e->signs[k].window.from_ms, by);
		shift(&e->signs[k].window.to_ms, by);
	}
	shift(&e->since_ms, by);
	shift(&e->lost_ms, by);
	shift(&e->released_ms, by);
	day_skip(j, i);
}
