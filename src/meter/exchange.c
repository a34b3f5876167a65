/* One question and its answer: see meter_exchange.h. Three rules carry it. The line must have been quiet before a
 * request goes out, whoever spoke last. Only a whole frame that fits the question is an answer, and none that follows
 * more than a glitch of other bytes: those may have been another master's request. And a question that was not
 * answered stays in `lates` for a while, since an RTU answer does not say which registers it holds: until then no
 * question is asked whose answer could be confused with it; another master's questions count as well. */
/* long because: the scanning, the echo and the late answers work on one buffer and one state */
#include "hjgate/meter_exchange.h"

#include <errno.h>
#include <string.h>

#include "hjgate/cleanup.h"

#define SILENCE_CHARS_X2 7    /* 3.5 characters between two frames */
#define SILENCE_LEAST_US 1750 /* above 19200 baud: Modbus over serial line V1.02, 2.5.1.1 */
#define CHANGE_CHARS_X2  3    /* a slave that heard another's answer late still takes the request for its own */
#define CHANGE_LEAST_US  500
#define BETWEEN_US       100000
#define SETTLE_US        20000
#define LISTEN_LEAST     (HJ_USEC_PER_SEC / 2)   /* a line that is not quiet for so long, or 2 time-outs, fails */
#define FOREIGN_BYTES    8                       /* the shortest request of another master */
#define FOREIGN_LASTS    (10 * HJ_USEC_PER_SEC)  /* it is reckoned with for so long after its last request */
#define MASTER_LASTS     (600 * HJ_USEC_PER_SEC) /* bytes without meaning may be its request for so long */
#define OWED_MOST        100

void hj_exchange_serial(struct hj_exchange_timing *ret, int64_t baud, int64_t data_bits, char parity,
        int64_t stop_bits, int64_t gap_ms)
{
	int64_t bits = 1 + data_bits + stop_bits + (parity != 'N');
	hj_usec character = (hj_usec)((bits * (int64_t)HJ_USEC_PER_SEC + baud - 1) / baud);
	hj_usec silence = hj_max(character * SILENCE_CHARS_X2 / 2, (hj_usec)SILENCE_LEAST_US);

	*ret = (struct hj_exchange_timing){
		.character = character,
		.silence = hj_max(silence, (hj_usec)gap_ms * HJ_USEC_PER_MS),
		.change = hj_max(character * CHANGE_CHARS_X2 / 2, (hj_usec)CHANGE_LEAST_US),
		.between = BETWEEN_US,
		.settle = SETTLE_US,
	};
}

void hj_exchange_init(struct hj_exchange *x, const struct hj_protocol *protocol,
        const struct hj_exchange_timing *timing, enum hj_echo echo, hj_usec now)
{
	memset(x, 0, sizeof(*x));
	x->protocol = protocol;
	x->timing = *timing;
	x->echo = echo;
	x->echo_known = echo != HJ_ECHO_AUTO;
	x->has_echo = echo == HJ_ECHO_ON;
	x->last_byte = now; /* nobody knows what was on the line before */
}

/* ---- when the line is free ---- */

static hj_usec free_after(const struct hj_exchange *x, hj_usec more)
{
	hj_usec wait = x->broken ? hj_max(x->timing.settle, x->timing.silence) : x->timing.silence;
	hj_usec at = hj_max(x->last_byte, x->wire_end) + wait + more;

	return hj_max(at, x->foreign_until);
}

hj_usec hj_exchange_free_at(const struct hj_exchange *x)
{
	return free_after(x, 0);
}

static hj_usec change_of_unit(const struct hj_exchange *x)
{
	const struct hj_question *a = &x->before, *b = &x->question;

	return a->unit_id != b->unit_id || memcmp(a->station, b->station, sizeof(a->station)) != 0 ? x->timing.change
	                                                                                           : 0;
}

/* ---- answers that may still come ---- */

