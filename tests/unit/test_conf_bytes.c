/* What editors make of a file: GBK for UTF-8, a byte order mark, characters of a Chinese keyboard, a quote that is
 * left out. Each is told by the line that it stands on. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/sys/conf_table.h"

#define BUS       "format = 1;\nport = \"/dev/ttyS1\";\n"
#define POINTS(u) "points = ( { name = \"i\"; table = \"input\"; address = 0; unit = \"" u "\"; } ); } );\n"
#define METER     BUS "meters = ( { name = \"oven\"; unit_id = 1;\n"

/* libconfig 1.5 forgets the text it was scanning when a syntax error stops it: a few bytes a file, not ours. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static int parse(const char *text, struct hj_conf_errors *errors)
{
	struct conf_file f = { 0 };
	int r = conf_file_parse(&f, text, strlen(text), errors);

	conf_file_done(&f);
	return r;
}

static void what_is_refused(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *what, *remedy;
	} cases[] = {
		{ METER POINTS("\xa1\xe6"), 4, "not UTF-8", "Chinese Windows" }, /* GBK */
		{ METER "equipment = \"\xba\xe6\xb8\xc9\";\n" POINTS("A"), 4, "not UTF-8", "save the file as UTF-8" },
		{ BUS "# \xb7\xe7\xbb\xfa\n", 3, "not UTF-8", "GBK" }, /* a comment, too */
		{ BUS "# \xed\xa0\x80\n", 3, "not UTF-8", "UTF-8" },   /* a surrogate */
		{ BUS "# \xe7\x83", 3, "not UTF-8", "UTF-8" },         /* cut off */
		{ BUS "baud =\xc2\xa0"
		      "9600;\n",
		        3, "U+00A0", "no-break" },
		{ BUS "\xe3\x80\x80"
		      "baud = 9600;\n",
		        3, "U+3000", "type it anew in ASCII" },
		{ BUS "baud = 9600\xef\xbc\x9b\n", 3, "U+FF1B", "full-width" },
		{ "format = 1;\nport = \xe2\x80\x9c/dev/ttyS1\xe2\x80\x9d;\n", 2, "U+201C", "full-width" },
		{ BUS "# \xe7\x83\x98\nbaud = ;\n", 4, "syntax error",
		        "KEY = VALUE" }, /* the comment is none of it */
		{ "format = 1;\nport = \"/dev/ttyS1;\nbaud = 9600;\nparity = \"even\";\nhost = \"a\";\n", 2,
		        "begins on this line and ends on line", "close the text" },
		{ METER "equipment = \"\xe7\x83\x98;\nmodel = \"\xe7\x83\x98\";\n" POINTS("A"), 4,
		        "ends on line 5 only", "close the text" },
		{ BUS "baud = 9600; # \" is a sign\nparity = even;\n", 4, "syntax error", "in \"quotes\"" },
		{ BUS "host = \"a\\\"b\";\nparity = even;\n", 4, "syntax error", "in \"quotes\"" },
		{ BUS "host = \"never closed;\nbaud = 9600;\n", 3, "syntax error", "close the text" },
		{ BUS "/* \"\n */ baud = ;\n", 4, "syntax error", "KEY = VALUE" },
	};

	(void)state;
	for (size_t i = 0; i < hj_array_size(cases); i++) {
		struct hj_conf_errors errors = { 0 };
		const struct hj_conf_error *e;

		assert_int_equal(parse(cases[i].text, &errors), -EINVAL);
		assert_int_equal(errors.count, 1);
		e = &errors.list[0];
		if (e->line != cases[i].line || !strstr(e->what, cases[i].what) ||
		        !strstr(e->remedy, cases[i].remedy))
			fail_msg("got %d: %s; %s for\n%s", e->line, e->what, e->remedy, cases[i].text);
		hj_conf_errors_done(&errors);
	}
}

static void what_is_right(void **state)
{
	static const char *const cases[] = {
		"\xef\xbb\xbf" BUS,                                     /* a byte order mark */
		METER POINTS("\xe2\x84\x83"),                           /* ℃ */
		BUS "# \xe7\x83\x98\xe5\xb9\xb2\xef\xbc\x9b\xc2\xa0\n", /* in a comment all is well */
		"# \xf0\xa0\x80\x80\n" BUS,                             /* beyond 16 bits */
	};

	(void)state;
	for (size_t i = 0; i < hj_array_size(cases); i++) {
		struct hj_conf_errors errors = { 0 };

		if (parse(cases[i], &errors) != 0)
			fail_msg("refused: %d: %s for\n%s", errors.list[0].line, errors.list[0].what, cases[i]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(what_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
