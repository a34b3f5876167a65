/* The upload under way: what lanes.c chooses is cut into packets, offered one after the other, and only when the last
 * is acknowledged is the record confirmed. Real-time data is not kept: it is acknowledged like the rest, but newer
 * data, or a record that waits, takes its place after OverTime. */
#include "uplinkd.h"

#include <errno.h>
#include <string.h>

#include "hjgate/log.h"
#include "hjgate/now.h"

#define PACKET_BITS           16 /* of a token; HJ212_PHRASE_PIECES fits */
#define TOKEN(flight, packet) ((uint64_t)(flight) << PACKET_BITS | (packet))
#define SMOOTH                8 /* the newest record's time counts 1/8 */

hj_usec sending_jitter(const char *mn, int64_t jitter_s)
{
	uint64_t hash = 14695981039346656037ULL; /* FNV-1a */

	for (; *mn; mn++)
		hash = (hash ^ (unsigned char)*mn) * 1099511628211ULL;
	return jitter_s > 0 ? hash % ((hj_usec)jitter_s * HJ_USEC_PER_SEC) : 0;
}

static hj_usec realtime_interval(const struct uplinkd *u)
{
	return hj212_session_settings(u->session)->rtd_interval * HJ_USEC_PER_SEC;
}

static bool realtime_due(const struct uplinkd *u, struct hj_now now)
{
	return uplinkd_wants_realtime(u) && now.mono >= u->realtime_at;
}

static bool something_waits(const struct uplinkd *u, struct hj_now now)
{
	return realtime_due(u, now) || lanes_deadline(&u->lanes) <= now.mono ||
	       lanes_count(&u->lanes, LANE_HISTORY) || lanes_count(&u->lanes, LANE_BACKLOG);
}

/* ---- the end of a flight ---- */

static void clear_flight(struct uplinkd *u)
{
	job_done(&u->flight.job);
	u->flight.busy = false;
}

void sending_abort(struct uplinkd *u)
{
	if (u->flight.busy)
		clear_flight(u);
}

static void confirm(struct uplinkd *u, const struct hj_receipt *how)
{
	const struct job *j = &u->flight.job;

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
	r->packets++;
}

void sending_acked(struct uplinkd *u, const struct hj212_outcome *o, struct hj_now now)
{
	struct flight *f = &u->flight;
	hj_usec took = now.mono - f->began;

	link_proved(u->link);
	u->unanswered = false;
	u->last_ack_ms = now.wall_ms;
	if (!f->busy || o->token >> PACKET_BITS != f->id)
		return;
	note_receipt(f, o, now);
	if (++f->acked < f->cut.count)
		return;
	if (f->lane != LANE_REALTIME) {
		u->acknowledged++;
		u->per_record = u->per_record ? (u->per_record * (SMOOTH - 1) + took) / SMOOTH : took;
	}
	confirm(u, &f->receipt);
	clear_flight(u);
}

/* ---- the begin of one ---- */

static bool take_realtime(struct uplinkd *u, struct hj_now now, struct job *ret)
{
	struct job j = { .cn = 2011, .label_ms = now.wall_ms };
	const struct hj212_phrase_newest *newest;
	size_t count;

	u->realtime_at = now.mono + realtime_interval(u);
	newest = feed_newest(u->feed, &count);
	if (hj212_phrase_realtime(&u->map, newest, count, now.wall_ms, &j.items) < 0 || !j.items.len) {
		job_done(&j);
		return false;
	}
	*ret = j;
	return true;
}

static bool take_next(struct uplinkd *u, struct hj_now now)
{
	struct flight *f = &u->flight;
	enum lane lane = lanes_choose(&u->lanes, realtime_due(u, now), now.mono);

	if (lane == LANE_NONE)
		return false;
	if (lane == LANE_REALTIME ? !take_realtime(u, now, &f->job) : !lanes_take(&u->lanes, lane, &f->job))
		return true;
	f->lane = lane;
	f->busy = true;
	f->id++;
	f->offered = f->acked = 0;
	f->receipt = (struct hj_receipt){ 0 };
	f->began = now.mono;
	if (hj212_phrase_cut((struct hj212_slice){ f->job.items.data, f->job.items.len },
	            hj212_session_cp_max(u->session), &f->cut) >= 0 &&
	        f->cut.count)
		return true;
	hj_error("uplink %s: record %llu does not fit into the packets of HJ 212: it is not sent", u->name,
	        (unsigned long long)f->job.seq);
	confirm(u, NULL);
	clear_flight(u);
	return true;
}

static int offer_packet(struct uplinkd *u, struct hj_now now)
{
	struct flight *f = &u->flight;
	char cp[HJ212_DATA_MAX];
	struct hj212_phrase_place at = hj212_phrase_place(&f->cut, f->offered);
	struct hj212_offer o = { .token = TOKEN(f->id, f->offered),
		.cn = f->job.cn,
		.st = at.st,
		.pnum = at.pnum,
		.pno = at.pno,
		.ack = true };
	int n = hj212_phrase_cp(&f->cut, f->job.items.data, f->offered, f->job.label_ms, cp, sizeof(cp));

	if (n < 0)
		return n;
	o.cp = (struct hj212_slice){ cp, (size_t)n };
	return hj212_session_offer(u->session, &o, now);
}

static void offer_flight(struct uplinkd *u, struct hj_now now)
{
	struct flight *f = &u->flight;

	while (f->busy && f->offered < f->cut.count && hj212_session_room(u->session)) {
		feed_qn(u->feed);
		if (offer_packet(u, now) < 0) /* -EAGAIN: QNs are being reserved; we are called again */
			return;
		f->offered++;
		f->offered_at = now.mono;
	}
}

static hj_usec realtime_given_up_at(const struct uplinkd *u)
{
	return u->flight.offered_at + hj212_session_settings(u->session)->over_time * HJ_USEC_PER_SEC;
}

static bool realtime_in_the_way(const struct uplinkd *u)
{
	return u->flight.busy && u->flight.lane == LANE_REALTIME && u->flight.offered;
}

void sending_turn(struct uplinkd *u, struct hj_now now)
{
	if (realtime_in_the_way(u) && now.mono >= realtime_given_up_at(u) && something_waits(u, now)) {
		for (unsigned i = u->flight.acked; i < u->flight.offered; i++)
			hj212_session_forget(u->session, TOKEN(u->flight.id, i));
		clear_flight(u);
	}
	if (!uplinkd_is_up(u))
		return;
	offer_flight(u, now);
	while (!u->flight.busy && hj212_session_room(u->session) && take_next(u, now))
		offer_flight(u, now);
	feed_history_pull(u->feed);
	feed_fold_pull(u->feed);
	feed_shy_pull(u->feed);
	feed_pull(u->feed);
}

hj_usec sending_deadline(const struct uplinkd *u)
{
	hj_usec next;

	if (!uplinkd_is_up(u) || (u->flight.busy && !realtime_in_the_way(u)))
		return HJ_USEC_NEVER; /* the platform's answer, or its absence, comes first */
	next = hj_min(lanes_deadline(&u->lanes), feed_shy_deadline(u->feed));
	if (uplinkd_wants_realtime(u))
		next = hj_min(next, u->realtime_at);
	if (u->flight.busy)
		return hj_max(next, realtime_given_up_at(u));
	return hj212_session_room(u->session) ? next : HJ_USEC_NEVER;
}