static bool ambiguous(const struct hj_exchange *x, bool exception, hj_usec now)
{
	for (size_t i = 0; i < HJ_EXCHANGE_LATE_KEPT; i++) {
		if (x->lates[i].until > now &&
		        x->protocol->confusable(&x->lates[i].question, &x->question, exception))
			return true;
	}
	return false;
}

static void note_owed(struct hj_exchange *x, const struct hj_question *q, bool ours, hj_usec now)
{
	hj_usec until = now + hj_max((hj_usec)HJ_EXCHANGE_LATE_MOST, 4 * x->timeout);
	struct hj_exchange_late *to = &x->lates[0];
	unsigned owed = 0;

	for (size_t i = 0; i < HJ_EXCHANGE_LATE_KEPT; i++) {
		if (hj_question_same(&x->lates[i].question, q)) {
			to = &x->lates[i];
			owed = to->until > now ? to->owed : 0;
			ours |= owed && to->ours;
			break;
		}
		if (x->lates[i].until < to->until)
			to = &x->lates[i];
	}
	*to = (struct hj_exchange_late){ *q, until, hj_min(owed + 1, (unsigned)OWED_MOST), ours };
	to->question.data = NULL; /* the caller's, for the length of the exchange */
}

/* Do the bytes begin with a late answer? > 0: so many are one; 0: they may become one; -ENOENT. */
static int find_late(struct hj_exchange *x, const uint8_t *p, size_t n, hj_usec now)
{
	struct hj_answer answer;
	const char *why;
	int found = -ENOENT;

	for (size_t i = 0; i < HJ_EXCHANGE_LATE_KEPT; i++) {
		struct hj_exchange_late *late = &x->lates[i];
		int r = late->until > now ? x->protocol->measure(&late->question, p, n, &why) : -ENOENT;
		int is;

		if (r == 0)
			found = 0;
		if (r <= 0 || (size_t)r > n || late->question.function)
			continue; /* what answers a write is told by what was written, which is not kept */
		is = x->protocol->decode(&late->question, p, (size_t)r, &answer);
		if (is != 0 && is != -EREMOTEIO)
			continue;
		late->until = --late->owed ? late->until : 0;
		x->foreign_until = 0; /* if it was another master's, it has its answer */
		if (!late->ours)
			return r; /* nobody has waited for it here, so it says nothing of a time-out */
		if (is == -EREMOTEIO && hj_modbus_is_unreached(&late->question, answer.exception))
			return r; /* a gateway said it: of the meter nothing was heard */
		x->late_whole = true;
		x->late = late->question;
		return r;
	}
	return found;
}

void hj_exchange_lost(struct hj_exchange *x, hj_usec now)
{
	if (x->state == HJ_EXCHANGE_ANSWER) {
		note_owed(x, &x->question, true, now);
		x->unanswered = true;
	}
	x->state = HJ_EXCHANGE_ENDED;
}

void hj_exchange_reopen(struct hj_exchange *x, hj_usec now)
{
	struct hj_exchange_late lates[HJ_EXCHANGE_LATE_KEPT];
	struct hj_exchange_timing timing = x->timing;
	bool unanswered = x->unanswered;

	memcpy(lates, x->lates, sizeof(lates));
	hj_exchange_init(x, x->protocol, &timing, x->echo, now);
	memcpy(x->lates, lates, sizeof(lates));
	x->unanswered = unanswered;
}

/* ---- bytes that nobody asked for ---- */

static void note_junk(struct hj_exchange *x, const uint8_t *p, size_t n)
{
	size_t room = x->junk < sizeof(x->junk_head) ? sizeof(x->junk_head) - x->junk : 0;

	memcpy(x->junk_head + (sizeof(x->junk_head) - room), p, hj_min(n, room));
	x->junk += n;
	x->junk_is_late = x->unanswered;
}

/* Takes n bytes off the front of what was received. */
static void drop(struct hj_exchange *x, size_t n)
{
	x->received_length -= n;
	memmove(x->received, x->received + n, x->received_length + x->extra);
	x->scanned -= hj_min(x->scanned, n);
	x->heard -= hj_min(x->heard, n);
}

