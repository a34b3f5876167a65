/* Which of a platform's addresses is next, over hours of virtual time; how soon a vanished platform is noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../services/uplinkd/dial_socket.h"
#include "../../services/uplinkd/places.h"

#define S     HJ_USEC_PER_SEC
#define AGAIN (600 * S)

static void one_place_is_tried_with_pauses(void **state)
{
	struct places p;

	places_init(&p, 1, AGAIN);
	for (int i = 0; i < 5; i++)
		assert_false(places_failed(&p, (hj_usec)i * S));
	places_proved(&p, 10 * S);
	assert_int_equal(places_main_due(&p), HJ_USEC_NEVER);
	assert_false(places_failed(&p, 20 * S));
	assert_int_equal(p.at, 0);
}

static void each_place_is_tried_once_in_a_round(void **state)
{
	struct places p;

	places_init(&p, 3, AGAIN);
	for (int round = 0; round < 3; round++) {
		assert_int_equal(p.at, 0);
		assert_true(places_failed(&p, S));
		assert_int_equal(p.at, 1);
		assert_true(places_failed(&p, S));
		assert_int_equal(p.at, 2);
		assert_false(places_failed(&p, S));
	}
}

static void what_has_proved_right_is_kept_to(void **state)
{
	struct places p;

	places_init(&p, 3, AGAIN);
	assert_true(places_failed(&p, 0));
	places_proved(&p, S);
	assert_int_equal(p.at, 1);
	assert_false(places_failed(&p, 2 * S)); /* a lost connection: the same again, after a pause */
	assert_int_equal(p.at, 1);
	assert_true(places_failed(&p, 3 * S)); /* it is dead: each other one */
	assert_int_equal(p.at, 2);
	assert_true(places_failed(&p, 4 * S));
	assert_int_equal(p.at, 0);
	assert_false(places_failed(&p, 5 * S));
}

static void the_main_one_is_due_again(void **state)
{
	struct places p;

	places_init(&p, 2, AGAIN);
	assert_true(places_failed(&p, 0));
	assert_int_equal(places_main_due(&p), HJ_USEC_NEVER); /* nothing has proved right yet */
	places_proved(&p, S);
	assert_int_equal(places_main_due(&p), S + AGAIN);
	places_main_tried(&p, false, S + AGAIN);
	assert_int_equal(places_main_due(&p), S + 2 * AGAIN);
	places_main_tried(&p, true, S + 2 * AGAIN);
	assert_int_equal(p.at, 0);
	assert_int_equal(places_main_due(&p), HJ_USEC_NEVER);
	places_proved(&p, 2 * S + 2 * AGAIN);
	assert_int_equal(p.wait, AGAIN);
}

/* It connects and never acknowledges: the way back to the fall-back, and each time later to the main one. */
static void a_half_dead_main_one_is_tried_later_and_later(void **state)
{
	hj_usec now = 0, before = 0;
	struct places p;

	places_init(&p, 2, AGAIN);
	assert_true(places_failed(&p, now));
	places_proved(&p, now);
	for (int i = 0; i < 12; i++) {
		hj_usec due = places_main_due(&p);

		assert_true(due - now >= before && due - now <= PLACES_MAIN_MOST);
		before = due - now;
		now = due;
		places_main_tried(&p, true, now);
		now += 40 * S;
		assert_true(places_failed(&p, now));
		assert_int_equal(p.at, 1);
		places_proved(&p, now);
	}
	assert_int_equal(before, PLACES_MAIN_MOST);
}

/* A connection of the fall-back that breaks when the main one is due anyway. */
static void a_lost_fall_back_gives_the_main_one_its_turn(void **state)
{
	struct places p;

	places_init(&p, 2, AGAIN);
	assert_true(places_failed(&p, 0));
	places_proved(&p, 0);
	assert_false(places_failed(&p, AGAIN));
	assert_int_equal(p.at, 0);
	assert_true(places_failed(&p, AGAIN));
	assert_int_equal(p.at, 1);
}

static void a_vanished_platform_is_noticed_in_time(void **state)
{
	for (int64_t lost_after = 3; lost_after <= 3600; lost_after++) {
		struct dial_alive a = dial_alive(lost_after);
		int last_probe_s = a.idle_s + a.probes * a.interval_s;

		/* The kernel ends it at a probe that is due, once the silence is longer than outstanding_ms. */
		assert_true(a.outstanding_ms <= last_probe_s * 1000);
		assert_true(a.outstanding_ms > (last_probe_s - a.interval_s) * 1000);
		assert_true(a.outstanding_ms <= lost_after * 1000);
		assert_true(last_probe_s <= lost_after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_place_is_tried_with_pauses),
		cmocka_unit_test(each_place_is_tried_once_in_a_round),
		cmocka_unit_test(what_has_proved_right_is_kept_to),
		cmocka_unit_test(the_main_one_is_due_again),
		cmocka_unit_test(a_half_dead_main_one_is_tried_later_and_later),
		cmocka_unit_test(a_lost_fall_back_gives_the_main_one_its_turn),
		cmocka_unit_test(a_vanished_platform_is_noticed_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
