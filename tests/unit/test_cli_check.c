/* What `hjgate check` warns of: what works and is hardly meant, each by the line of its key; and that what is meant
 * is not warned of. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "shell.h"

#include "../../services/cli/check.h"
#include "../../services/cli/check_look.h"
#include "hjgate/cleanup.h"

static char root[64];

static void put(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/etc/hjgate/%s", root, name);
	put_text(path, text);
}

static int setup(void **state)
{
	(void)state;
	strcpy(root, "/tmp/hj-cli-check-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	return sh("mkdir -p %s/etc/hjgate/buses.d %s/etc/hjgate/uplinks.d %s/etc/hjgate/secrets", root, root, root);
}

static int teardown(void **state)
{
	(void)state;
	return sh("rm -rf %s", root);
}

#define PORT   "format = 1;\nport = \"/dev/null\";\n"
#define BUS    PORT "meters = ( { name = \"oven\"; unit_id = 1;\n"
#define POINT  "points = ( { name = \"i\"; table = \"input\"; address = 0; } ); } );\n"
#define PLACE  "format = 1;\nhost = \"203.0.113.1\"; port = 9000;\n"
#define UPLINK PLACE "mn = \"66330302010200001001\"; pw = \"s3cret\";\n"
#define PIPES                                                                                                        \
	"format = 1; type = \"cjt188\"; port = \"/dev/null\";\n"                                                     \
	"meters = ( { name = \"cold\"; station = \"1\";\n"                                                         \
	"points = ( { name = \"e\"; type = \"bcd\"; length = 4;\n"
#define GRID                                                                                                         \
	"format = 1; type = \"dlt645\"; port = \"/dev/null\";\nmeters = ( { name = \"main\"; station = \"7\";\n"     \
	"points = ( { name = \"u\"; type = \"bcd\"; length = 2;\n"

/* What is left away is as it should be. */
struct hardly {
	const char *main, *bus, *uplink, *alerts;
	const char *file;
	int line;
	const char *what, *remedy; /* NULL: nothing is said */
};

static void look(const struct hardly *h)
{
	struct check c;
	const struct hj_conf_error *e;

	put("hjgate.conf", h->main ? h->main : "format = 1;\n");
	put("buses.d/north.conf", h->bus ? h->bus : BUS POINT);
	put("uplinks.d/county.conf", h->uplink ? h->uplink : UPLINK);
	put("alerts.conf", h->alerts ? h->alerts : "format = 1;\n");
	put("factors.conf", "format = 1;\nfactors = ( { code = \"e30201\"; } );\n");
	if (check_read(root, &c) < 0)
		fail_msg("refused: %s:%d: %s", c.errors.list[0].file, c.errors.list[0].line, c.errors.list[0].what);
	for (size_t i = h->what ? 1 : 0; i < c.notes.count; i++)
		fail_msg("not wanted: %s:%d: %s", c.notes.list[i].file, c.notes.list[i].line, c.notes.list[i].what);
	if (h->what) {
		if (!c.notes.count)
			fail_msg("nothing is said of %s", h->what);
		e = &c.notes.list[0];
		if (e->line != h->line || !strstr(e->file, h->file) || !strstr(e->what, h->what) ||
		        !strstr(e->remedy, h->remedy))
			fail_msg("got %s:%d: %s; %s", e->file, e->line, e->what, e->remedy);
	}
	check_done(&c);
}

