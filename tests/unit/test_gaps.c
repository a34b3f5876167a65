/* Completeness of made-up worlds. Each is a day or two of one-minute windows with two meters, oven (two points) and
 * fan (one), two uplinks, county (all points) and city (the fan's only), and what went wrong in it; and it names the
 * gaps that must come out, no more and no less. */
/* long because: it is one table of worlds and what tells them. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gaps_told.h"
#include "hjgate/clock.h"
#include "hjgate/gaps.h"

/* From minute to minute, half-open. */
struct stretch {
	int from, to;
};
struct why {
	const char *meter; /* NULL: all */
	enum hj_gap_cause cause;
	enum hj_gap_fill fill;
	struct stretch when;
};
struct world {
	const char *name;
	int minutes;
	struct stretch none[4];        /* no record at all */
	struct stretch oven_silent[2]; /* the oven's points have flag B */
	struct stretch no_fan[2];      /* records without the fan */
	struct stretch no_current[2];  /* oven.current only has none */
	struct why why[4];
	struct stretch owed[3]; /* of county */
	struct why links[2];
	int receipts_from;      /* older ones have none */
	struct stretch neither; /* no receipt, and not owed */
	int fan_gone;           /* from here on it is not configured any more; 0: it is */
	bool fan_every_five;
	const char *gaps;
};

