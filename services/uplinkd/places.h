/* Which of a platform's addresses is tried: pure, time comes as a parameter. The one that proved right is kept to;
 * where it fails all others are tried once before there is a pause. While a fall-back is in use the main one is due
 * again after a while, later and later where it connects but never acknowledges. */
#pragma once

#include <stdbool.h>

#include "hjgate/clock.h"

#define PLACES_MAIN_MOST (24 * 3600 * HJ_USEC_PER_SEC) /* between two tries of the main one */

struct places {
	unsigned count;
	unsigned at;   /* the one tried or in use; 0 is the main one */
	unsigned left; /* of this round, still untried */
	bool proved;   /* the one in use has acknowledged */
	hj_usec again, wait;
	hj_usec main_at; /* mono: the main one is due; counts while at != 0 */
};

void places_init(struct places *p, unsigned count, hj_usec again);
void places_proved(struct places *p, hj_usec now);
/* It was not reached, or was lost. True: the round goes on with another one; false: time for a pause. */
bool places_failed(struct places *p, hj_usec now);
/* When the main one is to be tried beside the one in use; HJ_USEC_NEVER: not at all. */
hj_usec places_main_due(const struct places *p);
/* It was: reached, it is in use from now on. */
void places_main_tried(struct places *p, bool reached, hj_usec now);

/* The next pause after `pause` (0 = none before): doubled, between LINK_PAUSE_FIRST and LINK_PAUSE_MOST; and what is
 * waited of it, +-20 % by a random number, so that a city's gateways do not come back all at once. */
#define LINK_PAUSE_FIRST HJ_USEC_PER_SEC
#define LINK_PAUSE_MOST  (60 * HJ_USEC_PER_SEC)
hj_usec link_pause_next(hj_usec pause);
hj_usec link_pause_jitter(hj_usec pause, uint32_t random);
