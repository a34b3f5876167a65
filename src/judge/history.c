/* See judge_history.h: between the store's numbers and windows, and the judge's places and samples. */
#include "hjgate/judge_history.h"

#include "judge_private.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/point.h"

#define GROW          64
#define PARTS_LEAST   3
#define PARTS_MOST    64
#define STEP_LEAST_MS 1000
#define ROUNDING      1e-9 /* of a reading: what sums of doubles may differ by */

/* ---- numbers ---- */

/* Where it is, or belongs. */
static size_t position(const struct hj_judge_map *m, uint32_t number)
{
	size_t lo = 0, hi = m->count;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (m->list[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool has(const struct hj_judge_map *m, size_t i, uint32_t number)
{
	return i < m->count && m->list[i].number == number;
}

static int grow(struct hj_judge_map *m)
{
	struct hj_judge_number *list;

	if (m->count < m->size)
		return 0;
	list = realloc(m->list, (m->size + GROW) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	m->list = list;
	m->size += GROW;
	return 0;
}

static int insert(struct hj_judge_map *m, size_t i, uint32_t number, uint16_t place)
{
	if (m->count == HJ_POINTS_MAX) {
		if (!i)
			return 0; /* it would be the oldest itself */
		memmove(&m->list[0], &m->list[1], --i * sizeof(*m->list));
	} else {
		int r = grow(m);

		if (r < 0)
			return r;
		memmove(&m->list[i + 1], &m->list[i], (m->count++ - i) * sizeof(*m->list));
	}
	m->list[i] = (struct hj_judge_number){ number, place };
	return 0;
}

int hj_judge_map_learn(struct hj_judge_map *m, uint32_t number, const char *name)
{
	size_t at = position(m, number), place = 0;

	while (place < m->plan->point_count && strcmp(m->plan->points[place].name, name) != 0)
		place++;
	if (place == m->plan->point_count || !number)
		return 0;
	if (!has(m, at, number))
		return insert(m, at, number, (uint16_t)place);
	m->list[at].place = (uint16_t)place;
	return 0;
}

size_t hj_judge_map_find(const struct hj_judge_map *m, uint32_t number)
{
	size_t i = position(m, number);

	return has(m, i, number) ? m->list[i].place : HJ_JUDGE_NONE;
}

void hj_judge_map_done(struct hj_judge_map *m)
{
	free(m->list);
	*m = (struct hj_judge_map){ .plan = m->plan };
}

/* ---- a batch ---- */

void hj_judge_batch_add(struct hj_judge_batch *b, const struct hj_sample *s)
{
	size_t size = b->size ? 2 * b->size : GROW;
	struct hj_sample *samples;

	if (b->count == b->size) {
		samples = size <= HJ_JUDGE_BATCH_MAX ? realloc(b->samples, size * sizeof(*samples)) : NULL;
		if (!samples) {
			b->lost++;
			return;
		}
		b->samples = samples;
		b->size = size;
	}
	b->samples[b->count++] = *s;
}

/* The extreme that is further from the average is taken for the exception, and comes first. */
static double part_of(const struct hj_stat *s, unsigned i, unsigned parts)
{
	bool up = s->max - s->avg > s->avg - s->min;

	if (s->last == s->last)
		return i ? s->last : s->min; /* a total */
	if (i > 1 || i + 1 == parts)
		return s->avg;
	return (i == 0) == up ? s->max : s->min;
}

void hj_judge_batch_window(struct hj_judge_batch *b, size_t point, const struct hj_stat *s, int64_t label_ms,
        int64_t length_ms, int64_t step_ms, int64_t after_ms)
{
	int64_t wanted = step_ms > 0 ? (length_ms + step_ms - 1) / step_ms : PARTS_LEAST;
	int64_t enough = hj_max(wanted, (int64_t)PARTS_LEAST);
	unsigned parts = (unsigned)hj_min(enough, (int64_t)PARTS_MOST);

	for (unsigned i = 0; i < parts; i++) {
		struct hj_sample sample = { .point = (uint32_t)point, .flag = s->flag };
		unsigned which = label_ms < after_ms ? parts - 1 : i;

		sample.time_ms = label_ms + length_ms * (2 * i + 1) / (2 * parts);
		sample.value = part_of(s, which, parts);
		if (sample.time_ms > after_ms)
			hj_judge_batch_add(b, &sample);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct hj_sample *x = a, *y = b;

	if (x->time_ms != y->time_ms)
		return x->time_ms < y->time_ms ? -1 : 1;
	return (x->point > y->point) - (x->point < y->point);
}

void hj_judge_batch_feed(struct hj_judge_batch *b, struct hj_judge *j, int64_t before_ms, int64_t gap_ms)
{
	size_t n = 0;

	if (!b->count)
		return;
	qsort(b->samples, b->count, sizeof(*b->samples), by_time);
	for (; n < b->count && b->samples[n].time_ms < before_ms; n++) {
		if (b->samples[n].time_ms > hj_judge_time(j) + gap_ms)
			hj_judge_skip(j, b->samples[n].time_ms - 1);
		hj_judge_add(j, &b->samples[n], 1);
	}
	memmove(b->samples, b->samples + n, (b->count - n) * sizeof(*b->samples));
	b->count -= n;
}

/* A total is at more than the store says it grew by, in a window that it counted from where the one before ended: the
 * meter was swapped in it. Then it grew by that, but where a part of it was judged already: of how much nobody knows.
 * One that shows less is seen to fall. */
static void see_swap(
        struct hj_judge_batch *b, struct hj_judge *j, const struct hj_stat *s, size_t first, bool in_part)
{
	double most = s->cou + fabs(s->last) * ROUNDING;
	struct hj_sample *sample;

	if (first == b->count)
		return;
	sample = &b->samples[first];
	if (!(s->last - j->points[sample->point].value > most))
		return;
	if (!in_part)
		sample->value = s->last - s->cou;
	hj_judge_swapped(j, sample->point, sample->time_ms);
}

size_t hj_judge_batch_record(struct hj_judge_batch *b, struct hj_judge *j, const struct hj_judge_map *m,
        const struct hj_head *head, const struct hj_stats *stats, int64_t step_ms, int64_t after_ms, int64_t gap_ms)
{
	size_t n = 0;

	if (head->label_ms != b->label_ms)
		hj_judge_batch_feed(b, j, head->label_ms, gap_ms);
	b->label_ms = head->label_ms;
	for (size_t i = 0; i < stats->count; i++) {
		const struct hj_stat *stat = &stats->stats[i];
		size_t place = hj_judge_map_find(m, stat->point), first = b->count;

		if (place == HJ_JUDGE_NONE)
			continue;
		hj_judge_batch_window(b, place, stat, head->label_ms, head->length_ms, step_ms, after_ms);
		see_swap(b, j, stat, first, head->label_ms < after_ms);
		n++;
	}
	return n;
}

void hj_judge_batch_done(struct hj_judge_batch *b)
{
	free(b->samples);
	*b = (struct hj_judge_batch){ .lost = b->lost };
}

int64_t hj_judge_step_ms(const struct hj_judge_plan *p)
{
	int64_t step = HJ_INTERVAL_MAX_MS;

	for (size_t i = 0; i < p->point_count; i++)
		if (p->points[i].silent_ms > 0)
			step = hj_min(step, p->points[i].silent_ms / 2);
	return hj_max(step, (int64_t)STEP_LEAST_MS);
}
