/* See kicked.h. What else closes connections, and how it differs:
 *
 * - A link that flaps ends in time-outs and errors, not in an orderly close, and is not back at the first try.
 * - A platform that restarts is not there for a moment; one that has lost its mind acknowledges nothing.
 * - One that closes after each answer does so in the moment of the answer, each time.
 * - One that closes idle connections does so after the same silence, each time.
 *
 * What is left is somebody else, whose own coming back keeps the pace. */
#include "kicked.h"

#include "hjgate/cleanup.h"

void kicked_clear(struct kicked *k)
{
	*k = (struct kicked){ 0 };
}

static bool looks_like_it(const struct kicked_end *e)
{
	return e->by_peer && e->at_once && e->ack_at && e->ended_at - e->up_at <= KICKED_LIFE_MOST;
}

/* The same silence each time, give or take a tenth. */
static bool all_idle(const struct kicked *k)
{
	hj_usec least = HJ_USEC_NEVER, most = 0;

	for (unsigned i = 0; i < KICKED_COUNT; i++) {
		least = hj_min(least, k->ring[i].idle);
		most = hj_max(most, k->ring[i].idle);
	}
	return least >= KICKED_IDLE_LEAST && most - least <= most / 10;
}

static bool all_answered(const struct kicked *k)
{
	for (unsigned i = 0; i < KICKED_COUNT; i++)
		if (!k->ring[i].answered)
			return false;
	return true;
}

bool kicked_ended(struct kicked *k, const struct kicked_end *e)
{
	hj_usec heard = hj_max(e->ack_at, e->heard_at);

	if (!looks_like_it(e)) {
		kicked_clear(k);
		return false;
	}
	k->ring[k->next].ended_at = e->ended_at;
	k->ring[k->next].idle = e->ended_at - heard;
	k->ring[k->next].answered = e->ended_at - e->ack_at < KICKED_ANSWER;
	k->next = (k->next + 1) % KICKED_COUNT;
	k->count = hj_min(k->count + 1, (unsigned)KICKED_COUNT);
	return k->count == KICKED_COUNT && e->ended_at - k->ring[k->next].ended_at <= KICKED_SPAN && !all_idle(k) &&
	       !all_answered(k);
}

unsigned kicked_minutes(const struct kicked *k)
{
	hj_usec newest = k->ring[(k->next + KICKED_COUNT - 1) % KICKED_COUNT].ended_at;
	hj_usec span = k->count == KICKED_COUNT ? newest - k->ring[k->next].ended_at : 0;

	return (unsigned)hj_max((span + 30 * HJ_USEC_PER_SEC) / (60 * HJ_USEC_PER_SEC), (hj_usec)1);
}
