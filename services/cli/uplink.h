/* Parts of `hjgate uplink`: what also works where the uplink does not run. */
#pragma once

#include "adhoc.h"
#include "cli.h"

#define UPLINK_SOCKET_MAX (HJ_NAME_MAX + 24)

/* One connection to uplinkd@NAME, or to one that is started for this command from its file, where none runs. 0, or
 * the exit status, said already; uplink_close() in any case. */
int uplink_open(const struct cli *cli, const char *name, bool change, struct cli_adhoc *ret);
void uplink_close(struct cli_adhoc *a);
bool uplink_is_adhoc(const struct cli_adhoc *a);

/* uplink_preview.c */
struct uplink_preview {
	bool change; /* passwords are shown */
	bool frames; /* nothing but the frames */
};
int uplink_preview(const struct cli *cli, const char *name, const struct uplink_preview *o);

/* uplink_test.c */
int uplink_test(const struct cli *cli, const char *name, bool made_up);
