/* One way to quote, for tables and for exports. A spreadsheet runs what looks like a formula: names of meters and
 * texts of platforms must not be able to. */
#include <string.h>

#include "csv.h"

static void put(FILE *to, const char *mark, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fprintf(to, "%s%s", mark, text);
		return;
	}
	fprintf(to, "\"%s", mark);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', to);
		fputc(*text, to);
	}
	fputc('"', to);
}

void csv_cell(FILE *to, bool first, const char *text)
{
	if (!first)
		fputc(',', to);
	put(to, "", text);
}

/* As ASCII, and as the wide forms that an East Asian spreadsheet reads alike. */
static bool is_formula(const char *text)
{
	static const char *const wide[] = { "＝", "＋", "－", "＠" };

	if (*text && strchr("=+-@\t\r\n", *text))
		return true;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (!strncmp(text, wide[i], strlen(wide[i])))
			return true;
	return false;
}

void csv_cell_guarded(FILE *to, bool first, const char *text)
{
	if (!first)
		fputc(',', to);
	put(to, is_formula(text) ? "'" : "", text);
}
