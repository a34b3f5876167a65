/* A point that has, or had, several numbers, and a code that several points have, or had: each record is told by the
 * number it holds, and a platform gets each code once. */
/* long because: it is tables of what the store tells, and what becomes of it. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/hj212_phrase.h"

#define NOW 1470012000000LL /* 2016-08-01 08:40:00 in Beijing */

/* What the store tells, in this order. */
struct told {
	uint32_t number;
	const char *name, *factor, *unit;
};

static void learn(struct hj212_phrase_map *m, const struct told *t)
{
	struct hj_point p = { .number = t->number, .interval_ms = 5000 };

	snprintf(p.name, sizeof(p.name), "%s", t->name);
	snprintf(p.factor, sizeof(p.factor), "%s", t->factor);
	snprintf(p.unit, sizeof(p.unit), "%s", t->unit);
	assert_int_equal(hj212_phrase_map_learn(m, &p), 0);
}

/* A point of which the store tells two numbers. */
static void want_two(struct hj212_phrase_map *m, const struct hj_wanted *wanted, const struct told told[2])
{
	assert_int_equal(hj212_phrase_map_add(m, wanted), 0);
	learn(m, &told[0]);
	learn(m, &told[1]);
}

static struct hj_stat gauge(uint32_t number, double value)
{
	return (struct hj_stat){ .point = number,
		.flag = 'N',
		.expected = 60,
		.got = 60,
		.cou = NAN,
		.min = value,
		.avg = value,
		.max = value,
		.last = NAN };
}

static void expect_statistics(
        const struct hj212_phrase_map *m, const struct hj_stat *stats, size_t count, const char *text)
{
	struct hj_buf items = { 0 };

	assert_int_equal(hj212_phrase_statistics(m, stats, count, &items), 0);
	assert_string_equal(items.len ? items.data : "", text);
	hj_buf_done(&items);
}

static void expect_window(const struct hj212_phrase_map *m, uint32_t number, double value, const char *text)
{
	const struct hj_stat stat = gauge(number, value);

	expect_statistics(m, &stat, 1, text);
}

static void expect_realtime(
        const struct hj212_phrase_map *m, const struct hj212_phrase_newest *newest, size_t count, const char *text)
{
	struct hj_buf items = { 0 };

	assert_int_equal(hj212_phrase_realtime(m, newest, count, NOW, &items), 0);
	assert_string_equal(items.len ? items.data : "", text);
	hj_buf_done(&items);
}

/* A total that grew by `cou` from `from` on, of 60 samples that were due. */
static struct hj_stat total(uint32_t number, enum hj_flag flag, uint32_t got, double cou, double from)
{
	return (struct hj_stat){ .point = number,
		.flag = flag,
		.expected = 60,
		.got = got,
		.cou = cou,
		.min = from,
		.avg = from + cou / 2,
		.max = from + cou,
		.last = from + cou };
}

/* ---- one point, several numbers ---- */

