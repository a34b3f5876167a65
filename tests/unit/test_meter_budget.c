/* The sums against the thing itself: what is said to fit keeps every deadline on a virtual bus, what is said not to
 * fit loses some; and a few sums by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hjgate/meter_budget.h"
#include "virtual_bus.h"

#define SEC HJ_USEC_PER_SEC
#define T0  (1000 * SEC)

static void put(struct hj_plan *p, uint16_t meter, uint16_t count, uint32_t interval_ms, uint32_t fast_ms)
{
	p->requests[p->count++] = (struct hj_request){ .meter = meter,
		.table = HJ_TABLE_HOLDING,
		.count = count,
		.interval_ms = interval_ms,
		.fast_ms = fast_ms };
}

/* 9600 8N1: a byte takes 1.0417 ms, 8 + 5 + 2n of them, 10 ms of turnaround, 3.5 characters and 1 ms of silence. */
static void by_hand(void **state)
{
	struct hj_request requests[4];
	struct hj_plan p = { .requests = requests };
	struct hj_budget_rules rules = {
		.cost = hj_bus_cost_of(HJ_BUS_rtu, 9600, 10), .timeout = 500000, .tries = 2
	};
	struct hj_budget b;
	hj_usec one, silent;

	(void)state;
	assert_int_equal(hj_budget_make(&p, &rules, &b), 0);
	assert_true(b.fits && b.cycle[0] == 0 && b.cycle[2] == 0 && b.share_ppm == 0);
	put(&p, 0, 10, 1000, 0);
	put(&p, 0, 10, 1000, 0);
	put(&p, 1, 10, 1000, 0);
	put(&p, 2, 10, 10000, 0);
	assert_int_equal(hj_budget_make(&p, &rules, &b), 0);
	one = (13 + 20) * 10000 / 96 * 10 + 10000 + 3646 + 1000; /* 49.02 ms */
	silent = 8 * 10000 / 96 * 10 + 500000 + 3646 + 1000;
	assert_in_range(b.cycle[0], 4 * one - 20, 4 * one + 40);
	/* Two questions of meter 0 and one of another, the first of each twice. */
	assert_in_range(b.cycle[1], 2 * one + 3 * silent - 40, 2 * one + 3 * silent + 40);
	assert_in_range(b.cycle[2], one + 5 * silent - 60, one + 5 * silent + 60);
	assert_in_range(b.share_ppm, one * 3 + one / 10 - 10, one * 3 + one / 10 + 10);
	/* Each second three are due, and the fourth may just have begun. */
	assert_int_equal(b.tight.interval_ms, 1000);
	assert_int_equal(b.tight.requests, 3);
	assert_in_range(b.tight.needs, 4 * one - 20, 4 * one + 40);
	assert_true(b.fits);
}

/* A long request holds up a short interval, but not the fast lane, which is promised no less than that. */
static void what_cannot_be_broken_off(void **state)
{
	struct hj_request requests[2];
	struct hj_plan p = { .requests = requests };
	struct hj_budget_rules rules = {
		.cost = hj_bus_cost_of(HJ_BUS_rtu, 1200, 11), .timeout = 500000, .tries = 2
	};
	struct hj_budget b;

	(void)state;
	put(&p, 0, 1, 1000, 0);
	put(&p, 1, 125, 300000, 0);
	assert_int_equal(hj_budget_make(&p, &rules, &b), 0);
	assert_false(b.fits);
	assert_int_equal(b.tight.interval_ms, 1000);
	assert_true(b.share_ppm < 300000);
	requests[0].interval_ms = 300000;
	requests[0].fast_ms = 1000;
	assert_int_equal(hj_budget_make(&p, &rules, &b), 0);
	assert_true(b.fits);
	requests[0].fast_ms = 100;
	assert_int_equal(hj_budget_make(&p, &rules, &b), 0);
	assert_false(b.fits);
	assert_true(b.tight.fast);
}

/* Random buses of up to 40 requests. */
static size_t invent(struct hj_plan *p)
{
	static const uint32_t intervals[] = { 1000, 2000, 5000, 10000, 60000 };
	size_t n = 1 + (size_t)random() % 40;

	p->count = 0;
	for (size_t i = 0; i < n; i++)
		put(p, (uint16_t)(i / 3), (uint16_t)(1 + random() % 125), intervals[random() % 5], 0);
	return n;
}

static uint64_t overruns(const struct hj_plan *p, const struct hj_bus_cost *cost)
{
	struct virtual_bus *b = calloc(1, sizeof(*b));
	uint64_t found;

	assert_non_null(b);
	b->now = T0;
	b->cost = *cost;
	for (size_t i = 0; i < p->count; i++) {
		const struct hj_request *q = &p->requests[i];

		b->requests[b->count++] =
		        (struct virtual_request){ .timing = { .meter = q->meter,
			                                  .interval_ms = q->interval_ms,
			                                  .fast_ms = q->fast_ms },
			        .takes = hj_bus_cost_ns(cost, q->table, q->count) / 1000 };
	}
	assert_int_equal(virtual_bus_init(b, 14, 500000, 1, 0), 0);
	while (b->now < T0 + 120 * SEC) /* the first time all are asked besides the grid */
		virtual_bus_turn(b, T0 + 120 * SEC);
	found = b->schedule.overruns;
	while (b->now < T0 + 720 * SEC)
		virtual_bus_turn(b, T0 + 720 * SEC);
	found = b->schedule.overruns - found;
	virtual_bus_done(b);
	free(b);
	return found;
}

static void as_the_schedule_does(void **state)
{
	static const int64_t bauds[] = { 1200, 2400, 9600, 19200 };
	struct hj_request requests[40];
	struct hj_plan p = { .requests = requests };
	size_t fitting = 0, overloaded = 0;

	(void)state;
	srandom(3);
	for (int i = 0; i < 400; i++) {
		struct hj_budget_rules rules = {
			.cost = hj_bus_cost_of(HJ_BUS_rtu, bauds[i % 4], 10), .timeout = 500000, .tries = 2
		};
		struct hj_budget b;

		invent(&p);
		assert_int_equal(hj_budget_make(&p, &rules, &b), 0);
		if (b.fits) {
			fitting++;
			assert_int_equal(overruns(&p, &rules.cost), 0);
		} else if (b.share_ppm > 1010000) {
			overloaded++;
			assert_true(overruns(&p, &rules.cost) > 0);
		}
	}
	assert_true(fitting > 50 && overloaded > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_hand),
		cmocka_unit_test(what_cannot_be_broken_off),
		cmocka_unit_test(as_the_schedule_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
