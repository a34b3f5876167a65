/* What differs from platform to platform, each against a frame that was written by hand. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/charset.h"
#include "hjgate/clock.h"
#include "hjgate/hj212_phrase.h"

#define LABEL 1470012000000LL /* 2016-08-01 08:40:00 in Beijing */
#define FIVE  300000          /* ms */

static const struct hj_point points[] = {
	{ .number = 3, .name = "oven.energy", .factor = "ga0102", .unit = "kWh", .total = true, .interval_ms = 5000 },
	{ .number = 7, .name = "oven.power", .factor = "ga0101", .unit = "kW", .interval_ms = 5000 },
	{ .number = 9, .name = "oven.door", .factor = "ga0103", .interval_ms = 5000 },
};
static const struct hj_stat stats[] = {
	{ .point = 3, .flag = 'N', .cou = 1.5, .min = 100, .avg = 100.75, .max = 101.5, .last = 101.5 },
	{ .point = 7, .flag = 'N', .cou = NAN, .min = 1.04, .avg = 2.25, .max = 3.96, .last = NAN },
	{ .point = 9, .flag = 'B', .cou = NAN, .min = NAN, .avg = NAN, .max = NAN, .last = NAN },
};

#define OUT                                                                                                          \
	{                                                                                                            \
		HJ_WORD_OUT, ""                                                                                      \
	}
#define SAY(text)                                                                                                    \
	{                                                                                                            \
		HJ_WORD_OTHER, text                                                                                  \
	}
static const struct hj_word handan_flags[HJ_FLAGS] = { { HJ_WORD_STANDARD, "" }, SAY("J"), SAY("J"), SAY("J"),
	SAY("J"), SAY("J"), SAY("J"), SAY("J") };

struct dialect {
	struct hj_wording wording;
	struct hj_wanted wanted[3];
	const char *frames[3];
};

static void prepare(const struct dialect *d, struct hj212_phrase_map *m)
{
	*m = (struct hj212_phrase_map){ .wording = d->wording };
	for (size_t i = 0; i < 3 && d->wanted[i].point; i++)
		assert_int_equal(hj212_phrase_map_add(m, &d->wanted[i]), 0);
	for (size_t i = 0; i < hj_array_size(points); i++)
		assert_int_equal(hj212_phrase_map_learn(m, &points[i]), 0);
}

static void expect_frames(const struct hj_buf *items, int cn, int64_t label_ms, const char *const *frames)
{
	static const struct hj212_phrase_sender sender = {
		.st = "31", .mn = "010000A8900016F000169DC0", .pw = "123456", .edition = HJ212_2017
	};
	static struct hj212_phrase_cut cut;
	struct hj212_phrase_packet p = {
		.cut = &cut, .items = items->data, .cn = cn, .label_ms = label_ms, .qn_ms = LABEL + FIVE + 1
	};
	char frame[HJ212_FRAME_MAX + 1];

	assert_int_equal(
	        hj212_phrase_cut((struct hj212_slice){ items->data, items->len }, hj212_phrase_room(&sender), &cut),
	        0);
	for (p.index = 0; p.index < cut.count; p.index++) {
		int n = hj212_phrase_frame(&sender, &p, frame, HJ212_FRAME_MAX);

		assert_true(n > 2 && !memcmp(frame + n - 2, "\r\n", 2));
		frame[n - 2] = '\0';
		assert_non_null(frames[p.index]);
		assert_string_equal(frame, frames[p.index]);
	}
	assert_null(frames[p.index]);
}

static void a_minute_of(const struct dialect *d)
{
	struct hj_buf items = { 0 };
	struct hj212_phrase_map m;

	prepare(d, &m);
	assert_int_equal(hj212_phrase_statistics(&m, stats, hj_array_size(stats), &items), 0);
	expect_frames(&items, 2051, hj212_phrase_label(&m.wording, HJ_KIND_MINUTE, LABEL, FIVE), d->frames);
	hj_buf_done(&items);
	hj212_phrase_map_done(&m);
}

static void the_label_is_the_end(void **state)
{
	static const struct dialect d = {
		.wording = { .label_end = true },
		.wanted = { { .point = "oven.power", .factor = "", .decimals = 1 },
		        { .point = "oven.door", .factor = "" } },
		.frames = { "##0183QN=20160801084500001;ST=31;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
		            "CP=&&DataTime=20160801084500;ga0101-Min=1.0,ga0101-Avg=2.2,ga0101-Max=4.0,ga0101-Flag"
		            "=N;ga0103-Flag=B&&EA41" },
	};

	a_minute_of(&d);
	assert_int_equal(hj212_phrase_label(&d.wording, HJ_KIND_RUNTIME, LABEL, FIVE), LABEL + FIVE);
	assert_int_equal(hj212_phrase_label(&d.wording, HJ_KIND_STATUS, LABEL, FIVE), LABEL); /* a moment */
}

