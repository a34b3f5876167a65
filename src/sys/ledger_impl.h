/* What the files of the ledger share. */
#pragma once

#include <sqlite3.h>

#include "hjgate/clock.h"
#include "hjgate/ledger.h"
#include "hjgate/seqset.h"

#define HJ_LEDGER_APPLICATION 0x686a6c67 /* "hjlg" */
#define HJ_LEDGER_OPEN_DAYS   4          /* days that may still grow at the same time */

#define KEY_OWN   "ledger."      /* keys of the ledger itself begin so */
#define KEY_STORE "ledger.store" /* the store id */
#define KEY_CUT   "ledger.cut"   /* the newest seq ever cut: seq only grows, even when no row is left */

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
	SQL_CUT_SPANS,
	SQL_FIRST_LAST,
	SQL_READ,
	SQL_SEEK_BACK,
	SQL_SPAN_OPEN,
	SQL_SPAN_CLOSE,
	SQL_SPANS_OPEN,
	SQL_SPANS,
	SQL_SPANS_BACK,
	SQL_USED,
	SQL_COUNT,
};

/* A Beijing day and where its rows lie: from lo on; hi = 0 in the table while it may still grow. */
struct ledger_span {
	int64_t id; /* rowid; 0 = no span */
	int64_t day;
	uint64_t last; /* the newest row of that day that we know of */
};

struct hj_ledger {
	sqlite3 *db;
	sqlite3_stmt *sql[SQL_COUNT];
	char *path;
	uint8_t store_id[HJ_ID_BYTES];
	uint64_t first, last, cut; /* committed */
	uint64_t next;             /* the seq of the next row, uncommitted ones counted */
	bool begun;
	int failed; /* what made this transaction impossible: it can only be rolled back */
	bool reading;
	uint64_t unreadable; /* rows whose head did not decode, so far */
	struct ledger_span open[HJ_LEDGER_OPEN_DAYS], open_committed[HJ_LEDGER_OPEN_DAYS];
	struct hj_buf head;
};

/* SQLite's result as -errno; SQLITE_OK, SQLITE_ROW and SQLITE_DONE as 0. */
int ledger_errno(sqlite3 *db, int sqlite_result);
bool ledger_is_damage(int sqlite_result);
int ledger_exec(struct hj_ledger *l, const char *sql);
int ledger_step(struct hj_ledger *l, enum ledger_sql which); /* runs a statement that gives no row, and resets it */
int ledger_prepare(struct hj_ledger *l);
int ledger_load(struct hj_ledger *l); /* first, last, spans, store id: from the file into *l */

/* ledger_file.c: the whole of opening, without the renaming. */
int ledger_file_open(const char *path, struct hj_ledger **ret, bool *ret_damage);

/* ledger_read.c */
struct ledger_filter {
	int64_t begin_ms, end_ms;
	unsigned kinds; /* bits; 0 = all */
};
int ledger_read(struct hj_ledger *l, uint64_t from, uint64_t to, const struct ledger_filter *filter, hj_ledger_fn fn,
        void *userdata); /* > 0: fn stopped it */
/* From `to` down to `from`: takes one off *limit for each match and notes its seq in *at, until none is left. */
int ledger_seek_back(struct hj_ledger *l, uint64_t from, uint64_t to, const struct ledger_filter *filter,
        uint64_t *limit, uint64_t *at);

/* ledger_day.c */
int ledger_day_note(struct hj_ledger *l, uint64_t seq, int64_t label_ms);
int ledger_day_load(struct hj_ledger *l);
