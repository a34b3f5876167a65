/* Models: a meter that names one has its points; what its group says besides is laid over them; what is wrong is told
 * where it stands, in the model's file or in the bus's. */
#include "hjgate/conf.h"
#include "hjgate/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "shell.h"

static char root[64];
static const char *const folders[] = { "/etc", "/etc/hjgate", "/etc/hjgate/buses.d", "/etc/hjgate/models", "/usr",
	"/usr/share", "/usr/share/hjgate", "/usr/share/hjgate/models" };
static const char *const files[] = { "/etc/hjgate/buses.d/north.conf", "/etc/hjgate/models/three.conf",
	"/usr/share/hjgate/models/three.conf", "/usr/share/hjgate/models/told.conf" };

static void put(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s%s", root, name);
	put_text(path, text);
}

static int setup(void **state)
{
	char path[256];

	strcpy(root, "/tmp/hjgate-test-model-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	for (size_t i = 0; i < hj_array_size(folders); i++) {
		snprintf(path, sizeof(path), "%s%s", root, folders[i]);
		if (mkdir(path, 0700) < 0)
			return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	char path[256];

	for (size_t i = 0; i < hj_array_size(files); i++) {
		snprintf(path, sizeof(path), "%s%s", root, files[i]);
		remove(path);
	}
	for (size_t i = hj_array_size(folders); i > 0; i--) {
		snprintf(path, sizeof(path), "%s%s", root, folders[i - 1]);
		remove(path);
	}
	return remove(root);
}

#define THREE                                                                                                        \
	"format = 1;\n"                                                                                              \
	"name = \"Three\"; maker = \"Nobody\"; about = \"for this test\";\n"                                         \
	"verified = true; sources = ( \"one\", \"two\" );\n"                                                         \
	"max_registers = 60; barriers = [ 0x100, 512 ]; baud = 2400; parity = \"even\";\n"                           \
	"points = (\n"                                                                                               \
	"  { name = \"current-a\"; unit = \"A\"; table = \"input\"; address = 6; type = \"float32\"; },\n"           \
	"  { name = \"energy\"; unit = \"kWh\"; table = \"input\"; address = 342; type = \"uint32\";\n"              \
	"    order = \"CDAB\"; scale = 0.01; decimals = 2; total = true; poll_interval = 60; },\n"                   \
	"  { name = \"state\"; table = \"holding\"; address = 9; bit = 3; }\n"                                       \
	");\n"
#define SHARED "/usr/share/hjgate/models/three.conf"

#define METERS(text) "format = 1;\nport = \"/dev/ttyS1\";\nmeters = (\n" text "\n);\n"
#define FOUR                                                                                                         \
	"{ name = \"oven\";\n"                                                                                       \
	"  model = \"three\";\n"                                                                                     \
	"  unit_id = 3; equipment = \"oven 1\";\n"

static void load(const char *bus, struct hj_conf_bus *ret)
{
	struct hj_conf_errors errors = { 0 };

	put("/etc/hjgate/buses.d/north.conf", bus);
	if (hj_conf_load_bus(root, "north", ret, &errors) < 0)
		fail_msg("refused: %s:%d: %s: %s", errors.list[0].file, errors.list[0].line, errors.list[0].what,
		        errors.list[0].remedy);
}

/* ---- what is right ---- */

static void few_lines(void **state)
{
	const struct hj_conf_meter *m;
	const struct hj_conf_point *p;
	struct hj_conf_bus b;

	put(SHARED, THREE);
	load(METERS(FOUR "}"), &b);
	m = &b.meters[0];
	assert_string_equal(m->model, "three");
	assert_int_equal(m->point_count, 3);
	assert_int_equal(m->limits.max_registers, 60);
	assert_int_equal(m->limits.barrier_count, 2);
	assert_int_equal(m->limits.barriers[0], 256);
	assert_int_equal(m->limits.barriers[1], 512);
	p = m->points;
	assert_string_equal(p[0].point.name, "oven.current-a");
	assert_string_equal(p[0].point.unit, "A");
	assert_string_equal(p[0].equipment, "oven 1");
	assert_int_equal(p[0].table, HJ_TABLE_INPUT);
	assert_int_equal(p[0].address, 6);
	assert_int_equal(p[0].codec.type, HJ_TYPE_FLOAT32);
	assert_int_equal(p[0].point.interval_ms, 300000);
	assert_int_equal(p[0].line, 4);
	assert_int_equal(p[1].codec.order, HJ_ORDER_CDAB);
	assert_int_equal(p[1].point.interval_ms, 60000);
	assert_true(p[1].point.total && p[1].codec.scale == 0.01 && p[1].decimals == 2);
	assert_int_equal(p[2].codec.bit, 3);
	assert_int_equal(p[2].codec.bits, 1);
	hj_conf_bus_done(&b);
}

static void texts_for_people(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_model m;

	put(SHARED, THREE "notes = ( \"set \\\"pt\\\" here\", \"0 to -500 Pa\" );\n");
	assert_int_equal(hj_conf_load_model(root, "three", &m, &errors), 0);
	assert_int_equal(m.source_count, 2);
	assert_string_equal(m.sources[1], "two");
	assert_int_equal(m.note_count, 2);
	assert_string_equal(m.notes[0], "set \"pt\" here");
	assert_string_equal(m.notes[1], "0 to -500 Pa");
	hj_conf_model_done(&m);
}

static const struct hj_conf_point *find(const struct hj_conf_meter *m, const char *name)
{
	for (size_t i = 0; i < m->point_count; i++)
		if (!strcmp(m->points[i].point.name, name))
			return &m->points[i];
	fail_msg("no point %s", name);
	return NULL;
}

static void picked_and_changed(void **state)
{
	const struct hj_conf_point *p;
	struct hj_conf_bus b;

	put(SHARED, THREE);
	load(METERS(FOUR "  only = [ \"current-a\" ]; max_registers = 20;\n"
	                 "  factors = { current-a = \"ea0101\";\n"
	                 "    energy = \"ea0102\"; };\n"
	                 "  points = ( { name = \"energy\"; order = \"ABCD\"; poll_interval = 120; },\n"
	                 "    { name = \"door\"; table = \"discrete\"; address = 1; } ); }"),
	        &b);
	assert_int_equal(b.meters[0].point_count, 3);
	assert_int_equal(b.meters[0].limits.max_registers, 20);
	assert_int_equal(b.meters[0].limits.barrier_count, 2);
	p = find(&b.meters[0], "oven.current-a");
	assert_string_equal(p->point.factor, "ea0101");
	assert_int_equal(p->line, 8);
	p = find(&b.meters[0], "oven.energy");
	assert_string_equal(p->point.factor, "ea0102");
	assert_int_equal(p->codec.order, HJ_ORDER_ABCD);
	assert_int_equal(p->point.interval_ms, 120000);
	assert_int_equal(p->address, 342);
	assert_true(p->point.total && p->codec.scale == 0.01);
	assert_int_equal(find(&b.meters[0], "oven.door")->codec.type, HJ_TYPE_BIT);
	hj_conf_bus_done(&b);
}

/* Another type of a point of the model is another shape. */
static void another_type(void **state)
{
	const struct hj_conf_point *p;
	struct hj_conf_bus b;

	put(SHARED, THREE);
	load(METERS(FOUR "  points = ( { name = \"state\"; type = \"float32\"; } ); }"), &b);
	p = find(&b.meters[0], "oven.state");
	assert_int_equal(p->codec.type, HJ_TYPE_FLOAT32);
	assert_int_equal(p->codec.bits, 0);
	hj_conf_bus_done(&b);
}

static void own_before_shared(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_model m;
	char **names;
	size_t n;

	put(SHARED, THREE);
	put("/etc/hjgate/models/three.conf", "format = 1; name = \"Mine\"; maker = \"me\"; about = \"a\";\n"
	                                     "sources = ( \"its manual\" );\n"
	                                     "points = ( { name = \"p\"; table = \"coil\"; address = 0; } );\n");
	assert_int_equal(hj_conf_load_model(root, "three", &m, &errors), 0);
	assert_string_equal(m.name, "Mine");
	assert_false(m.verified);
	assert_int_equal(m.point_count, 1);
	hj_conf_model_done(&m);
	assert_int_equal(hj_conf_model_names(root, &names, &n), 0);
	for (size_t i = 1; i < n; i++)
		assert_true(strcmp(names[i - 1], names[i]) < 0);
	hj_conf_names_free(names, n);
}

static void of_another_protocol(void **state)
{
	struct hj_conf_bus b;

	put("/usr/share/hjgate/models/told.conf",
	        "format = 1; name = \"T\"; maker = \"m\"; about = \"a\"; protocol = \"dlt645\"; sources = ( \"s\" "
	        ");\n"
	        "points = ( { name = \"energy\"; address = 0; type = \"bcd\"; length = 4; total = true; } );\n");
	load("format = 1; type = \"dlt645\"; port = \"/dev/ttyS1\";\n"
	     "meters = ( { name = \"m\"; model = \"told\"; station = \"12\"; } );\n",
	        &b);
	assert_int_equal(b.meters[0].points[0].table, HJ_TABLE_DATA);
	assert_int_equal(b.meters[0].points[0].codec.order, HJ_ORDER_DCBA);
	hj_conf_bus_done(&b);
}

/* ---- what is refused ---- */

struct bad {
	const char *text;
	const char *file; /* how its path ends */
	int line;
	const char *what, *remedy;
};

static void refuse(const struct bad *bad, const char *bus)
{
	struct hj_conf_errors errors = { 0 };
	const struct hj_conf_error *e;
	struct hj_conf_bus b;
	size_t n;

	put("/etc/hjgate/buses.d/north.conf", bus);
	assert_int_equal(hj_conf_load_bus(root, "north", &b, &errors), -EINVAL);
	e = errors.list;
	n = strlen(e->file);
	if (errors.count != 1 || n < strlen(bad->file) || strcmp(e->file + n - strlen(bad->file), bad->file) != 0 ||
	        e->line != bad->line || !strstr(e->what, bad->what) || !strstr(e->remedy, bad->remedy))
		fail_msg("%zu errors, the first %s:%d \"%s\" \"%s\" for %s", errors.count, e->file, e->line, e->what,
		        e->remedy, bad->text);
	hj_conf_errors_done(&errors);
}

static void refused_in_bus(void **state)
{
	static const struct bad cases[] = {
		{ "{ name = \"m\"; unit_id = 1; }", "north.conf", 4, "points is missing", "model" },
		{ "{ name = \"m\"; unit_id = 1; model = 7; }", "north.conf", 4, "a text is wanted", "hjgate models" },
		{ "{ name = \"m\"; unit_id = 1; model = \"../three\"; }", "north.conf", 4, "it is no name",
		        "models" },
		{ "{ name = \"m\"; unit_id = 1;\n model = \"tree\"; }", "north.conf", 5,
		        "model = \"tree\": there is no such model", "did you mean three?" },
		{ "{ name = \"m\"; unit_id = 1; model = \"pump\"; }", "north.conf", 4, "no such model",
		        "hjgate models lists" },
		{ "{ name = \"m\"; unit_id = 1; model = \"three\"; only = [ \"energi\" ]; }", "north.conf", 4,
		        "model three has no point \"energi\"", "did you mean energy?" },
		{ "{ name = \"m\"; unit_id = 1; model = \"three\"; only = [ 3 ]; }", "north.conf", 4,
		        "names of points", "quotes" },
		{ "{ name = \"m\"; unit_id = 1; model = \"three\"; factors = { state = \"e-1\"; }; }", "north.conf",
		        4, "state has no factor", "letters" },
		{ "{ name = \"m\"; unit_id = 1; model = \"three\"; only = [ \"energy\" ];\n factors = {\n"
		  " state = \"e1\"; }; }",
		        "north.conf", 6, "no point \"state\"", "without the meter's" },
		{ "{ name = \"m\"; unit_id = 1; model = \"three\"; factors = ( ); }", "north.conf", 4,
		        "a group is wanted", "factors = { ... };" },
		{ "{ name = \"m\"; unit_id = 1; model = \"three\"; barriers = [ 70000 ]; }", "north.conf", 4,
		        "barriers", "from 1 to 65535" },
		{ "{ name = \"m\"; unit_id = 1; model = \"three\";\n points = ( { name = \"energy\";\n"
		  " address = 65535; } ); }",
		        "north.conf", 6, "address = 65535", "65534" },
		{ "{ name = \"m\"; unit_id = 1; model = \"told\"; }", "north.conf", 4,
		        "does not go with a bus of type \"rtu\"", "bus that it speaks" },
	};
	char text[1024];

	put(SHARED, THREE);
	put("/usr/share/hjgate/models/told.conf",
	        "format = 1; name = \"T\"; maker = \"m\"; about = \"a\"; protocol = \"dlt645\"; sources = ( \"s\" "
	        ");\n"
	        "points = ( { name = \"energy\"; address = 0; type = \"bcd\"; length = 4; } );\n");
	for (size_t i = 0; i < hj_array_size(cases); i++) {
		snprintf(text, sizeof(text), METERS("%s"), cases[i].text);
		refuse(&cases[i], text);
	}
}

/* Told once, in the model's file, however many meters name it. */
static void refused_in_model(void **state)
{
	static const struct bad cases[] = {
		{ "points = ( { name = \"p\"; table = \"input\"; address = 70000; } );", SHARED, 4,
		        "needs 1 registers", "65535" },
		{ "points = ( { name = \"p\"; table = \"input\"; adress = 7; address = 7; } );", SHARED, 4,
		        "adress: this point has no such key", "did you mean address?" },
		{ "points = ( { name = \"p\"; table = \"data\"; address = 7; } );", SHARED, 4, "table = \"data\"",
		        "correct" },
		{ "points = ( { name = \"p\"; table = \"coil\"; address = 7; },\n"
		  " { name = \"p\"; table = \"coil\"; address = 8; } );",
		        SHARED, 5, "this model has a point of that name", "another name" },
		{ "verified = true;\npoints = ( { name = \"p\"; table = \"coil\"; address = 7; } );", SHARED, 4,
		        "only one source", "verified = false" },
		{ "notes = ( 7 );\npoints = ( { name = \"p\"; table = \"coil\"; address = 7; } );", SHARED, 4,
		        "notes: a sentence", "1 to 127 bytes" },
		{ "", SHARED, 0, "points is missing", "points = (" },
	};
	char text[1024];

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		snprintf(text, sizeof(text),
		        "format = 1;\nname = \"T\"; maker = \"m\"; about = \"a\";\nsources = ( \"s\" );\n%s\n",
		        cases[i].text);
		put(SHARED, text);
		refuse(&cases[i],
		        METERS("{ name = \"m\"; unit_id = 1; model = \"three\"; factors = { q = \"1\"; }; },\n"
		               "{ name = \"n\"; unit_id = 2; model = \"three\"; only = [ \"q\" ]; }"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(few_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(texts_for_people, setup, teardown),
		cmocka_unit_test_setup_teardown(picked_and_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(another_type, setup, teardown),
		cmocka_unit_test_setup_teardown(own_before_shared, setup, teardown),
		cmocka_unit_test_setup_teardown(of_another_protocol, setup, teardown),
		cmocka_unit_test_setup_teardown(refused_in_bus, setup, teardown),
		cmocka_unit_test_setup_teardown(refused_in_model, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
