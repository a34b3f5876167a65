/* Frames in a stream of bytes: see meter_overhear.h. At each place an answer to the last request is looked for, then
 * a request; what stands before the first of them is junk, and what no frame follows within a pause is too. */
#include "hjgate/meter_overhear.h"

#include <errno.h>
#include <string.h>

#include "hjgate/cleanup.h"

#define WRITE_CONFIRMED 6 /* bytes of a Modbus request to write that its answer repeats ... */
#define CRC_BYTES       2 /* ... before its CRC */

void hj_overhear_init(struct hj_overhear *o, const struct hj_protocol *protocol)
{
	*o = (struct hj_overhear){ .protocol = protocol };
}

size_t hj_overhear_feed(struct hj_overhear *o, const uint8_t *p, size_t n, hj_usec now)
{
	n = hj_min(n, sizeof(o->bytes) - o->length);
	memcpy(o->bytes + o->length, p, n);
	o->length += n;
	o->last = now;
	return n;
}

/* An answer to a write of Modbus says again what was written, or where. */
static size_t confirms_write(const struct hj_overhear *o, const uint8_t *p, size_t n)
{
	size_t whole = WRITE_CONFIRMED + CRC_BYTES;

	if (o->protocol != &hj_protocol_rtu || o->question.count || o->request_length < whole || n < whole ||
	        memcmp(p, o->request, WRITE_CONFIRMED) != 0)
		return 0;
	return hj_modbus_crc(p, WRITE_CONFIRMED) == (p[WRITE_CONFIRMED] | p[WRITE_CONFIRMED + 1] << 8) ? whole : 0;
}

static size_t find_answer(const struct hj_overhear *o, const uint8_t *p, size_t n, struct hj_heard *ret)
{
	const char *why;
	size_t confirmed = confirms_write(o, p, n);
	int whole, r;

	ret->kind = HJ_HEARD_ANSWER;
	memset(&ret->answer, 0, sizeof(ret->answer));
	if (confirmed || !o->request_length)
		return confirmed;
	whole = o->protocol->measure(&o->question, p, n, &why);
	if (whole <= 0)
		return 0;
	r = o->protocol->decode(&o->question, p, (size_t)whole, &ret->answer);
	if (r == -EREMOTEIO)
		ret->kind = HJ_HEARD_EXCEPTION;
	return r == 0 || r == -EREMOTEIO ? (size_t)whole : 0;
}

static size_t frame_at(struct hj_overhear *o, size_t at, struct hj_heard *ret)
{
	const uint8_t *p = o->bytes + at;
	size_t n = o->length - at, whole = find_answer(o, p, n, ret);
	int r;

	ret->question = o->question;
	if (whole)
		return whole;
	r = o->protocol->foreign ? o->protocol->foreign(p, n, &ret->question) : 0;
	if (r <= 0 || r > HJ_FRAME_MAX)
		return 0;
	ret->kind = HJ_HEARD_REQUEST;
	return (size_t)r;
}

static bool take(struct hj_overhear *o, size_t n, struct hj_heard *ret)
{
	memcpy(ret->bytes, o->bytes, n);
	ret->length = n;
	o->length -= n;
	memmove(o->bytes, o->bytes + n, o->length);
	return true;
}

static bool take_junk(struct hj_overhear *o, size_t n, struct hj_heard *ret)
{
	ret->kind = HJ_HEARD_JUNK;
	o->junk += n;
	return take(o, n, ret);
}

static bool take_frame(struct hj_overhear *o, size_t n, struct hj_heard *ret)
{
	o->request_length = 0;
	if (ret->kind == HJ_HEARD_REQUEST) {
		memcpy(o->request, o->bytes, n);
		o->request_length = n;
		o->question = ret->question;
	}
	o->requests += ret->kind == HJ_HEARD_REQUEST;
	o->answers += ret->kind == HJ_HEARD_ANSWER;
	o->exceptions += ret->kind == HJ_HEARD_EXCEPTION;
	return take(o, n, ret);
}

bool hj_overhear_next(struct hj_overhear *o, hj_usec now, struct hj_heard *ret)
{
	for (size_t at = 0; at < o->length; at++) {
		size_t n = frame_at(o, at, ret);

		if (n)
			return at ? take_junk(o, at, ret) : take_frame(o, n, ret);
	}
	if (o->length && now - o->last >= HJ_OVERHEAR_PAUSE)
		return take_junk(o, o->length, ret);
	return o->length == sizeof(o->bytes) ? take_junk(o, o->length / 2, ret) : false;
}
