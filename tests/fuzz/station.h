/* The target of DL/T 645 and of CJ/T 188, whose meters are stations: bytes that came after a question; never more
 * data than came, never a number of bytes below the frame's, and what decodes is an answer to what was asked. */
#pragma once

#include "answer.h"

#define HEAD (4 + HJ_STATION_BYTES) /* identifier, station */

static inline size_t station_mend(uint8_t *data, size_t n, size_t length_at)
{
	if (n > HEAD)
		mend_station(data + HEAD, n - HEAD, length_at);
	return n;
}

static inline int station_input(const struct hj_protocol *p, const uint8_t *data, size_t size)
{
	struct hj_question q = { .table = HJ_TABLE_DATA, .count = 1 }, heard;
	uint8_t frame[HJ_FRAME_MAX];
	struct hj_answer a;
	int whole, r;

	if (size < HEAD)
		return 0;
	memcpy(&q.address, data, 4);
	memcpy(q.station, data + 4, HJ_STATION_BYTES);
	r = p->encode(&q, frame);
	claim(r == -EINVAL || (r > 0 && r <= HJ_FRAME_MAX));
	data += HEAD;
	size -= HEAD;
	claim_answer(p, &q, data, size, &a, &whole);
	claim(a.length <= size);
	if (whole > 0) {
		r = p->decode(&q, data, (size_t)whole, &a);
		claim(r == 0 || r == -EBADMSG || r == -EREMOTEIO);
	}
	r = p->foreign(data, size, &heard);
	claim(r >= 0 && (size_t)r <= size);
	return 0;
}
