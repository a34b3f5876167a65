/* The loaders against files in a folder of their own: what is right is read whole, each rule refuses with the line it
 * stands in, words that name the mistake, and a remedy. */
/* long because: one table of refused texts for each kind of file */
#include "hjgate/conf.h"
#include "hjgate/cleanup.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "shell.h"

static char root[64];

static void put(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/etc/hjgate/%s", root, name);
	put_text(path, text);
}

static int setup(void **state)
{
	static const char *const folders[] = { "", "/etc", "/etc/hjgate", "/etc/hjgate/buses.d",
		"/etc/hjgate/uplinks.d" };
	char path[256];

	strcpy(root, "/tmp/hjgate-test-conf-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	for (size_t i = 1; i < hj_array_size(folders); i++) {
		snprintf(path, sizeof(path), "%s%s", root, folders[i]);
		if (mkdir(path, 0700) < 0)
			return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	static const char *const files[] = { "buses.d/north.conf", "buses.d/south.conf", "buses.d/North 1.conf",
		"buses.d/factory.inc", "buses.d", "uplinks.d/county.conf", "uplinks.d/city.conf", "uplinks.d",
		"hjgate.conf", "" };
	char path[256];

	for (size_t i = 0; i < hj_array_size(files); i++) {
		snprintf(path, sizeof(path), "%s/etc/hjgate/%s", root, files[i]);
		remove(path);
	}
	snprintf(path, sizeof(path), "%s/etc", root);
	remove(path);
	return remove(root);
}

#define BUS                                                                                                          \
	"format = 1;\n"                                                                                              \
	"port = \"/dev/ttyS1\";\n"                                                                                   \
	"baud = 19200; parity = \"even\";\n"                                                                         \
	"meters = (\n"                                                                                               \
	"  { name = \"oven\"; unit_id = 3; equipment = \"烘箱\"; poll_interval = 10;\n"                            \
	"    points = (\n"                                                                                           \
	"      { name = \"i-a\"; factor = \"ea0101\"; unit = \"A\"; table = \"holding\"; address = 100;\n"           \
	"        type = \"float32\"; order = \"CDAB\"; scale = 2; offset = -1.5; decimals = 2; module = \"a\"; },\n" \
	"      { name = \"energy\"; factor = \"ea0102\"; table = \"input\"; address = 65534; type = \"uint32\";\n"   \
	"        total = true; poll_interval = 60; },\n"                                                             \
	"      { name = \"on\"; table = \"coil\"; address = 0; }\n"                                                  \
	"    ); }\n"                                                                                                 \
	");\n"

#define UPLINK                                                                                                       \
	"format = 1;\n"                                                                                              \
	"host = \"platform.example\"; port = 9000;\n"                                                                \
	"mn = \"66330302010200001001\"; pw = \"123456\"; st = \"31\";\n"

/* ---- what is right ---- */

static void nothing_at_all(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf c;

	assert_int_equal(hj_conf_load_all("/nonexistent", &c, &errors), 0);
	assert_int_equal(c.main.base_window, 300);
	assert_int_equal(c.main.retention_days, 400);
	assert_int_equal(c.bus_count + c.uplink_count + errors.count, 0);
	assert_int_equal(hj_conf_minute_ms(&c.main), 300000);
	assert_int_equal(hj_conf_hour_ms(&c.main), 3600000);
	assert_int_equal(hj_conf_day_ms(&c.main), 86400000);
	hj_conf_done(&c);
}

/* Without a word about it each point is read once in a record. */
static void a_point_is_read_once_a_window(void **state)
{
	static const char *const mains[] = { "format = 1;\n", "format = 1;\nbase_window = 60;\n",
		"format = 1;\ntest_minute = 3;\n" };
	static const uint32_t intervals[] = { 300000, 60000, 3000 };

	put("buses.d/north.conf", "format = 1; port = \"/dev/ttyS1\"; meters = ( { name = \"fan\"; unit_id = 3;"
	                          " points = ( { name = \"i\"; table = \"input\"; address = 1; } ); } );\n");
	for (size_t i = 0; i < 3; i++) {
		struct hj_conf_errors errors = { 0 };
		struct hj_conf_bus b;

		put("hjgate.conf", mains[i]);
		assert_int_equal(hj_conf_load_bus(root, "north", &b, &errors), 0);
		assert_int_equal(b.meters[0].points[0].point.interval_ms, intervals[i]);
		hj_conf_bus_done(&b);
	}
}

static void whole_bus(void **state)
{
	struct hj_conf_errors errors = { 0 };
	const struct hj_conf_point *p;
	struct hj_conf_bus b;

	put("buses.d/north.conf", BUS);
	assert_int_equal(hj_conf_load_bus(root, "north", &b, &errors), 0);
	assert_string_equal(b.name, "north");
	assert_string_equal(b.port, "/dev/ttyS1");
	assert_int_equal(b.baud, 19200);
	assert_int_equal(b.parity, 'E');
	assert_int_equal(b.data_bits, 8);
	assert_int_equal(b.response_timeout, 500);
	assert_int_equal(b.meter_count, 1);
	assert_int_equal(b.meters[0].unit_id, 3);
	assert_int_equal(b.meters[0].line, 5);
	assert_int_equal(b.meters[0].point_count, 3);
	p = &b.meters[0].points[0];
	assert_string_equal(p->point.name, "oven.i-a");
	assert_string_equal(p->point.factor, "ea0101");
	assert_string_equal(p->equipment, "烘箱");
	assert_int_equal(p->address, 100);
	assert_int_equal(p->codec.type, HJ_TYPE_FLOAT32);
	assert_int_equal(p->codec.order, HJ_ORDER_CDAB);
	assert_true(p->codec.scale == 2 && p->codec.offset == -1.5);
	assert_int_equal(p->decimals, 2);
	assert_int_equal(p->module, 'a');
	assert_int_equal(p->point.interval_ms, 10000);
	assert_int_equal(p->line, 7);
	assert_int_equal(p[1].address, 65534);
	assert_true(p[1].point.total && p[1].point.wrap == 4294967296.0);
	assert_int_equal(p[1].point.interval_ms, 60000);
	assert_int_equal(p[1].decimals, -1);
	assert_int_equal(p[2].table, HJ_TABLE_COIL);
	assert_int_equal(p[2].codec.type, HJ_TYPE_BIT);
	hj_conf_bus_done(&b);
	assert_int_equal(hj_conf_load_bus(root, "south", &b, &errors), -ENOENT);
	assert_int_equal(errors.count, 0);
}

/* A bus of stations begins with what its standard says, and does as it is told. */
static void presets_of_stations(void **state)
{
	static const char meters[] =
	        "meters = ( { name = \"m\"; station = \"181226034194\"; points = (\n"
	        "  { name = \"e\"; address = 0x00010000; type = \"bcd\"; length = 4; } ); } );\n";
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_bus b;
	char text[512];

	snprintf(text, sizeof(text), "format = 1; type = \"dlt645\"; port = \"/dev/ttyS2\";\n%s", meters);
	put("buses.d/south.conf", text);
	assert_int_equal(hj_conf_load_bus(root, "south", &b, &errors), 0);
	assert_int_equal(b.baud, 2400);
	assert_int_equal(b.parity, 'E');
	assert_int_equal(b.response_timeout, 800);
	assert_string_equal(b.meters[0].station, "181226034194");
	assert_int_equal(b.meters[0].points[0].table, HJ_TABLE_DATA);
	assert_int_equal(b.meters[0].points[0].codec.order, HJ_ORDER_DCBA);
	hj_conf_bus_done(&b);
	snprintf(text, sizeof(text),
	        "format = 1; type = \"cjt188\"; port = \"/dev/ttyS2\"; baud = 9600; parity = \"none\";\n"
	        "response_timeout = 300;\n%s",
	        meters);
	put("buses.d/south.conf", text);
	assert_int_equal(hj_conf_load_bus(root, "south", &b, &errors), 0);
	assert_int_equal(b.baud, 9600);
	assert_int_equal(b.parity, 'N');
	assert_int_equal(b.response_timeout, 300);
	hj_conf_bus_done(&b);
}

/* 255 is the device itself, where no line is behind it: of Modbus TCP alone. */
static void a_device_reached_directly(void **state)
{
	static const char *const types[] = { "tcp", "rtu-over-tcp" };
	char text[512];

	(void)state;
	for (size_t i = 0; i < hj_array_size(types); i++)
		for (int unit = 254; unit <= 255; unit++) {
			struct hj_conf_errors errors = { 0 };
			struct hj_conf_bus b = { 0 };

			snprintf(text, sizeof(text),
			        "format = 1; type = \"%s\"; host = \"10.0.0.1\";\nmeters = ( { name = \"m\"; unit_id = "
			        "%d; points = ( { name = \"p\"; table = \"input\"; address = 0; } ); } );\n",
			        types[i], unit);
			put("buses.d/south.conf", text);
			assert_int_equal(hj_conf_load_bus(root, "south", &b, &errors), i == 0 && unit == 255 ? 0 : -EINVAL);
			hj_conf_bus_done(&b);
			hj_conf_errors_done(&errors);
		}
}

/* Scale and ratio make one decimal; what points have in common is there once. */
static void values_by_rules(void **state)
{
	struct hj_conf_errors errors = { 0 };
	const struct hj_conf_point *p;
	struct hj_conf_bus b;

	put("buses.d/north.conf",
	        "format = 1;\nport = \"/dev/ttyS1\";\nmeters = ( { name = \"m\"; unit_id = 1; pt = 100; ct = 0.3;\n"
	        "points = (\n"
	        "{ name = \"a\"; table = \"input\"; address = 0; scale = 0.001; ratio = \"ct\"; },\n"
	        "{ name = \"b\"; table = \"input\"; address = 1; ratio = \"ptct\"; invalid = [ 0xFFFF ]; },\n"
	        "{ name = \"c\"; table = \"input\"; address = 2; type = \"float32\"; ratio = \"pt\";\n"
	        "  invalid = ( -3.4e38, 0x7FFFFFFF ); range = [ -50.0, 400.0 ]; dead_band = 0.5;\n"
	        "  upper_limit = 350.0; lower_limit = -20; },\n"
	        "{ name = \"d\"; table = \"input\"; address = 3; invalid = ( 65535.0 ); },\n"
	        "{ name = \"e\"; table = \"input\"; address = 4; total = true; scale = 0.1; wrap = 1000.0; },\n"
	        "{ name = \"f\"; table = \"input\"; address = 5; total = true; scale = 0.1; ratio = \"ct\"; },\n"
	        "{ name = \"g\"; table = \"input\"; address = 6; total = true; bits = 8; },\n"
	        "{ name = \"h\"; table = \"input\"; address = 7; total = true; type = \"bcd\"; length = 3; },\n"
	        "{ name = \"i\"; table = \"input\"; address = 9; total = true; type = \"int32\"; } ); } );\n");
	assert_int_equal(hj_conf_load_bus(root, "north", &b, &errors), 0);
	p = b.meters[0].points;
	assert_true(b.meters[0].pt == 100 && b.meters[0].ct == 0.3);
	assert_true(p[0].scale == 0.001 && p[0].ratio == 0.3 && p[0].codec.scale == 0.0003);
	assert_true(p[1].scale == 1 && p[1].ratio == 30 && p[1].codec.scale == 30);
	assert_true(p[2].ratio == 100 && p[3].ratio == 1 && p[3].codec.scale == 1);
	assert_null(p[0].rules);
	assert_ptr_equal(p[1].rules, p[3].rules);
	assert_int_equal(p[1].rules->invalid_count, 1);
	assert_true(p[1].rules->invalid[0] == 65535 && p[1].rules->least < -1e300 && p[1].rules->most > 1e300);
	assert_int_equal(p[2].rules->invalid_count, 2);
	assert_true(p[2].rules->invalid[0] == -3.4e38 && p[2].rules->invalid[1] == 2147483647);
	assert_true(p[2].rules->least == -50 && p[2].rules->most == 400 && p[2].rules->dead_band == 0.5);
	assert_true(p[2].rules->limits.upper == 350 && p[2].rules->limits.lower == -20);
	assert_true(isinf(p[1].rules->limits.upper) && isinf(p[1].rules->limits.lower));
	assert_ptr_equal(p[0].equipment, p[3].equipment);
	assert_true(p[3].point.wrap == 0 && p[4].point.wrap == 1000 && p[5].point.wrap == 1966.08);
	assert_true(p[6].point.wrap == 0 && p[7].point.wrap == 1000000 && p[8].point.wrap == 0);
	hj_conf_bus_done(&b);
}

static void whole_uplink(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_uplink u;

	put("uplinks.d/county.conf",
	        UPLINK "crc = \"modbus\"; rtd_interval = 0; hour = false;\n"
	               "factors = ( { point = \"oven.i-a\"; factor = \"a21026\"; decimals = 1; },\n"
	               "  { point = \"oven.energy\"; } );\n");
	assert_int_equal(hj_conf_load_uplink(root, "county", &u, &errors), 0);
	assert_string_equal(u.host, "platform.example");
	assert_int_equal(u.port, 9000);
	assert_string_equal(u.mn, "66330302010200001001");
	assert_int_equal(u.edition, HJ_EDITION_2017);
	assert_int_equal(u.crc, HJ_CRC_MODBUS);
	assert_int_equal(u.rtd_interval, 0);
	assert_int_equal(u.over_time, 10);
	assert_int_equal(u.re_count, 3);
	assert_int_equal(u.gap, 600);
	assert_true(u.minute && !u.hour && u.day && !u.all_points);
	assert_int_equal(u.factor_count, 2);
	assert_string_equal(u.factors[0].factor, "a21026");
	assert_int_equal(u.factors[0].decimals, 1);
	assert_int_equal(u.factors[1].decimals, -1);
	assert_int_equal(u.factors[1].line, 6);
	assert_int_equal(u.link.other_count, 0);
	assert_int_equal(u.link.main_again, 600);
	assert_int_equal(u.link.lost_after, 50);
	assert_false(u.tls.on);
	hj_conf_uplink_done(&u);
}

static void links_of_an_uplink(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_uplink u;

	put("uplinks.d/county.conf",
	        UPLINK "link = { others = [ \"b.example:9001\", \"192.0.2.7:65535\", \"[2001:db8::7]:1\" ];\n"
	               "  interface = \"wwan0\"; source = \"2001:db8::20\"; lost_after = 30; };\n"
	               "tls = { ca = \"tls/ca.pem\"; min = \"1.3\"; };\n");
	assert_int_equal(hj_conf_load_uplink(root, "county", &u, &errors), 0);
	assert_int_equal(u.link.other_count, 3);
	assert_string_equal(u.link.others[0].host, "b.example");
	assert_int_equal(u.link.others[1].port, 65535);
	assert_string_equal(u.link.others[2].host, "2001:db8::7");
	assert_int_equal(u.link.others[2].port, 1);
	assert_string_equal(u.link.interface, "wwan0");
	assert_string_equal(u.link.source, "2001:db8::20");
	assert_int_equal(u.link.lost_after, 30);
	assert_true(u.tls.on);
	assert_string_equal(u.tls.ca, "tls/ca.pem");
	assert_int_equal(u.tls.min, HJ_TLS_1_3);
	hj_conf_uplink_done(&u);
}

static void whole_configuration(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf c;

	put("hjgate.conf", "format = 1;\nbase_window = 60;\ntest_minute = 60; test_hour = 120; test_day = 240;\n");
	put("buses.d/north.conf", BUS);
	put("uplinks.d/county.conf", UPLINK "rtd_interval = 1;\n");
	put("uplinks.d/city.conf", UPLINK "min_interval = 5;\n");
	assert_int_equal(hj_conf_load_all(root, &c, &errors), 0);
	assert_int_equal(c.bus_count, 1);
	assert_int_equal(c.uplink_count, 2);
	assert_string_equal(c.uplinks[0].name, "city");
	assert_int_equal(hj_conf_day_ms(&c.main), 240000);
	hj_conf_done(&c);
}

static void included(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_bus b;

	put("buses.d/factory.inc", "meters = ( { name = \"m\"; unit_id = 1;\n"
	                           " points = ( { name = \"p\"; table = \"input\"; address = 70000; } ); } );\n");
	put("buses.d/north.conf", "format = 1;\nport = \"/dev/ttyS1\";\n@include \"factory.inc\"\n");
	assert_int_equal(hj_conf_load_bus(root, "north", &b, &errors), -EINVAL);
	assert_int_equal(errors.count, 1);
	assert_non_null(strstr(errors.list[0].file, "/buses.d/factory.inc"));
	assert_int_equal(errors.list[0].line, 2);
	hj_conf_errors_done(&errors);
	put("buses.d/factory.inc", "\nmeters = ;\n");
	assert_int_equal(hj_conf_load_bus(root, "north", &b, &errors), -EINVAL);
	assert_non_null(strstr(errors.list[0].file, "/buses.d/factory.inc"));
	assert_int_equal(errors.list[0].line, 2);
	hj_conf_errors_done(&errors);
	put("buses.d/factory.inc", "@include \"factory.inc\"\n");
	assert_int_equal(hj_conf_load_bus(root, "north", &b, &errors), -EINVAL);
	assert_non_null(strstr(errors.list[0].what, "cannot be included"));
	hj_conf_errors_done(&errors);
	put("buses.d/north.conf", "format = 1;\n@include \"missing.inc\"\n");
	assert_int_equal(hj_conf_load_bus(root, "north", &b, &errors), -EINVAL);
	assert_non_null(strstr(errors.list[0].file, "/buses.d/north.conf"));
	assert_int_equal(errors.list[0].line, 2);
	assert_non_null(strstr(errors.list[0].what, "\"missing.inc\" cannot be included: No such file"));
	hj_conf_errors_done(&errors);
}

/* ---- what is refused ---- */

struct bad {
	const char *text; /* of the file; for points: the one point */
	int line;
	const char *what;   /* in the error */
	const char *remedy; /* in the remedy */
};

static void expect(const struct hj_conf_errors *errors, const struct bad *bad, const char *file)
{
	for (size_t i = 0; i < errors->count; i++)
		if (errors->list[i].line == bad->line && strstr(errors->list[i].what, bad->what) &&
		        strstr(errors->list[i].remedy, bad->remedy) && strstr(errors->list[i].file, file))
			return;
	for (size_t i = 0; i < errors->count; i++)
		print_error("got %s:%d: %s; %s\n", errors->list[i].file, errors->list[i].line, errors->list[i].what,
		        errors->list[i].remedy);
	fail_msg(
	        "not refused as wanted: line %d \"%s\" \"%s\" for\n%s", bad->line, bad->what, bad->remedy, bad->text);
}

static void refuse_bus(const struct bad *bad, const char *text)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_bus b;

	put("buses.d/north.conf", text);
	assert_int_equal(hj_conf_load_bus(root, "north", &b, &errors), -EINVAL);
	expect(&errors, bad, "/etc/hjgate/buses.d/north.conf");
	hj_conf_errors_done(&errors);
}

