/* How far a long tool is and how long it still takes: one line on the terminal, written over and wiped in the end.
 * Nothing where nobody looks. */
#include <stdarg.h>
#include <stdio.h>

#include "progress.h"
#include "timespec.h"
#include "writer.h"

#define EVERY_MS 100

void cli_progress_begin(const struct cli *cli, struct cli_progress *p)
{
	*p = (struct cli_progress){ .shown = !cli->json && writer_colour(stderr), .begun_ms = cli_wall_ms() };
}

void cli_progress(struct cli_progress *p, size_t done, size_t all, const char *format, ...)
{
	int64_t now = cli_wall_ms(), took = now - p->begun_ms;
	char text[128], left[CLI_SPAN_LEN];
	va_list ap;

	if (!p->shown || now - p->told_ms < EVERY_MS)
		return;
	p->told_ms = now;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (done)
		fprintf(stderr, _("%s (%zu of %zu, %s to go)"), text, done, all,
		        cli_span((int64_t)((double)took * (double)(all - done) / (double)done), left));
	else
		fputs(text, stderr);
	fputs("\033[K\r", stderr);
	fflush(stderr);
}

void cli_progress_end(struct cli_progress *p)
{
	if (p->shown && p->told_ms)
		fputs("\r\033[K", stderr);
}
