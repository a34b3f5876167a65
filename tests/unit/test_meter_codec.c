/* Every type in every order with known bytes, extremes, and that no binary dust reaches a record. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_codec.h"

struct row {
	enum hj_type type;
	enum hj_order order;
	uint16_t words[2];
	double value;
};

/* 0x12345678 = 305419896; 0x89abcdef as int32 = -1985229329; 123.456f = 0x42f6e979; -0.1f = 0xbdcccccd. */
static const struct row rows[] = {
	{ HJ_TYPE_BIT, HJ_ORDER_ABCD, { 0, 0 }, 0 },
	{ HJ_TYPE_BIT, HJ_ORDER_DCBA, { 1, 0 }, 1 },
	{ HJ_TYPE_INT16, HJ_ORDER_ABCD, { 0x1234, 0 }, 4660 },
	{ HJ_TYPE_INT16, HJ_ORDER_CDAB, { 0x1234, 0 }, 4660 },
	{ HJ_TYPE_INT16, HJ_ORDER_BADC, { 0x3412, 0 }, 4660 },
	{ HJ_TYPE_INT16, HJ_ORDER_DCBA, { 0x3412, 0 }, 4660 },
	{ HJ_TYPE_INT16, HJ_ORDER_ABCD, { 0xfffe, 0 }, -2 },
	{ HJ_TYPE_INT16, HJ_ORDER_DCBA, { 0xfeff, 0 }, -2 },
	{ HJ_TYPE_INT16, HJ_ORDER_ABCD, { 0x8000, 0 }, -32768 },
	{ HJ_TYPE_INT16, HJ_ORDER_ABCD, { 0x7fff, 0 }, 32767 },
	{ HJ_TYPE_UINT16, HJ_ORDER_ABCD, { 0xfffe, 0 }, 65534 },
	{ HJ_TYPE_UINT16, HJ_ORDER_CDAB, { 0xfffe, 0 }, 65534 },
	{ HJ_TYPE_UINT16, HJ_ORDER_BADC, { 0xfeff, 0 }, 65534 },
	{ HJ_TYPE_UINT16, HJ_ORDER_DCBA, { 0xfeff, 0 }, 65534 },
	{ HJ_TYPE_UINT16, HJ_ORDER_ABCD, { 0xffff, 0 }, 65535 },
	{ HJ_TYPE_INT32, HJ_ORDER_ABCD, { 0x89ab, 0xcdef }, -1985229329 },
	{ HJ_TYPE_INT32, HJ_ORDER_CDAB, { 0xcdef, 0x89ab }, -1985229329 },
	{ HJ_TYPE_INT32, HJ_ORDER_BADC, { 0xab89, 0xefcd }, -1985229329 },
	{ HJ_TYPE_INT32, HJ_ORDER_DCBA, { 0xefcd, 0xab89 }, -1985229329 },
	{ HJ_TYPE_INT32, HJ_ORDER_ABCD, { 0x8000, 0x0000 }, -2147483648.0 },
	{ HJ_TYPE_INT32, HJ_ORDER_ABCD, { 0x7fff, 0xffff }, 2147483647 },
	{ HJ_TYPE_UINT32, HJ_ORDER_ABCD, { 0x1234, 0x5678 }, 305419896 },
	{ HJ_TYPE_UINT32, HJ_ORDER_CDAB, { 0x5678, 0x1234 }, 305419896 },
	{ HJ_TYPE_UINT32, HJ_ORDER_BADC, { 0x3412, 0x7856 }, 305419896 },
	{ HJ_TYPE_UINT32, HJ_ORDER_DCBA, { 0x7856, 0x3412 }, 305419896 },
	{ HJ_TYPE_UINT32, HJ_ORDER_DCBA, { 0xffff, 0xffff }, 4294967295.0 },
	{ HJ_TYPE_FLOAT32, HJ_ORDER_ABCD, { 0x42f6, 0xe979 }, 123.456 },
	{ HJ_TYPE_FLOAT32, HJ_ORDER_CDAB, { 0xe979, 0x42f6 }, 123.456 },
	{ HJ_TYPE_FLOAT32, HJ_ORDER_BADC, { 0xf642, 0x79e9 }, 123.456 },
	{ HJ_TYPE_FLOAT32, HJ_ORDER_DCBA, { 0x79e9, 0xf642 }, 123.456 },
	{ HJ_TYPE_FLOAT32, HJ_ORDER_ABCD, { 0xbdcc, 0xcccd }, -0.1 },
	{ HJ_TYPE_FLOAT32, HJ_ORDER_ABCD, { 0x0000, 0x0000 }, 0 },
	{ HJ_TYPE_FLOAT32, HJ_ORDER_ABCD, { 0x4b7f, 0xffff }, 16777215 },
	{ HJ_TYPE_FLOAT32, HJ_ORDER_ABCD, { 0x7f7f, 0xffff }, 3.4028235e38 },
	{ HJ_TYPE_FLOAT32, HJ_ORDER_ABCD, { 0xff7f, 0xffff }, -3.4028235e38 },
	{ HJ_TYPE_FLOAT32, HJ_ORDER_ABCD, { 0x0000, 0x0001 }, 1e-45 },
	{ HJ_TYPE_FLOAT32, HJ_ORDER_ABCD, { 0x3f80, 0x0001 }, 1.0000001 },
};

