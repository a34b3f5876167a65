/* The cheapest plan of a few points by trying every way to group them: what src/meter/plan.c is held against, in its
 * unit test and in bench/plan.c. It shares nothing with the planner but the price of a request. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "hjgate/meter_plan.h"

#define SEARCH_WANTS_MAX 12

struct search {
	const struct hj_want *wants;
	size_t n;
	const struct hj_plan_rules *rules;
	struct {
		uint32_t from, to, widest; /* widest: the longest of its points */
	} groups[SEARCH_WANTS_MAX];
	size_t group_count;
	uint64_t best_ns;
	size_t best_requests;
};

static inline bool search_legal(const struct search *s, size_t group)
{
	const struct hj_limits *l = &s->rules->limits[s->wants[0].meter];
	uint32_t from = s->groups[group].from, to = s->groups[group].to;
	bool bits = hj_table_is_bits(s->wants[0].table);

	if (s->groups[group].widest == to - from)
		return true; /* one of its points is all of it */
	if (to - from > (bits ? HJ_PLAN_BITS_MAX : l->max_registers ? l->max_registers : HJ_PLAN_REGISTERS_MAX))
		return false;
	for (size_t i = 0; i < l->barrier_count; i++)
		if (from < l->barriers[i] && l->barriers[i] < to)
			return false;
	return true;
}

static inline uint64_t search_cost(const struct search *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->group_count; i++)
		sum += hj_bus_cost_ns(&s->rules->cost, s->wants[0].table, s->groups[i].to - s->groups[i].from);
	return sum;
}

static inline void search_from(struct search *s, size_t want)
{
	const struct hj_want *w = &s->wants[want];
	uint64_t cost = search_cost(s);

	if (cost > s->best_ns || (cost == s->best_ns && s->group_count >= s->best_requests && want < s->n))
		return;
	if (want == s->n) {
		for (size_t i = 0; i < s->group_count; i++)
			if (!search_legal(s, i))
				return;
		if (cost < s->best_ns || s->group_count < s->best_requests)
			s->best_requests = s->group_count;
		s->best_ns = cost;
		return;
	}
	for (size_t i = 0; i <= s->group_count; i++) {
		uint32_t from = s->groups[i].from, to = s->groups[i].to, widest = s->groups[i].widest;
		bool is_new = i == s->group_count;

		s->groups[i].from = is_new || w->address < from ? w->address : from;
		s->groups[i].to = is_new || w->address + w->count > to ? w->address + w->count : to;
		s->groups[i].widest = is_new || w->count > widest ? w->count : widest;
		s->group_count += is_new;
		search_from(s, want + 1);
		s->group_count -= is_new;
		s->groups[i].from = from;
		s->groups[i].to = to;
		s->groups[i].widest = widest;
		if (is_new)
			break;
	}
}

/* All wants are of one meter, table and interval, at most SEARCH_WANTS_MAX; rules->limits must be there. */
static inline void search_best(const struct hj_want *wants, size_t n, const struct hj_plan_rules *rules,
        uint64_t *ret_ns, size_t *ret_requests)
{
	struct search s = {
		.wants = wants, .n = n, .rules = rules, .best_ns = UINT64_MAX, .best_requests = SIZE_MAX
	};

	search_from(&s, 0);
	*ret_ns = s.best_ns;
	*ret_requests = s.best_requests;
}

/* A random map of a meter: points that lie together, overlap, enclose one another, with holes of every size. */
static inline size_t search_map(struct hj_want *wants, size_t most, enum hj_table table)
{
	static const uint32_t spread[] = { 12, 60, 200, 900 };
	uint32_t within = spread[random() % 4] * (hj_table_is_bits(table) ? 8 : 1);
	size_t n = 1 + (size_t)random() % most;

	for (size_t i = 0; i < n; i++)
		wants[i] = (struct hj_want){ .table = table,
			.address = (uint32_t)random() % within,
			.count = hj_table_is_bits(table) ? 1 : (uint16_t)(random() % 8 ? 1 + random() % 4 : 40),
			.interval_ms = 1000 };
	return n;
}

/* Limits and a bus at random. */
static inline void search_rules(struct hj_plan_rules *rules, struct hj_limits *limits, uint16_t barriers[4])
{
	static const int64_t bauds[] = { 1200, 9600, 115200 };

	*limits = (struct hj_limits){ .barriers = barriers, .barrier_count = (size_t)random() % 5 };
	for (size_t i = 0; i < limits->barrier_count; i++)
		barriers[i] = (uint16_t)(random() % 200);
	if (random() % 2)
		limits->max_registers = 1 + (unsigned)random() % 125;
	*rules = (struct hj_plan_rules){ .cost = hj_bus_cost_of(HJ_BUS_rtu, bauds[random() % 3], 10),
		.limits = limits };
}
