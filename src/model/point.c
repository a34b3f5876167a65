/* The point dictionary: a sorted array, looked up by number (bisection) and by name (the newest number of a name
 * wins). */
#include "hjgate/point.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 16

bool hj_point_same(const struct hj_point *a, const struct hj_point *b)
{
	return !strcmp(a->name, b->name) && a->interval_ms == b->interval_ms && a->wrap == b->wrap &&
	       hj_point_means_same(a, b);
}

bool hj_point_means_same(const struct hj_point *a, const struct hj_point *b)
{
	return !strcmp(a->factor, b->factor) && !strcmp(a->unit, b->unit) && a->total == b->total;
}

void hj_dictionary_done(struct hj_dictionary *d)
{
	free(d->points);
	*d = (struct hj_dictionary){ 0 };
}

/* Index of the first point whose number is not below `number`. */
static size_t lower_bound(const struct hj_dictionary *d, uint32_t number)
{
	size_t lo = 0, hi = d->count;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (d->points[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct hj_point *hj_dictionary_find(const struct hj_dictionary *d, uint32_t number)
{
	size_t i = lower_bound(d, number);

	return i < d->count && d->points[i].number == number ? &d->points[i] : NULL;
}

const struct hj_point *hj_dictionary_find_name(const struct hj_dictionary *d, const char *name)
{
	for (size_t i = d->count; i-- > 0;)
		if (!strcmp(d->points[i].name, name))
			return &d->points[i];
	return NULL;
}

static int grow(struct hj_dictionary *d)
{
	size_t size = d->size ? 2 * d->size : FIRST_SIZE;
	struct hj_point *points;

	if (d->count < d->size)
		return 0;
	points = realloc(d->points, size * sizeof(*points));
	if (!points)
		return -ENOMEM;
	d->points = points;
	d->size = size;
	return 0;
}

int hj_dictionary_put(struct hj_dictionary *d, const struct hj_point *p)
{
	size_t i = lower_bound(d, p->number);
	int r;

	if (i < d->count && d->points[i].number == p->number) {
		d->points[i] = *p;
		return 0;
	}
	if (d->count >= HJ_POINTS_MAX)
		return -ENOSPC;
	r = grow(d);
	if (r < 0)
		return r;
	memmove(&d->points[i + 1], &d->points[i], (d->count - i) * sizeof(*p));
	d->points[i] = *p;
	d->count++;
	return 0;
}

void hj_dictionary_remove(struct hj_dictionary *d, size_t index)
{
	memmove(&d->points[index], &d->points[index + 1], (d->count - index - 1) * sizeof(*d->points));
	d->count--;
}
