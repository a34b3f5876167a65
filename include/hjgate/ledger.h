/* The ledger: sealed, chained rows in SQLite, one piece for records and for events, one file each. A row is (seq,
 * kind, label, head, body, mac); seq only grows; a row never changes. The head is in clear, the body sealed
 * (AES-256-GCM; the head and the row's place are its aad), and `mac` chains the row to the one before it of its kind.
 * Rows of version 1 stay as they were: unsealed, and chained without a mac of their own.
 *
 * WAL, synchronous=FULL: when hj_ledger_commit() has returned 0, the rows are on the disk. One writer. Beside the
 * rows there is a small key-value table `state`, written in the same transaction: cursors, settings, the open
 * windows' checkpoint, and what is the ledger's own: keys, segments, and `ledger.seal`, which proves the whole. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hjgate/keyring.h"
#include "hjgate/record.h"

#define HJ_LEDGER_VERSION    2
#define HJ_LEDGER_BODY_MAX   (128u << 10) /* bytes of one body */
#define HJ_LEDGER_STATE_MAX  (8u << 20)   /* bytes of a value of `state`: a window of 8,192 points takes 400 KB */
#define HJ_LEDGER_KEY_MAX    96           /* bytes of a key of `state` */
#define HJ_LEDGER_GENERATION 100000000ULL /* seqs from one generation's first to the next one's */
#define HJ_LEDGER_EPOCH_DAYS 90           /* of one data key */

struct hj_ledger;

/* Opens or makes the file (directory must exist). A file that is damaged is renamed to
 * PATH.damaged-YYYYMMDDhhmmss-GENERATION, with its -wal, and a new one begun, as the next generation: then
 * *ret_damaged (may be NULL) is true, even where the new one cannot be made, and the caller says so. The keyring
 * must outlive the ledger; NULL: the file `kek` beside it, made where absent. Where no key opens the file it goes
 * on under a fresh one, and what is locked stays (hj_ledger_locked_slots). -EOPNOTSUPP: made by a newer version;
 * -EMEDIUMTYPE: some other program's file; -EBUSY: a process has it open; -ENOKEY: it has gone on so too often (500
 * times) and has no room for more keys. Then the file has not been touched. Otherwise -errno of the disk. */
int hj_ledger_open(const char *path, struct hj_keyring *keyring, struct hj_ledger **ret, bool *ret_damaged);
/* For tools, beside no writer: everything that reads works, everything that writes gives -EROFS, and the file and its
 * WAL stay byte for byte as they are. -EUCLEAN where it is damaged; -ENOENT; -EBUSY: a process has it open. A file of
 * version 1 is -EUCLEAN's opposite: -ESTALE, since only a start of its daemon brings it to this version. */
int hj_ledger_open_readonly(const char *path, struct hj_keyring *keyring, struct hj_ledger **ret);
/* Sets a file aside that nobody has open, as hj_ledger_open() does with one that is damaged: what reads well at a
 * start may be found damaged later. */
int hj_ledger_set_aside(const char *path);
void hj_ledger_close(struct hj_ledger *l);
HJ_DEFINE_CLEANUP(struct hj_ledger *, hj_ledger_close)
/* Gives back the pages of the file that are kept in memory, which the kernel keeps as well; for once in a while.
 * NULL: nothing. */
void hj_ledger_spare(struct hj_ledger *l);
const uint8_t *hj_ledger_store_id(const struct hj_ledger *l); /* of the newest segment */

/* A transaction is begun by the first of append, put or cut and ended by commit. A commit that fails (-ENOSPC, -EIO)
 * has been rolled back whole: seqs are given back, and the caller offers the same again. When append, put or cut
 * fails for the disk's sake every further one gives the same error until commit (which fails, rolled back) or
 * rollback. Keys that begin with "ledger." are the ledger's own. */
int hj_ledger_append(struct hj_ledger *l, struct hj_head *head, const void *body,
        size_t n); /* sets head->seq, format, algorithm, key_id */
int hj_ledger_put(
        struct hj_ledger *l, const char *key, const void *value, size_t n); /* n = 0 with value NULL: delete */
/* The same, proven but not sealed: for what must be known without the key (which records are owed). */
int hj_ledger_put_clear(struct hj_ledger *l, const char *key, const void *value, size_t n);
/* Appended. -ENOENT; -ENOKEY: it is locked; -EBADMSG: it was changed by somebody else. */
int hj_ledger_get(struct hj_ledger *l, const char *key, struct hj_buf *to);
/* Every key that begins with `prefix`, in order. fn returns < 0 to stop. value NULL: locked, or changed by somebody
 * else. */
int hj_ledger_each(struct hj_ledger *l, const char *prefix,
        int (*fn)(const char *key, const void *value, size_t n, void *userdata), void *userdata);