/* A point without a value has nothing to say then. */
static void only_means_and_no_flag(void **state)
{
	static const struct dialect d = {
		.wording = { .suffixes = { [HJ_SUFFIX_COU] = OUT,
		                     [HJ_SUFFIX_MIN] = OUT,
		                     [HJ_SUFFIX_MAX] = OUT,
		                     [HJ_SUFFIX_FLAG] = OUT } },
		.wanted = { { .point = "oven.power", .factor = "", .decimals = 1 },
		        { .point = "oven.door", .factor = "" },
		        { .point = "oven.energy", .factor = "", .decimals = -1 } },
		.frames = { "##0143QN=20160801084500001;ST=31;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
		            "CP=&&DataTime=20160801084000;ga0101-Avg=2.2;ga0102-Avg=100.75&&F441" },
	};

	a_minute_of(&d);
}

static void names_of_its_own(void **state)
{
	static const struct dialect d = {
		.wording = { .suffixes = { [HJ_SUFFIX_MIN] = SAY("-Low"),
		                     [HJ_SUFFIX_AVG] = SAY(""),
		                     [HJ_SUFFIX_MAX] = SAY("-High"),
		                     [HJ_SUFFIX_FLAG] = SAY("-State") },
		        .flags = { [0] = SAY("0"), [7] = SAY("9") } },
		.wanted = { { .point = "oven.power", .factor = "", .decimals = 1 },
		        { .point = "oven.door", .factor = "" } },
		.frames = { "##0182QN=20160801084500001;ST=31;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
		            "CP=&&DataTime=20160801084000;ga0101-Low=1.0,ga0101=2.2,ga0101-High=4.0,ga0101-State=0"
		            ";ga0103-State=9&&7EC0" },
	};

	a_minute_of(&d);
}

/* Means only, a factor of five digits, and no Flags but N and J. */
static void handan(void **state)
{
	struct dialect d = {
		.wording = { .suffixes = { [HJ_SUFFIX_MIN] = OUT, [HJ_SUFFIX_MAX] = OUT } },
		.wanted = { { .point = "oven.power", .factor = "01001", .decimals = 2 },
		        { .point = "oven.door", .factor = "02001" } },
		.frames = { "##0151QN=20160801084500001;ST=31;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
		            "CP=&&DataTime=20160801084000;01001-Avg=2.25,01001-Flag=N;02001-Flag=J&&C841" },
	};

	memcpy(d.wording.flags, handan_flags, sizeof(handan_flags));
	a_minute_of(&d);
	for (const char *p = HJ_FLAG_LETTERS + 1; *p; p++)
		assert_string_equal(hj_wording_flag(&d.wording, (enum hj_flag) * p), "J");
}

static void other_units_exactly(void **state)
{
	static const struct dialect d = {
		.wanted = { { .point = "oven.power", .factor = "p01", .decimals = -1, .unit = "W" },
		        { .point = "oven.energy", .factor = "e01", .decimals = -1, .scale = 0.001, .unit = "MWh" },
		        { .point = "oven.door", .factor = "d01", .unit = "W" } }, /* a door has no watts */
		.frames = { "##0229QN=20160801084500001;ST=31;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
		            "CP=&&DataTime=20160801084000;p01-Min=1040,p01-Avg=2250,p01-Max=3960,p01-Flag=N;e01-Co"
		            "u=0.0015,e01-Min=0.1,e01-Avg=0.10075,e01-Max=0.1015,e01-Flag=N&&0B40" },
	};

	a_minute_of(&d);
}

