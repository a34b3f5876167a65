/* Units a power of ten apart. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/cleanup.h"
#include "hjgate/unit.h"

static void ratios(void **state)
{
	static const struct {
		const char *from, *to;
		double ratio;
	} cases[] = {
		{ "kW", "W", 1000 },
		{ "W", "kW", 0.001 },
		{ "MWh", "kWh", 1000 },
		{ "kWh", "kWh", 1 },
		{ "A", "mA", 1000 },
		{ "mA", "A", 0.001 },
		{ "kPa", "Pa", 1000 },
		{ "hPa", "kPa", 0.1 },
		{ "bar", "kPa", 100 },
		{ "m3", "L", 1000 },
		{ "m³/h", "L/h", 1000 },
		{ "t", "kg", 1000 },
		{ "°C", "℃", 1 },
		{ "turns", "turns", 1 }, /* what nobody knows is still itself */
		{ "", "", 1 },
	};
	double ratio;

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		assert_int_equal(hj_unit_ratio(cases[i].from, cases[i].to, &ratio), 0);
		assert_true(ratio == cases[i].ratio);
	}
}

static void what_is_not_of_one_kind(void **state)
{
	static const char *const cases[][2] = { { "kW", "kWh" }, { "kWh", "MJ" }, { "", "W" }, { "W", "" },
		{ "m", "M" }, { "kw", "W" }, { "A", "V" }, { "m3", "m3/h" } };
	double ratio = 5;

	for (size_t i = 0; i < hj_array_size(cases); i++)
		assert_int_equal(hj_unit_ratio(cases[i][0], cases[i][1], &ratio), -EDOM);
	assert_true(ratio == 5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ratios),
		cmocka_unit_test(what_is_not_of_one_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