static const struct hardly hardly[] = {
	{ .bus = "format = 1;\nport = \"/dev/nosuch\";\nmeters = ( { name = \"oven\"; unit_id = 1;\n" POINT,
	        .file = "north.conf",
	        .line = 2,
	        .what = "is not there now",
	        .remedy = "plug it in" },
	{ .bus = BUS "pt = 1.0;\nct = 40.0;\n" POINT,
	        .file = "north.conf",
	        .line = 5,
	        .what = "ct = 40 has no effect: no point of meter oven",
	        .remedy = "ratio = \"ct\"" },
	{ .bus = BUS "points = ( { name = \"i\"; table = \"holding\";\naddress = 40011; },\n"
	             "{ name = \"k\"; table = \"holding\"; address = 40012; } ); } );\n",
	        .file = "north.conf",
	        .line = 5,
	        .what = "register 40011 of a manual is address 10",
	        .remedy = "write address = 10;" },
	{ .bus = BUS "points = ( { name = \"i\"; table = \"input\"; address = 30001; } ); } );\n",
	        .file = "north.conf",
	        .line = 4,
	        .what = "is address 0",
	        .remedy = "write address = 0;" },
	{ .bus = GRID "address = 02010100; } ); } );\n",
	        .file = "north.conf",
	        .line = 4,
	        .what = "decimal number: the identifier 0x001EABF4",
	        .remedy = "write address = 0x02010100;" },
	/* what every meter has: no digit of the number that it is betrays it */
	{ .bus = GRID "address = 00010000; } ); } );\n",
	        .file = "north.conf",
	        .line = 4,
	        .what = "decimal number: the identifier 0x00002710",
	        .remedy = "write address = 0x00010000;" },
	{ .bus = GRID "address = 00030000; } ); } );\n",
	        .file = "north.conf",
	        .line = 4,
	        .what = "the identifier 0x00007530",
	        .remedy = "write address = 0x00030000;" },
	{ .bus = PIPES "address = 108102; } ); } );\n",
	        .file = "north.conf",
	        .line = 4,
	        .what = "the identifier 0x01A646",
	        .remedy = "write address = 0x108102;" },
	{ .uplink = PLACE "mn = \"66330302010200001001\";\npw = \"123456\";\n",
	        .file = "county.conf",
	        .line = 4,
	        .what = "the standard's example",
	        .remedy = "ask the platform" },
	{ .uplink = PLACE "mn = \"66330302010200001001\";\npw = \"7h3k9p\";\n",
	        .file = "county.conf",
	        .line = 4,
	        .what = "the example of this file",
	        .remedy = "ask the platform" },
	{ .uplink = PLACE "pw = \"s3cret\";\nmn = \"010000A8900016F000169DC0\";\n",
	        .file = "county.conf",
	        .line = 4,
	        .what = "this is the standard's example",
	        .remedy = "hjgate mn check" },
	{ .uplink = PLACE "pw = \"s3cret\";\nmn = \"66990302010200001001\";\n",
	        .file = "county.conf",
	        .line = 4,
	        .what = "no province",
	        .remedy = "the platform gave" },
	{ .main = "format = 1;\nclock_uplink = \"county\";\n",
	        .uplink = PLACE "edition = 2005; mn = \"33030210000001\"; pw = \"s3cret\";\n",
	        .file = "/etc/hjgate/hjgate.conf",
	        .line = 2,
	        .what = "nobody can be asked for the time",
	        .remedy = "say the time (CN 1012) each day" },
	{ .main = "format = 1;\nclock_uplink = \"county\";\n" },
	{ .uplink = UPLINK "tls = {\nca = \"tls/none.pem\"; };\n",
	        .file = "county.conf",
	        .line = 5,
	        .what = "/etc/hjgate/tls/none.pem is not there now",
	        .remedy = "correct its path" },
	{ .alerts = "format = 1;\nchannels = ( { name = \"a\"; kind = \"dingtalk\";\ntoken = \"nosuch\"; } "
	            ");\n",
	        .file = "alerts.conf",
	        .line = 3,
	        .what = "/etc/hjgate/secrets/nosuch is not there now",
	        .remedy = "put it there" },
	{ .bus = BUS "points = ( { name = \"i\"; table = \"input\"; address = 0;\nfactor = \"x1\"; } ); "
	             "} );\n",
	        .file = "north.conf",
	        .line = 5,
	        .what = "factor \"x1\"",
	        .remedy = "factors.d/site.conf" },
};

static void what_is_hardly_meant(void **state)
{
	(void)state;
	for (size_t i = 0; i < hj_array_size(hardly); i++)
		look(&hardly[i]);
}

