/* What each uplink still owes its platform: a bounded set of seqs, written with the commit that changes it. A
 * confirmation that a crash takes away is one more sending, never one less. */
#include "stored.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/log.h"

#define OWED_PREFIX "owed."
#define SET_BYTES   9  /* of a set without ranges */
#define RANGE_BYTES 16 /* of each range */
#define SET_COUNT   8  /* where their number stands */
/* After the set: a version, records confirmed, when last, when it was asked for last, receipts. The version is the
 * first byte of what was 8 of records confirmed; 0 had no time of asking. */
#define OWED_VERSION 1

#define BRIDGED_FROM (HJ_SEQSET_MAX / 4) /* ranges: before that, what is owed is exact */

static int encode(const struct uplink *u, const struct hj_seqset *owed, struct hj_buf *to)
{
	int r = hj_seqset_encode(owed, to);

	r = r < 0 ? r : hj_buf_put_be(to, OWED_VERSION, 1);
	r = r < 0 ? r : hj_buf_put_be(to, u->confirmed, 7);
	r = r < 0 ? r : hj_buf_put_be(to, (uint64_t)u->confirmed_ms, 8);
	r = r < 0 ? r : hj_buf_put_be(to, (uint64_t)u->asked_ms, 8);
	return r < 0 ? r : hj_buf_put(to, u->receipts.packed.data, u->receipts.packed.len);
}

static int decode(struct uplink *u, const uint8_t *value, size_t n)
{
	size_t set = n > SET_COUNT ? SET_BYTES + (size_t)value[SET_COUNT] * RANGE_BYTES : n + 1;
	struct hj_reader in = { .p = value + hj_min(set, n), .end = value + n };
	unsigned version = (unsigned)hj_get_be(&in, 1);
	uint64_t confirmed = hj_get_be(&in, 7);
	int64_t confirmed_ms = (int64_t)hj_get_be(&in, 8);
	int64_t asked_ms = version ? (int64_t)hj_get_be(&in, 8) : u->asked_ms;
	int r = in.failed || version > OWED_VERSION ? -EBADMSG : hj_seqset_decode(value, set, &u->owed);

	if (r < 0)
		return r;
	u->confirmed = confirmed;
	u->confirmed_ms = confirmed_ms;
	u->asked_ms = asked_ms;
	if (hj_receipts_decode(in.p, (size_t)(in.end - in.p), &u->receipts) < 0)
		hj_error("the newest receipts of uplink %s do not decode: they are lost", u->name);
	return 0;
}

static int load_one(const char *key, const void *value, size_t n, void *userdata)
{
	struct stored *s = userdata;
	const char *name = key + strlen(OWED_PREFIX);
	struct uplink *u;

	if (owed_get(s, name, &u) < 0) {
		hj_error("what is kept as %s cannot be used: that uplink begins anew", key);
		return 0;
	}
	u->changed = false;
	if (!value || decode(u, value, n) < 0) {
		/* Better all of it again than none. */
		hj_error("what uplink %s owes does not decode: it owes every record again", name);
		if (hj_ledger_first(s->ledger))
			hj_seqset_add(&u->owed, hj_ledger_first(s->ledger), hj_ledger_last(s->ledger));
		u->changed = true;
	}
	u->told_joined = u->owed.joined;
	return 0;
}

int owed_load(struct stored *s)
{
	s->newest_owed = 0;
	return hj_ledger_each(s->ledger, OWED_PREFIX, load_one, s);
}

struct uplink *owed_find(struct stored *s, const char *name)
{
	for (size_t i = 0; i < s->uplink_count; i++)
		if (!strcmp(s->uplinks[i].name, name))
			return &s->uplinks[i];
	return NULL;
}

/* By retention's time: a date that jumps makes nobody old at once, and a date of 1970 nobody young. */
void owed_note_asked(struct stored *s, struct uplink *u)
{
	u->asked_ms = hj_max(u->asked_ms, age_now(s));
}

