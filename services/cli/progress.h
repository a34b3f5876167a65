/* A line on the terminal that is written over: how far something long is, and how long it still takes. */
#pragma once

#include "cli.h"

struct cli_progress {
	bool shown; /* standard error is a terminal and no JSON is wanted */
	int64_t begun_ms, told_ms;
};
void cli_progress_begin(const struct cli *cli, struct cli_progress *p);
void cli_progress(struct cli_progress *p, size_t done, size_t all, const char *format, ...) _printf_(4, 5);
void cli_progress_end(struct cli_progress *p);
