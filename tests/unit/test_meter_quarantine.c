/* What silent units cost, whatever they do: units that come and go by chance for hours of virtual time, on a bus that
 * is never idle, may take 2 % of it and what their credits held at the start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_quarantine.h"

#define MS      HJ_USEC_PER_MS
#define SEC     HJ_USEC_PER_SEC
#define HOUR    (3600 * SEC)
#define T0      (1000 * SEC)
#define BESIDES (12 * MS)
#define WHOLE   (512 * MS)
#define TRIES   2
#define UNITS   8

struct world {
	struct hj_quarantine q;
	hj_usec now, spent; /* spent: on silence */
	hj_usec silence;    /* what one costs, at most */
	bool dead[UNITS];
};

static void set_up(struct world *w, hj_usec silence)
{
	*w = (struct world){ .now = T0, .silence = silence };
	assert_int_equal(hj_quarantine_init(&w->q, UNITS, BESIDES, WHOLE - BESIDES, TRIES, w->now), 0);
}

static bool silent(struct world *w, size_t unit, hj_usec cost)
{
	if (!w->dead[unit]) {
		w->now += 60 * MS;
		hj_quarantine_answered(&w->q, unit, 40 * MS);
		return false;
	}
	w->now += cost;
	w->spent += cost;
	hj_quarantine_silent(&w->q, unit, cost, w->now);
	return true;
}

/* A question with its tries. */
static void ask(struct world *w, size_t unit)
{
	unsigned tries = 1;

	if (!silent(w, unit, w->silence))
		return;
	while (tries++ < TRIES && hj_quarantine_may_repeat(&w->q, unit, WHOLE, w->now))
		if (!silent(w, unit, w->silence))
			return;
	hj_quarantine_failed(&w->q, unit, true, w->now);
}

/* Every unit that is not at rest in turn, without a pause, and whoever is to be tried in between. */
static void scan(struct world *w)
{
	hj_usec cost;
	size_t unit;

	for (size_t i = 0; i < UNITS; i++) {
		if (hj_quarantine_next(&w->q, w->now, &unit, &cost)) {
			assert_true(hj_quarantine_has(&w->q, unit));
			if (silent(w, unit, hj_min(cost, w->silence)))
				hj_quarantine_failed(&w->q, unit, true, w->now);
		}
		if (!hj_quarantine_has(&w->q, i))
			ask(w, i);
	}
	if (w->q.resting == UNITS)
		w->now = hj_max(w->now, hj_quarantine_due(&w->q));
}

static double share(const struct world *w, hj_usec since, hj_usec spent)
{
	return (double)(w->spent - spent) / (double)(w->now - since);
}

static void units_that_come_and_go_cost_no_more(void **state)
{
	static const hj_usec silences[] = { WHOLE, 110 * MS },
	                     most[] = { 1 * SEC, 5 * SEC, 20 * SEC, 100 * SEC, 900 * SEC };
	hj_usec next[UNITS], since, spent;
	struct world w;

	(void)state;
	srandom(1);
	for (size_t s = 0; s < hj_array_size(silences); s++)
		for (size_t m = 0; m < hj_array_size(most); m++) {
			set_up(&w, silences[s]);
			for (size_t i = 0; i < UNITS; i++)
				next[i] = 0;
			since = spent = 0;
			while (w.now < T0 + 30 * HOUR) {
				for (size_t i = 0; i < UNITS; i++)
					if (w.now >= next[i]) {
						w.dead[i] = random() & 1;
						next[i] = w.now + (hj_usec)random() % most[m];
					}
				scan(&w);
				if (!since && w.now >= T0 + 6 * HOUR) {
					since = w.now;
					spent = w.spent;
				}
			}
			if (share(&w, since, spent) > 0.02)
				fail_msg("silence %llu, spells to %llu: %g", (unsigned long long)silences[s],
				        (unsigned long long)most[m], share(&w, since, spent));
			hj_quarantine_done(&w.q);
		}
}

/* So many dead for good: the longest time between two tries of one of them, after the first minutes. */
static hj_usec longest(size_t dead, hj_usec silence, double *ret_share)
{
	hj_usec tried[UNITS] = { 0 }, found = 0, spent = 0, since = 0;
	struct world w;

	set_up(&w, silence);
	for (size_t i = 0; i < dead; i++)
		w.dead[i] = true;
	while (w.now < T0 + 4 * HOUR) {
		scan(&w);
		for (size_t i = 0; i < dead; i++) {
			if (w.q.units[i].tried != tried[i] && tried[i] > T0 + 300 * SEC)
				found = hj_max(found, w.q.units[i].tried - tried[i]);
			tried[i] = w.q.units[i].tried;
		}
		if (!since && w.now > T0 + 300 * SEC) {
			since = w.now;
			spent = w.spent;
		}
	}
	*ret_share = share(&w, since, spent);
	hj_quarantine_done(&w.q);
	return found;
}

