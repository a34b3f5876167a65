/* Civil time, strict numbers, packing: the arithmetic everything else trusts. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hjgate/buf.h"
#include "hjgate/clock.h"
#include "hjgate/decimal.h"
#include "hjgate/text.h"

static void time_agrees_with_libc(void **state)
{
	int64_t seconds = 0;

	for (int i = 0; i < 200000; i++) {
		char ours[HJ_TIME17_LEN + 1], theirs[64];
		time_t local = (time_t)(seconds + 8 * 3600);
		struct tm tm;
		int64_t back;

		gmtime_r(&local, &tm);
		strftime(theirs, sizeof(theirs), "%Y%m%d%H%M%S", &tm);
		hj_time17_format(seconds * 1000 + 7, ours);
		assert_memory_equal(ours, theirs, HJ_TIME14_LEN);
		assert_string_equal(ours + HJ_TIME14_LEN, "007");
		assert_int_equal(hj_time_parse(ours, HJ_TIME17_LEN, &back), 0);
		assert_true(back == seconds * 1000 + 7);
		seconds += 86400 / 3 + i % 7919;
	}
}

static void time_refuses_what_does_not_exist(void **state)
{
	static const char *const bad[] = { "20230229000000", "20261301000000", "20260100000000", "20260101240000",
		"20260101006000", "20260101000060", "2026010100000", "202601010000000", "2026-1-1 00:00" };
	int64_t ms;

	for (size_t i = 0; i < hj_array_size(bad); i++)
		assert_int_equal(hj_time_parse(bad[i], strlen(bad[i]), &ms), -EINVAL);
	assert_int_equal(hj_time_parse("19691231235959", 14, &ms), -EINVAL);
	assert_int_equal(hj_time_parse("20240229235959", 14, &ms), 0);
	assert_int_equal(hj_time_parse("99991231235959999", 17, &ms), 0);
	assert_true(ms <= HJ_TIME_MAX_MS);
}

static void days_begin_at_beijing_midnight(void **state)
{
	int64_t ms, midnight;

	hj_time_parse("20261123000000", 14, &midnight);
	hj_time_parse("20261123235959", 14, &ms);
	assert_true(hj_window_start(ms, HJ_MS_PER_DAY) == midnight);
	assert_true(hj_window_start(midnight, HJ_MS_PER_DAY) == midnight);
	assert_true(hj_window_start(midnight - 1, 300000) == midnight - 300000);
	assert_true(hj_window_start(-1, 1000) == -1000);
	assert_true(hj_window_start(INT64_MAX - 1, HJ_MS_PER_DAY) > INT64_MAX - HJ_MS_PER_DAY);
	assert_true(hj_window_start(INT64_MIN + 1, HJ_MS_PER_DAY) == INT64_MIN);
}

static void numbers_are_plain_and_come_back(void **state)
{
	static const struct {
		double value;
		int decimals;
		const char *text;
	} cases[] = {
		{ 0, -1, "0" },
		{ -0.0, 2, "0.00" },
		{ -0.004, 2, "0.00" },
		{ 230.1, -1, "230.1" },
		{ 4294967295.0, -1, "4294967295" },
		{ -32768, 0, "-32768" },
		{ 1005, 1, "1005.0" },
		{ 0.000000001, -1, "0.000000001" },
		{ 123456789.125, -1, "123456789.125" },
		{ 1.0 / 3, -1, "0.333333333" },
		{ 7.0 / 3, -1, "2.333333333" },
		{ 1.2345678e-5, -1, "0.000012345678" },
		{ -1.23456789e-8, -1, "-0.0000000123456789" },
		{ 1e-17, -1, "0" },
		{ 0.1 + 0.2, -1, "0.3" },
		{ 999999980000000000.0, -1, "999999980000000000" },
		/* GB/T 8170: of the decimal, a half to the even digit. */
		{ 230.25, 1, "230.2" },
		{ 230.35, 1, "230.4" },
		{ -230.35, 1, "-230.4" },
		{ 230.45, 1, "230.4" },
		{ 2.675, 2, "2.68" },
		{ 1.005, 2, "1.00" },
		{ 1.0050001, 2, "1.01" },
		{ 0.015, 2, "0.02" },
		{ 0.5, 0, "0" },
		{ 1.5, 0, "2" },
		{ 9.995, 2, "10.00" },
		{ 1e-17, 2, "0.00" },
		{ 1e-22, 2, "0.00" },
	};
	char text[HJ_NUMBER_LEN];

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		assert_int_equal(hj_number_format(cases[i].value, cases[i].decimals, text), 0);
		assert_string_equal(text, cases[i].text);
	}
	assert_int_equal(hj_number_format(NAN, 2, text), -ERANGE);
	assert_int_equal(hj_number_format(INFINITY, 2, text), -ERANGE);
	assert_int_equal(hj_number_format(1e18, 2, text), -ERANGE);
}