/* Registers as bytes on the wire; a bit as the byte that it is handed over in. */
static int decode(const struct hj_codec *c, const uint16_t *words, double *ret)
{
	uint8_t bytes[4] = { (uint8_t)(words[0] >> 8), (uint8_t)words[0] };

	if (c->type == HJ_TYPE_BIT)
		bytes[0] = (uint8_t)words[0];
	if (hj_codec_bytes(c) > 2) {
		bytes[2] = (uint8_t)(words[1] >> 8);
		bytes[3] = (uint8_t)words[1];
	}
	return hj_codec_decode(c, bytes, ret);
}

static struct hj_codec codec(enum hj_type type, enum hj_order order, double scale, double offset)
{
	return (struct hj_codec){ .type = type, .order = order, .scale = scale, .offset = offset };
}

static void known_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		struct hj_codec c = codec(rows[i].type, rows[i].order, 1, 0);
		double value = NAN;

		assert_int_equal(decode(&c, rows[i].words, &value), 0);
		/* 1e-45 is written 1.4e-45 by the shortest rule of six digits at least: the same float. */
		if ((float)rows[i].value != (float)value || (fabs(value) > 1e-40 && rows[i].value != value))
			fail_msg("row %zu: %.17g instead of %.17g", i, value, rows[i].value);
	}
}

static void no_number(void **state)
{
	static const uint16_t bad[][2] = { { 0x7fc0, 0 }, { 0x7f80, 0 }, { 0xff80, 0 }, { 0x7f80, 1 },
		{ 0xffff, 0xffff } };
	struct hj_codec c = codec(HJ_TYPE_FLOAT32, HJ_ORDER_ABCD, 1, 0),
	                huge = codec(HJ_TYPE_UINT16, HJ_ORDER_ABCD, 1e308, 0);
	uint16_t word = 65535;
	double value = 7;

	(void)state;
	for (size_t i = 0; i < hj_array_size(bad); i++)
		assert_int_equal(decode(&c, bad[i], &value), -EDOM);
	assert_int_equal(decode(&huge, &word, &value), -EDOM);
	assert_true(value == 7);
}

/* Each of the 65536 raw values times a decimal scale is the double that the decimal text names. */
static void no_dust(void **state)
{
	static const double scales[] = { 0.1, 0.01, 0.001, 0.05 };
	static const int divisors[] = { 10, 100, 1000, 20 };

	(void)state;
	for (size_t s = 0; s < hj_array_size(scales); s++) {
		struct hj_codec c = codec(HJ_TYPE_INT16, HJ_ORDER_ABCD, scales[s], 0),
		                shifted = codec(HJ_TYPE_INT16, HJ_ORDER_ABCD, 0.1, -40);

		for (int raw = INT16_MIN; raw <= INT16_MAX; raw++) {
			uint16_t word = (uint16_t)raw;
			double value;

			assert_int_equal(decode(&c, &word, &value), 0);
			if (value != (double)raw / divisors[s])
				fail_msg("%d * %g = %.17g", raw, scales[s], value);
			assert_int_equal(decode(&shifted, &word, &value), 0);
			if (value != (double)(raw - 400) / 10)
				fail_msg("%d * 0.1 - 40 = %.17g", raw, value);
		}
	}
}

/* What a meter shows with so many decimals comes back as that decimal, whatever the float in between. */
static void float_is_its_decimal(void **state)
{
	struct hj_codec c = codec(HJ_TYPE_FLOAT32, HJ_ORDER_ABCD, 1, 0);

	(void)state;
	for (int n = -99999; n <= 99999; n += 7) {
		double decimal = n / 100.0, value;
		float f = (float)decimal;
		uint32_t bits;
		uint16_t words[2];

		memcpy(&bits, &f, 4);
		words[0] = (uint16_t)(bits >> 16);
		words[1] = (uint16_t)bits;
		assert_int_equal(decode(&c, words, &value), 0);
		if (value != decimal)
			fail_msg("%.2f came as %.17g", decimal, value);
	}
}

static void registers_of_types(void **state)
{
	static const unsigned counts[] = { [HJ_TYPE_INT16] = 1,
		[HJ_TYPE_UINT16] = 1,
		[HJ_TYPE_INT32] = 2,
		[HJ_TYPE_UINT32] = 2,
		[HJ_TYPE_FLOAT32] = 2,
		[HJ_TYPE_INT64] = 4,
		[HJ_TYPE_UINT64] = 4,
		[HJ_TYPE_FLOAT64] = 4 };

	(void)state;
	for (size_t i = HJ_TYPE_INT16; i < hj_array_size(counts); i++) {
		struct hj_codec c = codec((enum hj_type)i, HJ_ORDER_ABCD, 1, 0);

		assert_int_equal(hj_codec_count(&c, HJ_TABLE_HOLDING), counts[i]);
		assert_int_equal(hj_codec_count(&c, HJ_TABLE_DATA), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_bytes),
		cmocka_unit_test(no_number),
		cmocka_unit_test(no_dust),
		cmocka_unit_test(float_is_its_decimal),
		cmocka_unit_test(registers_of_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
