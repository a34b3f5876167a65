/* The small checks of what a person configures: MN, factor, flag, and the catalogue of events. */
#include "hjgate/cleanup.h"
#include "hjgate/event.h"
#include "hjgate/factor.h"
#include "hjgate/flag.h"
#include "hjgate/mn.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

static void the_three_forms_of_an_mn(void **state)
{
	static const struct {
		const char *mn;
		int form;
		const char *why;
	} cases[] = {
		{ "010000A8900016F000169DC0", HJ_MN_2017, NULL }, /* HJ 212-2017, annex A */
		{ "66330302010200001001", HJ_MN_WENZHOU, NULL },
		{ "88888880000001", HJ_MN_2005, NULL },
		{ "", -EINVAL, "length" },
		{ "010000A8900016F000169DC", -EINVAL, "length" },
		{ "010000A8900016F000169DC00", -EINVAL, "length" },
		{ "010000a8900016f000169dc0", -EINVAL, "capitals" },
		{ "010000A8900016F000169DG0", -EINVAL, "0-9 A-F" },
		{ "010000A8900016F000169D\xc3\xa9", -EINVAL, "0-9 A-F" },
		{ "67330302010200001001", -EINVAL, "begins with 66" },
		{ "6633030201020000100A", -EINVAL, "no digits" },
		{ "8888888000000A", -EINVAL, "no digits" },
	};

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		const char *why = NULL;

		assert_int_equal(hj_mn_check(cases[i].mn, &why), cases[i].form);
		assert_int_equal(hj_mn_check(cases[i].mn, NULL), cases[i].form);
		if (cases[i].why)
			assert_non_null(strstr(why, cases[i].why));
		else
			assert_null(why);
	}
}

static void what_platforms_send_as_an_mn(void **state)
{
	assert_true(hj_mn_plausible("A01234_0001", 11));
	assert_true(hj_mn_plausible("010000a8900016f000169dc0", 24));
	assert_true(hj_mn_plausible("123456", 6));
	assert_false(hj_mn_plausible("12345", 5));
	assert_false(hj_mn_plausible("0123456789012345678901234", 25));
	assert_false(hj_mn_plausible("12345;7", 7));
	assert_false(hj_mn_plausible("12345\0007", 7));
}

static void factors(void **state)
{
	static const char *const good[] = { "a", "w01018", "ea0101", "011", "B01", "abcdefghijABCDEF" };
	static const char *const bad[] = { "", "abcdefghijABCDEFG", "a-1", "a 1", "a.1", "\xc3\xa9" };
	const char *why;

	for (size_t i = 0; i < hj_array_size(good); i++)
		assert_int_equal(hj_factor_check(good[i], NULL), 0);
	for (size_t i = 0; i < hj_array_size(bad); i++) {
		why = NULL;
		assert_int_equal(hj_factor_check(bad[i], &why), -EINVAL);
		assert_non_null(why);
	}
}

static void flags(void **state)
{
	int valid = 0;

	for (int c = 0; c < 256; c++)
		valid += hj_flag_valid((char)c);
	assert_int_equal(valid, 8); /* HJ 212-2017 table 8 */
	assert_true(hj_flag_valid('N') && hj_flag_valid('B'));
	assert_false(hj_flag_valid('\0') || hj_flag_valid('n'));
}

/* {names} in a text are of [a-z], closed and not empty: whoever shows an event fills them by name. */
static void check_text(const char *text)
{
	for (const char *p = text; (p = strchr(p, '{')); p++) {
		size_t n = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz");

		assert_true(n > 0 && p[n + 1] == '}');
	}
}

static void the_catalogue(void **state)
{
	const struct hj_event_type *t;
	size_t n = 0;

	for (; (t = hj_event_at(n)); n++) {
		assert_ptr_equal(hj_event_find(t->code), t); /* a code is there once */
		assert_true(strspn(t->code, "abcdefghijklmnopqrstuvwxyz-") == strlen(t->code));
		assert_in_range(strlen(t->code), 1, 31);
		assert_string_not_equal(hj_event_class_name(t->class), "unknown");
		check_text(t->text);
		assert_true(t->about && *t->about);
		assert_true(t->class == HJ_EVENT_INFO || (t->remedy && *t->remedy));
	}
	assert_true(n >= 60);
	assert_null(hj_event_find("no-such-code"));
	assert_int_equal(hj_event_find("meter-lost")->spans, 1);
	assert_int_equal(hj_event_find("program-start")->spans, 0);
	assert_int_equal(hj_event_find("power-failure")->class, HJ_EVENT_FAULT);
}

static const char *word(const char *name, const char *text)
{
	return hj_event_is_reason(name) ? "(a word)" : text;
}

/* The key "port", an equipment "adsorption": what is somebody's name is not translated, though we have such words. */
static void names_are_no_words(void **state)
{
	json_t *values = json_pack("{s:s, s:s, s:i}", "key", "port", "error", "timed out", "old", 7);
	char text[64];

	hj_event_fill("{key} from {old}: {error}, {none}", values, word, text, sizeof(text));
	assert_string_equal(text, "port from 7: (a word), ?");
	hj_event_fill("{key}: {error}", values, NULL, text, sizeof(text));
	assert_string_equal(text, "port: timed out");
	json_decref(values);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_three_forms_of_an_mn),
		cmocka_unit_test(what_platforms_send_as_an_mn),
		cmocka_unit_test(factors),
		cmocka_unit_test(flags),
		cmocka_unit_test(the_catalogue),
		cmocka_unit_test(names_are_no_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