/* Number 5 was the point before, number 9 is it now. */
static const struct {
	bool all;
	struct hj_wanted wanted;
	struct told told[3];
	const char *before, *after, *now;
} changes[] = {
	/* the point's own code was put right, the uplink's own stays */
	{ false, { .point = "oven.current", .factor = "E1", .decimals = -1 },
	        { { 9, "oven.current", "ga0102", "A" }, { 5, "oven.current", "ga0101", "A" } },
	        "E1-Min=2,E1-Avg=2,E1-Max=2,E1-Flag=N", "E1-Min=2,E1-Avg=2,E1-Max=2,E1-Flag=N",
	        "E1-Rtd=2,E1-Flag=N" },
	{ false, { .point = "oven.current", .factor = "E1", .decimals = -1 },
	        { { 5, "oven.current", "ga0101", "A" }, { 9, "oven.current", "ga0102", "A" },
	                { 5, "oven.current", "ga0101", "A" } },
	        "E1-Min=2,E1-Avg=2,E1-Max=2,E1-Flag=N", "E1-Min=2,E1-Avg=2,E1-Max=2,E1-Flag=N",
	        "E1-Rtd=2,E1-Flag=N" },
	/* the point's own code is the platform's: each record has the code of its time */
	{ false, { .point = "oven.current", .factor = "", .decimals = -1, .own = "ga0102" },
	        { { 9, "oven.current", "ga0102", "A" }, { 5, "oven.current", "ga0101", "A" } },
	        "ga0101-Min=2,ga0101-Avg=2,ga0101-Max=2,ga0101-Flag=N",
	        "ga0102-Min=2,ga0102-Avg=2,ga0102-Max=2,ga0102-Flag=N", "ga0102-Rtd=2,ga0102-Flag=N" },
	{ true, { .point = "oven.current", .factor = "ga0102", .decimals = -1, .own = "ga0102" },
	        { { 5, "oven.current", "ga0101", "A" }, { 9, "oven.current", "ga0102", "A" } },
	        "ga0101-Min=2,ga0101-Avg=2,ga0101-Max=2,ga0101-Flag=N",
	        "ga0102-Min=2,ga0102-Avg=2,ga0102-Max=2,ga0102-Flag=N", "ga0102-Rtd=2,ga0102-Flag=N" },
	/* what was mA is A now; the platform has kA, or what nobody has said */
	{ false, { .point = "oven.current", .factor = "E1", .decimals = 2, .unit = "kA", .own_unit = "A" },
	        { { 5, "oven.current", "ga0101", "mA" }, { 9, "oven.current", "ga0101", "A" } },
	        "E1-Min=0.00000,E1-Avg=0.00000,E1-Max=0.00000,E1-Flag=N",
	        "E1-Min=0.00200,E1-Avg=0.00200,E1-Max=0.00200,E1-Flag=N", "E1-Rtd=0.00200,E1-Flag=N" },
	{ false, { .point = "oven.current", .factor = "E1", .decimals = 0, .own_unit = "mA" },
	        { { 9, "oven.current", "ga0101", "mA" }, { 5, "oven.current", "ga0101", "A" } },
	        "E1-Min=2.000,E1-Avg=2.000,E1-Max=2.000,E1-Flag=N", "E1-Min=2,E1-Avg=2,E1-Max=2,E1-Flag=N",
	        "E1-Rtd=2,E1-Flag=N" },
	/* of a unit that nobody can turn into the other the decimals say nothing */
	{ false, { .point = "oven.current", .factor = "E1", .decimals = 0, .own_unit = "mA" },
	        { { 9, "oven.current", "ga0101", "mA" }, { 5, "oven.current", "ga0101", "bar" } },
	        "E1-Min=2,E1-Avg=2,E1-Max=2,E1-Flag=N", "E1-Min=2,E1-Avg=2,E1-Max=2,E1-Flag=N",
	        "E1-Rtd=2,E1-Flag=N" },
	/* the uplink's factor is for the unit that is configured now */
	{ false, { .point = "oven.energy", .factor = "E1", .decimals = -1, .scale = 3.6, .own_unit = "kWh" },
	        { { 9, "oven.energy", "ga0101", "kWh" }, { 5, "oven.energy", "ga0101", "MWh" } },
	        "E1-Min=7200,E1-Avg=7200,E1-Max=7200,E1-Flag=N", "E1-Min=7.2,E1-Avg=7.2,E1-Max=7.2,E1-Flag=N",
	        "E1-Rtd=7.2,E1-Flag=N" },
	/* what cannot be told in the platform's unit is not, and the rest is */
	{ false, { .point = "oven.energy", .factor = "E1", .decimals = -1, .unit = "kWh", .own_unit = "kWh" },
	        { { 9, "oven.energy", "ga0101", "kWh" }, { 5, "oven.energy", "ga0101", "m3" } }, "",
	        "E1-Min=2,E1-Avg=2,E1-Max=2,E1-Flag=N", "E1-Rtd=2,E1-Flag=N" },
};

/* A page of history tells of 5 again, or of 5 first. */
static void an_older_number_takes_nothing_from_the_newer(void **state)
{
	static const struct hj212_phrase_newest newest[] = {
		{ .point = 5, .time_ms = NOW - 4000, .value = 7, .flag = 'N' },
		{ .point = 9, .time_ms = NOW - 1000, .value = 2, .flag = 'N' },
	};

	for (size_t i = 0; i < hj_array_size(changes); i++) {
		struct hj212_phrase_map m = { .all = changes[i].all };

		assert_int_equal(hj212_phrase_map_add(&m, &changes[i].wanted), 0);
		for (size_t k = 0; k < 3 && changes[i].told[k].number; k++)
			learn(&m, &changes[i].told[k]);
		assert_int_equal(m.count, 2);
		expect_window(&m, 5, 2, changes[i].before);
		expect_window(&m, 9, 2, changes[i].after);
		expect_realtime(&m, newest, 2, changes[i].now);
		expect_realtime(&m, newest + 1, 1, changes[i].now);
		assert_int_equal(hj212_phrase_map_find_point(&m, changes[i].wanted.point)->number, 9);
		hj212_phrase_map_done(&m);
	}
}

