/* Records and samples in the words of a platform. */
/* long because: it is one table of points, and what becomes of them. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/clock.h"
#include "hjgate/conf.h"
#include "hjgate/hj212_phrase.h"

#define LABEL 1470012000000LL /* 2016-08-01 08:40:00 in Beijing */

static struct hj_conf_point conf_points[] = {
	{ .point = { .name = "oven.current", .factor = "ga0101" }, .decimals = 1 },
	{ .point = { .name = "oven.energy", .factor = "ga0102" }, .decimals = -1 },
	{ .point = { .name = "oven.door", .factor = "ga0103" }, .decimals = 0 },
};
static struct hj_conf_meter conf_meter = { .name = "oven", .points = conf_points, .point_count = 3 };
static struct hj_conf_bus conf_bus = { .name = "north", .meters = &conf_meter, .meter_count = 1 };
static const struct hj_conf conf = { .buses = &conf_bus, .bus_count = 1 };

static const struct hj_point points[] = {
	{ .number = 7, .name = "oven.current", .factor = "ga0101", .interval_ms = 5000 },
	{ .number = 3, .name = "oven.energy", .factor = "ga0102", .total = true, .interval_ms = 5000 },
	{ .number = 9, .name = "oven.door", .factor = "ga0103", .interval_ms = 5000 },
	{ .number = 11, .name = "old.gone", .factor = "ga0199", .interval_ms = 5000 },
};

static void make_map(struct hj212_phrase_map *m, struct hj_conf_factor *factors, size_t count)
{
	struct hj_conf_uplink uplink = { .st = "31",
		.dialect = { .decimals = -1 },
		.factors = factors,
		.factor_count = count,
		.all_points = !factors };

	*m = (struct hj212_phrase_map){ .all = uplink.all_points };
	assert_int_equal(hj_conf_uplink_points(&conf, &uplink, hj212_phrase_map_add, m), 0);
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		assert_int_equal(hj212_phrase_map_learn(m, &points[i]), 0);
}

static const struct hj_stat stats[] = {
	{ .point = 3, .flag = 'N', .cou = 1.5, .min = 100, .avg = 100.75, .max = 101.5, .last = 101.5 },
	{ .point = 7, .flag = 'N', .cou = NAN, .min = 1.04, .avg = 2.25, .max = 3.96, .last = NAN },
	{ .point = 9, .flag = 'B', .cou = NAN, .min = NAN, .avg = NAN, .max = NAN, .last = NAN },
};

static void every_point_in_order_of_its_number(void **state)
{
	struct hj_buf items = { 0 };
	struct hj212_phrase_map m;

	make_map(&m, NULL, 0);
	assert_int_equal(hj212_phrase_statistics(&m, stats, 3, &items), 0);
	assert_string_equal(items.data,
	        "ga0102-Cou=1.5,ga0102-Min=100,ga0102-Avg=100.75,ga0102-Max=101.5,ga0102-Flag=N;"
	        "ga0101-Min=1.0,ga0101-Avg=2.2,ga0101-Max=4.0,ga0101-Flag=N;"
	        "ga0103-Flag=B");
	hj_buf_done(&items);
	hj212_phrase_map_done(&m);
}

static void factors_choose_name_decimals_and_order(void **state)
{
	struct hj_conf_factor factors[] = {
		{ .point = "oven.current", .factor = "e30101", .decimals = 2 },
		{ .point = "oven.energy", .factor = "", .decimals = -1 },
	};
	struct hj_buf items = { 0 };
	struct hj212_phrase_map m;

	make_map(&m, factors, 2);
	assert_int_equal(hj212_phrase_statistics(&m, stats, 3, &items), 0);
	assert_string_equal(items.data,
	        "e30101-Min=1.04,e30101-Avg=2.25,e30101-Max=3.96,e30101-Flag=N;"
	        "ga0102-Cou=1.5,ga0102-Min=100,ga0102-Avg=100.75,ga0102-Max=101.5,ga0102-Flag=N");
	hj_buf_done(&items);
	hj212_phrase_map_done(&m);
}

