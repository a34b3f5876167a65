/* Does another gateway use our MN? A platform that knows a gateway by its MN keeps one connection of it: when the
 * other one comes ours is closed, we come back and the other's is closed, and so on. Pure: time comes as a parameter.
 */
#pragma once

#include <stdbool.h>

#include "hjgate/clock.h"

#define KICKED_COUNT      5                        /* endings in a row that look like it */
#define KICKED_SPAN       (1800 * HJ_USEC_PER_SEC) /* within so long */
#define KICKED_LIFE_MOST  (300 * HJ_USEC_PER_SEC)  /* of each of these connections */
#define KICKED_QUIET      (600 * HJ_USEC_PER_SEC)  /* a connection that lives as long ends it */
#define KICKED_ANSWER     (500 * HJ_USEC_PER_MS)   /* an ending so soon after an acknowledgement belongs to that */
#define KICKED_IDLE_LEAST (5 * HJ_USEC_PER_SEC)    /* a time-out of the platform's for idle connections is longer */

/* How a connection ended. */
struct kicked_end {
	hj_usec up_at, ended_at;  /* mono */
	hj_usec ack_at, heard_at; /* mono: the newest acknowledgement, the newest frame in; 0 = none */
	bool by_peer;             /* closed in order by the other end */
	bool at_once;             /* it had been made at the first try */
};

struct kicked {
	struct {
		hj_usec ended_at, idle;
		bool answered; /* it ended with an acknowledgement */
	} ring[KICKED_COUNT];
	unsigned count, next;
};

/* True: the newest KICKED_COUNT connections ended as if somebody else had come. */
bool kicked_ended(struct kicked *k, const struct kicked_end *e);
void kicked_clear(struct kicked *k);
/* How many minutes the endings remembered took, 1 at least. */
unsigned kicked_minutes(const struct kicked *k);
