/* Which buses and uplinks there are: those configured, and those whose socket is there although they are configured
 * no longer. */
#pragma once

#include <stddef.h>

#include "cli.h"
#include "hjgate/text.h"

struct cli_instances {
	char (*names)[HJ_NAME_MAX + 1]; /* sorted */
	size_t count;
};

void cli_instances_done(struct cli_instances *i);

/* folder: "buses.d", "uplinks.d"; daemon: "meterd", "uplinkd". Never fails: what cannot be read is not there. */
void cli_instances(const char *root, const char *folder, const char *daemon, struct cli_instances *ret);

/* May the configuration not be looked at? Then what is not found may be there all the same. */
bool cli_conf_forbidden(const char *root);
/* Says so where that is the reason, HJ_EXIT_REFUSED; else 0. */
int cli_conf_refused(const struct cli *cli);

/* What is wrong with a file, an error a line; one that is of no line (it cannot be read) has none. */
struct hj_conf_errors;
void cli_conf_errors(const struct cli *cli, const struct hj_conf_errors *errors);

/* Is there such a bus or uplink? 0, or HJ_EXIT_USAGE with the nearest name said. */
int cli_instance_known(const struct cli *cli, const char *folder, const char *daemon, const char *name);

/* Nothing was found of a point, or of a factor: is it one at all? Likewise; 0 where the configuration has none. */
int cli_point_known(const struct cli *cli, const char *name);
