/* Merging points into requests: sorted, then taken together as long as the hole is small and the request is legal.
 * Points of different intervals stay apart, so that a slow point is not asked as often as a fast neighbour. Pure; the
 * plan belongs to the caller. */
#include "hjgate/meter_plan.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define ADDRESSES 65536u

static unsigned most(enum hj_table table)
{
	return hj_table_is_bits(table) ? HJ_PLAN_BITS_MAX : HJ_PLAN_REGISTERS_MAX;
}

static unsigned hole(enum hj_table table)
{
	return hj_table_is_bits(table) ? HJ_PLAN_HOLE_BITS : HJ_PLAN_HOLE_REGISTERS;
}

static int sign(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

/* The index is the last key, which makes the order the same on every machine. */
static int compare(const void *x, const void *y, void *userdata)
{
	const struct hj_want *wants = userdata;
	const size_t *i = x, *j = y;
	const struct hj_want *a = &wants[*i], *b = &wants[*j];
	int r = sign(a->meter, b->meter);

	r = r ? r : sign(a->table, b->table);
	r = r ? r : sign(a->interval_ms, b->interval_ms);
	r = r ? r : sign(a->address, b->address);
	return r ? r : (*i > *j) - (*i < *j);
}

static bool joins(const struct hj_request *q, const struct hj_want *w)
{
	unsigned end = q->address + q->count, stop = w->address + w->count;
	enum hj_apart apart = q->apart > w->apart ? q->apart : w->apart;
	unsigned reach = q->table == HJ_TABLE_DATA ? q->address : apart == HJ_TOGETHER ? end + hole(q->table) : end;

	return q->meter == w->meter && q->table == w->table && q->interval_ms == w->interval_ms &&
	       apart != HJ_ALONE && w->address <= reach && stop - q->address <= most(q->table);
}

static void join(struct hj_request *q, const struct hj_want *w)
{
	unsigned end = q->address + q->count, stop = w->address + w->count;

	q->count = (uint16_t)((stop > end ? stop : end) - q->address);
	q->apart = q->apart > w->apart ? q->apart : w->apart;
	q->wants++;
}

static void begin(struct hj_request *q, const struct hj_want *w, size_t first)
{
	*q = (struct hj_request){
		.meter = w->meter,
		.table = w->table,
		.address = w->address,
		.count = w->count,
		.interval_ms = w->interval_ms,
		.apart = w->apart,
		.first = first,
		.wants = 1,
	};
}

static bool possible(const struct hj_want *w)
{
	if (w->table == HJ_TABLE_DATA)
		return w->count == 1 && w->interval_ms > 0;
	return w->table >= HJ_TABLE_COIL && w->table <= HJ_TABLE_LINE && w->count >= 1 &&
	       w->count <= most(w->table) && w->address < ADDRESSES && w->address + w->count <= ADDRESSES &&
	       w->interval_ms > 0;
}

int hj_plan_make(const struct hj_want *wants, size_t n, struct hj_plan *ret)
{
	struct hj_plan p = { 0 };

	for (size_t i = 0; i < n; i++)
		if (!possible(&wants[i]))
			return -EINVAL;
	p.order = calloc(n ? n : 1, sizeof(*p.order));
	p.requests = calloc(n ? n : 1, sizeof(*p.requests));
	if (!p.order || !p.requests) {
		hj_plan_done(&p);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		p.order[i] = i;
	qsort_r(p.order, n, sizeof(*p.order), compare, (void *)wants);
	for (size_t i = 0; i < n; i++) {
		const struct hj_want *w = &wants[p.order[i]];

		if (p.count && joins(&p.requests[p.count - 1], w))
			join(&p.requests[p.count - 1], w);
		else
			begin(&p.requests[p.count++], w, i);
	}
	*ret = p;
	return 0;
}

void hj_plan_done(struct hj_plan *p)
{
	free(p->order);
	free(p->requests);
	*p = (struct hj_plan){ 0 };
}
