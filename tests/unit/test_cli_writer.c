/* The command's writer: columns under each other for double-width characters, JSON that parses, CSV that quotes,
 * nothing that steers a terminal. */
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/cli/json_text.h"
#include "../../services/cli/width.h"
#include "../../services/cli/writer.h"

struct sheet {
	char *text;
	size_t size;
	FILE *f;
	struct writer *w;
};

static void begin(struct sheet *s, enum writer_form form)
{
	s->f = open_memstream(&s->text, &s->size);
	assert_non_null(s->f);
	assert_int_equal(writer_new(s->f, form, false, &s->w), 0);
}

static void end(struct sheet *s)
{
	writer_free(s->w);
	fclose(s->f);
}

static const struct writer_column columns[] = {
	{ "name", "NAME", false },
	{ "secret", NULL, false },
	{ "value", "VALUE", true },
	{ "note", "NOTE", false },
};

static void rows(struct writer *w)
{
	writer_table(w, "rows", columns, 4);
	writer_cell_text(w, "oven");
	writer_cell_int(w, 1);
	writer_cell_number(w, 3.25, -1);
	writer_cell_text(w, "a,b");
	writer_cell_text(w, "喷涂线");
	writer_cell_int(w, 2);
	writer_cell_number(w, NAN, -1);
	writer_cell_text(w, "say \"x\"");
	writer_table_end(w);
}

static void columns_align_by_cells(void **state)
{
	struct sheet s;

	begin(&s, WRITER_TEXT);
	rows(s.w);
	end(&s);
	assert_string_equal(s.text, "NAME    VALUE  NOTE\n"
	                            "oven     3.25  a,b\n"
	                            "喷涂线      -  say \"x\"\n");
	free(s.text);
}

static void columns_align_in_any_locale(void **state)
{
	setlocale(LC_CTYPE, "C");
	assert_int_equal(cli_width("喷涂线 a"), 8);
	columns_align_by_cells(state);
	setlocale(LC_CTYPE, "C.UTF-8");
	assert_int_equal(cli_width("喷涂线 a"), 8);
	assert_int_equal(cli_width("℃"), 1);
	columns_align_by_cells(state);
}

