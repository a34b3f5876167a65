/* Every type in every order with known bytes, extremes, and that no binary dust reaches a record. */
/* long because: one table of bytes and what they are for each thing that is decoded. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
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
		if (rows[i].value != value)
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

/* ---- every type in every order, from its bytes in the order A B C ... ---- */

struct extreme {
	const char *what;
	enum hj_type type;
	const char *hex; /* A first */
	double value;    /* NaN: there is none */
	uint8_t bit, bits;
};

#define TWO_53 9007199254740992.0

static const struct extreme extremes[] = {
	{ "int16 most", HJ_TYPE_INT16, "7fff", 32767, 0, 0 },
	{ "int16 least", HJ_TYPE_INT16, "8000", -32768, 0, 0 },
	{ "uint16 most", HJ_TYPE_UINT16, "ffff", 65535, 0, 0 },
	{ "int32 most", HJ_TYPE_INT32, "7fffffff", 2147483647, 0, 0 },
	{ "int32 least", HJ_TYPE_INT32, "80000000", -2147483648.0, 0, 0 },
	{ "int32", HJ_TYPE_INT32, "89abcdef", -1985229329, 0, 0 },
	{ "uint32 most", HJ_TYPE_UINT32, "ffffffff", 4294967295.0, 0, 0 },
	{ "uint32", HJ_TYPE_UINT32, "12345678", 305419896, 0, 0 },
	{ "int64 one", HJ_TYPE_INT64, "0000000000000001", 1, 0, 0 },
	{ "int64 minus one", HJ_TYPE_INT64, "ffffffffffffffff", -1, 0, 0 },
	{ "int64", HJ_TYPE_INT64, "000123456789abcd", 320255973501901.0, 0, 0 },
	{ "int64 2^53", HJ_TYPE_INT64, "0020000000000000", TWO_53, 0, 0 },
	{ "int64 2^53 + 1", HJ_TYPE_INT64, "0020000000000001", NAN, 0, 0 },
	{ "int64 2^53 + 2", HJ_TYPE_INT64, "0020000000000002", NAN, 0, 0 },
	{ "int64 -2^53", HJ_TYPE_INT64, "ffe0000000000000", -TWO_53, 0, 0 },
	{ "int64 -2^53 - 1", HJ_TYPE_INT64, "ffdfffffffffffff", NAN, 0, 0 },
	{ "int64 -2^63", HJ_TYPE_INT64, "8000000000000000", NAN, 0, 0 },
	{ "int64 most", HJ_TYPE_INT64, "7fffffffffffffff", NAN, 0, 0 },
	{ "uint64 2^53", HJ_TYPE_UINT64, "0020000000000000", TWO_53, 0, 0 },
	{ "uint64 2^53 + 1", HJ_TYPE_UINT64, "0020000000000001", NAN, 0, 0 },
	{ "uint64 most", HJ_TYPE_UINT64, "ffffffffffffffff", NAN, 0, 0 },
	{ "float32", HJ_TYPE_FLOAT32, "42f6e979", 123.456, 0, 0 },
	{ "float32 most", HJ_TYPE_FLOAT32, "7f7fffff", 3.4028235e38, 0, 0 },
	{ "float32 least", HJ_TYPE_FLOAT32, "ff7fffff", -3.4028235e38, 0, 0 },
	{ "float32 smallest", HJ_TYPE_FLOAT32, "00000001", 1e-45, 0, 0 },
	{ "float32 largest subnormal", HJ_TYPE_FLOAT32, "007fffff", 1.1754942e-38, 0, 0 },
	{ "float32 smallest normal", HJ_TYPE_FLOAT32, "00800000", 1.1754944e-38, 0, 0 },
	{ "float32 minus zero", HJ_TYPE_FLOAT32, "80000000", 0, 0, 0 },
	{ "float32 nan", HJ_TYPE_FLOAT32, "7fc00000", NAN, 0, 0 },
	{ "float32 all ones", HJ_TYPE_FLOAT32, "ffffffff", NAN, 0, 0 },
	{ "float32 signalling", HJ_TYPE_FLOAT32, "7f800001", NAN, 0, 0 },
	{ "float32 infinite", HJ_TYPE_FLOAT32, "7f800000", NAN, 0, 0 },
	{ "float32 minus infinite", HJ_TYPE_FLOAT32, "ff800000", NAN, 0, 0 },
	{ "float64", HJ_TYPE_FLOAT64, "405edd2f1a9fbe77", 123.456, 0, 0 },
	{ "float64 most", HJ_TYPE_FLOAT64, "7fefffffffffffff", 0x1.fffffffffffffp+1023, 0, 0 },
	{ "float64 smallest", HJ_TYPE_FLOAT64, "0000000000000001", 0x1p-1074, 0, 0 },
	{ "float64 minus zero", HJ_TYPE_FLOAT64, "8000000000000000", 0, 0, 0 },
	{ "float64 nan", HJ_TYPE_FLOAT64, "7ff8000000000000", NAN, 0, 0 },
	{ "float64 infinite", HJ_TYPE_FLOAT64, "7ff0000000000000", NAN, 0, 0 },
	{ "float64 minus infinite", HJ_TYPE_FLOAT64, "fff0000000000000", NAN, 0, 0 },
	{ "bcd of one byte", HJ_TYPE_BCD, "42", 42, 0, 0 },
	{ "bcd of two", HJ_TYPE_BCD, "1234", 1234, 0, 0 },
	{ "bcd of three", HJ_TYPE_BCD, "123456", 123456, 0, 0 },
	{ "bcd of four", HJ_TYPE_BCD, "12345678", 12345678, 0, 0 },
	{ "bcd of five", HJ_TYPE_BCD, "1234567890", 1234567890, 0, 0 },
	{ "bcd of six", HJ_TYPE_BCD, "123456789012", 123456789012.0, 0, 0 },
	{ "bcd of seven", HJ_TYPE_BCD, "12345678901234", 12345678901234.0, 0, 0 },
	{ "bcd of eight, 2^53", HJ_TYPE_BCD, "9007199254740992", TWO_53, 0, 0 },
	{ "bcd of eight, 2^53 + 1", HJ_TYPE_BCD, "9007199254740993", NAN, 0, 0 },
	{ "bcd digit A", HJ_TYPE_BCD, "123a5678", NAN, 0, 0 },
	{ "bcd digit F in front", HJ_TYPE_BCD, "f2345678", NAN, 0, 0 },
	{ "bcd all ones", HJ_TYPE_BCD, "ffffffff", NAN, 0, 0 },
	{ "signed bcd", HJ_TYPE_BCD_SIGNED, "12345678", 12345678, 0, 0 },
	{ "signed bcd below 0", HJ_TYPE_BCD_SIGNED, "92345678", -12345678, 0, 0 },
	{ "signed bcd of three", HJ_TYPE_BCD_SIGNED, "800001", -1, 0, 0 },
	{ "signed bcd minus zero", HJ_TYPE_BCD_SIGNED, "8000", 0, 0, 0 },
	{ "signed bcd of eight", HJ_TYPE_BCD_SIGNED, "f999999999999999", -7999999999999999.0, 0, 0 },
	{ "signed bcd all ones", HJ_TYPE_BCD_SIGNED, "ffff", NAN, 0, 0 },
	{ "lowest bit", HJ_TYPE_UINT16, "0001", 1, 0, 1 },
	{ "highest bit", HJ_TYPE_UINT16, "8000", 1, 15, 1 },
	{ "high byte", HJ_TYPE_UINT16, "ab12", 0xab, 8, 8 },
	{ "slice over the words", HJ_TYPE_UINT32, "000ff000", 0xff, 12, 8 },
	{ "a slice has no sign", HJ_TYPE_INT16, "f000", 15, 12, 4 },
	{ "53 bits of 64", HJ_TYPE_UINT64, "ffffffffffffffff", TWO_53 - 1, 3, 53 },
};

