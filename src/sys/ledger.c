/* The ledger's writing half: transactions and rows.
 *
 * What is committed and what only hangs in the open transaction are kept apart (`last` and `next`, `ends_committed`
 * and `ends`), so that a failed commit leaves nothing behind. SQLite may roll back by itself when the disk fails in
 * the middle; `failed` then keeps the rest of that transaction from being taken for a new one. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ledger_impl.h"

#define BY_SEQ_AND_LABEL " WHERE seq BETWEEN ?1 AND ?2 AND label >= ?3 AND label < ?4"
#define ANY_KIND         " FROM row" BY_SEQ_AND_LABEL " AND (?5 >> kind) & 1"
/* One kind that is not the minutes: its few rows are found by the index over them. ?5 is the kind. */
#define RARE_KIND " FROM row INDEXED BY rare" BY_SEQ_AND_LABEL " AND kind = ?5 AND kind <> 1"

static const char *const sql_text[SQL_COUNT] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_APPEND] = "INSERT INTO row(seq, kind, label, head, body, mac) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[SQL_PUT] = "INSERT INTO state(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2",
	[SQL_DELETE] = "DELETE FROM state WHERE key = ?1",
	[SQL_GET] = "SELECT value FROM state WHERE key = ?1",
	[SQL_EACH] = "SELECT key, value FROM state WHERE key >= ?1 ORDER BY key",
	[SQL_CUT] = "DELETE FROM row WHERE seq BETWEEN ?1 AND ?2 AND kind = ?5",
	[SQL_CUT_RARE] = "DELETE FROM row INDEXED BY rare WHERE seq BETWEEN ?1 AND ?2 AND kind = ?5 AND kind <> 1",
	[SQL_CUT_SPANS] = "DELETE FROM span WHERE hi > 0 AND hi < coalesce((SELECT min(seq) FROM row), ?1)",
	[SQL_FIRST_LAST] = "SELECT (SELECT min(seq) FROM row), (SELECT max(seq) FROM row)",
	[SQL_READ] = "SELECT seq, kind, label, head, body" ANY_KIND " ORDER BY seq",
	[SQL_READ_RARE] = "SELECT seq, kind, label, head, body" RARE_KIND " ORDER BY seq",
	[SQL_HEADS] = "SELECT seq, kind, label, head" ANY_KIND " ORDER BY seq",
	[SQL_HEADS_RARE] = "SELECT seq, kind, label, head" RARE_KIND " ORDER BY seq",
	[SQL_SEEK_BACK] = "SELECT seq" ANY_KIND " ORDER BY seq DESC",
	[SQL_SEEK_BACK_RARE] = "SELECT seq" RARE_KIND " ORDER BY seq DESC",
	[SQL_ROWS] = "SELECT seq, kind, label, head, body, mac FROM row WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq",
	[SQL_NEWEST] = "SELECT seq, mac FROM row WHERE seq BETWEEN ?1 AND ?2 AND kind = ?5 ORDER BY seq DESC LIMIT 1",
	[SQL_NEWEST_RARE] = "SELECT seq, mac FROM row INDEXED BY rare WHERE seq BETWEEN ?1 AND ?2 AND kind = ?5"
	                    " AND kind <> 1 ORDER BY seq DESC LIMIT 1",
	[SQL_COUNT_ROWS] = "SELECT count(*) FROM row",
	[SQL_SPAN_OPEN] = "INSERT INTO span(day, lo, hi) VALUES(?1, ?2, 0)",
	[SQL_SPAN_CLOSE] = "UPDATE span SET hi = ?1 WHERE rowid = ?2",
	[SQL_SPANS_OPEN] = "SELECT rowid, day FROM span WHERE hi = 0 ORDER BY rowid",
	[SQL_SPANS] = "SELECT lo, iif(hi, hi, ?4) AS upto FROM span WHERE day BETWEEN ?1 AND ?2 AND upto > ?3"
	              " ORDER BY lo",
	[SQL_SPANS_BACK] = "SELECT lo, iif(hi, hi, ?4) AS upto FROM span WHERE day BETWEEN ?1 AND ?2 AND lo < ?3"
	                   " ORDER BY upto DESC, lo",
	[SQL_PAGES] = "PRAGMA page_count",
	[SQL_FREE_PAGES] = "PRAGMA freelist_count",
};