/* N4.2 and A are what the table says of ga0102; of ga0101 nobody has said anything. */
static void another_code_has_no_type_of_this_one(void **state)
{
	const struct hj_wanted wanted = { .point = "oven.current",
		.factor = "",
		.decimals = -1,
		.type = { .letter = 'N', .whole = 4, .fraction = 2 },
		.code_unit = "A",
		.own = "ga0102",
		.own_unit = "mA" };

	for (int first = 0; first < 2; first++) {
		static const struct told told[] = { { 5, "oven.current", "ga0101", "mA" },
			{ 9, "oven.current", "ga0102", "mA" } };
		struct hj212_phrase_map m = { 0 };

		assert_int_equal(hj212_phrase_map_add(&m, &wanted), 0);
		learn(&m, &told[first]);
		learn(&m, &told[!first]);
		expect_window(&m, 5, 1234.5678,
		        "ga0101-Min=1234.5678,ga0101-Avg=1234.5678,ga0101-Max=1234.5678,ga0101-Flag=N");
		expect_window(&m, 9, 1234.5678, "ga0102-Min=1.23,ga0102-Avg=1.23,ga0102-Max=1.23,ga0102-Flag=N");
		hj212_phrase_map_done(&m);
	}
}

/* A store that was begun anew gives the numbers of the old one to others. */
static void a_number_is_one_points(void **state)
{
	static const struct hj_wanted wanted[] = { { .point = "oven.current", .factor = "E1", .decimals = -1 },
		{ .point = "oven.door", .factor = "E2", .decimals = -1 } };
	static const struct told told[] = { { 1, "oven.current", "a", "" }, { 2, "oven.door", "b", "" },
		{ 3, "oven.current", "c", "" } },
	                         anew[] = { { 3, "oven.door", "b", "" }, { 2, "oven.current", "c", "" } };
	struct hj212_phrase_map m = { 0 };

	for (size_t i = 0; i < hj_array_size(wanted); i++)
		assert_int_equal(hj212_phrase_map_add(&m, &wanted[i]), 0);
	for (size_t i = 0; i < hj_array_size(told); i++)
		learn(&m, &told[i]);
	learn(&m, &anew[0]);
	expect_window(&m, 3, 1, "E2-Min=1,E2-Avg=1,E2-Max=1,E2-Flag=N");
	assert_int_equal(hj212_phrase_map_find_point(&m, "oven.current")->number, 1);
	learn(&m, &anew[1]);
	expect_window(&m, 2, 1, "E1-Min=1,E1-Avg=1,E1-Max=1,E1-Flag=N");
	assert_int_equal(hj212_phrase_map_find_point(&m, "oven.current")->number, 2);
	hj212_phrase_map_done(&m);
}

/* What is made up is what would be sent now. */
static void nothing_is_made_up_of_an_older_number(void **state)
{
	static const struct hj_wanted wanted = { .point = "oven.current", .factor = "", .decimals = 0 };
	static const struct told told[] = { { 9, "oven.current", "ga0102", "A" },
		{ 5, "oven.current", "ga0101", "A" } };
	struct hj212_phrase_map m = { 0 };
	struct hj_buf items = { 0 };

	want_two(&m, &wanted, told);
	assert_int_equal(hj212_phrase_made_up_realtime(&m, HJ_FLAG_NORMAL, NOW, &items), 0);
	assert_string_equal(items.data, "ga0102-Rtd=12,ga0102-Flag=N");
	hj_buf_done(&items);
	assert_int_equal(hj212_phrase_made_up_statistics(&m, &items), 0);
	assert_string_equal(items.data, "ga0102-Min=12,ga0102-Avg=12,ga0102-Max=12,ga0102-Flag=N");
	hj_buf_done(&items);
	hj212_phrase_map_done(&m);
}