static void bad_files(void **state)
{
	static const struct bad cases[] = {
		{ "", 0, "format is missing", "format = 1;" },
		{ "port = \"/dev/ttyS1\";\n", 0, "format is missing", "format = 1;" },
		{ "\nformat = 2;\n", 2, "newer", "install the hjgate" },
		{ "format = \"1\";\n", 1, "does not exist", "format = 1;" },
		{ "format = 0;\n", 1, "does not exist", "format = 1;" },
		{ "format = 1;\nport = \"/dev/ttyS1\"\nbaud = ;\n", 3, "syntax", "semicolon" },
		{ "format = 1;\nbaud = 9600;\nbaud = 1200;\n", 3, "duplicate", "one of the two" },
		{ "format = 1;\n@include \"../hjgate.conf\"\n", 2, "cannot be included", "same folder" },
		{ "format = 1;\nbuad = 9600;\n", 2, "buad", "did you mean baud?" },
		{ "format = 1;\ncolour = 3;\n", 2, "colour", "known are type, port" },
		{ "format = 1;\nbaud = \"9600\";\n", 2, "baud = \"9600\": a whole number", "one of 1200" },
		{ "format = 1;\nbaud = 9601;\n", 2, "baud = 9601", "one of 1200, 2400" },
		{ "format = 1;\nparity = \"mark\";\n", 2, "parity = \"mark\"", "\"none\", \"even\", \"odd\"" },
		{ "format = 1;\nparity = 1;\n", 2, "parity = 1: a text", "\"none\"" },
		{ "format = 1;\nretries = 6;\n", 2, "retries = 6", "from 0 to 5" },
		{ "format = 1;\nretries = 1.0;\n", 2, "retries = 1: a whole", "from 0 to 5" },
		{ "format = 1;\nresponse_timeout = 19;\n", 2, "= 19", "from 20 to 5000" },
		{ "format = 1;\nresponse_timeout = 99999999999L;\n", 2, "= 99999999999", "from 20 to 5000" },
		{ "format = 1;\nport = \"ttyS1\";\n", 2, "no path", "/dev/ttyS1" },
		{ "format = 1;\nport = 1;\n", 2, "port = 1: a text", "quotes" },
		{ "format = 1;\n", 0, "port is missing", "/dev/ttyS1" },
		{ "format = 1;\n", 0, "meters is missing", "meters = ( {" },
		{ "format = 1;\nmeters = ();\n", 2, "meters has 0", "1 to 247" },
		{ "format = 1;\nmeters = { };\n", 2, "a list is wanted", "meters = ( {" },
		{ "format = 1;\nmeters = ( 3 );\n", 2, "a list is wanted", "meters = ( {" },
	};

	for (size_t i = 0; i < hj_array_size(cases); i++)
		refuse_bus(&cases[i], cases[i].text);
}

