/* What counts as an acknowledgement of an upload.
 *
 * It counts only when it names the QN, so that a late one is never credited to the wrong data. One that names none is
 * taken when a single upload is outstanding, and as many of them as copies went out again, or were forgotten, are
 * still expected and passed over: on one TCP connection every copy arrives and may be answered. Where the platform
 * acknowledges by order, whatever names none of ours is for the oldest, with the same care for copies. Where it
 * acknowledges nothing, what its TCP has is there. */
#include "session_private.h"
#include "hjgate/cleanup.h"

#include <string.h>
#include <strings.h>

#define LOOK_FIRST (5 * HJ_USEC_PER_MS) /* after which TCP is asked what it has delivered, and doubled then up to */
#define LOOK_MOST  (200 * HJ_USEC_PER_MS)

/* ---- acknowledgements ---- */

void hj212_upload_copy_answered(struct hj212_upload *u)
{
	u->copies -= u->copies > 0;
	u->first = u->end;
}

bool hj212_same_mn(const struct hj212_session *s, struct hj212_slice mn)
{
	return mn.n == strlen(s->id.mn) && !strncasecmp(mn.p, s->id.mn, mn.n);
}

/* Copies went OverTime apart, and each takes as long as the first did. Who names QNs names those of copies. */
void hj212_expect_copies(
        struct hj212_session *s, const struct hj212_upload *u, const struct hj212_message *m, struct hj_now now)
{
	hj_usec until = now.mono + (u->copies + 1) * hj212_over_time(s);

	if (m->cn != 9014 || (m->qn.n && s->id.ack != HJ212_ACK_ORDER))
		return;
	s->nameless = (now.mono > s->nameless_until ? 0 : s->nameless) + u->copies;
	s->nameless_until = hj_max(s->nameless_until, until);
}

bool hj212_upload_of_a_copy(struct hj212_session *s, struct hj_now now)
{
	if (!s->nameless || now.mono > s->nameless_until)
		return false;
	s->nameless--;
	return true;
}

static struct hj212_upload *by_qn(const struct hj212_session *s, struct hj212_slice qn)
{
	for (unsigned i = 0; qn.n && i < s->id.window; i++)
		if (hj212_upload_waits(&s->uploads[i]) && hj212_slice_is(qn, s->uploads[i].qn))
			return &s->uploads[i];
	return NULL;
}

static struct hj212_upload *the_only_one(const struct hj212_session *s)
{
	struct hj212_upload *found = NULL;

	for (unsigned i = 0; i < s->id.window; i++) {
		if (!hj212_upload_waits(&s->uploads[i]))
			continue;
		if (found)
			return NULL;
		found = &s->uploads[i];
	}
	return found;
}

/* Whose answer is the next to come? One that has been refused has none coming until it goes again. */
static bool is_before(const struct hj212_upload *u, const struct hj212_upload *other)
{
	if (!u->copies != !other->copies)
		return u->copies;
	return u->first < other->first;
}

static struct hj212_upload *the_oldest(const struct hj212_session *s)
{
	struct hj212_upload *found = NULL;

	for (unsigned i = 0; i < s->id.window; i++) {
		struct hj212_upload *u = &s->uploads[i];

		if (hj212_upload_waits(u) && u->went && (!found || is_before(u, found)))
			found = u;
	}
	return found;
}

/* Some platforms have a QN of their own in the header, and name ours in CP, as HJ/T 212-2005 does. */
struct hj212_upload *hj212_upload_named(const struct hj212_session *s, const struct hj212_message *m)
{
	struct hj212_upload *found = by_qn(s, m->qn);

	return found ? found : by_qn(s, hj212_message_get(m, "QN", false));
}

/* What has not gone out cannot have been answered, unless it is named. */
static struct hj212_upload *unnamed(const struct hj212_session *s)
{
	struct hj212_upload *found = s->id.ack == HJ212_ACK_ORDER ? the_oldest(s) : the_only_one(s);

	return found && found->went ? found : NULL;
}

static struct hj212_upload *match(struct hj212_session *s, const struct hj212_message *m, struct hj_now now)
{
	bool order = s->id.ack == HJ212_ACK_ORDER;
	struct hj212_upload *found = hj212_upload_named(s, m);

	if (m->qn.n && !order)
		return found;
	if (!found && hj212_upload_of_a_copy(s, now))
		return NULL;
	if (!found)
		found = unnamed(s);
	if (found)
		hj212_upload_copy_answered(found);
	return found;
}

