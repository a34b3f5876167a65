/* A platform's request for history: pages of Query, in the same few at a time as the backlog, each record a data
 * frame of its own, and at the end the result. One at a time (the session refuses a second one as busy); a broken
 * link ends it without a word, and the platform asks again. */
#include "feed_private.h"

#include <errno.h>

#include "hjgate/now.h"

static void end(struct feed *f, int exe_rtn)
{
	unsigned id = f->history.id, records = f->history.records;

	feed_history_stop(f);
	platform_history_done(f->u, id, records, exe_rtn);
}

/* What it owes is another matter. What was stamped while nobody vouched for the clock is never sent. */
static int word_asked(struct feed *f, const struct hj_record *r, struct job *ret)
{
	int k = r->head.trust == HJ_TRUST_NONE ? 0 : feed_word(f, r, true, ret);

	if (k > 0)
		ret->seq = 0;
	return k;
}

/* What has no place, since CN 2021 has put something there meanwhile, is read again with what follows it. */
static void take_record(struct feed *f, struct hj_record *r)
{
	struct feed_history_state *h = &f->history;
	struct job j;
	int k;

	h->page_empty = false;
	if (h->page_full)
		return;
	k = word_asked(f, r, &j);
	h->page_full = k > 0 && lanes_put(&f->u->lanes, LANE_HISTORY, &j) < 0;
	if (h->page_full) {
		job_done(&j);
		return;
	}
	h->records += k > 0;
	h->after = r->head.seq;
}

/* The answer to a question that is no longer wanted is known by its turn. */
static void on_records(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct feed *f = userdata;

	if (f->history.stale) {
		f->history.stale -= !continues;
		return;
	}
	if (error) {
		f->history.paging = false;
		end(f, HJ212_EXE_SYSTEM);
		return;
	}
	feed_learn(f, reply);
	feed_each_record(f, reply, take_record);
	if (continues)
		return;
	f->history.paging = false;
	f->history.all_read = f->history.page_empty;
	uplinkd_pump(f->u);
}

void feed_history_alone(struct feed *f, struct hj_record *r)
{
	struct feed_history_state *h = &f->history;
	struct job j;

	if (!h->active || r->head.label_ms >= h->end_ms || word_asked(f, r, &j) <= 0)
		return;
	if (lanes_put(&f->u->lanes, LANE_HISTORY, &j) == 0) {
		h->records++;
		return;
	}
	job_done(&j);
	h->exe_rtn =
	        HJ212_EXE_SYSTEM; /* more of an old base window than there are places: not all that was asked for */
}

/* How far the platform's labels are behind those of the store: it asks in its own. */
static int64_t label_shift(const struct feed *f, enum hj_kind kind, int64_t interval)
{
	int64_t length = kind == HJ_KIND_MINUTE ? (interval ? interval : f->u->minute_ms)
	                 : kind == HJ_KIND_HOUR ? f->u->hour_ms
	                                        : f->u->day_ms;

	return hj212_phrase_label(&f->u->map.wording, kind, 0, length);
}

int feed_history(struct feed *f, unsigned id, int cn, int64_t begin_ms, int64_t end_ms)
{
	static const enum hj_kind kinds[] = { HJ_KIND_MINUTE, HJ_KIND_HOUR, HJ_KIND_DAY, HJ_KIND_RUNTIME,
		HJ_KIND_LOG };

	if (f->history.active)
		return -EBUSY;
	for (size_t i = 0; i < hj_array_size(kinds); i++)
		if (hj212_phrase_cn(kinds[i]) == cn) {
			unsigned stale = f->history.stale;
			int64_t interval = kinds[i] == HJ_KIND_MINUTE ? feed_fold_interval(f) : 0;
			int64_t shift = label_shift(f, kinds[i], interval);

			f->history = (struct feed_history_state){ .active = true,
				.id = id,
				.kind = kinds[i],
				.begin_ms = begin_ms - shift,
				.end_ms = end_ms - shift + 1,
				.exe_rtn = HJ212_EXE_DONE,
				.interval = interval,
				.stale = stale };
			return 0;
		}
	return -EINVAL;
}

int feed_history_one(struct feed *f, unsigned id, int exe_rtn, struct job *j)
{
	if (f->history.active)
		return -EBUSY;
	if (lanes_put(&f->u->lanes, LANE_HISTORY, j) < 0)
		return -ENOBUFS;
	f->history = (struct feed_history_state){ .active = true,
		.all_read = true,
		.id = id,
		.records = 1,
		.exe_rtn = exe_rtn,
		.stale = f->history.stale };
	uplinkd_pump(f->u);
	return 0;
}

/* No minutes are kept from before, and intervals without records would be asked for one by one. A day is left for
 * clocks that were wrong. */
static int64_t first_interval(const struct feed *f, int64_t interval)
{
	int64_t kept = hj_now().wall_ms - f->u->retention_ms - HJ_MS_PER_DAY;

	return hj_window_start(hj_max(f->history.begin_ms, kept) + interval - 1, interval);
}

/* Where the platform's interval is longer than the base window its history is folded too, one interval after the
 * other, up to the one that still runs. */
static void next_interval(struct feed *f)
{
	struct feed_history_state *h = &f->history;

	if (feed_fold_busy(f))
		return;
	if (!h->next_ms)
		h->next_ms = first_interval(f, h->interval);
	if (h->next_ms < h->end_ms && feed_fold_over(h->next_ms + h->interval)) {
		feed_fold_want(f, h->next_ms, h->interval, LANE_HISTORY);
		return;
	}
	h->all_read = true;
	uplinkd_pump(f->u);
}

void feed_history_failed(struct feed *f)
{
	if (f->history.active)
		end(f, HJ212_EXE_SYSTEM);
}

void feed_history_pull(struct feed *f)
{
	struct feed_history_state *h = &f->history;
	json_t *parameters;

	if (!h->active || h->paging || lanes_count(&f->u->lanes, LANE_HISTORY))
		return;
	if (h->all_read) {
		if (!flights_has_lane(&f->u->flights, LANE_HISTORY))
			end(f, h->records ? h->exe_rtn : HJ212_EXE_NO_DATA);
		return;
	}
	if (h->interval) {
		next_interval(f);
		return;
	}
	parameters = json_pack("{s:s, s:I, s:I, s:I, s:i}", "kind", hj_kind_name(h->kind), "begin",
	        (json_int_t)h->begin_ms, "end", (json_int_t)h->end_ms, "after", (json_int_t)h->after, "limit",
	        LANE_JOBS);
	h->page_empty = true;
	h->page_full = false;
	h->paging = true;
	if (hj_ipc_client_call(f->ask, "hjgate.Store.Query", parameters, HJ_IPC_MORE, on_records, f) < 0) {
		h->paging = false;
		end(f, HJ212_EXE_SYSTEM);
	}
}

void feed_history_stop(struct feed *f)
{
	unsigned stale = f->history.stale + f->history.paging;

	f->history = (struct feed_history_state){ .stale = stale };
	lanes_clear(&f->u->lanes, LANE_HISTORY);
}
