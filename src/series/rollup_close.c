/* Which windows are complete, and their joining into records. A record is made of whatever accumulators are complete
 * for its label; what it holds is marked closed for those buses, and the accumulators are gone from the checkpoint in
 * the same step. */
#include "rollup_impl.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static bool is_gone(const struct hj_rollup_bus *b, const struct hj_now *now)
{
	return !b->connected && !b->held && now->mono >= b->lost_at + HJ_ROLLUP_GONE_MS * HJ_USEC_PER_MS;
}

/* Has the bus given all it can give before this time? */
static bool has_passed(const struct hj_rollup_bus *b, int64_t end_ms, const struct hj_now *now)
{
	return b->upto_ms >= end_ms || (is_gone(b, now) && now->wall_ms >= end_ms);
}

static int64_t end_of(const struct window *w)
{
	return w->label_ms + w->length_ms;
}

static void mark_ready(struct hj_rollup_bus *b, const struct hj_now *now)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->windows[i].ready_at == HJ_USEC_NEVER && has_passed(b, end_of(&b->windows[i]), now))
			b->windows[i].ready_at = now->mono;
}

void hj_rollup_upto(struct hj_rollup *r, struct hj_rollup_bus *b, int64_t upto_ms, const struct hj_now *now)
{
	b->upto_ms = upto_ms;
	mark_ready(b, now);
	/* Read while the clock was far ahead: their time will not come again. */
	for (size_t i = b->count; i-- > 0 && b->windows[i].label_ms > upto_ms + HJ_ROLLUP_AHEAD_MS;)
		if (b->windows[i].ready_at == HJ_USEC_NEVER)
			b->windows[i].ready_at = now->mono;
}

static bool all_passed(const struct hj_rollup *r, int64_t end_ms, const struct hj_now *now)
{
	for (size_t i = 0; i < r->count; i++)
		if (!has_passed(r->buses[i], end_ms, now) && !is_gone(r->buses[i], now))
			return false;
	return true;
}

/* When the record of this label is due at the latest: the grace after the first of its windows was complete. */
static hj_usec due_at(const struct hj_rollup *r, const struct window *like)
{
	hj_usec first = HJ_USEC_NEVER;

	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; k < r->buses[i]->count; k++)
			if (r->buses[i]->windows[k].label_ms == like->label_ms)
				first = hj_min(first, r->buses[i]->windows[k].ready_at);
	return first == HJ_USEC_NEVER ? first : first + HJ_ROLLUP_GRACE_MS * HJ_USEC_PER_MS;
}

/* The oldest label that is due; NULL where none is. */
static const struct window *find_due(struct hj_rollup *r, const struct hj_now *now)
{
	const struct window *best = NULL;

	for (size_t i = 0; i < r->count; i++) {
		struct hj_rollup_bus *b = r->buses[i];

		mark_ready(b, now);
		for (size_t k = 0; k < b->count; k++) {
			const struct window *w = &b->windows[k];

			if (w->ready_at == HJ_USEC_NEVER || (best && best->label_ms <= w->label_ms))
				continue;
			if (all_passed(r, end_of(w), now) || now->mono >= due_at(r, w))
				best = w;
		}
	}
	return best;
}

/* Which gap is given up where there are too many stretches: the smallest of those before what was just noted, since
 * no sample comes there any more; never the one after it, which the clock walks into next. */
static size_t gap_to_close(const struct hj_rollup_bus *b, size_t noted)
{
	const struct labels *list = b->closed;
	size_t first = noted ? 0 : 1, end = noted ? noted : b->closed_count - 1, best = first;

	for (size_t i = first; i < end; i++)
		if (list[i + 1].from_ms - list[i].end_ms < list[best + 1].from_ms - list[best].end_ms)
			best = i;
	return best;
}

/* Sorted and disjoint; when there are too many, a gap is closed: then a sample in it is late, and no label comes
 * twice. */
void rollup_note_closed(struct hj_rollup_bus *b, int64_t from_ms, int64_t end_ms)
{
	struct labels *list = b->closed;
	size_t i = 0, n = 0, best;

	while (i < b->closed_count && list[i].end_ms < from_ms)
		i++;
	while (i + n < b->closed_count && list[i + n].from_ms <= end_ms)
		n++;
	if (n) {
		from_ms = hj_min(from_ms, list[i].from_ms);
		end_ms = hj_max(end_ms, list[i + n - 1].end_ms);
	}
	memmove(&list[i + 1], &list[i + n], (b->closed_count - i - n) * sizeof(list[0]));
	list[i] = (struct labels){ from_ms, end_ms };
	b->closed_count = b->closed_count + 1 - n;
	if (b->closed_count <= HJ_ROLLUP_CLOSED_MAX)
		return;
	best = gap_to_close(b, i);
	list[best].end_ms = list[best + 1].end_ms;
	b->closed_count--;
	memmove(&list[best + 1], &list[best + 2], (b->closed_count - best - 1) * sizeof(list[0]));
}

/* What the joined windows of one label come to. */
struct joined {
	struct accums accums;
	int64_t *from_ms; /* of each accumulator, by position */
	size_t room;
};

static int join_window(struct hj_rollup *r, struct joined *j, const struct window *w)
{
	for (size_t i = 0; i < w->accums.count; i++) {
		const struct accum *from = &w->accums.list[i];
		size_t before = j->accums.count, at;
		struct accum *to = accums_get(&j->accums, from->point);

		if (!to)
			return -ENOMEM;
		at = (size_t)(to - j->accums.list);
		if (j->accums.count > before) {
			memmove(&j->from_ms[at + 1], &j->from_ms[at], (before - at) * sizeof(j->from_ms[0]));
			j->from_ms[at] = w->from_ms;
		}
		j->from_ms[at] = hj_min(j->from_ms[at], w->from_ms);
		accum_merge(to, from);
	}
	return 0;
}

