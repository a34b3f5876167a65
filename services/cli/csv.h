/* Cells of comma separated values (RFC 4180). */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#define CSV_BOM "\xef\xbb\xbf" /* without it spreadsheets take Chinese for something else */
#define CSV_END "\r\n"

/* The comma before it where it is not the first of its line; quotes where they are needed. */
void csv_cell(FILE *to, bool first, const char *text);
/* The same for a text that came from outside: one that a spreadsheet would take for a formula has an apostrophe
 * before it. */
void csv_cell_guarded(FILE *to, bool first, const char *text);
