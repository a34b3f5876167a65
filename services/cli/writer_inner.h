/* What the writer's front and its forms share. */
#pragma once

#include "writer.h"

#define WRITER_TEXT_MAX   8192 /* bytes of one line or cell */
#define WRITER_FIELDS_MAX 32   /* held back so that their labels align */

struct writer_cell_text {
	char *text; /* cleaned; NULL = out of memory, shown empty */
	enum writer_style style;
	bool words; /* it says something, and is no number */
};

struct writer {
	FILE *out;
	enum writer_form form;
	bool colour;
	int depth;                  /* of objects; in JSON of brackets */
	char closing[WRITER_DEPTH]; /* JSON: what ends each */
	bool filled[WRITER_DEPTH];  /* JSON: something stands in it */

	struct {
		char *label;
		struct writer_cell_text value;
	} fields[WRITER_FIELDS_MAX];
	size_t field_count;

	const struct writer_column *columns;
	size_t column_count, column; /* column: the next cell's */
	bool titled;
	size_t widths[WRITER_COLUMNS];
	struct writer_cell_text *cells; /* of `room` rows at least */
	size_t cell_count, row_count, held, room; /* held: rows until they go out */
};

void writer_put_styled(struct writer *w, enum writer_style style, const char *text);

/* writer_text.c: aligned text and CSV */
void writer_fields_add(struct writer *w, const char *label, enum writer_style style, const char *text);
void writer_fields_flush(struct writer *w);
void writer_rows_add(struct writer *w, enum writer_style style, const char *text, bool words);
void writer_rows_end(struct writer *w);
void writer_rows_flush(struct writer *w);

/* writer_json.c */
void writer_json_open(struct writer *w, const char *key, char bracket);
void writer_json_close(struct writer *w);
void writer_json_value(struct writer *w, const char *key, const json_t *value);
void writer_json_cell(struct writer *w, const char *key, const json_t *value);
void writer_json_row_end(struct writer *w);
