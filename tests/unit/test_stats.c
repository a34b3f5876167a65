/* Packed statistics: every double comes back bit for bit, whatever it is; what was written before is read for ever;
 * what is no statistics is refused; and what meters say takes few bytes. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/decimal.h"
#include "hjgate/stats.h"

#define ROUNDS       60000
#define FACTORS      20
#define MINUTE_BYTES 260 /* of a minute of FACTORS, as meters say them: what the month on the flash leaves it */

static uint64_t seed = 0x9E3779B97F4A7C15ULL;

static uint64_t dice(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static double of_bits(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static bool same(double a, double b)
{
	return (isnan(a) && isnan(b)) || !memcmp(&a, &b, sizeof(a));
}

static bool stat_same(const struct hj_stat *a, const struct hj_stat *b)
{
	return a->point == b->point && a->flag == b->flag && a->expected == b->expected && a->got == b->got &&
	       same(a->cou, b->cou) && same(a->min, b->min) && same(a->avg, b->avg) && same(a->max, b->max) &&
	       same(a->last, b->last);
}

/* Any finite double, those that are hard to say more often. */
static double any_value(void)
{
	static const double odd[] = { 0.0, -0.0, 0x1p-1074, -0x1p-1074, 0x1p-1022, 0x1.fffffffffffffp+1023, 0x1p53,
		0x1p53 + 2, 9007199254740991, 1e15, 1e16, 1e17 / 3, 1e22, 1e23, 0.1, 0.3, 1.0 / 3, 4.35, 1e-22, 1e-23,
		123456789.123, -1e-5, 5e-324, 230.1 };
	double value;

	switch (dice() % 6) {
	case 0:
		return odd[dice() % hj_array_size(odd)];
	case 1:
		return hj_decimal_value((int64_t)(dice() % 100000000) - 20000000, dice() % 6);
	case 2:
		return (double)((float)(dice() % 1000000) / (float)(dice() % 999 + 1));
	case 3:
		return (double)(int64_t)(dice() >> dice() % 64);
	default:
		do {
			value = of_bits(dice());
		} while (!isfinite(value));
		return value;
	}
}

static double any_beside(double value)
{
	return dice() % 4 ? of_bits(({
		uint64_t bits;
		memcpy(&bits, &value, sizeof(bits));
		bits + dice() % 5 - 2;
	}))
	                  : value;
}

static enum hj_flag any_flag(void)
{
	static const char flags[] = "NNNNNNFMSDCTB";

	return (enum hj_flag)flags[dice() % (sizeof(flags) - 1)];
}

/* As the rollup makes them, of decimals or of floats; or anything. */
static struct hj_stat any_stat(uint32_t point)
{
	struct hj_stat s = { .point = point, .flag = any_flag(), .cou = NAN, .last = NAN };
	unsigned samples = (unsigned)(dice() % 9), decimals = (unsigned)(dice() % 4), how = (unsigned)(dice() % 3);
	double sum = 0;

	s.expected = dice() % 8 ? 6 : (uint32_t)(dice() >> dice() % 64);
	s.got = dice() % 8 ? samples : (uint32_t)(dice() >> dice() % 64);
	s.min = s.avg = s.max = NAN;
	for (unsigned i = 0; i < samples; i++) {
		double value = how == 0   ? hj_decimal_value((int64_t)(dice() % 4000) - 500, decimals)
		               : how == 1 ? (double)((float)(dice() % 500000) / 1000.0F)
		                          : any_value();

		s.min = fmin(s.min, value);
		s.max = fmax(s.max, value);
		sum += value;
		s.last = dice() % 2 ? value : NAN;
	}
	if (samples)
		s.avg = dice() % 8 ? any_beside(sum / samples) : any_value();
	if (!isfinite(s.avg))
		s.min = s.avg = s.max = NAN;
	if (dice() % 3 == 0)
		s.cou = dice() % 2 ? hj_decimal_value((int64_t)(dice() % 500), decimals) : any_value();
	return s;
}

static void check_there_and_back(const struct hj_stat *stats, size_t count)
{
	struct hj_buf b = { 0 }, again = { 0 };
	struct hj_stats back;

	assert_int_equal(hj_stats_encode(stats, count, &b), 0);
	assert_int_equal(hj_stats_decode(b.data, b.len, &back), 0);
	assert_int_equal(back.count, count);
	for (size_t i = 0; i < count; i++)
		if (!stat_same(&back.stats[i], &stats[i]))
			fail_msg("min %a avg %a max %a last %a cou %a came back as %a %a %a %a %a", stats[i].min,
			        stats[i].avg, stats[i].max, stats[i].last, stats[i].cou, back.stats[i].min,
			        back.stats[i].avg, back.stats[i].max, back.stats[i].last, back.stats[i].cou);
	assert_int_equal(hj_stats_encode(back.stats, back.count, &again), 0);
	assert_int_equal(again.len, b.len);
	assert_memory_equal(again.data, b.data, b.len);
	for (size_t n = 0; n < b.len; n++) /* one zero byte is none of them */
		if (n != 1)
			assert_int_equal(hj_stats_decode(b.data, n, &(struct hj_stats){ 0 }), -EBADMSG);
	hj_stats_done(&back);
	hj_buf_done(&b);
	hj_buf_done(&again);
}

static void test_every_double(void **state)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct hj_stat stats[3];
		uint32_t point = 0;
		size_t count = 1 + dice() % 3;

		for (size_t i = 0; i < count; i++) {
			point += dice() % 4 ? 1 : (uint32_t)(dice() % 1000000000);
			point = hj_max(point, (uint32_t)i + 1);
			stats[i] = any_stat(point);
		}
		check_there_and_back(stats, count);
	}
}