static void bad_meters(void **state)
{
#define P " points = ( { name = \"p\"; table = \"input\"; address = 0; } );"
	static const struct bad cases[] = {
		{ "{ unit_id = 1;" P " }", 4, "name is missing", "a-z" },
		{ "{ name = \"m\";" P " }", 4, "unit_id is missing", "1 to 247" },
		{ "{ name = \"m\"; unit_id = 0;" P " }", 4, "unit_id = 0", "1 to 247" },
		{ "{ name = \"m\"; unit_id = 248;" P " }", 4, "unit_id = 248", "1 to 247" },
		{ "{ name = \"m\"; unit_id = 255;" P " }", 4, "unit_id = 255", "\"tcp\"" },
		{ "{ name = \"m\"; unit_id = 4294967297L;" P " }", 4, "unit_id = 4294967297", "1 to 247" },
		{ "{ name = \"m\"; unit_id = \"1\";" P " }", 4, "unit_id = \"1\"", "1 to 247" },
		{ "{ name = \"M\"; unit_id = 1;" P " }", 4, "name = \"M\"", "a-z" },
		{ "{ name = \"m.x\"; unit_id = 1;" P " }", 4, "name = \"m.x\"", "a-z" },
		{ "{ name = \"m\"; unit_id = 1; poll_interval = 301;" P " }", 4, "poll_interval = 301", "1 to 300" },
		{ "{ name = \"m\"; unit_id = 1;" P " },\n{ name = \"n\"; unit_id = 1;" P " }", 5,
		        "unit_id = 1: meter m on line 4", "id of its own" },
		{ "{ name = \"m\"; unit_id = 1;" P " },\n{ name = \"m\"; unit_id = 2;" P " }", 5,
		        "name = \"m\": line 4", "another name" },
		{ "{ name = \"m\"; unit_id = 1; }", 4, "points is missing", "points = ( {" },
		{ "{ name = \"m\"; unit_id = 1; ct = 0;" P " }", 4, "ct = 0", "a number from" },
		{ "{ name = \"m\"; unti_id = 1;" P " }", 4, "unti_id", "did you mean unit_id?" },
	};
#undef P
	char text[1000];

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		snprintf(text, sizeof(text), "format = 1;\nport = \"/dev/ttyS1\";\nmeters = (\n%s\n);\n",
		        cases[i].text);
		refuse_bus(&cases[i], text);
	}
}