/* By length in bytes, then by enum hj_order: which byte comes first on the wire, which second ... */
static const char *const orders[][4] = {
	[1] = { "A", "A", "A", "A" },
	[2] = { "AB", "AB", "BA", "BA" },
	[3] = { "ABC", "ABC", "ABC", "CBA" },
	[4] = { "ABCD", "CDAB", "BADC", "DCBA" },
	[5] = { "ABCDE", "ABCDE", "ABCDE", "EDCBA" },
	[6] = { "ABCDEF", "EFCDAB", "BADCFE", "FEDCBA" },
	[7] = { "ABCDEFG", "ABCDEFG", "ABCDEFG", "GFEDCBA" },
	[8] = { "ABCDEFGH", "GHEFCDAB", "BADCFEHG", "HGFEDCBA" },
};

static size_t from_hex(const char *hex, uint8_t *bytes)
{
	size_t n = strlen(hex) / 2;
	unsigned byte;

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		bytes[i] = (uint8_t)byte;
	}
	return n;
}

static void check_extreme(const struct extreme *e, enum hj_order order)
{
	struct hj_codec c = { .type = e->type, .order = order, .bit = e->bit, .bits = e->bits, .scale = 1 };
	uint8_t plain[8], wire[8];
	size_t n = from_hex(e->hex, plain);
	double value = 7;
	int r;

	for (size_t i = 0; i < n; i++)
		wire[i] = plain[orders[n][order][i] - 'A'];
	if (e->type == HJ_TYPE_BCD || e->type == HJ_TYPE_BCD_SIGNED)
		c.length = (uint8_t)n;
	assert_int_equal(hj_codec_bytes(&c), n);
	r = hj_codec_decode(&c, wire, &value);
	if (isnan(e->value) && (r != -EDOM || value != 7))
		fail_msg("%s, order %d: %d and %.17g instead of no number", e->what, order, r, value);
	if (!isnan(e->value) && (r != 0 || value != e->value || (value == 0 && signbit(value))))
		fail_msg("%s, order %d: %d and %.17g instead of %.17g", e->what, order, r, value, e->value);
}

