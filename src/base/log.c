/* See log.h. A line longer than LINE_MAX_BYTES is cut: what outsiders send must not fill the journal. */
#include "hjgate/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 1024

static const char *log_ident = "hjgate";
static enum hj_log_level log_most = HJ_LOG_INFO;
static int log_journal = -1;

void hj_log_setup(const char *ident, enum hj_log_level most)
{
	log_ident = ident;
	log_most = most;
}

static void write_line(enum hj_log_level level, const char *text)
{
	char line[LINE_MAX_BYTES + 64];
	int n;

	if (log_journal < 0)
		log_journal = getenv("JOURNAL_STREAM") != NULL;
	if (log_journal)
		n = snprintf(line, sizeof(line), "<%d>%s\n", level, text);
	else
		n = snprintf(line, sizeof(line), "%s: %s%s\n", log_ident,
		        level == HJ_LOG_ERROR  ? "error: "
		        : level == HJ_LOG_WARN ? "warning: "
		                               : "",
		        text);
	/* One write a line: the lines of several programs on one terminal do not mix. A lost log line ends nothing.
	 */
	(void)!write(STDERR_FILENO, line, (size_t)hj_min(n, (int)sizeof(line) - 1));
}

void hj_log(enum hj_log_level level, const char *format, ...)
{
	char text[LINE_MAX_BYTES];
	va_list ap;

	if (level > log_most)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	write_line(level, text);
}

int hj_log_error(int r, const char *format, ...)
{
	char text[LINE_MAX_BYTES];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	hj_log(HJ_LOG_ERROR, "%s: %s", text, strerror(-r));
	return r;
}