int ledger_errno(sqlite3 *db, int sqlite_result)
{
	int system = db ? sqlite3_system_errno(db) : 0;

	switch (sqlite_result & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_PERM:
		return -EACCES;
	case SQLITE_TOOBIG:
		return -EMSGSIZE;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		if (system == EBADF)
			return -EROFS; /* it was opened for reading, since it could not be for more */
		return system ? -system : -EIO;
	default:
		return ledger_is_damage(sqlite_result) ? -EUCLEAN : -EIO;
	}
}

bool ledger_is_damage(int sqlite_result)
{
	int plain = sqlite_result & 0xff;

	/* A schema that lacks a table is no work of ours any more. */
	return plain == SQLITE_CORRUPT || plain == SQLITE_NOTADB || sqlite_result == SQLITE_ERROR;
}

int ledger_prepare(struct hj_ledger *l)
{
	for (size_t i = 0; i < SQL_COUNT; i++) {
		int r = sqlite3_prepare_v3(l->db, sql_text[i], -1, SQLITE_PREPARE_PERSISTENT, &l->sql[i], NULL);

		if (r != SQLITE_OK)
			return ledger_errno(l->db, r);
	}
	return 0;
}

int ledger_step(struct hj_ledger *l, enum ledger_sql which)
{
	int r = ledger_errno(l->db, sqlite3_step(l->sql[which]));

	sqlite3_reset(l->sql[which]);
	sqlite3_clear_bindings(l->sql[which]);
	return r;
}

int ledger_load_range(struct hj_ledger *l)
{
	sqlite3_stmt *sql = l->sql[SQL_FIRST_LAST];
	int r = sqlite3_step(sql);

	if (r == SQLITE_ROW) {
		l->first = (uint64_t)sqlite3_column_int64(sql, 0);
		l->last = (uint64_t)sqlite3_column_int64(sql, 1);
	}
	r = ledger_errno(l->db, r);
	sqlite3_reset(sql);
	return r;
}

