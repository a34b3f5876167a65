/* See feed.h. While stored is away no time passes. When it is back, the windows that it has recorded since are read,
 * then its live stream is collected for a moment, because what meters have kept meanwhile comes bus by bus, and put
 * in the order of time; from then on each sample is judged as it comes. A sample of the future is taken for one of
 * now: one wrong clock shall not take judge's time with it. */
#include "feed.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "hjgate/ipc_client.h"
#include "hjgate/log.h"
#include "hjgate/record_json.h"
#include "hjgate/text.h"
#include "judged.h"
#include "peer_outbox.h"

#define WINDOW_MOST_MS 300000           /* of a base window */
#define PAGE_RECORDS   300              /* that one Query is to give: of minutes five hours */
#define ROOM           (OUTBOX_MAX / 2) /* places of the outbox, for what follows of a page */
#define COLLECT        (2 * HJ_USEC_PER_SEC)
#define GAP_MS         60000 /* without any sample: nobody looked; where all are asked seldom, longer */
#define AHEAD_MS       HJ_MS_PER_DAY
#define AGAIN          (2 * HJ_USEC_PER_SEC)
#define ROOM_WAITS     15 /* AGAIN each, while nothing is taken */

enum phase { AWAY, READING, COLLECTING, LIVE };

struct feed {
	struct judged *d;
	struct hj_ipc_client *ask, *watch;
	enum phase phase;
	struct hj_judge_batch batch;
	int64_t step_ms, gap_ms, since_ms; /* since_ms: what was judged before it was away */
	uint64_t after;                    /* seq of the newest window read */
	unsigned records;                  /* of this Query */
	sd_event_source *timer;            /* the end of collecting; asking again */
	unsigned waited;                   /* for room, since anything was taken */
	unsigned long long samples, future, unreadable, taken;
};

static void wait_for(struct feed *f, hj_usec span)
{
	sd_event_source_set_time(f->timer, hj_now().mono + span);
	sd_event_source_set_enabled(f->timer, SD_EVENT_ONESHOT);
}

static void learn(struct feed *f, json_t *reply)
{
	struct hj_point point;
	json_t *j;
	size_t i;

	json_array_foreach(json_object_get(reply, "points"), i, j)
	{
		if (hj_point_from_json(j, &point) >= 0)
			hj_judge_map_learn(&f->d->map, point.number, point.name);
	}
}

/* ---- live ---- */

static void take_sample(struct feed *f, json_t *j, int64_t now_ms)
{
	struct hj_sample s;
	size_t place;

	if (hj_sample_from_json(j, &s) < 0) {
		f->unreadable++;
		return;
	}
	place = hj_judge_map_find(&f->d->map, s.point);
	if (place == HJ_JUDGE_NONE)
		return;
	f->future += s.time_ms > now_ms;
	s.time_ms = hj_min(s.time_ms, now_ms);
	s.point = (uint32_t)place;
	f->samples++;
	f->d->dated_ms = hj_max(f->d->dated_ms, s.time_ms);
	if (f->phase == LIVE)
		hj_judge_add(f->d->judge, &s, 1);
	else
		hj_judge_batch_add(&f->batch, &s);
}

/* [number, time of the new meter's first reading]; a time of the future is that of now, as the sample's is. */
static void learn_swaps(struct feed *f, json_t *reply, int64_t now_ms)
{
	json_t *j;
	size_t i;

	json_array_foreach(json_object_get(reply, "swaps"), i, j)
	{
		json_int_t number = json_integer_value(json_array_get(j, 0));
		int64_t first_ms = json_integer_value(json_array_get(j, 1));
		size_t place = number > 0 && number <= UINT32_MAX ? hj_judge_map_find(&f->d->map, (uint32_t)number)
		                                                  : HJ_JUDGE_NONE;

		if (place != HJ_JUDGE_NONE)
			hj_judge_swapped(f->d->judge, place, hj_min(first_ms, now_ms));
	}
}

