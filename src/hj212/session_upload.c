/* Uploads and what becomes of them: OverTime, ReCount, and the password that CN 1072 may have left in doubt. What
 * acknowledges them is in session_ack.c. */
#include "session_private.h"
#include "hjgate/cleanup.h"
#include "hjgate/hj212_phrase.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct hj212_upload *find_state(const struct hj212_session *s, enum hj212_upload_state state)
{
	for (unsigned i = 0; i < s->id.window; i++)
		if (s->uploads[i].state == state)
			return &s->uploads[i];
	return NULL;
}

bool hj212_upload_waits(const struct hj212_upload *u)
{
	return u->state == UPLOAD_SENDING || u->state == UPLOAD_WAITING;
}

bool hj212_upload_outstanding(const struct hj212_session *s)
{
	return find_state(s, UPLOAD_SENDING) || find_state(s, UPLOAD_WAITING);
}

hj_usec hj212_over_time(const struct hj212_session *s)
{
	return s->settings.over_time * HJ_USEC_PER_SEC;
}

/* After the last copy, beyond OverTime. */
static hj_usec grace(const struct hj212_session *s)
{
	hj_usec grace = s->silent < HJ212_SILENT_LEAST ? 0 : HJ212_GRACE_FIRST;

	for (unsigned i = HJ212_SILENT_LEAST; i < s->silent && grace < HJ212_GRACE_MOST; i++)
		grace *= 2;
	return hj_min(grace, HJ212_GRACE_MOST);
}

/* When it is sent again, or given up. */
static hj_usec due(const struct hj212_session *s, const struct hj212_upload *u, struct hj_now now)
{
	bool last = u->ack && u->went && u->resends >= s->settings.re_count;

	return now.mono + hj212_over_time(s) + (last ? grace(s) : 0);
}

size_t hj212_session_cp_max(const struct hj212_session *s)
{
	const struct hj212_settings *set = &s->settings;
	struct hj212_phrase_sender sender = {
		.st = s->id.st,
		.mn = s->id.mn,
		.pw = strlen(set->old_pw) > strlen(set->pw) ? set->old_pw : set->pw,
		.edition = s->id.edition,
	};

	return hj212_phrase_room(&sender);
}

unsigned hj212_session_room(const struct hj212_session *s)
{
	unsigned free_places = 0;
	size_t frames = (s->out_size - s->out_len) / HJ212_FRAME_MAX;

	if (!s->connected || s->dead || s->login_due || s->login_open)
		return 0;
	for (unsigned i = 0; i < s->id.window; i++)
		free_places += s->uploads[i].state == UPLOAD_FREE;
	return hj_min(free_places, (unsigned)frames);
}

static int frame_upload(const struct hj212_session *s, const struct hj212_offer *o, struct hj212_upload *u)
{
	const char *st = o->st ? o->st : s->id.st, *pw = hj212_pw_in_use(s);
	/* HJ/T 212-2005 prints an upload that wants no answer without QN and Flag. */
	bool bare = s->id.edition == HJ212_2005 && !u->ack;
	struct hj212_message m = {
		.qn = { u->qn, bare ? 0 : HJ_TIME17_LEN },
		.st = { st, strlen(st) },
		.pw = { pw, strlen(pw) },
		.mn = { s->id.mn, strlen(s->id.mn) },
		.cn = o->cn,
		.flag = bare && !o->pnum ? HJ212_FLAG_ABSENT
		                         : hj212_edition_flag(s->id.edition) | (u->ack ? HJ212_FLAG_ACK : 0) |
		                                   (o->pnum ? HJ212_FLAG_SPLIT : 0),
		.pnum = o->pnum,
		.pno = o->pno,
		.again = o->again && s->id.edition == HJ212_2025,
		.cp = o->cp,
	};
	int n = hj212_out_frame(s, &m, u->frame);

	if (n < 0)
		return n;
	u->n = (size_t)n;
	return 0;
}

/* Never that of a request we remember: its answers and our data could not be told apart. */
static int give_qn(struct hj212_session *s, struct hj_now now, struct hj212_upload *u)
{
	int r;

	do {
		r = hj212_qn_next(&s->qn, now, &u->qn_ms);
		if (r < 0)
			return r;
		hj_time17_format(u->qn_ms, u->qn);
	} while (hj212_request_has_qn(s, u->qn));
	return 0;
}

int hj212_upload_begin(
        struct hj212_session *s, struct hj212_upload *u, const struct hj212_offer *o, bool first, struct hj_now now)
{
	int r = give_qn(s, now, u);