static const struct world worlds[] = {
	{ .name = "all is well", .minutes = 300, .gaps = "" },
	{ .name = "a meter down for ten minutes",
	        .minutes = 300,
	        .oven_silent = { { 60, 70 } },
	        .why = { { "oven", HJ_GAP_METER, HJ_GAP_LOST, { 63, 70 } } },
	        .gaps = "oven 2/2 60-70 meter lost recorded\n" },
	{ .name = "a meter down, and nobody told",
	        .minutes = 300,
	        .oven_silent = { { 60, 61 } },
	        .gaps = "oven 2/2 60-61 meter lost recorded\n" },
	{ .name = "one register refused",
	        .minutes = 300,
	        .no_current = { { 100, 130 } },
	        .gaps = "oven 1/2 100-130 unknown lost\n" },
	{ .name = "the power cut: no record at all",
	        .minutes = 300,
	        .none = { { 100, 145 } },
	        .why = { { NULL, HJ_GAP_POWER, HJ_GAP_LOST, { 99, 144 } } },
	        .gaps = "oven 2/2 100-145 power lost\nfan 1/1 100-145 power lost\n" },
	{ .name = "power cut and a meter dead behind it",
	        .minutes = 300,
	        .none = { { 100, 110 } },
	        .oven_silent = { { 110, 130 } },
	        .why = { { NULL, HJ_GAP_POWER, HJ_GAP_LOST, { 100, 110 } },
	                { "oven", HJ_GAP_METER, HJ_GAP_LOST, { 111, 130 } } },
	        .gaps = "oven 2/2 100-110 power lost\nfan 1/1 100-110 power lost\noven 2/2 110-130 meter lost "
	                "recorded\n" },
	{ .name = "over midnight",
	        .minutes = 1440 + 60,
	        .none = { { 1430, 1450 } },
	        .why = { { NULL, HJ_GAP_POWER, HJ_GAP_LOST, { 1430, 1450 } } },
	        .gaps = "oven 2/2 1430-1450 power lost\nfan 1/1 1430-1450 power lost\n" },
	{ .name = "the clock stepped an hour ahead",
	        .minutes = 300,
	        .none = { { 90, 150 } },
	        .why = { { NULL, HJ_GAP_CLOCK, HJ_GAP_LOST, { 90, 150 } } },
	        .gaps = "oven 2/2 90-150 clock lost\nfan 1/1 90-150 clock lost\n" },
	{ .name = "no time yet: it was read, and waits",
	        .minutes = 300,
	        .none = { { 250, 300 } },
	        .why = { { NULL, HJ_GAP_CLOCK, HJ_GAP_PENDING, { 251, 300 } },
	                { NULL, HJ_GAP_POWER, HJ_GAP_LOST, { 250, 251 } } },
	        .gaps = "oven 2/2 250-251 power lost\nfan 1/1 250-251 power lost\noven 2/2 251-300 clock pending\n"
	                "fan 1/1 251-300 clock pending\n" },
	{ .name = "the disk was full longer than the memory lasted",
	        .minutes = 300,
	        .none = { { 100, 120 } },
	        .why = { { NULL, HJ_GAP_FULL, HJ_GAP_LOST, { 80, 121 } } },
	        .gaps = "oven 2/2 100-120 full lost\nfan 1/1 100-120 full lost\n" },
	{ .name = "its meterd did not run: no record has the fan",
	        .minutes = 300,
	        .no_fan = { { 100, 110 } },
	        .why = { { "fan", HJ_GAP_STOPPED, HJ_GAP_LOST, { 100, 110 } } },
	        .gaps = "fan 1/1 100-110 stopped lost\n" },
	{ .name = "one window lost beside a known cause, and three",
	        .minutes = 300,
	        .none = { { 100, 110 }, { 200, 210 } },
	        .why = { { NULL, HJ_GAP_POWER, HJ_GAP_LOST, { 101, 109 } },
	                { NULL, HJ_GAP_POWER, HJ_GAP_LOST, { 203, 207 } } },
	        .gaps = "oven 2/2 100-110 power lost\nfan 1/1 100-110 power lost\noven 2/2 200-203 unknown lost\n"
	                "fan 1/1 200-203 unknown lost\noven 2/2 203-209 power lost\nfan 1/1 203-209 power lost\n"
	                "oven 2/2 209-210 unknown lost\nfan 1/1 209-210 unknown lost\n" },
	{ .name = "a swapped meter: silent while the fitter works, then on under the same name",
	        .minutes = 300,
	        .oven_silent = { { 100, 125 } },
	        .why = { { "oven", HJ_GAP_METER, HJ_GAP_LOST, { 101, 125 } } },
	        .gaps = "oven 2/2 100-125 meter lost recorded\n" },
	{ .name = "the link was down and what it owes waits",
	        .minutes = 300,
	        .owed = { { 100, 160 } },
	        .links = { { NULL, HJ_GAP_LINK, HJ_GAP_LOST, { 99, 160 } } },
	        .gaps = "county minute 100-160 link owed 60\n" },
	{ .name = "a platform that does not acknowledge, and two outages",
	        .minutes = 300,
	        .owed = { { 20, 30 }, { 100, 101 }, { 200, 240 } },
	        .links = { { NULL, HJ_GAP_LINK, HJ_GAP_LOST, { 20, 30 } },
	                { NULL, HJ_GAP_PAUSED, HJ_GAP_LOST, { 200, 400 } } },
	        .gaps = "county minute 20-30 link owed 10\ncounty minute 100-101 paused owed 1\n"
	                "county minute 200-240 paused owed 40\n" },
	{ .name = "what is under way is no gap", .minutes = 300, .owed = { { 298, 300 } }, .gaps = "" },
	{ .name = "records that nobody sends any more",
	        .minutes = 300,
	        .neither = { 50, 60 },
	        .gaps = "county minute 50-60 unknown resend 10\n" },
	{ .name = "an uplink that came later owes nothing of before",
	        .minutes = 300,
	        .receipts_from = 100,
	        .gaps = "" },
	{ .name = "a meter that was taken away is not missed",
	        .minutes = 1440 + 300,
	        .no_fan = { { 200, 2000 } },
	        .fan_gone = 200,
	        .gaps = "" },
	{ .name = "a meter that came later is not missed before",
	        .minutes = 300,
	        .no_fan = { { 0, 150 } },
	        .gaps = "" },
	{ .name = "read every five minutes only, and one of them not",
	        .minutes = 300,
	        .no_fan = { { 100, 105 } },
	        .fan_every_five = true,
	        .gaps = "fan 1/1 100-105 unknown lost\n" },
};

static bool in(const struct stretch *list, size_t n, int minute)
{
	for (size_t i = 0; i < n; i++)
		if (minute >= list[i].from && minute < list[i].to)
			return true;
	return false;
}

#define IN(list, minute) in(list, hj_array_size(list), minute)

