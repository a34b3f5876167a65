/* Why standard output failed is known in the end, though the C library has forgotten it, and is said once. */
#include <errno.h>

#include "../../services/cli/output.h"
#include "../../services/cli/writer.h"
#include "cli_said.h"

static bool json;

static const struct writer_column columns[] = { { "text", "TEXT", false } };

static int write_much(struct cli *cli, int argc, char **argv)
{
	struct writer *w = writer_stdout(json ? WRITER_JSON : WRITER_TEXT);

	writer_table(w, "rows", columns, hj_array_size(columns));
	for (int i = 0; i < 5000; i++)
		writer_cell_text(w, "a row of a table that is longer than any buffer");
	writer_table_end(w);
	writer_free(w);
	errno = EAGAIN; /* of something else */
	return cli_output_end(cli, 0);
}

static int write_little(struct cli *cli, int argc, char **argv)
{
	fputs("a word", stdout);
	return cli_output_end(cli, argc > 1 ? HJ_EXIT_TEMPORARY : 0);
}

static int write_and_complain(struct cli *cli, int argc, char **argv)
{
	fputs("a word", stdout);
	cli_refused(cli, "something else is wrong");
	errno = EAGAIN;
	return cli_output_end(cli, HJ_EXIT_REFUSED);
}

static int times(const char *what)
{
	int n = 0;

	for (const char *p = said; (p = strstr(p, what)); p++)
		n++;
	return n;
}

static void a_full_disk_is_said_once(void **state)
{
	static const cli_fn fns[] = { write_much, write_little, write_and_complain };

	for (size_t i = 0; i < 2 * hj_array_size(fns); i++) {
		json = i & 1;
		assert_int_equal(hear_file(fns[i / 2], false, "/dev/full", "x"), HJ_EXIT_REFUSED);
		assert_int_equal(times("cannot write standard output: No space left on device."), 1);
	}
	assert_int_equal(hear_file(write_little, false, "/dev/full", "x again"), HJ_EXIT_TEMPORARY);
}

static void what_is_written_is_no_trouble(void **state)
{
	assert_int_equal(hear(write_little, false, "x"), 0);
	assert_string_equal(said, "a word");
	assert_int_equal(hear_file(write_much, false, "/dev/null", "x"), 0);
	assert_string_equal(said, "");
}

static int setup(void **state)
{
	return make_root("output");
}

static int teardown(void **state)
{
	return remove_root();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_disk_is_said_once),
		cmocka_unit_test(what_is_written_is_no_trouble),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