/* Each of these is said in a way of its own. */
static void test_the_forms(void **state)
{
	const struct hj_stat stats[] = {
		{ 1, HJ_FLAG_NORMAL, 6, 6, NAN, 230.1, (230.1 + 230.2 + 230.4) / 3, 230.4, NAN },
		{ 2, HJ_FLAG_NORMAL, 6, 0, NAN, NAN, NAN, NAN, NAN },
		{ 3, HJ_FLAG_LINK, 6, 0, NAN, NAN, NAN, NAN, NAN },
		{ 9, HJ_FLAG_NORMAL, 6, 6, 0.25, 1234.5, 1234.625, 1234.75, 1234.75 },
		{ 10, HJ_FLAG_NORMAL, 6, 6, NAN, -0.0, 0.0, 0.0, -1.5 },
		{ 11, HJ_FLAG_NORMAL, 6, 6, 1e-300, NAN, NAN, NAN, NAN },
		{ 12, HJ_FLAG_NORMAL, 6, 6, NAN, NAN, NAN, NAN, 5e-324 },
		{ 13, HJ_FLAG_NORMAL, 0, 0, NAN, 3, 2, 1, NAN }, /* upside down */
		{ 14, HJ_FLAG_NORMAL, UINT32_MAX, UINT32_MAX, NAN, 0, 0x1p52, 0x1p53, 0x1p53 },
		{ 15, HJ_FLAG_NORMAL, 6, 6, 0.1, (double)1.1F, (double)1.2F, (double)1.3F, (double)1.3F },
		{ UINT32_MAX, HJ_FLAG_FAULT, 1, 1, 7, 7, 7, 7, 7 },
	};

	check_there_and_back(stats, hj_array_size(stats));
	check_there_and_back(NULL, 0);
}

/* ---- what was written before ---- */

static const uint8_t first_form[] = { 2, /* two points */
	1, 'N', 6, 6, 2, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, /* */
	0xc7, 1, 'D', 6, 1, 15, 0x40, 0x14, 0, 0, 0, 0, 0, 0, 0x40, 0x1c, 0, 0, 0, 0, 0, 0, 0x40, 0x1c, 0, 0, 0, 0, 0,
	0 };

static void test_the_first_form_is_read(void **state)
{
	const struct hj_stat want[] = { { 1, HJ_FLAG_NORMAL, 6, 6, NAN, 1, 1.5, 2, NAN },
		{ 200, HJ_FLAG_FAULT, 6, 1, 5, 7, 7, 7, 7 } };
	struct hj_stats got;

	assert_int_equal(hj_stats_decode(first_form, sizeof(first_form), &got), 0);
	assert_int_equal(got.count, 2);
	assert_true(stat_same(&got.stats[0], &want[0]) && stat_same(&got.stats[1], &want[1]));
	hj_stats_done(&got);
	for (size_t n = 0; n < sizeof(first_form); n++)
		assert_int_equal(hj_stats_decode(first_form, n, &got), -EBADMSG);
	assert_int_equal(hj_stats_decode("\0", 1, &got), 0); /* none, in either form */
	assert_int_equal(got.count, 0);
	hj_stats_done(&got);
}

/* ---- what is refused ---- */

#define REFUSED(text) assert_int_equal(hj_stats_decode(text, sizeof(text) - 1, &got), -EBADMSG)

