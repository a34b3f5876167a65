/* Modbus, the slave's side: see meter_serve.h. A frame on a serial line has no mark at its beginning and none at its
 * end but the silence around it, and behind a USB adapter that silence is not to be trusted: bytes come in bunches,
 * with pauses inside a frame and none between two. So frames are told by their shape and their sum: what begins with
 * a unit of ours is measured as a request, anything else as a request or an answer of somebody else. Where neither
 * fits, the silence decides: then what lies there is searched for a request that noise stands before. */
#include "serve_private.h"

#include <errno.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_protocol.h"

#define RTU_LEAST       4 /* unit, function, sum */
#define MBAP_LEAST      2 /* unit and function */
#define MBAP_MOST       254
#define EXCEPTION_FRAME 5 /* bytes on a serial line */
#define ANSWER_HEAD     5 /* unit, function, byte count, sum */
#define FIXED_FRAME     8 /* unit, function, address, count or value, sum */
#define WRITE_HEAD      9 /* unit, function, address, count, byte count, sum */

/* ---- what lies in the buffer ---- */

enum shape { SHAPE_MORE, SHAPE_NONE, SHAPE_OURS, SHAPE_FOREIGN };

/* Bytes of the frame that begins here; 0: not known yet; -1: its function does not tell. */
static int request_length(const uint8_t *p, size_t n)
{
	const struct serve_function *f = n < 2 ? NULL : serve_function_find(p[1]);

	if (n < 2)
		return 0;
	if (!f)
		return -1;
	if (!f->many)
		return FIXED_FRAME;
	return n < WRITE_HEAD - SERVE_CRC_BYTES ? 0 : WRITE_HEAD + p[WRITE_HEAD - SERVE_CRC_BYTES - 1];
}

static int answer_length(const uint8_t *p, size_t n)
{
	const struct serve_function *f = n < 2 ? NULL : serve_function_find(p[1] & ~SERVE_EXCEPTION_BIT);

	if (n < 2)
		return 0;
	if (!f)
		return -1;
	if (p[1] & SERVE_EXCEPTION_BIT)
		return EXCEPTION_FRAME;
	if (f->write)
		return FIXED_FRAME;
	return n < 3 ? 0 : ANSWER_HEAD + p[2];
}

static bool sum_is_right(const uint8_t *p, size_t n)
{
	return hj_modbus_crc(p, n - SERVE_CRC_BYTES) == (p[n - 2] | p[n - 1] << 8);
}

/* SHAPE_NONE: no frame of this length begins here. Else `whole`, or SHAPE_MORE. */
static enum shape fits(int length, const uint8_t *p, size_t n, enum shape whole)
{
	if (length < 0 || length > HJ_SERVE_RTU_MAX)
		return SHAPE_NONE;
	if (!length || (size_t)length > n)
		return SHAPE_MORE;
	return sum_is_right(p, (size_t)length) ? whole : SHAPE_NONE;
}

static enum shape look(const struct hj_serve *s, int *ret_length)
{
	const uint8_t *p = s->bytes;
	enum shape asked, answered;
	int length = request_length(p, s->count);
	bool ours = p[0] == HJ_SERVE_EVERY_UNIT || hj_serve_has_unit(s, p[0]);

	*ret_length = length;
	asked = fits(length, p, s->count, ours ? SHAPE_OURS : SHAPE_FOREIGN);
	if (ours || asked == SHAPE_FOREIGN)
		return asked;
	*ret_length = answer_length(p, s->count);
	answered = fits(*ret_length, p, s->count, SHAPE_FOREIGN);
	return asked == SHAPE_MORE && answered == SHAPE_NONE ? SHAPE_MORE : answered;
}

static void drop(struct hj_serve *s, size_t n)
{
	s->count -= n;
	memmove(s->bytes, s->bytes + n, s->count);
}

static void drop_junk(struct hj_serve *s)
{
	s->counts.broken += !s->in_junk;
	s->counts.junk++;
	s->in_junk = true;
	drop(s, 1);
}

static void begin(struct hj_serve_request *q, const uint8_t *frame, size_t n)
{
	memset(q, 0, sizeof(*q));
	memcpy(q->frame, frame, n);
	q->frame_length = n;
}

static bool take_rtu(struct hj_serve *s, size_t n, struct hj_serve_request *ret)
{
	begin(ret, s->bytes, n);
	ret->unit_id = s->bytes[0];
	serve_parse(s->bytes + 1, n - 1 - SERVE_CRC_BYTES, ret);
	drop(s, n);
	s->in_junk = false;
	if (ret->unit_id == HJ_SERVE_EVERY_UNIT && (!ret->write || ret->exception)) {
		s->counts.foreign++;
		return false;
	}
	s->counts.requests++;
	return true;
}

/* All of it is one frame with a function of which we do not know how long it is. */
static bool is_unknown_frame(const struct hj_serve *s)
{
	return !s->in_junk && s->count >= RTU_LEAST && s->count <= HJ_SERVE_RTU_MAX &&
	       !serve_function_find(s->bytes[1]) && sum_is_right(s->bytes, s->count);
}

/* True: *ret is one of ours. False: what stood there is gone. */
static bool take_unknown(struct hj_serve *s, struct hj_serve_request *ret)
{
	/* An exception is nobody's question: it is the answer of another unit that has our id. */
	bool ours = hj_serve_has_unit(s, s->bytes[0]) && !(s->bytes[1] & SERVE_EXCEPTION_BIT);

	if (ours)
		return take_rtu(s, s->count, ret);
	s->counts.foreign++;
	s->count = 0;
	return false;
}

