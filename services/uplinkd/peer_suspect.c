/* Who is at the other end, or at ours too: another gateway that uses our MN, a page of the web where a platform
 * should be, a platform that does not take our password. Each is a lasting event, which ends with the first
 * acknowledgement (the first one: with a connection that lives). An end is told after our own start, too. */
#include "uplinkd.h"

#include <stdio.h>

#include "hjgate/log.h"
#include "hjgate/now.h"
#include "hjgate/report.h"
#include "stranger.h"

#define ACCURACY_USEC HJ_USEC_PER_SEC

static void begin(struct uplinkd *u, const char *code, json_t *values)
{
	char key[EVENT_KEY_LEN];

	event_key(u, key);
	hj_report(u->report, code, HJ_BEGIN, key, values);
}

static void end(struct uplinkd *u, const char *code)
{
	char key[EVENT_KEY_LEN];

	event_key(u, key);
	hj_report(u->report, code, HJ_END, key, NULL);
}

/* ---- another gateway ---- */

static int on_quiet(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct uplinkd *u = userdata;

	u->suspect.timer = sd_event_source_disable_unref(u->suspect.timer);
	kicked_clear(&u->suspect.kicked);
	if (u->suspect.kicked_told != SUSPECT_GONE)
		end(u, "mn-contested");
	u->suspect.kicked_told = SUSPECT_GONE;
	return 0;
}

void suspect_up(struct uplinkd *u)
{
	struct suspect *s = &u->suspect;

	s->at_once = s->failures <= 1;
	s->failures = 0;
	s->up_at = hj_now().mono;
	s->ack_at = s->heard_at = 0;
	s->timer = sd_event_source_disable_unref(s->timer);
	if (s->kicked_told != SUSPECT_GONE)
		sd_event_add_time_relative(
		        u->event, &s->timer, CLOCK_BOOTTIME, KICKED_QUIET, ACCURACY_USEC, on_quiet, u);
}

static void kicked(struct uplinkd *u)
{
	struct suspect *s = &u->suspect;
	unsigned minutes = kicked_minutes(&s->kicked);

	if (s->kicked_told == SUSPECT_TOLD)
		return;
	s->kicked_told = SUSPECT_TOLD;
	hj_warn("uplink %s: the platform has closed the newest %d connections within %u minutes though it had "
	        "acknowledged: another gateway may use MN %s",
	        u->name, KICKED_COUNT, minutes, u->form.mn);
	begin(u, "mn-contested",
	        json_pack("{s:s, s:s, s:s, s:i, s:i}", "uplink", u->name, "host", link_host(u->link), "mn",
	                u->form.mn, "count", KICKED_COUNT, "minutes", (int)minutes));
}

void suspect_down(struct uplinkd *u)
{
	struct suspect *s = &u->suspect;
	const struct kicked_end e = { .up_at = s->up_at,
		.ended_at = hj_now().mono,
		.ack_at = s->ack_at,
		.heard_at = s->heard_at,
		.by_peer = link_closed_by_peer(u->link),
		.at_once = s->at_once };

	s->failures++;
	s->timer = sd_event_source_disable_unref(s->timer);
	if (s->up_at && kicked_ended(&s->kicked, &e))
		kicked(u);
	s->up_at = 0;
}

/* ---- a page of the web ---- */

bool suspect_input(struct uplinkd *u, const void *data, size_t n)
{
	struct suspect *s = &u->suspect;
	bool first = !s->heard_at;

	s->heard_at = hj_now().mono;
	if (!first || !stranger_is_web(data, n))
		return false;
	if (s->web_told != SUSPECT_TOLD)
		begin(u, "link-portal",
		        json_pack("{s:s, s:s, s:s}", "uplink", u->name, "host", link_host(u->link), "address",
		                link_address(u->link)));
	s->web_told = SUSPECT_TOLD;
	u->unanswered = true;
	flights_clear(&u->flights); /* no record is to blame for this, and no password */
	hj212_session_left(u->session);
	trial_verdict(u, "portal", NULL);
	link_drop(u->link, "a page of the web answers, no platform: a portal, or another port");
	return true;
}

/* ---- our password ---- */

bool suspect_password(struct uplinkd *u)
{
	struct suspect *s = &u->suspect;

	if (s->pw_told == SUSPECT_TOLD)
		return false;
	s->pw_told = SUSPECT_TOLD;
	begin(u, "password-rejected",
	        json_pack("{s:s, s:s, s:s}", "uplink", u->name, "host", link_host(u->link), "mn", u->form.mn));
	return true;
}

void suspect_acked(struct uplinkd *u)
{
	struct suspect *s = &u->suspect;

	s->ack_at = hj_now().mono;
	if (s->web_told != SUSPECT_GONE)
		end(u, "link-portal");
	if (s->pw_told != SUSPECT_GONE)
		end(u, "password-rejected");
	s->web_told = s->pw_told = SUSPECT_GONE;
}

void suspect_done(struct uplinkd *u)
{
	u->suspect.timer = sd_event_source_disable_unref(u->suspect.timer);
}
