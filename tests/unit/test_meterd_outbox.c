/* What the outbox promises: numbers without gaps, nothing forgotten before it is durable unless room ends, every loss
 * counted once. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../services/meterd/outbox.h"

static void add(struct outbox *o, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct hj_sample s = {
			.point = 7, .time_ms = (int64_t)outbox_next(o), .value = 1, .flag = HJ_FLAG_NORMAL
		};

		outbox_add(o, &s);
	}
}

/* The time of each sample is its number when it was added. */
static int64_t time_of(const struct outbox *o, uint64_t number)
{
	struct hj_sample s = { .time_ms = -1 };

	return outbox_get(o, number, &s) ? s.time_ms : -1;
}

static void keeps_until_durable(void **state)
{
	struct outbox o;

	(void)state;
	outbox_init(&o);
	add(&o, 300);
	assert_int_equal(outbox_next(&o), 301);
	assert_true(outbox_accept(&o, 301));
	assert_int_equal(o.count, 300);
	outbox_durable(&o, 100);
	assert_int_equal(o.count, 200);
	assert_int_equal(o.first, 101);
	assert_int_equal(time_of(&o, 100), -1);
	for (uint64_t n = 101; n <= 300; n++)
		assert_int_equal(time_of(&o, n), n);
	outbox_durable(&o, 50);   /* old news */
	outbox_durable(&o, 9999); /* nonsense */
	assert_int_equal(o.count, 200);
	/* Stored came back with what it had committed. */
	assert_true(outbox_accept(&o, 101));
	assert_int_equal(time_of(&o, 101), 101);
	outbox_durable(&o, 300);
	assert_int_equal(o.count, 0);
	assert_int_equal(outbox_next(&o), 301);
	assert_int_equal(o.lost, 0);
	outbox_done(&o);
}

static void a_ring_that_wraps_keeps_its_order(void **state)
{
	struct outbox o;

	(void)state;
	outbox_init(&o);
	for (int round = 0; round < 200; round++) {
		add(&o, 37);
		outbox_durable(&o, outbox_next(&o) - 30);
		for (uint64_t n = o.first; n < outbox_next(&o); n++)
			assert_int_equal(time_of(&o, n), n);
	}
	assert_true(o.size <= 128);
	outbox_done(&o);
}

static void the_oldest_give_way_and_are_counted(void **state)
{
	struct outbox o;

	(void)state;
	outbox_init(&o);
	add(&o, OUTBOX_MOST + 10);
	assert_int_equal(o.count, OUTBOX_MOST);
	assert_int_equal(o.first, 11);
	assert_int_equal(o.lost, 10);
	/* Stored asks for number 1: those ten are counted already; the rest goes on as 1, 2, ... */
	assert_false(outbox_accept(&o, 1));
	assert_int_equal(o.lost, 10);
	outbox_renumber(&o);
	assert_int_equal(time_of(&o, 1), 11);
	assert_int_equal(outbox_next(&o), OUTBOX_MOST + 1);
	assert_true(outbox_accept(&o, 1));
	outbox_done(&o);
}

/* Taken but not committed, so they may give way without being lost; lost they are when stored comes back without
 * them. */
static void what_stored_has_taken_is_lost_only_if_it_forgets(void **state)
{
	struct outbox o;

	(void)state;
	outbox_init(&o);
	add(&o, 1000);
	assert_true(outbox_accept(&o, 1001));
	outbox_durable(&o, 200);
	add(&o, OUTBOX_MOST);
	assert_int_equal(o.first, 1001);
	assert_int_equal(o.lost, 0);
	assert_true(outbox_accept(&o, 1001));
	add(&o, 5);
	assert_int_equal(o.lost, 5);
	assert_false(outbox_accept(&o, 301));
	assert_int_equal(o.lost, 5 + 700);
	outbox_done(&o);
}

static void a_number_that_never_was_begins_anew(void **state)
{
	struct outbox o;

	(void)state;
	outbox_init(&o);
	add(&o, 3);
	assert_false(outbox_accept(&o, 5));
	outbox_renumber(&o);
	assert_int_equal(time_of(&o, 1), 1);
	assert_int_equal(o.lost, 0);
	outbox_done(&o);
}

/* What waits is by the clock that is right now, not by the one that was right when it was read. */
static void a_step_of_the_clock_moves_what_is_kept(void **state)
{
	struct hj_now now = { .wall_ms = 5000, .mono = 1000 * HJ_USEC_PER_SEC }; /* 1970 */
	struct outbox o;

	(void)state;
	outbox_init(&o);
	outbox_heed_clock(&o, &now);
	add(&o, 100);
	outbox_durable(&o, 10);
	now.wall_ms += 1790000000000;
	outbox_heed_clock(&o, &now);
	assert_int_equal(o.ahead_ms, hj_clock_ahead(&now));
	add(&o, 1);
	assert_int_equal(time_of(&o, 11), 1790000000011);
	assert_int_equal(time_of(&o, 100), 1790000000100);
	assert_int_equal(time_of(&o, 101), 101);
	now.mono += HJ_USEC_PER_SEC;
	now.wall_ms += 1500; /* half a second is no step */
	outbox_heed_clock(&o, &now);
	assert_int_equal(time_of(&o, 11), 1790000000011);
	now.wall_ms = 0;
	outbox_heed_clock(&o, &now);
	assert_int_equal(time_of(&o, 101), 0); /* before 1970 there is nothing */
	outbox_done(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_until_durable),
		cmocka_unit_test(a_ring_that_wraps_keeps_its_order),
		cmocka_unit_test(the_oldest_give_way_and_are_counted),
		cmocka_unit_test(what_stored_has_taken_is_lost_only_if_it_forgets),
		cmocka_unit_test(a_number_that_never_was_begins_anew),
		cmocka_unit_test(a_step_of_the_clock_moves_what_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
