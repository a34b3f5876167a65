/* What is hardly meant about a code is a warning at its place, said once however many platforms get it, and with the
 * words that make it silent. */
#include "hjgate/conf.h"

#include <string.h>

#include "conf_root.h"

#define TABLE  "/etc/hjgate/factors.conf"
#define UPLINK "/etc/hjgate/uplinks.d/"

static int setup_codes(void **state)
{
	return setup(state) || mkdir(path_of("/etc/hjgate/uplinks.d"), 0700);
}

static int teardown_codes(void **state)
{
	remove(path_of(UPLINK "county.conf"));
	remove(path_of(UPLINK "city.conf"));
	remove(path_of("/etc/hjgate/uplinks.d"));
	remove(path_of(TABLE));
	return teardown(state);
}

static const char table[] =
        "format = 1;\n"
        "factors = ( { code = \"w01018\"; old = \"011\"; zh = \"COD\"; en = \"COD\"; unit = \"mg/L\"; type = "
        "\"N5.1\"; },\n"
        "  { code = \"e302xx\"; zh = \"b\"; en = \"blower\"; unit = \"A\"; type = \"N4.2\"; },\n"
        "  { code = \"i3331x\"; zh = \"m\"; en = \"meter\"; unit = \"kWh\"; type = \"N10.2\"; },\n"
        "  { code = \"i11001\"; zh = \"s\"; en = \"software\"; type = \"C20\"; },\n"
        "  { code = \"ga0101\"; zh = \"s\"; en = \"state\"; type = \"N1\"; } );\n"
        "measured = ( { letters = \"Ecurr\"; unit = \"A\"; type = \"N4.1\"; } );\n"
        "modules = ( { module = \"1\"; }, { module = \"2\"; } );\n";

struct code {
	const char *point;   /* keys of it besides its name, table and address */
	const char *uplinks; /* what stands in both files besides what has to */
	unsigned warnings;
	const char *what, *remedy;
};

static void check_code(const struct code *c)
{
	static const char *const names[] = { UPLINK "county.conf", UPLINK "city.conf" };
	struct hj_conf_errors errors = { 0 }, warnings = { 0 };
	struct hj_conf_factors f = { .room = 0 };
	struct hj_conf conf = { 0 };
	char text[1000];
	bool said = !c->what;

	snprintf(text, sizeof(text),
	        "format = 1; port = \"/dev/ttyS1\"; meters = ( { name = \"m\"; unit_id = 1; points = (\n"
	        "{ name = \"p\"; table = \"holding\"; address = 1; type = \"float32\"; %s } ); } );\n",
	        c->point);
	put("/etc/hjgate/buses.d/a.conf", text);
	snprintf(text, sizeof(text),
	        "format = 1; host = \"h\"; port = 1; pw = \"123456\"; st = \"31\"; mn = \"%s\";\n%s\n",
	        strstr(c->uplinks, "2005") ? "88888880000001" : "010000A8900016F000169DC0", c->uplinks);
	for (size_t i = 0; i < 2; i++)
		put(names[i], text);
	if (hj_conf_load_all(root, &conf, &errors) < 0)
		fail_msg("%s: line %d: %s", c->point, errors.list[0].line, errors.list[0].what);
	assert_int_equal(hj_conf_load_factors(root, &f, &errors), 0);
	assert_int_equal(hj_conf_check_factors(&conf, &f.table, &warnings), 0);
	for (size_t i = 0; i < warnings.count; i++)
		said |= strstr(warnings.list[i].what, c->what ? c->what : "") &&
		        strstr(warnings.list[i].remedy, c->remedy ? c->remedy : "");
	if (!said || warnings.count != c->warnings) {
		for (size_t i = 0; i < warnings.count; i++)
			print_error("%s:%d: %s; %s\n", warnings.list[i].file, warnings.list[i].line,
			        warnings.list[i].what, warnings.list[i].remedy);
		fail_msg("%s %s: %zu warnings", c->point, c->uplinks, warnings.count);
	}
	hj_conf_errors_done(&warnings);
	hj_conf_factors_done(&f);
	hj_conf_done(&conf);
}

static void codes(void **state)
{
	static const struct code rows[] = {
		{ "factor = \"w01018\"; unit = \"mg/L\";", "", 0, NULL, NULL },
		{ "factor = \"e30201\"; unit = \"A\";", "", 0, NULL, NULL },
		{ "factor = \"Ecurr1\"; unit = \"A\"; module = \"1\";", "", 0, NULL, NULL },
		{ "factor = \"w01019\";", "", 1, "HJ 212-2017 has no such code", "" },
		{ "factor = \"e30200\";", "", 1, "the number of the device is missing", "write e30201 for" },
		{ "factor = \"i3331a\";", "", 1, "the number of the device is missing", "write i33310 for" },
		{ "factor = \"Ecurr7\"; unit = \"A\";", "", 1, "no module is declared as \"7\"", "modules in" },
		{ "factor = \"Xyzab1\";", "", 1, "nothing measured is declared with its letters", "measured in" },
		{ "factor = \"7777\";", "", 1, "no code of HJ 212-2017", "if the platform gave it" },
		/* said once, though two platforms get it */
		{ "factor = \"w01018\"; unit = \"mg/L\";", "edition = 2005;", 1,
		        "is of HJ 212-2017, the uplink's edition is 2005", "write factor = \"011\"" },
		{ "factor = \"011\"; unit = \"mg/L\";", "", 1, "is of HJ/T 212-2005, the uplink's edition is 2017",
		        "write factor = \"w01018\"" },
		{ "factor = \"011\"; unit = \"mg/L\";", "edition = 2005;", 0, NULL, NULL },
		{ "factor = \"w01018\"; unit = \"A\";", "", 1, "m.p is in A, its factor \"w01018\" is in mg/L",
		        "write unit" },
		{ "factor = \"i33310\"; unit = \"MWh\";", "", 0, NULL, NULL }, /* converted */
		{ "unit = \"A\";",
		        "factors = ( { point = \"m.p\"; factor = \"i33310\"; unit = \"MWh\"; scale = 2.0; } );", 2,
		        "m.p is sent in MWh, its factor \"i33310\" is in kWh", "write unit = \"kWh\"" },
		{ "unit = \"A\";", "factors = ( { point = \"m.p\"; factor = \"i33310\"; scale = 2.0; } );", 0, NULL,
		        NULL }, /* only a person knows */
		{ "factor = \"e30201\"; unit = \"A\"; range = [ 0.0, 99999.0 ];", "", 1,
		        "m.p may be 99999.00, which is longer than type N4.2", "narrow its range" },
		{ "factor = \"e30201\"; unit = \"A\"; range = [ -99999.0, 99.0 ];", "", 1, "longer than type N4.2",
		        "narrow its range" },
		{ "unit = \"A\";", "factors = ( { point = \"m.p\"; factor = \"e30201\"; decimals = 4; } );", 2,
		        "sent with 4 decimals", "write decimals = 2" },
		{ "factor = \"i11001\";", "", 1, "is a text, a point's value is a number", "correct the factor" },
		{ "factor = \"Ecurr1\"; unit = \"A\"; module = \"2\";", "", 1,
		        "m.p is of module 2, its factor \"Ecurr1\"", "one of the two" },
	};

	(void)state;
	put(TABLE, table);
	for (size_t i = 0; i < hj_array_size(rows); i++)
		check_code(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes),
	};

	return cmocka_run_group_tests(tests, setup_codes, teardown_codes);
}
