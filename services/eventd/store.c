/* The ledger's side: opening it, reading it back into the book, cutting what is too old. A ledger that cannot be
 * opened is tried again with the next commit: until then reports wait in RAM; and so they do while what a damaged one
 * held is put back. */
#include "eventd.h"
#include "hjgate/log.h"
#include "hjgate/service.h"
#include "hjgate/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define READ_BACK (4 * EVENTS_IN_RAM) /* rows in which the newest events are looked for at the start */

struct reading {
	struct eventd *d;
	uint64_t newest_from; /* rows before it matter only where they concern an open event */
	uint64_t unreadable;
};

/* Old moments are most of a ledger and are not worth parsing: their body begins so. */
static bool is_old_moment(const struct reading *r, const struct hj_head *head, const void *body, size_t n)
{
	static const char begins[] = "{\"is\":\"moment\"";

	return head->seq < r->newest_from && n > sizeof(begins) && !memcmp(body, begins, sizeof(begins) - 1);
}

static int read_row(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct reading *r = userdata;
	struct eventd *d = r->d;
	struct row row;
	int error;

	if (head->kind == ROW_KIND_EVENT) {
		d->events++;
		if (d->first_ms == NO_END)
			d->first_ms = head->label_ms;
	}
	if (is_old_moment(r, head, body, n)) {
		d->book.floor = head->seq;
		return 0;
	}
	error = row_decode(head, body, n, &row);
	if (error == -EBADMSG) {
		r->unreadable++;
		return 0;
	}
	if (error < 0)
		return error;
	shifts_apply(&d->shifts, head->seq, &row);
	book_apply(&d->book, head->seq, &row, &error);
	book_trim(&d->book);
	row_done(&row);
	return error;
}

static int read_shift(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct row row;
	int r = row_decode(head, body, n, &row);

	if (r < 0)
		return r == -EBADMSG ? 0 : r;
	if (row.is == ROW_SHIFT)
		shifts_add(userdata, &row);
	row_done(&row);
	return 0;
}

int eventd_read_back(struct eventd *d)
{
	uint64_t last = hj_ledger_last(d->ledger);
	struct reading r = { .d = d, .newest_from = last > READ_BACK ? last - READ_BACK : 0 };
	int error;

	d->events = 0;
	d->first_ms = NO_END;
	book_done(&d->book);
	d->book = (struct book){ .newest = EVENTS_IN_RAM, .keep_open = true };
	d->shifts = (struct shifts){ 0 };
	error = hj_ledger_read(d->ledger, 1, UINT64_MAX, 1u << ROW_KIND_SHIFT, read_shift, &d->shifts);
	if (error < 0)
		return error;
	error = hj_ledger_read(d->ledger, 1, UINT64_MAX, 0, read_row, &r);
	if (r.unreadable)
		hj_warn("%s: %llu rows are unreadable and left out", d->path, (unsigned long long)r.unreadable);
	d->known |= error >= 0;
	return error;
}

static void tell_damaged(struct eventd *d)
{
	char values[2 * HJ_PATH_MAX];

	hj_error("%s was damaged: it is kept beside the new one as events.db.damaged-*", d->path);
	snprintf(values, sizeof(values), "{\"file\":\"events.db\",\"kept\":\"events.db.damaged-*\"}");
	eventd_say(d, "store-damaged", ROW_MOMENT, "events.db", values);
}

/* A disk that failed is asked by a file of nothing: to prove and to read back a ledger of years is for one that takes
 * something, and not for each try. */
static int disk_takes(const struct eventd *d)
{
	char path[HJ_PATH_MAX];
	int r;

	if (!d->told_trouble)
		return 0;
	if (snprintf(path, sizeof(path), "%s.try", d->path) >= (int)sizeof(path))
		return 0;
	r = hj_write_whole(path, "\n", 1, 0600);
	unlink(path);
	return r;
}

static int open_file(struct eventd *d)
{
	bool damaged = false;
	int r;

	r = hj_place_check(&d->place, d->path);
	r = r < 0 ? r : disk_takes(d);
	r = r < 0 ? r : hj_ledger_open(d->path, d->keyring, &d->opening, &damaged);
	d->damaged |= damaged;
	if (r < 0)
		return r;
	r = salvage_begin(d);
	if (r < 0)
		hj_ledger_close(hj_steal(d->opening));
	return r;
}

