/* Standard output may be a file on a full disk: what could not be written is said, and is no success. */
#pragma once

#include <stdbool.h>

struct cli;

/* Has writing failed? Asked soon after writing, so that the first reason is known in the end. */
bool cli_output_failed(void);
/* Says once that standard output could not be written, and what to do; the exit status. A reader that has had enough
 * (-EPIPE) is told nothing. */
int cli_output_refused(const struct cli *cli, int r);
/* At the end of a command: its exit status, which is no success where something could not be written. */
int cli_output_end(const struct cli *cli, int status);