static int next_rtu(struct hj_serve *s, hj_usec now, struct hj_serve_request *ret)
{
	bool silent = now >= s->last + s->gap;
	int length;

	while (s->count) {
		enum shape shape = look(s, &length);

		if (shape == SHAPE_OURS && take_rtu(s, (size_t)length, ret))
			return 1;
		if (shape == SHAPE_FOREIGN) {
			s->counts.foreign++;
			s->in_junk = false;
			drop(s, (size_t)length);
		}
		if (shape == SHAPE_OURS || shape == SHAPE_FOREIGN)
			continue;
		if (silent && is_unknown_frame(s)) {
			if (take_unknown(s, ret))
				return 1;
		} else if (silent || s->count > HJ_SERVE_RTU_MAX) {
			drop_junk(s);
		} else {
			return 0;
		}
	}
	if (silent)
		s->in_junk = false;
	return 0;
}

static int next_tcp(struct hj_serve *s, struct hj_serve_request *ret)
{
	size_t length;

	if (s->count < SERVE_MBAP_BEFORE)
		return 0;
	length = serve_get16(s->bytes + 4);
	if (serve_get16(s->bytes + 2) || length < MBAP_LEAST || length > MBAP_MOST) {
		s->counts.broken++;
		s->counts.junk += s->count;
		s->count = 0;
		return -EPROTO;
	}
	if (s->count < SERVE_MBAP_BEFORE + length)
		return 0;
	begin(ret, s->bytes, SERVE_MBAP_BEFORE + length);
	ret->transaction = serve_get16(s->bytes);
	ret->unit_id = s->bytes[SERVE_MBAP_BEFORE];
	serve_parse(s->bytes + SERVE_MBAP_BYTES, length - 1, ret);
	drop(s, SERVE_MBAP_BEFORE + length);
	if (hj_serve_has_unit(s, ret->unit_id)) {
		s->counts.requests++;
	} else {
		s->counts.foreign++;
		ret->exception = HJ_SERVE_NO_TARGET;
	}
	return 1;
}

int hj_serve_next(struct hj_serve *s, hj_usec now, struct hj_serve_request *ret)
{
	return s->framing == HJ_SERVE_TCP ? next_tcp(s, ret) : next_rtu(s, now, ret);
}

/* ---- bytes in ---- */

void hj_serve_init(struct hj_serve *s, enum hj_serve_framing framing, hj_usec gap, hj_usec char_us)
{
	memset(s, 0, sizeof(*s));
	s->framing = framing;
	s->gap = gap;
	s->char_us = char_us;
}

void hj_serve_add_unit(struct hj_serve *s, uint8_t unit_id)
{
	s->units[unit_id / 8] |= (uint8_t)(1u << unit_id % 8);
}

bool hj_serve_has_unit(const struct hj_serve *s, uint8_t unit_id)
{
	return s->units[unit_id / 8] >> unit_id % 8 & 1;
}

/* The answer to a write of one register is the same bytes as the request: an echo of it, taken for a request, would
 * be answered, and that answer, too. So it is looked for, by time: no master asks again before our answer is out. */
static size_t strip_echo(struct hj_serve *s, const uint8_t *p, size_t n, hj_usec now)
{
	size_t k = 0;

	if (s->echo_at == s->echo_count)
		return 0;
	while (now < s->echo_until && k < n && s->echo_at < s->echo_count && p[k] == s->echo[s->echo_at]) {
		s->echo_at++;
		k++;
	}
	if (s->echo_at == s->echo_count) {
		s->counts.echoed++;
		s->echo_misses = 0;
	} else if (k < n) {
		/* It only began like one: what was taken for it before this call goes back. */
		k = hj_min(s->echo_at - k, sizeof(s->bytes) - s->count);
		memcpy(s->bytes + s->count, s->echo, k);
		s->count += k;
		s->echo_at = s->echo_count;
		s->echo_misses++;
		k = 0;
	}
	return k;
}

size_t hj_serve_put(struct hj_serve *s, const uint8_t *p, size_t n, hj_usec now)
{
	size_t echo, k;

	if (s->framing == HJ_SERVE_RTU && s->count && now >= s->last + s->gap)
		return 0;
	echo = strip_echo(s, p, n, now);
	k = hj_min(n - echo, sizeof(s->bytes) - s->count);
	memcpy(s->bytes + s->count, p + echo, k);
	s->count += k;
	if (n)
		s->last = now;
	return echo + k;
}

hj_usec hj_serve_due(const struct hj_serve *s)
{
	return s->framing == HJ_SERVE_RTU && s->count ? s->last + s->gap : HJ_USEC_NEVER;
}

void hj_serve_sent(struct hj_serve *s, const uint8_t *p, size_t n, hj_usec now)
{
	if (s->echo_at < s->echo_count)
		s->echo_misses++; /* nothing came at all */
	s->echo_count = s->echo_at = 0;
	if (s->framing != HJ_SERVE_RTU || n > sizeof(s->echo) || s->echo_misses >= HJ_SERVE_ECHO_MISSES)
		return;
	memcpy(s->echo, p, n);
	s->echo_count = n;
	s->echo_until = now + n * s->char_us + HJ_SERVE_ECHO_LATE_US;
}
