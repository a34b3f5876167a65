/* What a person may write into any of the files and is not right: each is refused with words that name it and a
 * remedy, whichever file it stands in. (The commoner ones: test_conf.c and its neighbours.) */
/* long because: one table of refused texts for each kind of file */
#include <dlfcn.h>
#include <errno.h>
#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "shell.h"

#include "hjgate/cleanup.h"
#include "hjgate/conf.h"
#include "hjgate/conf_alerts.h"
#include "hjgate/conf_site.h"

static char root[64];

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/etc/hjgate/%s", root, name);
	return path;
}

static void put(const char *name, const char *text)
{
	put_text(path_of(name), text);
}

#define POINT(name, address)                                                                                         \
	"{ name = \"" name "\"; table = \"holding\"; address = " address "; type = \"float32\"; unit = \"A\"; }"
#define BUS                                                                                                          \
	"format = 1; port = \"/dev/ttyS1\";\n"                                                                       \
	"meters = ( { name = \"oven\"; unit_id = 1; points = ( " POINT("i", "0") ", " POINT("k", "2") " ); } );\n"
#define UPLINK                                                                                                       \
	"format = 1; host = \"platform.example\"; port = 9000;\n"                                                    \
	"mn = \"010000A8900016F000169DC0\"; pw = \"123456\"; st = \"31\";\n"
#define EQUIPMENT                                                                                                    \
	"format = 1; equipment = (\n"                                                                                \
	"{ name = \"oven\"; role = \"production\"; point = \"oven.i\"; running = 5.0; },\n"                          \
	"{ name = \"fan\"; role = \"treatment\"; point = \"oven.k\"; running = 2.0; } );\n"

static int setup(void **state)
{
	(void)state;
	strcpy(root, "/tmp/hj-conf-wrong-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	return sh("mkdir -p %s/etc/hjgate/buses.d %s/etc/hjgate/uplinks.d %s/etc/hjgate/factors.d "
	          "%s/etc/hjgate/models",
	        root, root, root, root);
}

static int teardown(void **state)
{
	(void)state;
	return sh("rm -rf %s", root);
}

/* ---- reading ---- */

static int load_all(struct hj_conf_errors *errors)
{
	struct hj_conf c = { 0 };
	int r = hj_conf_load_all(root, &c, errors);

	hj_conf_done(&c);
	return r;
}

static int load_site(struct hj_conf_errors *errors)
{
	struct hj_conf_site s = { .file = "" };
	int r = hj_conf_load_equipment(root, &s, errors);

	hj_conf_site_done(&s);
	return r;
}

static int load_factors(struct hj_conf_errors *errors)
{
	struct hj_conf_factors f = { .room = 0 };
	int r = hj_conf_load_factors(root, &f, errors);

	hj_conf_factors_done(&f);
	return r;
}

static int load_alerts(struct hj_conf_errors *errors)
{
	struct hj_conf_alerts a = { 0 };
	int r = hj_conf_load_alerts(root, &a, errors);

	hj_conf_alerts_done(&a);
	return r;
}

struct wrong {
	const char *text;
	int line;
	const char *what, *remedy;
};

static bool says(const struct hj_conf_error *e, const struct wrong *w, const char *file)
{
	return e->line == w->line && strstr(e->what, w->what) && strstr(e->remedy, w->remedy) &&
	       strstr(e->file, file);
}

static void expect(int r, struct hj_conf_errors *errors, const struct wrong *w, const char *file)
{
	size_t i = 0;

	assert_int_equal(r, -EINVAL);
	while (i < errors->count && !says(&errors->list[i], w, file))
		i++;
	for (size_t k = 0; i == errors->count && k < errors->count; k++)
		print_error("got %s:%d: %s; %s\n", errors->list[k].file, errors->list[k].line, errors->list[k].what,
		        errors->list[k].remedy);
	if (i == errors->count)
		fail_msg(
		        "not refused as wanted: line %d \"%s\" \"%s\" for\n%s", w->line, w->what, w->remedy, w->text);
	hj_conf_errors_done(errors);
}