	if (r < 0)
		return r;
	u->ack = o->ack;
	r = frame_upload(s, o, u);
	if (r < 0)
		return r;
	hj212_out_pass(s, now);
	r = first ? hj212_out_put_first(s, u->frame, u->n) : hj212_out_put(s, u->frame, u->n);
	if (r < 0)
		return r;
	if (u->ack)
		hj212_tell_fate(s, HJ212_FATE_WAITS, u->qn, 0);
	u->state = UPLOAD_SENDING;
	u->token = o->token;
	u->end = u->first = first ? s->written + u->n : s->queued;
	u->resends = 0;
	u->copies = 1;
	u->went = false;
	u->pw_turn = s->pw_turn;
	u->sent_at = now.mono;
	u->deadline = due(s, u, now);
	return 0;
}

int hj212_session_offer(struct hj212_session *s, const struct hj212_offer *o, struct hj_now now)
{
	struct hj212_offer asked = *o;

	if (!s->connected)
		return -ENOTCONN;
	if (!hj212_session_room(s))
		return -EBUSY;
	if (o->cp.n > HJ212_CP_MAX)
		return -EMSGSIZE;
	asked.ack = o->ack && s->id.ack != HJ212_ACK_NONE;
	return hj212_upload_begin(s, find_state(s, UPLOAD_FREE), &asked, false, now);
}

/* Each copy of what is forgotten may still be answered without a name, and that is no answer to what is sent next. */
static void expect_late(struct hj212_session *s, const struct hj212_upload *u)
{
	if (!u->ack)
		return;
	if (u->sent_at > s->nameless_until)
		s->nameless = 0;
	s->nameless += u->copies;
	s->nameless_until = u->deadline + hj212_over_time(s);
}

/* It says itself how long the link may be silent. */
static bool any_awaited(const struct hj212_session *s)
{
	for (unsigned i = 0; i < s->id.window; i++)
		if (s->uploads[i].ack && hj212_upload_waits(&s->uploads[i]))
			return true;
	return false;
}

int hj212_session_forget(struct hj212_session *s, uint64_t token, struct hj_now now)
{
	for (unsigned i = 0; i < s->id.window; i++) {
		struct hj212_upload *u = &s->uploads[i];

		if (!hj212_upload_waits(u) || u->token != token)
			continue;
		u->state = UPLOAD_FREE;
		hj212_tell_fate(s, HJ212_FATE_GIVEN_UP, u->qn, 0);
		expect_late(s, u);
		if (u->sent_at >= s->forgotten_at) {
			s->forgotten++;
			s->forgotten_at = now.mono;
		}
		if (s->forgotten > s->settings.re_count && !s->dead && !any_awaited(s)) {
			s->dead = true;
			s->dead_token = token;
			hj212_pw_refused(s, "no answer since it was changed");
		}
		return 0;
	}
	return -ENOENT;
}

/* OverTime runs from when the bytes were really handed over, not from the offer. */
void hj212_upload_written(struct hj212_session *s, struct hj_now now)
{
	bool tcp = s->id.ack == HJ212_ACK_NONE;

	for (unsigned i = 0; i <= s->id.window; i++) {
		struct hj212_upload *u = &s->uploads[i];

		if (u->state != UPLOAD_SENDING || s->written < u->end)
			continue;
		u->state = u->ack || tcp ? UPLOAD_WAITING : UPLOAD_ACKED;
		u->went = true;
		u->deadline = due(s, u, now);
		if (!u->ack && !tcp)
			hj212_tell_fate(s, HJ212_FATE_WRITTEN, u->qn, 0);
		if (!u->resends)
			u->sent_at = now.mono;
		if (u == hj212_own(s) && !u->ack)
			hj212_own_through(s);
		else if (tcp)
			s->look_at = s->look_pause = 0;
	}
}

/* ---- waiting, and sending again ---- */

/* A copy still waiting to be written is not queued twice, nor is what TCP has to deliver; the attempt counts all the
 * same, so that a peer that reads nothing is found dead too. */
static void send_again(struct hj212_session *s, struct hj212_upload *u, struct hj_now now)
{
	u->resends++;
	u->deadline = due(s, u, now);
	if (u->state == UPLOAD_SENDING || !u->ack || hj212_out_put(s, u->frame, u->n) < 0)
		return;
	u->state = UPLOAD_SENDING;
	u->end = s->queued;
	u->pw_turn = s->pw_turn;
	u->first = u->copies++ ? u->first : u->end;
	s->counts.resent++;
}

