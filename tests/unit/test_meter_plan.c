/* Requests are legal, hold every want once, and cost the bus as little as any could. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_plan.h"
#include "meter_plan_search.h"

#define IN   HJ_TABLE_INPUT
#define HO   HJ_TABLE_HOLDING
#define CO   HJ_TABLE_COIL
#define DATA HJ_TABLE_DATA
#define SEC  1000
/* meter, table, address, words, interval */
#define WANT(...)                                                                                                    \
	{                                                                                                            \
		__VA_ARGS__, 0                                                                                       \
	}

static struct hj_plan_rules rtu(int64_t baud)
{
	return (struct hj_plan_rules){ .cost = hj_bus_cost_of(HJ_BUS_rtu, baud, 10) };
}

static void near(uint64_t us, uint64_t wanted)
{
	assert_in_range(us, wanted - 2, wanted + 2); /* a byte is rounded to whole ns */
}

static void prices_are_those_of_the_wire(void **state)
{
	struct hj_bus_cost c = hj_bus_cost_of(HJ_BUS_rtu, 9600, 10), fast = hj_bus_cost_of(HJ_BUS_rtu, 115200, 10);

	(void)state;
	/* 8 bytes out, 5 and 2 x 10 back, at 1/960 s each; 3.5 characters of silence and 1 ms; the meter's 10 ms. */
	near(hj_bus_cost_ns(&c, HO, 10) / 1000, 33 * 1000000 / 960 + 3645 + 1000 + 10000);
	near(hj_bus_cost_ns(&c, CO, 17) / 1000, 16 * 1000000 / 960 + 3645 + 1000 + 10000);
	near(hj_bus_cost_silent(&c, 100000), 8 * 1000000 / 960 + 3645 + 1000 + 100000);
	assert_int_equal(fast.gap_us, 2750);
	assert_int_equal(hj_bus_cost_of(HJ_BUS_tcp, 0, 0).gap_us, 0);
}

/* At 9600 baud a request more costs as much as 26 bytes; at 115200 baud as much as 159. */
static void a_hole_is_asked_along_where_that_is_cheaper(void **state)
{
	static const struct {
		int64_t baud;
		uint16_t hole;
		size_t requests;
	} cases[] = { { 9600, 13, 1 }, { 9600, 14, 2 }, { 115200, 79, 1 }, { 115200, 80, 2 } };

	(void)state;
	for (size_t i = 0; i < hj_array_size(cases); i++) {
		const struct hj_want wants[] = { WANT(0, HO, 100, 2, SEC),
			WANT(0, HO, 102u + cases[i].hole, 1, SEC) };
		struct hj_plan_rules rules = rtu(cases[i].baud);
		struct hj_plan p;

		assert_int_equal(hj_plan_make(wants, 2, &rules, &p), 0);
		assert_int_equal(p.count, cases[i].requests);
		hj_plan_done(&p);
	}
}

static void keeps_apart_what_does_not_belong_together(void **state)
{
	static const struct hj_want wants[] = {
		WANT(1, IN, 12, 1, SEC), WANT(1, IN, 0, 2, SEC), WANT(1, IN, 2, 2, SEC), WANT(1, HO, 0, 1, SEC),
		WANT(2, IN, 0, 1, SEC), WANT(1, IN, 1, 1, 5 * SEC), /* another interval */
		{ 1, IN, 3, 1, SEC, 200 },                          /* looked at faster */
	};
	struct hj_plan_rules rules = rtu(9600);
	struct hj_plan p;

	(void)state;
	assert_int_equal(hj_plan_make(wants, hj_array_size(wants), &rules, &p), 0);
	assert_int_equal(p.count, 5);
	assert_int_equal(p.requests[0].table, HO);
	assert_int_equal(p.requests[1].address, 0);
	assert_int_equal(p.requests[1].count, 13);
	assert_int_equal(p.requests[1].wants, 3);
	assert_int_equal(p.order[p.requests[1].first], 1);
	assert_int_equal(p.order[p.requests[1].first + 2], 0);
	assert_int_equal(p.requests[2].fast_ms, 200);
	assert_int_equal(p.requests[3].interval_ms, 5 * SEC);
	assert_int_equal(p.requests[4].meter, 2);
	hj_plan_done(&p);
}