static void refuse(const char *file, const struct wrong *list, size_t n, int (*load)(struct hj_conf_errors *errors))
{
	for (size_t i = 0; i < n; i++) {
		struct hj_conf_errors errors = { 0 };

		put(file, list[i].text);
		expect(load(&errors), &errors, &list[i], file);
	}
}

/* ---- each file ---- */

static void main_file(void **state)
{
	static const struct wrong wrong[] = {
		{ "format = 1;\nclock_uplink = \"North 1\";\n", 2, "no name of a-z", "the name of an uplink" },
		{ "format = 1;\nclock_uplink = \"nosuch\";\n", 2, "there is no such uplink", "without .conf" },
		{ "format = 1; test_minute = 5;\ntest_hour = 12;\n", 2, "an hour of 12 s is no multiple of 5 s",
		        "whole number" },
		{ "format = 1; test_minute = 5; test_hour = 10;\ntest_day = 25;\n", 2,
		        "a day of 25 s is no multiple of 10 s", "whole number" },
		{ "format = 1; test_minute = 7;\ntest_hour = 7;\n", 2, "test_hour: a day of 86400 s is no multiple",
		        "whole number" },
		{ "format = 1;\nserial = \"\";\n", 2, "no serial number", "1 to 24" },
		{ "format = 1;\nserial = \"a b\";\n", 2, "no serial number", "1 to 24" },
		{ "format = 1;\na-key-that-is-longer-than-any-of-ours-is = 1;\n", 2, "no such key", "known are" },
		{ "format = 1;\nretention = 30;\n", 2, "no such key", "serial, unreachable_minutes" },
		{ "format = 1;\nretention_days = true;\n", 2, "a whole number", "30 to 4000" },
		{ "@include \".hidden\"\nformat = 1;\n", 1, "cannot be included", "same folder" },
		{ "@include \"a-name-that-is-longer-than-any-file-of-a-configuration-would-ever-be-called.inc\"\n", 1,
		        "cannot be included", "same folder" },
	};

	(void)state;
	put("buses.d/north.conf", BUS);
	put("uplinks.d/county.conf", UPLINK);
	refuse("hjgate.conf", wrong, hj_array_size(wrong), load_all);
}

/* Nobody writes so much: read as far as it is cheap, and said. */
static void files_beyond_measure(void **state)
{
	struct hj_conf_errors errors = { 0 };
	FILE *f = fopen(path_of("hjgate.conf"), "w");

	(void)state;
	assert_non_null(f);
	fputs("format = 1;\n", f);
	for (int i = 0; i < 1025; i++)
		fprintf(f, "%1023s\n", "#");
	assert_int_equal(fclose(f), 0);
	expect(load_all(&errors), &errors, &(struct wrong){ "", 0, "larger than 1024 KiB", "move it away" },
	        "hjgate.conf");
}

#define M "format = 1; port = \"/dev/ttyS1\";\nmeters = ( { name = \"m\"; unit_id = 1;\npoints = (\n"
#define D                                                                                                            \
	"format = 1; type = \"dlt645\"; port = \"/dev/ttyS1\";\nmeters = ( { name = \"m\"; station = \"12\";\n"      \
	"points = (\n"