static void tell_first(struct hj_gaps *g, const struct world *w)
{
	uint32_t county, city;

	assert_int_equal(hj_gaps_uplink(g, "county", &county), 0);
	assert_int_equal(hj_gaps_uplink(g, "city", &city), 0);
	add_point(g, 1, "oven.current", 1, true, MIN_MS);
	add_point(g, 2, "oven.power", 1, true, MIN_MS);
	add_point(g, 3, "fan.current", 3, !w->fan_gone, w->fan_every_five ? 5 * MIN_MS : MIN_MS);
	for (size_t i = 0; i < hj_array_size(w->why); i++) {
		const struct why *y = &w->why[i];
		uint32_t meter = y->meter ? (uint32_t)hj_gaps_meter(g, y->meter) : HJ_GAPS_ALL;

		assert_int_equal(hj_gaps_cause(g, meter, y->cause, y->fill, T0 + y->when.from * MIN_MS,
		                         T0 + y->when.to * MIN_MS),
		        0);
	}
	for (size_t i = 0; i < hj_array_size(w->links); i++)
		assert_int_equal(hj_gaps_link(g, county, w->links[i].cause, T0 + w->links[i].when.from * MIN_MS,
		                         T0 + w->links[i].when.to * MIN_MS),
		        0);
	for (int m = 0; m < w->minutes; m++) {
		struct hj_receipt r = { .from = (uint64_t)m + 1, .to = (uint64_t)m + 1, .packets = 1 };

		if (IN(w->owed, m))
			assert_int_equal(hj_gaps_owed(g, county, r.from, r.to), 0);
		else if (m >= w->receipts_from && !in(&w->neither, 1, m))
			assert_int_equal(hj_gaps_receipt(g, county, &r), 0);
		assert_int_equal(hj_gaps_receipt(g, city, &r), 0);
	}
}

static void tell_minute(struct hj_gaps *g, const struct world *w, int m)
{
	struct hj_head head = {
		.seq = (uint64_t)m + 1, .kind = HJ_KIND_MINUTE, .length_ms = MIN_MS, .label_ms = T0 + m * MIN_MS
	};
	struct hj_stat stats[3];
	size_t n = 0;

	if (IN(w->none, m))
		return;
	if (!IN(w->no_current, m))
		stats[n++] = stat(1, !IN(w->oven_silent, m));
	stats[n++] = stat(2, !IN(w->oven_silent, m));
	if (!IN(w->no_fan, m) && (!w->fan_every_five || m % 5 == 0))
		stats[n++] = stat(3, true);
	assert_int_equal(hj_gaps_record(g, &head, stats, n), 0);
}

static void print_gaps(struct hj_gaps *g, const struct hj_gap *gaps, size_t n, char *to, size_t size)
{
	size_t used = 0;

	*to = '\0';
	for (size_t i = 0; i < n && used < size; i++) {
		const struct hj_gap *p = &gaps[i];
		int from = (int)((p->begin_ms - T0) / MIN_MS), end = (int)((p->end_ms - T0) / MIN_MS);

		if (p->of_uplink)
			used += (size_t)snprintf(to + used, size - used, "%s %s %d-%d %s %s %u\n",
			        hj_gaps_uplink_name(g, p->what), hj_kind_name(p->kind), from, end,
			        hj_gap_cause_name(p->cause), hj_gap_fill_name(p->fill), p->count);
		else
			used += (size_t)snprintf(to + used, size - used, "%s %u/%u %d-%d %s %s%s\n",
			        hj_gaps_meter_name(g, p->what), p->points, hj_gaps_meter_points(g, p->what), from,
			        end, hj_gap_cause_name(p->cause), hj_gap_fill_name(p->fill),
			        p->recorded ? " recorded" : "");
	}
}

/* `step` minutes of a day apart, round and round: any order is as good as theirs. */
static void check_in_order(const struct world *w, int step)
{
	const struct hj_gaps_world world = { .begin_ms = T0,
		.end_ms = T0 + w->minutes * MIN_MS,
		.length_ms = MIN_MS,
		.settled_ms = T0 + (w->minutes - 2) * MIN_MS };
	struct hj_gaps *g;
	const struct hj_gap *gaps;
	char text[4096];
	size_t n;

	assert_int_equal(hj_gaps_new(&world, &g), 0);
	tell_first(g, w);
	for (int day = 0; day * 1440 < w->minutes; day++) {
		int minutes = hj_min(w->minutes - day * 1440, 1440);

		assert_int_equal(hj_gaps_day(g, T0 + day * HJ_MS_PER_DAY), 0);
		for (int m = 0; m < minutes; m++)
			tell_minute(g, w, day * 1440 + m * step % minutes);
		assert_int_equal(hj_gaps_day_end(g), 0);
	}
	assert_int_equal(hj_gaps_finish(g, &gaps, &n), 0);
	print_gaps(g, gaps, n, text, sizeof(text));
	if (strcmp(text, w->gaps))
		print_message("%s:\n", w->name);
	assert_string_equal(text, w->gaps);
	assert_int_equal(hj_gaps_passed_over(g), 0);
	hj_gaps_free(g);
}

