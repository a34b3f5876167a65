/* The group `dialect` of an uplink and what its factors may say: what is there without them, what they say, what is
 * refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "conf_uplink_text.h"

struct told {
	char text[512];
};

static int tell(void *userdata, const struct hj_wanted *w)
{
	struct told *t = userdata;
	size_t n = strlen(t->text);

	snprintf(t->text + n, sizeof(t->text) - n, "%s %s %d %g %s %s|", w->point, w->factor, w->decimals, w->scale,
	        w->unit ? w->unit : "", w->st ? w->st : "");
	return 0;
}

static void as_the_standard_without(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_uplink u;

	text(&u, &errors, UPLINK);
	assert_int_equal(errors.count, 0);
	assert_false(u.dialect.wording.label_end);
	assert_int_equal(u.dialect.wording.encoding, HJ_ENCODING_UTF8);
	assert_int_equal(u.dialect.decimals, -1);
	assert_string_equal(hj_wording_suffix(&u.dialect.wording, HJ_SUFFIX_COU), "-Cou");
	assert_string_equal(hj_wording_flag(&u.dialect.wording, HJ_FLAG_OVER), "T");
	hj_conf_uplink_done(&u);
}

static void what_it_says(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf none = { 0 };
	struct told told = { 0 };
	const struct hj_wording *w;
	struct hj_conf_uplink u;

	text(&u, &errors,
	        UPLINK "dialect = { label = \"end\"; encoding = \"gbk\"; decimals = 3;\n"
	               "flags = { B = \"J\"; T = false; };\n"
	               "suffixes = { Avg = \"Value\"; Min = false; Rtd = \"\"; }; };\n"
	               "factors = ( { point = \"oven.i-a\"; scale = 1000; unit = \"mA\"; st = \"52\"; },\n"
	               "{ point = \"oven.i-b\"; factor = \"x1\"; decimals = 1; st = \"31\"; } );\n");
	assert_int_equal(errors.count, 0);
	w = &u.dialect.wording;
	assert_true(w->label_end && w->encoding == HJ_ENCODING_GBK);
	assert_string_equal(hj_wording_suffix(w, HJ_SUFFIX_AVG), "-Value");
	assert_string_equal(hj_wording_suffix(w, HJ_SUFFIX_RTD), "");
	assert_string_equal(hj_wording_suffix(w, HJ_SUFFIX_MAX), "-Max");
	assert_null(hj_wording_suffix(w, HJ_SUFFIX_MIN));
	assert_string_equal(hj_wording_flag(w, HJ_FLAG_LINK), "J");
	assert_string_equal(hj_wording_flag(w, HJ_FLAG_NORMAL), "N");
	assert_null(hj_wording_flag(w, HJ_FLAG_OVER));
	assert_int_equal(hj_conf_uplink_points(&none, &u, tell, &told), 0);
	assert_string_equal(told.text, "oven.i-a  3 1000 mA 52|oven.i-b x1 1 0  |"); /* 31 is the uplink's own */
	hj_conf_uplink_done(&u);
}

static void what_is_refused(void **state)
{
	static const struct {
		const char *text, *what, *remedy;
	} cases[] = {
		{ "factors = ( { point = \"a.b\"; scale = 0.0; } );", "scale = 0", "1e-09 to 1e+09" },
		{ "factors = ( { point = \"a.b\"; st = \"5\"; } );", "st = \"5\"", "two characters" },
		{ "factors = ( { point = \"a.b\"; unit = \"\"; } );", "it is empty", "such as W" },
		{ "dialect = { label = \"middle\"; };", "label = \"middle\"", "\"start\", \"end\"" },
		{ "dialect = { encoding = \"big5\"; };", "encoding = \"big5\"", "\"utf-8\", \"gbk\"" },
		{ "dialect = { decimals = 10; };", "decimals = 10", "0 to 9" },
		{ "dialect = { flags = \"N\"; };", "a group is wanted", "letter for each" },
		{ "dialect = { flags = { X = \"N\"; }; };", "no Flag of the standard", "N, F, M" },
		{ "dialect = { flags = { N = true; }; };", "no word", "false to leave it out" },
		{ "dialect = { flags = { N = \"\"; }; };", "it is empty", "false to leave it out" },
		{ "dialect = { flags = { N = \"N;\"; }; };", "no word", "letters" },
		{ "dialect = { suffixes = { avg = \"x\"; }; };", "no suffix of the standard", "Rtd, Cou" },
		{ "dialect = { suffixes = { Avg = \"1234567890123456\"; }; };", "no word", "up to 15" },
		{ "dialect = { suffixes = { Avg = \"Max\"; }; };", "Avg and Max would have one name", "Avg = false" },
		{ "factors = ( { point = \"a.a\"; st = \"50\"; }, { point = \"a.b\"; st = \"51\"; },"
		  "{ point = \"a.c\"; st = \"52\"; }, { point = \"a.d\"; st = \"53\"; },"
		  "{ point = \"a.e\"; st = \"54\"; }, { point = \"a.f\"; st = \"55\"; },"
		  "{ point = \"a.g\"; st = \"56\"; }, { point = \"a.h\"; st = \"57\"; } );",
		        "st = \"57\" is one too many", "an uplink of their own" },
	};
	char whole[1024];

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		struct hj_conf_errors errors = { 0 };
		struct hj_conf_uplink u;

		snprintf(whole, sizeof(whole), "%s%s", UPLINK, cases[i].text);
		text(&u, &errors, whole);
		assert_int_equal(errors.count, 1);
		assert_int_equal(errors.list[0].line, 4);
		assert_non_null(strstr(errors.list[0].what, cases[i].what));
		assert_non_null(strstr(errors.list[0].remedy, cases[i].remedy));
		hj_conf_uplink_done(&u);
		hj_conf_errors_done(&errors);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_standard_without),
		cmocka_unit_test(what_it_says),
		cmocka_unit_test(what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
