/* Cutting: the oldest rows of a kind go, and the place and mac of the last one that went stay, so that the chain can
 * be followed from there. Rows of version 1 have no mac of their own: theirs are worked out as they go. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/text.h"
#include "ledger_impl.h"

int ledger_tail_encode(const struct hj_ledger_tail *t, struct hj_buf *to)
{
	int r = hj_buf_put_be(to, t->seq, 8);

	return r < 0 ? r : hj_buf_put(to, t->mac, HJ_MAC_BYTES);
}

void ledger_tail_decode(struct hj_reader *in, struct hj_ledger_tail *ret)
{
	const void *mac;

	ret->seq = hj_get_be(in, 8);
	mac = hj_get_bytes(in, HJ_MAC_BYTES);
	if (mac)
		memcpy(ret->mac, mac, HJ_MAC_BYTES);
}

static int load_cut(const char *key, const void *value, size_t n, void *userdata)
{
	struct hj_ledger *l = userdata;
	struct hj_reader in = { .p = value, .end = (const uint8_t *)value + n };
	struct hj_ledger_tail tail;
	uint64_t kind;
	const char *digits = key + strlen(KEY_CUT);

	if (hj_uint_parse(digits, strlen(digits), HJ_KIND_MOST, &kind) < 0)
		return 0;
	ledger_tail_decode(&in, &tail);
	if (!in.failed)
		l->ends.cut[kind] = tail;
	return 0;
}

/* The last of version 1's cuts counts for the seq only. */
int ledger_load_cuts(struct hj_ledger *l)
{
	_cleanup_(hj_buf_done) struct hj_buf old = { 0 };
	int r = ledger_get_raw(l, KEY_CUT_OLD, &old);
	struct hj_reader in = { .p = (uint8_t *)old.data, .end = (uint8_t *)old.data + old.len };

	if (r < 0 && r != -ENOENT)
		return r;
	if (r >= 0)
		l->last = hj_max(l->last, hj_get_be(&in, 8));
	r = ledger_each_raw(l, KEY_CUT, load_cut, l);
	for (int k = 1; k <= HJ_KIND_MOST; k++)
		l->last = hj_max(l->last, l->ends.cut[k].seq);
	return r;
}

/* ---- rows of version 1 ---- */

int ledger_load_plain(struct hj_ledger *l)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct hj_reader in;
	int r = ledger_get_raw(l, KEY_PLAIN, &b);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	in = (struct hj_reader){ .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + b.len };
	l->plain_upto = hj_get_be(&in, 8);
	while (in.p < in.end && !in.failed) {
		unsigned kind = (unsigned)hj_get_be(&in, 1);
		struct hj_ledger_tail tail = { 0 };

		ledger_tail_decode(&in, &tail);
		if (kind <= HJ_KIND_MOST)
			l->plain[kind] = tail;
	}
	return in.failed ? -EUCLEAN : 0;
}

static int chain_plain(const struct hj_ledger_row *row, void *userdata)
{
	struct hj_ledger *l = userdata;
	struct hj_ledger_tail *tail;

	l->plain_upto = row->seq;
	l->ends.rows++;
	if (row->kind < 1 || row->kind > HJ_KIND_MOST)
		return 0;
	tail = &l->plain[row->kind];
	tail->seq = row->seq;
	return ledger_mac(&l->chain, &l->segments[0], row, tail->mac, tail->mac);
}

int ledger_put_plain(struct hj_ledger *l)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	int r = hj_ledger_each_row(l, 1, INT64_MAX, chain_plain, l);

	if (r < 0 || !l->plain_upto)
		return r;
	r = hj_buf_put_be(&b, l->plain_upto, 8);
	for (uint8_t kind = 1; kind <= HJ_KIND_MOST && r >= 0; kind++) {
		if (!l->plain[kind].seq)
			continue;
		r = hj_buf_put_be(&b, kind, 1);
		r = r < 0 ? r : ledger_tail_encode(&l->plain[kind], &b);
		l->ends.tail[kind] = l->plain[kind];
	}
	return r < 0 ? r : ledger_put_raw(l, KEY_PLAIN, b.data, b.len);
}

uint64_t hj_ledger_plain_upto(const struct hj_ledger *l)
{
	return l->plain_upto;
}

/* ---- cutting ---- */

struct running {
	struct hj_ledger *l;
	int64_t kind;
	struct hj_ledger_tail tail;
};

static int run_over(const struct hj_ledger_row *row, void *userdata)
{
	struct running *run = userdata;
	struct hj_ledger_tail *tail = &run->tail;

	if (row->kind != run->kind)
		return 0;
	tail->seq = row->seq;
	if (row->mac)
		memcpy(tail->mac, row->mac, HJ_MAC_BYTES);
	else if (hj_ledger_row_mac(run->l, row, tail->mac, tail->mac) < 0)
		memset(tail->mac, 0, HJ_MAC_BYTES); /* its key is not here: nobody can follow it any more */
	return 0;
}