static int load(struct eventd *d)
{
	int r = eventd_read_back(d);

	r = r < 0 ? r : outbox_load(d->outbox);
	if (r < 0)
		return r;
	head_load(d);
	if (d->damaged)
		tell_damaged(d);
	d->damaged = false;
	eventd_keep_keys(d);
	eventd_tell_keys(d);
	return salvage_settle(d);
}

int eventd_open(struct eventd *d)
{
	int r;

	if (d->ledger)
		return 0;
	r = d->opening ? 0 : open_file(d);
	if (r < 0)
		return r;
	if (d->salvage)
		return -EINPROGRESS;
	d->ledger = hj_steal(d->opening);
	r = load(d);
	if (r < 0)
		hj_ledger_close(hj_steal(d->ledger));
	return r;
}

/* ---- cutting ---- */

struct counting {
	uint64_t left; /* events still to be passed */
	uint64_t upto;
	int64_t first_ms;
};

static int count_event(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct counting *c = userdata;

	if (c->left) {
		c->left--;
		c->upto = head->seq;
		return 0;
	}
	c->first_ms = head->label_ms;
	return 1;
}

/* An event still open must outlive the cut: it is written again, and its new row is the event from then on. */
static int carry_open(struct eventd *d, uint64_t upto)
{
	uint64_t seq;

	for (size_t i = 0; i < d->book.count; i++) {
		const struct event *e = d->book.events[i];
		struct row row = { .is = ROW_BEGIN, .time_ms = e->begin_ms, .trust = e->trust, .count = e->count };
		int r;

		if (e->id > upto || !event_is_open(e))
			continue;
		hj_text_copy(row.code, sizeof(row.code), e->code);
		hj_text_copy(row.key, sizeof(row.key), e->key);
		hj_text_copy(row.source, sizeof(row.source), e->source);
		row.carried = outbox_has_taken(d->outbox, e->id);
		row.values = e->values ? strdup(e->values) : NULL;
		row.cause = e->cause ? strdup(e->cause) : NULL;
		r = eventd_append(d, &row, &seq);
		row_done(&row);
		if (r < 0)
			return r;
	}
	return 0;
}

static void tell_cut(struct eventd *d, uint64_t events, int64_t begin_ms, int64_t end_ms)
{
	char values[128];

	snprintf(values, sizeof(values), "{\"count\":%" PRIu64 ",\"begin\":%" PRId64 ",\"end\":%" PRId64 "}", events,
	        begin_ms, end_ms);
	eventd_say(d, "events-cut", ROW_MOMENT, "events.db", values);
}

void eventd_cut(struct eventd *d)
{
	struct counting c = { .first_ms = NO_END };
	uint64_t rows, before, gone;
	int64_t begin_ms = d->first_ms;
	int r;

	if (!d->ledger || d->events <= EVENTS_MOST)
		return;
	gone = d->events - (EVENTS_LEAST + EVENTS_MOST) / 2;
	c.left = gone;
	r = hj_ledger_read(d->ledger, 1, UINT64_MAX, 1u << ROW_KIND_EVENT | HJ_LEDGER_HEADS, count_event, &c);
	if (r < 0 || !c.upto)
		return;
	before = hj_ledger_last(d->ledger);
	r = carry_open(d, c.upto);
	if (r >= 0)
		r = hj_ledger_cut(d->ledger, c.upto, &rows);
	if (r >= 0)
		r = hj_ledger_commit(d->ledger);
	if (r < 0) {
		hj_ledger_rollback(d->ledger);
		hj_log_error(r, "cannot cut the oldest events: trying again with the next one");
		return;
	}
	outbox_carried(d->outbox, before);
	tell_cut(d, gone, begin_ms, c.first_ms == NO_END ? begin_ms : c.first_ms);
	r = eventd_read_back(d);
	hj_info("cut the oldest %llu rows of events: %llu events are kept", (unsigned long long)rows,
	        (unsigned long long)d->events);
	if (r < 0)
		hj_log_error(r, "cannot read the events back: the next start will");
}
