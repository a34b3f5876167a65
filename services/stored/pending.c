/* What is read before the time is known: kept raw, by the clock that only goes on and with the interval of its point,
 * and put into the windows with its true times when the time comes in the same boot of the machine.
 *
 * Samples are gathered by bus in RAM and become `pending` records with each commit, so that Durable names them like
 * any other. How far the records have been used is committed in the transaction of the windows that hold them: a
 * crash uses nothing twice and forgets nothing. Until all are used, new samples go the same way, so that each bus's
 * order stays. Records of a boot that never knew the time stay as they are. */
#include "stored.h"

#include <errno.h>
#include <string.h>

#include "hjgate/log.h"
#include "hjgate/pending.h"

#define PENDING_KEY   "pending"
#define PENDING_BIT   (1u << HJ_KIND_PENDING)
#define SLICE_RECORDS 8 /* used at a time; then whoever waits has its turn */
#define SLICE_PAUSE   (10 * HJ_USEC_PER_MS)
#define STUCK_PAUSE   (500 * HJ_USEC_PER_MS) /* the disk is in trouble, or windows wait for a bus */
#define ROOM_WINDOWS  (HJ_ROLLUP_WINDOWS_MAX / 2)
#define ACCURACY      (1 * HJ_USEC_PER_MS)

/* ---- what is kept ---- */

int pending_load(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct pending_state *p = &s->pending;
	struct hj_reader in;
	const void *boot;
	int r = hj_ledger_get(s->ledger, PENDING_KEY, &b);

	if (r < 0 && r != -ENOENT && r != -ENOKEY && r != -EBADMSG)
		return r;
	in = (struct hj_reader){ .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + b.len };
	boot = hj_get_bytes(&in, HJ_ID_BYTES);
	p->next_seq = hj_get_be(&in, 8);
	p->next_index = (uint32_t)hj_get_be(&in, 4);
	p->waiting = hj_get_be(&in, 8);
	if (!in.failed && in.p == in.end && !memcmp(boot, s->boot_id, HJ_ID_BYTES))
		return 0;
	if (r != -ENOENT && (in.failed || in.p != in.end))
		hj_error("where the pending records go on does not decode: those of before stay as they are");
	p->next_seq = hj_ledger_last(s->ledger) + 1;
	p->next_index = 0;
	p->waiting = 0;
	p->changed = true;
	return 0;
}

int pending_put(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	const struct pending_state *p = &s->pending;
	int r = hj_buf_put(&b, s->boot_id, HJ_ID_BYTES);

	if (!p->changed)
		return 0;
	r = r < 0 ? r : hj_buf_put_be(&b, p->next_seq, 8);
	r = r < 0 ? r : hj_buf_put_be(&b, p->next_index, 4);
	r = r < 0 ? r : hj_buf_put_be(&b, p->waiting, 8);
	return r < 0 ? r : hj_ledger_put(s->ledger, PENDING_KEY, b.data, b.len);
}

void pending_committed(struct stored *s)
{
	s->pending.changed = s->pending.queued = false;
}

uint64_t pending_waiting(const struct stored *s)
{
	uint64_t n = s->pending.waiting;

	for (size_t i = 0; i < s->pending.count; i++)
		n += s->pending.batches[i].count;
	return n;
}

/* ---- in ---- */

bool pending_wanted(const struct stored *s)
{
	return !s->trust.source || s->pending.draining;
}

/* A clock in 1970 would make it too old at once; it is not older than this. */
static int64_t label(const struct stored *s)
{
	int64_t wall_ms = hj_now().wall_ms;

	return hj_clock_plausible(wall_ms) ? wall_ms : s->age.ms;
}

static int flush_one(struct stored *s, struct hj_pending *b)
{
	_cleanup_(hj_buf_done) struct hj_buf body = { 0 };
	int r = b->count ? hj_pending_encode(b, &body) : 0;

	if (r >= 0 && b->count)
		r = commit_queue(s, HJ_KIND_PENDING, label(s), 0, body.data, body.len, NULL, NULL);
	if (r < 0)
		return r;
	s->pending.waiting += b->count;
	s->pending.changed = s->pending.queued = true;
	hj_pending_done(b);
	return 0;
}

int pending_flush(struct stored *s)
{
	struct pending_state *p = &s->pending;
	int r;

	while (p->count) {
		r = flush_one(s, &p->batches[0]);
		if (r < 0)
			return r;
		memmove(&p->batches[0], &p->batches[1], --p->count * sizeof(p->batches[0]));
	}
	return 0;
}

static bool goes_on(const struct hj_pending *b, const struct append *a, uint64_t number)
{
	return !strcmp(b->bus, a->bus) && !memcmp(b->boot, a->boot, HJ_ID_BYTES) && b->first + b->count == number &&
	       b->samples.len < HJ_PENDING_BYTES;
}

