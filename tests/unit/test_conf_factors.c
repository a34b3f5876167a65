/* The tables of factors: the one that is installed is whole and right, a site's rows go before it, and what is wrong
 * with a row is told with its line, while the others are there. */
#include "hjgate/conf.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "conf_root.h"
#include "hjgate/service.h"

#define STANDARD "/etc/hjgate/factors.conf"
#define SITE     "/etc/hjgate/factors.d/site.conf"
#define OTHER    "/etc/hjgate/factors.d/zone.conf"

static int setup_factors(void **state)
{
	return setup(state) || mkdir(path_of("/etc/hjgate/factors.d"), 0700);
}

static int teardown_factors(void **state)
{
	remove(path_of(SITE));
	remove(path_of(OTHER));
	remove(path_of(STANDARD));
	remove(path_of("/etc/hjgate/factors.d"));
	return teardown(state);
}

static const struct hj_factor *find(const struct hj_conf_factors *f, const char *code)
{
	return hj_factor_find(&f->table, code);
}

/* etc/hjgate of the tree itself, below a root of its own. */
static void the_table_that_is_installed(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_factors f;
	const struct hj_factor *row;
	char here[HJ_PATH_MAX];
	size_t states = 0;

	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(hj_conf_load_factors(here, &f, &errors), 0);
	assert_int_equal(f.table.count, 379);
	assert_int_equal(f.table.module_count, 0);
	for (size_t i = 0; i < f.table.count; i++) {
		const struct hj_factor *r = &f.table.list[i], *near;

		assert_true(r->zh[0] && r->en[0] && r->line > 0);
		assert_true(strlen(r->unit) <= HJ_UNIT_MAX);
		states += r->state;
		if (r->old[0])
			assert_int_equal(hj_factor_judge(&f.table, r->old, &near), HJ_FACTOR_KNOWN_2005);
	}
	assert_true(states > 20);
	row = find(&f, "e30201");
	assert_string_equal(row->zh, "鼓风机");
	assert_string_equal(row->unit, "A");
	assert_int_equal(row->type.letter, 'N');
	assert_int_equal(row->type.whole * 10 + row->type.fraction, 42);
	assert_string_equal(find(&f, "e71101")->zh, "加药量");
	assert_string_equal(find(&f, "e70101")->zh, "污水提升泵");
	assert_string_equal(find(&f, "g20001")->zh, "脱硫率");
	assert_string_equal(find(&f, "g11901")->zh, "入口二氧化硫SO2");
	assert_string_equal(find(&f, "i33201")->unit, "kWh");
	assert_string_equal(find(&f, "i33319")->code, "i3331x");
	assert_true(find(&f, "g10101")->state && !find(&f, "g10201")->state);
	assert_string_equal(find(&f, "011")->code, "w01018");
	hj_conf_factors_done(&f);
	hj_conf_errors_done(&errors);
}

static void nothing_is_there(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_factors f;

	assert_int_equal(hj_conf_load_factors(root, &f, &errors), 0);
	assert_int_equal(f.table.count + f.table.module_count + errors.count, 0);
	hj_conf_factors_done(&f);
}

static void the_sites_rows_go_first(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_factors f;

	put(STANDARD,
	        "format = 1;\nfactors = ( { code = \"e302xx\"; en = \"blower\"; unit = \"A\"; type = \"N4.2\"; },\n"
	        " { code = \"w01018\"; } );\n");
	put(SITE, "format = 1;\nfactors = ( { code = \"ele01\"; }, { code = \"e302xx\"; en = \"ours\"; } );\n"
	          "measured = ( { letters = \"Ia\"; type = \"N5.1\"; } );\nmodules = ( { module = \"1111\"; } );\n");
	put(OTHER, "format = 1;\nmeasured = ( { letters = \"Ib\"; } );\n");
	assert_int_equal(hj_conf_load_factors(root, &f, &errors), 0);
	assert_int_equal(f.table.count, 5);
	assert_int_equal(f.table.module_count, 1);
	assert_string_equal(find(&f, "e30203")->en, "ours");
	assert_non_null(strstr(find(&f, "e30203")->file, "site.conf"));
	assert_string_equal(find(&f, "ele01")->unit, "");
	assert_int_equal(find(&f, "Ia1111")->type.fraction, 1);
	hj_conf_factors_done(&f);
}

