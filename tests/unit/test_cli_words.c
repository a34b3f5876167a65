/* Times as people write them, texts with {names}, words that are nearly right. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/cli/cli.h"
#include "../../services/cli/render.h"
#include "../../services/cli/timespec.h"
#include "hjgate/clock.h"
#include "hjgate/ipc.h"

#define NOW 1795568645000LL /* 2026-11-25 05:44:05 Beijing time */

static int64_t parsed(const char *text)
{
	int64_t ms = -1;

	assert_int_equal(cli_time_parse(text, NOW, &ms), 0);
	return ms;
}

static int64_t at(const char *digits)
{
	int64_t ms = -1;

	assert_int_equal(hj_time_parse(digits, strlen(digits), &ms), 0);
	return ms;
}

static void times_of_every_form(void **state)
{
	assert_int_equal(parsed("2026-11-23"), at("20261123000000"));
	assert_int_equal(parsed("2026-11-23 08:05"), at("20261123080500"));
	assert_int_equal(parsed("2026-11-23 08:05:30"), at("20261123080530"));
	assert_int_equal(parsed("2026-11-23T08:05:30"), at("20261123080530"));
	assert_int_equal(parsed("20261123080530"), at("20261123080530"));
	assert_int_equal(parsed("now"), NOW);
	assert_int_equal(parsed("today"), at("20261125000000"));
	assert_int_equal(parsed("yesterday"), at("20261124000000"));
	assert_int_equal(parsed("90s"), NOW - 90000);
	assert_int_equal(parsed("15m"), NOW - 15 * 60000);
	assert_int_equal(parsed("2h"), NOW - 7200000);
	assert_int_equal(parsed("3d"), NOW - 3 * HJ_MS_PER_DAY);
	assert_int_equal(parsed("1w"), NOW - 7 * HJ_MS_PER_DAY);
}

static void times_that_are_none(void **state)
{
	static const char *const bad[] = { "", "h", "2x", "-2h", "2026-02-30", "2026-11-23 8:05", "2026-11-23 08",
		"2026-11-23 08:05:3", "2026-11-23 24:00", "2026-11-23  08:05", "99999999h", "2026112308053",
		"tomorrow", "2026-11-23 08:05:30Z" };
	int64_t ms = 42;

	for (size_t i = 0; i < hj_array_size(bad); i++) {
		assert_int_equal(cli_time_parse(bad[i], NOW, &ms), -EINVAL);
		assert_int_equal(ms, 42);
	}
}

static void spans_in_two_units(void **state)
{
	char text[CLI_SPAN_LEN];

	assert_string_equal(cli_span(45999, text), "45 s");
	assert_string_equal(cli_span(61000, text), "1 min 1 s");
	assert_string_equal(cli_span(3600000 + 20 * 60000, text), "1 h 20 min");
	assert_string_equal(cli_span(3 * HJ_MS_PER_DAY + 7200000, text), "3 days 2 h");
	assert_string_equal(cli_span(-5, text), "0 s");
}

static void names_are_filled(void **state)
{
	_cleanup_json_ json_t *v = json_pack("{ss sI sf sI ss}", "meter", "oven {bus}", "count", (json_int_t)3, "x",
	        1.5, "from", (json_int_t)at("20261123080530"), "zh", "喷涂");
	char text[64], small[8];

	cli_fill("meter {meter}: {count} of {x}", v, text, sizeof(text));
	assert_string_equal(text, "meter oven {bus}: 3 of 1.5");
	cli_fill("since {from}, {unknown}, {} { x", v, text, sizeof(text));
	assert_string_equal(text, "since 2026-11-23 08:05:30, ?, {} { x");
	cli_fill("ab{zh}", v, small, sizeof(small));
	assert_string_equal(small, "ab喷");
	cli_fill("abcde喷涂", v, small, sizeof(small));
	assert_string_equal(small, "abcde");
	cli_fill("{meter}", NULL, text, sizeof(text));
	assert_string_equal(text, "?");
}

