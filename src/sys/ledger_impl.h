/* What the files of the ledger share. */
#pragma once

#include <sqlite3.h>

#include "hjgate/clock.h"
#include "hjgate/ledger.h"
#include "hjgate/seqset.h"

#define HJ_LEDGER_APPLICATION 0x686a6c67 /* "hjlg" */
#define HJ_LEDGER_OPEN_DAYS   4          /* days that may still grow at the same time */
#define LEDGER_SLOTS_MAX      1024
#define LEDGER_SLOTS_SPARE    16 /* of these, for a start at which no key opens the file: two each time */
#define LEDGER_SEGMENTS_MAX   512

#define KEY_OWN      "ledger."         /* keys of the ledger itself begin so */
#define KEY_STORE    "ledger.store"    /* the store id of version 1 */
#define KEY_CUT_OLD  "ledger.cut"      /* of version 1: the newest seq ever cut */
#define KEY_CUT      "ledger.cut."     /* KIND: what was cut last of it */
#define KEY_PLAIN    "ledger.plain"    /* how far the rows of version 1 go, and the chains' ends there */
#define KEY_SLOT     "ledger.key."     /* GENERATION.ID */
#define KEY_SEGMENT  "ledger.segment." /* LO */
#define KEY_SEAL     "ledger.seal"
#define KEY_RECOVERY "ledger.recovery." /* FINGERPRINT of the KEK */
#define KEY_NOTED    "ledger.noted"     /* a start found the file changed */

enum ledger_sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_APPEND,
	SQL_PUT,
	SQL_DELETE,
	SQL_GET,
	SQL_EACH,
	SQL_CUT,
	SQL_CUT_RARE,
	SQL_CUT_SPANS,
	SQL_FIRST_LAST,
	SQL_READ,
	SQL_READ_RARE,
	SQL_HEADS,
	SQL_HEADS_RARE,
	SQL_SEEK_BACK,
	SQL_SEEK_BACK_RARE,
	SQL_ROWS,
	SQL_NEWEST,
	SQL_NEWEST_RARE,
	SQL_COUNT_ROWS,
	SQL_SPAN_OPEN,
	SQL_SPAN_CLOSE,
	SQL_SPANS_OPEN,
	SQL_SPANS,
	SQL_SPANS_BACK,
	SQL_PAGES,
	SQL_FREE_PAGES,
	SQL_COUNT,
};

/* A Beijing day and where its rows lie: from lo on; hi = 0 in the table while it may still grow. */
struct ledger_span {
	int64_t id; /* rowid; 0 = no span */
	int64_t day;
	uint64_t last; /* the newest row of that day that we know of */
};

struct ledger_slot {
	struct hj_ledger_slot s;
	uint8_t key[HJ_KEY_BYTES]; /* where it is open */
	bool stale;                /* opened by another KEK than the one in use */
};

/* What is made of a chain key. */
struct ledger_chain {
	uint32_t generation;
	uint16_t id; /* 0 = none yet */
	struct hj_mac *rows, *state;
	struct hj_cipher *seal;
};

/* What every transaction moves on, and a rollback takes back. */
struct ledger_ends {
	struct hj_ledger_tail tail[HJ_KIND_MOST + 1], cut[HJ_KIND_MOST + 1];
	uint8_t set[HJ_MAC_BYTES]; /* of `state`: the entries' macs, exclusive-or */
	uint64_t commits, rows;
};

struct ledger_room {
	uint8_t *data;
	size_t size;
};

struct hj_ledger {
	sqlite3 *db;
	sqlite3_stmt *sql[SQL_COUNT];
	char *path;
	bool readonly;
	int64_t page_bytes;
	struct hj_keyring *keyring, *own_keyring;
	uint8_t store_id[HJ_ID_BYTES];
	uint64_t first, last; /* committed */
	uint64_t next;        /* the seq of the next row, uncommitted ones counted */
	bool begun;
	int failed; /* what made this transaction impossible: it can only be rolled back */
	bool reading;
	uint64_t unreadable, locked; /* rows met so far */
	struct ledger_span open[HJ_LEDGER_OPEN_DAYS], open_committed[HJ_LEDGER_OPEN_DAYS];
	struct hj_buf head;
	struct ledger_room sealing, unsealing;

