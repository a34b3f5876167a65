/* A copy of a ledger that goes on being written: a few pages at a time, between its commits. What is committed
 * meanwhile gets into the copy, too, so that in the end it is the ledger of that moment; sealed as it is. */
#pragma once

#include <stdint.h>

#include "hjgate/ledger.h"

struct hj_ledger_backup;

/* `path` is made, and must not be there. Where the ledger is closed first, nothing becomes of it. One at a time:
 * -EBUSY. -errno. */
int hj_ledger_backup_new(struct hj_ledger *l, const char *path, struct hj_ledger_backup **ret);
/* Copies at most `pages` more. 1: all is copied, the file is whole and closed, and nothing has been synced; 0: there
 * is more to do; -EBUSY: not while a transaction is open; -ECANCELED: the ledger was closed; -errno: it cannot become
 * anything. */
int hj_ledger_backup_step(
        struct hj_ledger_backup *b, unsigned pages, uint64_t *ret_done_pages, uint64_t *ret_all_pages);
void hj_ledger_backup_free(struct hj_ledger_backup *b); /* leaves the file as it is */
HJ_DEFINE_CLEANUP(struct hj_ledger_backup *, hj_ledger_backup_free)

/* Proves what is said of this file outside of it, to whoever can open the file: by a key that is made of the newest
 * segment's. The caller's. -ENOKEY. */
int hj_ledger_signer(struct hj_ledger *l, struct hj_mac **ret);