void hj_ledger_close(struct hj_ledger *l)
{
	if (!l)
		return;
	ledger_backup_orphan(l->backup);
	for (size_t i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(l->sql[i]);
	sqlite3_close(l->db); /* rolls back what hangs */
	ledger_keys_done(l);
	hj_keyring_free(l->own_keyring);
	hj_buf_done(&l->head);
	free(l->sealing.data);
	free(l->unsealing.data);
	free(l->path);
	free(l);
}

/* ---- writing ---- */

int ledger_begin(struct hj_ledger *l)
{
	int r;

	if (l->readonly)
		return -EROFS;
	if (l->failed || l->begun)
		return l->failed;
	r = ledger_keys_here(l);
	r = r < 0 ? r : ledger_step(l, SQL_BEGIN);
	if (r < 0)
		return r;
	l->begun = true;
	return 0;
}

int ledger_spoiled(struct hj_ledger *l, int r)
{
	if (r < 0)
		l->failed = r;
	return r;
}

static int insert(struct hj_ledger *l, const struct hj_ledger_row *row)
{
	sqlite3_stmt *sql = l->sql[SQL_APPEND];

	sqlite3_bind_int64(sql, 1, (int64_t)row->seq);
	sqlite3_bind_int64(sql, 2, row->kind);
	sqlite3_bind_int64(sql, 3, row->label);
	sqlite3_bind_blob(sql, 4, row->head, (int)row->head_n, SQLITE_STATIC);
	sqlite3_bind_blob(sql, 5, row->body, (int)row->body_n, SQLITE_STATIC);
	sqlite3_bind_blob(sql, 6, row->mac, HJ_MAC_BYTES, SQLITE_STATIC);
	return ledger_step(l, SQL_APPEND);
}

int hj_ledger_append(struct hj_ledger *l, struct hj_head *head, const void *body, size_t n)
{
	struct hj_ledger_row row;
	uint8_t mac[HJ_MAC_BYTES];
	int r;

	if (n > HJ_LEDGER_BODY_MAX)
		return -EMSGSIZE;
	if (!head->kind || head->kind > HJ_KIND_MOST)
		return -EINVAL;
	r = ledger_begin(l);
	/* A box without a battery would make two keys at each start: by the wrong clock, and by the right one. */
	r = r < 0 || head->trust == HJ_TRUST_NONE ? r : ledger_epoch(l);
	if (r < 0)
		return r;
	head->format = HJ_RECORD_FORMAT;
	head->algorithm = HJ_ALGORITHM_GCM;
	head->key_id = l->slots[l->data_slot].s.id;
	r = ledger_seal_row(l, l->next, head, body, n, &row, mac);
	if (r < 0)
		return r;
	r = insert(l, &row);
	r = r < 0 ? r : ledger_day_note(l, l->next, head->label_ms);
	if (r < 0)
		return ledger_spoiled(l, r);
	l->ends.tail[head->kind].seq = l->next;
	memcpy(l->ends.tail[head->kind].mac, mac, HJ_MAC_BYTES);
	l->ends.rows++;
	head->seq = l->next++;
	return 0;
}

bool hj_ledger_dirty(const struct hj_ledger *l)
{
	return l->begun;
}

void hj_ledger_rollback(struct hj_ledger *l)
{
	if (l->begun && !sqlite3_get_autocommit(l->db))
		ledger_step(l, SQL_ROLLBACK);
	l->begun = false;
	l->failed = 0;
	l->next = l->last + 1;
	l->ends = l->ends_committed;
	memcpy(l->open, l->open_committed, sizeof(l->open));
	l->keys_lost |= l->keys_changed;
	l->keys_changed = false;
	ledger_keys_here(l);
}

void ledger_remember(struct hj_ledger *l)
{
	l->ends_committed = l->ends;
	memcpy(l->open_committed, l->open, sizeof(l->open));
}

int hj_ledger_commit(struct hj_ledger *l)
{
	int r = l->failed;

	if (!l->begun)
		return 0;
	r = r < 0 ? r : ledger_put_seal(l);
	r = r < 0 ? r : ledger_step(l, SQL_COMMIT);
	if (r < 0) {
		hj_ledger_rollback(l);
		return r;
	}
	l->begun = l->keys_changed = false;
	ledger_remember(l);
	/* It only feeds what is shown; the rows are safe already. */
	ledger_load_range(l);
	l->last = l->next - 1;
	return 0;
}

/* ---- looking ---- */

const uint8_t *hj_ledger_store_id(const struct hj_ledger *l)
{
	return l->store_id;
}

uint64_t hj_ledger_last(const struct hj_ledger *l)
{
	return l->last;
}

uint64_t hj_ledger_first(const struct hj_ledger *l)
{
	return l->first;
}

uint64_t hj_ledger_rows(const struct hj_ledger *l)
{
	return l->ends_committed.rows;
}

uint64_t hj_ledger_unreadable(const struct hj_ledger *l)
{
	return l->unreadable;
}

uint64_t hj_ledger_locked(const struct hj_ledger *l)
{
	return l->locked;
}

void hj_ledger_spare(struct hj_ledger *l)
{
	if (l)
		sqlite3_db_release_memory(l->db);
}

int64_t hj_ledger_bytes(const struct hj_ledger *l)
{
	char wal[PATH_MAX];
	struct stat st;
	int64_t bytes = 0;

	if (!stat(l->path, &st))
		bytes += st.st_size;
	snprintf(wal, sizeof(wal), "%s-wal", l->path);
	if (!stat(wal, &st))
		bytes += st.st_size;
	return bytes;
}

static int64_t ask(const struct hj_ledger *l, enum ledger_sql which)
{
	sqlite3_stmt *sql = l->sql[which];
	int64_t n = sqlite3_step(sql) == SQLITE_ROW ? sqlite3_column_int64(sql, 0) : 0;

	sqlite3_reset(sql);
	return n;
}

/* Each commit asks. A pragma is compiled anew each time that it runs, and as one SELECT, from tables of the pragmas,
 * it costs several times as much. */
int64_t hj_ledger_used(const struct hj_ledger *l)
{
	return (ask(l, SQL_PAGES) - ask(l, SQL_FREE_PAGES)) * l->page_bytes;
}