/* The window of the change holds both: they are one value, in the platform's unit. */
static void a_window_of_two_numbers_is_one_item(void **state)
{
	static const struct hj_wanted wanted = {
		.point = "oven.energy", .factor = "E1", .decimals = -1, .unit = "kWh", .own_unit = "kWh"
	};
	static const struct told told[] = { { 5, "oven.energy", "ga0101", "MWh" },
		{ 9, "oven.energy", "ga0101", "kWh" } };
	const struct {
		struct hj_stat stats[2];
		const char *text;
	} cases[] = {
		/* a tenth of the window is the older number's: what it grew by then is not lost */
		{ { total(5, 'D', 6, 0.001, 2), total(9, 'N', 54, 9, 2001) },
		        "E1-Cou=10,E1-Min=2000,E1-Avg=2005,E1-Max=2010,E1-Flag=N" },
		{ { total(5, 'N', 45, 0.008, 2), total(9, 'D', 15, 2, 2008) },
		        "E1-Cou=10,E1-Min=2000,E1-Avg=2005.25,E1-Max=2010,E1-Flag=N" },
		/* neither has the normal part, but both together, or not even they */
		{ { total(5, 'M', 18, 0.001, 2), total(9, 'D', 27, 9, 2001) },
		        "E1-Cou=10,E1-Min=2000,E1-Avg=2003.5,E1-Max=2010,E1-Flag=N" },
		{ { total(5, 'M', 12, 0.001, 2), total(9, 'D', 18, 9, 2001) },
		        "E1-Cou=10,E1-Min=2000,E1-Avg=2003.5,E1-Max=2010,E1-Flag=D" },
		/* one of them was never read, or never normally */
		{ { total(5, 'N', 50, 0.001, 2), { 9, 'B', 60, 0, NAN, NAN, NAN, NAN, NAN } },
		        "E1-Cou=1,E1-Min=2000,E1-Avg=2000.5,E1-Max=2001,E1-Flag=N" },
		{ { total(5, 'D', 0, 0.001, 1), total(9, 'N', 50, 9, 2001) },
		        "E1-Cou=10,E1-Min=2001,E1-Avg=2005.5,E1-Max=2010,E1-Flag=N" },
		{ { total(5, 'D', 0, 0.002, 2), total(9, 'M', 0, 4, 2002) },
		        "E1-Cou=6,E1-Min=2000,E1-Avg=2002.5,E1-Max=2006,E1-Flag=M" },
	};
	struct hj212_phrase_map m = { .normal_part = 75 };

	want_two(&m, &wanted, told);
	for (size_t i = 0; i < hj_array_size(cases); i++)
		expect_statistics(&m, cases[i].stats, 2, cases[i].text);
	hj212_phrase_map_done(&m);
}

/* Of units that nobody can turn into each other there is no sum: the window is that of the number that it has now. */
static void other_units_are_not_added(void **state)
{
	static const struct hj_wanted wanted = { .point = "oven.energy", .factor = "E1", .decimals = -1 };
	static const struct told told[] = { { 5, "oven.energy", "ga0101", "MWh" },
		{ 9, "oven.energy", "ga0101", "kWh" } };
	const struct hj_stat stats[] = { total(5, 'N', 50, 1, 2), total(9, 'D', 10, 9, 2001) };
	struct hj212_phrase_map m = { 0 };

	want_two(&m, &wanted, told);
	expect_statistics(&m, stats, 2, "E1-Cou=9,E1-Min=2001,E1-Avg=2005.5,E1-Max=2010,E1-Flag=D");
	hj212_phrase_map_done(&m);
}

/* The point is told in a unit since that nobody can turn into the platform's: the window of the change has what went
 * before, and the number that is not told takes it from nobody. */
static void a_number_that_is_not_told_silences_nobody(void **state)
{
	static const struct hj_wanted wanted = {
		.point = "oven.energy", .factor = "E1", .decimals = -1, .unit = "kWh", .own_unit = "kWh"
	};
	static const struct told told[] = { { 5, "oven.energy", "ga0101", "kWh" },
		{ 9, "oven.energy", "ga0101", "m3" } };
	const struct hj_stat stats[] = { total(5, 'N', 50, 1, 2), total(9, 'D', 10, 9, 2001) };
	struct hj212_phrase_map m = { 0 };

	want_two(&m, &wanted, told);
	expect_statistics(&m, stats, 2, "E1-Cou=1,E1-Min=2,E1-Avg=2.5,E1-Max=3,E1-Flag=N");
	expect_statistics(&m, stats + 1, 1, "");
	hj212_phrase_map_done(&m);
}

