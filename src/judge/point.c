/* Points: what is heard of them, what their flags say, and when silence is too long. A value with flag B, D or C is
 * none; one that is calibrated (C) is heard of all the same. Flag M holds what would be concluded. */
#include "judge_private.h"

static bool is_usable(const struct hj_sample *s)
{
	return hj_sample_has_value(s) && s->flag != HJ_FLAG_LINK && s->flag != HJ_FLAG_FAULT &&
	       s->flag != HJ_FLAG_CALIBRATE;
}

/* Silence counts from when it was heard last, of one that is released only now from then on. */
static void missing_look(struct hj_judge *j, struct point *p, int64_t since_ms)
{
	if (p->lost && !p->held)
		alarm_wrong(j, &p->missing, since_ms, j->now_ms);
	else if (!p->lost)
		alarm_well(j, &p->missing, p->heard_ms, j->now_ms);
}

static void hold(struct hj_judge *j, struct point *p, bool held)
{
	p->held = held;
	if (held)
		judge_due(j, p->newest_ms + p->plan->silent_ms);
	for (size_t i = 0; i < p->use_count; i++) {
		const struct use *u = &j->uses[p->use_from + i];

		if (u->kind == USE_SIGN)
			equipment_maintained(j, u->index);
		else if (u->kind == USE_LIMIT)
			equipment_maintained(j, j->limits[u->index].plan->equipment);
	}
	missing_look(j, p, j->now_ms);
}

static void use(struct hj_judge *j, const struct use *u, size_t i, const struct hj_sample *s, bool usable)
{
	if (u->kind == USE_LIMIT)
		limit_sample(j, u->index, i, s, usable);
	else if (!usable)
		return;
	else if (u->kind == USE_SIGN)
		equipment_sign(j, u->index, u->sign, s->time_ms, s->value);
	else if (u->kind == USE_LOAD)
		link_load(j, u->index, s->time_ms);
	else
		day_energy(j, u->index, s->time_ms, s->value, u->kind == USE_ENERGY);
}

void point_take(struct hj_judge *j, size_t i, const struct hj_sample *s)
{
	struct point *p = &j->points[i];
	bool usable = is_usable(s), held = s->flag == HJ_FLAG_MAINTAIN;

	p->newest_ms = s->time_ms;
	p->flag = s->flag;
	if (usable || s->flag == HJ_FLAG_CALIBRATE) {
		p->heard_ms = s->time_ms;
		if (usable)
			p->value = s->value;
		if (p->lost) {
			p->lost = false;
			missing_look(j, p, p->heard_ms);
		}
		judge_due(j, p->heard_ms + p->plan->silent_ms);
	}
	if (held != p->held)
		hold(j, p, held);
	for (size_t k = 0; k < p->use_count; k++)
		use(j, &j->uses[p->use_from + k], i, s, usable);
}

int64_t point_due(const struct hj_judge *j, size_t i)
{
	const struct point *p = &j->points[i];

	int64_t due = p->missing.due_ms;

	/* Nobody asks for it: nobody misses it. */
	if (!p->use_count)
		return NEVER;
	if (!p->lost)
		due = sooner(due, p->heard_ms + p->plan->silent_ms);
	if (p->held)
		due = sooner(due, p->newest_ms + p->plan->silent_ms);
	return due;
}

static void lose(struct hj_judge *j, size_t i)
{
	struct point *p = &j->points[i];

	p->lost = true;
	missing_look(j, p, p->heard_ms);
	for (size_t k = 0; k < p->use_count; k++) {
		const struct use *u = &j->uses[p->use_from + k];

		if (u->kind == USE_SIGN)
			equipment_lost(j, u->index, u->sign, p->heard_ms);
		else if (u->kind == USE_LIMIT)
			limit_lost(j, u->index);
		else if (u->kind == USE_LOAD)
			link_load(j, u->index, j->now_ms);
	}
}

void point_conclusion(const struct hj_judge *j, size_t i, struct hj_conclusion *ret)
{
	const struct point *p = &j->points[i];

	conclusion_init(j, HJ_CONCLUDES_MISSING, ret);
	alarm_fill(&p->missing, ret);
	ret->point = i;
	ret->equipment = p->equipment;
	ret->maintained = p->held;
	ret->from_ms = p->missing.begin_ms;
	ret->to_ms = ret->ended ? ret->end_ms : j->now_ms;
	conclusion_prove(j, ret, i, NAN);
}

void point_turn(struct hj_judge *j, size_t i)
{
	struct point *p = &j->points[i];
	struct hj_conclusion c;

	if (point_due(j, i) > j->now_ms)
		return;
	/* Maintenance is not proved by silence. */
	if (p->held && p->newest_ms + p->plan->silent_ms <= j->now_ms)
		hold(j, p, false);
	if (!p->lost && p->heard_ms + p->plan->silent_ms <= j->now_ms)
		lose(j, i);
	if (!alarm_turn(j, &p->missing))
		return;
	point_conclusion(j, i, &c);
	j->tell(j->data, &c);
}

void point_shift(struct hj_judge *j, size_t i, int64_t by)
{
	struct point *p = &j->points[i];

	shift(&p->newest_ms, by);
	shift(&p->heard_ms, by);
	alarm_shift(&p->missing, by);
}