#define R "table = \"holding\"; address = 1;"
static const struct wrong of_buses[] = {
	{ M "{ name = \"p\"; " R " type = \"text\"; } ); } );", 4, "needs a length in bytes", "from 1 to" },
	{ M "{ name = \"p\"; " R " type = \"bcd\"; length = 9; } ); } );", 4, "needs a length in bytes",
	        "from 1 to 8" },
	{ M "{ name = \"p\"; " R "\nunit = \"\\xa1\\xe6\"; } ); } );", 5, "unit: this is not UTF-8", "kWh" },
	{ M "{ name = \"p\"; " R " length = 2; } ); } );", 4, "only a bcd or a text", "remove it" },
	{ M "{ name = \"p\"; " R " type = \"uint16\"; bit = 14; bits = 3; } ); } );", 4,
	        "bit = 14, bits = 3: a uint16 has 16 bits", "count bits from 0" },
	{ M "{ name = \"p\"; " R " type = \"float32\"; bit = 1; } ); } );", 4, "only an integer", "remove it" },
	{ M "{ name = \"p\"; " R " at = 1; } ); } );", 4, "only a data identifier", "remove it" },
	{ M "{ name = \"p\"; " R " bias = \"up\"; } ); } );", 4, "bias", "" },
	{ M "{ name = \"p\"; table = \"data\"; address = 1; } ); } );", 4, "does not go with a bus of type \"rtu\"",
	        "type of the bus" },
	{ D "{ name = \"p\"; " R " type = \"bcd\"; length = 4; } ); } );", 4,
	        "does not go with a bus of type \"dlt645\"", "type of the bus" },
	{ "format = 1; type = \"dlt645\"; port = \"/dev/ttyS1\";\nmeters = (\n"
	  "{ name = \"m\"; station = \"12\"; points = ( { name = \"p\"; address = 0x00010000; } ); },\n"
	  "{ name = \"n\"; station = \"12\"; points = ( { name = \"p\"; address = 0x00010000; } ); } );\n",
	        4, "station = \"12\": meter m on line 3 has it already", "other meter" },
	{ "format = 1; type = \"dlt645\"; port = \"/dev/ttyS1\";\nmeters = (\n"
	  "{ name = \"m\"; station = \"000000000012\"; points = ( { name = \"p\"; address = 0x10000; } ); "
	  "},\n"
	  "{ name = \"n\"; station = \"12\"; points = ( { name = \"p\"; address = 0x10000; } ); } );\n",
	        4, "station = \"12\": meter m on line 3 has it already", "other meter" },
	{ D "{ name = \"p\"; address = 0x100000000L; } ); } );", 4, "is not allowed", "0 to 4294967295" },
	{ M "{ name = \"p\"; table = \"holding\";\naddress = -1; } ); } );", 5, "address = -1 is not allowed",
	        "0 to 65535" },
	{ M "{ name = \"p\"; " R " total = true;\nscale = -0.1; } ); } );", 5, "a total only counts up", "above 0" },
	{ "format = 1; type = \"tcp\";\nhost = \"203.0.113.300\";\n", 2, "no IPv4 address", "a name or an" },
	{ "format = 1; type = \"tcp\";\nhost = \"203.0.113\";\n", 2, "no IPv4 address", "a name or an" },
	{ "format = 1; type = \"dlt645\"; port = \"/dev/ttyS1\";\nmeters = (\n"
	  "{ name = \"m\"; station = \"12a\"; points = ( { name = \"p\"; address = 1; } ); } );\n",
	        3, "not all digits", "as on its plate" },
	{ "format = 1; type = \"dlt645\"; port = \"/dev/ttyS1\";\nmeters = (\n"
	  "{ name = \"m\"; station = \"\"; points = ( { name = \"p\"; address = 1; } ); } );\n",
	        3, "not all digits", "as on its plate" },
	{ "format = 1; type = \"tcp\";\nhost = \"\";\n", 2, "no name and no address", "a name or an" },
	{ "format = 1; type = \"gpio\";\nport = \"\";\n", 2, "no path of a device", "chip's label" },
	{ "format = 1;\nport = \"/\";\n", 2, "no path of a device", "/dev/ttyS1" },
	{ M "{ name = \"p\"; " R " } ); barriers = [ 0 ]; } );", 4, "barriers: an address", "1 to 65535" },
	{ M "{ name = \"p\"; " R " } ); barriers = [ 65536 ]; } );", 4, "barriers: an address", "1 to 65535" },
	{ M "{ name = \"p\"; " R " } ); barriers = [ \"100\" ]; } );", 4, "barriers: an address", "1 to 65535" },
	{ M "{ name = \"p\"; " R " } ); barriers = ( 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17 ); } );", 4, "17",
	        "1 to 16" },
	{ M "{ name = \"p\"; " R " module = 1; } ); } );", 4, "module = 1: a text", "1-9" },
	{ M "{ name = \"p\"; " R " module = \"\"; } ); } );", 4, "module = \"\"", "1-9" },
	{ M "{ name = \"p\"; " R " } ); factors = { p = \"a-1\"; }; } );", 4,
	        "factors: p has no factor of the platform", "1 to 16 letters" },
	{ M "{ name = \"p\"; " R " } ); factors = { p = 7; }; } );", 4, "factors: p has no factor",
	        "1 to 16 letters" },
	{ M "{ name = \"p\"; " R " } ); factors = { p = \"a1234567890123456\"; }; } );", 4,
	        "factors: p has no factor", "1 to 16 letters" },
	{ M "{ name = \"p\"; " R " } ); factors = { q = \"a1\"; }; } );", 4, "has no point \"q\"", "" },
};

