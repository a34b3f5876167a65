/* A bucket of messages: never more than `rate` of them in any minute, a few at once and the others evenly. Pure. */
#pragma once

#include "hjgate/clock.h"

struct bucket {
	int64_t rate;   /* a minute; 0 = no limit */
	hj_usec at;     /* when `drops` was true */
	uint64_t drops; /* BUCKET_MESSAGE of them are a message */
};
#define BUCKET_MESSAGE (60 * HJ_USEC_PER_SEC)

void bucket_init(struct bucket *b, int64_t rate, hj_usec now); /* full */
/* As it was before a restart, so long ago. */
void bucket_restore(struct bucket *b, uint64_t drops, hj_usec ago, hj_usec now);
/* 0: one may be sent now, and is counted; else the time at which one may. */
hj_usec bucket_take(struct bucket *b, hj_usec now);
