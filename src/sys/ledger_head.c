/* A head: what is given to others, so that not even who has all keys can rewrite what lies below it. It stands on the
 * newest row of each kind up to a seq, kept or cut, and on their macs only: no key is needed to hold the file against
 * it. */
#include <errno.h>
#include <string.h>

#include "hjgate/now.h"
#include "ledger_impl.h"

/* The newest row of the kind up to seq, kept or cut; ret->seq 0 = there never was one. */
static int tail_at(struct hj_ledger *l, int kind, uint64_t seq, struct hj_ledger_tail *ret)
{
	sqlite3_stmt *sql = l->sql[kind == HJ_KIND_MINUTE ? SQL_NEWEST : SQL_NEWEST_RARE];
	const struct hj_ledger_tail *cut = &l->ends_committed.cut[kind];
	uint64_t begin = ledger_chain_begin(l, seq);
	int r;

	*ret = (struct hj_ledger_tail){ 0 };
	sqlite3_bind_int64(sql, 1, (int64_t)hj_max(begin, (uint64_t)1));
	sqlite3_bind_int64(sql, 2, (int64_t)seq);
	sqlite3_bind_int64(sql, 5, kind);
	r = sqlite3_step(sql);
	if (r == SQLITE_ROW) {
		ret->seq = (uint64_t)sqlite3_column_int64(sql, 0);
		if (sqlite3_column_bytes(sql, 1) == HJ_MAC_BYTES)
			memcpy(ret->mac, sqlite3_column_blob(sql, 1), HJ_MAC_BYTES);
	}
	r = ledger_errno(l->db, r);
	sqlite3_reset(sql);
	if (r < 0)
		return r;
	if (!ret->seq && cut->seq >= begin)
		*ret = *cut;
	if (ret->seq && ret->seq == l->plain[kind].seq)
		*ret = l->plain[kind];
	return ret->seq > seq || (ret->seq && ret->seq <= l->plain_upto && ret->seq != l->plain[kind].seq) ? -ENODATA
	                                                                                                   : 0;
}

int hj_ledger_head(struct hj_ledger *l, uint64_t seq, char ret[HJ_LEDGER_HEAD_DIGITS + 1])
{
	const struct hj_ledger_segment *s = ledger_segment_of(l, seq);
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct iovec whole;
	uint8_t hash[HJ_SHA256_BYTES];
	int r = s && seq <= l->last ? 0 : -ENODATA;

	r = r < 0 ? r : hj_buf_put(&b, s->store_id, HJ_ID_BYTES);
	r = r < 0 ? r : hj_buf_put_be(&b, seq, 8);
	for (int kind = 1; kind <= HJ_KIND_MOST && r >= 0; kind++) {
		struct hj_ledger_tail tail;

		r = tail_at(l, kind, seq, &tail);
		if (r < 0 || !tail.seq)
			continue;
		r = hj_buf_put_be(&b, (uint64_t)kind, 1);
		r = r < 0 ? r : ledger_tail_encode(&tail, &b);
	}
	whole = (struct iovec){ b.data, b.len };
	r = r < 0 ? r : hj_sha256(&whole, 1, hash);
	if (r >= 0)
		hj_id_format(hash, ret);
	return r;
}