static void what_is_wrong_has_its_line(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *what, *remedy;
	} cases[] = {
		{ "format = 1;\nfactors = ( { zh = \"x\"; } );\n", 2, "code is missing", "1 to 16 letters" },
		{ "format = 1;\nfactors = (\n{ code = \"e-1\"; } );\n", 3, "letters A-Z a-z and digits", "1 to 16" },
		{ "format = 1;\nfactors = (\n{ code = \"e1\"; type = \"N4.2.1\"; } );\n", 3, "no type", "N4.2" },
		{ "format = 1;\nfactors = (\n{ code = \"e1\"; colour = 1; } );\n", 3, "colour", "known are" },
		{ "format = 1;\nfactors = ( { code = \"e1\"; },\n\n{ code = \"e1\"; } );\n", 4, "line 2",
		        "one of the two" },
		{ "format = 1;\nmeasured = (\n{ letters = \"I1\"; } );\n", 3, "1 to 5 of A-Z a-z", "table G1 or G2" },
		{ "format = 1;\nmodules = (\n{ module = \"0\"; } );\n", 3, "no module", "1-9 a-z of table H" },
		{ "format = 1;\nmodules = (\n{ module = \"1\"; },\n{ module = \"1\"; } );\n", 4, "line 3",
		        "one of the" },
		{ "format = 1;\nfactor = ( );\n", 2, "factor", "did you mean factors?" },
	};

	remove(path_of(OTHER));
	remove(path_of(STANDARD));
	for (size_t i = 0; i < hj_array_size(cases); i++) {
		struct hj_conf_errors errors = { 0 };
		struct hj_conf_factors f;

		put(SITE, cases[i].text);
		assert_int_equal(hj_conf_load_factors(root, &f, &errors), -EINVAL);
		assert_int_equal(errors.count, 1);
		if (errors.list[0].line != cases[i].line || !strstr(errors.list[0].what, cases[i].what) ||
		        !strstr(errors.list[0].remedy, cases[i].remedy))
			fail_msg("%d: %s; %s", errors.list[0].line, errors.list[0].what, errors.list[0].remedy);
		hj_conf_errors_done(&errors);
		hj_conf_factors_done(&f);
	}
}

static void the_other_rows_are_there(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_factors f;

	put(STANDARD, "format = 1;\nfactors = ( { code = \"a1\"; }, { code = \"?\"; }, { code = \"a3\"; } );\n");
	put(SITE, "format = 1;\nfactors = ( { code = \"b1\"; } );\n");
	put(OTHER, "format = 1;\nfactors = ( { code = \"b1\"; }, { code = \"b2\"; } );\n");
	assert_int_equal(hj_conf_load_factors(root, &f, &errors), -EINVAL);
	assert_int_equal(errors.count, 2); /* two of the site's files say b1 */
	assert_non_null(strstr(errors.list[1].file, "zone.conf"));
	assert_true(find(&f, "a1") && find(&f, "a3") && find(&f, "b1") && find(&f, "b2"));
	assert_int_equal(f.table.count, 4);
	hj_conf_errors_done(&errors);
	hj_conf_factors_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_that_is_installed),
		cmocka_unit_test(nothing_is_there),
		cmocka_unit_test(the_sites_rows_go_first),
		cmocka_unit_test(what_is_wrong_has_its_line),
		cmocka_unit_test(the_other_rows_are_there),
	};

	return cmocka_run_group_tests(tests, setup_factors, teardown_factors);
}