static void what_is_meant(void **state)
{
	static const struct hardly cases[] = {
		{ .bus = BUS POINT },
		{ .bus = BUS "ct = 40.0; points = ( { name = \"i\"; table = \"input\"; address = 0; ratio = "
		             "\"ptct\"; } ); } "
		             ");\n" },
		{ .bus = BUS "points = ( { name = \"i\"; table = \"holding\"; address = 40000; },\n"
		             "{ name = \"k\"; table = \"input\"; address = 50000; } ); } );\n" },
		{ .bus = GRID "address = 0x0201FF00; } ); } );\n" },
		/* whoever writes them by a program: 0x02010100, 0x00010000, 0x0201FF00, 0x00020402 */
		{ .bus = GRID "address = 33620224; } ); } );\n" },
		{ .bus = GRID "address = 65536; } ); } );\n" },
		{ .bus = GRID "address = 33685248; } ); } );\n" },
		{ .bus = GRID "address = 132098; } ); } );\n" },
		{ .bus = GRID "address = 0; } ); } );\n" },
		{ .bus = PIPES "address = 0x10901F; } ); } );\n" },
		{ .bus = PIPES "address = 1085471; } ); } );\n" }, /* 0x10901F */
		{ .bus = PIPES "address = 1056656; } ); } );\n" }, /* 0x101F90, as some meters have it */
		{ .uplink = UPLINK "tls = { ca = \"secrets/there\"; };\n",
		        .alerts = "format = 1;\nchannels = ( { name = \"a\"; kind = \"dingtalk\"; token = \"there\"; "
		                  "} );\n" },
	};

	(void)state;
	put("secrets/there", "x\n");
	for (size_t i = 0; i < hj_array_size(cases); i++)
		look(&cases[i]);
}

/* What its wire cannot carry is told where the interval is written. */
static void an_interval_that_is_too_short(void **state)
{
	struct check c;

	(void)state;
	put("buses.d/north.conf",
	        PORT "baud = 1200;\nmeters = ( { name = \"oven\"; unit_id = 1;\npoll_interval = 1;\n"
	             "points = ( { name = \"a\"; table = \"input\"; address = 0; },\n"
	             "{ name = \"b\"; table = \"input\"; address = 1000; },\n"
	             "{ name = \"c\"; table = \"input\"; address = 2000; },\n"
	             "{ name = \"d\"; table = \"input\"; address = 3000; },\n"
	             "{ name = \"e\"; table = \"input\"; address = 4000; },\n"
	             "{ name = \"f\"; table = \"input\"; address = 5000; } ); } );\n");
	assert_int_equal(check_read(root, &c), -EINVAL);
	assert_int_equal(c.errors.count, 1);
	assert_non_null(strstr(c.errors.list[0].what, "do not fit"));
	assert_int_equal(c.errors.list[0].line, 5);
	check_done(&c);
}

/* On the box itself, what has secrets in it and is for everybody to read is told; the modes are by hand here, since a
 * file that was copied keeps none of the example's. */
static void who_else_may_read(void **state)
{
	struct hj_conf_channel robot = { .name = "robot" };
	struct hj_conf_alerts a = { .channels = &robot };
	struct hj_conf_uplink u = { .pw = "s3cret", .mn = "66330302010200001001" };
	const mode_t modes[] = { 0640, 0644, 0604 };

	(void)state;
	put("alerts.conf", "format = 1;\n");
	snprintf(a.file, sizeof(a.file), "%s/etc/hjgate/alerts.conf", root);
	snprintf(u.file, sizeof(u.file), "%s/etc/hjgate/alerts.conf", root);
	for (size_t i = 0; i < 2 * hj_array_size(modes); i++) {
		struct hj_conf_errors n = { .count = 0 };
		mode_t mode = modes[i / 2];

		assert_int_equal(chmod(a.file, mode), 0);
		a.channel_count = i % 2; /* without a channel there is nothing to be read */
		check_look_at_alerts(&a, "", &n);
		assert_int_equal(n.count, i % 2 && mode != 0640);
		if (n.count)
			assert_non_null(strstr(n.list[0].what, "everybody on this machine can read"));
		check_look_at_alerts(&a, root, &n);
		check_look_at_uplink(&u, NULL, 0, "", &n);
		assert_int_equal(n.count, mode == 0640 ? 0 : 1 + i % 2);
		hj_conf_errors_done(&n);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(what_is_hardly_meant),
		T(what_is_meant),
		T(an_interval_that_is_too_short),
		T(who_else_may_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