static void two_sts(void **state)
{
	static const struct dialect d = {
		.wanted = { { .point = "oven.energy", .factor = "", .decimals = -1, .st = "52" },
		        { .point = "oven.power", .factor = "", .decimals = 1, .st = "" },
		        { .point = "oven.door", .factor = "", .st = "52" } },
		.frames = { "##0169QN=20160801084500001;ST=31;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
		            "CP=&&DataTime=20160801084000;ga0101-Min=1.0,ga0101-Avg=2.2,ga0101-Max=4.0,ga0101-Flag"
		            "=N&&A781",
		        "##0203QN=20160801084500001;ST=52;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
		        "CP=&&DataTime=20160801084000;ga0102-Cou=1.5,ga0102-Min=100,ga0102-Avg=100.75,ga0102-M"
		        "ax=101.5,ga0102-Flag=N;ga0103-Flag=B&&8341" },
	};
	const struct hj212_phrase_newest newest[] = { { .point = 7, .time_ms = LABEL, .value = 2.25, .flag = 'N' } };
	struct hj_buf items = { 0 };
	struct hj212_phrase_map m;

	a_minute_of(&d);
	prepare(&d, &m);
	assert_int_equal(hj212_phrase_realtime(&m, newest, 1, LABEL, &items), 0);
	assert_int_equal(hj_buf_put(&items, "", 1), 0);
	assert_string_equal(items.data, "ga0101-Rtd=2.2,ga0101-Flag=N\x1d"
	                                "52\x1dga0102-Flag=B;ga0103-Flag=B");
	hj_buf_done(&items);
	hj212_phrase_map_done(&m);
}

static void so_many_sts(void **state)
{
	struct hj212_phrase_map m = { 0 };
	char st[3] = "50";

	for (unsigned i = 1; i < HJ212_PHRASE_PARTS; i++, st[1]++)
		assert_int_equal(
		        hj212_phrase_map_add(&m, &(struct hj_wanted){ .point = "a.b", .factor = "", .st = st }), 0);
	assert_int_equal(
	        hj212_phrase_map_add(&m, &(struct hj_wanted){ .point = "a.b", .factor = "", .st = "99" }), -ENOSPC);
	assert_int_equal(
	        hj212_phrase_map_add(&m, &(struct hj_wanted){ .point = "a.b", .factor = "", .st = "52" }), 0);
	hj212_phrase_map_done(&m);
}

static void a_text(enum hj_encoding encoding, const char *text, const char *const *frames)
{
	_cleanup_(hj_charset_freep) struct hj_charset *c = NULL;
	struct hj212_phrase_map m = { 0 };
	struct hj_buf items = { 0 };

	assert_int_equal(hj_charset_new(encoding, &c), 0);
	m.encoder = hj_charset_encoder(c);
	assert_int_equal(hj212_phrase_log(&m, text, &items), 0);
	expect_frames(&items, 3020, LABEL, frames);
	hj_buf_done(&items);
}

/* Length and CRC are of the bytes that are sent. */
static void texts(void **state)
{
	a_text(HJ_ENCODING_UTF8, "清洗管路",
	        (const char *const[]){
	                "##0139QN=20160801084500001;ST=31;CN=3020;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
	                "CP=&&DataTime=20160801084000;i21001-Info=//\xE6\xB8\x85\xE6\xB4\x97\xE7\xAE\xA1\xE8\xB7\xAF/"
	                "/&&6740",
	                NULL });
	a_text(HJ_ENCODING_GBK, "清洗管路",
	        (const char *const[]){
	                "##0135QN=20160801084500001;ST=31;CN=3020;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
	                "CP=&&DataTime=20160801084000;i21001-Info=//\xC7\xE5\xCF\xB4\xB9\xDC\xC2\xB7//&&1100",
	                NULL });
}

/* A second byte of GBK may be a letter, never what separates. */
static void a_text_is_cut_between_characters(void **state)
{
	_cleanup_(hj_charset_freep) struct hj_charset *c = NULL;
	struct hj212_phrase_map m = { 0 };
	struct hj_buf items = { 0 };
	char text[3000] = "x";

	for (size_t i = 0; i < 600; i++)
		strcat(text, i % 2 ? "一" : "丂"); /* D2BB, 8140 */
	assert_int_equal(hj_charset_new(HJ_ENCODING_GBK, &c), 0);
	m.encoder = hj_charset_encoder(c);
	assert_int_equal(hj212_phrase_log(&m, text, &items), 0);
	assert_int_equal(items.len, strlen("i21001-Info=////") + HJ212_PHRASE_LOG_MAX - 1);
	assert_memory_equal(items.data + items.len - 4, "\x81\x40//", 4);
	hj_buf_done(&items);
	assert_int_equal(hj212_phrase_log(&(struct hj212_phrase_map){ 0 }, text, &items), 0);
	assert_int_equal(items.len, strlen("i21001-Info=////") + HJ212_PHRASE_LOG_MAX - 2);
	hj_buf_done(&items);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_label_is_the_end),
		cmocka_unit_test(only_means_and_no_flag),
		cmocka_unit_test(names_of_its_own),
		cmocka_unit_test(handan),
		cmocka_unit_test(other_units_exactly),
		cmocka_unit_test(two_sts),
		cmocka_unit_test(so_many_sts),
		cmocka_unit_test(texts),
		cmocka_unit_test(a_text_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
