/* What lanes.c chooses goes out packet by packet, those of one record one after the other, and a record is confirmed
 * when all of them are acknowledged. With a window above 1 several records are under way. What is not live begins
 * only where the whole of it fits beside a place that is kept, so that a live record waits for one packet at most;
 * and only when all before it has been handed to the network, so that a slow one holds nothing that is older.
 *
 * Real-time data is not kept: it is acknowledged like the rest, but newer data, or a record that waits, takes its
 * place after OverTime. */
#include "uplinkd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/fnv.h"
#include "hjgate/log.h"
#include "hjgate/now.h"

#define KEPT   1 /* places of a window above 1 that are for what is live */
#define SMOOTH 8 /* the newest record's time counts 1/8 */

#define FRAME_HEAD  160 /* bytes of a frame beside its items, about */
#define GROWTH_HOUR (3600 * HJ_USEC_PER_SEC)
#define GROWTH_DAY  (24 * GROWTH_HOUR) /* where the backlog has its hours or its budget */

hj_usec sending_jitter(const char *mn, int64_t jitter_s)
{
	uint64_t hash = hj_fnv(HJ_FNV_BEGIN, mn, strlen(mn));

	return jitter_s > 0 ? hash % ((hj_usec)jitter_s * HJ_USEC_PER_SEC) : 0;
}

static hj_usec realtime_interval(const struct uplinkd *u)
{
	return hj212_session_settings(u->session)->rtd_interval * HJ_USEC_PER_SEC;
}

/* Not before there is something to say, and a time to date it by. */
static hj_usec realtime_at(const struct uplinkd *u)
{
	return feed_is_dated(u->feed) ? hj_max(u->realtime_at, feed_values_from(u->feed)) : HJ_USEC_NEVER;
}

static bool realtime_due(const struct uplinkd *u, struct hj_now now)
{
	return trial_wants(u, now) || (uplinkd_wants_realtime(u) && now.mono >= realtime_at(u));
}

static bool something_waits(const struct uplinkd *u, struct hj_now now)
{
	return realtime_due(u, now) || lanes_deadline(&u->lanes) <= now.mono ||
	       lanes_count(&u->lanes, LANE_HISTORY) ||
	       (lanes_count(&u->lanes, LANE_BACKLOG) && !u->lanes.backlog_held);
}

static bool is_live(enum lane lane)
{
	return lane == LANE_LIVE || lane == LANE_REALTIME;
}

/* ---- the end of a flight ---- */

static void confirm(struct uplinkd *u, const struct job *j, const struct hj_receipt *how)
{
	if (j->seq && !j->also_count)
		feed_confirm(u->feed, j->seq, j->seq, how);
	for (unsigned i = 0; i < j->also_count; i++)
		feed_confirm(u->feed, j->also[i].from, j->also[i].to, how);
}

/* When it was sent is told by the clock that told when the 9014 came, so that a step of it is not taken for the
 * network's delay. */
static void note_receipt(struct flight *f, const struct hj212_outcome *o, struct hj_now now)
{
	int64_t took = (int64_t)((now.mono - hj_min(o->sent_at, now.mono)) / HJ_USEC_PER_MS);
	int64_t sent_ms = hj_max(now.wall_ms - took, (int64_t)0);
	struct hj_receipt *r = &f->receipt;

	r->sent_ms = r->packets ? hj_min(r->sent_ms, sent_ms) : sent_ms;
	r->qn_ms = r->packets ? hj_min(r->qn_ms, o->qn_ms) : o->qn_ms;
	r->qn_last_ms = hj_max(r->qn_last_ms, o->qn_ms);
	r->acked_ms = now.wall_ms;
	r->unanswered |= o->unanswered;
	r->packets++;
}

static double smooth(double before, double newest)
{
	return before > 0 ? (before * (SMOOTH - 1) + newest) / SMOOTH : newest;
}

static void note_pace(struct uplinkd *u, const struct flight *f, hj_usec now)
{
	hj_usec took = now - hj_max(f->began, u->flights.done_at);

	u->flights.done_at = now;
	u->acknowledged++;
	u->per_record = (hj_usec)smooth((double)u->per_record, (double)hj_max(took, (hj_usec)1));
	u->record_frames = smooth(u->record_frames, f->cut->count);
	u->record_bytes = smooth(u->record_bytes, (double)f->job.items.len + f->cut->count * FRAME_HEAD);
}

void sending_acked(struct uplinkd *u, const struct hj212_outcome *o, struct hj_now now)
{
	unsigned packet;
	struct flight *f = flights_find(&u->flights, o->token, &packet);

	link_proved(u->link);
	u->unanswered = false;
	u->last_ack_ms = now.wall_ms;
	if (!f || !flight_acked(f, packet))
		return;
	note_receipt(f, o, now);
	if (f->acked < f->cut->count)
		return;
	if (f->lane != LANE_REALTIME)
		note_pace(u, f, now.mono);
	confirm(u, &f->job, &f->receipt);
	trial_acked(u, f->id, f->receipt.unanswered);
	flight_clear(f);
}