/* A point that another bus has closed under this very label already (its meter was moved) is not said twice; what its
 * total grew by here is in the next window. */
static int make_stats(struct hj_rollup *r, const struct joined *j, struct hj_closed *c)
{
	struct hj_stat *stats = calloc(j->accums.count ? j->accums.count : 1, sizeof(*stats));

	if (!stats)
		return -ENOMEM;
	c->stats = (struct hj_stats){ .stats = stats };
	for (size_t i = 0; i < j->accums.count; i++) {
		const struct accum *a = &j->accums.list[i];
		const struct hj_point *p = hj_dictionary_find(r->dictionary, a->point);
		struct point_state *state = rollup_state(r, a->point);
		struct hj_stat *stat = &stats[c->stats.count];

		if (state && state->label_ms == c->label_ms && state->total)
			hj_total_keep(state->total, a->grown);
		if (!state || state->label_ms == c->label_ms)
			continue;
		accum_stat(a, p, c->label_ms + c->length_ms - j->from_ms[i], r->normal_part, stat);
		if (p && p->total && state->total)
			stat->cou = hj_total_close(state->total, a->grown);
		state->label_ms = c->label_ms;
		c->stats.count++;
	}
	return 0;
}

/* The windows of this label that are complete, out of their buses. */
static void drop_joined(struct hj_rollup *r, int64_t label_ms)
{
	for (size_t i = 0; i < r->count; i++) {
		struct hj_rollup_bus *b = r->buses[i];

		for (size_t k = b->count; k-- > 0;) {
			if (b->windows[k].label_ms != label_ms || b->windows[k].ready_at == HJ_USEC_NEVER)
				continue;
			rollup_note_closed(b, label_ms, label_ms + b->windows[k].length_ms);
			rollup_drop_window(b, k);
		}
	}
}

/* The complete windows of this label, each with fn. */
static int each_complete(struct hj_rollup *r, int64_t label_ms, struct joined *j,
        int (*fn)(struct hj_rollup *r, struct joined *j, const struct window *w))
{
	int e = 0;

	for (size_t i = 0; i < r->count && e >= 0; i++)
		for (size_t k = 0; k < r->buses[i]->count && e >= 0; k++) {
			const struct window *w = &r->buses[i]->windows[k];

			if (w->label_ms == label_ms && w->ready_at != HJ_USEC_NEVER)
				e = fn(r, j, w);
		}
	return e;
}

static int count_window(struct hj_rollup *r, struct joined *j, const struct window *w)
{
	(void)r;
	j->room += w->accums.count;
	return 0;
}

int hj_rollup_take(struct hj_rollup *r, const struct hj_now *now, struct hj_closed *ret)
{
	const struct window *due = find_due(r, now);
	struct hj_closed c = { 0 };
	struct joined j = { 0 };
	int e;

	if (!due)
		return 0;
	c.label_ms = due->label_ms;
	c.length_ms = (uint32_t)due->length_ms;
	each_complete(r, c.label_ms, &j, count_window);
	j.from_ms = calloc(j.room + 1, sizeof(*j.from_ms));
	e = j.from_ms ? each_complete(r, c.label_ms, &j, join_window) : -ENOMEM;
	e = e < 0 ? e : make_stats(r, &j, &c);
	accums_done(&j.accums);
	free(j.from_ms);
	if (e < 0)
		return e; /* out of memory: all is as it was, and is tried again */
	drop_joined(r, c.label_ms);
	*ret = c;
	return 1;
}

void hj_rollup_deadline(const struct hj_rollup *r, const struct hj_now *now, hj_usec *ret_mono, int64_t *ret_wall_ms)
{
	hj_usec mono = HJ_USEC_NEVER;
	int64_t wall = INT64_MAX;

	for (size_t i = 0; i < r->count; i++) {
		const struct hj_rollup_bus *b = r->buses[i];

		/* A bus that is away matters when it becomes gone, and from then on at its windows' ends. */
		if (!b->connected && !b->held && !is_gone(b, now))
			mono = hj_min(mono, b->lost_at + HJ_ROLLUP_GONE_MS * HJ_USEC_PER_MS);
		for (size_t k = 0; k < b->count; k++) {
			if (b->windows[k].ready_at != HJ_USEC_NEVER)
				mono = hj_min(mono, due_at(r, &b->windows[k]));
			else if (is_gone(b, now))
				wall = hj_min(wall, end_of(&b->windows[k]));
		}
	}
	*ret_mono = mono;
	*ret_wall_ms = wall;
}

static bool bus_pending(const struct hj_rollup_bus *b, int64_t end_ms, const struct hj_now *now)
{
	if (b->count && b->windows[0].label_ms < end_ms)
		return true;
	return !is_gone(b, now) && b->upto_ms < end_ms;
}

bool hj_rollup_any_pending(const struct hj_rollup *r, int64_t end_ms, const struct hj_now *now)
{
	for (size_t i = 0; i < r->count; i++)
		if (bus_pending(r->buses[i], end_ms, now))
			return true;
	return false;
}

bool hj_rollup_pending(const struct hj_rollup *r, uint32_t point, int64_t end_ms, const struct hj_now *now)
{
	for (size_t i = 0; i < r->state_count; i++)
		if (r->states[i].point == point && r->states[i].bus)
			return bus_pending(r->states[i].bus, end_ms, now);
	/* Not heard of since the start: any bus may have it. */
	return hj_rollup_any_pending(r, end_ms, now);
}
