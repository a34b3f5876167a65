/* A meter says that it refuses a request, but not which of its registers it does not have. The culprit is mostly a
 * hole that was asked along, so a refused request is cut at its middle hole, or in its middle where it has none; the
 * refused half is cut again. When every point has been answered or refused alone, the cuts that led to the culprit
 * but are not it are taken back. A cut whose two sides are both answered stays: there the meter bears no request
 * across, or none so long. Each search leaves a cut or a refused point more than before, so it ends. Pure. */
#include "hjgate/meter_split.h"

#include <errno.h>
#include <stdlib.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_plan.h"

int hj_splits_init(struct hj_splits *s, size_t wants)
{
	*s = (struct hj_splits){ .wants = wants };
	s->in_question = calloc(wants ? wants : 1, sizeof(*s->in_question));
	return s->in_question ? 0 : -ENOMEM;
}

void hj_splits_done(struct hj_splits *s)
{
	free(s->list);
	free(s->in_question);
	*s = (struct hj_splits){ 0 };
}

static bool is_of(const struct hj_split *x, uint16_t meter, enum hj_table table)
{
	return x->meter == meter && x->table == table;
}

bool hj_splits_allow(
        const struct hj_splits *s, uint16_t meter, enum hj_table table, uint32_t first, uint32_t last, uint32_t to)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct hj_split *x = &s->list[i];

		if (!is_of(x, meter, table) || first == last)
			continue;
		if (x->cut ? first < x->cut && x->cut <= last : first <= x->from && x->to <= to)
			return false;
	}
	return true;
}

/* ---- cutting ---- */

/* The points of a request that no other of its points encloses, in their order: the i-th begins a new one where it
 * reaches further than all before it. */
struct cutting {
	size_t points, holes;
	uint32_t last;
};

/* Counts, and at the boundary number `hole_wanted` of the holes or `wanted` of all gives the address after it. */
static struct cutting walk(const struct hj_request *q, const struct hj_want *wants, const size_t *order,
        size_t wanted, size_t hole_wanted, uint32_t *cut)
{
	struct cutting c = { 0 };
	uint32_t end = 0;

	for (size_t i = 0; i < q->wants; i++) {
		const struct hj_want *w = &wants[order[q->first + i]];

		if (c.points && w->address + w->count <= end)
			continue;
		if (c.points && w->address > end && ++c.holes == hole_wanted)
			*cut = w->address;
		if (c.points && c.points == wanted)
			*cut = w->address;
		end = w->address + w->count;
		c.last = w->address;
		c.points++;
	}
	return c;
}

static struct hj_split *find(struct hj_splits *s, const struct hj_split *like)
{
	for (size_t i = 0; i < s->count; i++)
		if (is_of(&s->list[i], like->meter, like->table) && s->list[i].from == like->from &&
		        s->list[i].to == like->to)
			return &s->list[i];
	return NULL;
}

static bool put(struct hj_splits *s, const struct hj_split *x)
{
	struct hj_split *known = find(s, x), *list;

	if (!known) {
		list = realloc(s->list, (s->count + 1) * sizeof(*list));
		if (!list)
			return false;
		s->list = list;
		known = &list[s->count++];
	}
	*known = *x;
	return true;
}

static void mark(struct hj_splits *s, const struct hj_request *q, const size_t *order, uint8_t value)
{
	for (size_t i = 0; i < q->wants; i++)
		s->in_question[order[q->first + i]] = value;
}

/* ---- the search is over ---- */

/* A smaller refusal on one side of the cut says why the larger was refused. */
static bool is_explained(const struct hj_splits *s, const struct hj_split *x)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct hj_split *f = &s->list[i];

		if (f != x && is_of(f, x->meter, x->table) && f->from >= x->from && f->last <= x->last &&
		        (f->last < x->cut || f->from >= x->cut))
			return true;
	}
	return false;
}

static bool is_searching(const struct hj_splits *s, const struct hj_want *wants, uint16_t meter, enum hj_table table)
{
	for (size_t i = 0; i < s->wants; i++)
		if (s->in_question[i] && wants[i].meter == meter && wants[i].table == table)
			return true;
	return false;
}

/* From the largest to the smallest is not needed: what explains a cut is explained itself only by something smaller,
 * which explains the first as well. */
static bool take_back(struct hj_splits *s, uint16_t meter, enum hj_table table)
{
	size_t kept = 0, before = s->count;
	bool explained;

	for (size_t i = 0; i < before; i++) {
		explained = s->list[i].cut && is_of(&s->list[i], meter, table) && is_explained(s, &s->list[i]);
		s->list[i].to = explained ? 0 : s->list[i].to; /* marks it */
	}
	for (size_t i = 0; i < before; i++)
		if (s->list[i].to)
			s->list[kept++] = s->list[i];
	s->count = kept;
	return kept < before;
}

static enum hj_split_next settled(
        struct hj_splits *s, const struct hj_request *q, const struct hj_want *wants, const size_t *order)
{
	bool was_asked_for = false;

	for (size_t i = 0; i < q->wants; i++)
		was_asked_for = was_asked_for || s->in_question[order[q->first + i]];
	mark(s, q, order, 0);
	if (!was_asked_for || is_searching(s, wants, q->meter, q->table))
		return HJ_SPLIT_NONE;
	return take_back(s, q->meter, q->table) ? HJ_SPLIT_PLAN : HJ_SPLIT_NONE;
}

/* ---- what came of a request ---- */

enum hj_split_next hj_splits_refused(struct hj_splits *s, const struct hj_request *q, const struct hj_want *wants,
        const size_t *order, hj_usec now)
{
	struct hj_split x = { .meter = q->meter, .table = q->table, .from = q->address, .since = now };
	struct cutting c = walk(q, wants, order, 0, 0, &x.cut);

	x.to = q->address + q->count;
	x.last = c.last;
	if (c.points < 2) {
		if (!find(s, &x))
			put(s, &x);
		return settled(s, q, wants, order);
	}
	if (c.holes)
		walk(q, wants, order, 0, (c.holes + 1) / 2, &x.cut);
	else
		walk(q, wants, order, c.points / 2, 0, &x.cut);
	if (!put(s, &x))
		return HJ_SPLIT_NONE;
	mark(s, q, order, 1);
	return HJ_SPLIT_AGAIN;
}

enum hj_split_next hj_splits_answered(
        struct hj_splits *s, const struct hj_request *q, const struct hj_want *wants, const size_t *order)
{
	const struct hj_split like = {
		.meter = q->meter, .table = q->table, .from = q->address, .to = q->address + q->count
	};
	struct hj_split *known = s->count ? find(s, &like) : NULL;

	if (!s->count)
		return HJ_SPLIT_NONE;
	if (!known)
		return settled(s, q, wants, order);
	*known = s->list[--s->count]; /* refused once, answered now */
	settled(s, q, wants, order);
	return HJ_SPLIT_PLAN;
}

bool hj_splits_expire(struct hj_splits *s, hj_usec now)
{
	size_t kept = 0, before = s->count;

	for (size_t i = 0; i < before; i++)
		if (now - s->list[i].since < HJ_SPLIT_LASTS)
			s->list[kept++] = s->list[i];
	s->count = kept;
	return kept < before;
}