/* ---- one code, several points ---- */

/* Without a list of factors a meter that was renamed leaves its points under the old name. */
static void a_platform_gets_a_code_once(void **state)
{
	static const struct {
		const char *configured;
		uint32_t first, second;
		struct told told[2];
		double got[2];
		const char *text;
	} cases[] = {
		/* renamed in this window: one meter after the other */
		{ "kiln.energy", 5, 9, { { 5, "oven.energy", "E1", "kWh" }, { 9, "kiln.energy", "E1", "kWh" } },
		        { 20, 40 }, "E1-Cou=3,E1-Min=100,E1-Avg=103.5,E1-Max=106,E1-Flag=D" },
		/* the name came back: it is configured, and the newer number is not */
		{ "oven.energy", 5, 9, { { 5, "oven.energy", "E1", "kWh" }, { 9, "kiln.energy", "E1", "kWh" } },
		        { 30, 30 }, "E1-Cou=3,E1-Min=100,E1-Avg=102.75,E1-Max=106,E1-Flag=M" },
		/* two that were there all the time are two meters */
		{ "oven.energy", 5, 9, { { 5, "oven.energy", "E1", "kWh" }, { 9, "kiln.energy", "E1", "kWh" } },
		        { 60, 60 }, "E1-Cou=1,E1-Min=100,E1-Avg=100.5,E1-Max=101,E1-Flag=M" },
		{ "fan.energy", 5, 9, { { 5, "oven.energy", "E1", "kWh" }, { 9, "kiln.energy", "E1", "kWh" } },
		        { 60, 60 }, "E1-Cou=2,E1-Min=104,E1-Avg=105,E1-Max=106,E1-Flag=D" },
		{ "fan.energy", 5, 9, { { 9, "kiln.energy", "E1", "kWh" }, { 5, "oven.energy", "E1", "kWh" } },
		        { 60, 60 }, "E1-Cou=2,E1-Min=104,E1-Avg=105,E1-Max=106,E1-Flag=D" },
	};

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		const struct hj_wanted wanted = { .point = cases[i].configured, .factor = "E1", .decimals = -1 };
		const struct hj_stat stats[] = { total(5, 'M', (uint32_t)cases[i].got[0], 1, 100),
			total(9, 'D', (uint32_t)cases[i].got[1], 2, 104) };
		struct hj212_phrase_map m = { .all = true };

		assert_int_equal(hj212_phrase_map_add(&m, &wanted), 0);
		learn(&m, &cases[i].told[0]);
		learn(&m, &cases[i].told[1]);
		expect_statistics(&m, stats, 2, cases[i].text);
		hj212_phrase_map_done(&m);
	}
}

/* Its ST is an upload of its own. */
static void a_code_stands_at_each_st(void **state)
{
	static const struct hj_wanted wanted[] = { { .point = "oven.current", .factor = "E1", .decimals = -1 },
		{ .point = "oven.door", .factor = "E1", .decimals = -1, .st = "52" } };
	static const struct told told[] = { { 1, "oven.current", "a", "" }, { 2, "oven.door", "b", "" } };
	const struct hj_stat stats[] = { gauge(1, 1), gauge(2, 2) };
	struct hj212_phrase_map m = { 0 };

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(hj212_phrase_map_add(&m, &wanted[i]), 0);
		learn(&m, &told[i]);
	}
	expect_statistics(&m, stats, 2,
	        "E1-Min=1,E1-Avg=1,E1-Max=1,E1-Flag=N\x1d"
	        "52\x1d"
	        "E1-Min=2,E1-Avg=2,E1-Max=2,E1-Flag=N");
	hj212_phrase_map_done(&m);
}