/* QnRtn and ExeRtn inside a 9014 occur in the field: 1, or absent, is an acknowledgement. */
int hj212_upload_code(const struct hj212_message *m)
{
	static const char *const names[] = { "QnRtn", "ExeRtn" };

	for (size_t i = 0; i < hj_array_size(names); i++) {
		struct hj212_slice value = hj212_message_get(m, names[i], true);

		if (value.n && !hj212_slice_is(value, "1"))
			return value.n == 1 && value.p[0] >= '0' && value.p[0] <= '9' ? value.p[0] - '0' : -1;
	}
	return 1;
}

void hj212_tell_answer(struct hj212_session *s, const struct hj212_upload *u, bool good, int code)
{
	if (code == 1 && !good) { /* CN 9011: it may be going to be taken */
		hj212_tell_fate(s, HJ212_FATE_PASSED, NULL, code);
		return;
	}
	hj212_tell_fate(s, good ? HJ212_FATE_ACKNOWLEDGES : HJ212_FATE_DENIES, NULL, code);
	hj212_tell_fate(s, good ? HJ212_FATE_ACKNOWLEDGED : HJ212_FATE_DENIED, u->qn, code);
}

/* CN 9011 with QnRtn=1: the answer is still to come, and no copy's is counted by it. */
static bool is_announced(const struct hj212_message *m, int code)
{
	return m->cn == 9011 && code == 1;
}

static struct hj212_upload *announced(const struct hj212_session *s, const struct hj212_message *m)
{
	struct hj212_upload *found = hj212_upload_named(s, m);

	return found || (m->qn.n && s->id.ack != HJ212_ACK_ORDER) ? found : unnamed(s);
}

void hj212_upload_acknowledge(struct hj212_session *s, const struct hj212_message *m, struct hj_now now)
{
	struct hj212_upload *u;
	int code = hj212_upload_code(m);

	if (m->mn.n && !hj212_same_mn(s, m->mn)) {
		hj212_tell_fate(s, HJ212_FATE_OTHER_MN, NULL, 0);
		hj212_note(s, 0, "a CN %d for another MN", m->cn);
		return;
	}
	u = is_announced(m, code) ? announced(s, m) : match(s, m, now);
	if (!u) { /* late, or not ours */
		hj212_tell_fate(s, HJ212_FATE_LATE, NULL, code);
		return;
	}
	s->answered = true;
	hj212_tell_answer(s, u, code == 1 && m->cn == 9014, code);
	if (code == 1 && m->cn == 9014) {
		u->state = UPLOAD_ACKED;
		hj212_expect_copies(s, u, m, now);
		hj212_upload_answered(s, now.mono - hj_min(u->sent_at, now.mono));
		hj212_pw_proved(s);
	} else if (code == QN_PW) {
		hj212_note(s, HJ212_NOTE_PW, "the platform refuses QN %s: password (QnRtn=3)", u->qn);
		hj212_upload_refused_pw(s, u, now);
	} else if (code != 1) {
		hj212_note(s, 0, "the platform does not take QN %s: CN %d %.*s", u->qn, m->cn,
		        (int)hj_min(m->cp.n, (size_t)40), m->cp.p);
	}
}

/* ---- without acknowledgements ---- */

static bool by_tcp(const struct hj212_session *s, const struct hj212_upload *u)
{
	return s->id.ack == HJ212_ACK_NONE && u->state == UPLOAD_WAITING && !u->ack;
}

bool hj212_session_asks_delivery(const struct hj212_session *s)
{
	for (unsigned i = 0; i < s->id.window; i++)
		if (by_tcp(s, &s->uploads[i]))
			return true;
	return false;
}

void hj212_session_delivered(struct hj212_session *s, size_t left, struct hj_now now)
{
	uint64_t there = s->written - hj_min(s->written, (uint64_t)left);

	for (unsigned i = 0; i < s->id.window; i++)
		if (by_tcp(s, &s->uploads[i]) && s->uploads[i].end <= there) {
			s->uploads[i].state = UPLOAD_ACKED;
			hj212_tell_fate(s, HJ212_FATE_WRITTEN, s->uploads[i].qn, 0);
			s->forgotten = 0;
		}
	if (now.mono < s->look_at)
		return;
	s->look_pause = s->look_pause ? hj_min(2 * s->look_pause, LOOK_MOST) : LOOK_FIRST;
	s->look_at = now.mono + s->look_pause;
}
