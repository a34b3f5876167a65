/* Reading what is committed. No statement stays open between two calls, so a reader never holds up a checkpoint. A
 * row whose head does not decode is passed over and counted: one bad row must not keep the others from their
 * platform. */
#include <errno.h>
#include <string.h>

#include "ledger_impl.h"

static int give_row(struct hj_ledger *l, sqlite3_stmt *sql, hj_ledger_fn fn, void *userdata)
{
	struct hj_head head;
	int r = hj_head_decode(sqlite3_column_blob(sql, 1), (size_t)sqlite3_column_bytes(sql, 1), &head);

	if (r < 0) {
		l->unreadable++;
		return 0;
	}
	head.seq = (uint64_t)sqlite3_column_int64(sql, 0);
	return fn(&head, sqlite3_column_blob(sql, 2) ?: "", (size_t)sqlite3_column_bytes(sql, 2), userdata);
}

static void bind_filter(sqlite3_stmt *sql, uint64_t from, uint64_t to, const struct ledger_filter *f)
{
	sqlite3_bind_int64(sql, 1, (int64_t)from);
	sqlite3_bind_int64(sql, 2, (int64_t)to);
	sqlite3_bind_int64(sql, 3, f->begin_ms);
	sqlite3_bind_int64(sql, 4, f->end_ms);
	sqlite3_bind_int64(sql, 5, f->kinds ? (int64_t)f->kinds : -1);
}

int ledger_read(struct hj_ledger *l, uint64_t from, uint64_t to, const struct ledger_filter *filter, hj_ledger_fn fn,
        void *userdata)
{
	sqlite3_stmt *sql = l->sql[SQL_READ];
	int r, stop = 0;

	if (l->reading)
		return -EBUSY;
	if (from > hj_min(to, l->last))
		return 0;
	l->reading = true;
	bind_filter(sql, from, hj_min(to, l->last), filter);
	while (!stop && (r = sqlite3_step(sql)) == SQLITE_ROW)
		stop = give_row(l, sql, fn, userdata);
	if (!stop)
		stop = ledger_errno(l->db, r);
	sqlite3_reset(sql);
	l->reading = false;
	return stop;
}

int hj_ledger_read(struct hj_ledger *l, uint64_t from, uint64_t to, unsigned kinds, hj_ledger_fn fn, void *userdata)
{
	struct ledger_filter all = { .begin_ms = INT64_MIN, .end_ms = INT64_MAX, .kinds = kinds };
	int r = ledger_read(l, from, to, &all, fn, userdata);

	return r > 0 ? 0 : r;
}

int ledger_seek_back(struct hj_ledger *l, uint64_t from, uint64_t to, const struct ledger_filter *filter,
        uint64_t *limit, uint64_t *at)
{
	sqlite3_stmt *sql = l->sql[SQL_SEEK_BACK];
	int r = SQLITE_DONE;

	if (from > to)
		return 0;
	bind_filter(sql, from, to, filter);
	while (*limit && (r = sqlite3_step(sql)) == SQLITE_ROW) {
		*at = (uint64_t)sqlite3_column_int64(sql, 0);
		--*limit;
	}
	r = r == SQLITE_ROW ? 0 : ledger_errno(l->db, r);
	sqlite3_reset(sql);
	return r;
}

int hj_ledger_get(struct hj_ledger *l, const char *key, struct hj_buf *to)
{
	sqlite3_stmt *sql = l->sql[SQL_GET];
	int r;

	sqlite3_bind_text(sql, 1, key, -1, SQLITE_STATIC);
	r = sqlite3_step(sql);
	if (r == SQLITE_ROW)
		r = hj_buf_put(to, sqlite3_column_blob(sql, 0), (size_t)sqlite3_column_bytes(sql, 0));
	else
		r = r == SQLITE_DONE ? -ENOENT : ledger_errno(l->db, r);
	sqlite3_reset(sql);
	return r;
}

int hj_ledger_each(struct hj_ledger *l, const char *prefix,
        int (*fn)(const char *key, const void *value, size_t n, void *userdata), void *userdata)
{
	sqlite3_stmt *sql = l->sql[SQL_EACH];
	size_t length = strlen(prefix);
	int r, stop = 0;

	sqlite3_bind_text(sql, 1, prefix, -1, SQLITE_STATIC);
	while (stop >= 0 && (r = sqlite3_step(sql)) == SQLITE_ROW) {
		const char *key = (const char *)sqlite3_column_text(sql, 0);

		if (strncmp(key, prefix, length))
			break;
		stop = fn(key, sqlite3_column_blob(sql, 1) ?: "", (size_t)sqlite3_column_bytes(sql, 1), userdata);
	}
	if (stop >= 0)
		stop = r == SQLITE_ROW ? 0 : ledger_errno(l->db, r);
	sqlite3_reset(sql);
	return stop;
}