bool owed_is_old(struct stored *s, struct uplink *u)
{
	if (read_goes_on(s, u))
		owed_note_asked(s, u);
	return s->trust.source != HJ_TRUST_NONE && age_now(s) - u->asked_ms > STORED_UPLINK_OLD_DAYS * HJ_MS_PER_DAY;
}

/* What it owes is forgotten, on the disk with the next commit. */
static void leave(struct stored *s, struct uplink *u)
{
	hj_notice("uplink %s: nobody has asked for it in %d days: it is forgotten, a new one has its place", u->name,
	        STORED_UPLINK_OLD_DAYS);
	receipt_leave(s, u);
	s->cut.drop[u - s->uplinks] = 0;
	hj_text_copy(s->uplinks_left[s->uplink_left_count++], sizeof(s->uplinks_left[0]), u->name);
}

/* A place for one more; where there is none, that of the one which was asked for longest ago. */
static struct uplink *find_place(struct stored *s)
{
	struct uplink *oldest = NULL;

	if (s->uplink_count < STORED_UPLINKS_MAX)
		return &s->uplinks[s->uplink_count++];
	if (!s->loaded || s->uplink_left_count == STORED_UPLINKS_MAX)
		return NULL;
	for (size_t i = 0; i < s->uplink_count; i++) {
		struct uplink *u = &s->uplinks[i];

		if (owed_is_old(s, u) && (!oldest || u->asked_ms < oldest->asked_ms))
			oldest = u;
	}
	if (oldest)
		leave(s, oldest);
	return oldest;
}

int owed_get(struct stored *s, const char *name, struct uplink **ret)
{
	struct uplink *u = owed_find(s, name);

	if (!u) {
		if (!hj_name_valid(name))
			return -EINVAL;
		u = find_place(s);
		if (!u)
			return -ENOSPC;
		*u = (struct uplink){ .changed = true, .confirmed_ms = INT64_MIN, .asked_ms = age_now(s) };
		hj_text_copy(u->name, sizeof(u->name), name);
		if (s->loaded) { /* not while loading */
			salvage_owe(s, u);
			commit_request(s, STORED_COMMIT_URGENT);
		}
	}
	*ret = u;
	return 0;
}

/* Rows that nobody is told of (receipts, above all) stand between those of an uplink that is away: before that fills
 * the set they are owed, too. Whoever reads what is owed finds no record there, and then they are no more. */
static bool bridges(const struct hj_seqset *owed, uint64_t before)
{
	return owed->count > BRIDGED_FROM && before && owed->ranges[owed->count - 1].to == before;
}

/* Of the records of this transaction, those that uplinks are told. They are still in the queue. What was Put while
 * the clock was not trusted has a label that may be decades away: it is kept, and nobody is told; nor is a window
 * that another box may have told.
 * Returns the newest that they are told of, 0 = it is not known. */
static uint64_t add_new(const struct stored *s, struct hj_seqset *owed, uint64_t first)
{
	uint64_t seq = first, before = s->newest_owed;

	for (const struct item *item = first ? s->queue : NULL; item; item = item->next, seq++) {
		if (!(OWED_KINDS >> item->head.kind & 1))
			continue;
		if (item->head.trust == HJ_TRUST_NONE || backup_may_be_told(s, &item->head)) {
			before = 0;
			continue;
		}
		hj_seqset_add(owed, bridges(owed, before) ? before + 1 : seq, seq);
		before = seq;
	}
	return before;
}

static int put_left(struct stored *s)
{
	char key[HJ_LEDGER_KEY_MAX];
	int r = 0;

	for (size_t i = 0; i < s->uplink_left_count && r >= 0; i++) {
		snprintf(key, sizeof(key), OWED_PREFIX "%s", s->uplinks_left[i]);
		r = hj_ledger_put_clear(s->ledger, key, NULL, 0);
	}
	return r;
}

