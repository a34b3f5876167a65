/* The recovery passphrase, for a backup whose key is not in this box: scrypt runs here, over each way that the backup
 * knows, and the KEK that comes out goes into the keyring. Nothing is written. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/ledger.h"
#include "passphrase.h"
#include "restore.h"

static const char *const files[] = { "records.db", "events.db" };

/* 1: it opened something; 0: it is not the passphrase of this file; -errno. */
static int try_file(
        const char *folder, const char *file, const char *passphrase, struct hj_keyring *keyring, size_t *ways)
{
	_cleanup_(hj_ledger_closep) struct hj_ledger *l = NULL;
	struct hj_ledger_recovery way;
	uint8_t key[HJ_KEY_BYTES];
	char path[HJ_PATH_MAX];
	int r = snprintf(path, sizeof(path), "%s/%s", folder, file) < (int)sizeof(path) ? 0 : -ENAMETOOLONG;
	bool opened = false;

	r = r < 0 ? r : hj_ledger_open_readonly(path, keyring, &l);
	for (size_t i = 0; r >= 0 && hj_ledger_recovery_at(l, i, &way); i++) {
		int k = hj_scrypt(passphrase, strlen(passphrase), way.salt, sizeof(way.salt), way.n, way.r, way.p,
		        key, sizeof(key));

		(*ways)++;
		k = k < 0 ? k : hj_ledger_recover(l, key);
		opened = opened || k >= 0;
	}
	hj_wipe(key, sizeof(key));
	return r < 0 ? r : opened;
}

int restore_open_by_passphrase(
        struct cli *cli, const char *folder, const char *passphrase_file, struct hj_keyring *keyring)
{
	char passphrase[PASSPHRASE_MOST + 1];
	size_t ways = 0;
	int status = passphrase_read(cli, passphrase_file, false, passphrase), r = 0;

	for (size_t i = 0; i < hj_array_size(files) && !status && r == 0; i++)
		r = try_file(folder, files[i], passphrase, keyring, &ways);
	hj_wipe(passphrase, sizeof(passphrase));
	if (status || r > 0)
		return status;
	if (r < 0)
		return cli_refused(cli, _("cannot open %s: %s"), folder, strerror(-r));
	return cli_refused(cli, "%s",
	        ways ? _("this is not the recovery passphrase of this backup")
	             : _("this backup has no recovery passphrase: none was set when it was made; its key (kek) is wanted"));
}
