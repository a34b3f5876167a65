/* Making, checking and putting back a backup. */
#pragma once

#include <limits.h>

#include "cli.h"
#include "manifest.h"

/* Makes a backup in a new folder of `where`, whose path is in ret. The exit status. */
int backup_make(struct cli *cli, const char *where, char ret[PATH_MAX]);
/* Holds the files against the manifest, and the manifest against the key. The exit status; where it is 0, *ret is
 * filled, and *ret_proven says whether the key was here. keyring NULL: the site's own, as far as it may be read. */
int backup_check(
        struct cli *cli, const char *folder, struct hj_keyring *keyring, struct manifest *ret, bool *ret_proven);