/* > 0: so many bytes are another master's request; its answer is waited for, or its time-out. */
static size_t find_foreign(struct hj_exchange *x, size_t at, hj_usec now)
{
	struct hj_question q;
	int r = x->protocol->foreign ? x->protocol->foreign(x->received + at, x->received_length - at, &q) : 0;

	if (r <= 0)
		return 0;
	x->foreign++;
	x->foreign_at = now;
	x->foreign_until = now + hj_max(x->timeout, x->timing.between);
	if (q.count)
		note_owed(x, &q, false, now);
	return (size_t)r;
}

static bool master_known(const struct hj_exchange *x, hj_usec now)
{
	return x->foreign_at && now - x->foreign_at < MASTER_LASTS;
}

/* Where another master is at work, bytes that mean nothing may be what noise or a collision left of its request,
 * which the meter understood: an answer to it would be taken for ours. So it is given the time for it. */
static void doubt(struct hj_exchange *x, hj_usec now)
{
	hj_usec until = now + hj_max(x->timeout, x->timing.between);

	if (master_known(x, now))
		x->foreign_until = hj_max(x->foreign_until, until);
}

static void scan_idle(struct hj_exchange *x, hj_usec now)
{
	while (x->scanned < x->received_length) {
		size_t n = x->received_length - x->scanned, foreign;
		int late = find_late(x, x->received + x->scanned, n, now);

		foreign = late > 0 ? 0 : find_foreign(x, x->scanned, now);
		if (late > 0 || foreign)
			x->scanned += foreign ? foreign : (size_t)late;
		else if (late == 0 || n < FOREIGN_BYTES)
			return; /* more is to come */
		else
			x->scanned++;
	}
}

static bool hear_foreign(struct hj_exchange *x, hj_usec now)
{
	bool found = false;

	for (size_t n; x->heard + FOREIGN_BYTES <= x->received_length; x->heard += n ? n : 1) {
		n = find_foreign(x, x->heard, now);
		found |= n > 0;
	}
	return found;
}

/* ---- the end ---- */

static void end(struct hj_exchange *x, int outcome, const char *why, hj_usec now)
{
	/* A broken answer was an answer, unless something else was on the line. */
	bool owed = outcome == -ETIMEDOUT ||
	            (outcome == -EBADMSG &&
	                    (x->skipped || !x->echo_over || (x->foreign_at && now - x->foreign_at < FOREIGN_LASTS)));

	if (x->state == HJ_EXCHANGE_ANSWER) {
		if (owed)
			note_owed(x, &x->question, true, now);
		if (outcome == -EBADMSG || (outcome == -ETIMEDOUT && x->received_length))
			doubt(x, now);
		x->unanswered = outcome == -ETIMEDOUT || outcome == -EBADMSG;
		x->broken = outcome == -EBADMSG;
	}
	x->state = HJ_EXCHANGE_ENDED;
	x->outcome = outcome;
	if (why)
		x->answer.why = why;
}

/* A whole frame stands at `scanned`. Behind a request of two registers a byte of 0 makes an answer of it that even
 * the CRC confirms; so it matters whether there is somebody to ask such. */
static void end_with_frame(struct hj_exchange *x, size_t length, hj_usec now)
{
	int outcome = x->protocol->decode(&x->question, x->received + x->scanned, length, &x->answer);
	const char *why = NULL;

	if (outcome == 0 && master_known(x, now) && find_foreign(x, x->scanned, now)) {
		outcome = -EBADMSG;
		why = HJ_EXCHANGE_MASTER;
	}
	if (outcome == -EREMOTEIO && ambiguous(x, true, now)) {
		outcome = -EBADMSG;
		why = "exception, perhaps to a question before";
	}
	if (outcome != -EBADMSG) {
		note_junk(x, x->received, x->scanned);
		drop(x, x->scanned);
		x->extra = x->received_length - length;
		x->received_length = length;
		x->echo_known = true;
		x->echo_missed = 0;
	}
	end(x, outcome, why, now);
}