/* Types of HJ 212-2017: current N4.2 in A, energy N7 in kWh, a door without a row. */
static struct hj_factor rows[] = {
	{ .code = "ga0101", .old = "", .unit = "A", .type = { .letter = 'N', .whole = 4, .fraction = 2 } },
	{ .code = "ga0102", .old = "", .unit = "kWh", .type = { .letter = 'N', .whole = 7 } },
};
static struct hj_conf_point typed[] = {
	{ .point = { .name = "oven.current", .factor = "ga0101", .unit = "mA" }, .decimals = 5 },
	{ .point = { .name = "oven.energy", .factor = "ga0102", .unit = "kWh" }, .decimals = -1 },
};
static struct hj_conf_meter meter = { .name = "oven", .points = typed, .point_count = 2 };
static struct hj_conf_bus bus = { .name = "north", .meters = &meter, .meter_count = 1 };
static const struct hj_conf all = {
	.buses = &bus, .bus_count = 1, .factors = { .table = { .list = rows, .count = 2 } }
};

static void the_type_bounds_what_nobody_has_said(void **state)
{
	static const struct hj_stat values[] = {
		{ .point = 7, .flag = 'N', .cou = NAN, .min = 1500, .avg = 1234.5678, .max = 12345678, .last = NAN },
		{ .point = 3,
		        .flag = 'N',
		        .cou = 0.125,
		        .min = 99.5,
		        .avg = 100.25,
		        .max = 12345678.25,
		        .last = NAN },
	};
	const struct {
		struct hj_conf_uplink uplink;
		const char *text, *unfit;
		unsigned count;
	} cases[] = {
		{ { .all_points = true, .dialect = { .decimals = -1 } },
		        "ga0102-Cou=0.125,ga0102-Min=100,ga0102-Avg=100,ga0102-Max=12345678,ga0102-Flag=N;"
		        "ga0101-Min=1.50,ga0101-Avg=1.23,ga0101-Max=12345.68,ga0101-Flag=N",
		        "ga0101-Max=12345.68 (N4.2)", 2 },
		{ { .all_points = true, .dialect = { .decimals = 3 } },
		        "ga0102-Cou=0.125,ga0102-Min=99.500,ga0102-Avg=100.250,ga0102-Max=12345678.250,ga0102-Flag=N;"
		        "ga0101-Min=1.500,ga0101-Avg=1.235,ga0101-Max=12345.678,ga0101-Flag=N",
		        "ga0101-Max=12345.678 (N4.2)", 2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hj212_phrase_unfit unfit = { 0 };
		struct hj212_phrase_map m = { .all = true, .unfit = &unfit };
		char item[HJ212_PHRASE_UNFIT_TEXT];
		struct hj_buf items = { 0 };

		assert_int_equal(hj_conf_uplink_points(&all, &cases[i].uplink, hj212_phrase_map_add, &m), 0);
		for (size_t k = 0; k < 2; k++) {
			struct hj_point p = points[k];

			snprintf(p.unit, sizeof(p.unit), "%s", k ? "kWh" : "mA");
			assert_int_equal(hj212_phrase_map_learn(&m, &p), 0);
		}
		assert_int_equal(hj212_phrase_statistics(&m, values, 2, &items), 0);
		assert_string_equal(items.data, cases[i].text);
		assert_int_equal(unfit.count, cases[i].count);
		assert_int_equal(unfit.kept, 2);
		hj212_phrase_unfit_text(&m, unfit.newest, item);
		assert_string_equal(item, cases[i].unfit);
		hj_buf_done(&items);
		hj212_phrase_map_done(&m);
	}
}

/* 0 decimals of Pa are 3 of kPa: else a hood's negative pressure would be 0. */
static void a_value_in_another_unit_keeps_its_digits(void **state)
{
	static const struct {
		struct hj_wanted wanted;
		const char *unit;
		double value;
		const char *text;
	} cases[] = {
		{ { .decimals = 0, .code_unit = "kPa" }, "Pa", -350, "-0.350" },
		{ { .decimals = 2, .unit = "MWh" }, "kWh", 3.41, "0.00341" },
		{ { .decimals = 1, .scale = 0.01 }, "kWh", 12.5, "0.125" },
		{ { .decimals = 1, .scale = 60 }, "m3", 12.5, "750.0" },
		{ { .decimals = 1, .unit = "W" }, "kW", 12.5, "12500.0" },
		{ { .decimals = 8, .unit = "MWh" }, "Wh", 12.5, "0.000012500" },
		{ { .decimals = 2, .unit = "MWh", .decimals_said = true }, "kWh", 3.41, "0.00" },
		{ { .decimals = -1, .unit = "MWh" }, "kWh", 3.41, "0.00341" },
	};

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		struct hj212_phrase_map m = { 0 };
		struct hj_wanted w = cases[i].wanted;
		struct hj_point p = points[0];
		char text[HJ_NUMBER_LEN];

		w.point = p.name;
		w.factor = "ga0101";
		assert_int_equal(hj212_phrase_map_add(&m, &w), 0);
		snprintf(p.unit, sizeof(p.unit), "%s", cases[i].unit);
		assert_int_equal(hj212_phrase_map_learn(&m, &p), 0);
		assert_int_equal(hj212_phrase_value(&m.list[0], cases[i].value, text), 0);
		assert_string_equal(text, cases[i].text);
		hj212_phrase_map_done(&m);
	}
}

