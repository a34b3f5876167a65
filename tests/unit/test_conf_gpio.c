/* What a bus of the box's own inputs may say, and what of it is refused. */
#include "hjgate/conf.h"
#include "hjgate/cleanup.h"

#include <errno.h>
#include <string.h>

#include "conf_root.h"

#define BUS(port, points)                                                                                            \
	"format = 1; type = \"gpio\"; port = \"" port "\";\nmeters = ( { name = \"box\"; points = ( " points         \
	" ); } );\n"
#define POINT(keys) "{ name = \"x\"; " keys " }"

/* NULL: it is right. Else what the error's words hold. */
static const struct {
	const char *text, *error;
} buses[] = {
	{ BUS("/dev/gpiochip0", POINT("address = 7;")), NULL },
	{ BUS("pinctrl-bcm2711", POINT("address = 7; table = \"line\"; type = \"bit\";")), NULL },
	{ BUS("/dev/gpiochip0", POINT("address = 7; active_low = true; debounce = 50; fast = 100; bias = "
	                              "\"pull-up\"; event = true;")),
	        NULL },
	{ BUS("/dev/gpiochip0", POINT("address = 7; debounce = 0;") ", { name = \"y\"; address = 8; }"), NULL },
	{ BUS("/dev/gpiochip0", POINT("address = 7; debounce = 5001;")), "debounce = 5001" },
	{ BUS("/dev/gpiochip0", POINT("address = 7; bias = \"up\";")), "bias" },
	{ BUS("/dev/gpiochip0", POINT("address = 7;") ", { name = \"y\"; address = 7; }"), "point box.x on line" },
	{ BUS("/dev/gpiochip0", POINT("address = 7; table = \"coil\";")), "table = \"coil\" does not go" },
	{ BUS("/dev/gpiochip0", POINT("address = 7; type = \"uint16\";")), "type = \"uint16\" does not go" },
	{ BUS("/dev/gpiochip0", POINT("")), "address is missing" },
	{ BUS("", POINT("address = 7;")), "port = \"\"" },
	{ "format = 1; port = \"ttyS1\"; meters = ( { name = \"m\"; unit_id = 1; points = ( { name = \"x\"; table = "
	  "\"coil\"; address = 0; } ); } );",
	        "no path of a device" },
	{ "format = 1; port = \"/dev/ttyS1\"; meters = ( { name = \"m\"; unit_id = 1; points = ( { name = \"x\"; "
	  "table "
	  "= \"coil\"; address = 0; debounce = 5; } ); } );",
	        "debounce" },
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
			assert_int_equal(b.meters[0].points[0].table, HJ_TABLE_LINE);
			assert_int_equal(b.meters[0].points[0].codec.type, HJ_TYPE_BIT);
		}
		hj_conf_bus_done(&b);
	}
}

static void what_a_line_is_told(void **state)
{
	struct hj_conf_errors errors = { 0 };
	const struct hj_conf_point *p;
	struct hj_conf_bus b;

	(void)state;
	put("/etc/hjgate/buses.d/a.conf", buses[0].text);
	assert_int_equal(hj_conf_load_bus(root, "a", &b, &errors), 0);
	p = &b.meters[0].points[0];
	assert_true(p->debounce == 20 && !p->active_low && p->bias == HJ_BIAS_AS_IS);
	hj_conf_bus_done(&b);
	put("/etc/hjgate/buses.d/a.conf", buses[2].text);
	assert_int_equal(hj_conf_load_bus(root, "a", &b, &errors), 0);
	p = &b.meters[0].points[0];
	assert_true(p->debounce == 50 && p->active_low && p->bias == HJ_BIAS_UP && p->event);
	hj_conf_bus_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_bus),
		cmocka_unit_test(what_a_line_is_told),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
