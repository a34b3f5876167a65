/* What --help and the options share. */
#pragma once

#include "cli.h"

const struct cli_option *cli_global_options(void); /* ended by name NULL */
