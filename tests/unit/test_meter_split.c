/* What a meter refuses is found by halves, named, and costs no request more than it must; afterwards everything that
 * the meter has is asked together again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_plan.h"

#define HO   HJ_TABLE_HOLDING
#define MOST 64

/* A meter that refuses what touches an absent register, or is too long. */
struct world {
	struct hj_want wants[MOST];
	size_t n;
	struct hj_splits splits;
	struct hj_plan plan;
	struct hj_plan_rules rules;
	bool absent[256];
	unsigned longest; /* 0: as long as it may be */
	unsigned asked, refused, rounds;
	bool answered[MOST]; /* in the newest round */
};

static void plan(struct world *w)
{
	hj_plan_done(&w->plan);
	assert_int_equal(hj_plan_make(w->wants, w->n, &w->rules, &w->plan), 0);
}

static void set_up(struct world *w, size_t n, uint16_t step, uint16_t words)
{
	*w = (struct world){ .n = n, .rules.cost = hj_bus_cost_of(HJ_BUS_rtu, 9600, 10) };
	for (size_t i = 0; i < n; i++)
		w->wants[i] = (struct hj_want){ 0, HO, (uint32_t)(i * step), words, 1000, 0 };
	assert_int_equal(hj_splits_init(&w->splits, n), 0);
	w->rules.splits = &w->splits;
	plan(w);
}

static void tear_down(struct world *w)
{
	hj_plan_done(&w->plan);
	hj_splits_done(&w->splits);
}

static bool bears(const struct world *w, const struct hj_request *q)
{
	for (uint32_t a = q->address; a < q->address + q->count; a++)
		if (w->absent[a])
			return false;
	return !w->longest || q->count <= w->longest;
}

/* Asks everything once; after a change of the plan from the start. False: the plan has settled. */
static bool round_of(struct world *w)
{
	w->rounds++;
	for (size_t i = 0; i < MOST; i++)
		w->answered[i] = false;
	for (size_t i = 0; i < w->plan.count; i++) {
		const struct hj_request *q = &w->plan.requests[i];
		bool good = bears(w, q);
		enum hj_split_next next;

		w->asked++;
		w->refused += !good;
		for (size_t k = 0; good && k < q->wants; k++)
			w->answered[w->plan.order[q->first + k]] = true;
		next = good ? hj_splits_answered(&w->splits, q, w->wants, w->plan.order)
		            : hj_splits_refused(&w->splits, q, w->wants, w->plan.order, 1000);
		if (next == HJ_SPLIT_NONE)
			continue;
		plan(w);
		return true;
	}
	return false;
}

static void settle(struct world *w)
{
	while (round_of(w))
		assert_true(w->rounds < 1000);
}

static void a_hole_that_is_absent_is_found(void **state)
{
	struct world w;

	(void)state;
	set_up(&w, 16, 3, 2); /* holes of one register */
	assert_int_equal(w.plan.count, 1);
	w.absent[11] = true; /* the hole after point 3 */
	settle(&w);
	assert_int_equal(w.plan.count, 2);
	assert_int_equal(w.plan.requests[1].address, 12);
	assert_int_equal(w.splits.count, 1);
	assert_int_equal(w.splits.list[0].cut, 12);
	for (size_t i = 0; i < w.n; i++)
		assert_true(w.answered[i]);
	assert_in_range(w.refused, 1, 4); /* 15 holes: by halves, not one by one */
	tear_down(&w);
}

static void a_point_that_is_absent_is_refused_alone(void **state)
{
	struct world w;

	(void)state;
	set_up(&w, 32, 1, 1);
	w.absent[21] = true;
	settle(&w);
	assert_int_equal(w.plan.count, 3);
	assert_int_equal(w.splits.count, 1);
	assert_int_equal(w.splits.list[0].from, 21);
	assert_int_equal(w.splits.list[0].cut, 0);
	for (size_t i = 0; i < w.n; i++)
		assert_int_equal(w.answered[i], i != 21);
	assert_in_range(w.refused, 6, 7);
	/* It goes on being asked, alone; when it is answered it is asked with the others again. */
	w.absent[21] = false;
	settle(&w);
	assert_int_equal(w.splits.count, 0);
	assert_int_equal(w.plan.count, 1);
	tear_down(&w);
}

static void a_meter_that_bears_no_long_requests(void **state)
{
	struct world w;

	(void)state;
	set_up(&w, 60, 2, 2);
	w.longest = 40;
	settle(&w);
	for (size_t i = 0; i < w.plan.count; i++)
		assert_true(w.plan.requests[i].count <= 40);
	assert_in_range(w.plan.count, 3, 4); /* by halves it comes to four of 30 */
	assert_in_range(w.refused, 1, 4);
	tear_down(&w);
}

static void it_is_tried_together_again_after_a_day(void **state)
{
	struct world w;

	(void)state;
	set_up(&w, 8, 2, 1);
	w.absent[7] = true;
	settle(&w);
	assert_int_equal(w.plan.count, 2);
	assert_false(hj_splits_expire(&w.splits, HJ_SPLIT_LASTS));
	assert_true(hj_splits_expire(&w.splits, 1000 + HJ_SPLIT_LASTS));
	plan(&w);
	assert_int_equal(w.plan.count, 1);
	tear_down(&w);
}

/* Whatever is absent: every point that is there is answered in the end, and few requests were refused on the way. */
static void any_meter_settles(void **state)
{
	(void)state;
	srandom(3);
	for (int round = 0; round < 500; round++) {
		struct world w;
		unsigned culprits = 0;

		set_up(&w, 40, 1 + (uint16_t)(random() % 4), 1 + (uint16_t)(random() % 3));
		for (size_t i = 0; i < sizeof(w.absent); i++)
			culprits += w.absent[i] = random() % 60 == 0;
		w.longest = random() % 4 ? 0 : 10 + (unsigned)random() % 60;
		settle(&w);
		for (size_t i = 0; i < w.n; i++) {
			const struct hj_want *want = &w.wants[i];
			const struct hj_request alone = { .address = want->address, .count = want->count };

			assert_int_equal(w.answered[i], bears(&w, &alone));
		}
		/* Each culprit is found by halves: log2 of the points and the holes of a request, and once more where
		 * a piece was joined wrongly. */
		assert_true(w.refused <= 14 * (culprits + 1) + (w.longest ? 40 : 0));
		tear_down(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hole_that_is_absent_is_found),
		cmocka_unit_test(a_point_that_is_absent_is_refused_alone),
		cmocka_unit_test(a_meter_that_bears_no_long_requests),
		cmocka_unit_test(it_is_tried_together_again_after_a_day),
		cmocka_unit_test(any_meter_settles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