/* The last row that goes. */
static int find_last(struct hj_ledger *l, enum hj_kind kind, uint64_t upto, struct hj_ledger_tail *ret)
{
	const struct hj_ledger_tail *cut = &l->ends.cut[kind];
	struct running run = { .l = l, .kind = kind, .tail = *cut };
	sqlite3_stmt *sql = l->sql[kind == HJ_KIND_MINUTE ? SQL_NEWEST : SQL_NEWEST_RARE];
	int r;

	if (cut->seq < l->plain[kind].seq) { /* a slice of them at a time, by whoever cuts */
		r = hj_ledger_each_row(l, cut->seq + 1, hj_min(upto, l->plain[kind].seq), run_over, &run);
		*ret = run.tail;
		if (r < 0 || upto <= l->plain[kind].seq)
			return r;
	}
	sqlite3_bind_int64(sql, 1, (int64_t)hj_max(cut->seq, l->plain[kind].seq) + 1);
	sqlite3_bind_int64(sql, 2, (int64_t)upto);
	sqlite3_bind_int64(sql, 5, kind);
	r = sqlite3_step(sql);
	*ret = run.tail;
	if (r == SQLITE_ROW) {
		ret->seq = (uint64_t)sqlite3_column_int64(sql, 0);
		memset(ret->mac, 0, HJ_MAC_BYTES);
		if (sqlite3_column_bytes(sql, 1) == HJ_MAC_BYTES)
			memcpy(ret->mac, sqlite3_column_blob(sql, 1), HJ_MAC_BYTES);
	}
	r = ledger_errno(l->db, r);
	sqlite3_reset(sql);
	return r;
}

static int delete_rows(struct hj_ledger *l, enum hj_kind kind, uint64_t upto, uint64_t *ret_rows)
{
	enum ledger_sql which = kind == HJ_KIND_MINUTE ? SQL_CUT : SQL_CUT_RARE;
	int r;

	sqlite3_bind_int64(l->sql[which], 1, (int64_t)l->ends.cut[kind].seq + 1);
	sqlite3_bind_int64(l->sql[which], 2, (int64_t)upto);
	sqlite3_bind_int64(l->sql[which], 5, kind);
	r = ledger_step(l, which);
	*ret_rows = r < 0 ? 0 : (uint64_t)sqlite3_changes64(l->db);
	return r;
}

static int cut_spans(struct hj_ledger *l)
{
	sqlite3_bind_int64(l->sql[SQL_CUT_SPANS], 1, (int64_t)l->next);
	return ledger_step(l, SQL_CUT_SPANS);
}

static int cut(struct hj_ledger *l, enum hj_kind kind, uint64_t upto, uint64_t *ret_rows)
{
	_cleanup_(hj_buf_done) struct hj_buf value = { 0 };
	struct hj_ledger_tail last;
	char key[sizeof(KEY_CUT) + 4];
	int r;

	*ret_rows = 0;
	if (upto <= l->ends.cut[kind].seq)
		return 0;
	r = find_last(l, kind, upto, &last);
	if (r < 0 || last.seq <= l->ends.cut[kind].seq)
		return r;
	snprintf(key, sizeof(key), KEY_CUT "%d", kind);
	r = ledger_tail_encode(&last, &value);
	r = r < 0 ? r : delete_rows(l, kind, last.seq, ret_rows);
	r = r < 0 ? r : ledger_put_raw(l, key, value.data, value.len);
	if (r < 0)
		return r;
	l->ends.cut[kind] = last;
	l->ends.rows -= hj_min(l->ends.rows, *ret_rows);
	return 0;
}

int hj_ledger_cut_kind(struct hj_ledger *l, enum hj_kind kind, uint64_t upto_seq, uint64_t *ret_rows)
{
	uint64_t rows = 0;
	int r = kind < 1 || kind > HJ_KIND_MOST ? -EINVAL : ledger_begin(l);

	if (r < 0)
		return r;
	r = cut(l, kind, hj_min(upto_seq, l->last), &rows);
	r = r < 0 ? r : cut_spans(l);
	if (r < 0)
		return ledger_spoiled(l, r);
	*ret_rows = rows;
	return 0;
}

int hj_ledger_cut(struct hj_ledger *l, uint64_t upto_seq, uint64_t *ret_rows)
{
	uint64_t rows = 0, one;
	int r = ledger_begin(l);

	if (r < 0)
		return r;
	for (int kind = 1; kind <= HJ_KIND_MOST && r >= 0; kind++) {
		r = cut(l, (enum hj_kind)kind, hj_min(upto_seq, l->last), &one);
		rows += r < 0 ? 0 : one;
	}
	r = r < 0 ? r : cut_spans(l);
	if (r < 0)
		return ledger_spoiled(l, r);
	*ret_rows = rows;
	return 0;
}

bool hj_ledger_cut_at(const struct hj_ledger *l, enum hj_kind kind, struct hj_ledger_tail *ret)
{
	if (kind < 1 || kind > HJ_KIND_MOST || !l->ends_committed.cut[kind].seq)
		return false;
	*ret = l->ends_committed.cut[kind];
	return true;
}
