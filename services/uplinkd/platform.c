/* What the platform's side brings: the link up and down, acknowledgements, requests and oddities. Nothing here can
 * fail for the others: it costs a message, a line in the log and an event. */
#include "uplinkd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/log.h"
#include "hjgate/now.h"

#define WRONG_PASSWORD 3 /* QnRtn */
#define CN_CLOCK       1012
#define CN_REALTIME    2011
#define CN_STATES      2021
#define CN_SAMPLE      3012
#define CN_SERIAL      3019
#define CN_INFO        3020
#define CN_PARAMETER   3021

/* ---- the link ---- */

static void on_up(void *userdata)
{
	struct uplinkd *u = userdata;
	struct hj_now now = hj_now();

	hj_info("uplink %s: connected to %s (%s)", u->name, link_host(u->link), link_address(u->link));
	u->connects++;
	u->since_ms = now.wall_ms;
	u->error[0] = '\0';
	u->realtime_at = now.mono;
	trial_up(u);
	hj212_session_connected(u->session, now);
	if (!u->unanswered)
		event_link_back(u);
	event_address(u);
	event_certificates(u);
	suspect_up(u);
	clock_up(u);
	hj_service_status("connected to %s (%s)", link_host(u->link), link_address(u->link));
	feed_link_up(u->feed);
	uplinkd_pump(u);
}

static void on_input(const void *data, size_t n, void *userdata)
{
	struct uplinkd *u = userdata;

	event_tls_good(u);
	if (suspect_input(u, data, n))
		return;
	hj212_session_input(u->session, data, n, hj_now());
	uplinkd_pump(u);
}

static void on_writable(void *userdata)
{
	uplinkd_pump(userdata);
}

static unsigned long long seconds_to_retry(const struct uplinkd *u, struct hj_now now)
{
	hj_usec at = link_retry_at(u->link);

	return at > now.mono ? (at - now.mono + HJ_USEC_PER_SEC - 1) / HJ_USEC_PER_SEC : 0;
}

/* Which record the link may have been lost for: the one that was not acknowledged at last, else the oldest, since a
 * platform takes one after the other. None where it was a login or a heartbeat that had no answer. */
static void blame(struct uplinkd *u)
{
	const struct flight *f = flights_find(&u->flights, u->dead_token, NULL);

	f = f ? f : flights_oldest(&u->flights);
	if (f && !u->own_unanswered)
		feed_shy_lost(u->feed, &f->job);
	u->dead_token = 0;
	u->own_unanswered = false;
}

/* Only the first failure of an outage is worth a line. */
static void tell_down(struct uplinkd *u, const char *why)
{
	struct hj_now now = hj_now();
	bool first = !u->error[0];

	snprintf(u->error, sizeof(u->error), "%s", why);
	if (first) {
		u->since_ms = now.wall_ms;
		hj_warn("uplink %s: %s:%d is not reached: %s; trying again in %llu s (%lld records waiting)", u->name,
		        link_host(u->link), link_port(u->link), why, seconds_to_retry(u, now),
		        (long long)hj_max(feed_waiting(u->feed), (int64_t)0));
	}
	event_link_lost(u, why);
	hj_service_status("%s:%d is not reached: %s", link_host(u->link), link_port(u->link), why);
}

/* What was under way is still owed: it is read again. A network that fails says nothing about a password. */
static void on_down(const char *why, void *userdata)
{
	struct uplinkd *u = userdata;

	if (why && link_closed_by_peer(u->link))
		hj212_session_disconnected(u->session);
	else
		hj212_session_left(u->session);
	trial_down(u, why);
	devices_stop(u);
	if (why) {
		blame(u);
		suspect_down(u);
	}
	resumes_remember(&u->resumes, &u->flights, u->identity.mn);
	feed_link_down(u->feed);
	flights_clear(&u->flights);
	lanes_clear(&u->lanes, LANE_LIVE);
	lanes_clear(&u->lanes, LANE_BACKLOG);
	if (why)
		tell_down(u, why);
	else
		hj_info("uplink %s: back to the main address", u->name);
	uplinkd_pump(u);
}

static void on_lookup(const char *host, const char *error, bool known, void *userdata)
{
	event_lookup(userdata, host, error, known);
}

static void on_tls(const char *host, const struct tls_trouble *trouble, void *userdata)
{
	struct uplinkd *u = userdata;

	event_tls(u, host, trouble);
	if (trouble)
		u->unanswered = true; /* some refuse us only when the handshake is over: that is no way back */
}

const struct link_events platform_link_events = {
	.up = on_up, .input = on_input, .writable = on_writable, .down = on_down, .lookup = on_lookup, .tls = on_tls
};

/* ---- requests ---- */

static bool is_of_device(int cn)
{
	return cn == CN_SAMPLE || cn == CN_SERIAL || cn == CN_INFO;
}

/* A log has a span. That of data may be the first moment of all, which is 0. */
static bool is_history(const struct hj212_request *q)
{
	return q->begin_ms || q->end_ms || q->cn == 2031 || q->cn == 2041 || q->cn == 2051 || q->cn == 2061;
}

/* Its answer has the date of this moment. */
static bool is_of_moment(int cn)
{
	return cn == CN_SAMPLE || cn == CN_INFO;
}

static int start_request(struct uplinkd *u, const struct hj212_request *q)
{
	int r;

	if (q->cn == CN_CLOCK)
		return clock_set(u, q);
	if (is_history(q))
		return feed_history(u->feed, q->id, q->cn, q->begin_ms, q->end_ms);
	if (is_of_moment(q->cn) && !feed_is_dated(u->feed)) {
		hj212_session_answer(u->session, q->id, HJ212_EXE_NO_DATA, hj_now());
		return 0;
	}
	if (is_of_device(q->cn))
		return device_request(u, q);
	r = q->cn == CN_STATES
	            ? feed_states(u->feed, q)
	            : feed_commit(u->feed, q->id, HJ212_EXE_DONE, hj212_session_settings(u->session), &q->settings);
	if (r != -EBUSY || u->waiting.id)
		return r;
	u->waiting = *q; /* the session hands out one setting at a time: one place is enough */
	return 0;
}