void hj212_upload_tick(struct hj212_session *s, struct hj_now now)
{
	for (unsigned i = 0; i <= s->id.window && !s->dead; i++) {
		struct hj212_upload *u = &s->uploads[i];

		if (!hj212_upload_waits(u) || now.mono < u->deadline)
			continue;
		if (u->resends < s->settings.re_count) {
			send_again(s, u, now);
			continue;
		}
		s->dead = true;
		s->dead_token = u->token;
		s->silent += u->ack && u->went && !s->answered;
		hj212_tell_fate(s, HJ212_FATE_GIVEN_UP, u->qn, 0);
		hj212_pw_refused(s, "no answer since it was changed");
	}
}

/* One that came within OverTime * (ReCount + 1) needs no grace. */
void hj212_upload_answered(struct hj212_session *s, hj_usec after)
{
	s->counts.answer_ms = (unsigned)(after / HJ_USEC_PER_MS);
	s->forgotten = 0;
	s->answered = true;
	if (after <= hj212_over_time(s) * (s->settings.re_count + 1))
		s->silent = 0;
}

/* What was outstanding is the owner's to offer again. */
void hj212_upload_disconnected(struct hj212_session *s)
{
	for (unsigned i = 0; i <= s->id.window; i++) {
		struct hj212_upload *u = &s->uploads[i];

		if (hj212_upload_waits(u) && !(s->dead && u->token == s->dead_token))
			hj212_tell_fate(s, HJ212_FATE_CUT_OFF, u->qn, 0);
		u->state = UPLOAD_FREE;
	}
}

/* ---- the password in doubt ---- */

/* Same QN, same data, the password now in use: for the next copy. Where it does not fit the frame stays as it is. */
void hj212_upload_reframe(struct hj212_session *s)
{
	const char *pw = hj212_pw_in_use(s);
	char frame[HJ212_FRAME_MAX];

	s->pw_turn++;
	for (unsigned i = 0; i <= s->id.window; i++) {
		struct hj212_upload *u = &s->uploads[i];
		struct hj212_message m;
		int n;

		if (!hj212_upload_waits(u) || hj212_message_decode(u->frame + 6, u->n - 12, &m) < 0)
			continue;
		m.pw = (struct hj212_slice){ pw, strlen(pw) };
		n = hj212_out_frame(s, &m, frame);
		if (n < 0)
			continue;
		memcpy(u->frame, frame, (size_t)n);
		u->n = (size_t)n;
	}
}

/* Once to the old one, and once back: then it stays. */
void hj212_pw_refused(struct hj212_session *s, const char *why)
{
	if (s->pw_proved || !s->settings.old_pw[0])
		return;
	if (s->trying_old) {
		s->trying_old = false;
	} else if (!s->old_tried) {
		s->trying_old = s->old_tried = s->pw_told = true;
		snprintf(s->pw_why, sizeof(s->pw_why), "%s", why);
	} else {
		return;
	}
	hj212_upload_reframe(s);
}

/* Refused for its password: the same data again at once with the password now in use, if that is another than it
 * carried. */
void hj212_upload_refused_pw(struct hj212_session *s, struct hj212_upload *u, struct hj_now now)
{
	if (u->pw_turn == s->pw_turn) {
		s->pw_denied |= !s->trying_old;
		s->pw_proved &= !s->trying_old;
		hj212_pw_refused(s, "QnRtn=3");
	}
	if (u->pw_turn != s->pw_turn && u->resends < s->settings.re_count)
		send_again(s, u, now);
}

void hj212_session_set_pw(struct hj212_session *s, const char *pw)
{
	snprintf(s->settings.pw, sizeof(s->settings.pw), "%s", pw);
	s->settings.old_pw[0] = '\0';
	s->trying_old = s->old_tried = s->old_taken = s->pw_denied = s->pw_proved = false;
	s->hangups = 0;
	hj212_request_rebase(s);
	hj212_upload_reframe(s);
}

/* Some platforms check no password in uploads, so the newer one is not forgotten: it is then the one that is taken
 * once. Silence is none of its faults, perhaps: both are then taken as long as this one is used. */
void hj212_pw_proved(struct hj212_session *s)
{
	char old[HJ212_PW_MAX + 1];

	s->hangups = 0;
	if (s->pw_proved)
		return;
	s->pw_proved = true;
	if (!s->trying_old || !s->pw_denied)
		return;
	memcpy(old, s->settings.old_pw, sizeof(old));
	memcpy(s->settings.old_pw, s->settings.pw, sizeof(old));
	memcpy(s->settings.pw, old, sizeof(old));
	s->trying_old = s->old_taken = false;
	s->pw_settled = true;
	hj212_request_rebase(s);
}
