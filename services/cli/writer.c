/* The writer's front: one traversal, told to the form that was asked for. Texts that came from outside are cleaned of
 * what could steer a terminal. Nothing here fails: out of memory costs the cell, and a closed pipe shows at the end,
 * when standard output is flushed. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "output.h"
#include "hjgate/clock.h"
#include "width.h"
#include "writer_inner.h"

#define DIGITS_SHOWN 7

int writer_new(FILE *out, enum writer_form form, bool colour, struct writer **ret)
{
	struct writer *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->cells = calloc(WRITER_ROWS_HELD * WRITER_COLUMNS, sizeof(*w->cells));
	if (!w->cells) {
		free(w);
		return -ENOMEM;
	}
	w->room = WRITER_ROWS_HELD;
	w->out = out;
	w->form = form;
	w->colour = colour;
	if (form == WRITER_JSON)
		writer_json_open(w, NULL, '{');
	*ret = w;
	return 0;
}

bool writer_colour(FILE *out)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

	return isatty(fileno(out)) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

struct writer *writer_stdout(enum writer_form form)
{
	struct writer *w;

	if (writer_new(stdout, form, writer_colour(stdout), &w) < 0) {
		fputs(_("hjgate: out of memory\n"), stderr);
		exit(HJ_EXIT_TEMPORARY);
	}
	return w;
}

void writer_free(struct writer *w)
{
	if (!w)
		return;
	writer_flush(w);
	while (w->form == WRITER_JSON && w->depth > 0)
		writer_json_close(w);
	if (w->form == WRITER_JSON)
		fputc('\n', w->out);
	fflush(w->out);
	cli_output_failed();
	free(w->cells);
	free(w);
}

void writer_flush(struct writer *w)
{
	writer_fields_flush(w);
	writer_rows_flush(w);
	fflush(w->out);
	cli_output_failed();
}

void writer_say(struct writer *w, enum writer_style style, const char *format, ...)
{
	char text[WRITER_TEXT_MAX], clean[WRITER_TEXT_MAX];
	va_list ap;

	if (w->form != WRITER_TEXT)
		return;
	writer_fields_flush(w);
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	cli_clean(text, clean, sizeof(clean));
	fprintf(w->out, "%*s", 2 * w->depth, "");
	writer_put_styled(w, style, clean);
	fputc('\n', w->out);
	cli_output_failed();
}

void writer_open(struct writer *w, const char *key, const char *title)
{
	if (w->form == WRITER_JSON)
		writer_json_open(w, key, '{');
	if (w->form != WRITER_TEXT)
		return;
	if (title)
		writer_say(w, STYLE_TITLE, "%s", title);
	writer_fields_flush(w);
	w->depth++;
}

void writer_close(struct writer *w)
{
	if (w->form == WRITER_JSON)
		writer_json_close(w);
	if (w->form != WRITER_TEXT)
		return;
	writer_fields_flush(w);
	w->depth--;
}

/* The text of a value where none was given; NULL where it needs no text. */
static const char *text_of(const json_t *value, char *to, size_t size)
{
	char number[HJ_NUMBER_LEN];

	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_integer(value))
		snprintf(to, size, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value) && hj_number_format(json_real_value(value), -1, number) == 0)
		snprintf(to, size, "%s", number);
	else if (json_is_boolean(value))
		snprintf(to, size, "%s", json_is_true(value) ? _("yes") : _("no"));
	else
		snprintf(to, size, "-");
	return to;
}

void writer_field(struct writer *w, const char *key, const char *label, enum writer_style style, json_t *value,
        const char *text)
{
	char made[HJ_NUMBER_LEN];

	if (w->form == WRITER_JSON && key)
		writer_json_value(w, key, value);
	if (w->form == WRITER_TEXT && label)
		writer_fields_add(w, label, style, text ? text : text_of(value, made, sizeof(made)));
	json_decref(value);
}

void writer_table(struct writer *w, const char *key, const struct writer_column *columns, size_t count)
{
	writer_fields_flush(w);
	w->columns = columns;
	w->column_count = hj_min(count, (size_t)WRITER_COLUMNS);
	w->column = 0;
	w->titled = false;
	w->held = WRITER_ROWS_HELD;
	memset(w->widths, 0, sizeof(w->widths));
	if (w->form == WRITER_JSON)
		writer_json_open(w, key, '[');
}

void writer_table_hold(struct writer *w, size_t rows)
{
	struct writer_cell_text *cells;

	if (rows > w->room) {
		cells = reallocarray(w->cells, rows * WRITER_COLUMNS, sizeof(*cells));
		if (!cells)
			return;
		w->cells = cells;
		w->room = rows;
	}
	w->held = hj_max(rows, (size_t)1);
}

void writer_cell(struct writer *w, enum writer_style style, json_t *value, const char *text)
{
	const struct writer_column *c = &w->columns[w->column];
	char made[HJ_NUMBER_LEN];

	if (w->form == WRITER_JSON || w->form == WRITER_JSON_LINES)
		writer_json_cell(w, c->key, value);
	else if (c->title)
		writer_rows_add(w, style, text ? text : text_of(value, made, sizeof(made)), json_is_string(value));
	json_decref(value);
	if (++w->column < w->column_count)
		return;
	w->column = 0;
	if (w->form == WRITER_JSON || w->form == WRITER_JSON_LINES)
		writer_json_row_end(w);
	else
		writer_rows_end(w);
}

void writer_table_end(struct writer *w)
{
	if (w->form == WRITER_JSON)
		writer_json_close(w);
	writer_rows_flush(w);
	w->columns = NULL;
	w->column_count = 0;
}

void writer_cell_text(struct writer *w, const char *text)
{
	writer_cell(w, STYLE_PLAIN, writer_text(text), NULL);
}

void writer_cell_int(struct writer *w, int64_t value)
{
	writer_cell(w, STYLE_PLAIN, json_integer(value), NULL);
}

/* For people: as many digits as a float32 has, none of them needless. JSON has them all. */
static int number_text(double value, int decimals, char text[HJ_NUMBER_LEN])
{
	double size = fabs(value);
	int r, places = DIGITS_SHOWN;
	char *end;

	if (decimals >= 0)
		return hj_number_format(value, decimals, text);
	for (; size >= 1 && places > 0; places--)
		size /= 10;
	r = hj_number_format(value, places, text);
	if (r < 0 || !strchr(text, '.'))
		return r;
	for (end = text + strlen(text); end[-1] == '0'; end--)
		;
	end[end[-1] == '.' ? -1 : 0] = '\0';
	return 0;
}

void writer_cell_number(struct writer *w, double value, int decimals)
{
	char text[HJ_NUMBER_LEN];

	if (isfinite(value) && number_text(value, decimals, text) == 0)
		writer_cell(w, STYLE_PLAIN, json_real(value), text);
	else
		writer_cell(w, STYLE_DIM, json_null(), "-");
}

void writer_cell_time(struct writer *w, int64_t ms)
{
	char text[HJ_TIME_HUMAN_LEN + 1];

	hj_time_human(ms, false, text);
	writer_cell(w, ms ? STYLE_PLAIN : STYLE_DIM, ms ? json_integer(ms) : json_null(), ms ? text : "-");
}
