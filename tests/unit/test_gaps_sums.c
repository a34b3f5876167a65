/* The sums of completeness: what was due where nothing is recorded, what counts as read of it, and what went. */
#include "gaps_told.h"
#include "hjgate/clock.h"
#include "hjgate/gaps.h"

/* A current with half of its readings, and a switch of the same meter that chattered in one window: what came more
 * often than it was expected stands for nothing that is missing elsewhere. */
static void test_more_than_expected(void **state)
{
	const struct hj_gaps_world world = { .begin_ms = T0, .end_ms = T0 + 60 * MIN_MS, .length_ms = MIN_MS };
	struct hj_stat both[] = { stat(1, true), stat(2, true) };
	struct hj_gaps_hour h;
	struct hj_gaps *g;

	(void)state;
	assert_int_equal(hj_gaps_new(&world, &g), 0);
	add_point(g, 1, "oven.current", 0, true, MIN_MS / 6);
	add_point(g, 2, "oven.switch", 0, true, MIN_MS);
	both[0].expected = 6;
	assert_int_equal(hj_gaps_day(g, T0), 0);
	for (int m = 0; m < 60; m++) {
		struct hj_head head = {
			.seq = 1, .kind = HJ_KIND_MINUTE, .length_ms = MIN_MS, .label_ms = T0 + m * MIN_MS
		};

		both[0].got = m == 7 ? 8 : 3; /* once asked anew, beside the grid */
		both[1].got = m == 5 ? 200 : 1;
		assert_int_equal(hj_gaps_record(g, &head, both, 2), 0);
	}
	assert_int_equal(hj_gaps_day_end(g), 0);
	assert_true(hj_gaps_hour(g, 0, 0, &h));
	assert_float_equal(h.expected, 60 * 6 + 60, 1e-9);
	assert_float_equal(h.read, 59 * 3 + 6 + 60, 1e-9);
	assert_true(h.due == 120 && h.stored == 120);
	hj_gaps_free(g);
}

/* A platform that is not asked to acknowledge has what was delivered to it: that went, and nobody acknowledged it. */
static void test_delivered(void **state)
{
	static const struct hj_receipt receipts[] = {
		{ .from = 1, .to = 10, .packets = 1 },
		{ .from = 11, .to = 50, .packets = 2, .unanswered = true },
		{ .from = 50, .to = 50, .packets = 1 }, /* asked for again when the policy was another one */
	};
	const struct hj_gaps_world world = {
		.begin_ms = T0, .end_ms = T0 + 60 * MIN_MS, .length_ms = MIN_MS, .settled_ms = T0 + 60 * MIN_MS
	};
	struct hj_stat one = stat(1, true);
	const struct hj_gap *gaps;
	struct hj_gaps_hour h;
	struct hj_gaps *g;
	uint32_t county;
	size_t n;

	(void)state;
	assert_int_equal(hj_gaps_new(&world, &g), 0);
	assert_int_equal(hj_gaps_uplink(g, "county", &county), 0);
	add_point(g, 1, "oven.current", 1, true, MIN_MS);
	for (size_t i = 0; i < hj_array_size(receipts); i++)
		assert_int_equal(hj_gaps_receipt(g, county, &receipts[i]), 0);
	assert_int_equal(hj_gaps_owed(g, county, 45, 60), 0);
	assert_int_equal(hj_gaps_day(g, T0), 0);
	for (uint32_t m = 0; m < 60; m++) {
		const struct hj_head head = {
			.seq = m + 1, .kind = HJ_KIND_MINUTE, .length_ms = MIN_MS, .label_ms = T0 + m * MIN_MS
		};

		assert_int_equal(hj_gaps_record(g, &head, &one, 1), 0);
	}
	assert_int_equal(hj_gaps_day_end(g), 0);
	assert_true(hj_gaps_hour(g, 0, 0, &h));
	assert_int_equal(h.uplinks[county].due, 60);
	assert_int_equal(h.uplinks[county].sent, 50);
	assert_int_equal(h.uplinks[county].acked, 11);
	assert_int_equal(hj_gaps_finish(g, &gaps, &n), 0);
	assert_true(n == 1 && gaps[0].of_uplink && gaps[0].fill == HJ_GAP_OWED);
	assert_true(gaps[0].from == 51 && gaps[0].to == 60 && gaps[0].count == 10);
	hj_gaps_free(g);
}

static void tell_paced(struct hj_gaps *g, int minute, int minutes, uint32_t expected)
{
	const struct hj_head head = { .seq = 1,
		.kind = HJ_KIND_MINUTE,
		.length_ms = (uint32_t)(minutes * MIN_MS),
		.label_ms = T0 + minute * MIN_MS };
	struct hj_stat one = stat(1, true);

	one.expected = expected;
	assert_int_equal(hj_gaps_record(g, &head, &one, 1), 0);
}

/* What was due where nothing is recorded: by the interval of then, whatever today's is. Minutes that are recorded are
 * told `step` apart: any order is as good as theirs. */
