/* What an export is made of: cells that no spreadsheet runs, files that are whole or not there, what can be carried
 * away. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../services/cli/csv.h"
#include "../../services/cli/export.h"
#include "../../services/cli/outfile.h"
#include "hjgate/clock.h"

static char folder[] = "/tmp/hj-export-XXXXXX";

static void assert_cell(const char *text, bool guarded, const char *expected)
{
	char *made = NULL;
	size_t n;
	FILE *f = open_memstream(&made, &n);

	if (guarded)
		csv_cell_guarded(f, true, text);
	else
		csv_cell(f, true, text);
	fclose(f);
	assert_string_equal(made, expected);
	free(made);
}

static void cells_are_quoted_where_they_must_be(void **state)
{
	assert_cell("oven", false, "oven");
	assert_cell("a,b", false, "\"a,b\"");
	assert_cell("say \"x\"", false, "\"say \"\"x\"\"\"");
	assert_cell("two\r\nlines", false, "\"two\r\nlines\"");
	assert_cell("-1.5", false, "-1.5");
}

static void no_text_is_a_formula(void **state)
{
	static const char *const formulas[] = { "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "＋1", "－1", "＠a" };
	char expected[32];

	for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++) {
		snprintf(expected, sizeof(expected), "'%s", formulas[i]);
		assert_cell(formulas[i], true, expected);
	}
	assert_cell("=HYPERLINK(\"x\",1)", true, "\"'=HYPERLINK(\"\"x\"\",1)\"");
	assert_cell("\r=1", true, "\"'\r=1\"");
	assert_cell("喷涂线=1", true, "喷涂线=1");
	assert_cell("", true, "");
}

static void numbers_come_back(void **state)
{
	static const double values[] = { 0, -1.5, 230.1, 1e17, 123456789.125, 4e300, -3e20 };
	char text[EXPORT_NUMBER_LEN];

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		assert_true(strtod(export_number(values[i], text), NULL) == values[i]);
	assert_string_equal(export_number(0.0 / 0.0, text), "");
}

static const char *path_of(const char *name, char to[PATH_MAX])
{
	snprintf(to, PATH_MAX, "%s/%s", folder, name);
	return to;
}

static void a_file_has_its_name_in_the_end(void **state)
{
	char path[PATH_MAX], part[PATH_MAX];
	struct outfile o;

	path_of("a.csv", path);
	path_of("a.csv.part", part);
	assert_int_equal(outfile_open(&o, path, 0600), 0);
	fputs("text", o.f);
	assert_int_equal(outfile_turn(&o), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(part, F_OK), 0);
	assert_int_equal(outfile_commit(&o), 0);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(access(part, F_OK), -1);
	assert_int_equal(outfile_open(&o, path, 0600), 0);
	outfile_abort(&o);
	assert_int_equal(access(part, F_OK), -1);
	assert_int_equal(access(path, F_OK), 0); /* the old one stays */
	assert_int_equal(outfile_open(&o, folder, 0600), -EISDIR);
	assert_int_equal(symlink("/dev/null", part), 0);
	assert_int_equal(outfile_open(&o, path, 0600), -ELOOP);
	unlink(part);
}

/* As under nohup: what is ignored stays so, and ends no export of hours. */
static void a_hang_up_that_is_ignored(void **state)
{
	char path[PATH_MAX], part[PATH_MAX];
	struct sigaction after;
	struct outfile o;

	path_of("b.csv", path);
	path_of("b.csv.part", part);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_DFL); /* a shell's background has it ignored */
	assert_int_equal(outfile_open(&o, path, 0600), 0);
	assert_int_equal(raise(SIGHUP), 0);
	assert_int_equal(access(part, F_OK), 0);
	assert_int_equal(outfile_commit(&o), 0);
	assert_int_equal(sigaction(SIGHUP, NULL, &after), 0);
	assert_true(after.sa_handler == SIG_IGN);
	assert_int_equal(sigaction(SIGINT, NULL, &after), 0);
	assert_true(after.sa_handler == SIG_DFL);
	signal(SIGHUP, SIG_DFL);
}

static void make_file(const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *f = fopen(path_of(name, path), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void make_folder(const char *name)
{
	char path[PATH_MAX];

	assert_int_equal(mkdir(path_of(name, path), 0700), 0);
}

static void link_to(const char *to, const char *name)
{
	char path[PATH_MAX];

	assert_int_equal(symlink(to, path_of(name, path)), 0);
}

static void what_can_be_carried_away(void **state)
{
	static const char *const folders[] = { "dev", "dev/block", "devices", "devices/mmc", "devices/mmc/mmcblk0",
		"devices/mmc/mmcblk0/mmcblk0p1", "devices/card", "devices/card/mmcblk1",
		"devices/card/mmcblk1/mmcblk1p1", "devices/usb1", "devices/usb1/sda", "devices/usb1/sda/sda1" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		make_folder(folders[i]);
	make_file("devices/mmc/mmcblk0/removable", "0\n");
	make_file("devices/card/mmcblk1/removable", "1\n");
	make_file("devices/usb1/sda/removable", "0\n");
	link_to("../../devices/mmc/mmcblk0/mmcblk0p1", "dev/block/179:1");
	link_to("../../devices/card/mmcblk1/mmcblk1p1", "dev/block/179:9");
	link_to("../../devices/usb1/sda/sda1", "dev/block/8:1");
	assert_false(outfile_device_is_removable(folder, 179, 1));
	assert_true(outfile_device_is_removable(folder, 179, 9));
	assert_true(outfile_device_is_removable(folder, 8, 1)); /* a disk in a USB case does not say so itself */
	assert_false(outfile_device_is_removable(folder, 0, 42));
}

#define TEN_MINUTES 600000LL
#define HOUR_MS     3600000LL
#define NOW         1795568645000LL
#define RUNNING     (NOW / TEN_MINUTES * TEN_MINUTES)

/* What runs when the export begins is no frame yet, whatever was asked for. */
static void only_intervals_that_have_ended(void **state)
{
	static const struct {
		int64_t from, to, begin, end; /* end 0: nothing */
	} cases[] = {
		{ 0, HJ_TIME_MAX_MS, 0, RUNNING },
		{ RUNNING - HOUR_MS, NOW, RUNNING - HOUR_MS, RUNNING },
		{ RUNNING - HOUR_MS + 1, RUNNING + 1, RUNNING - HOUR_MS, RUNNING },
		{ RUNNING - HOUR_MS, RUNNING - TEN_MINUTES, RUNNING - HOUR_MS, RUNNING - TEN_MINUTES },
		{ RUNNING - HOUR_MS, RUNNING - TEN_MINUTES + 1, RUNNING - HOUR_MS, RUNNING },
		{ RUNNING, HJ_TIME_MAX_MS, 0, 0 },
		{ NOW + HOUR_MS, NOW + 2 * HOUR_MS, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct exporting e = { .x = { .from = cases[i].from, .to = cases[i].to }, .begun_ms = NOW };
		int64_t begin, end;

		assert_int_equal(export_stretches(&e, TEN_MINUTES, &begin, &end), cases[i].end != 0);
		assert_true(!cases[i].end || (begin == cases[i].begin && end == cases[i].end));
	}
}

static int setup(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_quoted_where_they_must_be),
		cmocka_unit_test(no_text_is_a_formula),
		cmocka_unit_test(numbers_come_back),
		cmocka_unit_test(a_file_has_its_name_in_the_end),
		cmocka_unit_test(a_hang_up_that_is_ignored),
		cmocka_unit_test(what_can_be_carried_away),
		cmocka_unit_test(only_intervals_that_have_ended),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
