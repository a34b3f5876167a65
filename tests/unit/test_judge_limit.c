/* Which flag a value gets at its limits, on them and without any. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hjgate/limit.h"

static void limits_are_within(void **state)
{
	const struct hj_value_limits l = { 0.5, 100 };

	assert_int_equal(hj_limit_flag(&l, 100), HJ_FLAG_NORMAL);
	assert_int_equal(hj_limit_flag(&l, nextafter(100, 101)), HJ_FLAG_OVER);
	assert_int_equal(hj_limit_flag(&l, 0.5), HJ_FLAG_NORMAL);
	assert_int_equal(hj_limit_flag(&l, nextafter(0.5, 0)), HJ_FLAG_FAULT);
	assert_int_equal(hj_limit_flag(&l, 50), HJ_FLAG_NORMAL);
	assert_int_equal(hj_limit_flag(&l, 1e18), HJ_FLAG_OVER);
	assert_int_equal(hj_limit_flag(&l, -1e18), HJ_FLAG_FAULT);
}

static void one_limit_or_none(void **state)
{
	const struct hj_value_limits upper = { -INFINITY, 100 }, lower = { 0, INFINITY };

	assert_int_equal(hj_limit_flag(&upper, -1e300), HJ_FLAG_NORMAL);
	assert_int_equal(hj_limit_flag(&upper, 100.5), HJ_FLAG_OVER);
	assert_int_equal(hj_limit_flag(&lower, 1e300), HJ_FLAG_NORMAL);
	assert_int_equal(hj_limit_flag(&lower, -0.5), HJ_FLAG_FAULT);
	assert_int_equal(hj_limit_flag(NULL, 1e300), HJ_FLAG_NORMAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_are_within),
		cmocka_unit_test(one_limit_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
