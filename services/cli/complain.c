/* Saying what is wrong, to standard error, once, with what to do next. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "output.h"
#include "width.h"

#define WORD_MAX 32 /* characters compared when looking for the nearest word */

static void say(const struct cli *cli, const char *format, va_list ap)
{
	fflush(stdout);
	cli_output_failed();
	fprintf(stderr, "hjgate%s%s: ", cli->command ? " " : "", cli->command ? cli->command->name : "");
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
}

int cli_refused(const struct cli *cli, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(cli, format, ap);
	va_end(ap);
	return HJ_EXIT_REFUSED;
}

int cli_usage(const struct cli *cli, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(cli, format, ap);
	va_end(ap);
	fprintf(stderr, _("Try: hjgate %s%s--help\n"), cli->command ? cli->command->name : "",
	        cli->command ? " " : "");
	return HJ_EXIT_USAGE;
}

int cli_span_check(const struct cli *cli, int64_t from_ms, int64_t to_ms)
{
	return to_ms && from_ms >= to_ms ? cli_usage(cli, "%s", _("--from is not before --to")) : 0;
}

/* Levenshtein's distance of at most WORD_MAX characters, in one row. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[WORD_MAX + 1];
	size_t na = strnlen(a, WORD_MAX), nb = strnlen(b, WORD_MAX);

	for (size_t j = 0; j <= nb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned above = row[j], best = hj_min(above, row[j - 1]) + 1;

			row[j] = hj_min(best, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[nb];
}

const char *cli_nearest(const char *word, const char *const *words)
{
	const char *best = NULL;
	size_t dashes = strspn(word, "-"); /* every option has them: they are no likeness */
	unsigned least = (unsigned)strnlen(word + dashes, WORD_MAX) / 2 + 1; /* farther is none either */

	for (; *words; words++) {
		unsigned d = strlen(word) >= 2 && !strncmp(*words, word, strlen(word)) ? 1 : distance(word, *words);

		if (d < least) {
			least = d;
			best = *words;
		}
	}
	return best;
}

int cli_utf8(const struct cli *cli, const char *text)
{
	char clean[256];

	if (!hj_utf8_bad(text))
		return 0;
	cli_clean(text, clean, sizeof(clean));
	return cli_usage(cli,
	        _("\"%s\" is not UTF-8: the terminal writes another encoding (GBK?); set it to UTF-8 and type it "
	          "anew"),
	        clean);
}

int cli_unknown(const struct cli *cli, const char *what, const char *word, const char *const *words)
{
	const char *near = cli_nearest(word, words);

	if (near)
		return cli_usage(cli, _("unknown %s \"%s\"; did you mean \"%s\"?"), _(what), word, near);
	return cli_usage(cli, _("unknown %s \"%s\""), _(what), word);
}
