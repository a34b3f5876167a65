/* Receipts as they lie on flash. Records go out in order and most uploads are one record in one packet a minute, so
 * of the usual receipt only three differences are left: its QN to the one before, when it was sent to its QN, when
 * the 9014 came to that. What is unusual is told by a bit of the first byte. The decoder takes only what the encoder
 * writes. */
#include "hjgate/receipt.h"
#include "hjgate/cleanup.h"
#include "hjgate/clock.h"

#include <errno.h>
#include <string.h>

#define FORMAT 1

enum {
	SKIPS = 1,  /* does not follow the one before */
	MANY = 2,   /* more than one record */
	SPLIT = 4,  /* more than one packet */
	PASSED = 8, /* nothing was sent */
	UNANSWERED = 16,
	ALL = 31,
};

static bool is_time(int64_t ms)
{
	return ms >= 0 && ms <= HJ_TIME_MAX_MS;
}

int hj_receipt_check(const struct hj_receipt *r)
{
	bool passed = !r->packets;

	if (!r->from || r->to < r->from || r->to >= INT64_MAX || r->packets > HJ_RECEIPT_PACKETS_MOST ||
	        !is_time(r->acked_ms))
		return -EBADMSG;
	if (passed)
		return r->qn_ms || r->qn_last_ms || r->sent_ms || r->unanswered ? -EBADMSG : 0;
	if (!is_time(r->qn_ms) || !is_time(r->qn_last_ms) || !is_time(r->sent_ms) || r->qn_last_ms < r->qn_ms)
		return -EBADMSG;
	return r->packets == 1 && r->qn_last_ms != r->qn_ms ? -EBADMSG : 0;
}

void hj_receipts_done(struct hj_receipts *r)
{
	hj_buf_done(&r->packed);
	*r = (struct hj_receipts){ 0 };
}

/* What the next one is told by its difference to: of one that was passed over only the records and the time. */
static void follow(struct hj_receipt *last, const struct hj_receipt *one)
{
	struct hj_receipt before = *last;

	*last = *one;
	if (!one->packets)
		last->qn_ms = before.qn_ms;
}

static int put_one(const struct hj_receipt *last, const struct hj_receipt *r, struct hj_buf *to)
{
	unsigned what = (r->from != last->to + 1 ? SKIPS : 0) | (r->to > r->from ? MANY : 0) |
	                (r->packets > 1 ? SPLIT : 0) | (r->packets ? 0 : PASSED) | (r->unanswered ? UNANSWERED : 0);
	int e = hj_buf_put_be(to, what, 1);

	if (e >= 0 && what & SKIPS)
		e = hj_buf_put_zigzag(to, (int64_t)r->from - (int64_t)(last->to + 1));
	if (e >= 0 && what & MANY)
		e = hj_buf_put_varint(to, r->to - r->from);
	if (what & PASSED)
		return e < 0 ? e : hj_buf_put_zigzag(to, r->acked_ms - last->acked_ms);
	e = e < 0 ? e : hj_buf_put_zigzag(to, r->qn_ms - last->qn_ms);
	if (e >= 0 && what & SPLIT) {
		e = hj_buf_put_varint(to, r->packets);
		e = e < 0 ? e : hj_buf_put_varint(to, (uint64_t)(r->qn_last_ms - r->qn_ms));
	}
	e = e < 0 ? e : hj_buf_put_zigzag(to, r->sent_ms - r->qn_ms);
	return e < 0 ? e : hj_buf_put_zigzag(to, r->acked_ms - r->sent_ms);
}

int hj_receipts_add(struct hj_receipts *r, const struct hj_receipt *one)
{
	size_t before = r->packed.len;
	int e = hj_receipt_check(one);

	if (e < 0)
		return e;
	if (r->count == HJ_RECEIPTS_MOST)
		return -ENOSPC;
	e = put_one(&r->last, one, &r->packed);
	if (e < 0) {
		r->packed.len = before;
		return e;
	}
	follow(&r->last, one);
	r->count++;
	r->newest_ms = hj_max(r->newest_ms, one->acked_ms);
	r->newest_ms = hj_max(r->newest_ms, one->qn_last_ms);
	return 0;
}

/* Sums of what came from outside, without overflow: what leaves the range of times or seqs fails the check. */
static int64_t sum(int64_t a, int64_t b)
{
	int64_t s;

	return __builtin_add_overflow(a, b, &s) ? -1 : s;
}