static void every_type_in_every_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < hj_array_size(extremes); i++)
		for (int order = HJ_ORDER_ABCD; order <= HJ_ORDER_DCBA; order++)
			check_extreme(&extremes[i], (enum hj_order)order);
}

static void text_is_no_number(void **state)
{
	struct hj_codec c = { .type = HJ_TYPE_TEXT, .length = 4, .scale = 1 };
	uint8_t bytes[] = "1234";
	double value = 7;

	(void)state;
	assert_int_equal(hj_codec_decode(&c, bytes, &value), -EDOM);
	assert_true(value == 7);
}

/* Nothing of sixteen digits is lost to the scale, with or without an offset. */
static void scale_keeps_all_digits(void **state)
{
	static const struct {
		int64_t raw;
		double scale, offset, value;
	} cases[] = {
		{ 9007199254740991, 0.001, 0, 9007199254740.991 },
		{ 9007199254740991, 1, 1, 9007199254740992.0 },
		{ -9007199254740991, 0.01, -0.01, -90071992547409.92 },
		{ 4294967295, 0.1, 0.05, 429496729.55 },
		{ 123456789, 0.3, 0, 37037036.7 },
		{ 65535, 1e-12, 0, 6.5535e-8 },
		{ 1, 1e12, 0.5, 1000000000000.5 },
		{ 7, -0.1, 0.7, 0 },
	};

	(void)state;
	for (size_t i = 0; i < hj_array_size(cases); i++) {
		struct hj_codec c = codec(HJ_TYPE_INT64, HJ_ORDER_ABCD, cases[i].scale, cases[i].offset);
		uint8_t bytes[8];
		double value;

		for (size_t k = 0; k < 8; k++)
			bytes[k] = (uint8_t)((uint64_t)cases[i].raw >> (56 - 8 * k));
		assert_int_equal(hj_codec_decode(&c, bytes, &value), 0);
		if (value != cases[i].value || (value == 0 && signbit(value)))
			fail_msg("case %zu: %.17g instead of %.17g", i, value, cases[i].value);
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

static void texts(void **state)
{
	static const struct {
		enum hj_order order;
		uint8_t length;
		const char *bytes, *text;
	} cases[] = {
		{ HJ_ORDER_ABCD, 8, "SN-00123", "SN-00123" },
		{ HJ_ORDER_ABCD, 8, " SN 12\0\0", "SN 12" },
		{ HJ_ORDER_ABCD, 8, "\0\0SN12  ", "SN12" },
		{ HJ_ORDER_ABCD, 5, "SN-01", "SN-01" },
		{ HJ_ORDER_BADC, 6, "NS0-21", "SN-012" },
		{ HJ_ORDER_CDAB, 6, "12-0SN", "SN-012" },
		{ HJ_ORDER_DCBA, 6, "210-NS", "SN-012" },
		{ HJ_ORDER_DCBA, 5, "10-NS", "SN-01" },
		{ HJ_ORDER_DCBA, 6, "\x78\x56\x34\x12\x00\x00", "000012345678" }, /* DL/T 645: a plate's digits */
		{ HJ_ORDER_ABCD, 4, "A\x01\x02\x00", "41010200" },
		{ HJ_ORDER_ABCD, 4, "\xff\xff\xff\xff", "" },
		{ HJ_ORDER_ABCD, 4, "\0\0  ", "" },
	};
	uint8_t longest[HJ_CODEC_TEXT_MAX];
	char text[HJ_TEXT_LEN];

	(void)state;
	for (size_t i = 0; i < hj_array_size(cases); i++) {
		struct hj_codec c = { .type = HJ_TYPE_TEXT, .order = cases[i].order, .length = cases[i].length };

		hj_codec_text(&c, (const uint8_t *)cases[i].bytes, text);
		assert_string_equal(text, cases[i].text);
	}
	memset(longest, 0x80, sizeof(longest));
	hj_codec_text(&(struct hj_codec){ .type = HJ_TYPE_TEXT, .length = sizeof(longest) }, longest, text);
	assert_int_equal(strlen(text), 2 * sizeof(longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(known_bytes),
		cmocka_unit_test(no_number),
		cmocka_unit_test(no_dust),
		cmocka_unit_test(float_is_its_decimal),
		cmocka_unit_test(every_type_in_every_order),
		cmocka_unit_test(text_is_no_number),
		cmocka_unit_test(scale_keeps_all_digits),
		cmocka_unit_test(registers_of_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