static void bad_values(void **state)
{
	static const struct bad cases[] = {
		{ "name = \"p\"; table = \"input\"; address = 1; invalid = 1;", 4, "numbers are wanted",
		        "invalid = (" },
		{ "name = \"p\"; table = \"input\"; address = 1; invalid = [1, 2, 3, 4, 5];", 4, "is not allowed",
		        "1 to 4 numbers" },
		{ "name = \"p\"; table = \"input\"; address = 1; invalid = ( 1, \"x\" );", 4, "numbers are wanted",
		        "invalid = (" },
		{ "name = \"p\"; table = \"input\"; address = 1; range = [ 4.0, 4.0 ];", 4, "is not below",
		        "least plausible" },
		{ "name = \"p\"; table = \"input\"; address = 1; range = [ 4.0 ];", 4, "is not allowed",
		        "2 to 2 numbers" },
		{ "name = \"p\"; table = \"input\"; address = 1; upper_limit = 4.0; lower_limit = 4.0;", 4,
		        "is not below", "begins to measure" },
		{ "name = \"p\"; table = \"input\"; address = 1; range = [ 0.0, 4.0 ]; upper_limit = 4.0;", 4,
		        "never passed", "make the range wider" },
		{ "name = \"p\"; table = \"coil\"; address = 1; upper_limit = 1.0;", 4, "no number", "remove it" },
		{ "name = \"p\"; table = \"input\"; address = 1; wrap = 10.0;", 4, "only a total", "remove it" },
		{ "name = \"p\"; table = \"coil\"; address = 1; dead_band = 1;", 4, "no number", "remove it" },
		{ "name = \"p\"; table = \"input\"; address = 1; ratio = \"cpt\";", 4, "ratio = \"cpt\"",
		        "\"ptct\"" },
		{ "name = \"p\"; table = \"input\"; address = 1; type = \"text\"; length = 4; scale = 2;", 4,
		        "a text is shown", "remove it" },
	};
	char text[1000];

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		snprintf(text, sizeof(text),
		        "format = 1;\nport = \"/dev/ttyS1\";\nmeters = ( { name = \"m\"; unit_id = 1; points = (\n"
		        "{ %s } ); } );\n",
		        cases[i].text);
		refuse_bus(&cases[i], text);
	}
}

