/* The one way to the disk. What waits is kept in memory until the commit has succeeded, and the transaction is made
 * anew from it each time, so a commit that fails changes nothing: it is tried again every two seconds, records wait,
 * and whoever waits for an answer gets the error. */
#include "stored.h"

#include <errno.h>
#include <string.h>

#include "hjgate/log.h"

#define ACCURACY_USEC 5000

/* ---- what waits ---- */

int commit_queue(struct stored *s, enum hj_kind kind, int64_t label_ms, uint32_t length_ms, const void *body,
        size_t n, stored_done_fn done, void *waiter)
{
	struct hj_now now = hj_now();
	struct item *item;

	if (done && s->queue_bytes + n > STORED_QUEUE_BYTES)
		return -ENOSPC;
	item = calloc(1, sizeof(*item) + n);
	if (!item)
		return -ENOMEM;
	item->head = (struct hj_head){ .kind = (uint8_t)kind,
		.label_ms = label_ms,
		.length_ms = length_ms,
		.trust = (uint8_t)s->trust.source,
		.boottime_ms = (int64_t)(now.mono / HJ_USEC_PER_MS) };
	memcpy(item->head.boot_id, s->boot_id, HJ_ID_BYTES);
	item->done = done;
	item->waiter = waiter;
	item->n = n;
	memcpy(item->body, body, n);
	if (kind == HJ_KIND_MINUTE)
		trust_note_label(s, label_ms + length_ms);
	*s->queue_end = item;
	s->queue_end = &item->next;
	s->queue_bytes += sizeof(*item) + n;
	return 0;
}

int commit_stage(struct stored *s, const char *key, const char *value, stored_done_fn done, void *waiter)
{
	struct staged *staged = &s->staged[s->staged_count];

	if (s->staged_count == STORED_STAGED_MAX)
		return -ENOSPC;
	*staged = (struct staged){ .done = done, .waiter = waiter };
	if (key && !hj_text_copy(staged->key, sizeof(staged->key), key))
		return -EINVAL;
	if (value) {
		staged->value = strdup(value);
		if (!staged->value)
			return -ENOMEM;
	}
	s->staged_count++;
	return 0;
}

/* Takes out of the queue what is done with: all of it, or only what somebody waits for. */
static void settle_queue(struct stored *s, int r, bool all)
{
	struct item **at = &s->queue;

	while (*at) {
		struct item *item = *at;

		if (!all && !item->done) {
			at = &item->next;
			continue;
		}
		*at = item->next;
		s->queue_bytes -= sizeof(*item) + item->n;
		if (item->done)
			item->done(r, item->head.seq, item->waiter);
		free(item);
	}
	s->queue_end = at;
}

static void settle_staged(struct stored *s, int r)
{
	struct staged staged[STORED_STAGED_MAX];
	size_t n = s->staged_count;

	memcpy(staged, s->staged, n * sizeof(staged[0]));
	s->staged_count = 0;
	for (size_t i = 0; i < n; i++) {
		free(staged[i].value);
		if (staged[i].done)
			staged[i].done(r, 0, staged[i].waiter);
	}
}

void commit_drop(struct stored *s, int r)
{
	settle_queue(s, r, true);
	settle_staged(s, r);
}

/* ---- the transaction ---- */

static int put_checkpoint(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	int r = hj_rollup_encode(s->rollup, &b);

	return r < 0 ? r : hj_ledger_put(s->ledger, "open", b.data, b.len);
}

static int put_records(struct stored *s, uint64_t *ret_first, uint64_t *ret_last)
{
	uint64_t first = 0, last = 0;

	for (struct item *item = s->queue; item; item = item->next) {
		int r = hj_ledger_append(s->ledger, &item->head, item->body, item->n);

		if (r < 0)
			return r;
		first = first ? first : item->head.seq;
		last = item->head.seq;
	}
	*ret_first = first;
	*ret_last = last;
	return 0;
}

static int put_settings(struct stored *s)
{
	int r = 0;

	for (size_t i = 0; i < s->staged_count && r >= 0; i++) {
		const struct staged *staged = &s->staged[i];

		if (staged->key[0])
			r = hj_ledger_put(
			        s->ledger, staged->key, staged->value, staged->value ? strlen(staged->value) : 0);
	}
	return r;
}

static int put_all(struct stored *s, int64_t now_ms, uint64_t *ret_first, uint64_t *ret_last)
{
	int r = retention_put(s, now_ms); /* first: what it frees is room for the others */

	r = r < 0 ? r : put_records(s, ret_first, ret_last);
	r = r < 0 ? r : dictionary_put(s);
	r = r < 0 ? r : owed_put(s, *ret_first, *ret_last);
	r = r < 0 ? r : put_settings(s);
	r = r < 0 ? r : trust_put(s);
	r = r < 0 ? r : maintain_put(s);
	r = r < 0 ? r : pending_put(s);
	r = r < 0 ? r : void_put(s);
	r = r < 0 ? r : head_put(s);
	r = r < 0 ? r : put_checkpoint(s);
	r = r < 0 ? r : rates_put(s, s->stopping);
	r = r < 0 ? r : age_put(s, s->stopping);
	return r < 0 ? r : poweron_put(s, now_ms);
}