static void on_values(const char *error, json_t *reply, bool continues, void *userdata)
{
	int64_t now_ms = hj_now().wall_ms;
	struct feed *f = userdata;
	unsigned long long before = f->samples;
	json_t *j;
	size_t i;

	if (error || f->phase < COLLECTING)
		return; /* on_down() begins anew */
	learn(f, reply);
	learn_swaps(f, reply, now_ms);
	json_array_foreach(json_object_get(reply, "samples"), i, j)
	{
		take_sample(f, j, now_ms);
	}
	if (f->phase == LIVE && f->samples != before)
		judged_settle(f->d);
}

static void collect(struct feed *f)
{
	f->phase = COLLECTING;
	if (hj_ipc_client_call(f->watch, "hjgate.Store.Watch", NULL, HJ_IPC_MORE, on_values, f) < 0)
		hj_ipc_client_drop(f->watch);
	wait_for(f, COLLECT);
}

/* Judge's time is the clock's: nobody looked until now, or the clock before was far ahead, and each sample would be
 * too old until it had caught up. By a clock that knows no year nothing is judged. */
static void follow_clock(struct feed *f)
{
	int64_t now_ms = hj_now().wall_ms - JUDGED_LAG_MS, behind = now_ms - hj_judge_time(f->d->judge);

	if (behind > f->gap_ms || (behind < -GAP_MS && hj_clock_plausible(now_ms)))
		hj_judge_skip(f->d->judge, now_ms);
}

static void go_live(struct feed *f)
{
	hj_judge_batch_feed(&f->batch, f->d->judge, INT64_MAX, f->gap_ms);
	hj_judge_batch_done(&f->batch);
	follow_clock(f);
	f->phase = LIVE;
	hj_info("judging what comes");
	judged_live(f->d, true);
	judged_settle(f->d);
	malloc_trim(0); /* what the pages of records took of the heap */
}

/* ---- what was recorded ---- */

static void take_record(struct feed *f, json_t *j)
{
	struct hj_record r;

	f->records++;
	f->after = hj_max(f->after, (uint64_t)json_integer_value(json_object_get(j, "seq")));
	if (hj_record_from_json(j, &r) < 0) {
		f->unreadable++;
		return;
	}
	f->d->dated_ms = hj_max(f->d->dated_ms, r.head.label_ms + (int64_t)r.head.length_ms);
	hj_judge_batch_record(&f->batch, f->d->judge, &f->d->map, &r.head, &r.stats, f->step_ms, f->since_ms,
	        hj_max(2 * (int64_t)r.head.length_ms, f->gap_ms));
	hj_record_done(&r);
}

static void go_on(struct feed *f);

static void on_records(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct feed *f = userdata;
	json_t *j;
	size_t i;

	if (f->phase != READING)
		return;
	if (error) {
		hj_warn("what was recorded meanwhile cannot be read (%s): trying again", error);
		wait_for(f, AGAIN);
		return;
	}
	learn(f, reply);
	json_array_foreach(json_object_get(reply, "records"), i, j)
	{
		take_record(f, j);
	}
	f->unreadable +=
	        (unsigned long long)hj_max(json_integer_value(json_object_get(reply, "left_out")), (json_int_t)0);
	if (continues)
		return;
	if (f->records == PAGE_RECORDS) {
		judged_settle(f->d);
		go_on(f);
		return;
	}
	hj_judge_batch_feed(&f->batch, f->d->judge, INT64_MAX, hj_max((int64_t)WINDOW_MOST_MS, f->gap_ms));
	judged_settle(f->d);
	collect(f);
}

/* A clock that is behind by hours since a boot has what was recorded before it ahead of it, one that knows no year
 * even more: judge's own time is with it then. What lies beyond both is what a clock far ahead has left: it stays in
 * the store for years, and would be judged again at each start. */