/* The code's unit is a help, not an order: what cannot be told in it goes as it is; into the uplink's, not at all. */
static void a_codes_unit_is_no_reason_to_keep_quiet(void **state)
{
	const struct hj_wanted wanted[] = {
		{ .point = "oven.current", .factor = "ga0101", .decimals = -1, .code_unit = "A" },
		{ .point = "oven.energy", .factor = "ga0102", .decimals = -1, .unit = "MWh" },
	};
	struct hj212_phrase_map m = { 0 };

	for (size_t i = 0; i < 2; i++) {
		struct hj_point p = points[i];

		assert_int_equal(hj212_phrase_map_add(&m, &wanted[i]), 0);
		snprintf(p.unit, sizeof(p.unit), "rpm");
		assert_int_equal(hj212_phrase_map_learn(&m, &p), 0);
	}
	assert_non_null(hj212_phrase_map_find(&m, 7));
	assert_true(m.list[0].scale == 1);
	assert_null(hj212_phrase_map_find(&m, 3));
	hj212_phrase_map_done(&m);
}

static void nothing_to_send_is_nothing(void **state)
{
	struct hj_conf_factor factors[] = { { .point = "oven.nowhere", .factor = "e30101", .decimals = 2 } };
	struct hj_buf items = { 0 };
	struct hj212_phrase_map m;

	make_map(&m, factors, 1);
	assert_int_equal(hj212_phrase_statistics(&m, stats, 3, &items), 0);
	assert_int_equal(items.len, 0);
	assert_null(hj212_phrase_map_find(&m, 7));
	hj_buf_done(&items);
	hj212_phrase_map_done(&m);
}

static void a_value_without_text_is_left_out(void **state)
{
	const struct hj_stat wild[] = {
		{ .point = 7, .flag = 'D', .cou = NAN, .min = 1e20, .avg = INFINITY, .max = 2 }
	};
	struct hj_buf items = { 0 };
	struct hj212_phrase_map m;

	make_map(&m, NULL, 0);
	assert_int_equal(hj212_phrase_statistics(&m, wild, 1, &items), 0);
	assert_string_equal(items.data, "ga0101-Max=2.0,ga0101-Flag=D");
	hj_buf_done(&items);
	hj212_phrase_map_done(&m);
}

static void no_stale_value_is_sent(void **state)
{
	const struct hj212_phrase_newest newest[] = {
		{ .point = 7, .time_ms = LABEL - 10000, .value = 2.25, .flag = 'N' },  /* just fresh */
		{ .point = 3, .time_ms = LABEL - 10001, .value = 101.5, .flag = 'N' }, /* just not */
	};
	struct hj_buf items = { 0 };
	struct hj212_phrase_map m;

	make_map(&m, NULL, 0);
	assert_int_equal(hj212_phrase_realtime(&m, newest, 2, LABEL, &items), 0);
	assert_string_equal(items.data, "ga0102-Flag=B;ga0101-Rtd=2.2,ga0101-Flag=N;ga0103-Flag=B");
	items.len = 0;
	assert_int_equal(hj212_phrase_realtime(&m, newest, 2, LABEL - 30000, &items), 0); /* the clock went back */
	assert_string_equal(items.data, "ga0102-Flag=B;ga0101-Flag=B;ga0103-Flag=B");
	hj_buf_done(&items);
	hj212_phrase_map_done(&m);
}

