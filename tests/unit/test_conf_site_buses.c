/* equipment.conf held against the buses: points that nobody has, values without a threshold, energies that do not
 * count up, and what the plan cannot mean, each told with the line it stands in. */
#include <errno.h>
#include <string.h>

#include "conf_root.h"

#include "hjgate/conf.h"
#include "hjgate/conf_site.h"

#define FILE_NAME "/etc/hjgate/equipment.conf"
#define BUS_NAME  "/etc/hjgate/buses.d/a.conf"
#define BUS                                                                                                          \
	"format = 1;\nport = \"/dev/ttyS1\"; baud = 9600;\n"                                                         \
	"meters = ( { name = \"oven\"; unit_id = 1; points = (\n"                                                    \
	"  { name = \"current\"; table = \"holding\"; address = 0; type = \"float32\"; unit = \"A\"; },\n"           \
	"  { name = \"energy\"; table = \"holding\"; address = 2; type = \"uint32\"; unit = \"kWh\"; total = true; " \
	"},\n"                                                                                                       \
	"  { name = \"power\"; table = \"holding\"; address = 4; type = \"float32\"; unit = \"kW\"; },\n"            \
	"  { name = \"on\"; table = \"coil\"; address = 0; } ); } );\n"
#define HEAD "format = 1;\nequipment = (\n"
#define OVEN "{ name = \"oven\"; role = \"production\"; point = \"oven.current\"; running = 5.0; }"
#define FAN  "{ name = \"fan\"; role = \"treatment\"; point = \"oven.on\"; }"

static int read_it(const char *text, struct hj_conf_site *ret, struct hj_conf_errors *errors)
{
	int r;

	put(BUS_NAME, BUS);
	put(FILE_NAME, text);
	assert_true(hj_conf_has_equipment(root));
	r = hj_conf_load_equipment(root, ret, errors);
	remove(path_of(FILE_NAME));
	assert_false(hj_conf_has_equipment(root));
	return r;
}

static void what_the_buses_know(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_site s;

	assert_int_equal(
	        read_it(HEAD OVEN ",\n" FAN " );\n"
	                          "limits = ( { equipment = \"oven\"; point = \"oven.power\"; upper = 9.0; } );\n",
	                &s, &errors),
	        0);
	assert_int_equal(errors.count, 0);
	assert_int_equal(s.plan.equipment[0].signs[0].meaning, HJ_MEANS_CURRENT);
	assert_int_equal(s.plan.equipment[1].signs[0].meaning, HJ_MEANS_SWITCH);
	assert_int_equal(s.plan.limits[0].meaning, HJ_MEANS_POWER);
	hj_conf_site_done(&s);
}

static void what_is_refused(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *what, *remedy;
	} wrong[] = {
		{ HEAD "{ name = \"oven\"; role = \"production\";\n point = \"oven.curent\"; running = 5.0; } );\n",
		        3, "no bus has a value of that name", "METER.POINT" },
		{ HEAD "{ name = \"oven\"; role = \"production\"; point = \"oven.current\"; } );\n", 3,
		        "nothing says from which value on it runs", "running" },
		{ HEAD "{ name = \"oven\"; role = \"production\"; point = \"oven.current\"; running = 5.0;\n"
		       "energy = \"oven.power\"; } );\n",
		        3, "only counts up", "power" },
		{ HEAD "{ name = \"oven\"; role = \"production\"; point = \"oven.current\"; running = 5.0;\n"
		       "silent_after = 1; } );\n",
		        3, "silent", "" },
		{ HEAD OVEN ",\n" FAN " );\n"
		            "limits = ( { equipment = \"oven\"; point = \"oven.current\"; upper = 5.0; },\n"
		            "{ equipment = \"oven\"; point = \"oven.current\"; lower = 6.0; } );\n",
		        5, "upper limit", "exchange" },
		{ HEAD OVEN ",\n" FAN " );\n"
		            "linkages = ( { production = [ \"oven\" ]; treatment = [ \"fan\" ]; enough = 2; } );\n",
		        5, "more treatments", "enough" },
	};

	for (size_t i = 0; i < hj_array_size(wrong); i++) {
		struct hj_conf_errors errors = { 0 };
		struct hj_conf_site s = { .file = "" };

		assert_int_equal(read_it(wrong[i].text, &s, &errors), -EINVAL);
		if (errors.count != 1 || errors.list[0].line != wrong[i].line ||
		        !strstr(errors.list[0].what, wrong[i].what) ||
		        !strstr(errors.list[0].remedy, wrong[i].remedy))
			fail_msg("%s: %zu errors: line %d: %s: %s", wrong[i].text, errors.count,
			        errors.count ? errors.list[0].line : 0, errors.count ? errors.list[0].what : "",
			        errors.count ? errors.list[0].remedy : "");
		assert_null(s.plan.equipment);
		hj_conf_errors_done(&errors);
	}
}

/* A bus that cannot be read is its own meterd's to complain of: its points are not said to be missing. */
static void a_bus_that_is_wrong(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_site s;

	put(BUS_NAME, "format = 1;\nport = 5;\n");
	put(FILE_NAME, HEAD OVEN " );\n");
	assert_int_equal(hj_conf_load_equipment(root, &s, &errors), 0);
	assert_int_equal(errors.count, 0);
	hj_conf_site_done(&s);
	remove(path_of(FILE_NAME));
}

/* Another file in place of it, to be tried before it counts: by its path, or a name in this folder. */
static void a_file_elsewhere(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_site s;
	char path[5000];

	put(BUS_NAME, BUS);
	put(FILE_NAME, HEAD OVEN " );\n");
	assert_int_equal(hj_conf_load_equipment_at(root, path_of(FILE_NAME), &s, &errors), 0);
	assert_int_equal(s.plan.equipment_count, 1);
	hj_conf_site_done(&s);
	assert_int_equal(hj_conf_load_equipment_at(root, "no-such-file.conf", &s, &errors), -ENOENT);
	memset(path, 'a', sizeof(path));
	memcpy(path + sizeof(path) - 3, "/b", 3);
	assert_int_equal(hj_conf_load_equipment_at(root, path, &s, &errors), -ENAMETOOLONG);
	hj_conf_errors_done(&errors);
	remove(path_of(FILE_NAME));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_buses_know),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(a_bus_that_is_wrong),
		cmocka_unit_test(a_file_elsewhere),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