static void get_sent(struct hj_reader *in, const struct hj_receipt *last, unsigned what, struct hj_receipt *r)
{
	uint64_t packets = 1, span = 0;

	r->qn_ms = sum(last->qn_ms, hj_get_zigzag(in));
	if (what & SPLIT) {
		packets = hj_get_varint(in);
		span = hj_get_varint(in);
	}
	if (((what & SPLIT) && packets < 2) || packets > HJ_RECEIPT_PACKETS_MOST || span > INT64_MAX)
		in->failed = 1;
	r->packets = (uint32_t)packets;
	r->qn_last_ms = sum(r->qn_ms, (int64_t)(span & INT64_MAX));
	r->sent_ms = sum(r->qn_ms, hj_get_zigzag(in));
	r->acked_ms = sum(r->sent_ms, hj_get_zigzag(in));
}

static int get_one(struct hj_reader *in, const struct hj_receipt *last, struct hj_receipt *ret)
{
	unsigned what = (unsigned)hj_get_be(in, 1);
	struct hj_receipt r = { .from = last->to + 1, .unanswered = what & UNANSWERED };
	int64_t skip = what & SKIPS ? hj_get_zigzag(in) : 0;
	uint64_t more = what & MANY ? hj_get_varint(in) : 0;

	if (what & ~(unsigned)ALL || (what & PASSED && what & (SPLIT | UNANSWERED)) || (what & SKIPS && !skip) ||
	        (what & MANY && !more) || more > INT64_MAX)
		return -EBADMSG;
	r.from = (uint64_t)hj_max(sum((int64_t)r.from, skip), (int64_t)0);
	r.to = (uint64_t)hj_max(sum((int64_t)r.from, (int64_t)more), (int64_t)0);
	if (what & PASSED)
		r.acked_ms = sum(last->acked_ms, hj_get_zigzag(in));
	else
		get_sent(in, last, what, &r);
	if (in->failed || hj_receipt_check(&r) < 0)
		return -EBADMSG;
	*ret = r;
	return 0;
}

int hj_receipts_each(const void *packed, size_t n, hj_receipt_fn fn, void *userdata)
{
	struct hj_reader in = { .p = packed, .end = (const uint8_t *)packed + n };
	struct hj_receipt last = { 0 }, one;

	for (unsigned count = 0; in.p < in.end; count++) {
		int e = count == HJ_RECEIPTS_MOST ? -EBADMSG : get_one(&in, &last, &one);

		e = e < 0 ? e : fn(&one, userdata);
		if (e)
			return e < 0 ? e : 0;
		follow(&last, &one);
	}
	return 0;
}

static int add_one(const struct hj_receipt *one, void *userdata)
{
	return hj_receipts_add(userdata, one);
}

int hj_receipts_decode(const void *packed, size_t n, struct hj_receipts *ret)
{
	struct hj_receipts r = { 0 };
	int e = hj_receipts_each(packed, n, add_one, &r);

	if (e < 0) {
		hj_receipts_done(&r);
		return e;
	}
	*ret = r;
	return 0;
}

int hj_receipt_body_encode(const char *uplink, const struct hj_receipts *list, struct hj_buf *to)
{
	size_t start = to->len, name = strlen(uplink);
	int e = hj_name_valid(uplink) ? hj_buf_put_be(to, FORMAT, 1) : -EINVAL;

	e = e < 0 ? e : hj_buf_put_be(to, name, 1);
	e = e < 0 ? e : hj_buf_put(to, uplink, name);
	e = e < 0 ? e : hj_buf_put(to, list->packed.data, list->packed.len);
	if (e < 0)
		to->len = start;
	return e;
}

int hj_receipt_body_decode(
        const void *body, size_t n, char ret_uplink[HJ_NAME_MAX + 1], const void **ret_packed, size_t *ret_n)
{
	struct hj_reader in = { .p = body, .end = (const uint8_t *)body + n };
	unsigned format = (unsigned)hj_get_be(&in, 1);
	size_t length = hj_get_be(&in, 1);
	const void *name = length && length <= HJ_NAME_MAX ? hj_get_bytes(&in, length) : NULL;
	char uplink[HJ_NAME_MAX + 1] = "";

	if (in.failed || format != FORMAT || !name)
		return -EBADMSG;
	memcpy(uplink, name, length);
	if (strlen(uplink) != length || !hj_name_valid(uplink))
		return -EBADMSG;
	memcpy(ret_uplink, uplink, sizeof(uplink));
	*ret_packed = in.p;
	*ret_n = (size_t)(in.end - in.p);
	return 0;
}