static void bad_points(void **state)
{
	static const struct bad cases[] = {
		{ "table = \"input\"; address = 1;", 4, "name is missing", "a-z" },
		{ "name = \"p\"; address = 1;", 4, "table is missing", "\"holding\"" },
		{ "name = \"p\"; table = \"input\";", 4, "address is missing", "whole number from 0" },
		{ "name = \"p\"; table = \"output\"; address = 1;", 4, "table = \"output\"", "\"coil\"" },
		{ "name = \"p\"; table = \"input\"; address = -1;", 4, "address = -1", "whole number from 0" },
		{ "name = \"p\"; table = \"input\"; address = 65536;", 4, "address = 65536", "0 to 65535" },
		{ "name = \"p\"; table = \"input\"; address = 65535; type = \"int32\";", 4, "needs 2 registers",
		        "0 to 65534" },
		{ "name = \"p\"; table = \"input\"; address = 1; type = \"bit\";", 4, "does not go with",
		        "\"coil\"" },
		{ "name = \"p\"; table = \"coil\"; address = 1; type = \"int16\";", 4, "does not go with",
		        "\"bit\"" },
		{ "name = \"p\"; table = \"input\"; address = 1; type = \"float\";", 4, "type = \"float\"",
		        "\"float32\"" },
		{ "name = \"p\"; table = \"coil\"; address = 1; order = \"ABCD\";", 4, "nothing for a bit",
		        "remove it" },
		{ "name = \"p\"; table = \"input\"; address = 1; type = \"int32\"; order = \"abcd\";", 4,
		        "order = \"abcd\"", "\"CDAB\"" },
		{ "name = \"p\"; table = \"coil\"; address = 1; total = true;", 4, "no counter", "remove total" },
		{ "name = \"p\"; table = \"input\"; address = 1; total = 1;", 4, "true or false is wanted",
		        "without quotes" },
		{ "name = \"p\"; table = \"input\"; address = 1; scale = 0.0;", 4, "scale = 0", "0.1" },
		{ "name = \"p\"; table = \"input\"; address = 1; scale = 1e300;", 4, "scale = 1e+300", "to 1e+12" },
		{ "name = \"p\"; table = \"input\"; address = 1; scale = 1e999;", 4, "scale = inf", "to 1e+12" },
		{ "name = \"p\"; table = \"input\"; address = 1; scale = \"2\";", 4, "a number is wanted",
		        "number from" },
		{ "name = \"p\"; table = \"input\"; address = 1; decimals = 10;", 4, "decimals = 10", "0 to 9" },
		{ "name = \"p\"; table = \"input\"; address = 1; poll_interval = 0;", 4, "poll_interval = 0",
		        "1 to 300" },
		{ "name = \"p\"; table = \"coil\"; address = 1; fast = 10;", 4, "fast = 10", "50 to 60000" },
		{ "name = \"p\"; table = \"coil\"; address = 1; fast = 2000; poll_interval = 2;", 4, "fast = 2000",
		        "longer poll_interval" },
		{ "name = \"p\"; table = \"input\"; address = 1; fast = 200; type = \"float32\";", 4, "fast",
		        "remove it" },
		{ "name = \"p\"; table = \"input\"; address = 1; fast = 200; total = true;", 4, "fast", "remove it" },
		{ "name = \"p\"; table = \"input\"; address = 1; factor = \"a-1\";", 4,
		        "factor = \"a-1\": it has a char", "letters" },
		{ "name = \"p\"; table = \"input\"; address = 1; factor = \"a1234567890123456\";", 4,
		        "longer than 16", "letters" },
		{ "name = \"p\"; table = \"input\"; address = 1; module = \"A\";", 4, "module = \"A\"", "1-9" },
		{ "name = \"p\"; table = \"input\"; address = 1; module = \"10\";", 4, "module = \"10\"", "1-9" },
		{ "name = \"p\"; table = \"input\"; address = 1; unit = \"a unit that is long\";", 4,
		        "longer than 16", "kWh" },
		{ "name = \"p\"; table = \"input\"; adress = 1;", 4, "adress", "did you mean address?" },
		{ "name = \"p\"; table = \"input\"; address = 1; }, { name = \"p\"; table = \"input\"; address = 2;",
		        4, "has a point of that name", "another name" },
	};
	char text[1000];

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		snprintf(text, sizeof(text),
		        "format = 1;\nport = \"/dev/ttyS1\";\nmeters = ( { name = \"m\"; unit_id = 1; points = (\n"
		        "{ %s } ); } );\n",
		        cases[i].text);
		refuse_bus(&cases[i], text);
	}
}

