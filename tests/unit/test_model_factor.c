/* Factor codes: their types, how a code finds its row, and what is said of one that has none. */
#include "hjgate/cleanup.h"
#include "hjgate/factor.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct hj_factor rows[] = {
	{ .code = "w01018", .old = "011", .zh = "化学需氧量", .en = "COD", .unit = "mg/L" },
	{ .code = "LMx", .old = "", .zh = "最大的瞬时声级", .en = "greatest momentary level", .unit = "dB" },
	{ .code = "e302xx", .old = "", .zh = "鼓风机", .en = "blower, current", .unit = "A" },
	{ .code = "g103xx", .old = "", .zh = "浆液循环泵状态", .en = "pump state", .unit = "", .state = true },
	{ .code = "i3331x", .old = "", .zh = "炉膛内上部焚烧温度", .en = "upper furnace", .unit = "℃" },
	{ .code = "i33201", .old = "", .zh = "累计耗电量", .en = "energy", .unit = "kWh" },
	{ .code = "ele??", .old = "", .zh = "电流", .en = "current", .unit = "A" },
	{ .code = "Ia", .old = "", .zh = "电流", .en = "current", .unit = "A", .layered = true },
	{ .code = "IaB", .old = "", .zh = "电流", .en = "current of B", .unit = "A", .layered = true },
	{ .code = "Ia1111", .old = "", .zh = "特别", .en = "one of its own", .unit = "A" },
};
static struct hj_factor_module modules[] = { { .code = "1111" }, { .code = "11a" } };

static const struct hj_factors all = { .list = rows, .count = hj_array_size(rows) };
/* Without the guideline's two layers. */
static const struct hj_factors plain = { .list = rows, .count = 7 };
static const struct hj_factors modular = {
	.list = rows, .count = hj_array_size(rows), .modules = modules, .module_count = hj_array_size(modules)
};

/* ---- types ---- */

static void types_of_the_standard(void **state)
{
	static const struct {
		const char *text;
		unsigned whole, fraction;
		int letter, decimals;
	} good[] = {
		{ "N4.2", 4, 2, 'N', 2 },
		{ "N13", 13, 0, 'N', 0 },
		{ "N1", 1, 0, 'N', 0 },
		{ "N14.2", 14, 2, 'N', 2 },
		{ "C890", 890, 0, 'C', -1 },
		{ "T", 0, 0, 'T', -1 },
		{ "", 0, 0, 0, -1 },
	};
	static const char *const bad[] = { "N", "N4.", "N0", "N4.0", "N.2", "N4,2", "N19", "N12.9", "C", "C0",
		"C1000", "C4.2", "n4.2", "T1", "X", " N4", "N4 ", "N+4", "N4.2.1", "N99999999999999999999999" };

	for (size_t i = 0; i < hj_array_size(good); i++) {
		char text[HJ_FACTOR_TYPE_LEN];
		struct hj_factor_type t;

		assert_int_equal(hj_factor_type_parse(good[i].text, &t, NULL), 0);
		assert_int_equal(t.whole, good[i].whole);
		assert_int_equal(t.fraction, good[i].fraction);
		assert_int_equal(t.letter, good[i].letter);
		assert_int_equal(hj_factor_type_decimals(&t), good[i].decimals);
		hj_factor_type_format(&t, text);
		assert_string_equal(text, good[i].text);
	}
	for (size_t i = 0; i < hj_array_size(bad); i++) {
		struct hj_factor_type t = { .letter = 'Z' };
		const char *why = NULL;

		assert_int_equal(hj_factor_type_parse(bad[i], &t, &why), -EINVAL);
		assert_non_null(why);
		assert_int_equal(t.letter, 'Z');
	}
}

static void what_fits_a_type(void **state)
{
	static const struct {
		const char *type, *value;
		bool fits;
	} cases[] = {
		{ "N4.2", "9999.99", true },
		{ "N4.2", "10000", false },
		{ "N4.2", "-9999.99", true },
		{ "N4.2", "1.234", false },
		{ "N4.2", "1.230", true },
		{ "N4.2", "0001.20", true },
		{ "N4.2", "00012345", false },
		{ "N4.2", "1.", true },
		{ "N4.2", "", true },
		{ "N4.2", "1e3", false },
		{ "N4.2", "nan", false },
		{ "N4.2", "1.5.1", false },
		{ "N1", "9", true },
		{ "N1", "10", false },
		{ "N1", "1.0", true },
		{ "N1", "1.5", false },
		{ "N13", "1234567890123", true },
		{ "N13", "12345678901234", false },
		{ "C4", "abcd", true },
		{ "C4", "abcde", false },
		{ "T", "20261126080000", true },
		{ "T", "2026112608000", false },
		{ "T", "2026112608000x", false },
		{ "", "anything", true },
	};

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		struct hj_factor_type t;

		assert_int_equal(hj_factor_type_parse(cases[i].type, &t, NULL), 0);
		if (hj_factor_type_fits(&t, cases[i].value) != cases[i].fits)
			fail_msg("\"%s\" of type %s", cases[i].value, cases[i].type);
	}
}

/* ---- rows ---- */