static void nearest_words(void **state)
{
	static const char *const words[] = { "status", "points", "records", "uplink", NULL };

	assert_string_equal(cli_nearest("statsu", words), "status");
	assert_string_equal(cli_nearest("rec", words), "records");
	assert_string_equal(cli_nearest("uplinks", words), "uplink");
	assert_null(cli_nearest("xyzzy", words));
	assert_null(cli_nearest("", words));
}

struct values {
	bool follow;
	const char *name;
	int64_t count, time;
};

static const struct cli_option table[] = {
	{ "--follow", 'f', CLI_FLAG, NULL, "", offsetof(struct values, follow) },
	{ "--name", 0, CLI_TEXT, "NAME", "", offsetof(struct values, name) },
	{ "--last", 'n', CLI_COUNT, "N", "", offsetof(struct values, count) },
	{ "--from", 0, CLI_TIME, "TIME", "", offsetof(struct values, time) },
	{ 0 },
};

static void options_by_table(void **state)
{
	const char *argv[] = { "x", "a", "-f", "--name=--json", "-n", "7", "b", "--from", "2026-11-23", "--", "-c", NULL };
	int argc = hj_array_size(argv) - 1;
	struct values v = { 0 };
	struct cli cli = { .root = "" };

	assert_int_equal(cli_options(&cli, table, &v, &argc, (char **)argv), 0);
	assert_true(v.follow);
	assert_string_equal(v.name, "--json");
	assert_int_equal(v.count, 7);
	assert_int_equal(v.time, at("20261123000000"));
	assert_int_equal(argc, 4);
	assert_string_equal(argv[1], "a");
	assert_string_equal(argv[2], "b");
	assert_string_equal(argv[3], "-c");
}

static int options_of(const char *word, const char *value)
{
	const char *argv[] = { "x", word, value, NULL };
	int argc = value ? 3 : 2;
	struct values v = { 0 };
	struct cli cli = { .root = "" };

	return cli_options(&cli, table, &v, &argc, (char **)argv);
}

static void options_that_are_wrong(void **state)
{
	assert_int_equal(options_of("--folow", NULL), HJ_EXIT_USAGE);
	assert_int_equal(options_of("--follow=1", NULL), HJ_EXIT_USAGE);
	assert_int_equal(options_of("--name", NULL), HJ_EXIT_USAGE);
	assert_int_equal(options_of("-n", "0"), HJ_EXIT_USAGE);
	assert_int_equal(options_of("-n", "x"), HJ_EXIT_USAGE);
	assert_int_equal(options_of("-n", "1000001"), HJ_EXIT_USAGE);
	assert_int_equal(options_of("--from", "then"), HJ_EXIT_USAGE);
	assert_int_equal(options_of("-x", NULL), HJ_EXIT_USAGE);
	assert_int_equal(options_of("-", NULL), 0);
}

static void globals_stand_anywhere(void **state)
{
	const char *argv[] = { "hjgate", "--json", "events", "ack", "3", "--cause", "--root", "--root", "/tmp/x", "--",
		"--json", NULL };
	int argc = hj_array_size(argv) - 1;
	struct cli cli = { .root = "" };

	assert_int_equal(cli_globals(&cli, &argc, (char **)argv), 0);
	assert_true(cli.json);
	assert_string_equal(cli.root, "/tmp/x");
	assert_string_equal(cli.command->name, "events");
	assert_int_equal(argc, 7);
	assert_string_equal(argv[0], "events");
	assert_string_equal(argv[3], "--cause");
	assert_string_equal(argv[4], "--root"); /* the cause, not an option */
	assert_string_equal(argv[6], "--json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_of_every_form),
		cmocka_unit_test(times_that_are_none),
		cmocka_unit_test(spans_in_two_units),
		cmocka_unit_test(names_are_filled),
		cmocka_unit_test(nearest_words),
		cmocka_unit_test(options_by_table),
		cmocka_unit_test(options_that_are_wrong),
		cmocka_unit_test(globals_stand_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
