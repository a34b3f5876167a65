/* From the plan's tables to a judge's: who uses which point, and who is in which link. */
#include "judge_private.h"

#include <errno.h>
#include <stdint.h>

/* Called with `uses` NULL to count, then to fill. */
static void add_use(struct hj_judge *j, size_t point, enum use_kind kind, size_t index, size_t sign)
{
	if (point == HJ_JUDGE_NONE)
		return;
	if (j->uses)
		j->uses[j->points[point].use_from + j->points[point].use_count] =
		        (struct use){ .kind = (uint8_t)kind, .sign = (uint8_t)sign, .index = (uint16_t)index };
	j->points[point].use_count++;
	j->use_count++;
}

static void name_equipment(struct hj_judge *j, size_t point, size_t equipment)
{
	if (point != HJ_JUDGE_NONE && j->points[point].equipment == HJ_JUDGE_NONE)
		j->points[point].equipment = equipment;
}

static void add_equipment(struct hj_judge *j, size_t i)
{
	const struct hj_judge_equipment *e = &j->plan->equipment[i];

	for (size_t k = 0; k < e->sign_count; k++) {
		add_use(j, e->signs[k].point, USE_SIGN, i, k);
		name_equipment(j, e->signs[k].point, i);
	}
	add_use(j, e->energy, USE_ENERGY, i, 0);
	name_equipment(j, e->energy, i);
	if (e->energy == HJ_JUDGE_NONE)
		add_use(j, e->power, USE_POWER, i, 0);
	name_equipment(j, e->power, i);
}

static void add_limit(struct hj_judge *j, size_t i)
{
	const struct hj_judge_limit *l = &j->plan->limits[i];

	for (size_t k = 0; k < HJ_JUDGE_PHASES; k++) {
		add_use(j, l->points[k], USE_LIMIT, i, k);
		name_equipment(j, l->points[k], l->equipment);
	}
}

/* Signs first: what a limit says of a reading depends on the state that the same reading makes. */
static void add_uses(struct hj_judge *j)
{
	j->use_count = 0;
	for (size_t i = 0; i < j->plan->equipment_count; i++)
		add_equipment(j, i);
	for (size_t i = 0; i < j->plan->limit_count; i++)
		add_limit(j, i);
	for (size_t i = 0; i < j->group_count; i++) {
		add_use(j, j->groups[i].plan->load_production, USE_LOAD, i, 0);
		add_use(j, j->groups[i].plan->load_treatment, USE_LOAD, i, 1);
	}
}

static int index_uses(struct hj_judge *j)
{
	uint16_t from = 0;

	add_uses(j);
	j->uses = calloc(j->use_count + 1, sizeof(*j->uses));
	if (!j->uses)
		return -ENOMEM;
	for (size_t i = 0; i < j->plan->point_count; i++) {
		j->points[i].use_from = from;
		from = (uint16_t)(from + j->points[i].use_count);
		j->points[i].use_count = 0;
	}
	add_uses(j);
	return 0;
}

static uint8_t fill_members(const struct hj_judge_plan *p, const char *const *names, size_t count, uint8_t *to)
{
	uint8_t n = 0;

	for (size_t i = 0; i < count && n < HJ_JUDGE_MEMBERS_MAX; i++) {
		size_t at = hj_judge_equipment_find(p, names[i]);

		if (at != HJ_JUDGE_NONE)
			to[n++] = (uint8_t)at;
	}
	return n;
}

static void fill_group(struct hj_judge *j, size_t link, size_t first, size_t count)
{
	const struct hj_judge_link *l = &j->plan->links[link];
	struct group *g = &j->groups[j->group_count++];

	g->plan = l;
	g->link = link;
	g->production_count = fill_members(j->plan, l->production, l->production_count, g->production);
	g->treatment_count = fill_members(j->plan, &l->treatment[first], count, g->treatment);
	g->enough = (uint8_t)(count == 1 ? 1 : l->enough);
	g->producing_ms = g->treated_ms = j->now_ms;
	g->run_down_ms = BEFORE;
	for (size_t i = 0; i < LINK_ALARMS; i++) {
		g->alarms[i].code = code_of_link(i);
		g->alarms[i].due_ms = NEVER;
	}
}

/* Where each must run, each is a group of its own, so that what is concluded names it. */
static int index_groups(struct hj_judge *j)
{
	const struct hj_judge_plan *p = j->plan;
	size_t most = 0;

	for (size_t i = 0; i < p->link_count; i++)
		most += p->links[i].treatment_count;
	j->groups = calloc(most + 1, sizeof(*j->groups));
	if (!j->groups)
		return -ENOMEM;
	for (size_t i = 0; i < p->link_count; i++) {
		const struct hj_judge_link *l = &p->links[i];

		if (l->enough < l->treatment_count)
			fill_group(j, i, 0, l->treatment_count);
		else
			for (size_t k = 0; k < l->treatment_count; k++)
				fill_group(j, i, k, 1);
	}
	return 0;
}

int judge_index(struct hj_judge *j)
{
	int r = index_groups(j);

	return r < 0 ? r : index_uses(j);
}