static struct hj_pending *new_batch(struct stored *s, const struct append *a, uint64_t number, int64_t begin_ms)
{
	struct pending_state *p = &s->pending;
	struct hj_pending *batches;

	if (p->count == HJ_ROLLUP_BUSES_MAX && pending_flush(s) < 0)
		return NULL;
	batches = realloc(p->batches, (p->count + 1) * sizeof(*batches));
	if (!batches)
		return NULL;
	p->batches = batches;
	batches[p->count] = (struct hj_pending){
		.first = number, .ahead_ms = s->trust.ahead_ms, .begin_ms = begin_ms, .upto_ms = begin_ms
	};
	hj_text_copy(batches[p->count].bus, sizeof(batches[0].bus), a->bus);
	memcpy(batches[p->count].boot, a->boot, HJ_ID_BYTES);
	return &batches[p->count++];
}

/* The batch of this bus that goes on with this number; one that cannot go on is a record from here on. */
static struct hj_pending *get_batch(struct stored *s, const struct append *a, uint64_t number, int64_t begin_ms)
{
	struct pending_state *p = &s->pending;

	for (size_t i = 0; i < p->count; i++) {
		if (goes_on(&p->batches[i], a, number))
			return &p->batches[i];
		if (strcmp(p->batches[i].bus, a->bus) != 0)
			continue;
		if (pending_flush(s) < 0)
			return NULL;
		commit_request(s, STORED_COMMIT_BUSY);
		break;
	}
	return new_batch(s, a, number, begin_ms);
}

static int take_one(struct stored *s, const struct append *a, size_t i)
{
	struct hj_sample sample = a->samples[i];
	const struct hj_point *p = hj_dictionary_find(&s->points, sample.point);
	uint32_t interval_ms = p ? p->interval_ms : 0;
	struct hj_pending *b;
	int r;

	sample.time_ms -= s->trust.ahead_ms;
	b = get_batch(s, a, a->first + i, sample.time_ms);
	r = b ? hj_pending_add(b, &sample, interval_ms) : -ENOMEM;
	if (r != -ERANGE)
		return r;
	b = pending_flush(s) < 0 ? NULL : new_batch(s, a, a->first + i, sample.time_ms);
	return b ? hj_pending_add(b, &sample, interval_ms) : -ENOMEM;
}

int pending_take(struct stored *s, struct hj_rollup_bus *bus, const struct append *a, size_t skip, size_t *ret_taken)
{
	size_t i = skip;
	int r = 0;

	for (; i < a->sample_count && r >= 0; i += r >= 0)
		r = take_one(s, a, i);
	hj_rollup_count(bus, i - skip);
	*ret_taken = i - skip;
	for (size_t k = 0; k < s->pending.count && r >= 0; k++)
		if (!strcmp(s->pending.batches[k].bus, a->bus))
			s->pending.batches[k].upto_ms = a->upto_ms - s->trust.ahead_ms;
	return r;
}

/* ---- out ---- */

/* From *index on; there it stops when windows must be closed first, and none can be: -ENOBUFS. */
static int use(struct stored *s, const struct hj_pending *p, uint32_t *index, const struct hj_now *now)
{
	struct hj_rollup_bus *b;
	struct hj_sample sample;
	int r = hj_rollup_get(s->rollup, p->bus, now, &b);
	uint32_t interval_ms;
	size_t at = 0;

	for (uint32_t i = 0; i < p->count && r >= 0; i++) {
		hj_pending_next(p, &at, &sample, &interval_ms);
		if (i < *index)
			continue;
		sample.time_ms = hj_time_moved(sample.time_ms, s->trust.ahead_ms);
		r = hj_rollup_put(s->rollup, b, &sample, interval_ms);
		if (r == -ENOBUFS) {
			hj_rollup_upto(s->rollup, b, sample.time_ms, now);
			window_process(s);
			r = hj_rollup_put(s->rollup, b, &sample, interval_ms);
		}
		if (r == -EINVAL) /* the point's number went with a file that is gone */
			r = 0;
		if (r >= 0)
			*index = i + 1;
	}
	if (r >= 0) {
		hj_rollup_upto(s->rollup, b, hj_time_moved(p->upto_ms, s->trust.ahead_ms), now);
		window_process(s);
	}
	return r == -ENOSPC ? 0 : r; /* too many buses: of this one nothing is made */
}

struct next {
	struct stored *s;
	struct hj_pending pending;
	uint64_t seq; /* 0: none left */
	int r;
};

static int find_next(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct next *next = userdata;

	if (memcmp(head->boot_id, next->s->boot_id, HJ_ID_BYTES))
		return 0;
	next->seq = head->seq;
	next->r = hj_pending_decode(body, n, &next->pending);
	return 1;
}

