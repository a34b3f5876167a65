/* The ledger: sealed, chained rows in SQLite, one piece for records and for events, one file each. A row is (seq,
 * kind, label, head, body); seq only grows; a row never changes. This header and format are whole; in this version
 * the algorithm is 0 (no seal), the chain fields are zero.
 *
 * WAL, synchronous=FULL: when hj_ledger_commit() has returned 0, the rows are on the disk. One writer. Beside the
 * rows there is a small key-value table `state`, written in the same transaction: cursors, settings, the open
 * windows' checkpoint. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hjgate/record.h"

#define HJ_LEDGER_VERSION  1
#define HJ_LEDGER_BODY_MAX (128u << 10) /* bytes of one body */
#define HJ_LEDGER_KEY_MAX  96           /* bytes of a key of `state` */

struct hj_ledger;

/* Opens or makes the file (directory must exist). A file that is damaged is renamed to PATH.damaged-YYYYMMDDhhmmss,
 * with its -wal, and a new one begun: then *ret_damaged (may be NULL) is true and the caller says so. Store id: 16
 * random bytes made with the file. -EOPNOTSUPP: made by a newer version; -EMEDIUMTYPE: some other program's file;
 * -EBUSY: a process has it open. Then the file has not been touched. Otherwise -errno of the disk. */
int hj_ledger_open(const char *path, struct hj_ledger **ret, bool *ret_damaged);
void hj_ledger_close(struct hj_ledger *l);
HJ_DEFINE_CLEANUP(struct hj_ledger *, hj_ledger_close)
const uint8_t *hj_ledger_store_id(const struct hj_ledger *l);

/* A transaction is begun by the first of append, put or cut and ended by commit. A commit that fails (-ENOSPC, -EIO)
 * has been rolled back whole: seqs are given back, and the caller offers the same again. When append, put or cut
 * fails for the disk's sake every further one gives the same error until commit (which fails, rolled back) or
 * rollback. Keys that begin with "ledger." are the ledger's own. */
int hj_ledger_append(struct hj_ledger *l, struct hj_head *head, const void *body,
        size_t n); /* sets head->seq, format, algorithm */
int hj_ledger_put(
        struct hj_ledger *l, const char *key, const void *value, size_t n); /* n = 0 with value NULL: delete */
int hj_ledger_get(struct hj_ledger *l, const char *key, struct hj_buf *to); /* appended; -ENOENT */
/* Every key that begins with `prefix`, in order. fn returns < 0 to stop. */
int hj_ledger_each(struct hj_ledger *l, const char *prefix,
        int (*fn)(const char *key, const void *value, size_t n, void *userdata), void *userdata);
int hj_ledger_cut(struct hj_ledger *l, uint64_t upto_seq, uint64_t *ret_rows); /* deletes rows with seq <= upto */
bool hj_ledger_dirty(const struct hj_ledger *l);
int hj_ledger_commit(struct hj_ledger *l);
void hj_ledger_rollback(struct hj_ledger *l);

uint64_t hj_ledger_last(const struct hj_ledger *l);  /* newest committed seq; 0 = none */
uint64_t hj_ledger_first(const struct hj_ledger *l); /* oldest kept; 0 = none */
int64_t hj_ledger_bytes(const struct hj_ledger *l);  /* of the file and its WAL */
int64_t hj_ledger_used(const struct hj_ledger
                *l); /* bytes of the file in use: it does not shrink when rows are cut, their room is used again */
uint64_t hj_ledger_unreadable(
        const struct hj_ledger *l); /* rows met and passed over because their head does not decode */

/* Rows in order of seq, from..to, committed ones only (to is clipped to hj_ledger_last). fn: > 0 stops, < 0 fails.
 * head->seq is set; body is valid during the call; fn must not use the ledger. `kinds` is a bit set (1 << kind), 0 =
 * all. */
typedef int (*hj_ledger_fn)(const struct hj_head *head, const void *body, size_t n, void *userdata);
int hj_ledger_read(struct hj_ledger *l, uint64_t from, uint64_t to, unsigned kinds, hj_ledger_fn fn, void *userdata);
/* The same for seq >= from and labels begin <= label < end, by the day index (rows' days are noted as they are
 * appended). */
int hj_ledger_read_labels(struct hj_ledger *l, uint64_t from, int64_t begin_ms, int64_t end_ms, unsigned kinds,
        hj_ledger_fn fn, void *userdata);
/* Where to begin such a reading for the newest `limit` rows only: last + 1 where there are none. */
int hj_ledger_find_newest(
        struct hj_ledger *l, int64_t begin_ms, int64_t end_ms, unsigned kinds, uint64_t limit, uint64_t *ret_from);