static void numbers_are_parsed_strictly(void **state)
{
	static const char *const bad[] = { "", " 1", "1 ", "0x10", "nan", "inf", "1e5", "1,5", ".5", "5.", "--1", "+",
		"1.2.3" };
	double value;
	uint64_t n;

	for (size_t i = 0; i < hj_array_size(bad); i++)
		assert_int_equal(hj_number_parse(bad[i], strlen(bad[i]), &value), -EINVAL);
	assert_int_equal(hj_number_parse("-12.50", 6, &value), 0);
	assert_true(value == -12.5);
	assert_int_equal(hj_uint_parse("300", 3, 300, &n), 0);
	assert_int_equal(hj_uint_parse("301", 3, 300, &n), -ERANGE);
	assert_int_equal(hj_uint_parse("99999999999999999999", 20, UINT64_MAX, &n), -ERANGE);
	assert_int_equal(hj_uint_parse("-1", 2, 300, &n), -EINVAL);
}

static void names_are_plain(void **state)
{
	assert_true(hj_name_valid("north-1"));
	assert_false(hj_name_valid(""));
	assert_false(hj_name_valid("North"));
	assert_false(hj_name_valid("a.b"));
	assert_false(hj_name_valid("../x"));
	assert_false(hj_name_valid("a12345678901234567890123456789012"));
}

static void packed_bytes_come_back(void **state)
{
	struct hj_buf b = { 0 };
	struct hj_reader r;

	hj_buf_put_be(&b, 0xfedc, 2);
	hj_buf_put_be(&b, UINT64_MAX - 1, 8);
	hj_buf_put_double(&b, -0.1);
	r = (struct hj_reader){ .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + b.len };
	assert_int_equal(hj_get_be(&r, 2), 0xfedc);
	assert_true(hj_get_be(&r, 8) == UINT64_MAX - 1);
	assert_true(hj_get_double(&r) == -0.1);
	assert_int_equal(r.failed, 0);
	assert_int_equal(hj_get_be(&r, 1), 0);
	assert_int_equal(r.failed, 1);
	hj_buf_done(&b);
}

static void a_buffer_keeps_its_bound(void **state)
{
	struct hj_buf b = { .most = 10 };

	assert_int_equal(hj_buf_put(&b, "12345", 5), 0);
	assert_int_equal(hj_buf_put(&b, "678901", 6), -EMSGSIZE);
	assert_int_equal(hj_buf_printf(&b, "%d", 67890), 0);
	assert_string_equal(b.data, "1234567890");
	hj_buf_drop(&b, 4);
	assert_string_equal(b.data, "567890");
	hj_buf_drop(&b, 99);
	assert_int_equal(b.len, 0);
	hj_buf_done(&b);
}

static void check_number_text(double value, const char *want)
{
	char text[HJ_DECIMAL_TEXT];
	unsigned n = hj_decimal_text(value, text);
	double back = strtod(text, NULL);

	assert_int_equal(n, strlen(text));
	assert_memory_equal(&back, &value, sizeof(value));
	assert_non_null(strpbrk(text, ".e"));
	if (want)
		assert_string_equal(text, want);
}

static void a_number_is_read_back_as_it_was(void **state)
{
	uint64_t bits = 0x9E3779B97F4A7C15ULL;

	check_number_text(0, "0.0");
	check_number_text(-0.0, "-0.0");
	check_number_text(1, "1.0");
	check_number_text(-230.1, "-230.1");
	check_number_text(0.05, "0.05");
	check_number_text(-0.005, "-0.005");
	check_number_text(9007199254740992, "9007199254740992.0");
	check_number_text(1e17 / 3, "33333333333333332.0");
	check_number_text(1.0 / 3, NULL);
	check_number_text(1e-22, NULL);
	check_number_text(5e-324, NULL);
	check_number_text(-0x1.fffffffffffffp+1023, NULL);
	for (int i = 0; i < 100000; i++) {
		double value;

		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		check_number_text(hj_decimal_value((int64_t)(bits >> (11 + i % 50)), (unsigned)i % 23), NULL);
		memcpy(&value, &bits, sizeof(value));
		if (isfinite(value))
			check_number_text(value, NULL);
	}
}

