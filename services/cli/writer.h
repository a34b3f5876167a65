/* What a command prints, said once: the writer makes aligned text for people, JSON for programs, CSV for sheets.
 * Objects hold fields and tables; a table's cells come in the order of its columns. A value is stolen; its text is
 * for people, and where it is NULL it is made from the value. A key or a title that is NULL keeps the thing out of
 * JSON, or out of the text. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "hjgate/cleanup.h"

enum writer_form {
	WRITER_TEXT,
	WRITER_JSON,       /* one object */
	WRITER_JSON_LINES, /* one object a row of a table, nothing else */
	WRITER_CSV,        /* the rows of tables, nothing else */
};

enum writer_style { STYLE_PLAIN, STYLE_GOOD, STYLE_WARN, STYLE_BAD, STYLE_DIM, STYLE_TITLE };

struct writer_column {
	const char *key;   /* of the JSON */
	const char *title; /* N_() */
	bool right;        /* numbers */
};

struct writer;

/* The rows of a table are held back so that its columns fit; beyond this many, or what writer_table_hold() says, they
 * go out, and later ones may push a column wider. */
#define WRITER_ROWS_HELD 256
#define WRITER_COLUMNS   24
#define WRITER_DEPTH     8

int writer_new(FILE *out, enum writer_form form, bool colour, struct writer **ret);
/* Standard output; colour on a terminal only, never with NO_COLOR. Never NULL: out of memory ends the command. */
struct writer *writer_stdout(enum writer_form form);
void writer_free(struct writer *w); /* writes what is held and ends the JSON */
HJ_DEFINE_CLEANUP(struct writer *, writer_free)
bool writer_colour(FILE *out);

void writer_say(struct writer *w, enum writer_style style, const char *format, ...)
        _printf_(3, 4); /* a line of text; not in JSON */
void writer_open(struct writer *w, const char *key,
        const char *title); /* an object in the object; key is never NULL; title is translated already */
void writer_close(struct writer *w);
void writer_field(struct writer *w, const char *key, const char *label, enum writer_style style, json_t *value,
        const char *text);

void writer_table(struct writer *w, const char *key, const struct writer_column *columns, size_t count);
/* So many rows of this table are held back, where there is memory for them: for a table that is bounded. */
void writer_table_hold(struct writer *w, size_t rows);
void writer_cell(struct writer *w, enum writer_style style, json_t *value, const char *text);
void writer_table_end(struct writer *w);
void writer_flush(struct writer *w); /* what is held goes out now */

/* For the values of texts that came from outside: what is no UTF-8 is "?" in it, since JSON has nothing else. NULL: null.
 */
json_t *writer_text(const char *text);

/* Shorthands for cells. */
void writer_cell_text(struct writer *w, const char *text); /* NULL: null and "-" */
void writer_cell_int(struct writer *w, int64_t value);
void writer_cell_number(struct writer *w, double value, int decimals); /* NaN: null and "-" */
void writer_cell_time(struct writer *w, int64_t ms);                   /* 0: null and "-"; ms in JSON */
