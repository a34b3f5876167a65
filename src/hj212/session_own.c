/* What the gateway says of itself: that its clock wants to be set (CN 1013), and what makes the connection count: a
 * login, first of all and before any upload, and a heartbeat when nothing else has gone out for a while (CN 9021 and
 * 9015 of the field; 9015 with 9013 in HJ 212-2025). Both have one place beside the uploads', with the same waiting,
 * sending again and doubt about the password. */
#include "session_private.h"
#include "hjgate/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CN_HEARTBEAT 9015
#define TRY_AGAIN    HJ_USEC_PER_SEC /* where there is no QN, or no room */

struct hj212_upload *hj212_own(const struct hj212_session *s)
{
	return &s->uploads[s->id.window];
}

static hj_usec interval(const struct hj212_session *s)
{
	return s->id.heartbeat.interval_s * HJ_USEC_PER_SEC;
}

void hj212_own_connected(struct hj212_session *s, struct hj_now now)
{
	s->alive = false;
	s->login_due = s->id.login.cn != 0;
	s->own_at = s->login_due ? 0 : now.mono + interval(s);
	hj212_own_tick(s, now);
}

/* The notice waits for its turn, not for silence. */
void hj212_own_written(struct hj212_session *s, struct hj_now now)
{
	if (!s->clock_due)
		s->own_at = now.mono + interval(s);
}

void hj212_own_through(struct hj212_session *s)
{
	hj212_own(s)->state = UPLOAD_FREE;
	s->login_open = false;
}

/* Is it time, or will it be at own_at? A heartbeat waits while anything else is under way. */
static bool is_wanted(const struct hj212_session *s)
{
	if (!s->connected || s->dead || hj212_own(s)->state != UPLOAD_FREE)
		return false;
	return s->login_due || s->clock_due || (s->id.heartbeat.cn && !s->out_len && !hj212_upload_outstanding(s));
}

bool hj212_session_asks_qn(const struct hj212_session *s, struct hj_now now)
{
	return is_wanted(s) && now.mono >= s->own_at;
}

hj_usec hj212_own_deadline(const struct hj212_session *s)
{
	return is_wanted(s) ? s->own_at : HJ_USEC_NEVER;
}

int hj212_session_ask_clock(struct hj212_session *s)
{
	if (s->id.edition == HJ212_2005)
		return -EOPNOTSUPP;
	if (!s->connected)
		return -ENOTCONN;
	s->clock_due = true;
	s->own_at = 0;
	return 0;
}

/* A platform that does not know the notice leaves it unanswered, which must not look like a dead link. */
static const struct hj212_own clock_notice = { .cn = 1013 };

void hj212_own_tick(struct hj212_session *s, struct hj_now now)
{
	const struct hj212_own *what = s->login_due ? &s->id.login : s->clock_due ? &clock_notice : &s->id.heartbeat;
	struct hj212_offer o = { .cn = what->cn, .cp = { what->cp, strlen(what->cp) }, .ack = what->answered };

	if (!hj212_session_asks_qn(s, now))
		return;
	if (hj212_upload_begin(s, hj212_own(s), &o, s->login_due, now) < 0) {
		s->own_at = now.mono + TRY_AGAIN;
		return;
	}
	s->login_open = s->login_due;
	s->clock_due = s->clock_due && s->login_due; /* after a login it is still to come */
	s->login_due = false;
}

/* ---- what comes back ---- */

/* A CN 9014 that names neither, where an upload waits too: ours is the older, since none begins beside an upload.
 * Only the heartbeat of HJ 212-2025 is answered otherwise. */
static bool is_older(const struct hj212_session *s, const struct hj212_message *m, int cn)
{
	if (!hj212_upload_outstanding(s))
		return true;
	return !hj212_upload_named(s, m) && (cn != CN_HEARTBEAT || s->id.edition != HJ212_2025);
}

/* By its QN it may be any answer, and an echo. Without one it is what is not an upload's. */
static bool is_answer(const struct hj212_session *s, const struct hj212_message *m)
{
	const struct hj212_upload *u = hj212_own(s);
	int cn = s->login_open ? s->id.login.cn : s->id.heartbeat.cn;
	bool answer = m->cn == cn || (m->cn >= 9011 && m->cn <= 9014);

	if (!hj212_upload_waits(u) || !u->ack || !u->went || !answer)
		return false;
	if (m->qn.n && hj212_slice_is(m->qn, u->qn))
		return true;
	if (m->qn.n && s->id.ack == HJ212_ACK_QN)
		return false;
	return m->cn == cn || m->cn == 9013 || (m->cn == 9014 && is_older(s, m, cn));
}

static void answered(struct hj212_session *s, const struct hj212_message *m, struct hj_now now)
{
	struct hj212_upload *u = hj212_own(s);
	int code = hj212_upload_code(m);
	hj_usec after;

	hj212_upload_copy_answered(u);
	hj212_tell_answer(s, u, code == 1, code);
	if (code == QN_PW) {
		hj212_note(s, HJ212_NOTE_PW, "the platform refuses the login: password (QnRtn=3)");
		hj212_upload_refused_pw(s, u, now);
		return;
	}
	if (code != 1) {
		hj212_note(s, 0, "the platform does not take CN %d: CN %d %.*s",
		        s->login_open ? s->id.login.cn : s->id.heartbeat.cn, m->cn, (int)hj_min(m->cp.n, (size_t)40),
		        m->cp.p);
		return;
	}
	after = now.mono - hj_min(u->sent_at, now.mono);
	s->counts.answer_ms = (unsigned)(after / HJ_USEC_PER_MS);
	if (s->id.ack == HJ212_ACK_NONE) /* no upload's answer can show how slow the link is */
		hj212_upload_answered(s, after);
	s->alive = true;
	if (s->login_open)
		hj212_pw_proved(s);
	hj212_expect_copies(s, u, m, now);
	hj212_own_through(s);
}

/* HJ 212-2025 has a heartbeat that is answered with 9013; whoever sends us one is answered so. */
static bool take_heartbeat(struct hj212_session *s, const struct hj212_message *m)
{
	struct hj212_asked asked;

	if (m->cn != CN_HEARTBEAT || s->id.edition != HJ212_2025 || !hj212_same_mn(s, m->mn) ||
	        !hj212_request_reads(s, m) || !hj212_slice_is(m->pw, hj212_pw_in_use(s)))
		return false;
	hj212_tell_fate(s, HJ212_FATE_TAKEN, NULL, QN_READY);
	hj212_request_asked(s, m, &asked);
	if (asked.wanted)
		hj212_answer(s, &asked, 9013, "91", "");
	return true;
}

bool hj212_own_take(struct hj212_session *s, const struct hj212_message *m, struct hj_now now)
{
	if (m->mn.n && !hj212_same_mn(s, m->mn))
		return false;
	if (!is_answer(s, m))
		return take_heartbeat(s, m);
	if (m->cn == 9014 && !hj212_slice_is(m->qn, hj212_own(s)->qn) && hj212_upload_of_a_copy(s, now))
		hj212_tell_fate(s, HJ212_FATE_LATE, NULL, hj212_upload_code(m));
	else
		answered(s, m, now);
	return true;
}
