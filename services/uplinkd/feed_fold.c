/* A min_interval above the base window (CN 1064, or the file): the platform gets one record for several of the
 * store's. An owed minute record only says that its interval is owed: when the interval is over, all its records are
 * asked for and folded, so that what is sent is the same whenever it is sent, and all of them are confirmed by its
 * acknowledgement. Until then they are held: owed, and not yet sendable. A supplement that comes later sends its
 * interval again, whole. What was recorded with a base window that is no part of the interval goes as it is. When
 * min_interval is changed all that is owed is read anew; a platform's request for history keeps the interval that it
 * began with. */
#include "feed_private.h"

#include <errno.h>
#include <stdlib.h>

#include "hjgate/fold.h"
#include "hjgate/log.h"
#include "hjgate/now.h"

#define MS_PER_MINUTE  60000
#define LAST_RECORD_MS 5000 /* after an interval's end its last record has come, or will not */
#define RECORDS_MOST   1000 /* of one interval, with supplements */

int64_t feed_fold_interval(const struct feed *f)
{
	int64_t length =
	        f->u->session ? (int64_t)hj212_session_settings(f->u->session)->min_interval * MS_PER_MINUTE : 0;

	return length > f->u->minute_ms && length % f->u->minute_ms == 0 ? length : 0;
}

bool feed_fold_over(int64_t end_ms)
{
	return hj_now().wall_ms >= end_ms + LAST_RECORD_MS;
}

static bool is_wanted(const struct feed *f, int64_t label_ms)
{
	for (unsigned i = 0; i < f->fold.count; i++) {
		const struct feed_fold_one *one = &f->fold.wanted[(f->fold.first + i) % FEED_FOLD_WANTED];

		if (one->label_ms == label_ms && one->lane != LANE_HISTORY)
			return true;
	}
	return false;
}

void feed_fold_want(struct feed *f, int64_t label_ms, int64_t interval, enum lane lane)
{
	struct feed_fold_state *d = &f->fold;

	if (d->count == FEED_FOLD_WANTED || (lane != LANE_HISTORY && is_wanted(f, label_ms)))
		return;
	d->wanted[(d->first + d->count++) % FEED_FOLD_WANTED] =
	        (struct feed_fold_one){ label_ms, interval, lane, f->fresh.reading };
}

/* It is a wrong clock's, which was ahead: no later one would end it. */
static bool held_is_ahead(const struct feed *f, int64_t label_ms, int64_t interval)
{
	return label_ms < f->fold.held_ms && f->fold.held_ms > hj_now().wall_ms + interval;
}

/* The interval that was held is over, since a later one has begun. */
static void release_held(struct feed *f, int64_t label_ms, int64_t interval, enum lane lane)
{
	if (f->fold.held.count && f->fold.held_ms != label_ms)
		feed_fold_want(f, f->fold.held_ms, interval, lane);
	if (f->fold.held_ms != label_ms)
		f->fold.held.count = 0;
	f->fold.held_ms = label_ms;
}

/* One of another base window may lie in two intervals. */
static bool is_part(const struct hj_head *head, int64_t interval)
{
	return head->length_ms && head->length_ms < interval && interval % head->length_ms == 0;
}

bool feed_fold_take(struct feed *f, const struct hj_head *head, enum lane lane)
{
	int64_t interval = feed_fold_interval(f), label, end;

	if (head->kind != HJ_KIND_MINUTE || !is_part(head, interval) || !f->u->conf.minute)
		return false;
	label = hj_window_start(head->label_ms, interval);
	end = label + interval;
	if (label >= f->fold.held_ms || held_is_ahead(f, label, interval))
		release_held(f, label, interval, lane);
	if (head->label_ms + head->length_ms < end && !feed_fold_over(end)) {
		hj_seqset_add(&f->fold.held, head->seq, head->seq);
		return true;
	}
	if (label == f->fold.held_ms)
		f->fold.held.count = 0;
	feed_fold_want(f, label, interval, lane); /* where the list is full it stays owed and is read again */
	return true;
}

/* ---- one interval ---- */

static void fold_done(struct feed *f)
{
	hj_fold_free(f->fold.fold);
	f->fold.fold = NULL;
	job_done(&f->fold.job);
	f->fold.asking = false;
}

/* Runs of one kind are rarely broken, so ranges are few. */
static int add_seq(struct job *j, uint64_t seq)
{
	struct job_also *also;

	if (j->also_count && j->also[j->also_count - 1].to + 1 == seq) {
		j->also[j->also_count - 1].to = seq;
		return 0;
	}
	also = realloc(j->also, (j->also_count + 1) * sizeof(*also));
	if (!also)
		return -ENOMEM;
	j->also = also;
	also[j->also_count++] = (struct job_also){ seq, seq };
	return 0;
}

