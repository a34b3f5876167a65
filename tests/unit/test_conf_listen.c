/* What a bus of instruments that report by themselves may say, and what of it is refused. */
#include "hjgate/conf.h"
#include "hjgate/cleanup.h"

#include <errno.h>
#include <string.h>

#include "conf_root.h"

#define METERS(name, point)                                                                                          \
	"meters = ( { name = \"" name "\"; unit_id = 3; points = ( { name = \"x\"; " point " } ); } );\n"
#define COIL             "table = \"coil\"; address = 0; event = true;"
#define BUS(keys, point) "format = 1; type = \"listen\"; " keys "\n" METERS("m", point)

/* NULL: it is right. Else what the error's words hold. */
static const struct {
	const char *text, *error;
} buses[] = {
	{ BUS("port = \"/dev/ttyS1\"; baud = 19200;", COIL), NULL },
	{ BUS("tcp_port = 502;", COIL), NULL },
	{ BUS("tcp_port = 1502; listen_on = \"0.0.0.0\";", COIL), NULL },
	{ BUS("tcp_port = 1502; listen_on = \"::1\";", COIL), NULL },
	{ BUS("tcp_port = 1502;", "table = \"holding\"; address = 7; type = \"float32\";"), NULL },
	{ BUS("", COIL), "port is missing" },
	{ BUS("port = \"/dev/ttyS1\"; tcp_port = 502;", COIL), "not on both" },
	{ BUS("port = \"/dev/ttyS1\"; listen_on = \"0.0.0.0\";", COIL), "not on both" },
	{ BUS("tcp_port = 502; baud = 9600;", COIL), "baud goes with a serial port" },
	{ BUS("tcp_port = 502; listen_on = \"plant.example\";", COIL), "listen_on" },
	{ BUS("tcp_port = 502; host = \"10.0.0.1\";", COIL), "host does not go" },
	{ BUS("tcp_port = 502;", "table = \"input\"; address = 0;"), "table = \"input\" does not go" },
	{ BUS("tcp_port = 502;", "table = \"discrete\"; address = 0;"), "table = \"discrete\" does not go" },
	{ "format = 1; port = \"/dev/ttyS1\"; listen_on = \"0.0.0.0\";\n" METERS("m", COIL),
	        "listen_on does not go" },
};

static void one_bus(void **state)
{
	(void)state;
	for (size_t i = 0; i < hj_array_size(buses); i++) {
		_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
		struct hj_conf_bus b = { 0 };
		int r;

		put("/etc/hjgate/buses.d/a.conf", buses[i].text);
		r = hj_conf_load_bus(root, "a", &b, &errors);
		if (buses[i].error) {
			assert_true(r < 0);
			assert_int_equal(errors.count, 1);
			assert_non_null(strstr(errors.list[0].what, buses[i].error));
			assert_true(errors.list[0].remedy[0]);
		} else {
			assert_int_equal(r, 0);
			assert_true(b.meters[0].points[0].event == (b.meters[0].points[0].table == HJ_TABLE_COIL));
		}
		hj_conf_bus_done(&b);
	}
}

/* Nobody is let in from outside whom nobody named. */
static void it_listens_here_only_by_default(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_bus b;

	(void)state;
	put("/etc/hjgate/buses.d/a.conf", BUS("tcp_port = 1502;", COIL));
	assert_int_equal(hj_conf_load_bus(root, "a", &b, &errors), 0);
	assert_string_equal(b.listen_on, "127.0.0.1");
	hj_conf_bus_done(&b);
}

static void two_buses(void **state)
{
	static const struct {
		const char *a, *b;
		bool right;
	} rows[] = {
		{ "tcp_port = 502;", "tcp_port = 1502;", true },
		{ "tcp_port = 502;", "tcp_port = 502; listen_on = \"10.0.0.1\";", true },
		{ "tcp_port = 502;", "tcp_port = 502;", false },
		{ "tcp_port = 502;", "tcp_port = 502; listen_on = \"0.0.0.0\";", false },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
		struct hj_conf c;

		snprintf(text, sizeof(text), "format = 1; type = \"listen\"; %s\n%s", rows[i].a, METERS("m", COIL));
		put("/etc/hjgate/buses.d/a.conf", text);
		snprintf(text, sizeof(text), "format = 1; type = \"listen\"; %s\n%s", rows[i].b, METERS("n", COIL));
		put("/etc/hjgate/buses.d/b.conf", text);
		assert_int_equal(hj_conf_load_all(root, &c, &errors), rows[i].right ? 0 : -EINVAL);
		assert_int_equal(errors.count, rows[i].right ? 0 : 1);
		hj_conf_done(&c);
	}
}

/* ---- what is published ---- */