/* Deletes rows with seq <= upto: of every kind, or of one. What was cut last of a kind is kept (hj_ledger_cut_at), so
 * that the chain can be followed from there. */
int hj_ledger_cut(struct hj_ledger *l, uint64_t upto_seq, uint64_t *ret_rows);
int hj_ledger_cut_kind(struct hj_ledger *l, enum hj_kind kind, uint64_t upto_seq, uint64_t *ret_rows);
bool hj_ledger_dirty(const struct hj_ledger *l);
int hj_ledger_commit(struct hj_ledger *l);
void hj_ledger_rollback(struct hj_ledger *l);

uint64_t hj_ledger_last(const struct hj_ledger *l);  /* newest committed seq, cut or not; 0 = none */
uint64_t hj_ledger_first(const struct hj_ledger *l); /* oldest kept; 0 = none */
uint64_t hj_ledger_rows(const struct hj_ledger *l);  /* kept; seqs have holes */
int64_t hj_ledger_bytes(const struct hj_ledger *l);  /* of the file and its WAL */
int64_t hj_ledger_used(const struct hj_ledger
                *l); /* bytes of the file in use: it does not shrink when rows are cut, their room is used again */
/* Rows met and passed over, each time: because somebody changed them, or their key is not here. */
uint64_t hj_ledger_unreadable(const struct hj_ledger *l);
uint64_t hj_ledger_locked(const struct hj_ledger *l);

/* Rows in order of seq, from..to, committed ones only (to is clipped to hj_ledger_last). fn: > 0 stops, < 0 fails.
 * head->seq is set; body is valid during the call; fn must not use the ledger. `kinds` is a bit set (1 << kind), 0 =
 * all; and, beside kinds or alone: */
#define HJ_LEDGER_LOCKED (1u << 31) /* rows whose key is not here, too: body NULL, n 0 */
#define HJ_LEDGER_HEADS  (1u << 30) /* heads only, of every row, proven or not: body NULL, n 0; much faster */
typedef int (*hj_ledger_fn)(const struct hj_head *head, const void *body, size_t n, void *userdata);
int hj_ledger_read(struct hj_ledger *l, uint64_t from, uint64_t to, unsigned kinds, hj_ledger_fn fn, void *userdata);
/* The same for seq >= from and labels begin <= label < end, by the day index (rows' days are noted as they are
 * appended). */
int hj_ledger_read_labels(struct hj_ledger *l, uint64_t from, int64_t begin_ms, int64_t end_ms, unsigned kinds,
        hj_ledger_fn fn, void *userdata);
/* Where to begin such a reading for the newest `limit` rows only: last + 1 where there are none. */
int hj_ledger_find_newest(
        struct hj_ledger *l, int64_t begin_ms, int64_t end_ms, unsigned kinds, uint64_t limit, uint64_t *ret_from);

/* ---- keys ---- */

enum hj_key_use { HJ_KEY_DATA = 1, HJ_KEY_CHAIN = 2 };

/* A key of the file, wrapped by a KEK. Rows and segments name it by (generation, id). */
struct hj_ledger_slot {
	uint32_t generation;
	uint16_t id;
	uint8_t use; /* enum hj_key_use */
	bool open;   /* it is known here */
	bool used;   /* what is new is sealed or chained with it */
	int64_t begin_ms;
	uint8_t fingerprint[HJ_FINGERPRINT_BYTES]; /* of the KEK that wraps it */
};
bool hj_ledger_slot_at(const struct hj_ledger *l, size_t i, struct hj_ledger_slot *ret);
size_t hj_ledger_locked_slots(const struct hj_ledger *l);
/* Looks for the KEK again, opens what it opens, wraps that under the KEK in use (committed). How many slots it
 * opened; -errno. Not while a transaction is open: -EBUSY. */
int hj_ledger_unlock(struct hj_ledger *l);
/* A new data key from the next row on (committed), with every value of `state` sealed anew. */
int hj_ledger_rotate(struct hj_ledger *l);

/* A passphrase's way to a KEK. The key is scrypt's, of the passphrase and this salt. */
#define HJ_SALT_BYTES 16
struct hj_ledger_recovery {
	uint8_t fingerprint[HJ_FINGERPRINT_BYTES]; /* of the KEK that it opens */
	uint8_t salt[HJ_SALT_BYTES];
	uint32_t n, r, p;
	bool known; /* that KEK is here anyway */
};
bool hj_ledger_recovery_at(struct hj_ledger *l, size_t i, struct hj_ledger_recovery *ret);
/* From now on (committed) this key opens the KEK in use, and every other that is known; fingerprint is not read. */
int hj_ledger_recovery_set(
        struct hj_ledger *l, const struct hj_ledger_recovery *how, const uint8_t key[HJ_KEY_BYTES]);
