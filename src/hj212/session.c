/* The session as its owner sees it: made once, connected and disconnected many times, fed bytes and the time. What is
 * sent, what is asked, what is acknowledged and what the gateway says of itself are in session_out.c,
 * session_request.c, session_upload.c and session_own.c. Nothing a platform sends can make it fail: it costs a
 * message and a note. */
#include "session_private.h"
#include "hjgate/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_FRAMES 8 /* room for answers beside the uploads, in frames */

int hj212_session_new(
        const struct hj212_identity *id, const struct hj212_settings *settings, struct hj212_session **ret)
{
	struct hj212_session *s;

	if (id->window < 1 || id->window > HJ212_WINDOW_MAX)
		return -EINVAL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->id = *id;
	s->settings = *settings;
	s->out_size = (id->window + ANSWER_FRAMES) * HJ212_FRAME_MAX;
	s->out = malloc(s->out_size);
	s->uploads = calloc(id->window + 1, sizeof(*s->uploads));
	if (!s->out || !s->uploads) {
		hj212_session_free(s);
		return -ENOMEM;
	}
	hj212_finder_init(&s->finder);
	*ret = s;
	return 0;
}

void hj212_session_free(struct hj212_session *s)
{
	if (!s)
		return;
	free(s->out);
	free(s->uploads);
	free(s);
}

int hj212_session_become(struct hj212_session *s, const struct hj212_identity *id)
{
	if (s->connected)
		return -EBUSY;
	s->id.edition = id->edition;
	memcpy(s->id.mn, id->mn, sizeof(s->id.mn));
	memcpy(s->id.st, id->st, sizeof(s->id.st));
	hj212_request_forget_all(s);
	return 0;
}

struct hj212_qn *hj212_session_qn(struct hj212_session *s)
{
	return &s->qn;
}

void hj212_session_qn_kept(struct hj212_session *s, struct hj212_qn_span kept)
{
	s->qn.kept = kept;
	if (s->login_due || s->clock_due)
		s->own_at = 0;
}

const struct hj212_settings *hj212_session_settings(const struct hj212_session *s)
{
	return &s->settings;
}

void hj212_session_trace(struct hj212_session *s, hj212_trace_fn fn, void *userdata)
{
	s->trace = fn;
	s->trace_data = userdata;
}

void hj212_session_fates(struct hj212_session *s, hj212_fate_fn fn, void *userdata)
{
	s->fate = fn;
	s->fate_data = userdata;
}

void hj212_session_counts(const struct hj212_session *s, struct hj212_counts *ret)
{
	*ret = s->counts;
	ret->junk += s->junk_before + s->finder.junk;
	ret->bad += s->dropped_before + s->finder.dropped;
}

/* ---- the link ---- */

void hj212_session_connected(struct hj212_session *s, struct hj_now now)
{
	hj212_session_disconnected(s);
	s->connected = true;
	s->dead = s->dead_told = s->answered = false;
	s->forgotten = s->nameless = 0;
	s->look_at = HJ_USEC_NEVER;
	hj212_own_connected(s, now);
}

static void link_ended(struct hj212_session *s)
{
	s->connected = s->held = false;
	s->out_len = s->frame_left = 0;
	s->queued = s->written = 0;
	s->junk_before += s->finder.junk;
	s->dropped_before += s->finder.dropped;
	hj212_finder_init(&s->finder);
	hj212_upload_disconnected(s);
	s->login_due = s->login_open = s->clock_due = false;
	hj212_request_disconnected(s);
}

/* In a row upon an upload, since the password was changed: some platforms know no other way of saying no. */
#define HANGUPS_SAY_NO 2

void hj212_session_disconnected(struct hj212_session *s)
{
	if (!s->connected)
		return;
	if (!s->dead && (hj212_upload_outstanding(s) || s->login_open) && ++s->hangups >= HANGUPS_SAY_NO)
		hj212_pw_refused(s, "the platform hung up");
	link_ended(s);
}

void hj212_session_left(struct hj212_session *s)
{
	if (s->connected)
		link_ended(s);
}

static void trace_in(struct hj212_session *s, const struct hj212_frame *f)
{
	if (s->trace)
		s->trace(false, f->data - HJ212_FRAME_HEAD, f->whole, s->trace_data);
}

/* Some peers compute the CRC otherwise: what is right by any dialect is taken, and said once. */
static bool crc_taken(struct hj212_session *s, const struct hj212_frame *f)
{
	static const char *const names[] = { "annexa", "modbus", "modbus-swapped", "none" };

	if (f->crc_ok && f->dialect != s->id.crc && s->id.crc != HJ212_CRC_NONE && !s->dialect_noted) {
		s->dialect_noted = true;
		hj212_note(s, 0, "the platform's CRC is that of dialect %s, ours is %s", names[f->dialect & 3],
		        names[s->id.crc & 3]);
	}
	return f->crc_ok || s->id.lenient_crc || s->id.crc == HJ212_CRC_NONE;
}