static void end_in_time(struct hj_exchange *x, hj_usec now)
{
	if (x->has_echo && x->echo == HJ_ECHO_AUTO && !x->echo_over && ++x->echo_missed >= HJ_EXCHANGE_ECHO_LOST)
		x->echo_known = x->has_echo = false;
	if (!x->echo_over && x->received_length && x->has_echo)
		return end(x, -EBADMSG, "the echo of the request broke off", now);
	if (x->tainted)
		return end(x, -EBADMSG, x->why, now);
	if (x->scanned < x->received_length && x->received_length > HJ_EXCHANGE_GLITCH)
		return end(x, -EBADMSG, "answer broke off", now);
	note_junk(x, x->received, x->received_length);
	end(x, -ETIMEDOUT, "no answer", now);
}

/* ---- bytes after a request ---- */

/* False: it may still be an echo, or the exchange is over. A protocol whose request can be its own answer (a write of
 * one register) has it taken for an echo only where the line is known to have one. */
static bool take_echo(struct hj_exchange *x, hj_usec now)
{
	struct hj_answer answer;

	if (x->echo_over || x->echo == HJ_ECHO_OFF)
		return x->echo_over = true;
	for (size_t at = 0; at <= HJ_EXCHANGE_GLITCH && at < x->received_length; at++) {
		size_t n = hj_min(x->received_length - at, x->sent_length);

		if (memcmp(x->received + at, x->sent, n) != 0)
			continue;
		if (n < x->sent_length)
			return false;
		if (!x->has_echo && x->protocol->decode(&x->question, x->sent, n, &answer) == 0)
			break;
		drop(x, at + n);
		x->echo_known = x->has_echo = x->echo_over = true;
		x->echo_missed = 0;
		x->turnaround = 0;
		x->wire_end = now;
		x->deadline = now + x->timing.delay + x->timeout;
		return true;
	}
	if (x->has_echo && x->received_length <= HJ_EXCHANGE_GLITCH)
		return false;
	if (!x->has_echo)
		return x->echo_over = true;
	x->collisions++;
	if (x->echo == HJ_ECHO_AUTO && ++x->echo_missed >= HJ_EXCHANGE_ECHO_LOST)
		x->echo_known = x->has_echo = false;
	end(x, -EBADMSG, "the echo differs from the request: a collision", now);
	return false;
}

static void scan_answer(struct hj_exchange *x, hj_usec now)
{
	if (!take_echo(x, now))
		return;
	if (!x->turnaround && x->received_length)
		x->turnaround = now > x->wire_end ? now - x->wire_end : 1;
	while (x->scanned < x->received_length) {
		const uint8_t *p = x->received + x->scanned;
		size_t n = x->received_length - x->scanned;
		const char *why = NULL;
		int r = x->tainted ? -EBADMSG : x->protocol->measure(&x->question, p, n, &why);

		if (r > 0 && (size_t)r <= n)
			return end_with_frame(x, (size_t)r, now);
		if (r == 0)
			return;
		r = find_late(x, p, n, now);
		if (r == 0 && !x->tainted)
			return;
		if (r > 0) {
			x->scanned += (size_t)r;
			continue;
		}
		if (!x->skipped && why)
			x->why = why;
		x->scanned++;
		x->tainted = ++x->skipped > HJ_EXCHANGE_GLITCH;
	}
	if (x->tainted && hear_foreign(x, now))
		end(x, -EBADMSG, HJ_EXCHANGE_MASTER, now);
}

/* ---- what the caller does ---- */

/* What was told of the exchange before is told. */
static void leave(struct hj_exchange *x)
{
	if (x->state != HJ_EXCHANGE_ENDED)
		return;
	x->state = HJ_EXCHANGE_IDLE;
	x->junk = 0;
	x->late_whole = false;
	if (!x->sent_length)
		return; /* nothing was asked: what is coming in is still coming in */
	note_junk(x, x->received + x->received_length, x->extra);
	x->received_length = x->extra = x->scanned = x->heard = 0;
}

