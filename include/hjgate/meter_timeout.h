/* How long a unit may take to begin its answer, learned from the answers it gave. Pure. */
#pragma once

#include <stdbool.h>

#include "hjgate/clock.h"

/* Shorter is not believed: an adapter hands bytes on in bunches, and a busy box looks late. */
#define HJ_TIMEOUT_FLOOR   (100 * HJ_USEC_PER_MS)
#define HJ_TIMEOUT_CAP     (5 * HJ_USEC_PER_SEC) /* of a unit that was heard to answer too late, again and again */
#define HJ_TIMEOUT_LEARNED 8                     /* answers, before less than the configured time is waited */
#define HJ_TIMEOUT_RUN     64 /* the slowest of so many newest answers, or of twice as many, counts */
#define HJ_TIMEOUT_TIMES   2  /* the slowest of them: so long is waited */

struct hj_timeout {
	hj_usec whole;                   /* what is configured */
	hj_usec late;                    /* what an answer that came too late has shown to be needed; 0: none did */
	hj_usec slowest, slowest_before; /* of this run of answers and of the one before */
	unsigned answers;                /* of this run; HJ_TIMEOUT_RUN at most */
	bool learned;
};

void hj_timeout_init(struct hj_timeout *t, hj_usec configured);
/* The unit began to answer after `turnaround` (of a bus that cannot say: after so long the answer was there). */
void hj_timeout_answered(struct hj_timeout *t, hj_usec turnaround);
/* Its answer came after nobody waited for it any more. */
void hj_timeout_late(struct hj_timeout *t);

/* Of the newest answers; 0: none yet. */
hj_usec hj_timeout_slowest(const struct hj_timeout *t);
hj_usec hj_timeout_get(const struct hj_timeout *t);
