/* Sealing and chaining.
 *
 * The aad of a row is its store id, its seq and its head: so a row that is moved to another place, kind, time or file
 * does not open. Its mac goes over the mac of the row before it of its kind, the same aad and the sealed bytes: so a
 * row that is missing, exchanged or put in between breaks the chain, with and without the data keys. `ledger.seal`
 * holds the ends of the chains and a hash over `state`; it is sealed itself, so that nobody learns from it how two
 * states differ. */
#include <errno.h>
#include <string.h>

#include "ledger_impl.h"

#define SEAL_VERSION 1
#define SEAL_BYTES   (HJ_SEAL_BYTES + 1024) /* at the most */

#define PART(p, n)                                                                                                   \
	{                                                                                                            \
		(void *)(p), (n)                                                                                     \
	}

struct aad {
	uint8_t bytes[HJ_ID_BYTES + 8 + HJ_HEAD_BYTES_OLD];
	size_t n;
};

static void put_be(uint8_t *to, uint64_t value, unsigned bytes)
{
	while (bytes--) {
		to[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

static int make_aad(const struct hj_ledger_segment *s, const struct hj_ledger_row *row, struct aad *ret)
{
	if (row->head_n > HJ_HEAD_BYTES_OLD)
		return -EBADMSG;
	memcpy(ret->bytes, s->store_id, HJ_ID_BYTES);
	put_be(ret->bytes + HJ_ID_BYTES, row->seq, 8);
	memcpy(ret->bytes + HJ_ID_BYTES + 8, row->head, row->head_n);
	ret->n = HJ_ID_BYTES + 8 + row->head_n;
	return 0;
}

uint8_t *ledger_room(struct ledger_room *room, size_t n)
{
	uint8_t *data;

	if (n <= room->size)
		return room->data;
	data = realloc(room->data, n);
	if (!data)
		return NULL;
	room->data = data;
	room->size = n;
	return data;
}

/* ---- rows ---- */

int ledger_mac(struct ledger_chain *chain, const struct hj_ledger_segment *s, const struct hj_ledger_row *row,
        const uint8_t before[HJ_MAC_BYTES], uint8_t ret[HJ_MAC_BYTES])
{
	struct aad aad;
	struct iovec parts[] = { PART(before, HJ_MAC_BYTES), PART(aad.bytes, 0), PART(row->body, row->body_n) };
	int r = make_aad(s, row, &aad);

	if (r < 0)
		return r;
	parts[1].iov_len = aad.n;
	return hj_mac_cut(chain->rows, parts, hj_array_size(parts), ret);
}

int ledger_seal_row(struct hj_ledger *l, uint64_t seq, const struct hj_head *head, const void *body, size_t n,
        struct hj_ledger_row *ret, uint8_t mac[HJ_MAC_BYTES])
{
	const struct hj_ledger_segment *s = &l->segments[l->segment_count - 1];
	struct aad aad;
	uint8_t *sealed = ledger_room(&l->sealing, n + HJ_SEAL_BYTES);
	int r;

	if (!sealed)
		return -ENOMEM;
	l->head.len = 0;
	r = hj_head_encode(head, &l->head);
	if (r < 0)
		return r;
	*ret = (struct hj_ledger_row){ .seq = seq,
		.kind = head->kind,
		.label = head->label_ms,
		.head = l->head.data,
		.head_n = l->head.len,
		.body = sealed,
		.body_n = n + HJ_SEAL_BYTES,
		.mac = mac };
	r = make_aad(s, ret, &aad);
	r = r < 0 ? r : hj_seal(l->writing, aad.bytes, aad.n, body, n, sealed);
	return r < 0 ? r : ledger_mac(&l->chain, s, ret, l->ends.tail[head->kind].mac, mac);
}

/* What the head says, and the columns beside it must not contradict. */
static int open_head(const struct hj_ledger *l, const struct hj_ledger_row *row, struct hj_head *ret)
{
	bool plain = row->seq <= l->plain_upto;
	struct hj_head head;

	if (hj_head_decode(row->head, row->head_n, &head) < 0 || head.kind != row->kind ||
	        head.label_ms != row->label || head.algorithm != (plain ? HJ_ALGORITHM_NONE : HJ_ALGORITHM_GCM) ||
	        (head.format == HJ_RECORD_FORMAT_OLD) != plain)
		return -EBADMSG;
	head.seq = row->seq;
	*ret = head;
	return 0;
}

int ledger_unseal_row(
        struct hj_ledger *l, const struct hj_ledger_row *row, struct hj_head *head, const void **ret, size_t *ret_n)
{
	const struct hj_ledger_segment *s = ledger_segment_of(l, row->seq);
	struct hj_cipher *c;
	struct aad aad;
	uint8_t *body;
	int r = l->keys_lost ? -EIO : open_head(l, row, head);

	if (r < 0 || head->algorithm == HJ_ALGORITHM_NONE) {
		*ret = row->body;
		*ret_n = row->body_n;
		return r;
	}
	if (!s || row->body_n < HJ_SEAL_BYTES)
		return -EBADMSG;
	r = ledger_cipher_of(l, s->generation, head->key_id, &c);
	r = r < 0 ? r : make_aad(s, row, &aad);
	if (r < 0)
		return r;
	body = ledger_room(&l->unsealing, row->body_n);
	r = body ? hj_unseal(c, aad.bytes, aad.n, row->body, row->body_n, body) : -ENOMEM;
	*ret = body;
	*ret_n = row->body_n - HJ_SEAL_BYTES;
	return r;
}

int hj_ledger_row_open(
        struct hj_ledger *l, const struct hj_ledger_row *row, struct hj_head *ret_head, struct hj_buf *ret_body)
{
	struct hj_head head = { 0 };
	const void *body;
	size_t n;
	int r = ledger_unseal_row(l, row, &head, &body, &n);

	if (r >= 0 && ret_body)
		r = hj_buf_put(ret_body, body, n);
	if (r >= 0 || r == -ENOKEY)
		*ret_head = head;
	return r;
}

int hj_ledger_row_mac(struct hj_ledger *l, const struct hj_ledger_row *row, const uint8_t before[HJ_MAC_BYTES],
        uint8_t ret[HJ_MAC_BYTES])
{
	const struct hj_ledger_segment *s = ledger_segment_of(l, row->seq);
	struct ledger_chain *chain;
	int r = l->keys_lost ? -EIO : s ? ledger_chain_of(l, s, &chain) : -EBADMSG;

	return r < 0 ? r : ledger_mac(chain, s, row, before, ret);
}

/* ---- the whole ---- */

static int encode(const struct ledger_ends *e, uint64_t last, struct hj_buf *to)
{
	uint8_t kinds = 0;
	int r;

	for (int k = 1; k <= HJ_KIND_MOST; k++)
		kinds += !!e->tail[k].seq;
	r = hj_buf_put_be(to, SEAL_VERSION, 1);
	r = r < 0 ? r : hj_buf_put_be(to, e->commits, 8);
	r = r < 0 ? r : hj_buf_put_be(to, last, 8);
	r = r < 0 ? r : hj_buf_put_be(to, e->rows, 8);
	r = r < 0 ? r : hj_buf_put(to, e->set, HJ_MAC_BYTES);
	r = r < 0 ? r : hj_buf_put_be(to, kinds, 1);
	for (uint8_t k = 1; k <= HJ_KIND_MOST && r >= 0; k++)
		if (e->tail[k].seq) {
			r = hj_buf_put_be(to, k, 1);
			r = r < 0 ? r : ledger_tail_encode(&e->tail[k], to);
		}
	return r;
}

int ledger_seal_decode(const void *data, size_t n, struct hj_ledger_seal *ret, uint8_t ret_set[HJ_MAC_BYTES])
{
	struct hj_reader in = { .p = data, .end = (const uint8_t *)data + n };
	struct hj_ledger_seal seal = { 0 };
	const void *set;
	unsigned kinds;

	if (hj_get_be(&in, 1) != SEAL_VERSION)
		return -EBADMSG;
	seal.commits = hj_get_be(&in, 8);
	seal.last = hj_get_be(&in, 8);
	seal.rows = hj_get_be(&in, 8);
	set = hj_get_bytes(&in, HJ_MAC_BYTES);
	kinds = (unsigned)hj_get_be(&in, 1);
	for (unsigned i = 0; i < kinds && !in.failed; i++) {
		unsigned kind = (unsigned)hj_get_be(&in, 1);

		if (!kind || kind > HJ_KIND_MOST)
			return -EBADMSG;
		ledger_tail_decode(&in, &seal.tail[kind]);
	}
	if (in.failed || in.p != in.end)
		return -EBADMSG;
	memcpy(ret_set, set, HJ_MAC_BYTES);
	*ret = seal;
	return 0;
}

/* Chain key and segment are in what it is sealed with; the store id keeps the seals of two files apart. */
int ledger_put_seal(struct hj_ledger *l)
{
	_cleanup_(hj_buf_done) struct hj_buf plain = { 0 };
	uint8_t sealed[SEAL_BYTES];
	int r;

	l->ends.commits++;
	r = encode(&l->ends, l->next - 1, &plain);
	r = r < 0 ? r : hj_seal(l->chain.seal, l->store_id, HJ_ID_BYTES, plain.data, plain.len, sealed);
	if (r < 0)
		return r;
	sqlite3_bind_text(l->sql[SQL_PUT], 1, KEY_SEAL, -1, SQLITE_STATIC);
	sqlite3_bind_blob(l->sql[SQL_PUT], 2, sealed, (int)(plain.len + HJ_SEAL_BYTES), SQLITE_STATIC);
	return ledger_step(l, SQL_PUT);
}

/* The newest row of each kind as it lies there, or the last that was cut. */
static int find_tails(struct hj_ledger *l, struct hj_ledger_tail tail[HJ_KIND_MOST + 1])
{
	uint64_t begin = ledger_chain_begin(l, INT64_MAX); /* rows before it were put back: their chains have ended */
	int r = 0;

	for (int kind = 1; kind <= HJ_KIND_MOST && r >= 0; kind++) {
		sqlite3_stmt *sql = l->sql[kind == HJ_KIND_MINUTE ? SQL_NEWEST : SQL_NEWEST_RARE];
		int s;

		tail[kind] = l->ends.cut[kind];
		if (l->plain[kind].seq > tail[kind].seq)
			tail[kind] = l->plain[kind];
		if (tail[kind].seq < begin)
			tail[kind] = (struct hj_ledger_tail){ 0 };
		sqlite3_bind_int64(sql, 1, (int64_t)hj_max(tail[kind].seq + 1, begin));
		sqlite3_bind_int64(sql, 2, INT64_MAX);
		sqlite3_bind_int64(sql, 5, kind);
		s = sqlite3_step(sql);
		if (s == SQLITE_ROW) {
			tail[kind].seq = (uint64_t)sqlite3_column_int64(sql, 0);
			memset(tail[kind].mac, 0, HJ_MAC_BYTES);
			if (sqlite3_column_bytes(sql, 1) == HJ_MAC_BYTES)
				memcpy(tail[kind].mac, sqlite3_column_blob(sql, 1), HJ_MAC_BYTES);
		}
		r = ledger_errno(l->db, s);
		sqlite3_reset(sql);
	}
	return r;
}

static bool same_tails(const struct hj_ledger_tail *a, const struct hj_ledger_tail *b)
{
	for (int k = 1; k <= HJ_KIND_MOST; k++)
		if (a[k].seq != b[k].seq || !hj_same_secret(a[k].mac, b[k].mac, HJ_MAC_BYTES))
			return false;
	return true;
}

static int open_seal(struct hj_ledger *l, const struct hj_buf *b, uint8_t set[HJ_MAC_BYTES])
{
	uint8_t plain[SEAL_BYTES];
	int r = b->len > sizeof(plain) ? -EBADMSG
	                               : hj_unseal(l->chain.seal, l->store_id, HJ_ID_BYTES, b->data, b->len, plain);

	return r < 0 ? r : ledger_seal_decode(plain, b->len - HJ_SEAL_BYTES, &l->found, set);
}

static int count_rows(struct hj_ledger *l)
{
	sqlite3_stmt *sql = l->sql[SQL_COUNT_ROWS];
	int r = sqlite3_step(sql);

	if (r == SQLITE_ROW)
		l->ends.rows = (uint64_t)sqlite3_column_int64(sql, 0);
	r = ledger_errno(l->db, r);
	sqlite3_reset(sql);
	return r;
}

/* What does not open, or is not there: the chains go on from what the file shows. */
static int without_seal(struct hj_ledger *l, enum hj_seal_state state, const struct hj_ledger_tail *tail)
{
	l->found = (struct hj_ledger_seal){ .state = state };
	memcpy(l->ends.tail, tail, sizeof(l->ends.tail));
	return count_rows(l);
}

/* The chains go on from what the seal says: where a row is missing at the end, that stays to be seen. */
static void with_seal(struct hj_ledger *l, const uint8_t set[HJ_MAC_BYTES], const struct hj_ledger_tail *tail)
{
	struct hj_ledger_seal *f = &l->found;

	f->state_differs = !hj_same_secret(set, l->ends.set, HJ_MAC_BYTES);
	f->rows_differ = !same_tails(f->tail, tail);
	f->state = f->state_differs || f->rows_differ ? HJ_SEAL_CHANGED : HJ_SEAL_GOOD;
	l->ends.commits = f->commits;
	l->ends.rows = f->rows;
	memcpy(l->ends.tail, f->tail, sizeof(l->ends.tail));
	l->last = hj_max(l->last, f->last);
}

/* Without memory nothing can be said of it: that is no change. */
static int by_seal(struct hj_ledger *l, const struct hj_buf *b, const struct hj_ledger_tail *tail)
{
	uint8_t set[HJ_MAC_BYTES];
	int r = open_seal(l, b, set);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return without_seal(l, HJ_SEAL_CHANGED, tail);
	with_seal(l, set, tail);
	return 0;
}

static void find_noted(struct hj_ledger *l)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct hj_reader in;

	if (ledger_get_raw(l, KEY_NOTED, &b) < 0)
		return;
	in = (struct hj_reader){ .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + b.len };
	l->found.noted_commits = hj_get_be(&in, 8);
	l->found.noted = (enum hj_seal_state)hj_get_be(&in, 1);
}

int ledger_find_seal(struct hj_ledger *l)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct hj_ledger_tail tail[HJ_KIND_MOST + 1] = { 0 };
	int r = find_tails(l, tail), s = r < 0 ? r : ledger_get_raw(l, KEY_SEAL, &b);

	if (s < 0 && s != -ENOENT)
		return s;
	if (!l->chain.id) {
		r = without_seal(l, HJ_SEAL_LOCKED, tail);
	} else {
		r = ledger_set_hash(l, &l->chain, l->ends.set);
		if (r >= 0 && s == -ENOENT)
			r = without_seal(l, HJ_SEAL_MISSING, tail);
		else if (r >= 0)
			r = by_seal(l, &b, tail);
	}
	find_noted(l);
	return r;
}

const struct hj_ledger_seal *hj_ledger_seal_found(const struct hj_ledger *l)
{
	return &l->found;
}
