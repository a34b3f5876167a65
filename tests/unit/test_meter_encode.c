/* Numbers to bytes and back: every type, every order, the ends of each range, and the code of no value. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_codec.h"
#include "hjgate/meter_encode.h"

static void back_and_forth(void **state)
{
	static const struct {
		enum hj_type type;
		double values[6];
	} rows[] = {
		{ HJ_TYPE_INT16, { 0, 1, -1, 32767, -32767, 4660 } },
		{ HJ_TYPE_UINT16, { 0, 1, 258, 40000, 65534, 4660 } },
		{ HJ_TYPE_INT32, { 0, -70000, 2147483647, -2147483647, 305419896, -2 } },
		{ HJ_TYPE_UINT32, { 0, 1, 16777217, 4294967294, 3735928559, 65536 } },
		{ HJ_TYPE_INT64, { 0, -1, 9007199254740991, -9007199254740991, 1234567890123, 65536 } },
		{ HJ_TYPE_UINT64, { 0, 1, 9007199254740991, 4294967296, 1234567890123, 65536 } },
		{ HJ_TYPE_FLOAT32, { 0, 0.1, -123.456, 230.7, 1234567, 3.4e38 } },
		{ HJ_TYPE_FLOAT64, { 0, 0.1, -123.456789012345, 1e300, -5e-300, 230.7 } },
	};

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++)
		for (int order = HJ_ORDER_ABCD; order <= HJ_ORDER_DCBA; order++)
			for (size_t k = 0; k < hj_array_size(rows[i].values); k++) {
				struct hj_codec c = {
					.type = rows[i].type, .order = (enum hj_order)order, .scale = 1
				};
				uint8_t bytes[HJ_CODEC_BYTES_MAX];
				double value = NAN;

				assert_int_equal(hj_codec_encode(&c, rows[i].values[k], bytes), 0);
				assert_int_equal(hj_codec_decode(&c, bytes, &value), 0);
				assert_true(value == rows[i].values[k]);
			}
}

static void scales_divide(void **state)
{
	static const struct {
		double scale, offset, value;
		int raw;
	} rows[] = {
		{ 0.1, 0, 230.1, 2301 },
		{ 0.1, -40, -1.6, 384 },
		{ 0.001, 0, -1.234, -1234 },
		{ 10, 0, 15, 2 }, /* to the nearest, halves away from 0 */
		{ -1, 0, 7, -7 },
	};
	uint8_t bytes[2];

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		struct hj_codec c = { .type = HJ_TYPE_INT16, .scale = rows[i].scale, .offset = rows[i].offset };

		assert_int_equal(hj_codec_encode(&c, rows[i].value, bytes), 0);
		assert_int_equal((int16_t)(bytes[0] << 8 | bytes[1]), rows[i].raw);
	}
}

static void no_value_is_a_code_of_its_own(void **state)
{
	static const struct {
		enum hj_type type;
		double value;
		const char *bytes;
	} rows[] = {
		{ HJ_TYPE_INT16, NAN, "\x80\x00" },
		{ HJ_TYPE_INT16, 32768, "\x80\x00" },
		{ HJ_TYPE_INT16, -32768, "\x80\x00" },
		{ HJ_TYPE_UINT16, NAN, "\xff\xff" },
		{ HJ_TYPE_UINT16, 65535, "\xff\xff" },
		{ HJ_TYPE_UINT16, -1, "\xff\xff" },
		{ HJ_TYPE_INT32, INFINITY, "\x80\0\0\0" },
		{ HJ_TYPE_UINT32, -INFINITY, "\xff\xff\xff\xff" },
		{ HJ_TYPE_INT64, 1e18, "\x80\0\0\0\0\0\0\0" },
		{ HJ_TYPE_UINT64, NAN, "\xff\xff\xff\xff\xff\xff\xff\xff" },
		{ HJ_TYPE_FLOAT32, 1e39, "\x7f\xc0\0\0" },
		{ HJ_TYPE_FLOAT32, NAN, "\x7f\xc0\0\0" },
		{ HJ_TYPE_FLOAT64, NAN, "\x7f\xf8\0\0\0\0\0\0" },
	};
	uint8_t bytes[HJ_CODEC_BYTES_MAX];

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		struct hj_codec c = { .type = rows[i].type, .scale = 1 };

		assert_int_equal(hj_codec_encode(&c, rows[i].value, bytes), -ERANGE);
		assert_memory_equal(bytes, rows[i].bytes, hj_codec_bytes(&c));
	}
}

static void bits_and_what_is_not_encoded(void **state)
{
	struct hj_codec c = { .type = HJ_TYPE_BIT, .scale = 1 };
	uint8_t bytes[HJ_CODEC_TEXT_MAX] = { 7 };

	(void)state;
	assert_int_equal(hj_codec_encode(&c, 1, bytes), 0);
	assert_int_equal(bytes[0], 1);
	assert_int_equal(hj_codec_encode(&c, 0, bytes), 0);
	assert_int_equal(bytes[0], 0);
	assert_int_equal(hj_codec_encode(&c, NAN, bytes), -ERANGE);
	c = (struct hj_codec){ .type = HJ_TYPE_TEXT, .length = 4, .scale = 1 };
	assert_int_equal(hj_codec_encode(&c, 1, bytes), -EINVAL);
	c = (struct hj_codec){ .type = HJ_TYPE_BCD, .length = 4, .scale = 1 };
	assert_int_equal(hj_codec_encode(&c, 1, bytes), -EINVAL);
	c = (struct hj_codec){ .type = HJ_TYPE_UINT16, .bits = 2, .scale = 1 };
	assert_int_equal(hj_codec_encode(&c, 1, bytes), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(back_and_forth),
		cmocka_unit_test(scales_divide),
		cmocka_unit_test(no_value_is_a_code_of_its_own),
		cmocka_unit_test(bits_and_what_is_not_encoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
