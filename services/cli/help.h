/* What --help and the options share. */
#pragma once

#include "cli.h"

const struct cli_option *cli_global_options(void); /* ended by name NULL */
/* The row that `word` names, or NULL; *ret_value: what stands behind "=", or NULL. */
const struct cli_option *cli_option_find(const struct cli_option *table, const char *word, const char **ret_value);