static void json_is_the_same_traversal(void **state)
{
	_cleanup_(json_decrefp) json_t *j = NULL;
	struct sheet s;

	begin(&s, WRITER_JSON);
	writer_say(s.w, STYLE_BAD, "for people only");
	writer_field(s.w, "ok", "well", STYLE_PLAIN, json_true(), NULL);
	writer_open(s.w, "inner", "Inner");
	writer_field(s.w, "text", NULL, STYLE_PLAIN, json_string("\"\\\n"), NULL);
	writer_close(s.w);
	rows(s.w);
	writer_table(s.w, "none", columns, 4);
	writer_table_end(s.w);
	end(&s);
	j = json_loads(s.text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(j);
	assert_true(json_is_true(json_object_get(j, "ok")));
	assert_string_equal(json_string_value(json_object_get(json_object_get(j, "inner"), "text")), "\"\\\n");
	assert_int_equal(json_array_size(json_object_get(j, "rows")), 2);
	assert_int_equal(
	        json_integer_value(json_object_get(json_array_get(json_object_get(j, "rows"), 1), "secret")), 2);
	assert_true(json_is_null(json_object_get(json_array_get(json_object_get(j, "rows"), 1), "value")));
	assert_int_equal(json_array_size(json_object_get(j, "none")), 0);
	free(s.text);
}

/* A file in GBK, a meter's text, a platform's: the JSON around it stays whole. */
static void json_of_what_is_no_text(void **state)
{
	static const struct writer_column one[] = { { "t", "T", false } };
	struct sheet s;

	begin(&s, WRITER_JSON_LINES);
	writer_table(s.w, "rows", one, 1);
	writer_cell_text(s.w, "\xc5\xe7 a\xe5\x96\xb7\xff");
	writer_cell(s.w, STYLE_PLAIN, json_string_nocheck("\xc5"), NULL);
	writer_cell_text(s.w, NULL);
	writer_table_end(s.w);
	end(&s);
	assert_string_equal(s.text, "{\"t\": \"?? a喷?\"}\n{\"t\": null}\n{\"t\": null}\n");
	free(s.text);
}

static void json_lines_are_an_object_a_line(void **state)
{
	struct sheet s;

	begin(&s, WRITER_JSON_LINES);
	writer_field(s.w, "ok", "well", STYLE_PLAIN, json_true(), NULL);
	rows(s.w);
	end(&s);
	assert_string_equal(s.text,
	        "{\"name\": \"oven\", \"secret\": 1, \"value\": 3.25, \"note\": \"a,b\"}\n"
	        "{\"name\": \"喷涂线\", \"secret\": 2, \"value\": null, \"note\": \"say \\\"x\\\"\"}\n");
	free(s.text);
}

static void csv_quotes(void **state)
{
	struct sheet s;

	begin(&s, WRITER_CSV);
	writer_say(s.w, STYLE_PLAIN, "not in a sheet");
	rows(s.w);
	end(&s);
	assert_string_equal(s.text, "NAME,VALUE,NOTE\noven,3.25,\"a,b\"\n喷涂线,-,\"say \"\"x\"\"\"\n");
	free(s.text);
}

/* A meter says what it likes, and a person opens the sheet. */
static void csv_has_no_formula(void **state)
{
	struct sheet s;

	begin(&s, WRITER_CSV);
	writer_table(s.w, "rows", columns, 4);
	writer_cell_text(s.w, "=1+1");
	writer_cell_int(s.w, 1);
	writer_cell_number(s.w, -3.25, -1);
	writer_cell(s.w, STYLE_PLAIN, json_string("-"), "+86,1");
	writer_table_end(s.w);
	end(&s);
	assert_string_equal(s.text, "NAME,VALUE,NOTE\n'=1+1,-3.25,\"'+86,1\"\n");
	free(s.text);
}

static void fields_align(void **state)
{
	struct sheet s;

	begin(&s, WRITER_TEXT);
	writer_open(s.w, "store", "Records");
	writer_field(s.w, "a", "kept", STYLE_PLAIN, json_integer(12), NULL);
	writer_field(s.w, "b", NULL, STYLE_PLAIN, json_integer(13), NULL);
	writer_field(s.w, "c", "最旧", STYLE_PLAIN, json_null(), NULL);
	writer_field(s.w, "d", "error of disk", STYLE_PLAIN, json_string("x"), "y");
	writer_close(s.w);
	end(&s);
	assert_string_equal(s.text, "Records\n"
	                            "  kept           12\n"
	                            "  最旧           -\n"
	                            "  error of disk  y\n");
	free(s.text);
}

static void nothing_steers_the_terminal(void **state)
{
	struct sheet s;
	char clean[32];

	cli_clean("\033[2J\x80\xc3(\xe5\x96 \xc2\x9b"
	          "end",
	        clean, sizeof(clean));
	assert_string_equal(clean, "?[2J?\?(?\? ?end");
	cli_clean("喷涂", clean, 5);
	assert_string_equal(clean, "喷");
	begin(&s, WRITER_TEXT);
	writer_say(s.w, STYLE_PLAIN, "%s", "a\rb");
	writer_table(s.w, "rows", columns, 4);
	writer_cell_text(s.w, "\033]0;x\a");
	writer_cell_int(s.w, 1);
	writer_cell_int(s.w, 1);
	writer_cell_text(s.w, "\n");
	writer_table_end(s.w);
	end(&s);
	assert_string_equal(s.text, "a?b\nNAME    VALUE  NOTE\n?]0;x?      1  ?\n");
	free(s.text);
}

static void numbers_have_no_needless_digits(void **state)
{
	static const struct {
		double value;
		int decimals;
		const char *text;
	} cases[] = { { 54.033333333, -1, "54.03333" }, { 55, -1, "55" }, { 1234567890123.0, -1, "1234567890123" },
		{ 0.1, -1, "0.1" }, { 100, -1, "100" }, { -0.000012345678, -1, "-0.0000123" }, { 53.1, 2, "53.10" },
		{ 1048575.75, -1, "1048576" } };

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		static const struct writer_column one[] = { { "v", "V", false } };
		struct sheet s;
		char wanted[64];

		begin(&s, WRITER_TEXT);
		writer_table(s.w, "rows", one, 1);
		writer_cell_number(s.w, cases[i].value, cases[i].decimals);
		writer_table_end(s.w);
		end(&s);
		snprintf(wanted, sizeof(wanted), "V\n%s\n", cases[i].text);
		assert_string_equal(s.text, wanted);
		free(s.text);
	}
}

