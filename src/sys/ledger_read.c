/* Reading what is committed. No statement stays open between two calls, so a reader never holds up a checkpoint. A
 * row that somebody changed is passed over and counted: one bad row must not keep the others from their platform. So
 * is one whose key is not here, unless the caller wants to know of it. */
#include <errno.h>
#include <string.h>

#include "ledger_impl.h"

#define KINDS ((2u << HJ_KIND_MOST) - 2) /* without what else may be asked for beside them */

enum { COLUMN_SEQ, COLUMN_KIND, COLUMN_LABEL, COLUMN_HEAD, COLUMN_BODY, COLUMN_MAC };

void ledger_row_of(sqlite3_stmt *sql, bool with_mac, struct hj_ledger_row *ret)
{
	*ret = (struct hj_ledger_row){
		.seq = (uint64_t)sqlite3_column_int64(sql, COLUMN_SEQ),
		.kind = sqlite3_column_int64(sql, COLUMN_KIND),
		.label = sqlite3_column_int64(sql, COLUMN_LABEL),
		.head = sqlite3_column_blob(sql, COLUMN_HEAD) ?: "",
		.head_n = (size_t)sqlite3_column_bytes(sql, COLUMN_HEAD),
		.body = sqlite3_column_blob(sql, COLUMN_BODY) ?: "",
		.body_n = (size_t)sqlite3_column_bytes(sql, COLUMN_BODY),
	};
	if (with_mac && sqlite3_column_bytes(sql, COLUMN_MAC) == HJ_MAC_BYTES)
		ret->mac = sqlite3_column_blob(sql, COLUMN_MAC);
}

static int give_head(struct hj_ledger *l, sqlite3_stmt *sql, hj_ledger_fn fn, void *userdata)
{
	struct hj_head head;

	if (hj_head_decode(sqlite3_column_blob(sql, COLUMN_HEAD) ?: "",
	            (size_t)sqlite3_column_bytes(sql, COLUMN_HEAD), &head) < 0) {
		l->unreadable++;
		return 0;
	}
	head.seq = (uint64_t)sqlite3_column_int64(sql, COLUMN_SEQ);
	return fn(&head, NULL, 0, userdata);
}

static int give_row(struct hj_ledger *l, sqlite3_stmt *sql, bool locked_too, hj_ledger_fn fn, void *userdata)
{
	struct hj_ledger_row row;
	struct hj_head head;
	const void *body;
	size_t n;
	int r;

	ledger_row_of(sql, false, &row);
	r = ledger_unseal_row(l, &row, &head, &body, &n);
	if (r == -EBADMSG) {
		l->unreadable++;
		return 0;
	}
	if (r == -ENOKEY) {
		l->locked++;
		return locked_too ? fn(&head, NULL, 0, userdata) : 0;
	}
	return r < 0 ? r : fn(&head, body, n, userdata);
}

/* One rare kind alone goes by its index; ?5 is then the kind, else a bit set. */
static sqlite3_stmt *choose(struct hj_ledger *l, enum ledger_sql any, unsigned kinds, int64_t *ret_kinds)
{
	kinds &= KINDS;
	if (kinds && kinds != 1u << HJ_KIND_MINUTE && !(kinds & (kinds - 1))) {
		*ret_kinds = __builtin_ctz(kinds);
		return l->sql[any + 1];
	}
	*ret_kinds = kinds ? (int64_t)kinds : -1;
	return l->sql[any];
}

static void bind_filter(sqlite3_stmt *sql, uint64_t from, uint64_t to, const struct ledger_filter *f, int64_t kinds)
{
	sqlite3_bind_int64(sql, 1, (int64_t)hj_min(from, (uint64_t)INT64_MAX));
	sqlite3_bind_int64(sql, 2, (int64_t)hj_min(to, (uint64_t)INT64_MAX));
	sqlite3_bind_int64(sql, 3, f->begin_ms);
	sqlite3_bind_int64(sql, 4, f->end_ms);
	sqlite3_bind_int64(sql, 5, kinds);
}

int ledger_read(struct hj_ledger *l, uint64_t from, uint64_t to, const struct ledger_filter *filter, hj_ledger_fn fn,
        void *userdata)
{
	bool heads = filter->kinds & HJ_LEDGER_HEADS, locked_too = filter->kinds & HJ_LEDGER_LOCKED;
	int64_t kinds;
	sqlite3_stmt *sql = choose(l, heads ? SQL_HEADS : SQL_READ, filter->kinds, &kinds);
	int r = SQLITE_DONE, stop = 0;

	if (l->reading)
		return -EBUSY;
	if (from > hj_min(to, l->last))
		return 0;
	l->reading = true;
	bind_filter(sql, from, hj_min(to, l->last), filter, kinds);
	while (!stop && (r = sqlite3_step(sql)) == SQLITE_ROW)
		stop = heads ? give_head(l, sql, fn, userdata) : give_row(l, sql, locked_too, fn, userdata);
	if (!stop)
		stop = ledger_errno(l->db, r);
	sqlite3_reset(sql);
	l->reading = false;
	return stop;
}

int hj_ledger_each_row(struct hj_ledger *l, uint64_t from, uint64_t to, hj_ledger_row_fn fn, void *userdata)
{
	sqlite3_stmt *sql = l->sql[SQL_ROWS];
	struct hj_ledger_row row;
	int r = SQLITE_DONE, stop = 0;

	if (l->reading)
		return -EBUSY;
	l->reading = true;
	sqlite3_bind_int64(sql, 1, (int64_t)hj_min(from, (uint64_t)INT64_MAX));
	sqlite3_bind_int64(sql, 2, (int64_t)hj_min(to, (uint64_t)INT64_MAX));
	while (!stop && (r = sqlite3_step(sql)) == SQLITE_ROW) {
		ledger_row_of(sql, true, &row);
		stop = fn(&row, userdata);
	}
	if (!stop)
		stop = ledger_errno(l->db, r);
	sqlite3_reset(sql);
	l->reading = false;
	return stop > 0 ? 0 : stop;
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
	int64_t kinds;
	sqlite3_stmt *sql = choose(l, SQL_SEEK_BACK, filter->kinds, &kinds);
	int r = SQLITE_DONE;

	if (from > to)
		return 0;
	bind_filter(sql, from, to, filter, kinds);
	while (*limit && (r = sqlite3_step(sql)) == SQLITE_ROW) {
		*at = (uint64_t)sqlite3_column_int64(sql, 0);
		--*limit;
	}
	r = r == SQLITE_ROW ? 0 : ledger_errno(l->db, r);
	sqlite3_reset(sql);
	return r;
}
