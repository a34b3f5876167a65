/* Merging points into requests. Points of one meter and table that are wanted equally often are sorted; what another
 * point encloses goes along with it for nothing. Of the others each starts and ends after the one before, so in some
 * cheapest plan every request holds neighbours only: where two requests overlap, what lies in both may be moved into
 * the first without making it longer. So it is enough to know, for each point, the cheapest plan of all up to it:
 * dynamic programming, at most points times points of a request. A hole is asked along exactly where its bytes cost
 * less than a further request. Points of different intervals stay apart, so that a slow point is not asked as often
 * as a fast neighbour. Pure; the plan belongs to the caller. */
#include "hjgate/meter_plan.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "hjgate/cleanup.h"

#define ADDRESSES 65536u

static unsigned most(enum hj_table table)
{
	return hj_table_is_bits(table) ? HJ_PLAN_BITS_MAX : HJ_PLAN_REGISTERS_MAX;
}

static int sign(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static uint32_t end_of(const struct hj_want *w)
{
	return w->address + w->count;
}

static int compare_group(const struct hj_want *a, const struct hj_want *b)
{
	int r = sign(a->meter, b->meter);

	r = r ? r : sign(a->table, b->table);
	r = r ? r : sign(a->interval_ms, b->interval_ms);
	return r ? r : sign(a->fast_ms, b->fast_ms);
}

/* What encloses others comes before them. The index is the last key, which makes the order the same on every machine.
 */
static int compare(const void *x, const void *y, void *userdata)
{
	const struct hj_want *wants = userdata;
	const size_t *i = x, *j = y;
	const struct hj_want *a = &wants[*i], *b = &wants[*j];
	int r = compare_group(a, b);

	r = r ? r : sign(a->address, b->address);
	r = r ? r : sign(end_of(b), end_of(a));
	return r ? r : (*i > *j) - (*i < *j);
}

static bool possible(const struct hj_want *w)
{
	if (w->table == HJ_TABLE_DATA)
		return w->count == 1 && w->interval_ms > 0;
	return w->table >= HJ_TABLE_COIL && w->table <= HJ_TABLE_LINE && w->count >= 1 &&
	       w->count <= most(w->table) && w->address < ADDRESSES && w->address + w->count <= ADDRESSES &&
	       w->interval_ms > 0;
}

/* One step of the dynamic programming: the cheapest plan of the group's first so many points. */
struct step {
	uint64_t cost_ns;
	uint32_t requests;
	uint32_t from; /* its last request begins with this point of the group */
	size_t at;     /* the point's place in the sorted order; what it encloses follows there */
};

struct group {
	const struct hj_want *wants;
	const struct hj_plan_rules *rules;
	const size_t *order;
	struct step *steps; /* [count + 1]; steps[i] is of the first i points, at is of point i */
	size_t count;
};

static const struct hj_want *point(const struct group *g, size_t i)
{
	return &g->wants[g->order[g->steps[i].at]];
}

/* The points that no other encloses, of order[first] to order[end - 1]. */
static void enter(struct group *g, size_t first, size_t end)
{
	uint32_t reach = 0;

	g->count = 0;
	for (size_t i = first; i < end; i++) {
		const struct hj_want *w = &g->wants[g->order[i]];

		if (g->count && end_of(w) <= reach)
			continue;
		reach = end_of(w);
		g->steps[g->count++].at = i;
	}
	g->steps[g->count].at = end;
}

/* Too long for one request, which more points would not mend. */
static bool too_long(const struct group *g, size_t from, size_t last)
{
	const struct hj_want *a = point(g, from), *b = point(g, last);
	const struct hj_limits *limits = g->rules->limits ? &g->rules->limits[a->meter] : NULL;
	unsigned length = end_of(b) - a->address, own = limits ? limits->max_registers : 0;

	if (a->table == HJ_TABLE_DATA)
		return true;
	return length > most(a->table) || (own && !hj_table_is_bits(a->table) && length > own);
}

static bool is_barred(const struct group *g, size_t from, size_t last)
{
	const struct hj_want *a = point(g, from), *b = point(g, last);
	const struct hj_limits *limits = g->rules->limits ? &g->rules->limits[a->meter] : NULL;

	for (size_t i = 0; limits && i < limits->barrier_count; i++)
		if (a->address < limits->barriers[i] && limits->barriers[i] < end_of(b))
			return true;
	return g->rules->splits &&
	       !hj_splits_allow(g->rules->splits, a->meter, a->table, a->address, b->address, end_of(b));
}

static void solve(struct group *g)
{
	g->steps[0].cost_ns = 0;
	g->steps[0].requests = 0;
	for (size_t end = 1; end <= g->count; end++) {
		struct step *s = &g->steps[end];

		s->cost_ns = UINT64_MAX;
		for (size_t from = end; from-- > 0;) {
			const struct hj_want *a = point(g, from), *b = point(g, end - 1);
			const struct step *before = &g->steps[from];
			uint64_t cost;

			if (from + 1 < end && too_long(g, from, end - 1))
				break;
			if (from + 1 < end && is_barred(g, from, end - 1))
				continue;
			cost = before->cost_ns + hj_bus_cost_ns(&g->rules->cost, a->table, end_of(b) - a->address);
			if (cost > s->cost_ns || (cost == s->cost_ns && before->requests + 1 >= s->requests))
				continue;
			s->cost_ns = cost;
			s->requests = before->requests + 1;
			s->from = (uint32_t)from;
		}
	}
}

/* The requests of the group, last to first, into their places. */
static void write_requests(const struct group *g, struct hj_plan *p)
{
	size_t to = p->count + g->steps[g->count].requests;

	p->count = to;
	for (size_t end = g->count; end > 0; end = g->steps[end].from) {
		size_t from = g->steps[end].from;
		const struct hj_want *a = point(g, from), *b = point(g, end - 1);

		p->requests[--to] = (struct hj_request){
			.meter = a->meter,
			.table = a->table,
			.address = a->address,
			.count = (uint16_t)(end_of(b) - a->address),
			.interval_ms = a->interval_ms,
			.fast_ms = a->fast_ms,
			.first = g->steps[from].at,
			.wants = g->steps[end].at - g->steps[from].at,
		};
	}
}

static void merge(struct group *g, size_t n, struct hj_plan *p)
{
	for (size_t first = 0, end; first < n; first = end) {
		for (end = first + 1; end < n; end++)
			if (compare_group(&g->wants[g->order[first]], &g->wants[g->order[end]]))
				break;
		enter(g, first, end);
		solve(g);
		write_requests(g, p);
	}
}

int hj_plan_make(const struct hj_want *wants, size_t n, const struct hj_plan_rules *rules, struct hj_plan *ret)
{
	_cleanup_free_ struct step *steps = calloc(n + 1, sizeof(*steps));
	struct hj_request *fewer;
	struct hj_plan p = { 0 };

	for (size_t i = 0; i < n; i++)
		if (!possible(&wants[i]))
			return -EINVAL;
	p.order = calloc(n ? n : 1, sizeof(*p.order));
	p.requests = calloc(n ? n : 1, sizeof(*p.requests));
	if (!steps || !p.order || !p.requests) {
		hj_plan_done(&p);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		p.order[i] = i;
	qsort_r(p.order, n, sizeof(*p.order), compare, (void *)wants);
	merge(&(struct group){ wants, rules, p.order, steps, 0 }, n, &p);
	fewer = realloc(p.requests, (p.count ? p.count : 1) * sizeof(*p.requests));
	p.requests = fewer ? fewer : p.requests;
	*ret = p;
	return 0;
}

void hj_plan_done(struct hj_plan *p)
{
	free(p->order);
	free(p->requests);
	*p = (struct hj_plan){ 0 };
}
