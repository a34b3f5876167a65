/* The meters' side of completeness: which windows of which point hold a value, day by day, and what of the rest is
 * why. What is missing is looked at window by window, since a cause begins and ends within one; windows beside a
 * known cause that nothing explains are taken for it (an event is told a few failures late). */
#include "gaps_impl.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MS_PER_HOUR (3600 * HJ_MS_PER_SEC)

int hj_gaps_new(const struct hj_gaps_world *world, struct hj_gaps **ret)
{
	struct hj_gaps *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	g->world = *world;
	*ret = g;
	return 0;
}

void hj_gaps_free(struct hj_gaps *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->point_count; i++) {
		spans_done(&g->points[i].good);
		spans_done(&g->points[i].seen);
		gaps_pace_done(&g->points[i]);
	}
	for (size_t i = 0; i < g->uplink_count; i++) {
		spans_done(&g->uplinks[i].acked);
		spans_done(&g->uplinks[i].delivered);
		spans_done(&g->uplinks[i].passed);
		spans_done(&g->uplinks[i].owed);
		free(g->uplinks[i].causes.list);
	}
	free(g->points);
	free(g->numbers);
	free(g->meters);
	free(g->uplinks);
	free(g->causes.list);
	free(g->today.list);
	free(g->hours);
	free(g->gaps);
	free(g);
}

/* ---- a day ---- */

size_t gaps_stride(const struct hj_gaps *g)
{
	return CELL_UPLINKS + g->uplink_count * CELL_UP;
}

/* Meters come with their first record: the day's hours are as long as there are meters. */
static int make_hours(struct hj_gaps *g)
{
	size_t n = g->meter_count * HJ_GAPS_HOURS * gaps_stride(g);
	double *hours;

	if (n <= g->hours_size)
		return 0;
	hours = realloc(g->hours, n * sizeof(*hours));
	if (!hours)
		return -ENOMEM;
	memset(hours + g->hours_size, 0, (n - g->hours_size) * sizeof(*hours));
	g->hours = hours;
	g->hours_size = n;
	return 0;
}

double *gaps_cell(const struct hj_gaps *g, uint32_t meter, int64_t at_ms)
{
	int64_t hour = (at_ms - g->day_ms) / MS_PER_HOUR;
	size_t at = (meter * HJ_GAPS_HOURS + (size_t)hour) * gaps_stride(g);

	if (at_ms < g->day_ms || hour >= HJ_GAPS_HOURS || at + gaps_stride(g) > g->hours_size)
		return NULL;
	return g->hours + at;
}

int hj_gaps_day(struct hj_gaps *g, int64_t begin_ms)
{
	int r = 0;

	g->day_ms = begin_ms;
	g->today.count = 0;
	if (g->hours)
		memset(g->hours, 0, g->hours_size * sizeof(*g->hours));
	for (size_t i = 0; i < g->causes.count && r >= 0; i++) {
		const struct gaps_cause *c = &g->causes.list[i];

		if (c->begin_ms < begin_ms + HJ_MS_PER_DAY && c->end_ms > begin_ms)
			r = gaps_causes_add(g, &g->today, c);
	}
	return r < 0 ? r : make_hours(g);
}

static bool has_value(const struct hj_stat *s)
{
	return s->got || isfinite(s->avg) || isfinite(s->cou);
}

/* A value stands until the next is due: where that is later than the window's end, for those windows too. */
static int64_t good_until(const struct gaps_point *p, const struct hj_head *head)
{
	int64_t length = head->length_ms, windows = ((int64_t)p->interval_ms + length - 1) / length;

	return head->label_ms + hj_max(windows, (int64_t)1) * length;
}

/* What comes beside the grid, of a fast point, an input, or a meter that has come back, makes up for no reading that
 * another point, or another window, is missing. */
static uint32_t read_of_expected(const struct hj_stat *s)
{
	return hj_min(s->got, s->expected);
}

static int note_value(struct hj_gaps *g, struct gaps_point *p, const struct hj_head *head, const struct hj_stat *s)
{
	double *cell = gaps_cell(g, p->meter, head->label_ms);
	int r = gaps_pace_note(p, head, s->expected);
	bool good = has_value(s);

	p->since_ms = hj_min(p->since_ms, head->label_ms);
	if (cell) {
		cell[CELL_EXPECTED] += s->expected;
		cell[CELL_READ] += read_of_expected(s);
		cell[CELL_DUE]++;
		cell[CELL_STORED] += good;
	}
	if (r < 0)
		return r;
	return good ? spans_add(&p->good, head->label_ms, good_until(p, head))
	            : spans_add(&p->seen, head->label_ms, head->label_ms + head->length_ms);
}

int hj_gaps_record(struct hj_gaps *g, const struct hj_head *head, const struct hj_stat *stats, size_t count)
{
	int r = make_hours(g);

	if (!head->length_ms || !hj_kind_is_statistics(head->kind) || head->label_ms < g->world.begin_ms ||
	        head->label_ms >= g->world.end_ms)
		return 0;
	for (size_t i = 0; i < count && r >= 0 && head->kind == HJ_KIND_MINUTE; i++) {
		struct gaps_point *p = (struct gaps_point *)gaps_find(g, stats[i].point);

		r = p ? note_value(g, p, head, &stats[i]) : 0;
	}
	return r < 0 ? r : gaps_uplink_record(g, head, stats, count);
}

/* ---- what is missing ---- */

