/* hjgate.Uplink: Status, Frames (api_frames.c) and Preview (api_preview.c) for who may look, the rest for who may
 * change. Passwords are shown on the change socket only, and in Frames and Preview only: Status never has them. */
#include "uplinkd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/idl.h"
#include "hjgate/log.h"
#include "hjgate/now.h"

static json_t *int_or_null(bool there, int64_t value)
{
	return there ? json_integer(value) : json_null();
}

/* ---- Status ---- */

static const char *state_name(const struct uplinkd *u)
{
	static const char *const names[] = { [LINK_STOPPED] = "idle",
		[LINK_WAITING] = "idle",
		[LINK_CONNECTING] = "connecting",
		[LINK_UP] = "connected" };

	return u->paused ? "paused" : names[link_state(u->link)];
}

/* With `values` also what the file says. */
static json_t *changed_of(const struct uplinkd *u, const struct hj212_settings *s, bool values)
{
	json_t *list = json_array();
	struct feed_change c;

	for (unsigned i = 0; feed_changed(u->feed, &u->configured, s, i, &c); i++)
		json_array_append_new(
		        list, values ? json_pack("{s:s, s:s, s:s}", "name", c.name, "value", c.value, "file", c.file)
		                     : json_string(c.name));
	return list;
}

static json_t *eta_of(const struct uplinkd *u)
{
	struct limits_record r = { .each = u->per_record + (hj_usec)u->conf.gap * HJ_USEC_PER_MS,
		.frames = u->record_frames,
		.bytes = u->record_bytes };
	int64_t waiting = feed_waiting(u->feed), seconds;

	if (waiting < 0 || !uplinkd_is_up(u) || (waiting && !u->per_record))
		return json_null();
	seconds = limits_eta(&u->limits, (uint64_t)waiting, &r, hj_now());
	return int_or_null(seconds >= 0, seconds);
}

static json_t *tls_of(const struct uplinkd *u)
{
	struct tls_facts facts;

	return link_facts(u->link, &facts) ? json_sprintf("%s %s", facts.version, facts.cipher) : json_null();
}

static void put_state(const struct uplinkd *u, json_t *to)
{
	struct hj_now now = hj_now();
	static const char *const acks[] = {
		[HJ212_ACK_QN] = "qn", [HJ212_ACK_ORDER] = "order", [HJ212_ACK_NONE] = "none"
	};
	bool coming = u->conf.next.from_ms && !u->moved;
	bool waits = link_state(u->link) == LINK_WAITING && !u->paused;
	hj_usec left = waits && link_retry_at(u->link) > now.mono ? link_retry_at(u->link) - now.mono : 0;

	json_object_set_new(to, "uplink", json_string(u->name));
	json_object_set_new(to, "host", json_string(u->conf.host));
	json_object_set_new(to, "port", json_integer(u->conf.port));
	json_object_set_new(
	        to, "address", link_address(u->link)[0] ? json_string(link_address(u->link)) : json_null());
	json_object_set_new(to, "tls", tls_of(u));
	json_object_set_new(to, "mn", json_string(u->form.mn));
	json_object_set_new(to, "st", json_string(u->form.st));
	json_object_set_new(to, "edition", json_integer(u->form.edition));
	json_object_set_new(to, "next_edition", int_or_null(coming, u->conf.next.form.edition));
	json_object_set_new(to, "next_from", int_or_null(coming, u->conf.next.from_ms));
	json_object_set_new(to, "ack", json_string(acks[u->identity.ack]));
	json_object_set_new(to, "state", json_string(state_name(u)));
	json_object_set_new(to, "since", json_integer(u->since_ms));
	json_object_set_new(to, "error", u->error[0] && !u->paused ? json_string(u->error) : json_null());
	json_object_set_new(to, "retry_at", int_or_null(waits, now.wall_ms + (int64_t)(left / HJ_USEC_PER_MS)));
}