/* More than any frame: what was looked at goes, and half of it where that is nothing. */
static void make_room(struct hj_exchange *x)
{
	if (x->scanned)
		return drop(x, x->scanned);
	drop(x, HJ_FRAME_MAX / 2);
	x->tainted = true;
	x->why = "longer than any answer";
}

void hj_exchange_feed(struct hj_exchange *x, const uint8_t *p, size_t n, hj_usec now)
{
	size_t room;

	if (!n)
		return;
	leave(x);
	if (x->state != HJ_EXCHANGE_ANSWER) {
		if (now - x->last_byte > x->timing.between)
			x->received_length = x->scanned = x->heard = 0;
		note_junk(x, p, n);
		doubt(x, now);
	} else if (x->received_length <= HJ_EXCHANGE_GLITCH && now - x->last_byte > x->timing.silence) {
		x->turnaround = 0; /* that was the line turning round, and no answer yet */
	}
	x->last_byte = now;
	while (n && x->state != HJ_EXCHANGE_ENDED) {
		if (x->received_length == sizeof(x->received))
			make_room(x);
		room = hj_min(sizeof(x->received) - x->received_length, n);
		memcpy(x->received + x->received_length, p, room);
		x->received_length += room;
		p += room;
		n -= room;
		if (x->state == HJ_EXCHANGE_ANSWER)
			scan_answer(x, now);
		else
			scan_idle(x, now);
	}
}

int hj_exchange_begin(struct hj_exchange *x, const struct hj_question *q, hj_usec timeout, hj_usec now)
{
	int n = x->protocol->encode(q, x->sent);

	leave(x);
	memset(&x->answer, 0, sizeof(x->answer));
	x->skipped = 0;
	x->turnaround = 0;
	x->echo_over = x->tainted = false;
	x->sent_length = 0;
	if (n < 0)
		return n;
	x->sent_length = (size_t)n;
	x->question = *q;
	x->timeout = timeout;
	x->begun = now;
	x->state = HJ_EXCHANGE_LISTEN;
	return 0;
}

static enum hj_step step_listen(struct hj_exchange *x, hj_usec now, hj_usec *ret_until)
{
	hj_usec at = free_after(x, change_of_unit(x)),
	        most = x->begun + hj_max(2 * x->timeout, LISTEN_LEAST) + x->timing.silence;

	if (ambiguous(x, false, now)) {
		x->sent_length = 0;
		end(x, -EAGAIN, "a late answer may still come", now);
		return HJ_STEP_DONE;
	}
	if (now >= at)
		return HJ_STEP_SEND;
	if (now >= most) {
		x->sent_length = 0;
		end(x, -EBADMSG, "the line does not become quiet", now);
		return HJ_STEP_DONE;
	}
	*ret_until = hj_min(at, most);
	return HJ_STEP_WAIT;
}

void hj_exchange_sent(struct hj_exchange *x, hj_usec begun)
{
	x->state = HJ_EXCHANGE_ANSWER;
	x->before = x->question;
	x->received_length = x->scanned = x->heard = 0;
	x->wire_end = begun + x->sent_length * x->timing.character;
	x->deadline = x->wire_end + x->timing.delay + x->timeout;
}

enum hj_step hj_exchange_step(struct hj_exchange *x, hj_usec now, hj_usec *ret_until)
{
	hj_usec until;

	if (x->state == HJ_EXCHANGE_LISTEN)
		return step_listen(x, now, ret_until);
	if (x->state != HJ_EXCHANGE_ANSWER)
		return HJ_STEP_DONE;
	until = x->tainted || x->scanned < x->received_length ? x->last_byte + x->timing.between : x->deadline;
	if (x->received_length <= HJ_EXCHANGE_GLITCH) /* the line turned round: the answer is still to come */
		until = hj_max(until, x->deadline);
	if (now >= until) {
		end_in_time(x, now);
		return HJ_STEP_DONE;
	}
	*ret_until = until;
	return HJ_STEP_WAIT;
}