/* One window, or a part of it. A neighbour's cause is taken where there is none of its own. */
static int add_window(struct hj_gaps *g, size_t index, const struct hj_gap *w)
{
	struct open_gap *open = &g->points[index].open;
	struct hj_gap *o = &open->gap;
	bool touches = o->count && o->end_ms == w->begin_ms;
	bool known = w->cause != HJ_GAP_UNKNOWN;
	int r = 0;

	if (touches && o->cause == HJ_GAP_UNKNOWN && known && o->count <= GAPS_SLACK) {
		o->cause = w->cause;
		o->fill = w->fill;
	}
	if (touches && (o->cause == w->cause ? o->fill == w->fill : !known && open->unexplained < GAPS_SLACK)) {
		open->unexplained = o->cause == w->cause ? 0 : open->unexplained + 1;
		o->end_ms = w->end_ms;
		o->count++;
		o->recorded &= w->recorded;
		return 0;
	}
	r = gaps_emit(g, open);
	*o = *w;
	return r;
}

static struct hj_gap judge_window(
        const struct hj_gaps *g, size_t index, const struct gaps_point *p, int64_t begin_ms, int64_t end_ms)
{
	const struct gaps_cause *c = gaps_causes_find(&g->today, p->meter, begin_ms, end_ms);
	bool recorded = spans_hold(&p->seen, begin_ms);
	struct hj_gap w = { .begin_ms = begin_ms,
		.end_ms = end_ms,
		.what = p->meter,
		.point = (uint32_t)index,
		.points = 1,
		.count = 1,
		.kind = HJ_KIND_MINUTE,
		.recorded = recorded };

	w.cause = c ? c->cause : recorded ? HJ_GAP_METER : HJ_GAP_UNKNOWN;
	w.fill = c && !recorded ? c->fill : HJ_GAP_LOST;
	return w;
}

static int add_stretch(struct hj_gaps *g, size_t index, int64_t from_ms, int64_t to_ms)
{
	const struct gaps_point *p = &g->points[index];
	int64_t length = g->world.length_ms, next;
	int r = 0;

	for (int64_t at = from_ms; at < to_ms && r >= 0; at = next) {
		struct hj_gap w;
		double *cell;

		next = hj_min(hj_window_start(at, length) + length, to_ms);
		w = judge_window(g, index, p, at, next);
		cell = w.recorded ? NULL : gaps_cell(g, p->meter, at);
		if (cell && p->interval_ms) { /* nothing has counted what was due */
			cell[CELL_EXPECTED] += gaps_pace_due(p, at, next, length);
			cell[CELL_DUE] += (double)(next - at) / (double)hj_max((int64_t)p->interval_ms, length);
		}
		r = add_window(g, index, &w);
	}
	return r;
}

/* From its first record on; one that is not configured any more only between two of its records. */
static struct span wanted(const struct hj_gaps *g, const struct gaps_point *p)
{
	int64_t begin = hj_max(g->day_ms, g->world.begin_ms), first = INT64_MAX, last = INT64_MIN;
	struct span s = { hj_max(begin, p->since_ms), hj_min(g->day_ms + HJ_MS_PER_DAY, g->world.end_ms) };

	if (p->configured)
		return s;
	if (p->good.count) {
		first = p->good.list[0].from;
		last = p->good.list[p->good.count - 1].to;
	}
	if (p->seen.count) {
		first = hj_min(first, p->seen.list[0].from);
		last = hj_max(last, p->seen.list[p->seen.count - 1].to);
	}
	return (struct span){ hj_max(s.from, first), hj_min(s.to, last) };
}

static int end_point(struct hj_gaps *g, size_t index)
{
	struct gaps_point *p = &g->points[index];
	struct span span = wanted(g, p);
	int64_t at = span.from;
	int r = 0;

	for (size_t i = spans_find(&p->good, at); at < span.to && r >= 0; i++) {
		int64_t upto = i < p->good.count ? hj_min(p->good.list[i].from, span.to) : span.to;

		r = add_stretch(g, index, at, upto);
		at = i < p->good.count ? p->good.list[i].to : span.to;
	}
	p->seen.count = 0;
	gaps_pace_day_end(p);
	/* A value that stands into the next day is that day's too. */
	if (p->good.count && p->good.list[p->good.count - 1].to > g->day_ms + HJ_MS_PER_DAY)
		p->good.list[0] = p->good.list[p->good.count - 1];
	else
		p->good.count = 0;
	p->good.count = hj_min(p->good.count, (size_t)1);
	return r;
}

int hj_gaps_day_end(struct hj_gaps *g)
{
	int r = make_hours(g);

	for (size_t i = 0; i < g->point_count && r >= 0; i++)
		r = end_point(g, i);
	return r;
}

bool hj_gaps_hour(const struct hj_gaps *g, uint32_t meter, unsigned hour, struct hj_gaps_hour *ret)
{
	const double *cell = gaps_cell(g, meter, g->day_ms + hour * MS_PER_HOUR);

	if (!cell || cell[CELL_DUE] <= 0)
		return false;
	*ret = (struct hj_gaps_hour){ .expected = cell[CELL_EXPECTED],
		.read = cell[CELL_READ],
		.due = cell[CELL_DUE],
		.stored = cell[CELL_STORED] };
	for (size_t i = 0; i < g->uplink_count; i++) {
		const double *up = cell + CELL_UPLINKS + i * CELL_UP;

		ret->uplinks[i].due = (uint32_t)up[CELL_UP_DUE];
		ret->uplinks[i].sent = (uint32_t)up[CELL_UP_SENT];
		ret->uplinks[i].acked = (uint32_t)up[CELL_UP_ACKED];
	}
	return true;
}
