/* What the files of `hjgate meter` share. */
#pragma once

#include "cli.h"

#define METER_SOCKET (HJ_NAME_MAX + 24)
#define METER_WORDS  247 /* meters of a bus */

struct meter_words {
	const char *bus;
	const char *old, *new; /* as they were written; NULL where they were not */
};

int cli_meter_swap(struct cli *cli, const struct meter_words *m, int argc, char **argv);