static void keeps_the_limits(void **state)
{
	static const uint16_t barrier = 50;
	const struct hj_limits limits[] = { { 0, NULL, 0 }, { 40, &barrier, 1 } };
	struct hj_want wants[200];
	struct hj_plan_rules rules = rtu(9600);
	struct hj_plan p;

	(void)state;
	rules.limits = limits;
	for (int i = 0; i < 200; i++)
		wants[i] = (struct hj_want)WANT(0, HO, (uint16_t)(2 * i), 2, SEC);
	assert_int_equal(hj_plan_make(wants, 200, &rules, &p), 0);
	assert_int_equal(p.count, 4);
	for (size_t i = 0; i < p.count; i++)
		assert_true(p.requests[i].count <= 125);
	hj_plan_done(&p);

	for (int i = 0; i < 200; i++)
		wants[i].meter = 1;
	assert_int_equal(hj_plan_make(wants, 40, &rules, &p), 0); /* 80 registers: 50 and 30 */
	assert_int_equal(p.count, 3);
	for (size_t i = 0; i < p.count; i++)
		assert_true(p.requests[i].count <= 40 &&
		            (p.requests[i].address >= 50 || p.requests[i].address + p.requests[i].count <= 50));
	hj_plan_done(&p);

	for (int i = 0; i < 200; i++)
		wants[i] = (struct hj_want)WANT(0, CO, (uint16_t)(20 * i), 1, SEC);
	assert_int_equal(hj_plan_make(wants, 200, &rules, &p), 0);
	assert_int_equal(p.count, 2);
	hj_plan_done(&p);
}

static void takes_overlaps_and_the_last_address(void **state)
{
	static const struct hj_want wants[] = { WANT(0, HO, 65535, 1, SEC), WANT(0, HO, 65534, 1, SEC),
		WANT(0, HO, 65534, 2, SEC) };
	struct hj_plan_rules rules = rtu(9600);
	struct hj_plan p;

	(void)state;
	assert_int_equal(hj_plan_make(wants, 3, &rules, &p), 0);
	assert_int_equal(p.count, 1);
	assert_int_equal(p.requests[0].address, 65534);
	assert_int_equal(p.requests[0].count, 2);
	assert_int_equal(p.requests[0].wants, 3);
	assert_int_equal(p.order[0], 2); /* what encloses the others comes first */
	hj_plan_done(&p);
}

static void only_equal_data_identifiers_merge(void **state)
{
	static const struct hj_want wants[] = { WANT(0, DATA, 0x02010100, 1, SEC), WANT(0, DATA, 0x02010200, 1, SEC),
		WANT(0, DATA, 0x02010100, 1, SEC), WANT(0, DATA, 0x02010101, 1, SEC) };
	struct hj_plan_rules rules = { .cost = hj_bus_cost_of(HJ_BUS_dlt645, 2400, 11) };
	struct hj_plan p;

	(void)state;
	assert_int_equal(hj_plan_make(wants, 4, &rules, &p), 0);
	assert_int_equal(p.count, 3);
	assert_int_equal(p.requests[0].wants, 2);
	hj_plan_done(&p);
}

