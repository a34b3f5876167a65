/* Receipts: of each uplink those that are in no record yet lie beside what it owes, and are written with it; a full
 * list becomes a record of kind `receipt`. So they cost no commit and no row of their own, and a crash takes a
 * receipt together with its confirmation: then the record is sent once more, and the receipt is the later one. */
#include "stored.h"

#include <errno.h>

#include "hjgate/log.h"

/* Of one record. The list is written with each commit until it is full, so a long one costs more than its record
 * does: eight of them, 70 bytes, stay in the page that each commit writes anyway (measured, two uplinks, sealed,
 * pages of 1024 bytes: with 8 half a MB a day more than without receipts, with 32 4 MB; 30 days of them take 2 MB of
 * the file). */
#define RECEIPTS_PER_RECORD 8

struct latest {
	struct stored *s;
	int64_t ms;
};

static int note_label(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	int64_t *latest = userdata;

	*latest = hj_max(*latest, head->label_ms);
	return 0;
}

static int look_up(const struct hj_receipt *one, void *userdata)
{
	struct latest *l = userdata;

	hj_ledger_read(l->s->ledger, one->from, one->to, HJ_LEDGER_HEADS | OWED_KINDS, note_label, &l->ms);
	return 0;
}

/* By the latest of them a list is found by whoever asks for receipts since a record's time. Where the clock, and QNs
 * with it, are behind that, the record's own label is later. */
static int64_t latest(struct stored *s, const struct uplink *u)
{
	struct latest l = { s, u->receipts.newest_ms };

	if (s->ledger && s->label_most > l.ms)
		hj_receipts_each(u->receipts.packed.data, u->receipts.packed.len, look_up, &l);
	return l.ms;
}

static int queue_list(struct stored *s, struct uplink *u)
{
	_cleanup_(hj_buf_done) struct hj_buf body = { 0 };
	int r = s->queue_bytes > STORED_QUEUE_BYTES ? -ENOSPC : hj_receipt_body_encode(u->name, &u->receipts, &body);

	return r < 0 ? r : commit_queue(s, HJ_KIND_RECEIPT, latest(s, u), 0, body.data, body.len, NULL, NULL);
}

/* What the disk cannot take now waits in the list as long as that takes any; then the oldest are given up. */
static void make_room(struct stored *s, struct uplink *u)
{
	int r = queue_list(s, u);

	if (r < 0 && u->receipts.count < HJ_RECEIPTS_MOST)
		return;
	if (r < 0) {
		if (!u->receipts_lost)
			hj_log_error(r, "uplink %s: receipts have no room and are lost", u->name);
		u->receipts_lost += u->receipts.count;
	}
	hj_receipts_done(&u->receipts);
}

static bool is_any_owed(const struct uplink *u, const struct hj_receipt *one)
{
	uint64_t seq;

	return hj_seqset_next(&u->owed, one->from, &seq) && seq <= one->to;
}

void receipt_take(struct stored *s, struct uplink *u, const struct hj_receipt *one)
{
	if (!is_any_owed(u, one)) /* told again, since the answer was lost */
		return;
	if (hj_receipts_add(&u->receipts, one) < 0)
		u->receipts_lost++;
	u->changed = true;
	if (u->receipts.count >= RECEIPTS_PER_RECORD)
		make_room(s, u);
}

void receipt_leave(struct stored *s, struct uplink *u)
{
	int r = u->receipts.count ? queue_list(s, u) : 0;

	if (r < 0)
		hj_log_error(r, "uplink %s: receipts have no room and are lost", u->name);
	hj_receipts_done(&u->receipts);
}
