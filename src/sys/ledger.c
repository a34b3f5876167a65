/* The ledger's writing half: transactions, rows, state.
 *
 * What is committed and what only hangs in the open transaction are kept apart (`last` and `next`, `open_committed`
 * and `open`), so that a failed commit leaves nothing behind. SQLite may roll back by itself when the disk fails in
 * the middle; `failed` then keeps the rest of that transaction from being taken for a new one. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ledger_impl.h"

static const char *const sql_text[SQL_COUNT] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_APPEND] = "INSERT INTO row(seq, kind, label, head, body) VALUES(?1, ?2, ?3, ?4, ?5)",
	[SQL_PUT] = "INSERT INTO state(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2",
	[SQL_DELETE] = "DELETE FROM state WHERE key = ?1",
	[SQL_GET] = "SELECT value FROM state WHERE key = ?1",
	[SQL_EACH] = "SELECT key, value FROM state WHERE key >= ?1 ORDER BY key",
	[SQL_CUT] = "DELETE FROM row WHERE seq <= ?1",
	[SQL_CUT_SPANS] = "DELETE FROM span WHERE hi > 0 AND hi <= ?1",
	[SQL_FIRST_LAST] = "SELECT (SELECT min(seq) FROM row), (SELECT max(seq) FROM row)",
	[SQL_READ] = "SELECT seq, head, body FROM row WHERE seq BETWEEN ?1 AND ?2 AND label >= ?3 AND label < ?4"
	             " AND (?5 >> kind) & 1 ORDER BY seq",
	[SQL_SEEK_BACK] = "SELECT seq FROM row WHERE seq BETWEEN ?1 AND ?2 AND label >= ?3 AND label < ?4"
	                  " AND (?5 >> kind) & 1 ORDER BY seq DESC",
	[SQL_SPAN_OPEN] = "INSERT INTO span(day, lo, hi) VALUES(?1, ?2, 0)",
	[SQL_SPAN_CLOSE] = "UPDATE span SET hi = ?1 WHERE rowid = ?2",
	[SQL_SPANS_OPEN] = "SELECT rowid, day FROM span WHERE hi = 0 ORDER BY rowid",
	[SQL_SPANS] = "SELECT lo, iif(hi, hi, ?4) AS upto FROM span WHERE day BETWEEN ?1 AND ?2 AND upto > ?3"
	              " ORDER BY lo LIMIT 1",
	[SQL_SPANS_BACK] = "SELECT lo, iif(hi, hi, ?4) AS upto FROM span WHERE day BETWEEN ?1 AND ?2 AND lo < ?3"
	                   " ORDER BY upto DESC, lo LIMIT 1",
	[SQL_USED] = "SELECT (page_count - freelist_count) * page_size"
	             " FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
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

static int load_range(struct hj_ledger *l)
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

static int load_cut(struct hj_ledger *l)
{
	_cleanup_(hj_buf_done) struct hj_buf value = { 0 };
	struct hj_reader in;
	int r = hj_ledger_get(l, KEY_CUT, &value);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	in = (struct hj_reader){ .p = (uint8_t *)value.data, .end = (uint8_t *)value.data + value.len };
	l->cut = hj_get_be(&in, 8);
	return in.failed ? -EUCLEAN : 0;
}

int ledger_load(struct hj_ledger *l)
{
	_cleanup_(hj_buf_done) struct hj_buf id = { 0 };
	int r = hj_ledger_get(l, KEY_STORE, &id);

	if (r < 0 || id.len != HJ_ID_BYTES)
		return r == -ENOENT || r >= 0 ? -EUCLEAN : r;
	memcpy(l->store_id, id.data, HJ_ID_BYTES);
	r = load_range(l);
	r = r < 0 ? r : load_cut(l);
	r = r < 0 ? r : ledger_day_load(l);
	l->last = hj_max(l->last, l->cut);
	l->next = l->last + 1;
	return r;
}

void hj_ledger_close(struct hj_ledger *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(l->sql[i]);
	sqlite3_close(l->db); /* rolls back what hangs */
	hj_buf_done(&l->head);
	free(l->path);
	free(l);
}

/* ---- writing ---- */

/* Every write goes through here: begins the transaction where there is none, and remembers that it has failed. */
static int begin(struct hj_ledger *l)
{
	int r;

	if (l->failed || l->begun)
		return l->failed;
	r = ledger_step(l, SQL_BEGIN);
	if (r < 0)
		return r;
	l->begun = true;
	return 0;
}