static void buses(void **state)
{
	(void)state;
	refuse("buses.d/north.conf", of_buses, hj_array_size(of_buses), load_all);
}

/* An image without the C library's tables of characters. */
static bool no_gbk;

iconv_t iconv_open(const char *to, const char *from)
{
	static iconv_t (*real)(const char *to, const char *from);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "iconv_open");
	if (!no_gbk)
		return real(to, from);
	errno = EINVAL;
	return (iconv_t)-1;
}

static void a_system_without_gbk(void **state)
{
	static const char text[] = UPLINK "dialect = { encoding = \"gbk\"; };\n";
	static const struct wrong wrong = { text, 3, "cannot write GBK", "encoding = \"utf-8\"" };
	struct hj_conf_errors errors = { 0 };

	(void)state;
	put("buses.d/north.conf", BUS);
	put("uplinks.d/county.conf", text);
	assert_int_equal(load_all(&errors), 0);
	no_gbk = true;
	refuse("uplinks.d/county.conf", &wrong, 1, load_all);
	no_gbk = false;
}

static void uplinks(void **state)
{
#define U "format = 1;\n"
	static const struct wrong wrong[] = {
		{ U "host = \"\";\n", 2, "it is empty", "IP address" },
		{ U "backlog = { hours = \"22:00\"; };\n", 2, "no span of the day", "Beijing time" },
		{ U "backlog = { hours = \"22:00-22:00\"; };\n", 2, "no span of the day", "HH:MM" },
		{ U "backlog = { hours = \"24:00-06:00\"; };\n", 2, "no span of the day", "HH:MM" },
		{ U "backlog = { hours = \"25:00-06:00\"; };\n", 2, "no span of the day", "HH:MM" },
		{ U "backlog = { hours = \"22:60-06:00\"; };\n", 2, "no span of the day", "HH:MM" },
		{ U "backlog = { hours = \"22.00-06:00\"; };\n", 2, "no span of the day", "HH:MM" },
		{ U "backlog = { hours = \"22:00+06:00\"; };\n", 2, "no span of the day", "HH:MM" },
		{ U "backlog = { hours = \"22:00-24:01\"; };\n", 2, "no span of the day", "HH:MM" },
		{ U "tls = { key = \"k.pem\"; };\n", 2, "cert is missing", "both cert and key" },
		{ U "tls = 1;\n", 2, "a group is wanted", "tls = { ... }" },
		{ U "tls = { pin = \"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg\"; };\n", 2,
		        "no SHA-256", "64" },
		{ U "link = { others = [ \":9000\" ]; };\n", 2, "no address with a port", "HOST:PORT" },
		{ U "link = { others = [ \"[]:9000\" ]; };\n", 2, "no address with a port", "HOST:PORT" },
		{ U "link = { others = [ \"h:65536\" ]; };\n", 2, "no address with a port", "HOST:PORT" },
		{ U "link = { others = [ \"a host:1\" ]; };\n", 2, "no address with a port", "HOST:PORT" },
		{ U "host = \"203.0.113.10:9002\";\n", 2, "a port is a key of its own", "IP address" },
		{ U "mn = 66330302010200001001;\n", 2, "mn = ...: a text", "quotes" },
		{ U "host = \"h:9002\";\n", 2, "a port is a key of its own", "IP address" },
		{ U "host = \"203.0.113.300\";\n", 2, "no IPv4 address", "IP address" },
		{ U "host = \"203.0.113\";\n", 2, "no IPv4 address", "IP address" },
		{ U "pw = \"\";\n", 2, "it is empty", "password" },
		{ U "st = \"311\";\n", 2, "st = \"311\"", "two characters" },
		{ U "st = \"3a\";\n", 2, "st = \"3a\"", "31" },
		{ U "st = \"3111\";\n", 2, "st = \"3111\"", "31" },
		{ U "pw = \"12 456\";\n", 2, "cannot stand in a frame", "password" },
		{ U "factors = ( { factor = \"a1\"; } );\n", 2, "point is missing", "METER.POINT" },
		{ U "factors = 7;\n", 2, "a list is wanted", "factors = ( {" },
	};

	(void)state;
	put("buses.d/north.conf", BUS);
	refuse("uplinks.d/county.conf", wrong, hj_array_size(wrong), load_all);
}