int owed_put(struct stored *s, uint64_t first, uint64_t last)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	char key[HJ_LEDGER_KEY_MAX];
	int r = put_left(s); /* first: one of that name may be here again */

	for (size_t i = 0; i < s->uplink_count && r >= 0; i++) {
		struct hj_seqset owed = s->uplinks[i].owed;

		if (!first && !s->cut.drop[i] && !s->uplinks[i].changed)
			continue;
		add_new(s, &owed, first);
		hj_seqset_remove(&owed, 1, s->cut.drop[i]);
		if (read_goes_on(s, &s->uplinks[i]))
			owed_note_asked(s, &s->uplinks[i]);
		b.len = 0;
		r = encode(&s->uplinks[i], &owed, &b);
		snprintf(key, sizeof(key), OWED_PREFIX "%s", s->uplinks[i].name);
		r = r < 0 ? r : hj_ledger_put_clear(s->ledger, key, b.data, b.len);
	}
	return r;
}

void owed_committed(struct stored *s, uint64_t first, uint64_t last)
{
	uint64_t newest = s->newest_owed;

	for (size_t i = 0; i < s->uplink_count; i++) {
		struct uplink *u = &s->uplinks[i];

		newest = add_new(s, &u->owed, first);
		u->changed = false;
		if (u->owed.joined > u->told_joined && !owed_is_old(s, u))
			tell_joined(s, u->name, u->owed.joined - u->told_joined);
		u->told_joined = u->owed.joined;
	}
	s->newest_owed = newest;
	s->uplink_left_count = 0;
}

static void remove_range(struct stored *s, struct uplink *u, uint64_t from, uint64_t to)
{
	hj_seqset_remove(&u->owed, from, to);
	u->changed = true;
	commit_request(s, STORED_COMMIT_EVERY);
}

uint64_t owed_confirm(struct stored *s, struct uplink *u, uint64_t from, uint64_t to)
{
	uint64_t before = hj_seqset_total(&u->owed), n;

	remove_range(s, u, from, to);
	n = before - hj_min(before, hj_seqset_total(&u->owed));
	u->confirmed += n;
	if (n)
		u->confirmed_ms = hj_now().wall_ms;
	s->confirms_waiting += n;
	if (s->confirms_waiting >= STORED_CONFIRMS_MOST)
		commit_urgent(s);
	return n;
}

void owed_remove_missing(struct stored *s, struct uplink *u, uint64_t from, uint64_t to)
{
	if (from > to || salvage_awaits(s, from))
		return;
	remove_range(s, u, from, to);
}

struct resend {
	const struct stored *s;
	struct uplink *uplink;
	uint64_t from, to, records;
};

/* Collects neighbours, so that the set is not touched for each row. */
static int resend_one(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct resend *d = userdata;

	if (void_covers(d->s, head))
		return 0;
	d->records++;
	if (d->from && head->seq == d->to + 1) {
		d->to = head->seq;
		return 0;
	}
	hj_seqset_add(&d->uplink->owed, d->from, d->to);
	d->from = d->to = head->seq;
	return 0;
}

int owed_resend(struct stored *s, struct uplink *u, int64_t begin_ms, int64_t end_ms, unsigned kinds, uint64_t *ret)
{
	struct resend d = { .s = s, .uplink = u };
	int r = hj_ledger_read_labels(
	        s->ledger, 0, begin_ms, end_ms, (kinds & OWED_KINDS) | HJ_LEDGER_HEADS, resend_one, &d);

	if (r < 0)
		return r;
	hj_seqset_add(&u->owed, d.from, d.to);
	u->changed = true;
	*ret = d.records;
	return 0;
}

static int note_label(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct uplink *u = userdata;

	u->oldest_seq = head->seq;
	u->oldest_ms = head->label_ms;
	return 1;
}

bool owed_oldest(struct stored *s, struct uplink *u, int64_t *ret_label_ms)
{
	uint64_t seq;

	if (!s->ledger || !hj_seqset_next(&u->owed, 0, &seq))
		return false;
	if (u->oldest_seq != seq) {
		u->oldest_seq = 0;
		hj_ledger_read(s->ledger, seq, seq, HJ_LEDGER_HEADS, note_label, u);
	}
	if (u->oldest_seq != seq)
		return false;
	*ret_label_ms = u->oldest_ms;
	return true;
}
