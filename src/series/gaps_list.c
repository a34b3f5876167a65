/* The gaps as they are told: those of single points that are alike become one of their meter, and what touches is
 * joined. */
#include "gaps_impl.h"

#include <errno.h>
#include <stdlib.h>

int gaps_emit(struct hj_gaps *g, struct open_gap *open)
{
	struct hj_gap gap = open->gap;

	*open = (struct open_gap){ 0 };
	if (!gap.count)
		return 0;
	if (g->gap_count == HJ_GAPS_MOST) {
		g->passed_over++;
		return 0;
	}
	if (gaps_grow(&g->gaps, &g->gap_size, g->gap_count, sizeof(*g->gaps)) < 0)
		return -ENOMEM;
	g->gaps[g->gap_count++] = gap;
	return 0;
}

#define ORDER(a, b)                                                                                                  \
	if ((a) != (b))                                                                                              \
	return (a) < (b) ? -1 : 1

/* Those that can be joined stand beside one another. */
static int by_kin(const void *one, const void *other)
{
	const struct hj_gap *a = one, *b = other;

	ORDER(a->of_uplink, b->of_uplink);
	ORDER(a->what, b->what);
	ORDER(a->kind, b->kind);
	ORDER(a->cause, b->cause);
	ORDER(a->fill, b->fill);
	ORDER(a->begin_ms, b->begin_ms);
	ORDER(a->end_ms, b->end_ms);
	ORDER(a->point, b->point);
	return 0;
}

static int by_time(const void *one, const void *other)
{
	const struct hj_gap *a = one, *b = other;

	ORDER(a->begin_ms, b->begin_ms);
	ORDER(a->of_uplink, b->of_uplink);
	return by_kin(one, other);
}

static bool is_kin(const struct hj_gap *a, const struct hj_gap *b)
{
	return a->of_uplink == b->of_uplink && a->what == b->what && a->kind == b->kind && a->cause == b->cause &&
	       a->fill == b->fill;
}

static bool join(struct hj_gap *to, const struct hj_gap *gap)
{
	if (!is_kin(to, gap))
		return false;
	if (!to->of_uplink) {
		if (to->begin_ms != gap->begin_ms || to->end_ms != gap->end_ms)
			return false;
		to->points++;
		to->recorded &= gap->recorded;
		return true;
	}
	if (gap->begin_ms > to->end_ms)
		return false;
	to->end_ms = hj_max(to->end_ms, gap->end_ms);
	to->from = hj_min(to->from, gap->from);
	to->to = hj_max(to->to, gap->to);
	to->count += gap->count;
	return true;
}

int hj_gaps_finish(struct hj_gaps *g, const struct hj_gap **ret, size_t *ret_count)
{
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; i < g->point_count && r >= 0; i++)
		r = gaps_emit(g, &g->points[i].open);
	for (size_t i = 0; i < g->uplink_count; i++)
		for (size_t k = 0; k < GAPS_KINDS && r >= 0; k++)
			r = gaps_emit(g, &g->uplinks[i].open[k]);
	if (r < 0)
		return r;
	if (g->gap_count)
		qsort(g->gaps, g->gap_count, sizeof(*g->gaps), by_kin);
	for (size_t i = 0; i < g->gap_count; i++)
		if (!kept || !join(&g->gaps[kept - 1], &g->gaps[i]))
			g->gaps[kept++] = g->gaps[i];
	g->gap_count = kept;
	if (kept)
		qsort(g->gaps, kept, sizeof(*g->gaps), by_time);
	*ret = g->gaps;
	*ret_count = kept;
	return 0;
}

uint64_t hj_gaps_passed_over(const struct hj_gaps *g)
{
	return g->passed_over;
}

const char *hj_gaps_meter_name(const struct hj_gaps *g, uint32_t meter)
{
	return meter < g->meter_count ? g->meters[meter].name : NULL;
}

uint32_t hj_gaps_meter_points(const struct hj_gaps *g, uint32_t meter)
{
	return meter < g->meter_count ? g->meters[meter].points : 0;
}

const char *hj_gaps_point_name(const struct hj_gaps *g, uint32_t point)
{
	return point < g->point_count ? g->points[point].name : "";
}

const char *hj_gaps_uplink_name(const struct hj_gaps *g, uint32_t uplink)
{
	return uplink < g->uplink_count ? g->uplinks[uplink].name : "";
}