static void test_worlds(void **state)
{
	(void)state;
	for (size_t i = 0; i < hj_array_size(worlds); i++) {
		check_in_order(&worlds[i], 1);
		check_in_order(&worlds[i], 7919);
	}
}

/* Two buses have a record each of one window, and both are owed. */
static void test_two_records_of_a_window(void **state)
{
	const struct hj_gaps_world world = {
		.begin_ms = T0, .end_ms = T0 + MIN_MS, .length_ms = MIN_MS, .settled_ms = T0 + MIN_MS
	};
	struct hj_stat one = stat(1, true);
	const struct hj_gap *gaps;
	struct hj_gaps *g;
	uint32_t county;
	char text[256];
	size_t n;

	(void)state;
	assert_int_equal(hj_gaps_new(&world, &g), 0);
	assert_int_equal(hj_gaps_uplink(g, "county", &county), 0);
	assert_string_equal(hj_gaps_uplink_name(g, county + 1), "");
	add_point(g, 1, "oven.current", 1, true, MIN_MS);
	assert_int_equal(hj_gaps_owed(g, county, 1, 2), 0);
	assert_int_equal(hj_gaps_day(g, T0), 0);
	for (uint64_t seq = 1; seq <= 2; seq++) {
		struct hj_head head = { .seq = seq, .kind = HJ_KIND_MINUTE, .length_ms = MIN_MS, .label_ms = T0 };

		assert_int_equal(hj_gaps_record(g, &head, &one, 1), 0);
	}
	assert_int_equal(hj_gaps_day_end(g), 0);
	assert_int_equal(hj_gaps_finish(g, &gaps, &n), 0);
	print_gaps(g, gaps, n, text, sizeof(text));
	assert_string_equal(text, "county minute 0-1 unknown owed 2\n");
	hj_gaps_free(g);
}

/* The sums of an hour: a cut of the power in it, a silent meter, and what waits. */
static void test_hours(void **state)
{
	static const struct world w = {
		.minutes = 120, .none = { { 10, 20 } }, .oven_silent = { { 30, 36 } }, .owed = { { 50, 60 } }
	};
	const struct hj_gaps_world world = { .begin_ms = T0, .end_ms = T0 + 120 * MIN_MS, .length_ms = MIN_MS };
	struct hj_gaps_hour h;
	struct hj_gaps *g;

	(void)state;
	assert_int_equal(hj_gaps_new(&world, &g), 0);
	tell_first(g, &w);
	assert_int_equal(hj_gaps_day(g, T0), 0);
	for (int m = 0; m < w.minutes; m++)
		tell_minute(g, &w, m);
	assert_int_equal(hj_gaps_day_end(g), 0);
	assert_true(hj_gaps_hour(g, 0, 0, &h));
	assert_true(h.expected == 120 && h.read == 88 && h.due == 120 && h.stored == 88);
	assert_int_equal(h.uplinks[0].due, 100); /* flag B is sent, too */
	assert_int_equal(h.uplinks[0].acked, 80);
	assert_int_equal(h.uplinks[1].due, 0);
	assert_true(hj_gaps_hour(g, 1, 0, &h));
	assert_true(h.expected == 60 && h.read == 50 && h.due == 60 && h.stored == 50);
	assert_int_equal(h.uplinks[0].acked, 40);
	assert_int_equal(h.uplinks[1].acked, 50);
	assert_true(hj_gaps_hour(g, 1, 1, &h));
	assert_true(h.read == 60 && h.stored == 60);
	assert_false(hj_gaps_hour(g, 1, 2, &h));
	assert_false(hj_gaps_hour(g, 2, 0, &h));
	assert_false(hj_gaps_hour(g, 0, 24, &h));
	hj_gaps_free(g);
}