	struct ledger_slot *slots;
	size_t slot_count;
	struct hj_ledger_segment *segments; /* by lo */
	size_t segment_count;
	size_t data_slot;          /* which of slots seals what is new */
	struct hj_cipher *writing; /* under it */
	struct hj_cipher *other;   /* under other_slot: the last other one that was needed */
	size_t other_slot;
	bool keys_changed;                      /* by the open transaction */
	bool keys_lost;                         /* the disk did not give them back after a rollback */
	struct ledger_chain chain, other_chain; /* of the newest segment; of the last other one that was needed */
	struct ledger_ends ends, ends_committed;
	struct hj_ledger_tail plain[HJ_KIND_MOST + 1];
	uint64_t plain_upto;
	struct hj_ledger_seal found;
	struct hj_ledger_backup *backup; /* under way */
};

/* ---- ledger_2038.c ---- */
void ledger_bear_2038(void); /* before anything is opened */

/* ---- ledger.c ---- */
/* SQLite's result as -errno; SQLITE_OK, SQLITE_ROW and SQLITE_DONE as 0. */
int ledger_errno(sqlite3 *db, int sqlite_result);
bool ledger_is_damage(int sqlite_result);
int ledger_step(struct hj_ledger *l, enum ledger_sql which); /* runs a statement that gives no row, and resets it */
int ledger_prepare(struct hj_ledger *l);
int ledger_begin(struct hj_ledger *l);          /* a transaction, where none is open */
int ledger_spoiled(struct hj_ledger *l, int r); /* keeps the transaction's failure; gives r */
int ledger_load_range(struct hj_ledger *l);
void ledger_remember(struct hj_ledger *l); /* what is committed is what is known */

/* ---- ledger_file.c: the whole of opening, without the renaming ---- */
int ledger_file_open(
        const char *path, struct hj_keyring *keyring, uint32_t generation, struct hj_ledger **ret, bool *ret_damage);
int ledger_open_looking(const char *path, sqlite3 **ret); /* SQLite's result, or -errno; *ret is closed in any case */
uint32_t ledger_generation_of_name(const char *name);     /* of a file that was set aside; 0: it tells none */
int64_t ledger_generation_copied(const char *path);       /* of the copy of the keys beside it; -1: it tells none */
/* ledger_begin.c: what a file of this version needs, into the transaction of its making or migration. */
int ledger_make(struct hj_ledger *l, uint32_t generation, bool from_old);
int ledger_load(struct hj_ledger *l);  /* keys, segments, ends, spans: from the file into *l */
int ledger_go_on(struct hj_ledger *l); /* a fresh segment where no key opens the last one; new wrappings */

/* ---- ledger_read.c ---- */
struct ledger_filter {
	int64_t begin_ms, end_ms;
	unsigned kinds; /* bits; 0 = all */
};
int ledger_read(struct hj_ledger *l, uint64_t from, uint64_t to, const struct ledger_filter *filter, hj_ledger_fn fn,
        void *userdata); /* > 0: fn stopped it */
/* From `to` down to `from`: takes one off *limit for each match and notes its seq in *at, until none is left. */
int ledger_seek_back(struct hj_ledger *l, uint64_t from, uint64_t to, const struct ledger_filter *filter,
        uint64_t *limit, uint64_t *at);
void ledger_row_of(sqlite3_stmt *sql, bool with_mac, struct hj_ledger_row *ret); /* of SQL_READ and SQL_ROWS */

/* ---- ledger_day.c ---- */
int ledger_day_note(struct hj_ledger *l, uint64_t seq, int64_t label_ms);
int ledger_day_load(struct hj_ledger *l);

/* ---- ledger_state.c ---- */
typedef int (*ledger_raw_fn)(const char *key, const void *value, size_t n, void *userdata);
int ledger_get_raw(struct hj_ledger *l, const char *key, struct hj_buf *to);
int ledger_each_raw(struct hj_ledger *l, const char *prefix, ledger_raw_fn fn, void *userdata); /* > 0 stops */
int ledger_put_raw(struct hj_ledger *l, const char *key, const void *value, size_t n);          /* NULL: delete */
int ledger_put_sealed(struct hj_ledger *l, const char *key, const void *value, size_t n);
/* A value as it lies there, of this file or of one that it goes on from; appended. -EBADMSG, -ENOKEY. */
int ledger_open_value(struct hj_ledger *l, const char *key, const void *value, size_t n, struct hj_buf *to);
bool ledger_is_clear(const void *value, size_t n);
int ledger_set_hash(struct hj_ledger *l, struct ledger_chain *chain, uint8_t ret[HJ_MAC_BYTES]);
int ledger_reseal_state(struct hj_ledger *l, bool from_old); /* every value that can be read, under the newest key */

