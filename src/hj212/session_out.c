/* What goes out: one bounded run of bytes in the order it was queued, the gap between frames, and the answers 9011 to
 * 9013. An answer that finds no room (the platform asks and does not read) is dropped with a note; the platform asks
 * again. */
#include "session_private.h"
#include "hjgate/cleanup.h"
#include "hjgate/hj212_mask.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LENGTH_AT   2  /* "##LLLL" */
#define FRAME_EXTRA 12 /* bytes of a frame around its data */

const char *hj212_pw_in_use(const struct hj212_session *s)
{
	return s->trying_old ? s->settings.old_pw : s->settings.pw;
}

void hj212_tell_fate(struct hj212_session *s, enum hj212_fate fate, const char *qn, int code)
{
	if (s->fate)
		s->fate(fate, qn, code, s->fate_data);
}

/* It may repeat what a platform said, and ends in logs and events. */
void hj212_note(struct hj212_session *s, int code, const char *format, ...)
{
	unsigned at = (s->note_first + s->note_count) % HJ212_NOTES_MAX;
	va_list ap;

	if (s->note_count == HJ212_NOTES_MAX)
		return;
	va_start(ap, format);
	vsnprintf(s->notes[at].text, sizeof(s->notes[at].text), format, ap);
	va_end(ap);
	hj212_mask(s->notes[at].text, strlen(s->notes[at].text));
	s->notes[at].code = code;
	s->note_count++;
}

int hj212_out_put(struct hj212_session *s, const char *frame, size_t n)
{
	if (!s->connected)
		return -ENOTCONN;
	if (n > s->out_size - s->out_len)
		return -ENOBUFS;
	memcpy(s->out + s->out_len, frame, n);
	s->out_len += n;
	s->queued += n;
	s->counts.sent++;
	if (s->trace)
		s->trace(true, frame, n, s->trace_data);
	return 0;
}

/* Nothing of what is queued may have been begun, and none of it be an upload: their places are counted. */
int hj212_out_put_first(struct hj212_session *s, const char *frame, size_t n)
{
	size_t behind = s->out_len;
	int r = hj212_out_put(s, frame, n);

	if (r < 0)
		return r;
	memmove(s->out + n, s->out, behind);
	memcpy(s->out, frame, n);
	return 0;
}

int hj212_out_frame(const struct hj212_session *s, const struct hj212_message *m, char *to)
{
	int n = hj212_message_frame(m, s->id.crc, to, HJ212_FRAME_MAX);

	if (n > 0 && s->id.crc_lower)
		hj212_frame_crc_lower(to, (size_t)n);
	return n;
}

void hj212_out_pass(struct hj212_session *s, struct hj_now now)
{
	if (s->held && now.mono >= s->held_until)
		s->held = false;
}

/* Of the frame that stands first in `out`, which we wrote ourselves. */
static size_t first_frame_bytes(const struct hj212_session *s)
{
	size_t n = 0;

	for (int i = 0; i < 4; i++)
		n = n * 10 + (size_t)(s->out[LENGTH_AT + i] - '0');
	return n + FRAME_EXTRA;
}

struct hj212_slice hj212_session_output(const struct hj212_session *s)
{
	size_t n = s->out_len;

	if (!n || s->held || s->login_due)
		return (struct hj212_slice){ s->out, 0 };
	if (s->id.gap_ms)
		n = s->frame_left ? s->frame_left : first_frame_bytes(s);
	return (struct hj212_slice){ s->out, n };
}

void hj212_session_written(struct hj212_session *s, size_t n, struct hj_now now)
{
	n = hj_min(n, hj212_session_output(s).n);
	if (!n)
		return;
	if (s->id.gap_ms) {
		s->frame_left = (s->frame_left ? s->frame_left : first_frame_bytes(s)) - n;
		s->held = !s->frame_left;
		s->held_until = now.mono + s->id.gap_ms * HJ_USEC_PER_MS;
	}
	s->out_len -= n;
	s->written += n;
	memmove(s->out, s->out + n, s->out_len);
	hj212_own_written(s, now);
	hj212_upload_written(s, now);
}

bool hj212_session_has_written(const struct hj212_session *s)
{
	return !s->out_len;
}

/* A login that is still to come goes before them all, and finds its place. */
static bool has_room(const struct hj212_session *s, size_t n)
{
	return n + (s->login_due ? HJ212_FRAME_MAX : 0) <= s->out_size - s->out_len;
}

/* HJ/T 212-2005 wants the QN inside CP, and has no version in its Flag. */
void hj212_answer(struct hj212_session *s, const struct hj212_asked *a, int cn, const char *st, const char *cp)
{
	bool old = s->id.edition == HJ212_2005;
	struct hj212_message m = {
		.st = { st, strlen(st) },
		.pw = { a->pw, strlen(a->pw) },
		.mn = { a->mn, strlen(a->mn) },
		.cn = cn,
		.flag = hj212_edition_flag(s->id.edition),
	};
	char frame[HJ212_FRAME_MAX], text[HJ212_CP_MAX + sizeof("QN=;") + HJ212_QN_TEXT];
	int n;

	n = old && a->qn[0] ? snprintf(text, sizeof(text), "QN=%s%s%s", a->qn, cp[0] ? ";" : "", cp)
	                    : snprintf(text, sizeof(text), "%s", cp);
	m.cp = (struct hj212_slice){ text, (size_t)n };
	if (!old)
		m.qn = (struct hj212_slice){ a->qn, strlen(a->qn) };
	n = hj212_out_frame(s, &m, frame);
	if (n < 0 || !has_room(s, (size_t)n) || hj212_out_put(s, frame, (size_t)n) < 0)
		hj212_note(
		        s, 0, "no room for the answer %d to CN %d: the platform asks and does not read", cn, a->cn);
}

void hj212_answer_number(struct hj212_session *s, const struct hj212_asked *a, int cn, const char *name, int value)
{
	char cp[32];

	if (!a->wanted)
		return;
	snprintf(cp, sizeof(cp), "%s=%d", name, value);
	hj212_answer(s, a, cn, "91", cp);
}
