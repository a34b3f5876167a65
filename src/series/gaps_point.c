/* What there is: the meters, and the points with all the numbers that the store has given them. */
#include "gaps_impl.h"

#include <errno.h>
#include <string.h>

int hj_gaps_meter(struct hj_gaps *g, const char *name)
{
	struct gaps_meter *m;

	for (size_t i = 0; i < g->meter_count; i++)
		if (!strcmp(g->meters[i].name, name))
			return (int)i;
	if (g->meter_count == HJ_GAPS_METERS_MAX)
		return -ENOSPC;
	if (gaps_grow(&g->meters, &g->meter_size, g->meter_count, sizeof(*g->meters)) < 0)
		return -ENOMEM;
	m = &g->meters[g->meter_count];
	*m = (struct gaps_meter){ 0 };
	hj_text_copy(m->name, sizeof(m->name), name);
	return (int)g->meter_count++;
}

static size_t number_position(const struct hj_gaps *g, uint32_t number)
{
	size_t low = 0, high = g->number_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (g->numbers[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct gaps_point *gaps_find(const struct hj_gaps *g, uint32_t number)
{
	size_t i = number_position(g, number);

	return i < g->number_count && g->numbers[i].number == number ? &g->points[g->numbers[i].point] : NULL;
}

static int add_number(struct hj_gaps *g, uint32_t number, uint32_t point)
{
	size_t i = number_position(g, number);

	if (!number || (i < g->number_count && g->numbers[i].number == number))
		return 0;
	if (gaps_grow(&g->numbers, &g->number_size, g->number_count, sizeof(*g->numbers)) < 0)
		return -ENOMEM;
	memmove(&g->numbers[i + 1], &g->numbers[i], (g->number_count - i) * sizeof(*g->numbers));
	g->numbers[i] = (struct number){ number, point };
	g->number_count++;
	return 0;
}

static int new_point(struct hj_gaps *g, const struct hj_gaps_point *p)
{
	char meter[HJ_POINT_NAME_MAX + 1];
	struct gaps_point *to;
	int m;

	hj_text_copy(meter, sizeof(meter), p->name);
	meter[strcspn(meter, ".")] = '\0';
	m = hj_gaps_meter(g, meter);
	if (m < 0)
		return m;
	if (gaps_grow(&g->points, &g->point_size, g->point_count, sizeof(*g->points)) < 0)
		return -ENOMEM;
	to = &g->points[g->point_count++];
	*to = (struct gaps_point){ .meter = (uint32_t)m, .since_ms = INT64_MAX };
	hj_text_copy(to->name, sizeof(to->name), p->name);
	g->meters[m].points++;
	return 0;
}

int hj_gaps_point(struct hj_gaps *g, const struct hj_gaps_point *p)
{
	struct gaps_point *to;
	size_t i = 0;
	int r;

	if (p->number && gaps_find(g, p->number))
		i = g->numbers[number_position(g, p->number)].point;
	else
		while (i < g->point_count && strcmp(g->points[i].name, p->name))
			i++;
	r = i == g->point_count ? new_point(g, p) : 0;
	if (r < 0)
		return r;
	to = &g->points[i];
	to->interval_ms = p->interval_ms ? p->interval_ms : to->interval_ms;
	to->since_ms = hj_min(to->since_ms, p->since_ms);
	to->uplinks |= p->uplinks;
	to->configured |= p->configured;
	return add_number(g, p->number, (uint32_t)i);
}

/* ---- what was there before the span ---- */

static struct gaps_point *find_configured(const struct hj_gaps *g, const char *name)
{
	for (size_t i = 0; i < g->point_count; i++)
		if (g->points[i].configured && !strcmp(g->points[i].name, name))
			return &g->points[i];
	return NULL;
}

int hj_gaps_number(struct hj_gaps *g, uint32_t number, const char *name)
{
	const struct gaps_point *p = find_configured(g, name);

	return p ? add_number(g, number, (uint32_t)(p - g->points)) : 0;
}

void hj_gaps_seen(struct hj_gaps *g, uint32_t number, int64_t at_ms)
{
	struct gaps_point *p = (struct gaps_point *)gaps_find(g, number);

	if (p)
		p->since_ms = hj_min(p->since_ms, at_ms);
}

bool hj_gaps_unseen(const struct hj_gaps *g)
{
	for (size_t i = 0; i < g->point_count; i++)
		if (g->points[i].configured && g->points[i].since_ms == INT64_MAX)
			return true;
	return false;
}