static void dead_units_are_tried_within_30_s(void **state)
{
	double share;

	(void)state;
	assert_in_range(longest(1, WHOLE, &share), 1, 30 * SEC);
	assert_true(share <= 0.02);
	assert_in_range(longest(2, WHOLE, &share), 1, 30 * SEC);
	assert_true(share <= 0.02);
	assert_in_range(longest(3, 110 * MS, &share), 1, 30 * SEC);
	assert_true(share <= 0.02);
	/* More than fit: in turn. */
	assert_in_range(longest(7, WHOLE, &share), 30 * SEC, 300 * SEC);
	assert_true(share <= 0.02);
}

/* One that needs the whole time-out is found, however many are dead. */
static void a_slow_unit_gets_a_whole_try_now_and_then(void **state)
{
	(void)state;
	for (size_t dead = 1; dead < UNITS; dead++) {
		hj_usec whole_at = 0, cost;
		struct world w;
		size_t unit;

		set_up(&w, WHOLE);
		for (size_t i = 0; i < dead; i++)
			w.dead[i] = true;
		for (int i = 0; i < 40; i++)
			scan(&w);
		assert_int_equal(w.q.resting, dead);
		while (!whole_at && w.now < T0 + 1 * HOUR) {
			w.now = hj_max(w.now, hj_quarantine_due(&w.q));
			assert_true(hj_quarantine_next(&w.q, w.now, &unit, &cost));
			if (unit == 0 && cost == WHOLE)
				whole_at = w.now;
			silent(&w, unit, cost);
			hj_quarantine_failed(&w.q, unit, true, w.now);
		}
		assert_true(whole_at);
		hj_quarantine_done(&w.q);
	}
}

static void one_that_was_heard_is_tried_at_once_and_wholly(void **state)
{
	struct world w;
	hj_usec cost;
	size_t unit;

	(void)state;
	set_up(&w, WHOLE);
	w.dead[3] = true;
	for (int i = 0; i < 10; i++)
		scan(&w);
	assert_true(hj_quarantine_has(&w.q, 3));
	while (hj_quarantine_next(&w.q, w.now, &unit, &cost))
		;
	hj_quarantine_heard(&w.q, 2, WHOLE); /* not at rest: nothing to do */
	assert_false(hj_quarantine_next(&w.q, w.now, &unit, &cost));
	hj_quarantine_silent(&w.q, 3, HJ_QUARANTINE_TRY, w.now);
	hj_quarantine_heard(&w.q, 3, WHOLE);
	assert_true(hj_quarantine_due(&w.q) <= w.now);
	assert_true(hj_quarantine_next(&w.q, w.now, &unit, &cost));
	assert_int_equal(unit, 3);
	assert_int_equal(cost, WHOLE);
	assert_false(hj_quarantine_next(&w.q, w.now, &unit, &cost));
	hj_quarantine_done(&w.q);
}

/* Its answers come after the whole time-out: what is learned from them is tried, each length once. */
static void one_that_needs_longer_is_given_it(void **state)
{
	struct world w;
	hj_usec cost;
	size_t unit;

	(void)state;
	set_up(&w, WHOLE);
	w.dead[3] = true;
	while (w.now < T0 + 60 * SEC)
		scan(&w);
	while (hj_quarantine_next(&w.q, w.now, &unit, &cost))
		;
	hj_quarantine_silent(&w.q, 3, WHOLE, w.now);
	for (hj_usec whole = 2 * WHOLE; whole <= 8 * WHOLE; whole *= 2) {
		hj_quarantine_heard(&w.q, 3, whole);
		assert_true(hj_quarantine_next(&w.q, w.now, &unit, &cost));
		assert_int_equal(cost, whole);
		silent(&w, 3, cost);
		hj_quarantine_failed(&w.q, 3, true, w.now);
		hj_quarantine_heard(&w.q, 3, whole);
		assert_false(hj_quarantine_next(&w.q, w.now, &unit, &cost));
	}
	hj_quarantine_done(&w.q);
}