#define SHOWS(keys, publish) "format = 1; type = \"listen\"; tcp_port = 1502; " keys " publish = ( " publish " );\n"
#define SHOWN(keys)          "{ point = \"m.x\"; " keys " }"

/* NULL: it is right. Else what the error's words hold. */
static const struct {
	const char *text, *error;
} published[] = {
	{ SHOWS(METERS("m", COIL), SHOWN("address = 0;")), NULL },
	{ SHOWS(METERS("m", COIL) "publish_unit = 4;", SHOWN("address = 0;")), NULL },
	{ SHOWS("", "{ point = \"oven.current\"; address = 65534; }"), NULL }, /* another bus's; no meters here */
	{ SHOWS("", "{ point = \"a.b\"; address = 0; }, { point = \"a.c\"; address = 2; type = \"uint16\"; }, "
	            "{ point = \"a.d\"; address = 0; type = \"bit\"; }, { point = \"a.b\"; address = 3; order = "
	            "\"CDAB\"; scale = 0.1; offset = -40.0; }"),
	        NULL },
	{ SHOWS(METERS("m", COIL) "publish_unit = 3;", SHOWN("address = 0;")), "publish_unit = 3: meter m" },
	{ SHOWS("", "{ point = \"a.b\"; address = 0; }, { point = \"a.c\"; address = 1; type = \"int16\"; }"),
	        "that of a.b on line" },
	{ SHOWS("", "{ point = \"a.b\"; address = 3; }, { point = \"a.c\"; address = 0; type = \"uint64\"; }"),
	        "that of a.b on line" },
	{ SHOWS("", "{ point = \"a.b\"; address = 65535; }"), "the last is 65535" },
	{ SHOWS("", "{ point = \"a.b\"; }"), "address is missing" },
	{ SHOWS("", "{ point = \"a\"; address = 0; }"), "no name of a point" },
	{ SHOWS("", "{ point = \"a.b\"; address = 0; type = \"bcd\"; }"), "bcd" },
	{ SHOWS("", "{ point = \"a.b\"; address = 0; scale = 0.0; }"), "scale" },
	{ SHOWS("", "{ point = \"a.b\"; address = 0; type = \"bit\"; order = \"CDAB\"; }"), "order" },
	{ "format = 1; type = \"listen\"; tcp_port = 1502;\n", "meters is missing" },
	{ "format = 1; type = \"rtu\"; port = \"/dev/ttyS1\"; publish = ( " SHOWN("address = 0;") " );\n" METERS(
	          "m", COIL),
	        "publish does not go" },
};

static void what_is_published(void **state)
{
	(void)state;
	for (size_t i = 0; i < hj_array_size(published); i++) {
		_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
		struct hj_conf_bus b = { 0 };
		int r;

		put("/etc/hjgate/buses.d/a.conf", published[i].text);
		r = hj_conf_load_bus(root, "a", &b, &errors);
		if (published[i].error) {
			assert_true(r < 0);
			assert_int_equal(errors.count, 1);
			assert_non_null(strstr(errors.list[0].what, published[i].error));
			assert_true(errors.list[0].remedy[0]);
		} else {
			assert_int_equal(r, 0);
			assert_true(b.publish_count > 0);
			assert_true(b.publish[0].codec.type == HJ_TYPE_FLOAT32 && b.publish[0].codec.scale == 1);
		}
		hj_conf_bus_done(&b);
	}
}

/* Points of every bus may be shown, and only such that are there. */
static void of_all_buses(void **state)
{
	static const struct {
		const char *shown, *point, *error;
	} rows[] = {
		{ "n.x", "table = \"input\"; address = 0;", NULL },
		{ "n.y", "table = \"input\"; address = 0;", "no bus has it" },
		{ "n.x", "table = \"input\"; address = 0; type = \"text\"; length = 8;", "is a text" },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
		struct hj_conf c;

		snprintf(text, sizeof(text), SHOWS("", "{ point = \"%s\"; address = 0; }"), rows[i].shown);
		put("/etc/hjgate/buses.d/a.conf", text);
		snprintf(text, sizeof(text),
		        "format = 1; port = \"/dev/ttyS1\"; meters = ( { name = \"n\"; unit_id = 3; points = "
		        "( { name = \"x\"; %s } ); } );",
		        rows[i].point);
		put("/etc/hjgate/buses.d/b.conf", text);
		assert_int_equal(hj_conf_load_all(root, &c, &errors), rows[i].error ? -EINVAL : 0);
		assert_int_equal(errors.count, rows[i].error ? 1 : 0);
		if (rows[i].error)
			assert_non_null(strstr(errors.list[0].what, rows[i].error));
		hj_conf_done(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_bus),
		cmocka_unit_test(it_listens_here_only_by_default),
		cmocka_unit_test(two_buses),
		cmocka_unit_test(what_is_published),
		cmocka_unit_test(of_all_buses),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