static void refuse_uplink(const struct bad *bad)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_uplink u;

	put("uplinks.d/county.conf", bad->text);
	assert_int_equal(hj_conf_load_uplink(root, "county", &u, &errors), -EINVAL);
	expect(&errors, bad, "/etc/hjgate/uplinks.d/county.conf");
	hj_conf_errors_done(&errors);
}

static void bad_uplinks(void **state)
{
#define HEAD "format = 1;\n"
#define HOST "host = \"h\"; port = 1;"
#define MN   "mn = \"010000A8900016F000169DC0\"; pw = \"123456\";"
	static const struct bad cases[] = {
		{ HEAD, 0, "host is missing", "IP address" },
		{ HEAD "host = \"http://x\";", 2, "web", "IP address" },
		{ HEAD "host = \"a b\";", 2, "no host has", "IP address" },
		{ HEAD "port = 0;", 2, "port = 0", "1 to 65535" },
		{ HEAD "port = 65536;", 2, "port = 65536", "1 to 65535" },
		{ HEAD "mn = 88888880000001;", 2, "a text is wanted", "in \"quotes\"" },
		{ HEAD "mn = \"123\";", 2, "its length is none of", "MN that the platform gave" },
		{ HEAD "mn = \"010000a8900016f000169dc0\";", 2, "capitals", "MN" },
		{ HEAD "mn = \"010000A8900016F000169DCX\";", 2, "not 0-9 A-F", "MN" },
		{ HEAD "mn = \"6633030201020000100X\";", 2, "no digits", "MN" },
		{ HEAD "mn = \"55330302010200001001\";", 2, "begins with 66", "MN" },
		{ HEAD "mn = \"0100000100000100000100001\";", 2, "longer than 24", "MN" },
		{ HEAD "edition = 2005;\n" MN, 3, "14 digits", "edition = 2017" },
		{ HEAD "mn = \"88888880000001\";", 2, "belongs to edition 2005", "edition = 2005" },
		{ HEAD "edition = 2024;", 2, "edition = 2024", "2017, 2005" },
		{ HEAD "crc = \"crc16\";", 2, "crc = \"crc16\"", "\"modbus-swapped\"" },
		{ HEAD "pw = \"12;456\";", 2, "cannot stand in a frame", "password" },
		{ HEAD "st = \"3\";", 2, "st = \"3\"", "31" },
		{ HEAD "rtd_interval = 3601;", 2, "rtd_interval = 3601", "1 to 3600, or 0" },
		{ HEAD "over_time = 100;", 2, "over_time = 100", "1 to 99" },
		{ HEAD "re_count = 0;", 2, "re_count = 0", "1 to 99" },
		{ HEAD "min_interval = 61;", 2, "min_interval = 61", "1 to 60, or 0" },
		{ HEAD "jitter = 301;", 2, "jitter = 301", "0 to 300" },
		{ HEAD "gap = -1;", 2, "gap = -1", "0 to 10000" },
		{ HEAD "hour = 1;", 2, "true or false", "true or false" },
		{ HEAD "factors = ( { point = \"oven\"; } );", 2, "no name of a point", "METER.POINT" },
		{ HEAD "factors = ( { point = \"a.b\"; },\n{ point = \"a.b\"; } );", 3, "on line 2 already",
		        "remove" },
		{ HEAD "factors = ( { point = \"a.b\"; factor = \"x_\"; } );", 2, "factor = \"x_\"", "letters" },
	};

	for (size_t i = 0; i < hj_array_size(cases); i++)
		refuse_uplink(&cases[i]);
}

