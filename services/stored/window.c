/* Windows that are due become records: the joined minutes, and the hours and days folded from them. Runs after each
 * Append and at the deadlines of what waits for a bus that is late or gone. */
#include "stored.h"

#include <errno.h>

#include "hjgate/log.h"

#define ACCURACY_USEC 1000
#define FOLD_BACK                                                                                                    \
	1 /* windows before the newest minute's, that may still be open after a start; older ones are read when met */
#define MINUTE_BIT (1u << HJ_KIND_MINUTE)

/* ---- after a start ---- */

struct rebuild {
	const struct stored *s;
	struct hj_fold *fold;
	enum hj_kind kind; /* what the fold makes */
};

static int mark_closed(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	const struct rebuild *b = userdata;
	struct hj_stats stats;
	int r;

	if (head->length_ms != hj_fold_length(b->fold) || void_covers(b->s, head) ||
	        hj_stats_decode(body, n, &stats) < 0)
		return 0;
	r = hj_fold_mark(b->fold, head->label_ms, &stats);
	hj_stats_done(&stats);
	return r;
}

static int add_minute(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	const struct rebuild *b = userdata;
	struct hj_stats stats;
	int r;

	if (void_covers(b->s, head) || hj_stats_decode(body, n, &stats) < 0)
		return 0;
	r = hj_fold_add(b->fold, head->label_ms, head->length_ms, &stats);
	hj_stats_done(&stats);
	return r;
}

/* The same of what waits for the disk. */
static int each_queued(
        struct stored *s, int64_t begin_ms, int64_t end_ms, enum hj_kind kind, hj_ledger_fn fn, struct rebuild *b)
{
	int r = 0;

	for (const struct item *item = s->queue; item && r >= 0; item = item->next)
		if (item->head.kind == kind && item->head.label_ms >= begin_ms && item->head.label_ms < end_ms)
			r = fn(&item->head, item->body, item->n, b);
	return r;
}

static int note_label(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	*(int64_t *)userdata = head->label_ms;
	return 1;
}

/* A window that is not held is read back: what of it is in a record already, then the minutes it is made of. One that
 * begins behind all records, as each does while the clock goes on, has none: the rows of a whole day would be looked
 * at to find that. */
static int hold(struct stored *s, struct hj_fold *fold, enum hj_kind kind, int64_t label_ms)
{
	struct rebuild b = { s, fold, kind };
	int64_t held, from = hj_window_start(label_ms, hj_fold_length(fold)), end = from + hj_fold_length(fold);
	int r;

	for (size_t i = 0; hj_fold_at(fold, i, &held); i++)
		if (held == from)
			return 0;
	if (from > s->label_most && !s->salvage)
		return 0;
	if (!s->ledger)
		return -EIO;
	r = hj_ledger_read_labels(s->ledger, 0, from, end, 1u << kind, mark_closed, &b);
	r = r < 0 ? r : each_queued(s, from, end, kind, mark_closed, &b);
	r = r < 0 ? r : hj_ledger_read_labels(s->ledger, 0, from, end, MINUTE_BIT, add_minute, &b);
	return r < 0 ? r : each_queued(s, from, end, HJ_KIND_MINUTE, add_minute, &b);
}

static int hold_newest(struct stored *s, struct hj_fold *fold, enum hj_kind kind, int64_t newest_ms)
{
	int r = 0;

	for (int64_t back = FOLD_BACK; back >= 0 && r >= 0; back--)
		r = hold(s, fold, kind, hj_max(newest_ms - back * hj_fold_length(fold), 0));
	return r;
}

static int note_most(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	int64_t *most = userdata;

	*most = hj_max(*most, head->label_ms);
	return 0;
}

int window_load(struct stored *s)
{
	uint64_t seq;
	int64_t newest = -1;
	int r = hj_ledger_find_newest(s->ledger, 0, HJ_TIME_MAX_MS, MINUTE_BIT, 1, &seq);

	r = r < 0 ? r : hj_ledger_read(s->ledger, seq, UINT64_MAX, MINUTE_BIT, note_label, &newest);
	if (r < 0)
		return r;
	s->label_most = INT64_MIN;
	r = hj_ledger_read_labels(s->ledger, 0, hj_max(newest, (int64_t)0), HJ_TIME_MAX_MS,
	        STORED_STATISTICS | HJ_LEDGER_HEADS, note_most, &s->label_most);
	if (r < 0 || newest < 0)
		return r;
	r = hold_newest(s, s->hours, HJ_KIND_HOUR, newest);
	return r < 0 ? r : hold_newest(s, s->days, HJ_KIND_DAY, newest);
}

/* ---- closing ---- */

/* So many points at a time as fit into one message, and their values into the packets of one upload. */
static int queue_stats(
        struct stored *s, enum hj_kind kind, int64_t label_ms, uint32_t length_ms, const struct hj_stats *stats)
{
	_cleanup_(hj_buf_done) struct hj_buf body = { 0 };
	int r = 0;

	s->label_most = hj_max(s->label_most, label_ms);
	for (size_t i = 0; i < stats->count && r >= 0; i += HJ_RECORD_POINTS) {
		body.len = 0;
		r = hj_stats_encode(&stats->stats[i], hj_min(stats->count - i, (size_t)HJ_RECORD_POINTS), &body);
		r = r < 0 ? r : commit_queue(s, kind, label_ms, length_ms, body.data, body.len, NULL, NULL);
	}
	return r;
}

struct keeping {
	const struct stored *s;
	int64_t end_ms;
	struct hj_now now;
};

static bool keep_pending(uint32_t point, void *userdata)
{
	const struct keeping *k = userdata;

	return hj_rollup_pending(k->s->rollup, point, k->end_ms, &k->now);
}