static void a_code_finds_its_row(void **state)
{
	static const struct {
		const char *code, *row;
	} cases[] = {
		{ "w01018", "w01018" },
		{ "011", "w01018" },
		{ "LMx", "LMx" },
		{ "LM1", NULL },
		{ "e30201", "e302xx" },
		{ "e30299", "e302xx" },
		{ "e30200", NULL },
		{ "e302xx", NULL },
		{ "e3020a", NULL },
		{ "e302", NULL },
		{ "e302011", NULL },
		{ "i33310", "i3331x" },
		{ "i33319", "i3331x" },
		{ "i3331x", NULL },
		{ "ele00", "ele??" },
		{ "ele42", "ele??" },
		{ "eleab", NULL },
		{ "Ia1112", "Ia" },
		{ "Iabcd1", "Ia" },
		{ "IaB111", "IaB" },
		{ "Ia1111", "Ia1111" },
		{ "Ia0111", NULL },
		{ "Ia111", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		const struct hj_factor *row = hj_factor_find(&all, cases[i].code);

		if (!row != !cases[i].row || (row && strcmp(row->code, cases[i].row) != 0))
			fail_msg("%s finds %s", cases[i].code, row ? row->code : "nothing");
	}
}

static void what_is_the_matter_with_a_code(void **state)
{
	static const struct {
		const struct hj_factors *table;
		const char *code;
		enum hj_factor_verdict verdict;
		const char *row; /* or the nearest */
	} cases[] = {
		{ &all, "w01018", HJ_FACTOR_KNOWN, "w01018" },
		{ &all, "011", HJ_FACTOR_KNOWN_2005, "w01018" },
		{ &all, "e302xx", HJ_FACTOR_NO_DEVICE, "e302xx" },
		{ &all, "e30200", HJ_FACTOR_NO_DEVICE, "e302xx" },
		{ &all, "i3331x", HJ_FACTOR_NO_DEVICE, "i3331x" },
		{ &all, "e30901", HJ_FACTOR_NO_ITEM, "e302xx" },
		{ &all, "w99999", HJ_FACTOR_NO_ITEM, NULL },
		{ &all, "i33299", HJ_FACTOR_NO_ITEM, "i33201" },
		{ &plain, "UaB1ab", HJ_FACTOR_GUIDELINE, NULL },
		{ &plain, "abcdef", HJ_FACTOR_GUIDELINE, NULL },
		{ &plain, "A11111", HJ_FACTOR_GUIDELINE, NULL },
		{ &all, "UaB1ab", HJ_FACTOR_NO_LETTERS, NULL },
		{ &modular, "Ia1112", HJ_FACTOR_NO_MODULE, "Ia" },
		{ &modular, "IaB11a", HJ_FACTOR_KNOWN, "IaB" },
		{ &plain, "UaB10b", HJ_FACTOR_STRANGE, NULL }, /* 0 is no sign of a module */
		{ &plain, "11111a", HJ_FACTOR_STRANGE, NULL },
		{ &plain, "abcdeF", HJ_FACTOR_STRANGE, NULL },
		{ &plain, "abcde", HJ_FACTOR_STRANGE, NULL },
		{ &plain, "ga2101", HJ_FACTOR_NO_ITEM, NULL }, /* spare process a of the standard's class g */
		{ &plain, "zz0101", HJ_FACTOR_STRANGE, NULL },
	};

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		const struct hj_factor *row;
		enum hj_factor_verdict v = hj_factor_judge(cases[i].table, cases[i].code, &row);

		if (v != cases[i].verdict || !row != !cases[i].row || (row && strcmp(row->code, cases[i].row) != 0))
			fail_msg("%s: %d, %s", cases[i].code, (int)v, row ? row->code : "no row");
	}
}

static void codes_that_a_table_may_have(void **state)
{
	static const struct {
		const char *code;
		bool layered, good;
	} cases[] = {
		{ "e302xx", false, true },
		{ "ele??", false, true },
		{ "ele01", false, true },
		{ "?", false, false },
		{ "a?b", false, false },
		{ "a-b", false, false },
		{ "", false, false },
		{ "Ia", true, true },
		{ "Iabcd", true, true },
		{ "Iabcde", true, false },
		{ "I1", true, false },
		{ "", true, false },
		{ "abcdefghijklmnop", false, true },
		{ "abcdefghijklmnopq", false, false },
	};

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		const char *why = NULL;

		assert_int_equal(
		        hj_factor_row_check(cases[i].code, cases[i].layered, &why), cases[i].good ? 0 : -EINVAL);
		assert_true(cases[i].good == !why);
	}
}

static void words_that_find_a_row(void **state)
{
	assert_true(hj_factor_has(&rows[0], "w010"));
	assert_true(hj_factor_has(&rows[0], "cod"));
	assert_true(hj_factor_has(&rows[0], "需氧"));
	assert_true(hj_factor_has(&rows[0], "011"));
	assert_true(hj_factor_has(&rows[0], "mg/L"));
	assert_false(hj_factor_has(&rows[0], "mg"));
	assert_true(hj_factor_has(&rows[2], "A"));
	assert_true(hj_factor_has(&rows[2], "安"));
	assert_false(hj_factor_has(&rows[0], "D")); /* one letter is a unit or a class */
	assert_true(hj_factor_has(&rows[0], ""));
}

static void one_unit_in_two_spellings(void **state)
{
	assert_true(hj_factor_unit_same("m3/h", "m³/h"));
	assert_true(hj_factor_unit_same("°C", "℃"));
	assert_true(hj_factor_unit_same("KWh", "kWh"));
	assert_true(hj_factor_unit_same("千瓦时", "kWh"));
	assert_true(hj_factor_unit_same("安培", "A"));
	assert_true(hj_factor_unit_same("µg/L", "μg/L"));
	assert_false(hj_factor_unit_same("mA", "A"));
	assert_false(hj_factor_unit_same("kW", "kWh"));
	assert_false(hj_factor_unit_same("", "A"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_of_the_standard),
		cmocka_unit_test(what_fits_a_type),
		cmocka_unit_test(a_code_finds_its_row),
		cmocka_unit_test(what_is_the_matter_with_a_code),
		cmocka_unit_test(codes_that_a_table_may_have),
		cmocka_unit_test(words_that_find_a_row),
		cmocka_unit_test(one_unit_in_two_spellings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
