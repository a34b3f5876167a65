/* What is asked of a judge between its conclusions: the states it thinks of, and what lasts. */
#include "judge_private.h"

#define HOUR_MS 3600000.0

static bool is_alarmed(const struct hj_judge *j, size_t equipment)
{
	for (size_t i = 0; i < j->plan->limit_count; i++)
		if (j->limits[i].plan->equipment == equipment && j->limits[i].alarm.on)
			return true;
	for (size_t i = 0; i < j->group_count; i++)
		for (size_t k = 0; k < LINK_ALARMS; k++) {
			struct hj_conclusion c;

			if (!j->groups[i].alarms[k].on)
				continue;
			link_conclusion(j, i, (enum link_alarm)k, &c);
			if (c.equipment == equipment)
				return true;
		}
	return false;
}

void hj_judge_look(const struct hj_judge *j, size_t equipment, struct hj_judge_look *ret)
{
	const struct equipment *e = &j->equipment[equipment];
	bool energy = e->plan->energy != HJ_JUDGE_NONE || e->plan->power != HJ_JUDGE_NONE;

	*ret = (struct hj_judge_look){
		.state = e->state,
		.since_ms = e->number ? e->begin_ms : e->since_ms,
		.maintained = e->maintained,
		.alarmed = is_alarmed(j, equipment),
		.day_ms = e->day_ms,
		.hours = (e->hours_ms + (e->state == HJ_STATE_RUNNING ? e->waiting_ms : 0)) / HOUR_MS,
		.energy = energy ? e->energy + (e->state == HJ_STATE_RUNNING ? e->waiting_energy : 0) : NAN,
	};
}

int hj_judge_lasting(const struct hj_judge *j, size_t i, struct hj_conclusion *ret)
{
	size_t n = 0;

	for (size_t k = 0; k < j->plan->equipment_count; k++)
		if (j->equipment[k].number && n++ == i)
			return equipment_conclusion(j, k, ret), 1;
	for (size_t k = 0; k < j->plan->point_count; k++)
		if (j->points[k].missing.on && n++ == i)
			return point_conclusion(j, k, ret), 1;
	for (size_t k = 0; k < j->plan->limit_count; k++)
		if (j->limits[k].alarm.on && n++ == i)
			return limit_conclusion(j, k, ret), 1;
	for (size_t k = 0; k < j->group_count; k++)
		for (size_t a = 0; a < LINK_ALARMS; a++)
			if (j->groups[k].alarms[a].on && n++ == i)
				return link_conclusion(j, k, (enum link_alarm)a, ret), 1;
	return 0;
}