/* A point whose bus has not passed the end yet stays open, and comes in a supplement. */
static int close_folded(
        struct stored *s, struct hj_fold *fold, enum hj_kind kind, int64_t label_ms, const struct hj_now *now)
{
	struct keeping keeping = { s, label_ms + hj_fold_length(fold), *now };
	struct hj_stats stats;
	int r;

	if (now->wall_ms < keeping.end_ms)
		return 0;
	if (now->wall_ms < keeping.end_ms + HJ_ROLLUP_GRACE_MS &&
	        hj_rollup_any_pending(s->rollup, keeping.end_ms, now))
		return 0;
	r = hj_fold_take(fold, label_ms, keep_pending, &keeping, &stats);
	if (r < 0)
		return r;
	if (stats.count)
		r = queue_stats(s, kind, label_ms, (uint32_t)hj_fold_length(fold), &stats);
	r = r < 0 ? r : (int)stats.count;
	hj_stats_done(&stats);
	return r;
}

static int close_fold(struct stored *s, struct hj_fold *fold, enum hj_kind kind, const struct hj_now *now)
{
	int64_t label;
	int closed = 0;

	for (size_t i = 0; hj_fold_at(fold, i, &label); i++) {
		int r = close_folded(s, fold, kind, label, now);

		if (r < 0)
			return r;
		closed += r;
	}
	return closed;
}

/* Before the minute is queued, since what is queued is read back, too. */
static int hold_before(struct stored *s, struct hj_fold *fold, enum hj_kind kind, const struct hj_closed *c)
{
	int r = hold(s, fold, kind, c->label_ms);

	/* A disk that cannot be read costs what was in this window before, and nothing else. */
	if (r < 0 && r != -ENOMEM)
		hj_log_error(r, "cannot read a window back: it goes on from here");
	return r == -ENOMEM ? r : 0;
}

static int close_minute(struct stored *s, const struct hj_closed *c)
{
	int r = 0;

	if (!c->stats.count)
		return 0;
	r = hold_before(s, s->hours, HJ_KIND_HOUR, c);
	r = r < 0 ? r : hold_before(s, s->days, HJ_KIND_DAY, c);
	r = r < 0 ? r : queue_stats(s, HJ_KIND_MINUTE, c->label_ms, c->length_ms, &c->stats);
	r = r < 0 ? r : hj_fold_add(s->hours, c->label_ms, c->length_ms, &c->stats);
	return r < 0 ? r : hj_fold_add(s->days, c->label_ms, c->length_ms, &c->stats);
}

static int close_all(struct stored *s, const struct hj_now *now)
{
	struct hj_closed c;
	int r, minutes = 0, hours, days;

	while ((r = hj_rollup_take(s->rollup, now, &c)) > 0) {
		r = close_minute(s, &c);
		hj_stats_done(&c.stats);
		if (r < 0)
			return r;
		minutes++;
	}
	if (r < 0)
		return r;
	hours = close_fold(s, s->hours, HJ_KIND_HOUR, now);
	days = hours < 0 ? hours : close_fold(s, s->days, HJ_KIND_DAY, now);
	return days < 0 ? days : minutes + hours + days;
}

/* ---- deadlines ---- */

static int64_t fold_deadline(const struct hj_fold *fold, const struct hj_now *now)
{
	int64_t label, due;

	if (!hj_fold_oldest(fold, &label))
		return INT64_MAX;
	due = label + hj_fold_length(fold) + HJ_ROLLUP_GRACE_MS;
	/* Past that, a bus's word or its going decides. */
	return now->wall_ms < due ? due : INT64_MAX;
}

void window_forget(struct stored *s, int64_t now_ms)
{
	int r;

	hj_fold_reread(s->hours, now_ms);
	hj_fold_reread(s->days, now_ms);
	r = hold_newest(s, s->hours, HJ_KIND_HOUR, now_ms);
	r = r < 0 ? r : hold_newest(s, s->days, HJ_KIND_DAY, now_ms);
	if (r < 0)
		hj_log_error(r, "cannot read the newest windows back: they go on from here");
}

/* While the clock is not trusted nothing is over. */
void window_process(struct stored *s)
{
	struct hj_now now = hj_now();
	hj_usec mono = HJ_USEC_NEVER;
	int64_t wall = INT64_MAX;
	int r = 0;

	if (s->trust.source) {
		backup_go_on(s, now.wall_ms);
		r = close_all(s, &now);
	}
	if (r < 0)
		hj_log_error(r, "cannot close what is due: trying again with the next samples");
	if (r > 0)
		commit_request(s, 0);
	if (s->trust.source)
		hj_rollup_deadline(s->rollup, &now, &mono, &wall);
	wall = hj_min(wall, fold_deadline(s->hours, &now));
	wall = hj_min(wall, fold_deadline(s->days, &now));
	if (mono != HJ_USEC_NEVER)
		sd_event_source_set_time(s->mono_timer, mono);
	sd_event_source_set_enabled(s->mono_timer, mono == HJ_USEC_NEVER ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
	hj_wall_timer_set(&s->wall_timer, wall);
}

static void on_wall(void *userdata)
{
	window_process(userdata);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	window_process(userdata);
	return 0;
}

int window_timers(struct stored *s)
{
	int r = sd_event_add_time(s->event, &s->mono_timer, CLOCK_BOOTTIME, 0, ACCURACY_USEC, on_timer, s);

	r = r < 0 ? r : sd_event_source_set_enabled(s->mono_timer, SD_EVENT_OFF);
	return r < 0 ? r : hj_wall_timer_init(&s->wall_timer, s->event, ACCURACY_USEC, on_wall, s);
}