/* Just renamed: the new one has not been read, then it has, then the old one is stale. */
static void a_code_has_one_value_at_a_time(void **state)
{
	static const struct hj_wanted wanted[] = { { .point = "kiln.energy", .factor = "E1", .decimals = -1 },
		{ .point = "oven.door", .factor = "E2", .decimals = -1 } };
	static const struct told told[] = { { 5, "oven.energy", "E1", "" }, { 9, "kiln.energy", "E1", "" },
		{ 11, "oven.door", "E2", "" } };
	static const struct {
		int64_t age_ms[3]; /* of 5, 9 and 11; -1: there is no sample of it */
		const char *text;
	} cases[] = {
		{ { 3000, -1, 0 }, "E1-Rtd=5,E1-Flag=N;E2-Rtd=11,E2-Flag=N" },
		{ { 3000, 1000, 0 }, "E1-Rtd=9,E1-Flag=N;E2-Rtd=11,E2-Flag=N" },
		{ { -11000, 1000, 0 }, "E1-Rtd=9,E1-Flag=N;E2-Rtd=11,E2-Flag=N" }, /* the clock went back */
		{ { 12000, -1, 0 }, "E1-Flag=B;E2-Rtd=11,E2-Flag=N" },
		{ { 12000, 20000, 0 }, "E1-Flag=B;E2-Rtd=11,E2-Flag=N" },
	};
	static const uint32_t numbers[] = { 5, 9, 11 };
	struct hj212_phrase_map m = { .all = true };

	for (size_t i = 0; i < hj_array_size(wanted); i++)
		assert_int_equal(hj212_phrase_map_add(&m, &wanted[i]), 0);
	for (size_t i = 0; i < hj_array_size(told); i++)
		learn(&m, &told[i]);
	for (size_t i = 0; i < hj_array_size(cases); i++) {
		struct hj212_phrase_newest newest[3];
		size_t n = 0;

		for (size_t k = 0; k < 3; k++)
			if (cases[i].age_ms[k] != -1)
				newest[n++] = (struct hj212_phrase_newest){ numbers[k], NOW - cases[i].age_ms[k],
					numbers[k], HJ_FLAG_NORMAL };
		expect_realtime(&m, newest, n, cases[i].text);
	}
	hj212_phrase_map_done(&m);
}

/* Whoever asks by a code means the point that has it now. */
static void a_code_is_the_point_that_has_it_now(void **state)
{
	static const struct hj_wanted wanted = {
		.point = "kiln.energy", .factor = "E1", .decimals = -1, .own = "E1"
	};
	static const struct {
		struct told told[3];
		const char *factor, *point; /* NULL: none */
		uint32_t number;
	} cases[] = {
		{ { { 5, "oven.energy", "E1", "" }, { 9, "kiln.energy", "E1", "" }, { 11, "kiln.b", "E2", "" } },
		        "E1", "kiln.energy", 9 },
		{ { { 5, "oven.energy", "E1", "" }, { 9, "kiln.b", "E2", "" }, { 11, "kiln.b", "E3", "" } }, "E1",
		        "kiln.energy", 0 },
		{ { { 5, "oven.energy", "E2", "" }, { 9, "oven.power", "E2", "" }, { 11, "kiln.b", "E3", "" } }, "E2",
		        "oven.power", 9 },
		{ { { 5, "kiln.energy", "E2", "" }, { 9, "kiln.energy", "E1", "" }, { 11, "kiln.b", "E3", "" } },
		        "E2", NULL, 0 },
	};

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		struct hj212_phrase_map m = { .all = true };
		const struct hj212_phrase_factor *f;

		assert_int_equal(hj212_phrase_map_add(&m, &wanted), 0);
		for (size_t k = 0; k < 3; k++)
			learn(&m, &cases[i].told[k]);
		f = hj212_phrase_map_find_factor(&m, cases[i].factor);
		assert_int_equal(!f, !cases[i].point);
		if (f)
			assert_string_equal(f->point, cases[i].point);
		assert_int_equal(f ? f->number : 0, cases[i].number);
		hj212_phrase_map_done(&m);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_older_number_takes_nothing_from_the_newer),
		cmocka_unit_test(another_code_has_no_type_of_this_one),
		cmocka_unit_test(a_number_is_one_points),
		cmocka_unit_test(nothing_is_made_up_of_an_older_number),
		cmocka_unit_test(a_window_of_two_numbers_is_one_item),
		cmocka_unit_test(other_units_are_not_added),
		cmocka_unit_test(a_number_that_is_not_told_silences_nobody),
		cmocka_unit_test(a_platform_gets_a_code_once),
		cmocka_unit_test(a_code_stands_at_each_st),
		cmocka_unit_test(a_code_has_one_value_at_a_time),
		cmocka_unit_test(a_code_is_the_point_that_has_it_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
