/* What a backup is: a folder with a copy of each ledger, and manifest.json, which says what they are and proves it.
 * Each entry is the text that the daemon made of its copy, so that nothing is lost in reading and writing it. */
#pragma once

#include "cli.h"
#include "hjgate/backup.h"
#include "hjgate/now.h"
#include "hjgate/secret_hash.h"

#define MANIFEST_FILE    "manifest.json"
#define MANIFEST_FORMAT  1
#define MANIFEST_FILES   4
#define MANIFEST_MAC_LEN 64

struct manifest_entry {
	char *text;                     /* as it was made */
	char mac[MANIFEST_MAC_LEN + 1]; /* "": none */
	/* out of the text */
	char file[32], id[HJ_BACKUP_ID_MAX + 1], site[HJ_BACKUP_SITE_MAX + 1], version[32];
	char store[2 * HJ_ID_BYTES + 1], sha256[2 * HJ_HASH_BYTES_256 + 1];
	char head[24 + HJ_LEDGER_HEAD_DIGITS]; /* SEQ:HEX; "" = none */
	uint64_t bytes, first, last;
	int64_t made_ms;
};

struct manifest {
	struct manifest_entry entries[MANIFEST_FILES];
	size_t count;
};
void manifest_done(struct manifest *m);

/* Takes an entry in; text is copied. -EBADMSG: it is none, or does not fit to those before; -ENOSPC; -ENOMEM. */
int manifest_add(struct manifest *m, const char *text, const char *mac);
const struct manifest_entry *manifest_find(const struct manifest *m, const char *file);

/* -errno; -EBADMSG where it is none. */
int manifest_read(const char *folder, struct manifest *ret);
int manifest_write(const struct manifest *m, const char *folder);

/* Holds the entry against the key of the file that it names. 0; -EBADMSG: it was changed; -ENOKEY: cannot be told;
 * -errno of opening the file. */
int manifest_prove(const struct manifest_entry *e, const char *folder, struct hj_keyring *keyring);
/* Holds a file's length and hash against its entry: 0; -EBADMSG: it is another one; -errno. */
int manifest_check_file(const struct manifest_entry *e, const char *folder,
        void (*progress)(uint64_t done, uint64_t all, void *userdata), void *userdata);