static void equipment(void **state)
{
#define E   EQUIPMENT "\n"
#define ONE "format = 1; equipment = (\n"
	static const struct wrong wrong[] = {
		{ ONE "{ name = \"oven\"; code = \"XB1\"; role = \"production\"; point = \"oven.i\"; running = 5.0; "
		      "} "
		      ");",
		        2, "no name of equipment in a frame", "" },
		{ ONE "{ name = \"oven\"; code = \"SB\"; role = \"production\"; point = \"oven.i\"; running = 5.0; } "
		      ");",
		        2, "no name of equipment in a frame", "" },
		{ ONE "{ name = \"oven\"; code = \"SB;1\"; role = \"production\"; point = \"oven.i\"; running = 5.0; "
		      "} );",
		        2, "no name of equipment in a frame", "" },
		{ ONE "{ name = \"oven\"; role = \"production\"; point = \"oven.i\"; running = 5.0;\npoints = ( { "
		      "point "
		      "= \"oven.k\"; } ); } );",
		        2, "point and points: both say", "or points = (" },
		{ ONE "{ name = \"oven\"; role = \"production\"; } );", 2, "nothing says by which value",
		        "METER.POINT" },
		{ E "limits = ( { point = \"oven.i\"; phases = [ \"oven.i\", \"oven.k\", \"oven.i\" ]; upper = 1.0; "
		    "} "
		    ");",
		        5, "point and phases: both say", "METER.POINT" },
		{ E "limits = ( { phases = [ \"oven.i\", \"oven\", \"oven.k\" ]; loss = 20.0; } );", 5,
		        "\"oven\" is no name of a point", "quotes" },
		{ E "limits = ( { phases = ( \"oven.i\", 7, \"oven.k\" ); loss = 20.0; } );", 5,
		        "7 is no name of a point", "quotes" },
		{ E "limits = ( { phases = [ \"oven.i\", \"oven.k\", \"oven.i\", \"oven.k\" ]; loss = 20.0; } );", 5,
		        "4", "3 to 3" },
		{ E "limits = ( { phases = [ \"oven.i\", \"oven.k\", \"oven.i\" ]; } );", 5, "asks nothing",
		        "write loss" },
		{ E "limits = ( { phases = [ \"oven.i\", \"oven.k\", \"oven.i\" ]; upper = 1.0; } );", 5,
		        "asked of one point", "remove it" },
		{ E "linkages = ( { production = ( 7 ); treatment = [ \"fan\" ]; } );", 5,
		        "7 is no name of equipment", "quotes" },
		{ E "linkages = ( { treatment = [ \"fan\" ]; } );", 5, "production is missing", "" },
		{ E "linkages = ( { production = [ \"oven\" ]; treatment = [ \"quite-another\" ]; } );", 5,
		        "no equipment of that name", "quotes" },
		{ E "limits = ( { equipment = \"quite-another\"; point = \"oven.i\"; upper = 1.0; } );", 5,
		        "no equipment of that name", "quotes" },
		{ E "limits = 7;", 5, "a list is wanted", "limits = ( {" },
	};

	(void)state;
	put("buses.d/north.conf", BUS);
	refuse("equipment.conf", wrong, hj_array_size(wrong), load_site);
}