static int spoiled(struct hj_ledger *l, int r)
{
	if (r < 0)
		l->failed = r;
	return r;
}

int hj_ledger_append(struct hj_ledger *l, struct hj_head *head, const void *body, size_t n)
{
	sqlite3_stmt *sql = l->sql[SQL_APPEND];
	int r;

	if (n > HJ_LEDGER_BODY_MAX)
		return -EMSGSIZE;
	head->format = HJ_RECORD_FORMAT;
	head->algorithm = HJ_ALGORITHM_NONE;
	l->head.len = 0;
	r = hj_head_encode(head, &l->head);
	r = r < 0 ? r : begin(l);
	if (r < 0)
		return r;
	sqlite3_bind_int64(sql, 1, (int64_t)l->next);
	sqlite3_bind_int64(sql, 2, head->kind);
	sqlite3_bind_int64(sql, 3, head->label_ms);
	sqlite3_bind_blob(sql, 4, l->head.data, (int)l->head.len, SQLITE_STATIC);
	sqlite3_bind_blob(sql, 5, n ? body : "", (int)n, SQLITE_STATIC);
	r = ledger_step(l, SQL_APPEND);
	r = r < 0 ? r : ledger_day_note(l, l->next, head->label_ms);
	if (r < 0)
		return spoiled(l, r);
	head->seq = l->next++;
	return 0;
}

static int put_any(struct hj_ledger *l, const char *key, const void *value, size_t n)
{
	enum ledger_sql which = value ? SQL_PUT : SQL_DELETE;
	int r = begin(l);

	if (r < 0)
		return r;
	sqlite3_bind_text(l->sql[which], 1, key, -1, SQLITE_STATIC);
	if (value)
		sqlite3_bind_blob(l->sql[which], 2, n ? value : "", (int)n, SQLITE_STATIC);
	return spoiled(l, ledger_step(l, which));
}

int hj_ledger_put(struct hj_ledger *l, const char *key, const void *value, size_t n)
{
	if (!*key || strlen(key) > HJ_LEDGER_KEY_MAX || !strncmp(key, KEY_OWN, strlen(KEY_OWN)))
		return -EINVAL;
	return n > HJ_LEDGER_BODY_MAX ? -EMSGSIZE : put_any(l, key, value, n);
}

int hj_ledger_cut(struct hj_ledger *l, uint64_t upto_seq, uint64_t *ret_rows)
{
	_cleanup_(hj_buf_done) struct hj_buf value = { 0 };
	uint64_t upto = hj_min(upto_seq, l->last), rows;
	int r = hj_buf_put_be(&value, upto, 8);

	if (r >= 0 && upto > l->cut)
		r = put_any(l, KEY_CUT, value.data, value.len);
	r = r < 0 ? r : begin(l);
	if (r < 0)
		return r;
	sqlite3_bind_int64(l->sql[SQL_CUT], 1, (int64_t)upto);
	r = ledger_step(l, SQL_CUT);
	rows = (uint64_t)sqlite3_changes64(l->db);
	if (r >= 0) {
		sqlite3_bind_int64(l->sql[SQL_CUT_SPANS], 1, (int64_t)upto);
		r = ledger_step(l, SQL_CUT_SPANS);
	}
	if (r < 0)
		return spoiled(l, r);
	*ret_rows = rows;
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
	memcpy(l->open, l->open_committed, sizeof(l->open));
}

int hj_ledger_commit(struct hj_ledger *l)
{
	int r = l->failed;

	if (!l->begun)
		return 0;
	if (r >= 0)
		r = ledger_step(l, SQL_COMMIT);
	if (r < 0) {
		hj_ledger_rollback(l);
		return r;
	}
	l->begun = false;
	l->last = l->next - 1;
	memcpy(l->open_committed, l->open, sizeof(l->open));
	/* Both only feed what is shown; the rows are safe already. */
	load_range(l);
	load_cut(l);
	l->last = hj_max(l->last, l->next - 1);
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

uint64_t hj_ledger_unreadable(const struct hj_ledger *l)
{
	return l->unreadable;
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

int64_t hj_ledger_used(const struct hj_ledger *l)
{
	sqlite3_stmt *sql = l->sql[SQL_USED];
	int64_t bytes = 0;

	if (sqlite3_step(sql) == SQLITE_ROW)
		bytes = sqlite3_column_int64(sql, 0);
	sqlite3_reset(sql);
	return bytes;
}
