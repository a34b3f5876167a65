/* The writer as text: labels and columns aligned by cells, so that Chinese and Latin stand straight under each other;
 * and as CSV. */
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "hjgate/text.h"
#include "output.h"
#include "width.h"
#include "writer_inner.h"

#define GAP 2 /* cells between columns */

static const char *const escapes[] = {
	[STYLE_PLAIN] = "",
	[STYLE_GOOD] = "\033[32m",
	[STYLE_WARN] = "\033[33m",
	[STYLE_BAD] = "\033[31;1m",
	[STYLE_DIM] = "\033[2m",
	[STYLE_TITLE] = "\033[1m",
};

void writer_put_styled(struct writer *w, enum writer_style style, const char *text)
{
	bool colour = w->colour && style != STYLE_PLAIN && *text;

	fprintf(w->out, "%s%s%s", colour ? escapes[style] : "", text, colour ? "\033[0m" : "");
}

static char *cleaned(const char *text)
{
	size_t size = hj_min(strlen(text) + 1, (size_t)WRITER_TEXT_MAX);
	char *copy = malloc(size);

	if (copy)
		cli_clean(text, copy, size);
	return copy;
}

static const char *shown(const char *text)
{
	return text ? text : "";
}

void writer_fields_add(struct writer *w, const char *label, enum writer_style style, const char *text)
{
	if (w->field_count == WRITER_FIELDS_MAX)
		writer_fields_flush(w);
	w->fields[w->field_count].label = cleaned(label);
	w->fields[w->field_count].value.text = cleaned(text);
	w->fields[w->field_count++].value.style = style;
}

void writer_fields_flush(struct writer *w)
{
	size_t most = 0;

	for (size_t i = 0; i < w->field_count; i++)
		most = hj_max(most, cli_width(shown(w->fields[i].label)));
	for (size_t i = 0; i < w->field_count; i++) {
		const char *label = shown(w->fields[i].label);

		fprintf(w->out, "%*s%s%*s", 2 * w->depth, "", label, (int)(most - cli_width(label)) + GAP, "");
		writer_put_styled(w, w->fields[i].value.style, shown(w->fields[i].value.text));
		fputc('\n', w->out);
		free(w->fields[i].label);
		free(w->fields[i].value.text);
	}
	w->field_count = 0;
}

/* One row's cells, those of columns with a title, in order. `last`: no cell stands behind it, so it needs no padding.
 */
static void put_cell(
        struct writer *w, size_t column, bool first, bool last, enum writer_style style, const char *text)
{
	size_t pad = w->widths[column] - hj_min(w->widths[column], cli_width(text));

	if (last && !*text)
		return;
	fprintf(w->out, "%*s", first ? 2 * w->depth : GAP, "");
	if (w->columns[column].right)
		fprintf(w->out, "%*s", (int)pad, "");
	writer_put_styled(w, style, text);
	if (!w->columns[column].right && !last)
		fprintf(w->out, "%*s", (int)pad, "");
}

static size_t shown_columns(const struct writer *w, size_t ret[WRITER_COLUMNS])
{
	size_t n = 0;

	for (size_t i = 0; i < w->column_count; i++)
		if (w->columns[i].title)
			ret[n++] = i;
	return n;
}

/* The translation of nothing is the catalogue's own head. */
static const char *title_of(const struct writer *w, size_t column)
{
	const char *title = w->columns[column].title;

	return *title ? _(title) : "";
}

static void put_titles(struct writer *w, const size_t *columns, size_t n)
{
	for (size_t i = 0; i < n; i++)
		w->widths[columns[i]] = hj_max(w->widths[columns[i]], cli_width(title_of(w, columns[i])));
	for (size_t i = 0; i < n; i++)
		if (w->form == WRITER_CSV)
			csv_cell(w->out, i == 0, title_of(w, columns[i]));
		else
			put_cell(w, columns[i], i == 0, i + 1 == n, STYLE_TITLE, title_of(w, columns[i]));
	fputc('\n', w->out);
	w->titled = true;
}

void writer_rows_flush(struct writer *w)
{
	size_t columns[WRITER_COLUMNS], n = shown_columns(w, columns);

	for (size_t i = 0; n && i < w->cell_count; i++) {
		size_t *width = &w->widths[columns[i % n]];

		*width = hj_max(*width, cli_width(shown(w->cells[i].text)));
	}
	if (!w->titled && w->cell_count)
		put_titles(w, columns, n);
	for (size_t i = 0; n && i < w->cell_count; i++) {
		const char *text = shown(w->cells[i].text);
		size_t at = i % n;

		/* A number may begin with what a formula begins with. */
		if (w->form == WRITER_CSV)
			(w->cells[i].words ? csv_cell_guarded : csv_cell)(w->out, at == 0, text);
		else
			put_cell(w, columns[at], at == 0, at + 1 == n, w->cells[i].style, text);
		if (at + 1 == n)
			fputc('\n', w->out);
		free(w->cells[i].text);
	}
	w->cell_count = 0;
	w->row_count = 0;
	cli_output_failed();
}

void writer_rows_add(struct writer *w, enum writer_style style, const char *text, bool words)
{
	w->cells[w->cell_count].text = cleaned(text);
	w->cells[w->cell_count].words = words;
	w->cells[w->cell_count++].style = style;
}

void writer_rows_end(struct writer *w)
{
	if (++w->row_count >= w->held)
		writer_rows_flush(w);
}
