/* A passphrase: typed on the terminal without being seen, or the first line of a file. */
#pragma once

#include "cli.h"

#define PASSPHRASE_LEAST 12   /* characters */
#define PASSPHRASE_MOST  1024 /* bytes */

/* `file` NULL: from the terminal; twice: asked again, and both must be the same. 0, or the exit status, said already.
 * Whoever asked wipes it. */
int passphrase_read(const struct cli *cli, const char *file, bool twice, char ret[PASSPHRASE_MOST + 1]);