/* 1: one record is used; 0: there is none; < 0: later. */
static int use_record(struct stored *s, const struct hj_now *now)
{
	struct pending_state *p = &s->pending;
	struct next next = { .s = s };
	uint32_t before = p->next_index;
	int r = s->ledger ? hj_ledger_read(s->ledger, p->next_seq, UINT64_MAX, PENDING_BIT, find_next, &next) : -EIO;

	if (r < 0 || !next.seq)
		return r < 0 ? r : 0;
	if (next.r == -ENOMEM)
		return next.r;
	if (next.seq != p->next_seq)
		before = p->next_index = 0;
	p->next_seq = next.seq;
	p->changed = true;
	if (next.r < 0)
		s->unreadable++;
	else
		r = use(s, &next.pending, &p->next_index, now);
	p->waiting -= hj_min(p->waiting, (uint64_t)(p->next_index - before));
	hj_pending_done(&next.pending);
	if (r < 0)
		return r;
	p->next_seq++;
	p->next_index = 0;
	return 1;
}

static bool has_room(const struct stored *s)
{
	struct hj_rollup_look look;
	struct hj_rollup_bus *b;

	for (size_t i = 0; (b = hj_rollup_at(s->rollup, i)); i++) {
		hj_rollup_look(b, &look);
		if (look.windows > ROOM_WINDOWS)
			return false;
	}
	return s->queue_bytes < STORED_QUEUE_BYTES / 2;
}

/* What was never committed needs no record: it goes where its number is committed, too. What is left waits, or
 * becomes a record with the next commit. */
static int use_batches(struct stored *s, const struct hj_now *now)
{
	struct pending_state *p = &s->pending;

	while (p->count) {
		uint32_t index = 0;
		int r = use(s, &p->batches[0], &index, now);

		if (r < 0) {
			hj_pending_drop(&p->batches[0], index);
			return r;
		}
		hj_pending_done(&p->batches[0]);
		memmove(&p->batches[0], &p->batches[1], --p->count * sizeof(p->batches[0]));
	}
	return 0;
}

/* 0: all are used; 1: there may be more; < 0: not now. */
static int slice(struct stored *s)
{
	struct hj_now now = hj_now();
	int r = 1;

	if (!has_room(s)) {
		window_process(s);
		return -EAGAIN;
	}
	if (s->pending.queued && commit_now(s) < 0)
		return -EAGAIN;
	for (int i = 0; i < SLICE_RECORDS && r > 0; i++)
		r = has_room(s) ? use_record(s, &now) : -EAGAIN;
	return r == 0 ? use_batches(s, &now) : r;
}

void pending_run(struct stored *s)
{
	struct pending_state *p = &s->pending;
	struct hj_fallen fallen;
	int r;

	if (!p->draining)
		return;
	r = slice(s);
	while (hj_rollup_fallen(s->rollup, &fallen))
		tell_reset(s, &fallen);
	commit_request(s, STORED_COMMIT_BUSY);
	if (r) {
		sd_event_source_set_time_relative(s->pending_timer, r > 0 ? SLICE_PAUSE : STUCK_PAUSE);
		sd_event_source_set_enabled(s->pending_timer, SD_EVENT_ONESHOT);
		return;
	}
	p->draining = false;
	p->waiting = 0;
	hj_rollup_hold(s->rollup, false);
	free(p->batches);
	p->batches = NULL;
	window_process(s);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	pending_run(userdata);
	return 0;
}

void pending_release(struct stored *s)
{
	s->pending.draining = true;
	hj_rollup_hold(s->rollup, true);
	pending_run(s);
}

void pending_hold(struct stored *s)
{
	struct pending_state *p = &s->pending;

	sd_event_source_set_enabled(s->pending_timer, SD_EVENT_OFF);
	if (s->ledger && !p->draining && !p->waiting && !p->queued) {
		p->next_seq = hj_ledger_last(s->ledger) + 1;
		p->next_index = 0;
		p->changed = true;
	}
	p->draining = false;
}

int pending_start(struct stored *s)
{
	int r = sd_event_add_time(s->event, &s->pending_timer, CLOCK_BOOTTIME, 0, ACCURACY, on_timer, s);

	return r < 0 ? r : sd_event_source_set_enabled(s->pending_timer, SD_EVENT_OFF);
}

void pending_stop(struct stored *s)
{
	sd_event_source_disable_unref(s->pending_timer);
}

void pending_forget(struct stored *s)
{
	for (size_t i = 0; i < s->pending.count; i++)
		hj_pending_done(&s->pending.batches[i]);
	free(s->pending.batches);
	s->pending = (struct pending_state){ 0 };
}