static void test_refused(void **state)
{
	struct hj_stats got;

	REFUSED("");
	REFUSED("\0\0");                                                 /* none, with something behind it */
	REFUSED("\0\x81\0\0");                                           /* a count at length */
	REFUSED("\0\x01\x80");                                           /* a shape without a meaning */
	REFUSED("\0\x01\x08");                                           /* Cou apart, and no Cou */
	REFUSED("\0\x01\x20\x01");                                       /* the next point, at length */
	REFUSED("\0\x01\x20\0");                                         /* the same point again */
	REFUSED("\0\x01\x10N");                                          /* flag N, at length */
	REFUSED("\0\x01\x10Z");                                          /* no flag */
	REFUSED("\0\x01\x40\0\0");                                       /* the same counts, at length */
	REFUSED("\0\x01\x04\x40\x02");                                   /* the form of an average, and none */
	REFUSED("\0\x01\x02\x3f\0\0\0\0\0\0\0\0");                       /* whole, and divided */
	REFUSED("\0\x01\x02\x01\x02\x02\x02");                           /* a sum of no samples */
	REFUSED("\0\x01\x42\x06\x06\x41\x02\x02\x02\0");                 /* beside the quotient by nothing */
	REFUSED("\0\x01\x04\0\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"); /* more than a double says */
	REFUSED("\0\x01\x04\x3f\x7f\xf0\0\0\0\0\0\0");                   /* infinite */
	REFUSED("\0\xff\xff\xff\xff\x0f");                               /* four thousand million of them */
}

/* ---- one by one ---- */

static void test_one_by_one(void **state)
{
	const struct hj_stat stats[] = { { 1, HJ_FLAG_NORMAL, 6, 6, NAN, 1, 1, 1, NAN },
		{ 5, HJ_FLAG_NORMAL, 6, 6, NAN, 2, 2, 2, NAN } };
	struct hj_stats_reader r;
	struct hj_buf b = { 0 };
	struct hj_stat s;

	assert_int_equal(hj_stats_encode(stats, 2, &b), 0);
	assert_int_equal(hj_stats_read(b.data, b.len, &r), 0);
	assert_int_equal(hj_stats_next(&r, &s), 1);
	assert_true(stat_same(&s, &stats[0]));
	assert_int_equal(hj_stats_next(&r, &s), 1);
	assert_true(stat_same(&s, &stats[1]));
	assert_int_equal(hj_stats_next(&r, &s), 0);
	assert_int_equal(hj_stats_next(&r, &s), 0);
	hj_buf_put(&b, "x", 1);
	assert_int_equal(hj_stats_read(b.data, b.len, &r), 0);
	while (hj_stats_next(&r, &s) > 0)
		;
	assert_int_equal(hj_stats_next(&r, &s), -EBADMSG);
	hj_buf_done(&b);
}

/* ---- how many bytes ---- */

/* A minute of six samples: of three phases' voltages, currents and powers, and of energies, in decimals as most
 * meters say them, or in 32-bit floats. */
static struct hj_stat metered(uint32_t point, bool floats)
{
	static const struct kind {
		int64_t base, spread;
		unsigned decimals;
		bool total;
	} kinds[] = { { 2301, 12, 1, false }, { 12345, 300, 3, false }, { 2840, 90, 2, false }, { 987, 12, 3, false },
		{ 12345678, 3, 2, true } };
	const struct kind *k = &kinds[point % hj_array_size(kinds)];
	struct hj_stat s = { .point = point,
		.flag = HJ_FLAG_NORMAL,
		.expected = 6,
		.got = 6,
		.cou = NAN,
		.min = NAN,
		.max = NAN,
		.last = NAN };
	double sum = 0, value = NAN, first = NAN;
	int64_t n = k->base + (int64_t)point * 97;

	for (int i = 0; i < 6; i++) {
		n += k->total ? (int64_t)(dice() % 2) : (int64_t)(dice() % (uint64_t)k->spread) - k->spread / 2;
		value = hj_decimal_value(n, k->decimals);
		value = floats ? (double)(float)value : value;
		first = i ? first : value;
		s.min = fmin(s.min, value);
		s.max = fmax(s.max, value);
		sum += value;
	}
	s.avg = fmin(fmax(sum / 6, s.min), s.max);
	if (k->total) {
		s.last = value;
		s.cou = hj_decimal_difference(value, first);
	}
	return s;
}

static void check_bytes(bool floats, size_t most)
{
	const int records = 1000;
	size_t bytes = 0;

	for (int i = 0; i < records; i++) {
		struct hj_stat stats[FACTORS];
		struct hj_buf b = { 0 };

		for (uint32_t p = 0; p < FACTORS; p++)
			stats[p] = metered(p + 1, floats);
		assert_int_equal(hj_stats_encode(stats, FACTORS, &b), 0);
		bytes += b.len;
		hj_buf_done(&b);
	}
	print_message(
	        "%s: %zu bytes a minute of %d factors\n", floats ? "floats" : "decimals", bytes / records, FACTORS);
	assert_in_range(bytes / records, 2, most);
}

static void test_few_bytes(void **state)
{
	check_bytes(false, MINUTE_BYTES);
	check_bytes(true, 2 * MINUTE_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_double),
		cmocka_unit_test(test_the_forms),
		cmocka_unit_test(test_the_first_form_is_read),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_one_by_one),
		cmocka_unit_test(test_few_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
