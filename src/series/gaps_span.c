/* Stretches: kept sorted and disjoint, neighbours melt. What comes is nearly in order, so there is little to move. */
#include "gaps_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 8

int gaps_grow(void *list, size_t *size, size_t count, size_t element)
{
	size_t n = *size ? 2 * *size : FIRST_SIZE;
	void **at = list, *more;

	if (count < *size)
		return 0;
	more = realloc(*at, n * element);
	if (!more)
		return -ENOMEM;
	*at = more;
	*size = n;
	return 0;
}

size_t spans_find(const struct spans *s, int64_t at)
{
	size_t low = 0, high = s->count;

	if (high && s->list[high - 1].to <= at)
		return high;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (s->list[middle].to <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool spans_hold(const struct spans *s, int64_t at)
{
	size_t i = spans_find(s, at);

	return i < s->count && s->list[i].from <= at;
}

int spans_add(struct spans *s, int64_t from, int64_t to)
{
	size_t i = spans_find(s, from - 1), n = 0;

	if (from >= to)
		return 0;
	while (i + n < s->count && s->list[i + n].from <= to)
		n++;
	if (n) {
		from = hj_min(from, s->list[i].from);
		to = hj_max(to, s->list[i + n - 1].to);
	} else if (gaps_grow(&s->list, &s->size, s->count, sizeof(*s->list)) < 0) {
		return -ENOMEM;
	}
	memmove(&s->list[i + 1], &s->list[i + n], (s->count - i - n) * sizeof(*s->list));
	s->list[i] = (struct span){ from, to };
	s->count = s->count + 1 - n;
	return 0;
}

void spans_done(struct spans *s)
{
	free(s->list);
	*s = (struct spans){ 0 };
}
