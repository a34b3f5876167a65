/* Segments: which store id and which chain key a row belongs to, by its seq; and what is made of a chain key. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ledger_impl.h"

#define SEGMENT_VERSION 1

static int add_segment(struct hj_ledger *l, const struct hj_ledger_segment *s)
{
	struct hj_ledger_segment *list;
	size_t at = l->segment_count;

	if (at == LEDGER_SEGMENTS_MAX)
		return -EUCLEAN;
	list = realloc(l->segments, (at + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	l->segments = list;
	for (; at && list[at - 1].lo > s->lo; at--)
		list[at] = list[at - 1];
	if (at && list[at - 1].lo == s->lo)
		at--; /* takes the place of one that never had a row */
	else
		l->segment_count++;
	list[at] = *s;
	for (size_t i = 0; i < l->segment_count; i++)
		list[i].hi = i + 1 < l->segment_count ? list[i + 1].lo - 1 : UINT64_MAX;
	return 0;
}

int ledger_segment_decode(const void *data, size_t n, struct hj_ledger_segment *ret)
{
	struct hj_reader in = { .p = data, .end = (const uint8_t *)data + n };
	struct hj_ledger_segment s = { 0 };
	unsigned version = (unsigned)hj_get_be(&in, 1);
	const void *id;

	s.lo = hj_get_be(&in, 8);
	s.generation = (uint32_t)hj_get_be(&in, 4);
	s.chain_key = (uint16_t)hj_get_be(&in, 2);
	s.linked = hj_get_be(&in, 1);
	s.begin_ms = (int64_t)hj_get_be(&in, 8);
	id = hj_get_bytes(&in, HJ_ID_BYTES);
	if (in.failed || in.p != in.end || version != SEGMENT_VERSION || s.generation > UINT16_MAX || !s.lo ||
	        s.lo > INT64_MAX)
		return -EBADMSG;
	memcpy(s.store_id, id, HJ_ID_BYTES);
	*ret = s;
	return 0;
}

static int load_segment(const char *key, const void *value, size_t n, void *userdata)
{
	struct hj_ledger_segment s;

	return ledger_segment_decode(value, n, &s) < 0 ? -EUCLEAN : add_segment(userdata, &s);
}

int ledger_load_segments(struct hj_ledger *l)
{
	int r;

	l->segment_count = 0;
	r = ledger_each_raw(l, KEY_SEGMENT, load_segment, l);
	return r < 0 ? r : l->segment_count ? 0 : -EUCLEAN;
}

int ledger_new_segment(struct hj_ledger *l, const struct hj_ledger_segment *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	char key[HJ_LEDGER_KEY_MAX];
	int r = hj_buf_put_be(&b, SEGMENT_VERSION, 1);

	r = r < 0 ? r : hj_buf_put_be(&b, s->lo, 8);
	r = r < 0 ? r : hj_buf_put_be(&b, s->generation, 4);
	r = r < 0 ? r : hj_buf_put_be(&b, s->chain_key, 2);
	r = r < 0 ? r : hj_buf_put_be(&b, s->linked, 1);
	r = r < 0 ? r : hj_buf_put_be(&b, (uint64_t)s->begin_ms, 8);
	r = r < 0 ? r : hj_buf_put(&b, s->store_id, HJ_ID_BYTES);
	snprintf(key, sizeof(key), KEY_SEGMENT "%" PRIu64, s->lo);
	r = r < 0 ? r : ledger_put_raw(l, key, b.data, b.len);
	l->keys_changed = true;
	return r < 0 ? r : add_segment(l, s);
}

uint64_t ledger_seq_after(uint64_t seq, uint64_t later)
{
	uint64_t begin = (later - 1) / HJ_LEDGER_GENERATION * HJ_LEDGER_GENERATION + 1;

	return hj_max(seq + 1, begin);
}

const struct hj_ledger_segment *ledger_segment_of(const struct hj_ledger *l, uint64_t seq)
{
	for (size_t i = l->segment_count; i-- > 0;)
		if (l->segments[i].lo <= seq)
			return &l->segments[i];
	return NULL;
}

uint64_t ledger_chain_begin(const struct hj_ledger *l, uint64_t seq)
{
	for (size_t i = l->segment_count; i-- > 0;)
		if (l->segments[i].lo <= seq && !l->segments[i].linked)
			return l->segments[i].lo;
	return 0;
}

bool hj_ledger_segment_at(const struct hj_ledger *l, size_t i, struct hj_ledger_segment *ret)
{
	if (i >= l->segment_count)
		return false;
	*ret = l->segments[i];
	return true;
}

uint32_t hj_ledger_generation(const struct hj_ledger *l)
{
	return l->segment_count ? l->segments[l->segment_count - 1].generation : 0;
}

/* ---- chains ---- */

void ledger_chain_done(struct ledger_chain *c)
{
	hj_mac_free(c->rows);
	hj_mac_free(c->state);
	hj_cipher_free(c->seal);
	*c = (struct ledger_chain){ 0 };
}

/* Three keys out of one, so that no use can be taken for another. */
static int derive(struct hj_mac *from, const char *what, uint8_t ret[HJ_SHA256_BYTES])
{
	const struct iovec part = { (void *)what, strlen(what) };

	return hj_mac_whole(from, &part, 1, ret);
}

int ledger_make_chain(const struct ledger_slot *slot, struct ledger_chain *ret)
{
	_cleanup_(hj_mac_freep) struct hj_mac *from = NULL;
	struct ledger_chain c = { .generation = slot->s.generation, .id = slot->s.id };
	uint8_t key[HJ_SHA256_BYTES];
	int r = hj_mac_new(slot->key, HJ_KEY_BYTES, &from);

	r = r < 0 ? r : derive(from, "rows", key);
	r = r < 0 ? r : hj_mac_new(key, sizeof(key), &c.rows);
	r = r < 0 ? r : derive(from, "state", key);
	r = r < 0 ? r : hj_mac_new(key, sizeof(key), &c.state);
	r = r < 0 ? r : derive(from, "seal", key);
	r = r < 0 ? r : hj_cipher_new(key, &c.seal);
	hj_wipe(key, sizeof(key));
	if (r < 0) {
		ledger_chain_done(&c);
		return r;
	}
	ledger_chain_done(ret);
	*ret = c;
	return 0;
}

int ledger_chain_of(struct hj_ledger *l, const struct hj_ledger_segment *s, struct ledger_chain **ret)
{
	struct ledger_slot *slot;
	struct ledger_chain *c = &l->chain;

	if (c->id != s->chain_key || c->generation != s->generation)
		c = &l->other_chain;
	if (c->id != s->chain_key || c->generation != s->generation) {
		int r;

		slot = ledger_find_slot(l, s->generation, s->chain_key);
		if (!slot || !slot->s.open || slot->s.use != HJ_KEY_CHAIN)
			return -ENOKEY;
		r = ledger_make_chain(slot, c);
		if (r < 0)
			return r;
	}
	*ret = c;
	return 0;
}