/* ---- the begin of one ---- */

static bool take_realtime(struct uplinkd *u, struct hj_now now, struct job *ret)
{
	struct job j = { .cn = 2011, .label_ms = now.wall_ms };
	const struct hj212_phrase_newest *newest;
	size_t count;
	int r;

	u->realtime_at = now.mono + realtime_interval(u);
	newest = feed_newest(u->feed, &count);
	r = trial_wants(u, now) ? trial_take(u, u->flights.newest_id + 1, now, &j.items)
	                       : hj212_phrase_realtime(&u->map, newest, count, now.wall_ms, &j.items);
	if (r < 0 || !j.items.len) {
		job_done(&j);
		return false;
	}
	*ret = j;
	return true;
}

/* What goes next of what is cut: one that has begun and has packets to go, a live one, any. */
static struct flight *pending(const struct uplinkd *u)
{
	struct flight *waits = NULL;

	for (unsigned i = 0; i < u->flights.size; i++) {
		struct flight *f = &u->flights.list[i];

		if (!f->busy || f->offered == f->cut->count)
			continue;
		if (f->begun)
			return f;
		if (!waits || is_live(f->lane))
			waits = f;
	}
	return waits;
}

/* It goes before all others: a platform joins packets that follow one another. */
static bool goes_first(const struct flight *f)
{
	return f && (f->begun || is_live(f->lane));
}

static void give_up_cutting(struct uplinkd *u, struct flight *f, int r)
{
	if (r == -EMSGSIZE || r == -EBADMSG) {
		hj_error("uplink %s: record %llu does not fit into the packets of HJ 212: it is not sent", u->name,
		        (unsigned long long)f->job.seq);
		confirm(u, &f->job, NULL);
	}
	flight_clear(f);
}

/* Takes a job out of what waits; false where nothing may go. It stands cut and not yet begun then. */
static bool take_next(struct uplinkd *u, bool bulk, struct hj_now now)
{
	struct flight *f = flights_place(&u->flights);
	enum lane lane = f ? lanes_choose(&u->lanes, realtime_due(u, now), bulk, now.mono) : LANE_NONE;
	int r;

	if (lane == LANE_NONE)
		return false;
	if (lane == LANE_REALTIME ? !take_realtime(u, now, &f->job) : !lanes_take(&u->lanes, lane, &f->job))
		return true;
	f->lane = lane;
	r = flight_begin(&u->flights, f, hj212_session_cp_max(u->session), now.mono);
	if (r < 0)
		give_up_cutting(u, f, r);
	else if (resumes_take(&u->resumes, f, u->identity.mn))
		hj_info("uplink %s: record %llu goes on with packet %u of %u", u->name,
		        (unsigned long long)f->job.seq, f->offered + 1, f->cut->count);
	return true;
}

/* ---- packets ---- */

static int offer_packet(struct uplinkd *u, const struct flight *f, struct hj_now now)
{
	char cp[HJ212_DATA_MAX];
	struct hj212_phrase_place at = hj212_phrase_place(f->cut, f->offered);
	struct hj212_offer o = { .token = flight_token(f, f->offered),
		.cn = f->job.cn,
		.st = at.st,
		.pnum = at.pnum,
		.pno = at.pno,
		.ack = true,
		.again = f->lane == LANE_BACKLOG || f->job.again };
	int n = hj212_phrase_cp(f->cut, f->job.items.data, f->offered, f->job.label_ms, cp, sizeof(cp));

	if (n < 0)
		return n;
	o.cp = (struct hj212_slice){ cp, (size_t)n };
	feed_qn(u->feed);
	return hj212_session_offer(u->session, &o, now);
}

static bool may_begin(const struct uplinkd *u, const struct flight *f)
{
	unsigned window = u->identity.window, left = f->cut->count - f->offered;

	if (window == 1 || is_live(f->lane))
		return true;
	return hj212_session_has_written(u->session) &&
	       hj212_session_room(u->session) >= KEPT + hj_min(left, window - KEPT);
}

static void forget_packets(struct uplinkd *u, const struct flight *f, struct hj_now now)
{
	for (unsigned i = 0; i < f->offered; i++)
		hj212_session_forget(u->session, flight_token(f, i), now);
}

/* A longer password leaves less room for data: the record goes again from its first packet, for the platform cannot
 * join packets of two cuts. */
static void cut_anew(struct uplinkd *u, struct flight *f, struct hj_now now)
{
	int r;

	hj_info("uplink %s: the password is longer now: record %llu is cut into packets anew", u->name,
	        (unsigned long long)f->job.seq);
	forget_packets(u, f, now);
	r = flight_cut_anew(&u->flights, f, hj212_session_cp_max(u->session));
	if (r < 0)
		give_up_cutting(u, f, r);
}