static void take_part(struct feed *f, struct hj_record *r)
{
	const struct feed_fold_one *one = &f->fold.wanted[f->fold.first];

	if (!is_part(&r->head, one->interval)) {
		if (one->lane == LANE_HISTORY)
			feed_history_alone(f, r);
		return;
	}
	if (add_seq(&f->fold.job, r->head.seq) < 0 ||
	        hj_fold_add(f->fold.fold, hj_window_start(r->head.label_ms, one->interval), r->head.length_ms,
	                &r->stats) < 0)
		f->fold.failed = true;
	f->fold.job.seq = r->head.seq;
}

/* Nothing in them is for this platform. */
static void confirm_all(struct feed *f, const struct job *j)
{
	for (unsigned i = 0; i < j->also_count; i++)
		feed_confirm(f, j->also[i].from, j->also[i].to, NULL);
}

static void put_job(struct feed *f, enum lane lane, int64_t end_ms)
{
	struct job *j = &f->fold.job;

	if (!j->items.len) {
		if (lane != LANE_HISTORY)
			confirm_all(f, j);
		return;
	}
	if (lane == LANE_HISTORY && !f->history.active)
		return;
	if (lane == LANE_HISTORY) {
		j->seq = 0;
		j->also_count = 0;
	}
	j->not_before = feed_not_before(f, end_ms);
	if (lanes_put(&f->u->lanes, lane, j) == 0) /* where there is no place it stays owed */
		f->history.records += lane == LANE_HISTORY;
}

/* Without a window none of them was folded: they stay owed. */
static bool take_window(struct feed *f, const struct feed_fold_one *one, struct hj_stats *ret)
{
	int64_t label_ms;

	if (f->fold.failed || !hj_fold_at(f->fold.fold, 0, &label_ms) || label_ms != one->label_ms)
		return false;
	return hj_fold_take(f->fold.fold, one->label_ms, NULL, NULL, ret) >= 0;
}

static void finish(struct feed *f)
{
	struct feed_fold_one one = f->fold.wanted[f->fold.first];
	struct hj_stats stats = { 0 };

	f->fold.first = (f->fold.first + 1) % FEED_FOLD_WANTED;
	f->fold.count--;
	f->fold.job.cn = hj212_phrase_cn(HJ_KIND_MINUTE);
	f->fold.job.again = one.again;
	f->fold.job.label_ms = hj212_phrase_label(&f->u->map.wording, HJ_KIND_MINUTE, one.label_ms, one.interval);
	if (take_window(f, &one, &stats) &&
	        hj212_phrase_statistics(&f->u->map, stats.stats, stats.count, &f->fold.job.items) >= 0)
		put_job(f, one.lane, one.label_ms + one.interval);
	if (one.lane == LANE_HISTORY)
		f->history.next_ms = one.label_ms + one.interval;
	hj_stats_done(&stats);
	fold_done(f);
}

static void on_parts(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct feed *f = userdata;

	if (f->fold.stale) {
		f->fold.stale -= !continues;
		return;
	}
	if (error) {
		fold_done(f);
		feed_fold_stop(f);
		feed_history_failed(f);
		return;
	}
	feed_learn(f, reply);
	feed_each_record(f, reply, take_part);
	if (continues)
		return;
	finish(f);
	uplinkd_pump(f->u);
}

void feed_fold_pull(struct feed *f)
{
	struct feed_fold_state *d = &f->fold;
	const struct feed_fold_one *one = &d->wanted[d->first];
	json_t *parameters;

	if (d->asking || !d->count || lanes_count(&f->u->lanes, one->lane) == LANE_JOBS)
		return;
	if (hj_fold_new(one->interval, &d->fold) < 0) { /* read again */
		feed_fold_stop(f);
		return;
	}
	hj_fold_set_normal_part(d->fold, f->u->normal_part);
	parameters = json_pack("{s:s, s:I, s:I, s:i}", "kind", hj_kind_name(HJ_KIND_MINUTE), "begin",
	        (json_int_t)one->label_ms, "end", (json_int_t)(one->label_ms + one->interval), "limit", RECORDS_MOST);
	d->failed = false;
	d->asking = hj_ipc_client_call(f->ask, "hjgate.Store.Query", parameters, HJ_IPC_MORE, on_parts, f) >= 0;
	if (!d->asking)
		fold_done(f);
}

bool feed_fold_busy(const struct feed *f)
{
	return f->fold.count;
}

void feed_fold_stop(struct feed *f)
{
	unsigned stale = f->fold.stale + f->fold.asking;

	fold_done(f);
	f->fold = (struct feed_fold_state){ .stale = stale };
}

void feed_interval_changed(struct feed *f)
{
	uint64_t held = f->fold.held.count ? f->fold.held.ranges[0].from : 0;

	if (!uplinkd_is_up(f->u)) /* then it is read when there is a connection */
		return;
	feed_fold_stop(f);
	if (held)
		feed_fresh(f, held);
	feed_link_up(f);
}
