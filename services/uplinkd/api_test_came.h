/* What a platform sent to a test (api_test.c): which of it acknowledged, and what of it says why nothing did. */
#pragma once

#include <jansson.h>

#include "frames.h"
#include "hjgate/hj212_message.h"

#define CAME_MN_MOST 32 /* bytes that are kept of one */

/* A frame, as a verdict names it. */
struct came_one {
	int cn; /* 0 = it could not be read, or none came */
	char qn[HJ_TIME17_LEN + 1], mn[CAME_MN_MOST + 1];
	const char *crc; /* its dialect; NULL: wrong by each */
	bool other_crc;  /* than ours */
};

/* What acknowledges nothing: where several came, the last of these says most. */
enum came_odd { CAME_NOTHING, CAME_BYTES, CAME_OTHER_CN, CAME_BAD_CRC, CAME_OTHER_MN, CAME_OTHER_QN };

struct came {
	struct came_one newest, taking,
	        odd_one; /* the last two: the newest that acknowledged, and the one of `odd` */
	enum came_odd odd;
};

/* Each gives a note for people, or NULL. */
const char *came_frame(struct came *c, enum hj212_crc ours, const char *frame, size_t n);
/* The fate of that frame; sent: for the QNs that are ours. */
const char *came_fate(struct came *c, enum hj212_fate fate, const struct frames *sent);

/* The verdict where nothing was acknowledged; NULL: nothing came that says why. */
const char *came_verdict(const struct came *c);
json_t *came_json(const struct came_one *one); /* NULL, or one that could not be read: null */