/* Without a list of factors: what was renamed or removed is in the store for good, and no real-time data. */
static void what_is_no_longer_read_is_left_out(void **state)
{
	static const struct {
		int64_t age_ms[4]; /* of the points 3, 7, 9 and 11; -1: there is no sample of it */
		const char *items;
	} cases[] = {
		{ { 3600000, 0, -1, -1 }, "ga0102-Flag=B;ga0101-Rtd=1.0,ga0101-Flag=N;ga0103-Flag=B" },
		{ { 3600001, 0, -1, 10001 }, "ga0101-Rtd=1.0,ga0101-Flag=N;ga0103-Flag=B" },
		/* One that is new since, and is read. */
		{ { 0, 0, 0, 10000 },
		        "ga0102-Rtd=1,ga0102-Flag=N;ga0101-Rtd=1.0,ga0101-Flag=N;ga0103-Rtd=1,ga0103-Flag=N;ga0199-Rtd=1,"
		        "ga0199-Flag=N" },
		/* The store is away, or all buses are: nobody knows. */
		{ { 7200000, 7200000, 7200000, -1 }, "ga0102-Flag=B;ga0101-Flag=B;ga0103-Flag=B" },
	};
	static const uint32_t numbers[] = { 3, 7, 9, 11 };

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		struct hj212_phrase_newest newest[4];
		struct hj_buf items = { 0 };
		struct hj212_phrase_map m;
		size_t n = 0;

		for (size_t k = 0; k < 4; k++)
			if (cases[i].age_ms[k] >= 0)
				newest[n++] = (struct hj212_phrase_newest){
					numbers[k], LABEL - cases[i].age_ms[k], 1, HJ_FLAG_NORMAL
				};
		make_map(&m, NULL, 0);
		assert_int_equal(hj212_phrase_realtime(&m, newest, n, LABEL, &items), 0);
		assert_string_equal(items.data, cases[i].items);
		hj_buf_done(&items);
		hj212_phrase_map_done(&m);
	}
}

/* Renamed while the uplink runs: its map has the old name, and learns the new one. */
static void a_renamed_point_is_told_once(void **state)
{
	const struct hj_point renamed = { .number = 12, .name = "kiln.current", .factor = "ga0101", .interval_ms = 5000 };
	struct hj212_phrase_newest newest[] = {
		{ .point = 7, .time_ms = LABEL - 4000, .value = 1, .flag = HJ_FLAG_NORMAL },
		{ .point = 12, .time_ms = LABEL - 1000, .value = 2, .flag = HJ_FLAG_NORMAL },
	};
	struct hj_buf items = { 0 };
	struct hj212_phrase_map m;

	make_map(&m, NULL, 0);
	assert_int_equal(hj212_phrase_map_learn(&m, &renamed), 0);
	assert_int_equal(hj212_phrase_realtime(&m, newest, 2, LABEL, &items), 0);
	assert_string_equal(items.data, "ga0102-Flag=B;ga0103-Flag=B;ga0101-Rtd=2,ga0101-Flag=N");
	hj_buf_done(&items);
	hj212_phrase_map_done(&m);
}

static void no_answer_of_the_meter_is_b_without_a_value(void **state)
{
	const struct hj212_phrase_newest newest[] = { { .point = 7, .time_ms = LABEL, .value = NAN, .flag = 'B' } };
	struct hj_conf_factor factors[] = { { .point = "oven.current", .factor = "e30101", .decimals = 2 } };
	struct hj_buf items = { 0 };
	struct hj212_phrase_map m;

	make_map(&m, factors, 1);
	assert_int_equal(hj212_phrase_realtime(&m, newest, 1, LABEL, &items), 0);
	assert_string_equal(items.data, "e30101-Flag=B");
	hj_buf_done(&items);
	hj212_phrase_map_done(&m);
}