/* A year of a point that fails every other minute ends at the bound, and says so. */
static void test_bounds(void **state)
{
	const struct hj_gaps_world world = { .begin_ms = T0, .end_ms = T0 + 80 * HJ_MS_PER_DAY, .length_ms = MIN_MS };
	struct hj_gaps *g;
	const struct hj_gap *gaps;
	size_t n;

	(void)state;
	assert_int_equal(hj_gaps_new(&world, &g), 0);
	add_point(g, 1, "oven.current", 0, true, MIN_MS);
	for (int day = 0; day < 80; day++) {
		assert_int_equal(hj_gaps_day(g, T0 + day * HJ_MS_PER_DAY), 0);
		for (int m = 0; m < 1440; m += 2) {
			struct hj_head head = { .seq = 1,
				.kind = HJ_KIND_MINUTE,
				.length_ms = MIN_MS,
				.label_ms = T0 + day * HJ_MS_PER_DAY + m * MIN_MS };
			struct hj_stat one = stat(1, true);

			assert_int_equal(hj_gaps_record(g, &head, &one, 1), 0);
		}
		assert_int_equal(hj_gaps_day_end(g), 0);
	}
	assert_int_equal(hj_gaps_finish(g, &gaps, &n), 0);
	assert_int_equal(n, HJ_GAPS_MOST);
	assert_int_equal(hj_gaps_passed_over(g), 80 * 720 - HJ_GAPS_MOST);
	hj_gaps_free(g);
}

/* More of anything than a gateway has is refused or counted, and what was there stays. */
static void test_more_than_a_gateway_has(void **state)
{
	const struct hj_gaps_world world = { .begin_ms = T0, .end_ms = T0 + 60 * MIN_MS, .length_ms = MIN_MS };
	char name[HJ_POINT_NAME_MAX + 1];
	uint32_t county = 0;
	struct hj_gaps *g;

	(void)state;
	assert_int_equal(hj_gaps_new(&world, &g), 0);
	for (uint32_t i = 0; i < HJ_GAPS_UPLINKS_MAX; i++) {
		snprintf(name, sizeof(name), "up%u", i);
		assert_int_equal(hj_gaps_uplink(g, name, &county), 0);
		assert_int_equal(county, i);
	}
	assert_int_equal(hj_gaps_uplink(g, "one-more", &county), -ENOSPC);
	assert_string_equal(hj_gaps_uplink_name(g, HJ_GAPS_UPLINKS_MAX), "");
	for (int i = 0; i < HJ_GAPS_METERS_MAX; i++) {
		snprintf(name, sizeof(name), "meter%d", i);
		assert_int_equal(hj_gaps_meter(g, name), i);
	}
	assert_int_equal(hj_gaps_meter(g, "one-more"), -ENOSPC);
	assert_int_equal(hj_gaps_meter(g, "meter1"), 1);
	assert_int_equal(
	        hj_gaps_point(g, &(struct hj_gaps_point){ .number = 1, .name = "one-more.current" }), -ENOSPC);
	assert_null(hj_gaps_meter_name(g, HJ_GAPS_METERS_MAX));
	assert_int_equal(hj_gaps_meter_points(g, HJ_GAPS_METERS_MAX), 0);
	assert_int_equal(hj_gaps_passed_over(g), 0);
	for (int i = 0; i < HJ_GAPS_CAUSES_MAX + 3; i++)
		assert_int_equal(hj_gaps_cause(g, HJ_GAPS_ALL, HJ_GAP_POWER, HJ_GAP_LOST, T0 + i, T0 + i + 1), 0);
	assert_int_equal(hj_gaps_passed_over(g), 3);
	assert_int_equal(hj_gaps_cause(g, HJ_GAPS_ALL, HJ_GAP_POWER, HJ_GAP_LOST, T0, T0), 0); /* no time at all */
	assert_int_equal(hj_gaps_passed_over(g), 3);
	hj_gaps_free(g);
}