static void check_due(uint32_t interval_ms, const uint32_t expected[60], int step, double due)
{
	const struct hj_gaps_world world = {
		.begin_ms = T0, .end_ms = T0 + HJ_MS_PER_DAY + 60 * MIN_MS, .length_ms = MIN_MS
	};
	struct hj_gaps_hour h;
	struct hj_gaps *g;

	assert_int_equal(hj_gaps_new(&world, &g), 0);
	add_point(g, 1, "oven.current", 0, true, interval_ms);
	assert_int_equal(hj_gaps_day(g, T0), 0);
	for (int i = 0; i < 60; i++)
		if (expected[i * step % 60])
			tell_paced(g, i * step % 60, 1, expected[i * step % 60]);
	assert_int_equal(hj_gaps_day_end(g), 0);
	assert_true(hj_gaps_hour(g, 0, 0, &h));
	assert_float_equal(h.expected, due, 1e-9);
	/* The hour behind midnight has none at all. */
	assert_int_equal(hj_gaps_day(g, T0 + HJ_MS_PER_DAY), 0);
	assert_int_equal(hj_gaps_day_end(g), 0);
	assert_true(hj_gaps_hour(g, 0, 0, &h));
	assert_float_equal(h.expected, 60.0 * (expected[59] > 1 ? expected[59] : 60000.0 / interval_ms), 1e-9);
	hj_gaps_free(g);
}

/* From minute to minute, to the last one's end. */
static void expect(uint32_t minutes[60], int from, int to, uint32_t expected)
{
	for (int i = from; i <= to; i++)
		minutes[i] = expected;
}

static void test_due_by_the_interval_of_then(void **state)
{
	static const int steps[] = { 1, 7, 59 };
	uint32_t changed[60] = { 0 }, slow[60] = { 0 }, many[60] = { 0 };

	(void)state;
	expect(changed, 0, 8, 5);
	expect(changed, 9, 9, 3); /* a clock stepped in it */
	expect(changed, 20, 20, 5);
	expect(changed, 21, 24, 1);
	expect(changed, 40, 44, 12);
	expect(changed, 59, 59, 12);
	slow[0] = slow[5] = slow[55] = 1;
	expect(many, 0, 8, 2);
	for (int i = 1; i < 4; i++)
		expect(many, 10 * i, 10 * i + 9, (uint32_t)i + 2);
	expect(many, 40, 40, 6);
	expect(many, 53, 53, 2);
	expect(many, 59, 59, 2);
	for (size_t i = 0; i < hj_array_size(steps); i++) {
		check_due(12000, changed, steps[i], 9 * 5 + 3 + 10 * 5 + 5 + 4 + 15 * 12 + 5 * 12 + 14 * 12 + 12);
		/* One in five minutes: three are recorded, and a value stands for five. */
		check_due(5 * MIN_MS, slow, steps[i], 3 + 45 / 5.0);
	}
	/* More of them in a day than are told apart: that of the fewest windows gives way. */
	check_due(MIN_MS, many, 1, 9 * 2 + 3 + 10 * (3 + 4 + 5) + 6 + 12 * 5 + 2 + 5 * 2 + 2);
}

/* Each day begins with a window that a start cut short, each another way; in the end there is another interval. */
static void test_due_after_many_days(void **state)
{
	const struct hj_gaps_world world = {
		.begin_ms = T0, .end_ms = T0 + 8 * HJ_MS_PER_DAY, .length_ms = MIN_MS
	};
	struct hj_gaps_hour h;
	struct hj_gaps *g;

	(void)state;
	assert_int_equal(hj_gaps_new(&world, &g), 0);
	add_point(g, 1, "oven.current", 0, true, MIN_MS);
	for (int day = 0; day < 8; day++) {
		assert_int_equal(hj_gaps_day(g, T0 + day * HJ_MS_PER_DAY), 0);
		tell_paced(g, day * 1440, 1, (uint32_t)day + 1);
		for (int m = 1; m < 1440; m++)
			if (m < 20 || m >= 30)
				tell_paced(g, day * 1440 + m, 1, day < 7 ? 20 : 30);
		assert_int_equal(hj_gaps_day_end(g), 0);
	}
	assert_true(hj_gaps_hour(g, 0, 0, &h));
	assert_float_equal(h.expected, 8 + 59 * 30, 1e-9);
	hj_gaps_free(g);
}

/* The windows had five minutes then, and have one today; and the other way round. */
static void test_due_by_other_windows(void **state)
{
	static const struct {
		int then, today;
		uint32_t expected;
		double due;
	} cases[] = { { 5, 1, 30, 360 }, { 1, 5, 6, 6 + 54 * 6 + 5 * 6 }, { 5, 1, 1, 1 + 55 * .2 } };

	(void)state;
	for (size_t i = 0; i < hj_array_size(cases); i++) {
		const struct hj_gaps_world world = {
			.begin_ms = T0, .end_ms = T0 + 60 * MIN_MS, .length_ms = cases[i].today * MIN_MS
		};
		struct hj_gaps_hour h;
		struct hj_gaps *g;

		assert_int_equal(hj_gaps_new(&world, &g), 0);
		add_point(g, 1, "oven.current", 0, true, 1000);
		assert_int_equal(hj_gaps_day(g, T0), 0);
		tell_paced(g, 0, cases[i].then, cases[i].expected);
		assert_int_equal(hj_gaps_day_end(g), 0);
		assert_true(hj_gaps_hour(g, 0, 0, &h));
		assert_float_equal(h.expected, cases[i].due, 1e-9);
		hj_gaps_free(g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_more_than_expected),
		cmocka_unit_test(test_delivered),
		cmocka_unit_test(test_due_by_the_interval_of_then),
		cmocka_unit_test(test_due_after_many_days),
		cmocka_unit_test(test_due_by_other_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
