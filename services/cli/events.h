/* `hjgate events show ID`. */
#pragma once

#include "cli.h"

int cli_events_show(struct cli *cli, int64_t id);