/* A name may have had several numbers, and a configured point none yet: it is one point all the same. */
static void test_numbers_of_a_point(void **state)
{
	const struct hj_gaps_world world = { .begin_ms = T0, .end_ms = T0 + 10 * MIN_MS, .length_ms = MIN_MS };
	struct hj_gaps *g;
	const struct hj_gap *gaps;
	char text[256];
	size_t n;

	(void)state;
	assert_int_equal(hj_gaps_new(&world, &g), 0);
	add_point(g, 0, "oven.current", 0, true, 0);
	add_point(g, 5, "oven.current", 0, true, MIN_MS);
	add_point(g, 5, "oven.current", 0, true, MIN_MS);
	add_point(g, 3, "oven.current", 0, true, MIN_MS);
	assert_int_equal(hj_gaps_meter_points(g, 0), 1);
	assert_string_equal(hj_gaps_point_name(g, 0), "oven.current");
	assert_string_equal(hj_gaps_point_name(g, 1), "");
	assert_int_equal(hj_gaps_day(g, T0), 0);
	for (int m = 0; m < 10; m++) {
		struct hj_head head = {
			.seq = 1, .kind = HJ_KIND_MINUTE, .length_ms = MIN_MS, .label_ms = T0 + m * MIN_MS
		};
		struct hj_stat both[] = { stat(m < 5 ? 3 : 5, true), stat(77, true) };

		if (m != 4)
			assert_int_equal(hj_gaps_record(g, &head, both, 2), 0);
	}
	assert_int_equal(hj_gaps_day_end(g), 0);
	assert_int_equal(hj_gaps_finish(g, &gaps, &n), 0);
	print_gaps(g, gaps, n, text, sizeof(text));
	assert_string_equal(text, "oven 1/1 4-5 unknown lost\n");
	hj_gaps_free(g);
}

/* What was in a record before the span is missed from its begin on, under whatever number; what is new, from its
 * first record on; and what is configured no more is not missed, and is no point of its meter. */
static void test_seen_before(void **state)
{
	const struct hj_gaps_world world = { .begin_ms = T0, .end_ms = T0 + 10 * MIN_MS, .length_ms = MIN_MS };
	const struct hj_head head = {
		.seq = 1, .kind = HJ_KIND_MINUTE, .length_ms = MIN_MS, .label_ms = T0 + 4 * MIN_MS
	};
	struct hj_stat one = stat(4, true);
	const struct hj_gap *gaps;
	struct hj_gaps *g;
	char text[256];
	size_t n;

	(void)state;
	assert_int_equal(hj_gaps_new(&world, &g), 0);
	assert_false(hj_gaps_unseen(g));
	add_point(g, 0, "oven.current", 0, true, MIN_MS);
	add_point(g, 0, "oven.power", 0, true, MIN_MS);
	add_point(g, 0, "fan.current", 0, true, MIN_MS);
	assert_int_equal(hj_gaps_number(g, 7, "oven.current"), 0);
	assert_int_equal(hj_gaps_number(g, 3, "oven.current"), 0);
	assert_int_equal(hj_gaps_number(g, 4, "oven.power"), 0);
	assert_int_equal(hj_gaps_number(g, 5, "oven.gone"), 0);
	assert_int_equal(hj_gaps_number(g, 6, "gone.current"), 0);
	hj_gaps_seen(g, 3, T0 - 3000 * MIN_MS);
	hj_gaps_seen(g, 5, T0 - 3000 * MIN_MS);
	hj_gaps_seen(g, 77, T0 - 3000 * MIN_MS);
	assert_true(hj_gaps_unseen(g));
	assert_int_equal(hj_gaps_day(g, T0), 0);
	assert_int_equal(hj_gaps_record(g, &head, &one, 1), 0);
	assert_int_equal(hj_gaps_day_end(g), 0);
	assert_int_equal(hj_gaps_finish(g, &gaps, &n), 0);
	print_gaps(g, gaps, n, text, sizeof(text));
	assert_string_equal(text, "oven 1/2 0-10 unknown lost\noven 1/2 5-10 unknown lost\n");
	assert_string_equal(hj_gaps_meter_name(g, 1), "fan");
	assert_null(hj_gaps_meter_name(g, 2));
	hj_gaps_seen(g, 4, T0);
	assert_true(hj_gaps_unseen(g)); /* the fan */
	assert_int_equal(hj_gaps_number(g, 8, "fan.current"), 0);
	hj_gaps_seen(g, 8, T0);
	assert_false(hj_gaps_unseen(g));
	hj_gaps_free(g);
}

