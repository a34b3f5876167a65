/* Requests are legal, hold every want once, and are as few as the rules allow. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_plan.h"

#define IN  HJ_TABLE_INPUT
#define HO  HJ_TABLE_HOLDING
#define CO  HJ_TABLE_COIL
#define SEC 1000
/* unit id, table, address, words, interval */
#define WANT(...)                                                                                                    \
	{                                                                                                            \
		__VA_ARGS__, HJ_TOGETHER                                                                             \
	}

static void merges_neighbours_and_small_holes(void **state)
{
	static const struct hj_want wants[] = {
		WANT(1, IN, 12, 1, SEC), /* a hole of 8 after 2..3: joined */
		WANT(1, IN, 0, 2, SEC), WANT(1, IN, 2, 2, SEC), WANT(1, IN, 22, 1, SEC), /* a hole of 9: apart */
		WANT(1, HO, 0, 1, SEC), WANT(2, IN, 0, 1, SEC),
		WANT(1, IN, 1, 1, 5 * SEC), /* another interval: apart */
	};
	struct hj_plan p;

	(void)state;
	assert_int_equal(hj_plan_make(wants, hj_array_size(wants), &p), 0);
	assert_int_equal(p.count, 5);
	assert_int_equal(p.requests[0].table, HO);
	assert_int_equal(p.requests[1].address, 0);
	assert_int_equal(p.requests[1].count, 13);
	assert_int_equal(p.requests[1].wants, 3);
	assert_int_equal(p.order[p.requests[1].first], 1);
	assert_int_equal(p.order[p.requests[1].first + 2], 0);
	assert_int_equal(p.requests[2].address, 22);
	assert_int_equal(p.requests[3].interval_ms, 5 * SEC);
	assert_int_equal(p.requests[4].meter, 2);
	hj_plan_done(&p);
}

static void keeps_the_limits(void **state)
{
	struct hj_want wants[200];
	struct hj_plan p;

	(void)state;
	for (int i = 0; i < 200; i++)
		wants[i] = (struct hj_want)WANT(7, HO, (uint16_t)(2 * i), 2, SEC);
	assert_int_equal(hj_plan_make(wants, 200, &p), 0);
	assert_int_equal(p.count, 4);
	assert_int_equal(p.requests[0].count, 124);
	assert_int_equal(p.requests[1].address, 124);
	hj_plan_done(&p);

	for (int i = 0; i < 200; i++)
		wants[i] = (struct hj_want)WANT(7, CO, (uint16_t)(20 * i), 1, SEC);
	assert_int_equal(hj_plan_make(wants, 200, &p), 0);
	assert_int_equal(p.count, 2);
	assert_int_equal(p.requests[0].count, 1981);
	hj_plan_done(&p);
}

static void takes_overlaps_and_the_last_address(void **state)
{
	static const struct hj_want wants[] = { WANT(1, HO, 65534, 2, SEC), WANT(1, HO, 65534, 1, SEC),
		WANT(1, HO, 65535, 1, SEC) };
	struct hj_plan p;

	(void)state;
	assert_int_equal(hj_plan_make(wants, 3, &p), 0);
	assert_int_equal(p.count, 1);
	assert_int_equal(p.requests[0].address, 65534);
	assert_int_equal(p.requests[0].count, 2);
	assert_int_equal(p.requests[0].wants, 3);
	hj_plan_done(&p);
}

static void asks_apart_what_a_meter_refuses_together(void **state)
{
	struct hj_want wants[] = { { .meter = 1, .table = HO, .address = 0, .count = 2, .interval_ms = SEC },
		{ .meter = 1, .table = HO, .address = 2, .count = 1, .interval_ms = SEC },
		{ .meter = 1, .table = HO, .address = 6, .count = 1, .interval_ms = SEC } };
	static const size_t requests[] = { [HJ_TOGETHER] = 1, [HJ_WITHOUT_HOLES] = 2, [HJ_ALONE] = 3 };
	struct hj_plan p;

	(void)state;
	for (int apart = HJ_TOGETHER; apart <= HJ_ALONE; apart++) {
		for (size_t i = 0; i < hj_array_size(wants); i++)
			wants[i].apart = (enum hj_apart)apart;
		assert_int_equal(hj_plan_make(wants, hj_array_size(wants), &p), 0);
		assert_int_equal(p.count, requests[apart]);
		assert_int_equal(p.requests[0].address, 0);
		assert_int_equal(p.requests[0].count, apart == HJ_TOGETHER ? 7 : apart == HJ_WITHOUT_HOLES ? 3 : 2);
		hj_plan_done(&p);
	}
}

static void refuses_the_impossible(void **state)
{
	static const struct hj_want bad[] = { WANT(1, HO, 65535, 2, SEC), WANT(1, HO, 0, 126, SEC),
		WANT(1, CO, 0, 2001, SEC), WANT(1, HO, 0, 0, SEC), WANT(1, (enum hj_table)0, 0, 1, SEC),
		WANT(1, (enum hj_table)7, 0, 1, SEC), WANT(1, HO, 0, 1, 0) };
	struct hj_plan p;

	(void)state;
	for (size_t i = 0; i < hj_array_size(bad); i++)
		assert_int_equal(hj_plan_make(&bad[i], 1, &p), -EINVAL);
	assert_int_equal(hj_plan_make(NULL, 0, &p), 0);
	assert_int_equal(p.count, 0);
	hj_plan_done(&p);
}

/* Whatever is wanted: each want in exactly one request that covers it, and every request legal. */
static void any_wants_are_covered_once(void **state)
{
	(void)state;
	srandom(1);
	for (int round = 0; round < 300; round++) {
		struct hj_want wants[60];
		size_t n = (size_t)(random() % 60), seen = 0;
		struct hj_plan p;

		for (size_t i = 0; i < n; i++)
			wants[i] = (struct hj_want){ (uint8_t)(1 + random() % 3), (enum hj_table)(1 + random() % 4),
				(uint16_t)(random() % 400), (uint16_t)(1 + random() % 2),
				random() % 2 ? SEC : 2 * SEC, (enum hj_apart)(random() % 9 / 3) };
		assert_int_equal(hj_plan_make(wants, n, &p), 0);
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
				assert_true(
				        w->address >= q->address && w->address + w->count <= q->address + q->count);
			}
			seen += q->wants;
		}
		assert_int_equal(seen, n);
		hj_plan_done(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merges_neighbours_and_small_holes),
		cmocka_unit_test(keeps_the_limits),
		cmocka_unit_test(takes_overlaps_and_the_last_address),
		cmocka_unit_test(asks_apart_what_a_meter_refuses_together),
		cmocka_unit_test(refuses_the_impossible),
		cmocka_unit_test(any_wants_are_covered_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
