/* An MN, part by part: what a right one says, what is wrong with one that is not, and one built of its parts. */
#include "hjgate/cleanup.h"
#include "hjgate/mn.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void parts_of_the_three_forms(void **state)
{
	static const struct {
		const char *mn;
		enum hj_mn_form form;
		const char *parts[HJ_MN_PARTS_MAX];
		bool doubtful;
	} cases[] = {
		{ "66330302010200001001", HJ_MN_WENZHOU, { "66", "330302", "01", "02", "00001", "001" }, false },
		{ "0200012A90B016F000169DC1", HJ_MN_2017, { "02", "00012A9", "0B016F", "000169DC1" }, false },
		{ "010000A8900016F000169DC0", HJ_MN_2017, { "01", "0000A89", "00016F", "000169DC0" }, true },
		{ "88888880000001", HJ_MN_2005, { "88888880000001" }, true },
		{ "66990302010200001001", HJ_MN_WENZHOU, { "66", "990302", "01", "02", "00001", "001" }, true },
		{ "66330300010200001001", HJ_MN_WENZHOU, { "66", "330300", "01", "02", "00001", "001" }, true },
		{ "66330302000200001001", HJ_MN_WENZHOU, { "66", "330302", "00", "02", "00001", "001" }, true },
		{ "000000000000000000000000", HJ_MN_2017, { "00", "0000000", "000000", "000000000" }, true },
	};

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		struct hj_mn_explained e;

		hj_mn_explain(cases[i].mn, &e);
		assert_true(e.right);
		assert_int_equal(e.rule->form, cases[i].form);
		assert_int_equal(e.doubtful, cases[i].doubtful);
		for (size_t k = 0; k < e.count; k++) {
			assert_string_equal(e.parts[k].text, cases[i].parts[k]);
			assert_false(e.parts[k].wrong);
		}
		assert_true(e.count == HJ_MN_PARTS_MAX || !cases[i].parts[e.count]);
	}
}

static void what_is_wrong_and_where(void **state)
{
	static const struct {
		const char *mn;
		enum hj_mn_form form;
		int part; /* the first that is wrong; -1: none, the whole is too long */
		const char *why, *whole;
	} cases[] = {
		{ "6633030201020000100", HJ_MN_WENZHOU, 5, "too short", "length" },
		{ "663303020102", HJ_MN_WENZHOU, 4, "missing", "length" },
		{ "663303020102000010011", HJ_MN_WENZHOU, -1, NULL, "length" },
		{ "67330302010200001001", HJ_MN_WENZHOU, 0, "begins with 66", "begins with 66" },
		{ "6633030201020000100A", HJ_MN_WENZHOU, 5, "digits 0-9", "no digits" },
		{ "663303O2010200001001", HJ_MN_WENZHOU, 1, "digits 0-9", "no digits" },
		{ "010000a8900016f000169dc0", HJ_MN_2017, 1, "capitals", "capitals" },
		{ "010000A8900016F000169DC", HJ_MN_2017, 3, "too short", "length" },
		{ "8888888000000A", HJ_MN_2005, 0, "digits", "no digits" },
		{ "", HJ_MN_2005, 0, "missing", "length" },
		{ "6６330302010200001001", HJ_MN_WENZHOU, 0, "digits 0-9", "full-width" }, /* by characters */
		{ "66330302010200001００1", HJ_MN_WENZHOU, 5, "digits 0-9", "full-width" },
		{ "\xa3\xb6", HJ_MN_2005, 0, "digits", "full-width" },
	};

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		struct hj_mn_explained e;
		int wrong = -1;

		hj_mn_explain(cases[i].mn, &e);
		assert_false(e.right);
		assert_int_equal(e.rule->form, cases[i].form);
		assert_non_null(strstr(e.why, cases[i].whole));
		for (size_t k = e.count; k-- > 0;)
			if (e.parts[k].wrong)
				wrong = (int)k;
		assert_int_equal(wrong, cases[i].part);
		if (wrong >= 0)
			assert_non_null(strstr(e.parts[wrong].why, cases[i].why));
	}
}

static void one_is_built_of_its_parts(void **state)
{
	static const struct {
		enum hj_mn_form form;
		const char *values[HJ_MN_PARTS_MAX];
		const char *mn; /* NULL: it is none */
		size_t part;
		const char *why;
	} cases[] = {
		{ HJ_MN_WENZHOU, { NULL, "330302", "01", "02", "00001", "001" }, "66330302010200001001", 0, NULL },
		{ HJ_MN_WENZHOU, { NULL, "330302", "1", "2", "1", "1" }, "66330302010200001001", 0, NULL },
		{ HJ_MN_2017, { "1", "a89", "16f", "169dc0" }, "010000A8900016F000169DC0", 0, NULL },
		{ HJ_MN_2005, { "88888880000001" }, "88888880000001", 0, NULL },
		{ HJ_MN_WENZHOU, { NULL, "33302", "1", "2", "1", "1" }, NULL, 1, "too short" },
		{ HJ_MN_WENZHOU, { NULL, "330302", "100", "2", "1", "1" }, NULL, 2, "too long" },
		{ HJ_MN_WENZHOU, { NULL, "330302", "1", "2", NULL, "1" }, NULL, 4, "missing" },
		{ HJ_MN_WENZHOU, { NULL, "330302", "1", "2", "1", "A" }, NULL, 5, "digits 0-9" },
		{ HJ_MN_2017, { "1", "a89", "16g", "169dc0" }, NULL, 2, "hexadecimal" },
		{ HJ_MN_2017, { "1", "a89", "16f", "" }, NULL, 3, "missing" },
	};

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		char mn[HJ_MN_MAX + 1] = "untouched";
		const char *why = NULL;
		size_t part = 99;
		int r = hj_mn_build(hj_mn_rule(cases[i].form), cases[i].values, mn, &part, &why);

		assert_int_equal(r, cases[i].mn ? 0 : -EINVAL);
		assert_string_equal(mn, cases[i].mn ? cases[i].mn : "untouched");
		if (cases[i].mn)
			continue;
		assert_int_equal(part, cases[i].part);
		assert_non_null(strstr(why, cases[i].why));
	}
	assert_null(hj_mn_rule(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_of_the_three_forms),
		cmocka_unit_test(what_is_wrong_and_where),
		cmocka_unit_test(one_is_built_of_its_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