/* 23.3 is the double 23.300000000000001; what nobody wrote is shown to nobody. */
static void json_has_the_digits_that_were_meant(void **state)
{
	json_t *value = json_pack("{s:f, s:f, s:f, s:I}", "hours", 23.3, "whole", 5.0, "third", 1.0 / 3, "seq",
	        (json_int_t)9007199254740993);
	struct sheet s;

	s.f = open_memstream(&s.text, &s.size);
	assert_non_null(s.f);
	cli_json_line(s.f, value);
	cli_json_line(s.f, NULL);
	fclose(s.f);
	assert_string_equal(s.text,
	        "{\"hours\":23.3,\"whole\":5.0,\"third\":0.333333333333333,\"seq\":9007199254740993}\nnull\n");
	free(s.text);
	json_decref(value);
}

static void long_tables_go_out_in_parts(void **state)
{
	struct sheet s;
	size_t lines = 0;

	begin(&s, WRITER_TEXT);
	writer_table(s.w, "rows", columns, 4);
	for (int i = 0; i < 3 * WRITER_ROWS_HELD + 7; i++) {
		writer_cell_text(s.w, "x");
		writer_cell_int(s.w, 0);
		writer_cell_int(s.w, i);
		writer_cell_text(s.w, "y");
	}
	writer_table_end(s.w);
	end(&s);
	for (const char *p = s.text; *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, 1 + 3 * WRITER_ROWS_HELD + 7);
	free(s.text);
}

/* The widest row is the last one, and every line is as wide as it asks for. */
static void a_table_that_is_held_is_straight(void **state)
{
	const int rows = 2 * WRITER_ROWS_HELD;
	const char *line, *behind;
	ptrdiff_t wide;
	struct sheet s;

	begin(&s, WRITER_TEXT);
	writer_table(s.w, "rows", columns, 4);
	writer_table_hold(s.w, (size_t)rows);
	for (int i = 0; i < rows; i++) {
		writer_cell_text(s.w, i + 1 == rows ? "wide as nothing before" : "x");
		writer_cell_int(s.w, 0);
		writer_cell_int(s.w, i);
		writer_cell_text(s.w, "y");
	}
	writer_table_end(s.w);
	end(&s);
	behind = strchr(s.text, '\n');
	wide = behind - s.text - (ptrdiff_t)(strlen("NOTE") - strlen("y"));
	for (int i = 0; i < rows; i++) {
		line = behind + 1;
		behind = strchr(line, '\n');
		assert_non_null(behind);
		assert_int_equal(behind - line, wide);
	}
	free(s.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_align_by_cells),
		cmocka_unit_test(columns_align_in_any_locale),
		cmocka_unit_test(json_is_the_same_traversal),
		cmocka_unit_test(json_of_what_is_no_text),
		cmocka_unit_test(json_lines_are_an_object_a_line),
		cmocka_unit_test(csv_quotes),
		cmocka_unit_test(csv_has_no_formula),
		cmocka_unit_test(fields_align),
		cmocka_unit_test(nothing_steers_the_terminal),
		cmocka_unit_test(numbers_have_no_needless_digits),
		cmocka_unit_test(json_has_the_digits_that_were_meant),
		cmocka_unit_test(long_tables_go_out_in_parts),
		cmocka_unit_test(a_table_that_is_held_is_straight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