/* ---- ledger_key.c ---- */
int ledger_load_slots(struct hj_ledger *l);
int ledger_open_slots(struct hj_ledger *l);                  /* how many were opened */
int ledger_slot_check(struct hj_ledger *l, const char *key); /* -EBADMSG: changed; -ENOKEY: its KEK is not here */
int ledger_wrap_stale(struct hj_ledger *l);                  /* into the transaction */
int ledger_new_slot(struct hj_ledger *l, uint32_t generation, enum hj_key_use use, size_t *ret);
int ledger_use_newest(struct hj_ledger *l); /* its keys, for what is new. -ENOKEY */
int ledger_epoch(struct hj_ledger *l);      /* a new data key where the old one has had its days */
uint64_t ledger_chain_begin(const struct hj_ledger *l, uint64_t seq); /* where the chains of its segment begin */
struct ledger_slot *ledger_find_slot(const struct hj_ledger *l, uint32_t generation, uint16_t id);
int ledger_cipher_of(struct hj_ledger *l, uint32_t generation, uint16_t id, struct hj_cipher **ret); /* -ENOKEY */
int ledger_reload_keys(struct hj_ledger *l);
int ledger_keys_here(struct hj_ledger *l); /* reads them where they were lost: without them nothing is done */
void ledger_keys_done(struct hj_ledger *l);
/* What lies in the file is anybody's. -EBADMSG. */
int ledger_slot_decode(const void *data, size_t n, struct hj_ledger_slot *ret, const uint8_t **ret_wrapped);
int ledger_recovery_decode(const void *data, size_t n, struct hj_ledger_recovery *ret, const uint8_t *ret_wrapped[2]);
int ledger_seal_decode(const void *data, size_t n, struct hj_ledger_seal *ret, uint8_t ret_set[HJ_MAC_BYTES]);

/* ---- ledger_segment.c ---- */
int ledger_load_segments(struct hj_ledger *l);
int ledger_new_segment(struct hj_ledger *l, const struct hj_ledger_segment *segment); /* into the transaction */
uint64_t ledger_seq_after(uint64_t seq, uint64_t later); /* that of `later` may be of a later generation: its first */
const struct hj_ledger_segment *ledger_segment_of(const struct hj_ledger *l, uint64_t seq);
int ledger_segment_decode(const void *data, size_t n, struct hj_ledger_segment *ret);
int ledger_chain_of(struct hj_ledger *l, const struct hj_ledger_segment *s, struct ledger_chain **ret); /* -ENOKEY */
int ledger_make_chain(const struct ledger_slot *slot, struct ledger_chain *ret);
void ledger_chain_done(struct ledger_chain *c);

/* ---- ledger_seal.c ---- */
uint8_t *ledger_room(struct ledger_room *room, size_t n); /* NULL: no memory */
/* Head (encoded in l->head) and body of the row `seq`: what is written of it. */
int ledger_seal_row(struct hj_ledger *l, uint64_t seq, const struct hj_head *head, const void *body, size_t n,
        struct hj_ledger_row *ret, uint8_t mac[HJ_MAC_BYTES]);
/* The body lies in l->unsealing or in the row. 0, -EBADMSG, -ENOKEY. */
int ledger_unseal_row(
        struct hj_ledger *l, const struct hj_ledger_row *row, struct hj_head *head, const void **ret, size_t *ret_n);
int ledger_mac(struct ledger_chain *chain, const struct hj_ledger_segment *s, const struct hj_ledger_row *row,
        const uint8_t before[HJ_MAC_BYTES], uint8_t ret[HJ_MAC_BYTES]);
int ledger_put_seal(struct hj_ledger *l);
int ledger_find_seal(struct hj_ledger *l); /* into l->found and l->ends */

/* ---- ledger_backup.c ---- */
void ledger_backup_orphan(struct hj_ledger_backup *b); /* may be NULL */

/* ---- ledger_recovery.c ---- */
int ledger_recovery_follow(struct hj_ledger *l); /* into the transaction */

/* ---- ledger_cut.c ---- */
int ledger_load_cuts(struct hj_ledger *l);
int ledger_load_plain(struct hj_ledger *l);
int ledger_put_plain(struct hj_ledger *l);
int ledger_tail_encode(const struct hj_ledger_tail *t, struct hj_buf *to);
void ledger_tail_decode(struct hj_reader *in, struct hj_ledger_tail *ret);