/* What has an error is told once, and shown as it is written. */
static void told_once(void **state)
{
	static const struct wrong cases[] = {
		{ M "{ name = \"p\"; address = 1;\ntable = \"Holding\"; } ); } );", 5, "table = \"Holding\"",
		        "\"holding\"" },
		{ "format = 1;\ntype = \"modbus-tcp\"; host = \"10.0.0.1\"; tcp_port = 502;\nmeters = ( { name = "
		  "\"m\"; unit_id = 1;\n"
		  "points = ( { name = \"p\"; " R " } ); } );",
		        2, "type = \"modbus-tcp\"", "\"rtu\", \"tcp\"" },
		{ "format = 1; type = \"tcp\"; host = \"10.0.0.1\";\nport = 502;\nmeters = ( { name = \"m\"; unit_id "
		  "= 1;\n"
		  "points = ( { name = \"p\"; " R " } ); } );",
		        2, "port = 502: a text", "tcp_port" },
		{ "format = 1; type = \"tcp\"; host = \"10.0.0.1\";\nport = \"502\";\nmeters = ( { name = \"m\"; "
		  "unit_id = 1;\n"
		  "points = ( { name = \"p\"; " R " } ); } );",
		        2, "port does not go with", "write tcp_port" },
		{ M "{ name = \"p\"; " R "\ninvalid = 0xFFFFFFFF; } ); } );", 5, "invalid = 0xFFFFFFFF: numbers",
		        "invalid = (" },
		{ M "{ name = \"p\"; " R "\nwrap = 10.0; total = 1; } ); } );", 5, "total = 1", "without quotes" },
		{ M "{ name = \"p\"; " R " type = \"int16\"; range = [ 0.0, 4.0 ];\nlower_limit = 0.0; } ); } );", 5,
		        "is never passed", "make the range wider" },
		{ M "{ name = \"p\"; " R " upper_limit = 1.0;\nlower_limit = 2.0; } ); } );", 5, "is not below",
		        "begins to" },
		{ "format = 1; port = \"/dev/ttyS1\";\nst = \"31\";\nmeters = ( { name = \"m\"; unit_id = 1;\n"
		  "points = ( { name = \"p\"; " R " } ); } );",
		        2, "st: this bus has no such key", "remove it; known are type, port" },
	};

	(void)state;
	for (size_t i = 0; i < hj_array_size(cases); i++) {
		struct hj_conf_errors errors = { 0 };
		struct hj_conf_bus b;

		put("buses.d/north.conf", cases[i].text);
		assert_int_equal(hj_conf_load_bus(root, "north", &b, &errors), -EINVAL);
		if (errors.count > 1)
			fail_msg("told twice: %s", errors.list[1].what);
		expect(-EINVAL, &errors, &cases[i], "north.conf");
	}
}