static void long_data_is_cut_between_items(void **state)
{
	struct hj_buf items = { 0 };
	struct hj212_phrase_cut cut;
	char cp[1024];
	size_t total = 0;

	for (int i = 0; i < 100; i++)
		hj_buf_printf(&items, "%sga%04d-Min=1.0,ga%04d-Avg=2.0,ga%04d-Flag=N", i ? ";" : "", i, i, i);
	assert_int_equal(hj212_phrase_cut((struct hj212_slice){ items.data, items.len }, 922, &cut), 0);
	assert_true(cut.count > 4 && cut.count < 10);
	for (unsigned i = 0; i < cut.count; i++) {
		int n = hj212_phrase_cp(&cut, items.data, i, LABEL, cp, sizeof(cp));

		assert_in_range(n, 1, 922);
		assert_memory_equal(cp, "DataTime=20160801084000;ga", 26);
		assert_string_equal(cp + n - 2, "=N");
		total += cut.pieces[i].n;
	}
	assert_int_equal(total, items.len - (cut.count - 1)); /* all of it but the separators */
	hj_buf_done(&items);
}

/* What is of another ST is an upload of its own, with its own PNUM. */
static void parts_of_another_st_are_cut_apart(void **state)
{
	static const char items[] = "a01-Avg=1,a01-Flag=N;a02-Avg=2\x1d"
	                            "52\x1d"
	                            "e01-Avg=3;e02-Avg=4;e03-Avg=5555";
	static const struct {
		const char *cp, *st;
		unsigned pnum, pno;
	} expected[] = {
		{ "DataTime=20160801084000;a01-Avg=1,a01-Flag=N;a02-Avg=2", NULL, 0, 0 },
		{ "DataTime=20160801084000;e01-Avg=3;e02-Avg=4", "52", 2, 1 },
		{ "DataTime=20160801084000;e03-Avg=5555", "52", 2, 2 },
	};
	struct hj212_phrase_cut cut;
	char cp[100];

	assert_int_equal(hj212_phrase_cut(HJ212_SLICE(items), 55, &cut), 0);
	assert_int_equal(cut.part_count, 2);
	assert_int_equal(cut.count, 3);
	for (unsigned i = 0; i < cut.count; i++) {
		struct hj212_phrase_place at = hj212_phrase_place(&cut, i);

		hj212_phrase_cp(&cut, items, i, LABEL, cp, sizeof(cp));
		assert_string_equal(cp, expected[i].cp);
		assert_string_equal(at.st ? at.st : "-", expected[i].st ? expected[i].st : "-");
		assert_int_equal(at.pnum, expected[i].pnum);
		assert_int_equal(at.pno, expected[i].pno);
	}
	assert_int_equal(hj212_phrase_cut(HJ212_SLICE("\x1d"
	                                              "52\x1d"
	                                              "e01-Avg=3"),
	                         55, &cut),
	        0);
	assert_int_equal(cut.part_count, 1); /* nothing is of the uplink's own */
	assert_int_equal(hj212_phrase_cut(HJ212_SLICE("a01-Avg=1\x1d"
	                                              "5234\x1d"
	                                              "e01-Avg=3"),
	                         55, &cut),
	        -EBADMSG);
	assert_int_equal(hj212_phrase_cut(HJ212_SLICE("a01-Avg=1\x1d"
	                                              "52"),
	                         55, &cut),
	        -EBADMSG);
	assert_int_equal(cut.count, 0);
}

static void an_item_that_cannot_be_cut_is_refused(void **state)
{
	struct hj212_phrase_cut cut;
	char item[1000];

	memset(item, 'x', sizeof(item));
	assert_int_equal(hj212_phrase_cut((struct hj212_slice){ item, sizeof(item) }, 922, &cut), -EMSGSIZE);
}

static void a_log_cannot_leave_its_place(void **state)
{
	const struct hj212_phrase_map m = { 0 };
	struct hj_buf to = { 0 };
	char text[2000];

	assert_int_equal(hj212_phrase_log(&m, "a//b&&c##d\r\ne 清洗", &to), 0);
	assert_string_equal(to.data, "i21001-Info=//a  b  c  d  e 清洗//");
	to.len = 0;
	memset(text, 'x', HJ212_PHRASE_LOG_MAX - 1);
	strcpy(text + HJ212_PHRASE_LOG_MAX - 1, "清洗"); /* its first byte would be the last that fits */
	assert_int_equal(hj212_phrase_log(&m, text, &to), 0);
	assert_int_equal(to.len, strlen("i21001-Info=////") + HJ212_PHRASE_LOG_MAX - 1);
	hj_buf_done(&to);
}

