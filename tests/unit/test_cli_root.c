/* A configuration at a desk: what is a root, and what the box would refuse of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../services/cli/check.h"
#include "../../services/cli/cli.h"
#include "conf_root.h"

static int known(const char *name)
{
	const struct cli cli = { .root = path_of(name) };

	return cli_root_known(&cli);
}

static void a_root_is_above_etc(void **state)
{
	struct cli cli = { .root = "" };

	put("/etc/hjgate/buses.d/a.conf", "format = 1;\n");
	assert_string_equal(cli_root("//"), "");
	assert_string_equal(cli_root("/"), "");
	assert_string_equal(cli_root("./site"), "./site");
	assert_int_equal(cli_root_known(&cli), 0);
	assert_int_equal(known(""), 0);
	assert_int_equal(known("/etc/hjgate"), HJ_EXIT_USAGE);
	assert_int_equal(known("/etc/hjgate/"), HJ_EXIT_USAGE);
	assert_int_equal(known("/nowhere"), HJ_EXIT_USAGE);
	cli.root = "/dev/null";
	assert_int_equal(cli_root_known(&cli), HJ_EXIT_USAGE);
}

static size_t warned(const char *below, int64_t rtd, int64_t heartbeat, int64_t lost_after)
{
	struct hj_conf_uplink u = { .rtd_interval = rtd,
		.session.heartbeat.interval = heartbeat,
		.link = { .main_again = 60, .lost_after = lost_after } };
	const struct hj_conf c = { .uplinks = &u, .uplink_count = 1 };
	struct hj_conf_errors notes = { 0 };
	size_t n;

	check_desk(&c, below, &notes);
	n = notes.count;
	hj_conf_errors_done(&notes);
	return n;
}

static void short_spans_are_for_tests(void **state)
{
	assert_int_equal(warned("./site", 30, 5, 15), 0);
	assert_int_equal(warned("./site", 0, 0, 15), 0); /* 0 is none at all */
	assert_int_equal(warned("./site", 29, 5, 15), 1);
	assert_int_equal(warned("./site", 5, 3, 14), 3);
	assert_int_equal(warned("", 5, 3, 14), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_root_is_above_etc),
		cmocka_unit_test(short_spans_are_for_tests),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
