/* Questions to stations and frames as documents print them, for the tests of DL/T 645 and CJ/T 188. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "hjgate/meter_protocol.h"

/* "68 AA 01": how many bytes. */
static inline size_t hex(const char *text, uint8_t *to)
{
	size_t n = 0;
	unsigned byte;

	for (; sscanf(text, " %2x", &byte) == 1; text += strspn(text, " ") + 2)
		to[n++] = (uint8_t)byte;
	return n;
}

/* station NULL: all. */
static inline struct hj_question question(const struct hj_protocol *p, const char *station, uint32_t identifier)
{
	struct hj_question q = { .table = HJ_TABLE_DATA, .address = identifier, .count = 1 };

	if (station)
		hj_station_parse(station, q.station);
	else
		memset(q.station + HJ_STATION_BYTES - p->station_bytes, HJ_STATION_ANY, p->station_bytes);
	return q;
}

/* Those whose address ends in these digits, an even number of them. */
static inline struct hj_question question_last(const struct hj_protocol *p, const char *digits, uint32_t identifier)
{
	struct hj_question q = question(p, NULL, identifier);
	uint8_t station[HJ_STATION_BYTES];
	size_t n = strlen(digits) / 2;

	hj_station_parse(digits, station);
	memcpy(q.station + HJ_STATION_BYTES - n, station + HJ_STATION_BYTES - n, n);
	return q;
}

/* A whole frame, measured before it is decoded. */
static inline int take(
        const struct hj_protocol *p, const struct hj_question *q, const char *frame, struct hj_answer *ret)
{
	uint8_t bytes[HJ_FRAME_MAX];
	size_t n = hex(frame, bytes);
	const char *why = NULL;

	assert_int_equal(p->measure(q, bytes, n, &why), n);
	return p->decode(q, bytes, n, ret);
}
