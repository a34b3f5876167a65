/* Values that nobody has measured, for a look at what frames will be before there is anything to send, or for a frame
 * that a person wants a platform to have. As long as the factor's type lets them be, so that the frames are no
 * shorter than real ones. Who shows or sends them says that they are made up. */
#include "hjgate/hj212_phrase.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* 12.34 of N4.2, 1 of N1. */
static double value_of(const struct hj212_phrase_factor *f)
{
	static const double whole[] = { 0, 1, 12 }, digits[] = { 0.3, 0.04, 0.005, 0.0006 };
	bool typed = f->type.letter == HJ_FACTOR_NUMBER;
	double value = whole[typed ? hj_min((size_t)f->type.whole, hj_array_size(whole) - 1) : 2];
	int decimals = typed && !f->decimals_said ? f->type.fraction : f->decimals;

	for (int i = 0; i < hj_min(decimals, (int)hj_array_size(digits)); i++)
		value += digits[i];
	return value;
}

/* The same map, but that every factor in it has a number, and no scale: the values are the platform's already. What
 * a point was before is not in it. The list is the caller's. */
static int copy_of(const struct hj212_phrase_map *m, struct hj212_phrase_map *ret)
{
	struct hj212_phrase_factor *list = calloc(m->count + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	*ret = *m;
	ret->list = list;
	ret->count = 0;
	for (size_t i = 0; i < m->count; i++) {
		struct hj212_phrase_factor *f = &list[ret->count];

		if (m->list[i].older)
			continue;
		*f = m->list[i];
		f->number = (uint32_t)++ret->count;
		f->interval_ms = HJ_INTERVAL_MAX_MS;
		f->scale = 1;
	}
	return 0;
}

int hj212_phrase_made_up_statistics(const struct hj212_phrase_map *m, struct hj_buf *to)
{
	_cleanup_free_ struct hj_stat *stats = calloc(m->count + 1, sizeof(*stats));
	struct hj212_phrase_map all;
	int r = stats ? copy_of(m, &all) : -ENOMEM;

	if (r < 0)
		return r;
	for (size_t i = 0; i < all.count; i++) {
		double value = value_of(&all.list[i]);

		stats[i] = (struct hj_stat){ .point = all.list[i].number,
			.flag = HJ_FLAG_NORMAL,
			.expected = 1,
			.got = 1,
			.cou = all.list[i].total ? value : NAN,
			.min = value,
			.avg = value,
			.max = value,
			.last = value };
	}
	r = hj212_phrase_statistics(&all, stats, all.count, to);
	free(all.list);
	return r;
}

int hj212_phrase_made_up_realtime(
        const struct hj212_phrase_map *m, enum hj_flag flag, int64_t now_ms, struct hj_buf *to)
{
	_cleanup_free_ struct hj212_phrase_newest *newest = calloc(m->count + 1, sizeof(*newest));
	struct hj212_phrase_map all;
	int r = newest ? copy_of(m, &all) : -ENOMEM;

	if (r < 0)
		return r;
	for (size_t i = 0; i < all.count; i++)
		newest[i] = (struct hj212_phrase_newest){ .point = all.list[i].number,
			.time_ms = now_ms,
			.value = flag == HJ_FLAG_LINK ? NAN : value_of(&all.list[i]),
			.flag = flag };
	r = hj212_phrase_realtime(&all, newest, all.count, now_ms, to);
	free(all.list);
	return r;
}

bool hj212_phrase_map_is_known(const struct hj212_phrase_map *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->list[i].number)
			return true;
	return false;
}