static void alerts(void **state)
{
	static const struct wrong wrong[] = {
		{ "format = 1;\nchannels = ( { name = \"North 1\"; } );\n", 2, "no name of a-z", "" },
		{ "format = 1;\nchannels = ( { name = \"a\"; url = \"http://x\"; } );\n", 2, "only https", "" },
		{ "format = 1;\nchannels = ( { name = \"a\"; url = \"https://\"; } );\n", 2, "only https", "" },
		{ "format = 1;\nchannels = ( { name = \"a\"; url = \"https:///x\"; } );\n", 2, "only https", "" },
		{ "format = 1;\nchannels = ( { name = \"a\"; url = \"https://a b\"; } );\n", 2, "no address has",
		        "" },
		{ "format = 1;\nchannels = ( { name = \"a\"; url = \"https://a\xc3\xa9\"; } );\n", 2,
		        "no address has", "" },
		{ "format = 1;\nchannels = ( { name = \"a\"; proxy = \"ftp://x\"; } );\n", 2, "no address of a proxy",
		        "" },
		{ "format = 1;\nchannels = ( { name = \"a\"; proxy = \"http://a b\"; } );\n", 2,
		        "no address of a proxy", "" },
	};

	(void)state;
	refuse("alerts.conf", wrong, hj_array_size(wrong), load_alerts);
}

/* ---- folders ---- */

static void folders_that_are_none(void **state)
{
	static const struct {
		const char *name;
		int (*load)(struct hj_conf_errors *errors);
	} list[] = { { "buses.d", load_all }, { "uplinks.d", load_all }, { "factors.d", load_factors } };

	(void)state;
	for (size_t i = 0; i < hj_array_size(list); i++) {
		struct hj_conf_errors errors = { 0 };

		assert_int_equal(sh("rm -r %s && touch %s", path_of(list[i].name), path_of(list[i].name)), 0);
		expect(list[i].load(&errors), &errors,
		        &(struct wrong){ "", 0, "the folder cannot be read: Not a directory", "that it is a folder" },
		        list[i].name);
		assert_int_equal(sh("rm %s && mkdir %s", path_of(list[i].name), path_of(list[i].name)), 0);
	}
}

static void a_link_that_leads_nowhere(void **state)
{
	static const char *const names[] = { "buses.d/gone.conf", "uplinks.d/gone.conf" };

	(void)state;
	for (size_t i = 0; i < hj_array_size(names); i++) {
		struct hj_conf_errors errors = { 0 };

		assert_int_equal(symlink("/nowhere/at/all", path_of(names[i])), 0);
		expect(load_all(&errors), &errors,
		        &(struct wrong){ "", 0, "leads to a file that is not there", "remove the link" }, names[i]);
		assert_int_equal(unlink(path_of(names[i])), 0);
	}
}

static void more_files_than_are_read(void **state)
{
	struct hj_conf_errors errors = { 0 };
	char name[64];

	(void)state;
	for (int i = 0; i <= HJ_CONF_BUSES_MAX; i++) {
		snprintf(name, sizeof(name), "buses.d/bus%d.conf", i);
		put(name, BUS);
	}
	expect(load_all(&errors), &errors,
	        &(struct wrong){ "", 0, "there are 17 files, at most 16 are read", "take the others away" },
	        "buses.d");
	for (int i = 0; i <= 16; i++) {
		snprintf(name, sizeof(name), "factors.d/site%d.conf", i);
		put(name, "format = 1;\n");
	}
	expect(load_factors(&errors), &errors,
	        &(struct wrong){ "", 0, "there are 17 files, at most 16 are read", "take the others away" },
	        "factors.d");
}

/* A table of codes has its bound, and what is within it is there. */
static void more_codes_than_are_kept(void **state)
{
	struct hj_conf_errors errors = { 0 };
	char name[64];

	(void)state;
	for (int file = 0; file < 2; file++) {
		FILE *f;

		snprintf(name, sizeof(name), "factors.d/site%d.conf", file);
		f = fopen(path_of(name), "w");
		assert_non_null(f);
		fprintf(f, "format = 1; factors = (\n");
		for (int i = 0; i < 2100; i++)
			fprintf(f, "%s{ code = \"q%d\"; }", i ? ",\n" : "", file * 10000 + i);
		fprintf(f, " );\n");
		assert_int_equal(fclose(f), 0);
	}
	expect(load_factors(&errors), &errors,
	        &(struct wrong){ "", HJ_CONF_FACTORS_MAX - 2100 + 2, "there are more than 4096 codes",
	                "leave out those that nobody uses" },
	        "site1.conf");
}

