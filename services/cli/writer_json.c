/* The writer as JSON: written as it comes, never held as a whole, so that a month of records needs no more memory
 * than one. Rows of a table stand one on a line. */
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "output.h"
#include "width.h"
#include "writer_inner.h"

json_t *writer_text(const char *text)
{
	_cleanup_free_ char *copy = text ? strdup(text) : NULL;

	if (copy)
		cli_mend(copy);
	return copy ? json_string(copy) : json_null();
}

/* As a whole, or null. */
static void put_value(struct writer *w, const json_t *value)
{
	_cleanup_free_ char *text = cli_json_text(value);

	fputs(text ? text : "null", w->out);
}

static void put_string(struct writer *w, const char *text)
{
	json_t *j = writer_text(text);

	put_value(w, j);
	json_decref(j);
}

static void next(struct writer *w)
{
	if (w->depth > 0 && w->filled[w->depth - 1])
		fputc(',', w->out);
	if (w->depth > 0) {
		w->filled[w->depth - 1] = true;
		fprintf(w->out, "\n%*s", 2 * w->depth, "");
	}
}

void writer_json_open(struct writer *w, const char *key, char bracket)
{
	next(w);
	if (key) {
		put_string(w, key);
		fputs(": ", w->out);
	}
	fputc(bracket, w->out);
	w->closing[w->depth] = bracket == '{' ? '}' : ']';
	w->filled[w->depth] = false;
	w->depth++;
}

void writer_json_close(struct writer *w)
{
	w->depth--;
	if (w->filled[w->depth])
		fprintf(w->out, "\n%*s", 2 * w->depth, "");
	fputc(w->closing[w->depth], w->out);
}

void writer_json_value(struct writer *w, const char *key, const json_t *value)
{
	next(w);
	put_string(w, key);
	fputs(": ", w->out);
	put_value(w, value);
}

void writer_json_cell(struct writer *w, const char *key, const json_t *value)
{
	if (w->column == 0 && w->form == WRITER_JSON)
		next(w);
	if (w->column == 0)
		fputc('{', w->out);
	if (!key)
		return;
	if (w->row_count++ > 0)
		fputs(", ", w->out);
	put_string(w, key);
	fputs(": ", w->out);
	put_value(w, value);
}

void writer_json_row_end(struct writer *w)
{
	w->row_count = 0;
	fputc('}', w->out);
	if (w->form == WRITER_JSON_LINES) {
		fputc('\n', w->out);
		fflush(w->out);
	}
	cli_output_failed();
}