/* Late by more than the whole time-out, each time. */
static void one_that_is_always_too_late_costs_no_more(void **state)
{
	struct world w;
	hj_usec spent;

	(void)state;
	set_up(&w, WHOLE);
	w.dead[3] = true;
	while (w.now < T0 + 60 * SEC)
		scan(&w);
	spent = w.spent;
	while (w.now < T0 + 1 * HOUR) {
		scan(&w);
		hj_quarantine_heard(&w.q, 3, WHOLE);
	}
	assert_true(share(&w, T0 + 60 * SEC, spent) <= 0.02);
	hj_quarantine_done(&w.q);
}

/* The cable is back and one unit answers; before the others are tried the port vanishes, and nobody says what became
 * of their tries. Each is due once all the same: whoever takes what is due until nothing is left would never end. */
static void who_is_woken_is_due_once(void **state)
{
	unsigned tries[UNITS] = { 0 };
	struct world w;
	hj_usec cost;
	size_t unit;

	(void)state;
	set_up(&w, WHOLE);
	for (unit = 0; unit < UNITS; unit++)
		w.dead[unit] = true;
	while (w.now < T0 + 60 * SEC)
		scan(&w);
	assert_int_equal(w.q.resting, UNITS);
	w.now += 600 * SEC; /* the purse is full */
	hj_quarantine_answered(&w.q, 0, 40 * MS);
	for (int i = 0; i < 10 * UNITS && hj_quarantine_next(&w.q, w.now, &unit, &cost); i++)
		tries[unit]++;
	for (unit = 1; unit < UNITS; unit++)
		assert_int_equal(tries[unit], 1);
	assert_true(hj_quarantine_due(&w.q) == w.now + HJ_QUARANTINE_REST_FIRST);
	hj_quarantine_done(&w.q);
}

/* An answer that came after seconds, once, teaches that a try costs seconds: more than the purse can ever hold. */
static void one_that_was_very_slow_once_holds_up_nobody(void **state)
{
	hj_usec whole = 3200 * MS, cost, tried_at[2] = { 0, 0 };
	struct world w;
	size_t unit;

	set_up(&w, WHOLE);
	hj_quarantine_heard(&w.q, 0, whole);
	hj_quarantine_answered(&w.q, 0, 2500 * MS);
	for (int i = 0; i < HJ_QUARANTINE_FAILURES; i++)
		for (unit = 0; unit < 2; unit++) {
			w.now += whole;
			hj_quarantine_silent(&w.q, unit, unit ? WHOLE : whole, w.now);
			hj_quarantine_failed(&w.q, unit, true, w.now);
		}
	assert_true(hj_quarantine_has(&w.q, 0) && hj_quarantine_has(&w.q, 1));
	for (hj_usec end = w.now + HOUR; w.now < end; w.now += SEC)
		if (hj_quarantine_next(&w.q, w.now, &unit, &cost)) {
			tried_at[unit] = w.now;
			hj_quarantine_silent(&w.q, unit, cost, w.now);
			hj_quarantine_failed(&w.q, unit, true, w.now);
		}
	for (unit = 0; unit < 2; unit++)
		assert_true(tried_at[unit] + 10 * 60 * SEC > w.now);
	hj_quarantine_done(&w.q);
}

/* Broken answers in between are no reason to put a unit to rest, three in a row without one good are. */
static void noise_is_not_silence(void **state)
{
	struct world w;

	(void)state;
	set_up(&w, WHOLE);
	w.q.units[0].credit = 0;
	for (int i = 0; i < 100; i++) {
		hj_quarantine_failed(&w.q, 0, false, w.now);
		hj_quarantine_failed(&w.q, 0, false, w.now);
		assert_false(hj_quarantine_has(&w.q, 0));
		hj_quarantine_answered(&w.q, 0, 40 * MS);
	}
	for (int i = 0; i < HJ_QUARANTINE_FAILURES; i++)
		hj_quarantine_failed(&w.q, 0, false, w.now);
	assert_true(hj_quarantine_has(&w.q, 0));
	hj_quarantine_done(&w.q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_that_come_and_go_cost_no_more),
		cmocka_unit_test(dead_units_are_tried_within_30_s),
		cmocka_unit_test(a_slow_unit_gets_a_whole_try_now_and_then),
		cmocka_unit_test(one_that_was_heard_is_tried_at_once_and_wholly),
		cmocka_unit_test(one_that_needs_longer_is_given_it),
		cmocka_unit_test(one_that_is_always_too_late_costs_no_more),
		cmocka_unit_test(one_that_was_very_slow_once_holds_up_nobody),
		cmocka_unit_test(who_is_woken_is_due_once),
		cmocka_unit_test(noise_is_not_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