/* A model's points and a site's own, together more than a meter has. */
static void more_points_than_a_meter_has(void **state)
{
	struct hj_conf_errors errors = { 0 };
	FILE *f = fopen(path_of("models/many.conf"), "w");

	(void)state;
	assert_non_null(f);
	fprintf(f,
	        "format = 1; name = \"x\"; maker = \"y\"; about = \"z\"; sources = ( \"a document\" ); points = (\n");
	for (int i = 0; i < HJ_CONF_POINTS_MAX; i++)
		fprintf(f, "%s{ name = \"p%d\"; table = \"input\"; address = %d; }", i ? ",\n" : "", i, i);
	fprintf(f, " );\n");
	assert_int_equal(fclose(f), 0);
	put("buses.d/north.conf",
	        "format = 1; port = \"/dev/ttyS1\"; meters = (\n{ name = \"m\"; unit_id = 1; model = \"many\";\n"
	        "points = ( { name = \"own\"; table = \"input\"; address = 500; } ); } );\n");
	expect(load_all(&errors), &errors,
	        &(struct wrong){
	                "", 2, "with its model's this meter has 129 points, at most 128 are read", "only = [ ... ]" },
	        "north.conf");
}

/* 70 meters of 128 points: more than a gateway keeps apart. */
static void more_points_than_are_kept(void **state)
{
	struct hj_conf_errors errors = { 0 };
	char name[64];

	(void)state;
	for (int bus = 0; bus < 7; bus++) {
		FILE *f;

		snprintf(name, sizeof(name), "buses.d/bus%d.conf", bus);
		f = fopen(path_of(name), "w");
		assert_non_null(f);
		fprintf(f, "format = 1; port = \"/dev/ttyS%d\"; meters = (\n", bus);
		for (int m = 0; m < 10; m++) {
			fprintf(f, "%s{ name = \"m%d-%d\"; unit_id = %d; points = (", m ? ",\n" : "", bus, m, m + 1);
			for (int p = 0; p < HJ_CONF_POINTS_MAX; p++)
				fprintf(f, "%s{ name = \"p%d\"; table = \"input\"; address = %d; }", p ? "," : "", p,
				        p);
			fprintf(f, " ); }");
		}
		fprintf(f, " );\n");
		assert_int_equal(fclose(f), 0);
	}
	/* 64 of them are 8192 points: the 65th is the fifth of the seventh bus. */
	expect(load_all(&errors), &errors,
	        &(struct wrong){ "", 6, "there are more than 8192 points", "second gateway" }, "bus6.conf");
}

/* ---- models ---- */

static void models(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_model m = { 0 };

	(void)state;
	put("models/dtsd1.conf", "format = 1;\ndevice = \"x\";\n");
	assert_int_equal(hj_conf_load_model(root, "dtsd2", &m, &errors), -ENOENT);
	assert_non_null(strstr(errors.list[0].what, "there is no model \"dtsd2\""));
	assert_non_null(strstr(errors.list[0].remedy, "dtsd1"));
	hj_conf_errors_done(&errors);
	assert_int_equal(hj_conf_load_model(root, "../hjgate", &m, &errors), -ENOENT);
	hj_conf_errors_done(&errors);
	assert_int_equal(hj_conf_load_model(root, "dtsd1", &m, &errors), -EINVAL);
	assert_true(errors.count > 0 && strstr(errors.list[0].file, "models/dtsd1.conf"));
	hj_conf_errors_done(&errors);
	assert_null(m.points);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(main_file),
		T(files_beyond_measure),
		T(a_system_without_gbk),
		T(more_codes_than_are_kept),
		T(more_points_than_a_meter_has),
		T(buses),
		T(uplinks),
		T(equipment),
		T(told_once),
		T(alerts),
		T(folders_that_are_none),
		T(a_link_that_leads_nowhere),
		T(more_files_than_are_read),
		T(more_points_than_are_kept),
		T(models),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
