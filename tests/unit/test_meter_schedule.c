/* Simulated time: no drift, no due time without its turn, and a dead meter that costs the others little. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "hjgate/meter_schedule.h"

#define MS  HJ_USEC_PER_MS
#define SEC HJ_USEC_PER_SEC
#define T0  (1000 * SEC)

static void does_not_drift(void **state)
{
	static const size_t meters[] = { 0, 1 };
	static const uint32_t intervals[] = { 1000, 2000 };
	struct hj_schedule s;
	hj_usec now = T0, due, next[2];
	size_t slot, asked[2] = { 0 };

	(void)state;
	assert_int_equal(hj_schedule_init(&s, meters, intervals, 2, 2, now), 0);
	next[0] = s.slots[0].due;
	next[1] = s.slots[1].due;
	while (now < T0 + 600 * SEC) {
		if (hj_schedule_next(&s, now, &slot, &due) == HJ_TURN_ASK) {
			assert_int_equal(due, next[slot]);
			next[slot] += s.slots[slot].interval;
			asked[slot]++;
			now += (37 + slot) * MS; /* each question takes its time */
			hj_schedule_result(&s, slot, true, now);
			continue;
		}
		assert_true(hj_schedule_due(&s) > now);
		now = hj_schedule_due(&s);
	}
	assert_in_range(asked[0], 599, 601);
	assert_in_range(asked[1], 299, 301);
	assert_int_equal(s.overruns, 0);
	hj_schedule_done(&s);
}

/* Seven meters on one bus, one dead with time-outs of 1 s: every due time of the dead one has its turn, the others
 * lose few. */
static void a_dead_meter_costs_little(void **state)
{
	enum { METERS = 7 };
	size_t meters[METERS], asked[METERS] = { 0 }, missed[METERS] = { 0 }, slot, longest = 0;
	uint32_t intervals[METERS];
	struct hj_schedule s;
	hj_usec now = T0, due, last_try = 0;

	(void)state;
	for (size_t i = 0; i < METERS; i++) {
		meters[i] = i;
		intervals[i] = 1000;
	}
	assert_int_equal(hj_schedule_init(&s, meters, intervals, METERS, METERS, now), 0);
	while (now < T0 + 600 * SEC) {
		enum hj_turn turn = hj_schedule_next(&s, now, &slot, &due);

		if (turn == HJ_TURN_NONE) {
			now = hj_schedule_due(&s);
		} else if (turn == HJ_TURN_MISS) {
			assert_int_equal(slot, 3);
			assert_true(due <= now);
			missed[slot]++;
		} else {
			if (slot == 3 && last_try && now - last_try > longest)
				longest = now - last_try;
			if (slot == 3)
				last_try = now;
			asked[slot]++;
			now += slot == 3 ? 1000 * MS : 45 * MS;
			hj_schedule_result(&s, slot, slot != 3, now);
		}
	}
	assert_in_range(asked[3] + missed[3], 595, 601);
	assert_in_range(asked[3], 20, 30);
	assert_true(longest <= HJ_SCHEDULE_REST_MOST + 3 * SEC);
	for (size_t i = 0; i < METERS; i++)
		if (i != 3) {
			assert_int_equal(missed[i], 0);
			assert_true(asked[i] >= 600 * 95 / 100);
		}
	hj_schedule_done(&s);
}

static void flapping_starts_over(void **state)
{
	static const size_t meters[] = { 0 };
	static const uint32_t intervals[] = { 1000 };
	struct hj_schedule s;
	hj_usec due;
	size_t slot;

	(void)state;
	assert_int_equal(hj_schedule_init(&s, meters, intervals, 1, 1, T0), 0);
	for (int round = 0; round < 5; round++) {
		hj_usec now = s.slots[0].due;

		for (int i = 0; i < HJ_SCHEDULE_FAILURES; i++) {
			now = hj_schedule_due(&s);
			assert_false(hj_schedule_resting(&s, 0));
			assert_int_equal(hj_schedule_next(&s, now, &slot, &due), HJ_TURN_ASK);
			hj_schedule_result(&s, slot, false, now);
		}
		assert_true(hj_schedule_resting(&s, 0));
		for (int i = 0; i < 4; i++)
			assert_int_equal(hj_schedule_next(&s, hj_schedule_due(&s), &slot, &due), HJ_TURN_MISS);
		now = hj_schedule_due(&s);
		assert_int_equal(now - s.rests[0].until, 0);
		assert_int_equal(hj_schedule_next(&s, now, &slot, &due), HJ_TURN_ASK);
		hj_schedule_result(&s, slot, true, now);
		assert_false(hj_schedule_resting(&s, 0));
	}
	hj_schedule_done(&s);
}

/* A bus that is too slow asks each in turn; what it has no time for is counted. */
static void overload_is_fair_and_counted(void **state)
{
	static const size_t meters[] = { 0, 1, 2 };
	static const uint32_t intervals[] = { 1000, 1000, 1000 };
	struct hj_schedule s;
	hj_usec now = T0, due;
	size_t slot, asked[3] = { 0 };

	(void)state;
	assert_int_equal(hj_schedule_init(&s, meters, intervals, 3, 3, now), 0);
	while (now < T0 + 300 * SEC) {
		if (hj_schedule_next(&s, now, &slot, &due) == HJ_TURN_NONE) {
			now = hj_schedule_due(&s);
			continue;
		}
		asked[slot]++;
		now += 500 * MS;
		hj_schedule_result(&s, slot, true, now);
	}
	for (int i = 0; i < 3; i++)
		assert_in_range(asked[i], 190, 210);
	assert_in_range(s.overruns, 280, 310);
	hj_schedule_done(&s);
}

static void nothing_to_ask(void **state)
{
	static const size_t meter = 0;
	static const uint32_t zero = 0;
	struct hj_schedule s;
	hj_usec due;
	size_t slot;

	(void)state;
	assert_int_equal(hj_schedule_init(&s, NULL, NULL, 0, 0, T0), 0);
	assert_int_equal(hj_schedule_next(&s, T0, &slot, &due), HJ_TURN_NONE);
	assert_true(hj_schedule_due(&s) == HJ_USEC_NEVER);
	hj_schedule_done(&s);
	assert_int_equal(hj_schedule_init(&s, &meter, &zero, 1, 1, T0), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(does_not_drift),
		cmocka_unit_test(a_dead_meter_costs_little),
		cmocka_unit_test(flapping_starts_over),
		cmocka_unit_test(overload_is_fair_and_counted),
		cmocka_unit_test(nothing_to_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