static void refuses_the_impossible(void **state)
{
	static const struct hj_want bad[] = { WANT(1, HO, 65535, 2, SEC), WANT(1, HO, 0, 126, SEC),
		WANT(1, CO, 0, 2001, SEC), WANT(1, HO, 0, 0, SEC), WANT(1, (enum hj_table)0, 0, 1, SEC),
		WANT(1, (enum hj_table)7, 0, 1, SEC), WANT(1, HO, 0, 1, 0) };
	struct hj_plan_rules rules = rtu(9600);
	struct hj_plan p;

	(void)state;
	for (size_t i = 0; i < hj_array_size(bad); i++)
		assert_int_equal(hj_plan_make(&bad[i], 1, &rules, &p), -EINVAL);
	assert_int_equal(hj_plan_make(NULL, 0, &rules, &p), 0);
	assert_int_equal(p.count, 0);
	hj_plan_done(&p);
}

/* Whatever is wanted: each want in exactly one request that covers it, and every request legal. */
static void any_wants_are_covered_once(void **state)
{
	struct hj_plan_rules rules = rtu(9600);

	(void)state;
	srandom(1);
	for (int round = 0; round < 300; round++) {
		struct hj_want wants[60];
		size_t n = (size_t)(random() % 60), seen = 0;
		struct hj_plan p;

		for (size_t i = 0; i < n; i++)
			wants[i] = (struct hj_want){ (uint16_t)(1 + random() % 3), (enum hj_table)(1 + random() % 4),
				(uint16_t)(random() % 400), (uint16_t)(1 + random() % 3),
				random() % 2 ? SEC : 2 * SEC, random() % 3 ? 0 : 100 };
		assert_int_equal(hj_plan_make(wants, n, &rules, &p), 0);
		for (size_t r = 0; r < p.count; r++) {
			const struct hj_request *q = &p.requests[r];

			assert_int_equal(q->first, seen);
			assert_true(q->count <=
			            (q->table <= HJ_TABLE_DISCRETE ? HJ_PLAN_BITS_MAX : HJ_PLAN_REGISTERS_MAX));
			for (size_t i = q->first; i < q->first + q->wants; i++) {
				const struct hj_want *w = &wants[p.order[i]];

				assert_int_equal(w->meter, q->meter);
				assert_int_equal(w->table, q->table);
				assert_int_equal(w->interval_ms, q->interval_ms);
				assert_int_equal(w->fast_ms, q->fast_ms);
				assert_true(
				        w->address >= q->address && w->address + w->count <= q->address + q->count);
			}
			seen += q->wants;
		}
		assert_int_equal(seen, n);
		hj_plan_done(&p);
	}
}

/* The planner against every way to group the points: as cheap, and as few requests. */
static void no_plan_is_cheaper(void **state)
{
	(void)state;
	srandom(7);
	for (int round = 0; round < 3000; round++) {
		size_t most = round % 100 ? 7 : SEARCH_WANTS_MAX, n, best_requests;
		struct hj_want wants[SEARCH_WANTS_MAX];
		struct hj_plan_rules rules;
		struct hj_limits limits;
		uint64_t best, cost = 0;
		uint16_t barriers[4];
		struct hj_plan p;

		search_rules(&rules, &limits, barriers);
		n = search_map(wants, most, random() % 4 ? HO : CO);
		search_best(wants, n, &rules, &best, &best_requests);
		assert_int_equal(hj_plan_make(wants, n, &rules, &p), 0);
		for (size_t i = 0; i < p.count; i++)
			cost += hj_bus_cost_ns(&rules.cost, p.requests[i].table, p.requests[i].count);
		assert_int_equal(cost, best);
		assert_int_equal(p.count, best_requests);
		hj_plan_done(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prices_are_those_of_the_wire),
		cmocka_unit_test(a_hole_is_asked_along_where_that_is_cheaper),
		cmocka_unit_test(keeps_apart_what_does_not_belong_together),
		cmocka_unit_test(keeps_the_limits),
		cmocka_unit_test(takes_overlaps_and_the_last_address),
		cmocka_unit_test(only_equal_data_identifiers_merge),
		cmocka_unit_test(refuses_the_impossible),
		cmocka_unit_test(any_wants_are_covered_once),
		cmocka_unit_test(no_plan_is_cheaper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