static void what_is_made_up_is_of_every_factor(void **state)
{
	struct hj_buf items = { 0 };
	struct hj212_phrase_map m;

	make_map(&m, NULL, 0);
	assert_int_equal(hj212_phrase_made_up_realtime(&m, HJ_FLAG_LINK, LABEL, &items), 0);
	assert_string_equal(items.data, "ga0102-Flag=B;ga0101-Flag=B;ga0103-Flag=B;ga0199-Flag=B");
	hj_buf_done(&items);
	assert_int_equal(hj212_phrase_made_up_realtime(&m, HJ_FLAG_NORMAL, LABEL, &items), 0);
	assert_string_equal(items.data,
	        "ga0102-Rtd=12,ga0102-Flag=N;ga0101-Rtd=12.3,ga0101-Flag=N;"
	        "ga0103-Rtd=12,ga0103-Flag=N;ga0199-Rtd=12,ga0199-Flag=N");
	hj_buf_done(&items);
	hj212_phrase_map_done(&m);
}

static void a_power_failure_names_its_end(void **state)
{
	struct hj_buf to = { 0 };

	assert_int_equal(hj212_phrase_poweron(LABEL, &to), 0);
	assert_string_equal(to.data, "RestartTime=20160801084000");
	hj_buf_done(&to);
}

static void equipment_is_told_as_the_standard_has_it(void **state)
{
	const struct hj_equipment states[] = { { "SB1", 1 }, { "SB2", 0 }, { "SB 3", 1 }, { "SB4", 6 },
		{ "SB5", 5 } };
	const struct hj_equipment hours[] = { { "SB1", 1.1 }, { "SB2", 23.999 }, { "SB3", 24.1 }, { "SB4", 0 } };
	struct hj212_phrase_record r = { .kind = HJ_KIND_STATUS, .equipment = states, .equipment_count = 5 };
	const struct hj212_phrase_map m = { 0 };
	struct hj_buf to = { 0 };

	assert_int_equal(hj212_phrase_record(&m, &r, &to), 0);
	assert_string_equal(to.data, "SB1-RS=1;SB2-RS=0;SB5-RS=5");
	to.len = 0;
	r = (struct hj212_phrase_record){ .kind = HJ_KIND_RUNTIME, .equipment = hours, .equipment_count = 4 };
	assert_int_equal(hj212_phrase_record(&m, &r, &to), 0);
	assert_string_equal(to.data, "SB1-RT=1.1;SB2-RT=24;SB4-RT=0");
	hj_buf_done(&to);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_point_in_order_of_its_number),
		cmocka_unit_test(factors_choose_name_decimals_and_order),
		cmocka_unit_test(the_type_bounds_what_nobody_has_said),
		cmocka_unit_test(a_value_in_another_unit_keeps_its_digits),
		cmocka_unit_test(a_codes_unit_is_no_reason_to_keep_quiet),
		cmocka_unit_test(nothing_to_send_is_nothing),
		cmocka_unit_test(a_value_without_text_is_left_out),
		cmocka_unit_test(no_stale_value_is_sent),
		cmocka_unit_test(what_is_no_longer_read_is_left_out),
		cmocka_unit_test(a_renamed_point_is_told_once),
		cmocka_unit_test(no_answer_of_the_meter_is_b_without_a_value),
		cmocka_unit_test(long_data_is_cut_between_items),
		cmocka_unit_test(parts_of_another_st_are_cut_apart),
		cmocka_unit_test(an_item_that_cannot_be_cut_is_refused),
		cmocka_unit_test(a_log_cannot_leave_its_place),
		cmocka_unit_test(what_is_made_up_is_of_every_factor),
		cmocka_unit_test(a_power_failure_names_its_end),
		cmocka_unit_test(equipment_is_told_as_the_standard_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
