/* What is seen and not concluded yet: a minimum time still runs, or one reading waits for another that agrees. So
 * whoever stands before a switch that has just been thrown sees that it was noticed, and when it will count. */
#include "judge_private.h"

static bool waits(const struct alarm *a)
{
	return a->on != a->wrong;
}

static void fill(const struct alarm *a, struct hj_judge_wait *ret)
{
	ret->ends = a->on;
	ret->seen_ms = a->on ? a->well_ms : a->begin_ms;
	ret->due_ms = a->due_ms == NEVER ? 0 : a->due_ms;
}

static bool equipment_waits(const struct hj_judge *j, size_t i, struct hj_judge_wait *ret)
{
	const struct equipment *e = &j->equipment[i];
	enum hj_state state = e->raw;
	int64_t since = (e->raw == HJ_STATE_STOPPED ? e->down : e->up)[e->raw].since_ms, due;

	if (e->raw == e->state || e->raw == HJ_STATE_UNKNOWN)
		return false;
	due = equipment_next(j, i, &state, &since);
	equipment_conclusion(j, i, &ret->what);
	ret->what.code = code_of_state(state);
	ret->what.begin_ms = ret->seen_ms = since;
	ret->ends = false;
	ret->due_ms = due == NEVER ? 0 : due;
	return true;
}

/* What is missing is concluded in the turn in which it is seen, and so is that it is back. */
int hj_judge_waiting(const struct hj_judge *j, size_t i, struct hj_judge_wait *ret)
{
	size_t n = 0;

	for (size_t k = 0; k < j->plan->equipment_count; k++)
		if (equipment_waits(j, k, ret) && n++ == i)
			return 1;
	for (size_t k = 0; k < j->plan->limit_count; k++)
		if (waits(&j->limits[k].alarm) && n++ == i)
			return limit_conclusion(j, k, &ret->what), fill(&j->limits[k].alarm, ret), 1;
	for (size_t k = 0; k < j->group_count; k++)
		for (enum link_alarm a = 0; a < LINK_ALARMS; a++)
			if (waits(&j->groups[k].alarms[a]) && n++ == i)
				return link_conclusion(j, k, a, &ret->what), fill(&j->groups[k].alarms[a], ret), 1;
	return 0;
}
