/* What the files of restoring share. */
#pragma once

#include "cli.h"
#include "hjgate/keyring.h"

/* Takes the KEK that the passphrase opens out of the backup, into the keyring. The exit status. */
int restore_open_by_passphrase(
        struct cli *cli, const char *folder, const char *passphrase_file, struct hj_keyring *keyring);