/* Answers are never answered, whatever their Flag asks for. */
static void take_frame(struct hj212_session *s, const struct hj212_frame *f, struct hj_now now)
{
	struct hj212_message m;

	s->counts.received++;
	trace_in(s, f);
	if (hj212_message_decode(f->data, f->n, &m) < 0) {
		s->counts.bad++;
		hj212_tell_fate(s, HJ212_FATE_UNREADABLE, NULL, 0);
		hj212_note(s, 0, "a frame of %zu bytes without CN and CP", f->n);
	} else if (!crc_taken(s, f)) {
		s->counts.bad++;
		hj212_note(s, 0, "a frame CN %d with a wrong CRC %04X", m.cn, (unsigned)f->crc);
		hj212_tell_fate(s, HJ212_FATE_BAD_CRC, NULL, 0);
		hj212_request_bad_crc(s, &m);
	} else if (hj212_own_take(s, &m, now)) {
		; /* said there */
	} else if (m.cn == 9014 || m.cn == 9011) {
		hj212_upload_acknowledge(s, &m, now);
	} else if (m.cn != 9012 && m.cn != 9013) {
		hj212_request_take(s, &m, now);
	} else {
		hj212_tell_fate(s, HJ212_FATE_PASSED, NULL, 0);
	}
}

void hj212_session_input(struct hj212_session *s, const void *data, size_t n, struct hj_now now)
{
	const char *p = data;
	bool any = s->id.lenient_crc || s->id.crc == HJ212_CRC_NONE;
	uint64_t junk = s->finder.junk;
	struct hj212_frame frame;

	if (!s->connected)
		return;
	hj212_out_pass(s, now);
	while (n) {
		size_t taken = hj212_finder_put(&s->finder, p, n);

		while (hj212_finder_next(&s->finder, true, &frame) > 0)
			take_frame(s, &frame, now);
		if (!taken && !hj212_finder_put(&s->finder, p, 1))
			break; /* the finder always makes room: never met, and never a loop without end */
		taken = taken ? taken : 1;
		p += taken;
		n -= taken;
	}
	while (hj212_finder_end(&s->finder, any, &frame) > 0) /* nothing follows for now: peers without CR LF */
		take_frame(s, &frame, now);
	if (s->finder.junk != junk)
		hj212_note(s, 0, "%llu bytes that are no frame", (unsigned long long)(s->finder.junk - junk));
}

void hj212_session_tick(struct hj212_session *s, struct hj_now now)
{
	if (!s->connected)
		return;
	hj212_out_pass(s, now);
	hj212_upload_tick(s, now);
	hj212_own_tick(s, now);
}

hj_usec hj212_session_deadline(const struct hj212_session *s)
{
	hj_usec first = HJ_USEC_NEVER;

	if (!s->connected || s->dead)
		return first;
	if (s->held && s->out_len)
		first = s->held_until;
	for (unsigned i = 0; i <= s->id.window; i++)
		if (hj212_upload_waits(&s->uploads[i]))
			first = hj_min(first, s->uploads[i].deadline);
	if (hj212_session_asks_delivery(s))
		first = hj_min(first, s->look_at);
	return hj_min(first, hj212_own_deadline(s));
}

/* ---- outcomes: kept as states, so that none can be lost for want of a place in a queue ---- */

static bool next_acked(struct hj212_session *s, struct hj212_outcome *ret)
{
	for (unsigned i = 0; i < s->id.window; i++) {
		if (s->uploads[i].state != UPLOAD_ACKED)
			continue;
		s->uploads[i].state = UPLOAD_FREE;
		ret->type = HJ212_ACKED;
		ret->token = s->uploads[i].token;
		ret->qn_ms = s->uploads[i].qn_ms;
		ret->sent_at = s->uploads[i].sent_at;
		ret->unanswered = !s->uploads[i].ack;
		return true;
	}
	return false;
}

static bool next_note(struct hj212_session *s, struct hj212_outcome *ret)
{
	if (!s->note_count)
		return false;
	ret->type = HJ212_NOTE;
	memcpy(ret->text, s->notes[s->note_first].text, sizeof(ret->text));
	ret->code = s->notes[s->note_first].code;
	s->note_first = (s->note_first + 1) % HJ212_NOTES_MAX;
	s->note_count--;
	return true;
}

static bool next_password(struct hj212_session *s, struct hj212_outcome *ret)
{
	if (s->pw_told) {
		s->pw_told = false;
		ret->type = HJ212_PW_TRIED;
		snprintf(ret->text, sizeof(ret->text), "%s", s->pw_why);
		return true;
	}
	if (s->pw_settled) {
		s->pw_settled = false;
		ret->type = HJ212_PW_SETTLED;
		return true;
	}
	return false;
}

int hj212_session_next(struct hj212_session *s, struct hj212_outcome *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (next_acked(s, ret) || next_password(s, ret))
		return 1;
	if (s->alive) {
		s->alive = false;
		ret->type = HJ212_ALIVE;
		return 1;
	}
	if (hj212_request_next(s, &ret->request)) {
		ret->type = HJ212_REQUEST;
		return 1;
	}
	if (next_note(s, ret))
		return 1;
	if (s->dead && !s->dead_told) {
		ret->type = HJ212_DEAD;
		ret->token = s->dead_token;
		s->dead_told = true;
		return 1;
	}
	return 0;
}