static int ask(struct feed *f)
{
	int64_t end_ms = hj_max(hj_now().wall_ms, f->since_ms) + AHEAD_MS;
	json_t *parameters = json_pack("{s:s, s:I, s:I, s:i}", "kind", hj_kind_name(HJ_KIND_MINUTE), "begin",
	        (json_int_t)hj_max(f->since_ms - WINDOW_MOST_MS, (int64_t)0), "end",
	        (json_int_t)hj_min(end_ms, HJ_TIME_MAX_MS), "limit", PAGE_RECORDS);

	if (parameters && f->after)
		json_object_set_new(parameters, "after", json_integer((json_int_t)f->after));
	f->records = 0;
	return hj_ipc_client_call(f->ask, "hjgate.Store.Query", parameters, HJ_IPC_MORE, on_records, f);
}

/* As fast as what follows is taken: else it would be more than can wait. Where nobody takes anything for long, what
 * the platforms get must not wait for it. */
static bool has_room(struct feed *f)
{
	struct outbox_state outbox;

	outbox_state(f->d->outbox, &outbox);
	f->waited = outbox.taken == f->taken ? f->waited + 1 : 0;
	f->taken = outbox.taken;
	return outbox.waiting <= OUTBOX_MAX - ROOM || f->waited > ROOM_WAITS;
}

static void go_on(struct feed *f)
{
	if (!has_room(f) || ask(f) < 0)
		wait_for(f, AGAIN);
}

static void begin(struct feed *f)
{
	if (!hj_ipc_client_is_up(f->ask) || !hj_ipc_client_is_up(f->watch))
		return;
	f->phase = READING;
	f->since_ms = hj_judge_time(f->d->judge);
	f->after = 0;
	f->batch.label_ms = 0;
	go_on(f);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct feed *f = userdata;

	if (f->phase == COLLECTING)
		go_live(f);
	else if (f->phase == READING)
		go_on(f);
	return 0;
}

static void on_up(void *userdata)
{
	begin(userdata);
}

static void on_down(void *userdata)
{
	struct feed *f = userdata;

	if (f->phase == AWAY)
		return;
	if (f->phase == LIVE)
		hj_notice("stored is away: what has been concluded holds until it is back");
	f->phase = AWAY;
	hj_ipc_client_drop(f->ask); /* both, so that no answer to what was asked before comes later */
	hj_ipc_client_drop(f->watch);
	sd_event_source_set_enabled(f->timer, SD_EVENT_OFF);
	hj_judge_batch_done(&f->batch);
	judged_live(f->d, false);
}

/* ---- the whole ---- */

void feed_state(const struct feed *f, struct feed_state *ret)
{
	static const char *const names[] = { N_("waiting for stored"), N_("reading what was recorded"),
		N_("collecting what comes"), N_("judging what comes") };

	*ret = (struct feed_state){ .what = names[f->phase],
		.samples = f->samples,
		.future = f->future,
		.lost = f->batch.lost,
		.unreadable = f->unreadable };
}

static int start(struct feed *f)
{
	static const struct hj_ipc_client_events events = { .up = on_up, .down = on_down };
	char path[HJ_PATH_MAX];
	int r = hj_path(f->d->root, HJ_DIR_RUN, "stored.peer", path);

	if (r >= 0)
		r = sd_event_add_time(f->d->event, &f->timer, CLOCK_BOOTTIME, 0, 0, on_timer, f);
	if (r >= 0)
		r = sd_event_source_set_enabled(f->timer, SD_EVENT_OFF);
	if (r >= 0)
		r = hj_ipc_client_new(f->d->event, path, &events, f, &f->ask);
	return r < 0 ? r : hj_ipc_client_new(f->d->event, path, &events, f, &f->watch);
}

int feed_new(struct judged *d, struct feed **ret)
{
	struct feed *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	f->d = d;
	f->step_ms = hj_judge_step_ms(&d->site.plan);
	f->gap_ms = hj_max((int64_t)GAP_MS, f->step_ms);
	r = start(f);
	if (r < 0) {
		feed_free(f);
		return r;
	}
	*ret = f;
	return 0;
}

void feed_free(struct feed *f)
{
	if (!f)
		return;
	hj_ipc_client_free(f->ask);
	hj_ipc_client_free(f->watch);
	sd_event_source_disable_unref(f->timer);
	hj_judge_batch_done(&f->batch);
	free(f);
}
