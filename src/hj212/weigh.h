/* One candidate for a frame, weighed: what frame.c finds out and finder.c acts on. */
#pragma once

#include "hjgate/hj212_frame.h"

#define HJ212_HEAD     HJ212_FRAME_HEAD
#define HJ212_DEBT_MAX (16u * HJ212_DATA_ACCEPT) /* CRC bytes not paid for: above it candidates are given up unread */

/* Of a candidate; above 0: the frame's length on the wire. */
enum { HJ212_MORE = 0, HJ212_GIVE_UP = -1 };

/* "##" at b + start; the bytes reach to b + end. */
struct hj212_view {
	const char *b;
	size_t start, end;
	bool ended;   /* nothing follows for now */
	bool lenient; /* a wrong CRC is taken where it is a frame to the eye */
	struct hj212_edge *edge;
	size_t *debt;
	uint64_t *work;
};

bool hj212_is_head(const char *p); /* of HJ212_HEAD bytes */
int hj212_weigh(struct hj212_view *v, struct hj212_frame *ret);
