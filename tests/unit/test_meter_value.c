/* What is no value never becomes one: codes that stand for "nothing", implausible values, the dead band. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_value.h"
#include "hjgate/text.h"

#define ANY .least = -INFINITY, .most = INFINITY

struct row {
	enum hj_type type;
	double code;
	uint32_t bits; /* of a 16-bit register: the upper half */
	int result;
};

static int decode(
        const struct hj_codec *c, const struct hj_value_rules *rules, uint32_t bits, double *held, double *ret)
{
	const uint8_t bytes[8] = { (uint8_t)(bits >> 24), (uint8_t)(bits >> 16), (uint8_t)(bits >> 8),
		(uint8_t)bits };

	return hj_value_decode(c, rules, bytes, held, ret);
}

static void codes_that_mean_nothing(void **state)
{
	static const struct row rows[] = {
		{ HJ_TYPE_UINT16, 0xffff, 0xffff0000, -EDOM },
		{ HJ_TYPE_UINT16, -1, 0xffff0000, -EDOM },
		{ HJ_TYPE_UINT16, 0xffff, 0xfffe0000, 0 },
		{ HJ_TYPE_INT16, 0x8000, 0x80000000, -EDOM },
		{ HJ_TYPE_INT16, -32768, 0x80000000, -EDOM },
		{ HJ_TYPE_INT16, 0x7fff, 0x7fff0000, -EDOM },
		{ HJ_TYPE_INT16, 0x7fff, 0x80000000, 0 },
		{ HJ_TYPE_INT32, 0x7fffffff, 0x7fffffff, -EDOM },
		{ HJ_TYPE_INT32, 2147483648.0, 0x80000000, -EDOM },
		{ HJ_TYPE_UINT32, 2147483648.0, 0x80000000, -EDOM },
		{ HJ_TYPE_UINT32, -1, 0xffffffff, -EDOM }, /* what libconfig makes of 0xFFFFFFFF */
		{ HJ_TYPE_UINT32, 0, 0, -EDOM },
		{ HJ_TYPE_UINT32, 0, 1, 0 },
		{ HJ_TYPE_FLOAT32, -3.4e38, 0xff7fffff, -EDOM }, /* -3.4028235e38 */
		{ HJ_TYPE_FLOAT32, -3.4e38, 0x7f7fffff, 0 },
		{ HJ_TYPE_FLOAT32, 3.4e38, 0x7f7fffff, -EDOM },
		{ HJ_TYPE_FLOAT32, 0x7fffffff, 0x4f000000, -EDOM }, /* 2^31 is the float nearest to it */
		{ HJ_TYPE_FLOAT32, -9999.9, 0xc61c3f9a, -EDOM },
		{ HJ_TYPE_FLOAT32, -9999.9, 0xc61c3f99, 0 },
		{ HJ_TYPE_FLOAT32, 3e38, 0x7f7fffff, 0 },
	};

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		struct hj_codec c = { .type = rows[i].type, .scale = 1e-25 }; /* else no frame could say it */
		struct hj_value_rules rules = { .invalid = { 12345, rows[i].code }, .invalid_count = 2, ANY };
		double held = 5, value = 7;
		int r = decode(&c, &rules, rows[i].bits, &held, &value);

		if (r != rows[i].result || (r < 0 && (value != 7 || !isnan(held))))
			fail_msg("row %zu: %d, value %g, held %g", i, r, value, held);
	}
}

static void a_slice_is_compared_as_it_is(void **state)
{
	struct hj_codec c = { .type = HJ_TYPE_UINT16, .bit = 8, .bits = 8, .scale = 1 };
	struct hj_value_rules rules = { .invalid = { 255 }, .invalid_count = 1, ANY };
	double held = NAN, value = 7;

	(void)state;
	assert_int_equal(decode(&c, &rules, 0xff120000, &held, &value), -EDOM);
	assert_int_equal(decode(&c, &rules, 0xfeff0000, &held, &value), 0);
	assert_true(value == 254);
}

static void implausible_values(void **state)
{
	struct hj_codec c = { .type = HJ_TYPE_INT16, .scale = 0.1 };
	struct hj_value_rules rules = { .least = -50, .most = 400 };
	double held = NAN, value = 7;

	(void)state;
	assert_int_equal(decode(&c, &rules, 4000u << 16, &held, &value), 0);
	assert_true(value == 400);
	assert_int_equal(decode(&c, &rules, 4001u << 16, &held, &value), -ERANGE);
	assert_true(value == 400 && isnan(held));
	assert_int_equal(decode(&c, &rules, (uint32_t)-500 << 16, &held, &value), 0);
	assert_true(value == -50);
	assert_int_equal(decode(&c, &rules, (uint32_t)-501 << 16, &held, &value), -ERANGE);
	assert_int_equal(decode(&c, NULL, (uint32_t)-501 << 16, &held, &value), 0);
	assert_true(value == -50.1);
}

/* From 20.1 the values 20.2 and 20.0 are held, 20.3 is not: 0.2 is not smaller than the band. */
static void dead_band_holds(void **state)
{
	static const struct {
		unsigned raw;
		double value;
	} steps[] = { { 201, 20.1 }, { 202, 20.1 }, { 200, 20.1 }, { 203, 20.3 }, { 202, 20.3 }, { 201, 20.1 },
		{ 0, 0 } };
	struct hj_codec c = { .type = HJ_TYPE_INT16, .scale = 0.1 };
	struct hj_value_rules rules = { .least = -100, .most = 100, .dead_band = 0.2 };
	double held = NAN, value = 7;

	(void)state;
	for (size_t i = 0; i < hj_array_size(steps); i++) {
		assert_int_equal(decode(&c, &rules, steps[i].raw << 16, &held, &value), 0);
		if (value != steps[i].value)
			fail_msg("step %zu: %.17g instead of %g", i, value, steps[i].value);
	}
	/* After a fault the next value is passed on as it is. */
	assert_int_equal(decode(&c, &rules, 5000u << 16, &held, &value), -ERANGE);
	assert_int_equal(decode(&c, &rules, 1u << 16, &held, &value), 0);
	assert_true(value == 0.1);
}

/* A float32 holds more than a frame of HJ 212 can say. */
static void what_no_frame_can_say(void **state)
{
	struct hj_codec c = { .type = HJ_TYPE_FLOAT32, .scale = 1 };
	double held = NAN, value = 7;

	(void)state;
	assert_int_equal(decode(&c, NULL, 0x5d5e0b6b, &held, &value), -EDOM); /* 1e18 */
	assert_int_equal(decode(&c, NULL, 0xdd5e0b6b, &held, &value), -EDOM);
	assert_true(value == 7 && isnan(held));
	assert_int_equal(decode(&c, NULL, 0x5d5e0b6a, &held, &value), 0);
	assert_true(value < HJ_NUMBER_LIMIT && value > 0.99e18);
	c.scale = 1000;
	assert_int_equal(decode(&c, NULL, 0x58635fa9, &held, &value), -EDOM); /* 1e15 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_that_mean_nothing),
		cmocka_unit_test(a_slice_is_compared_as_it_is),
		cmocka_unit_test(implausible_values),
		cmocka_unit_test(dead_band_holds),
		cmocka_unit_test(what_no_frame_can_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