static void put_counts(const struct uplinkd *u, json_t *to)
{
	const struct flight *oldest = flights_oldest(&u->flights);
	struct hj212_counts c = { 0 };
	int64_t waiting = feed_waiting(u->feed);

	if (u->session)
		hj212_session_counts(u->session, &c);
	json_object_set_new(to, "connects", json_integer((json_int_t)u->connects));
	json_object_set_new(to, "waiting", json_integer(hj_max(waiting, (int64_t)0)));
	json_object_set_new(to, "oldest", int_or_null(feed_oldest_ms(u->feed) >= 0, feed_oldest_ms(u->feed)));
	json_object_set_new(to, "eta", eta_of(u));
	json_object_set_new(to, "acknowledged", json_integer((json_int_t)u->acknowledged));
	json_object_set_new(to, "last_ack", int_or_null(u->last_ack_ms, u->last_ack_ms));
	json_object_set_new(to, "sent_frames", json_integer((json_int_t)c.sent));
	json_object_set_new(to, "received_frames", json_integer((json_int_t)c.received));
	json_object_set_new(to, "resent_frames", json_integer((json_int_t)c.resent));
	json_object_set_new(to, "bad_frames", json_integer((json_int_t)c.bad));
	json_object_set_new(to, "junk_bytes", json_integer((json_int_t)c.junk));
	json_object_set_new(to, "refused", json_integer((json_int_t)c.refused));
	json_object_set_new(to, "too_long", json_integer((json_int_t)u->unfit.count));
	json_object_set_new(to, "answer_ms", int_or_null(u->last_ack_ms, c.answer_ms));
	json_object_set_new(
	        to, "under_way", int_or_null(oldest && oldest->job.seq, oldest ? (int64_t)oldest->job.seq : 0));
}

/* What holds the backlog up, and what the day has cost. */
static void put_limits(const struct uplinkd *u, json_t *to)
{
	struct hj_now now = hj_now();
	hj_usec until = 0;
	const char *why = limits_why_name(limits_hold(&u->limits, now, &until));
	int64_t until_ms = now.wall_ms + (int64_t)((until - hj_min(until, now.mono)) / HJ_USEC_PER_MS);
	bool held = why && feed_waiting(u->feed) > 0;

	json_object_set_new(to, "held", held ? json_string(why) : json_null());
	json_object_set_new(to, "held_until", int_or_null(held, until_ms));
	json_object_set_new(to, "sent_today", json_integer((json_int_t)limits_today(&u->limits, now)));
}

static void put_settings(const struct uplinkd *u, json_t *to)
{
	const struct hj212_settings *s = u->session ? hj212_session_settings(u->session) : &u->configured;
	int64_t used = u->session ? hj212_qn_used(hj212_session_qn(u->session)) : 0;
	char qn[HJ_TIME17_LEN + 1] = "";

	if (used)
		hj_time17_format(used, qn);
	json_object_set_new(to, "qn", json_string(qn));
	json_object_set_new(to, "over_time", json_integer(s->over_time));
	json_object_set_new(to, "re_count", json_integer(s->re_count));
	json_object_set_new(to, "rtd_interval", json_integer(s->rtd_on ? s->rtd_interval : 0));
	json_object_set_new(to, "min_interval", json_integer(s->min_interval));
	json_object_set_new(to, "changed", changed_of(u, s, false));
	json_object_set_new(to, "changes", changed_of(u, s, true));
}

static int on_status(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct uplinkd *u = userdata;
	json_t *reply = json_object();

	put_state(u, reply);
	put_counts(u, reply);
	put_limits(u, reply);
	put_settings(u, reply);
	return hj_ipc_reply(call, reply);
}

/* ---- Pause, Resume ---- */

static int pause_or_resume(struct hj_ipc_call *call, struct uplinkd *u, bool pause)
{
	char by[64];

	hj_ipc_call_name(call, by, sizeof(by));
	hj_notice("uplink %s: %s by %s", u->name, pause ? "paused: records wait" : "resumed", by);
	if (pause != u->paused)
		event_paused(u, pause ? by : NULL);
	uplinkd_pause(u, pause);
	return hj_ipc_reply(call, NULL);
}

static int on_pause(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	return pause_or_resume(call, userdata, true);
}

static int on_resume(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	return pause_or_resume(call, userdata, false);
}

static const struct hj_ipc_method methods[] = {
	{ "Status", HJ_ANY_RIGHT, on_status },
	{ "Pause", HJ_CHANGE, on_pause },
	{ "Resume", HJ_CHANGE, on_resume },
	{ "Reset", HJ_CHANGE, api_reset },
	{ "Frames", HJ_ANY_RIGHT, api_frames },
	{ "Preview", HJ_ANY_RIGHT, api_preview },
	{ "Test", HJ_CHANGE, api_test },
	{ NULL, 0, NULL },
};

const struct hj_ipc_interface uplinkd_interface = {
	.name = "hjgate.Uplink",
	.description = hj_idl_hjgate_Uplink,
	.methods = methods,
};