static void bad_links(void **state)
{
	static const struct bad cases[] = {
		{ HEAD "link = 1;", 2, "a group is wanted", "link = { ... };" },
		{ HEAD "link = { others = [ \"h\" ]; };", 2, "no address with a port", "[IPV6]:PORT" },
		{ HEAD "link = { others = [ \"h:0\" ]; };", 2, "no address with a port", "HOST:PORT" },
		{ HEAD "link = { others = [ \"2001:db8::1\" ]; };", 2, "no address with a port", "[IPV6]:PORT" },
		{ HEAD "link = { others = [ 9000 ]; };", 2, "no address with a port", "HOST:PORT" },
		{ HEAD "link = { others = [ \"a:1\", \"b:1\", \"c:1\", \"d:1\", \"e:1\" ]; };", 2, "5 entries",
		        "0 to 4" },
		{ HEAD "link = { interface = \"wwan0/1\"; };", 2, "no interface has", "wwan0" },
		{ HEAD "link = { interface = \"a-name-too-long1\"; };", 2, "longer than 15", "wwan0" },
		{ HEAD "link = { source = \"eth0\"; };", 2, "no IP address", "this box has" },
		{ HEAD "link = { lost_after = 3601; };", 2, "lost_after = 3601", "1 to 3600" },
		{ HEAD "link = { via = 1; };", 2, "via: this link has no such key", "interface" },
		{ HEAD "tls = { min = \"1.1\"; };", 2, "min = \"1.1\"", "\"1.2\", \"1.3\"" },
		{ HEAD "tls = { cert = \"c.pem\"; };", 2, "key is missing", "both cert and key" },
		{ HEAD "tls = { pin = \"abc\"; };", 2, "no SHA-256", "64 hexadecimal" },
	};

	for (size_t i = 0; i < hj_array_size(cases); i++)
		refuse_uplink(&cases[i]);
}

static void refuse_all(const struct bad *bad, const char *file)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf c;

	assert_int_equal(hj_conf_load_all(root, &c, &errors), -EINVAL);
	expect(&errors, bad, file);
	hj_conf_done(&c);
	hj_conf_errors_done(&errors);
}

#define SERVED(name)                                                                                                 \
	"{ name = \"" name "\"; unit_id = 1; points = ( { name = \"p\"; table = \"input\"; address = 1; } ); }"