/* What is no window, or of another time, is no part of it; numbers that are none are nobody's. */
static void test_what_does_not_count(void **state)
{
	const struct hj_gaps_world world = {
		.begin_ms = T0, .end_ms = T0 + 10 * MIN_MS, .length_ms = MIN_MS, .settled_ms = T0 + 10 * MIN_MS
	};
	const struct hj_receipt none = { .from = 0, .to = 5, .packets = 1 };
	static const struct {
		enum hj_kind kind;
		uint32_t length_ms;
		int64_t label_ms;
	} others[] = {
		{ HJ_KIND_MINUTE, 0, T0 + 5 * MIN_MS },
		{ HJ_KIND_STATUS, MIN_MS, T0 + 5 * MIN_MS },
		{ HJ_KIND_MINUTE, MIN_MS, T0 - MIN_MS },
		{ HJ_KIND_MINUTE, MIN_MS, T0 + 10 * MIN_MS },
	};
	const struct hj_gaps_point oven = { .number = 1,
		.name = "oven.current",
		.interval_ms = MIN_MS,
		.since_ms = T0,
		.uplinks = 1,
		.configured = true };
	struct hj_stat one = stat(1, true);
	const struct hj_gap *gaps;
	struct hj_gaps_hour hour;
	struct hj_gaps *g;
	uint32_t county;
	char text[256];
	size_t n;

	(void)state;
	assert_int_equal(hj_gaps_new(&world, &g), 0);
	assert_int_equal(hj_gaps_uplink(g, "county", &county), 0);
	assert_int_equal(hj_gaps_point(g, &oven), 0);
	assert_int_equal(hj_gaps_owed(g, county, 9, 8), 0);
	assert_int_equal(hj_gaps_owed(g, county, 9, UINT64_MAX), 0);
	assert_int_equal(hj_gaps_receipt(g, county, &none), 0);
	assert_int_equal(hj_gaps_day(g, T0), 0);
	for (size_t i = 0; i < hj_array_size(others); i++) {
		const struct hj_head head = { .seq = 100,
			.kind = others[i].kind,
			.length_ms = others[i].length_ms,
			.label_ms = others[i].label_ms };

		assert_int_equal(hj_gaps_record(g, &head, &one, 1), 0);
	}
	assert_int_equal(hj_gaps_day_end(g), 0);
	assert_true(hj_gaps_hour(g, 0, 0, &hour));
	assert_true(hour.stored == 0 && hour.due == 10 && hour.uplinks[0].due == 0);
	assert_int_equal(hj_gaps_finish(g, &gaps, &n), 0);
	print_gaps(g, gaps, n, text, sizeof(text));
	assert_string_equal(text, "oven 1/1 0-10 unknown lost\n");
	hj_gaps_free(g);
	hj_gaps_free(NULL);
}

/* A value that stands for five minutes stands over midnight, too. */
static void test_a_value_stands_over_midnight(void **state)
{
	const struct hj_gaps_world world = {
		.begin_ms = T0, .end_ms = T0 + HJ_MS_PER_DAY + 10 * MIN_MS, .length_ms = MIN_MS
	};
	struct hj_stat one = stat(1, true);
	const struct hj_gap *gaps;
	struct hj_gaps *g;
	char text[256];
	size_t n;

	(void)state;
	assert_int_equal(hj_gaps_new(&world, &g), 0);
	add_point(g, 1, "oven.current", 0, true, 5 * MIN_MS);
	for (int day = 0; day < 2; day++) {
		assert_int_equal(hj_gaps_day(g, T0 + day * HJ_MS_PER_DAY), 0);
		for (int m = day ? 1443 : 3; m < 1440 + day * 10; m += 5) {
			struct hj_head head = {
				.seq = 1, .kind = HJ_KIND_MINUTE, .length_ms = MIN_MS, .label_ms = T0 + m * MIN_MS
			};

			assert_int_equal(hj_gaps_record(g, &head, &one, 1), 0);
		}
		assert_int_equal(hj_gaps_day_end(g), 0);
	}
	assert_int_equal(hj_gaps_finish(g, &gaps, &n), 0);
	print_gaps(g, gaps, n, text, sizeof(text));
	assert_string_equal(text, "");
	hj_gaps_free(g);
}

/* Causes and fills have names, and what is none of them is called by the first: what a newer store says. */
static void test_names(void **state)
{
	(void)state;
	assert_string_equal(hj_gap_cause_name(HJ_GAP_LINK), "link");
	assert_string_equal(hj_gap_cause_name((enum hj_gap_cause)99), "unknown");
	assert_string_equal(hj_gap_fill_name(HJ_GAP_RESEND), "resend");
	assert_string_equal(hj_gap_fill_name((enum hj_gap_fill)99), "lost");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worlds),
		cmocka_unit_test(test_two_records_of_a_window),
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_more_than_a_gateway_has),
		cmocka_unit_test(test_numbers_of_a_point),
		cmocka_unit_test(test_seen_before),
		cmocka_unit_test(test_what_does_not_count),
		cmocka_unit_test(test_a_value_stands_over_midnight),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
