/* The judge's time. Nothing happens between two samples but what is due: time passes from one due time to the next,
 * and all that is due then turns, points first, then equipment, limits and links. So what is concluded does not
 * depend on how often anybody asks. */
#include "judge_private.h"

#include <errno.h>
#include <stdlib.h>

static void begin(struct hj_judge *j)
{
	for (size_t i = 0; i < j->plan->point_count; i++)
		j->points[i] = (struct point){ .plan = &j->plan->points[i],
			.newest_ms = BEFORE,
			.heard_ms = j->now_ms,
			.value = NAN,
			.flag = HJ_FLAG_LINK,
			.equipment = HJ_JUDGE_NONE,
			.missing = { .code = HJ_CONCLUDES_MISSING, .due_ms = NEVER } };
	for (size_t i = 0; i < j->plan->equipment_count; i++)
		equipment_begin(j, i);
	for (size_t i = 0; i < j->plan->limit_count; i++)
		limit_begin(j, i);
}

int hj_judge_new(
        const struct hj_judge_plan *plan, int64_t now_ms, hj_judge_tell *tell, void *data, struct hj_judge **ret)
{
	_cleanup_(hj_judge_freep) struct hj_judge *j = calloc(1, sizeof(*j));
	int r;

	if (!j)
		return -ENOMEM;
	*j = (struct hj_judge){ .plan = plan, .tell = tell, .data = data, .now_ms = now_ms, .next_ms = now_ms };
	j->points = calloc(plan->point_count + 1, sizeof(*j->points));
	j->equipment = calloc(plan->equipment_count + 1, sizeof(*j->equipment));
	j->limits = calloc(plan->limit_count + 1, sizeof(*j->limits));
	if (!j->points || !j->equipment || !j->limits)
		return -ENOMEM;
	begin(j);
	r = judge_index(j);
	if (r < 0)
		return r;
	*ret = hj_steal(j);
	return 0;
}

void hj_judge_free(struct hj_judge *j)
{
	if (!j)
		return;
	free(j->points);
	free(j->equipment);
	free(j->limits);
	free(j->groups);
	free(j->uses);
	free(j);
}

static int64_t earliest(const struct hj_judge *j)
{
	int64_t due = NEVER;

	for (size_t i = 0; i < j->plan->point_count; i++)
		due = sooner(due, point_due(j, i));
	for (size_t i = 0; i < j->plan->equipment_count; i++) {
		due = sooner(due, equipment_due(j, i));
		due = sooner(due, day_due(j, i));
	}
	for (size_t i = 0; i < j->plan->limit_count; i++)
		due = sooner(due, j->limits[i].alarm.due_ms);
	for (size_t i = 0; i < j->group_count; i++)
		due = sooner(due, link_due(j, i));
	return due;
}

static void look(struct hj_judge *j)
{
	if (!j->dirty)
		return;
	j->dirty = false;
	link_look(j);
}

static void turn(struct hj_judge *j)
{
	for (size_t i = 0; i < j->plan->point_count; i++)
		point_turn(j, i);
	for (size_t i = 0; i < j->plan->equipment_count; i++) {
		equipment_turn(j, i);
		day_close(j, i);
	}
	for (size_t i = 0; i < j->plan->limit_count; i++)
		limit_turn(j, i);
	look(j);
	for (size_t i = 0; i < j->group_count; i++)
		link_turn(j, i);
	look(j);
}

/* All that is due until `ms` is done at its time. */
static void run(struct hj_judge *j, int64_t ms)
{
	look(j);
	while (j->next_ms <= ms) {
		int64_t due = earliest(j);

		j->next_ms = due;
		if (due > ms)
			break;
		j->now_ms = later(j->now_ms, due);
		turn(j);
	}
	j->now_ms = later(j->now_ms, ms);
}

/* Its own time is never ahead of what is done, though it may be ahead of `ms`: whoever waits for a deadline is done
 * with it. */
void hj_judge_pass(struct hj_judge *j, int64_t ms)
{
	run(j, later(ms, j->now_ms));
}

static void add(struct hj_judge *j, const struct hj_sample *s)
{
	struct point *p = s->point < j->plan->point_count ? &j->points[s->point] : NULL;

	if (!p) {
		j->ignored.stranger++;
		return;
	}
	if (p->newest_ms != BEFORE && s->time_ms <= p->newest_ms) {
		if (s->time_ms == p->newest_ms)
			j->ignored.repeated++;
		else
			j->ignored.older++;
		return;
	}
	hj_judge_pass(j, s->time_ms);
	/* It would be silent again at once. */
	if (s->time_ms + p->plan->silent_ms <= j->now_ms) {
		j->ignored.older++;
		return;
	}
	point_take(j, s->point, s);
	run(j, j->now_ms);
}

void hj_judge_add(struct hj_judge *j, const struct hj_sample *samples, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add(j, &samples[i]);
}

void hj_judge_swapped(struct hj_judge *j, size_t point, int64_t first_ms)
{
	const struct point *p = &j->points[point];

	for (size_t i = 0; i < p->use_count; i++) {
		const struct use *u = &j->uses[p->use_from + i];

		if (u->kind == USE_ENERGY)
			j->equipment[u->index].swapped_ms = first_ms;
	}
}

int64_t hj_judge_deadline(const struct hj_judge *j)
{
	return earliest(j);
}

int64_t hj_judge_time(const struct hj_judge *j)
{
	return j->now_ms;
}

void hj_judge_ignored(const struct hj_judge *j, struct hj_judge_ignored *ret)
{
	*ret = j->ignored;
}

void hj_judge_skip(struct hj_judge *j, int64_t to_ms)
{
	int64_t by = to_ms - j->now_ms;

	if (!by)
		return;
	j->now_ms = to_ms;
	j->next_ms = to_ms;
	for (size_t i = 0; i < j->plan->point_count; i++)
		point_shift(j, i, by);
	for (size_t i = 0; i < j->plan->equipment_count; i++)
		equipment_shift(j, i, by);
	for (size_t i = 0; i < j->plan->limit_count; i++)
		limit_shift(j, i, by);
	for (size_t i = 0; i < j->group_count; i++)
		link_shift(j, i, by);
}