static void between_files(void **state)
{
	static const char other[] =
	        "format = 1;\nport = \"/dev/ttyS2\";\nmeters = ( {\n name = \"fan\"; unit_id = 3;\n"
	        " points = (\n{ name = \"i\"; factor = \"ea0101\"; table = \"input\"; address = 1; }"
	        " ); } );\n";

	put("hjgate.conf", "format = 1;\nbase_window = 60;\n");
	put("buses.d/north.conf", BUS);
	put("buses.d/south.conf", BUS);
	refuse_all(&(struct bad){ "", 5, "meter \"oven\": bus north", "unique" }, "south.conf");
	refuse_all(&(struct bad){ "", 2, "port = \"/dev/ttyS1\": bus north", "other port" }, "south.conf");
	put("buses.d/north.conf",
	        "format = 1;\ntype = \"tcp\"; host = \"10.1.2.3\"; meters = ( " SERVED("oven") " );\n");
	put("buses.d/south.conf",
	        "format = 1;\ntype = \"rtu-over-tcp\"; host = \"10.1.2.3\"; meters = ( " SERVED("fan") " );\n");
	refuse_all(&(struct bad){ "", 2, "host = \"10.1.2.3\", tcp_port = 502: bus north", "" }, "south.conf");
	put("buses.d/north.conf", BUS);
	put("buses.d/south.conf", other);
	put("uplinks.d/county.conf", UPLINK);
	refuse_all(&(struct bad){ "", 6, "factor \"ea0101\" would stand for oven.i-a and for fan.i at uplink county",
	                   "another factor" },
	        "south.conf");
	put("uplinks.d/county.conf", UPLINK "factors = ( { point = \"oven.i-a\"; },\n{ point = \"fan.i\"; } );\n");
	refuse_all(&(struct bad){ "", 5, "factor \"ea0101\"", "another factor" }, "county.conf");
	put("uplinks.d/county.conf", UPLINK "factors = ( { point = \"oven.i-a\"; unit = \"kWh\"; } );\n");
	refuse_all(&(struct bad){ "", 4, "how many \"kWh\" that is, is not known", "scale" }, "county.conf");
	put("uplinks.d/county.conf", UPLINK "factors = ( { point = \"oven.x\"; },\n{ point = \"oven.on\"; } );\n");
	refuse_all(&(struct bad){ "", 4, "point \"oven.x\": no bus", "METER.POINT" }, "county.conf");
	refuse_all(&(struct bad){ "", 5, "point \"oven.on\" has no factor", "write factor" }, "county.conf");
	put("hjgate.conf", "format = 1;\ntest_minute = 9;\ntest_hour = 18; test_day = 36;\n");
	refuse_all(&(struct bad){ "", 5, "poll_interval = 10 of oven.i-a", "at most 9" }, "north.conf");
	put("hjgate.conf", "format = 1;\nbase_window = 120;\n");
	put("uplinks.d/county.conf", UPLINK "min_interval = 3;\n");
	refuse_all(&(struct bad){ "", 4, "min_interval = 3", "multiple" }, "county.conf");
	put("hjgate.conf", "format = 1;\nbase_window = 120;\n\nclock_uplink = \"nosuch\";\n");
	put("uplinks.d/county.conf",
	        UPLINK "factors = ( { point = \"oven.i-a\"; },\n{ point = \"fan.i\";\nfactor = \"ea0101\"; } );\n");
	refuse_all(&(struct bad){ "", 6, "factor \"ea0101\"", "another factor" }, "county.conf");
	refuse_all(&(struct bad){ "", 4, "clock_uplink", "without .conf" }, "hjgate.conf");
	put("hjgate.conf", "format = 1;\ntest_minute = 7;\n");
	refuse_all(&(struct bad){ "", 2, "no multiple of 7 s", "whole number" }, "hjgate.conf");
	put("hjgate.conf", "format = 1;\nbase_window = 90;\n");
	refuse_all(&(struct bad){ "", 2, "base_window = 90", "60, 120, 180" }, "hjgate.conf");
	put("buses.d/North 1.conf", BUS);
	refuse_all(&(struct bad){ "", 0, "cannot name a program", "rename" }, "North 1.conf");
}

/* A broken bus must not make an uplink's points look wrong, and the good parts are there. */
static void one_broken_bus(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf c;

	put("buses.d/north.conf", "format = 1;\nport = 7;\n");
	put("uplinks.d/county.conf", UPLINK "factors = ( { point = \"oven.i-a\"; } );\n");
	assert_int_equal(hj_conf_load_all(root, &c, &errors), -EINVAL);
	assert_int_equal(errors.count, 2); /* port, meters */
	assert_int_equal(c.bus_count, 0);
	assert_int_equal(c.uplink_count, 1);
	hj_conf_done(&c);
	hj_conf_errors_done(&errors);
}

static void test_keys_only_below_a_root(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_main c;

	put("hjgate.conf", "format = 1;\ntest_minute = 5;\nnormal_part = 100;\n");
	assert_int_equal(hj_conf_load_main(root, &c, &errors), 0);
	assert_int_equal(c.normal_part, 100);
	assert_int_equal(hj_conf_minute_ms(&c), 5000);
	assert_int_equal(errors.count, 0);
}

static void errors_are_bounded(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_main c;
	char text[4000] = "format = 1;\n";
	size_t n = strlen(text);

	for (int i = 0; i < HJ_CONF_ERRORS_MAX + 7; i++)
		n += (size_t)sprintf(text + n, "key%c%c = \"\\x1b[31m\";\n", 'a' + i / 26, 'a' + i % 26);
	put("hjgate.conf", text);
	assert_int_equal(hj_conf_load_main(root, &c, &errors), -EINVAL);
	assert_int_equal(errors.count, HJ_CONF_ERRORS_MAX);
	assert_int_equal(errors.more, 7);
	hj_conf_errors_done(&errors);
	put("hjgate.conf", "format = 1;\nbase_window = \"\\x1b[31mred烘箱烘箱烘箱烘箱烘箱烘箱烘箱烘箱烘箱\";\n");
	assert_int_equal(hj_conf_load_main(root, &c, &errors), -EINVAL);
	assert_null(strchr(errors.list[0].what, '\x1b'));
	hj_conf_errors_done(&errors);
}

static void not_a_file(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_main c;
	char path[256];

	snprintf(path, sizeof(path), "%s/etc/hjgate/hjgate.conf", root);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(hj_conf_load_main(root, &c, &errors), -EINVAL);
	assert_non_null(strstr(errors.list[0].what, "no plain file"));
	hj_conf_errors_done(&errors);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(hj_conf_load_main(root, &c, &errors), -EINVAL);
	hj_conf_errors_done(&errors);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_at_all),
		T(a_point_is_read_once_a_window),
		T(whole_bus),
		T(presets_of_stations),
		T(a_device_reached_directly),
		T(values_by_rules),
		T(whole_uplink),
		T(links_of_an_uplink),
		T(whole_configuration),
		T(included),
		T(bad_files),
		T(bad_meters),
		T(bad_points),
		T(bad_values),
		T(bad_uplinks),
		T(bad_links),
		T(between_files),
		T(one_broken_bus),
		T(test_keys_only_below_a_root),
		T(errors_are_bounded),
		T(not_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