/* Opens what it opens: how many slots (0: they were open already). -EKEYREJECTED: it is not the passphrase's;
 * -ENOMEM. */
int hj_ledger_recover(struct hj_ledger *l, const uint8_t key[HJ_KEY_BYTES]);

/* ---- what proves the file: for verification, salvage, backup ---- */

/* Seqs lo..hi that belong to one store id, chained by one key. */
struct hj_ledger_segment {
	uint64_t lo, hi; /* hi: UINT64_MAX for the newest */
	uint32_t generation;
	uint16_t chain_key; /* its id */
	bool linked;        /* the chains go on from the rows before it; else they begin anew, from zeros */
	int64_t begin_ms;
	uint8_t store_id[HJ_ID_BYTES];
};
bool hj_ledger_segment_at(const struct hj_ledger *l, size_t i, struct hj_ledger_segment *ret); /* by lo */

/* A row of a kind and its place in the chain; seq 0 = none. */
struct hj_ledger_tail {
	uint64_t seq;
	uint8_t mac[HJ_MAC_BYTES];
};

enum hj_seal_state {
	HJ_SEAL_GOOD,    /* rows' ends and every value of `state` are as the last commit left them */
	HJ_SEAL_NEW,     /* there is none: made now, or brought over from version 1 */
	HJ_SEAL_MISSING, /* there should be one */
	HJ_SEAL_CHANGED, /* it does not open, or the file is not what it says */
	HJ_SEAL_LOCKED,  /* its key is not here */
};

/* `ledger.seal` as it was found when the file was opened, and what that says. */
struct hj_ledger_seal {
	enum hj_seal_state state;
	bool state_differs, rows_differ; /* what is not as it says, with CHANGED */
	uint64_t commits, last, rows;
	struct hj_ledger_tail tail[HJ_KIND_MOST + 1]; /* newest of each kind, cut or not */
	/* A start of the daemon that found CHANGED or MISSING went on: at which commit (0: the count was lost with
	 * the seal), and which it was; GOOD = never. */
	uint64_t noted_commits;
	enum hj_seal_state noted;
};
const struct hj_ledger_seal *hj_ledger_seal_found(const struct hj_ledger *l);

/* The last row of that kind that was cut; false: none ever was. */
bool hj_ledger_cut_at(const struct hj_ledger *l, enum hj_kind kind, struct hj_ledger_tail *ret);
/* Rows up to this seq are of version 1: algorithm 0 is right there and nowhere else. 0 = none. */
uint64_t hj_ledger_plain_upto(const struct hj_ledger *l);

/* A row as it lies in the file. */
struct hj_ledger_row {
	uint64_t seq;
	int64_t kind, label;
	const void *head, *body;
	size_t head_n, body_n;
	const uint8_t *mac; /* HJ_MAC_BYTES; NULL where it has none */
};
typedef int (*hj_ledger_row_fn)(const struct hj_ledger_row *row, void *userdata); /* > 0 stops, < 0 fails */
int hj_ledger_each_row(struct hj_ledger *l, uint64_t from, uint64_t to, hj_ledger_row_fn fn, void *userdata);
/* The following three may be used in its fn.
 * Head and (ret_body may be NULL: only proven) body, appended. -EBADMSG: changed; -ENOKEY: locked, head is valid. */
int hj_ledger_row_open(
        struct hj_ledger *l, const struct hj_ledger_row *row, struct hj_head *ret_head, struct hj_buf *ret_body);
/* What its mac must be when `before` is that of the row before it of its kind (zeros where the chain begins).
 * -ENOKEY: the chain's key is not here; -EBADMSG: no segment has it. */
int hj_ledger_row_mac(struct hj_ledger *l, const struct hj_ledger_row *row, const uint8_t before[HJ_MAC_BYTES],
        uint8_t ret[HJ_MAC_BYTES]);
/* An entry of `state` as it lies in the file: -EBADMSG: changed; -ENOKEY: cannot be told. */
int hj_ledger_state_check(struct hj_ledger *l, const char *key);

/* 32 hexadecimal digits of SHA-256 over store id, SEQ and, for each kind, its newest seq <= SEQ and that row's mac.
 * -ENODATA: what it stands on was cut, or is of version 1. */
#define HJ_LEDGER_HEAD_DIGITS 32
int hj_ledger_head(struct hj_ledger *l, uint64_t seq, char ret[HJ_LEDGER_HEAD_DIGITS + 1]);

/* From now on the rows belong to the next generation, with a store id and chains of its own: for what was put back
 * from a backup. Committed. */
int hj_ledger_begin_generation(struct hj_ledger *l, uint32_t generation);
uint32_t hj_ledger_generation(const struct hj_ledger *l);