static void take_request(struct uplinkd *u, const struct hj212_request *q, struct hj_now now)
{
	int r;

	hj_info("uplink %s: the platform asks for CN %d", u->name, q->cn);
	if (!u->adhoc)
		clock_heard(u, q);
	u->realtime_asked = u->realtime_asked || q->cn == CN_REALTIME;
	r = u->adhoc ? -EBUSY : start_request(u, q);
	if (r < 0)
		hj212_session_answer(u->session, q->id, r == -EBUSY ? HJ212_EXE_BUSY : HJ212_EXE_SYSTEM, now);
}

/* Only the passwords are written: the other settings stay those of the files where no platform has changed them. */
static void settled(struct uplinkd *u)
{
	const struct hj212_settings *s = hj212_session_settings(u->session);
	struct hj212_settings before = *s;
	int r;

	before.pw[0] = '\0';
	hj_text_copy(before.old_pw, sizeof(before.old_pw), s->old_pw[0] ? "" : "-"); /* differs */
	r = feed_commit(u->feed, 0, HJ212_EXE_DONE, &before, s);
	u->settle_wanted = r == -EBUSY;
	if (r == 0)
		hj_notice("uplink %s: one password has proved right and is kept", u->name);
	else if (r != -EBUSY)
		hj_warn("uplink %s: stored is away: after a restart both passwords are tried again", u->name);
}

/* What came while a commit was under way. */
static void take_waiting(struct uplinkd *u, struct hj_now now)
{
	struct hj212_request q = u->waiting;

	if (u->settle_wanted)
		settled(u);
	if (!q.id)
		return;
	u->waiting.id = 0;
	if (start_request(u, &q) < 0)
		hj212_session_answer(u->session, q.id, HJ212_EXE_SYSTEM, now);
}

static void tell_changes(struct uplinkd *u, const struct hj212_settings *before)
{
	char by[HJ_NAME_MAX + sizeof("platform ")];

	snprintf(by, sizeof(by), "platform %s", u->name);
	feed_tell_changes(u->feed, by, before, hj212_session_settings(u->session));
}

void platform_settings_changed(struct uplinkd *u, const struct hj212_settings *before)
{
	uplinkd_watch(u);
	if (before->min_interval != hj212_session_settings(u->session)->min_interval)
		feed_interval_changed(u->feed);
	if (u->realtime_asked || before->rtd_interval != hj212_session_settings(u->session)->rtd_interval)
		u->realtime_at = hj_now().mono;
	u->realtime_asked = false;
}

void platform_committed(struct uplinkd *u, unsigned id, int exe_rtn)
{
	struct hj212_settings before = *hj212_session_settings(u->session);
	struct hj_now now = hj_now();

	if (exe_rtn == HJ212_EXE_SYSTEM)
		hj_error("uplink %s: stored did not take a setting: the platform is told so (ExeRtn=6)", u->name);
	if (id) { /* 0: a password that proved right; nobody waits for an answer */
		hj212_session_answer(u->session, id, exe_rtn, now);
		tell_changes(u, &before);
		platform_settings_changed(u, &before);
	}
	take_waiting(u, now);
	uplinkd_pump(u);
}

void platform_history_done(struct uplinkd *u, unsigned id, unsigned records, int exe_rtn)
{
	hj_info("uplink %s: %u records of history sent as asked", u->name, records);
	hj212_session_answer(u->session, id, exe_rtn, hj_now());
	uplinkd_pump(u);
}

/* ---- outcomes ---- */

static void note(struct uplinkd *u, const struct hj212_outcome *o)
{
	bool told = o->code == HJ212_NOTE_PW    ? suspect_password(u)
	            : o->code == WRONG_PASSWORD ? event_password_refused(u, hj_now().mono)
	                                        : event_bad_input(u, o->text);

	trial_verdict(u, NULL, o->text);
	if (told)
		hj_notice("uplink %s: %s", u->name, o->text);
}

static void acked(struct uplinkd *u, const struct hj212_outcome *o, struct hj_now now)
{
	suspect_acked(u);
	sending_acked(u, o, now);
	event_link_back(u);
}

/* What the session says by itself has no token: records have (sending_flight.c). */
static void dead(struct uplinkd *u, uint64_t token)
{
	u->unanswered = true;
	u->dead_token = token;
	u->own_unanswered = !token;
	trial_verdict(u, token ? "silent" : "login", NULL);
	link_drop(u->link, token ? "the platform does not acknowledge"
	                         : "the platform does not answer the login or heartbeat: answered = false where it never "
	                           "does");
}

void platform_outcomes(struct uplinkd *u, struct hj_now now)
{
	struct hj212_outcome o;

	while (hj212_session_next(u->session, &o)) {
		switch (o.type) {
		case HJ212_ACKED:
			acked(u, &o, now);
			break;
		case HJ212_ALIVE:
			link_proved(u->link);
			u->unanswered = false;
			event_link_back(u);
			break;
		case HJ212_DEAD:
			dead(u, o.token);
			break;
		case HJ212_REQUEST:
			take_request(u, &o.request, now);
			break;
		case HJ212_PW_TRIED:
			hj_notice("uplink %s: the new password is refused (%s): the old one is used once", u->name,
			        o.text);
			break;
		case HJ212_PW_SETTLED:
			settled(u);
			break;
		case HJ212_NOTE:
			note(u, &o);
			break;
		}
	}
}