static void small_numbers_take_few_bytes(void **state)
{
	const int64_t numbers[] = { 0, 1, -1, 63, 64, -64, -65, 8191, 8192, INT32_MAX, INT32_MIN, INT64_MAX,
		INT64_MIN };
	struct hj_buf b = { 0 };
	struct hj_reader r;

	for (size_t i = 0; i < hj_array_size(numbers); i++) {
		b.len = 0;
		assert_int_equal(hj_buf_put_zigzag(&b, numbers[i]), 0);
		assert_int_equal(hj_buf_put_varint(&b, (uint64_t)numbers[i]), 0);
		r = (struct hj_reader){ .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + b.len };
		assert_true(hj_get_zigzag(&r) == numbers[i]);
		assert_true(hj_get_varint(&r) == (uint64_t)numbers[i]);
		assert_true(!r.failed && r.p == r.end);
	}
	r = (struct hj_reader){ .p = (const uint8_t *)"\x80\x00", .end = (const uint8_t *)"\x80\x00" + 2 };
	hj_get_varint(&r);
	assert_true(r.failed); /* zero, at length */
	b.len = 0;
	hj_buf_put(&b, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10);
	r = (struct hj_reader){ .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + b.len };
	hj_get_varint(&r);
	assert_true(r.failed); /* 65 bits */
	r = (struct hj_reader){ .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + 5 };
	hj_get_varint(&r);
	assert_true(r.failed); /* cut off */
	hj_buf_done(&b);
}

static void test_clock_step(void **state)
{
	struct hj_civil first = { .year = 2025, .month = 1, .day = 1 }, last = { .year = 2060, .month = 1, .day = 1 };
	int64_t ms;
	struct hj_now now = { .wall_ms = 1790000000000, .mono = 5 * HJ_USEC_PER_SEC };
	int64_t ahead = hj_clock_ahead(&now);

	(void)state;
	assert_int_equal(hj_civil_to_ms(&first, &ms), 0);
	assert_true(hj_clock_plausible(ms) && !hj_clock_plausible(ms - 1) && !hj_clock_plausible(0));
	assert_int_equal(hj_civil_to_ms(&last, &ms), 0);
	assert_true(hj_clock_plausible(ms - 1) && !hj_clock_plausible(ms));
	now.wall_ms += 999; /* a little, and it is followed */
	assert_int_equal(hj_clock_step(&ahead, &now), 0);
	now.wall_ms += 1000;
	assert_int_equal(hj_clock_step(&ahead, &now), 1000);
	assert_int_equal(hj_clock_step(&ahead, &now), 0);
	now.wall_ms -= 3600000;
	now.mono += 1000 * HJ_USEC_PER_MS;
	assert_int_equal(hj_clock_step(&ahead, &now), -3601000);
}

/* What was said before may be anything: it came out of a file. */
static void times_that_are_none(void **state)
{
	const struct hj_now now = { .wall_ms = HJ_TIME_MAX_MS, .mono = 0 };
	int64_t ahead = INT64_MIN;

	(void)state;
	assert_true(hj_clock_step(&ahead, &now) == INT64_MAX);
	assert_true(ahead == HJ_TIME_MAX_MS);
	ahead = INT64_MAX;
	assert_true(hj_clock_step(&ahead, &(struct hj_now){ .wall_ms = -HJ_TIME_MAX_MS }) == INT64_MIN);
	assert_int_equal(hj_time_moved(5, -6), 0);
	assert_int_equal(hj_time_moved(5, INT64_MIN), 0);
	assert_int_equal(hj_time_moved(INT64_MIN, -1), 0);
	assert_true(hj_time_moved(INT64_MAX, 1) == HJ_TIME_MAX_MS);
	assert_true(hj_time_moved(HJ_TIME_MAX_MS, 1) == HJ_TIME_MAX_MS);
	assert_int_equal(hj_time_moved(5, 6), 11);
}

static void a_text_is_cut_between_characters(void **state)
{
	char to[6];

	assert_true(hj_text_copy(to, sizeof(to), "12345"));
	assert_false(hj_text_copy(to, sizeof(to), "123456"));
	assert_string_equal(to, "12345");
	assert_false(hj_text_copy(to, sizeof(to), "\xe4\xb8\xad\xe6\x96\x87"));
	assert_string_equal(to, "\xe4\xb8\xad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_that_are_none),
		cmocka_unit_test(a_text_is_cut_between_characters),
		cmocka_unit_test(time_agrees_with_libc),
		cmocka_unit_test(time_refuses_what_does_not_exist),
		cmocka_unit_test(days_begin_at_beijing_midnight),
		cmocka_unit_test(numbers_are_plain_and_come_back),
		cmocka_unit_test(numbers_are_parsed_strictly),
		cmocka_unit_test(names_are_plain),
		cmocka_unit_test(packed_bytes_come_back),
		cmocka_unit_test(a_buffer_keeps_its_bound),
		cmocka_unit_test(a_number_is_read_back_as_it_was),
		cmocka_unit_test(small_numbers_take_few_bytes),
		cmocka_unit_test(test_clock_step),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