/* As many of its packets as there is room for. False: none could be offered now. */
static bool offer(struct uplinkd *u, struct flight *f, struct hj_now now)
{
	unsigned before = f->offered;

	while (f->offered < f->cut->count && hj212_session_room(u->session)) {
		int r = offer_packet(u, f, now);

		if (r == -EMSGSIZE && f->cp_max > hj212_session_cp_max(u->session)) {
			cut_anew(u, f, now);
			return true;
		}
		if (r < 0) /* -EAGAIN: QNs are being reserved; we are called again */
			break;
		if (!f->begun)
			f->began = now.mono;
		f->begun = true;
		if (f->lane == LANE_BACKLOG)
			limits_frame(&u->limits, f->cut->pieces[f->offered].n + FRAME_HEAD, now);
		f->offered++;
		f->offered_at = now.mono;
	}
	return f->offered > before;
}

/* ---- real-time data that nobody acknowledges ---- */

static hj_usec given_up_at(const struct uplinkd *u, const struct flight *f)
{
	return f->offered_at + hj212_session_settings(u->session)->over_time * HJ_USEC_PER_SEC;
}

/* The oldest that keeps a place from others; NULL. */
static struct flight *realtime_under_way(const struct uplinkd *u)
{
	struct flight *oldest = NULL;

	for (unsigned i = 0; i < u->flights.size; i++) {
		struct flight *f = &u->flights.list[i];

		if (f->busy && f->begun && f->lane == LANE_REALTIME && (!oldest || f->id < oldest->id))
			oldest = f;
	}
	return oldest;
}

static void give_up_realtime(struct uplinkd *u, struct hj_now now)
{
	struct flight *f = realtime_under_way(u);

	if (!f || now.mono < given_up_at(u, f) || !something_waits(u, now))
		return;
	forget_packets(u, f, now);
	flight_clear(f);
}

/* ---- the turn ---- */

void sending_look(struct uplinkd *u, struct hj_now now)
{
	bool slow = u->limits.budget || u->limits.from_min != u->limits.to_min;
	int64_t waiting = feed_waiting(u->feed);
	int change = growth_look(&u->growth, waiting, uplinkd_is_up(u), slow ? GROWTH_DAY : GROWTH_HOUR, now.mono);

	if (change)
		event_backlog(u, change > 0, waiting);
	if (waiting > 0 && uplinkd_is_up(u) && limits_tell_spent(&u->limits, now))
		event_budget_spent(u, waiting);
}

bool sending_turn(struct uplinkd *u, struct hj_now now)
{
	bool began = false;
	hj_usec until;

	give_up_realtime(u, now);
	if (!uplinkd_is_up(u))
		return false;
	u->lanes.backlog_held = limits_hold(&u->limits, now, &until) != LIMITS_FREE || !feed_budget_known(u->feed);
	while (hj212_session_room(u->session)) {
		struct flight *f = pending(u);

		if (!goes_first(f) && take_next(u, !f, now))
			continue;
		if (!f || (!f->begun && !may_begin(u, f)) || !offer(u, f, now))
			break;
		began = true;
	}
	feed_budget(u->feed);
	feed_history_pull(u->feed);
	feed_fold_pull(u->feed);
	feed_shy_pull(u->feed);
	feed_pull(u->feed);
	return began && u->identity.window > 1;
}

/* What held it at the last turn may be over by now: then the next turn is due at once. */
static hj_usec backlog_at(const struct uplinkd *u)
{
	hj_usec until;

	if (!u->lanes.backlog_held || !lanes_count(&u->lanes, LANE_BACKLOG))
		return HJ_USEC_NEVER;
	if (limits_hold(&u->limits, hj_now(), &until) == LIMITS_FREE && !feed_budget_known(u->feed))
		return HJ_USEC_NEVER; /* the store's answer is waited for */
	return until;
}

/* Never one that has passed and that a turn would not take. */
hj_usec sending_deadline(const struct uplinkd *u)
{
	const struct flight *f = pending(u), *realtime;
	hj_usec next;

	if (!uplinkd_is_up(u))
		return HJ_USEC_NEVER;
	next = hj_min(lanes_deadline(&u->lanes), feed_shy_deadline(u->feed));
	if (uplinkd_wants_realtime(u) && (!f || u->lanes.last != LANE_REALTIME))
		next = hj_min(next, realtime_at(u));
	next = hj_min(next, backlog_at(u));
	if (hj212_session_room(u->session))
		return goes_first(f) ? HJ_USEC_NEVER : next; /* QNs are being reserved */
	realtime = realtime_under_way(u);                    /* the platform's answer, or its absence, comes first */
	return realtime ? hj_max(next, given_up_at(u, realtime)) : HJ_USEC_NEVER;
}