void commit_note_durable(struct stored *s)
{
	struct hj_rollup_look look;
	struct hj_rollup_bus *b;
	size_t i;

	for (i = 0; (b = hj_rollup_at(s->rollup, i)); i++) {
		struct durable *d = &s->durable[i];

		hj_rollup_look(b, &look);
		hj_text_copy(d->bus, sizeof(d->bus), look.name);
		memcpy(d->boot, look.boot, HJ_ID_BYTES);
		d->number = look.counted;
	}
	s->durable_count = i;
}

static void tell_late_samples(struct stored *s, hj_usec now)
{
	struct hj_rollup_look look;
	struct hj_rollup_bus *b;

	if (s->late_told_at && now < s->late_told_at + STORED_LATE_TOLD_EVERY)
		return;
	for (size_t i = 0; (b = hj_rollup_at(s->rollup, i)); i++) {
		hj_rollup_look(b, &look);
		if (look.late > s->late_told[i]) {
			tell_late(s, look.name, look.late - s->late_told[i]);
			s->late_told_at = now;
		}
		s->late_told[i] = look.late;
	}
}

/* Where a window of a minute is open its end brings the next commit; one just before it would double what is written.
 */
static hj_usec idle(const struct stored *s)
{
	bool is_awaited = hj_rollup_at(s->rollup, 0) && hj_conf_minute_ms(&s->conf) <= 60 * HJ_MS_PER_SEC;

	return is_awaited ? STORED_COMMIT_AWAITED : STORED_COMMIT_IDLE;
}

static void committed(struct stored *s, const struct hj_now *now, uint64_t first, uint64_t last)
{
	s->commits++;
	s->last_commit_ms = now->wall_ms;
	s->confirms_waiting = 0;
	for (size_t i = 0; i < s->points.count; i++)
		s->by_point[i].changed = false;
	owed_committed(s, first, last);
	rates_note(s, now, s->cut.rows > 0);
	retention_committed(s);
	pending_committed(s);
	void_committed(s);
	s->trust.changed = false;
	maintain_committed(s);
	poweron_committed(s);
	age_committed(s);
	commit_note_durable(s);
	if (s->error == -ENOSPC)
		retention_reserve(s, true);
	disk_well(s);
	settle_queue(s, 0, true);
	settle_staged(s, 0);
	stream_durable(s);
	read_committed(s);
	tell_late_samples(s, now->mono);
	head_committed(s, now->wall_ms);
	commit_request(s, idle(s));
}

static void failed(struct stored *s, int r)
{
	int told = r == -ENOSPC ? -EDQUOT : r; /* it is the disk that is full, no list of ours */

	settle_queue(s, told, false);
	settle_staged(s, told);
	s->cut = (struct cut){ 0 };
	if (r == -ENOSPC)
		retention_make_room(s);
	disk_failed(s, r);
	commit_request(s, s->retry);
}

int commit_now(struct stored *s)
{
	struct hj_now now = hj_now();
	uint64_t first = 0, last = 0;
	int r;

	s->commit_at = HJ_USEC_NEVER;
	sd_event_source_set_enabled(s->commit_timer, SD_EVENT_OFF);
	r = disk_ready(s);
	r = r < 0 ? r : pending_flush(s);
	if (r >= 0) {
		r = put_all(s, now.wall_ms, &first, &last);
		if (r < 0)
			hj_ledger_rollback(s->ledger);
		else
			r = hj_ledger_commit(s->ledger);
	}
	if (r < 0)
		failed(s, r);
	else
		committed(s, &now, first, last);
	return r;
}

/* ---- when ---- */

void commit_request(struct stored *s, hj_usec within)
{
	hj_usec now = hj_now().mono, at = now + (s->error ? hj_max(within, s->retry) : within);

	if (s->commit_at <= at)
		return;
	s->commit_at = at;
	sd_event_source_set_time(s->commit_timer, at);
	sd_event_source_set_enabled(s->commit_timer, SD_EVENT_ONESHOT);
}

void commit_urgent(struct stored *s)
{
	hj_usec now = hj_now().mono;

	if (now >= s->urgent_since + 60 * HJ_USEC_PER_SEC) {
		s->urgent_since = now;
		s->urgent_count = 0;
	}
	if (s->commit_at > now + STORED_COMMIT_URGENT)
		s->urgent_count++;
	commit_request(s, s->urgent_count > STORED_URGENT_PER_MINUTE ? STORED_COMMIT_BUSY : STORED_COMMIT_URGENT);
}

static int on_commit(sd_event_source *source, uint64_t usec, void *userdata)
{
	commit_now(userdata);
	return 0;
}

int commit_timers(struct stored *s)
{
	int r = sd_event_add_time(s->event, &s->commit_timer, CLOCK_BOOTTIME, 0, ACCURACY_USEC, on_commit, s);

	return r < 0 ? r : sd_event_source_set_enabled(s->commit_timer, SD_EVENT_OFF);
}
