/* One wrong date in the future: what was recorded under it stays, as everything does, and an appended record says
 * that it is void: everything before it in the ledger whose label is later than its own. From then on nobody is given
 * it, and its labels are free for what is right. */
#include "stored.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/log.h"

#define VOID_KEY   "void"
#define VOID_BYTES 16

static bool is_known(const struct stored *s, uint64_t seq)
{
	for (size_t i = 0; i < s->void_count; i++)
		if (s->voids[i].seq == seq)
			return true;
	return false;
}

static int note_row(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct stored *s = userdata;

	if (!is_known(s, head->seq) && s->void_count < STORED_VOIDS_MAX)
		s->voids[s->void_count++] = (struct voided){ head->seq, head->label_ms };
	return 0;
}

/* What came back of a damaged file has its say in its own records only. */
int void_find(struct stored *s)
{
	return hj_ledger_read(s->ledger, 1, UINT64_MAX, 1u << HJ_KIND_VOID, note_row, s);
}

int void_load(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct hj_reader in;
	int r = hj_ledger_get(s->ledger, VOID_KEY, &b);

	if (r < 0)
		return r == -ENOENT || r == -EBADMSG ? void_find(s) : r;
	in = (struct hj_reader){ .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + b.len };
	while (in.p < in.end && s->void_count < STORED_VOIDS_MAX) {
		struct voided v = { .seq = hj_get_be(&in, 8) };

		v.after_ms = (int64_t)hj_get_be(&in, 8);
		if (!in.failed)
			s->voids[s->void_count++] = v;
	}
	if (in.failed || in.p < in.end)
		hj_error("what is kept of void records does not decode as a whole: some of them may be shown again");
	return void_find(s);
}

static int put_one(struct hj_buf *to, uint64_t seq, int64_t after_ms)
{
	int r = hj_buf_put_be(to, seq, 8);

	return r < 0 ? r : hj_buf_put_be(to, (uint64_t)after_ms, 8);
}

static bool any_queued(const struct stored *s)
{
	for (const struct item *item = s->queue; item; item = item->next)
		if (item->head.kind == HJ_KIND_VOID)
			return true;
	return false;
}

/* After the records: theirs have their seqs then. */
int void_put(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	int r = 0;

	if (!any_queued(s))
		return 0;
	for (size_t i = 0; i < s->void_count && r >= 0; i++)
		r = put_one(&b, s->voids[i].seq, s->voids[i].after_ms);
	for (const struct item *item = s->queue; item && r >= 0; item = item->next)
		if (item->head.kind == HJ_KIND_VOID)
			r = put_one(&b, item->head.seq, item->head.label_ms);
	return r < 0 ? r : hj_ledger_put_clear(s->ledger, VOID_KEY, b.data, b.len);
}

void void_committed(struct stored *s)
{
	for (const struct item *item = s->queue; item; item = item->next)
		if (item->head.kind == HJ_KIND_VOID && s->void_count < STORED_VOIDS_MAX)
			s->voids[s->void_count++] = (struct voided){ item->head.seq, item->head.label_ms };
}

bool void_covers(const struct stored *s, const struct hj_head *head)
{
	for (size_t i = 0; i < s->void_count; i++)
		if (head->seq < s->voids[i].seq && head->label_ms > s->voids[i].after_ms &&
		        OWED_KINDS >> head->kind & 1)
			return true;
	return false;
}

/* ---- to make one ---- */

struct future {
	struct stored *s;
	uint64_t records;
	bool remove;
};

static int meet(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct future *f = userdata;

	if (void_covers(f->s, head))
		return 0;
	f->records++;
	for (size_t i = 0; f->remove && i < f->s->uplink_count; i++)
		if (hj_seqset_has(&f->s->uplinks[i].owed, head->seq))
			owed_remove_missing(f->s, &f->s->uplinks[i], head->seq, head->seq);
	return 0;
}

static int each_future(struct stored *s, int64_t now_ms, bool remove, uint64_t *ret)
{
	struct future f = { .s = s, .remove = remove };
	int r = !s->ledger ? -EIO
	                   : hj_ledger_read_labels(s->ledger, 0, now_ms + 1, HJ_TIME_MAX_MS,
	                             OWED_KINDS | HJ_LEDGER_HEADS, meet, &f);

	*ret = f.records;
	return r < 0 ? r : 0;
}

int void_count(struct stored *s, int64_t now_ms, uint64_t *ret)
{
	return each_future(s, now_ms, false, ret);
}

/* First what waits is committed, so that all of it is older than the record that voids it. */
int void_future(struct stored *s, int64_t now_ms, uint64_t *ret)
{
	char body[96];
	int r = commit_now(s);

	if (r >= 0)
		r = void_count(s, now_ms, ret);
	if (r < 0 || !*ret) {
		if (r >= 0)
			trust_accept(s, now_ms);
		return r;
	}
	if (s->void_count + any_queued(s) >= STORED_VOIDS_MAX)
		return -ENOSPC;
	snprintf(body, sizeof(body), "{\"after\":%" PRId64 ",\"records\":%" PRIu64 "}", now_ms, *ret);
	r = commit_queue(s, HJ_KIND_VOID, now_ms, 0, body, strlen(body), NULL, NULL);
	if (r < 0)
		return r;
	each_future(s, now_ms, true, &(uint64_t){ 0 });
	trust_accept(s, now_ms);
	hj_rollup_forget(s->rollup, now_ms);
	r = commit_now(s);
	window_forget(s, now_ms);
	return r;
}
