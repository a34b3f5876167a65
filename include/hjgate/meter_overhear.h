/* What others say on a line, made out of bytes that were only listened to: requests of a master, and the answers to
 * them, which can be read by the request before. Pure: bytes and their time in, utterances out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/clock.h"
#include "hjgate/meter_protocol.h"

#define HJ_OVERHEAR_BYTES (2 * HJ_FRAME_MAX)
#define HJ_OVERHEAR_PAUSE (60 * HJ_USEC_PER_MS) /* a frame does not go on after it; adapters pause for 16 ms */

enum hj_heard_kind {
	HJ_HEARD_JUNK, /* no frame: another format, noise, a collision, or the answer to what was not heard */
	HJ_HEARD_REQUEST,
	HJ_HEARD_ANSWER,
	HJ_HEARD_EXCEPTION,
};

struct hj_heard {
	enum hj_heard_kind kind;
	uint8_t bytes[HJ_OVERHEAR_BYTES];
	size_t length;
	struct hj_question question; /* of all but junk; count 0: a write */
	struct hj_answer answer;     /* of an answer or an exception; without data where it confirms a write */
};

struct hj_overhear {
	const struct hj_protocol *protocol;
	uint8_t bytes[HJ_OVERHEAR_BYTES], request[HJ_FRAME_MAX];
	size_t length, request_length; /* request: the last one, while its answer may come */
	struct hj_question question;
	hj_usec last;
	uint64_t requests, answers, exceptions, junk; /* junk: bytes */
};

void hj_overhear_init(struct hj_overhear *o, const struct hj_protocol *protocol);
/* Takes as many as there is room for, at least one after hj_overhear_next() gave false. */
size_t hj_overhear_feed(struct hj_overhear *o, const uint8_t *p, size_t n, hj_usec now);
/* The next utterance; false: nothing is whole yet. To be called until false, after bytes and after a pause. */
bool hj_overhear_next(struct hj_overhear *o, hj_usec now, struct hj_heard *ret);
