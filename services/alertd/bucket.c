/* See bucket.h. What it holds and what flows into it in a minute are together the rate: so half of a minute's
 * messages may go at once, and whatever happened before, no minute has more than all of them. */
#include "bucket.h"

#include "hjgate/cleanup.h"

static uint64_t holds(const struct bucket *b)
{
	return hj_max((uint64_t)b->rate / 2, (uint64_t)1);
}

/* A minute; at a rate of 1 a minute may have two. */
static uint64_t flows(const struct bucket *b)
{
	return hj_max((uint64_t)b->rate - holds(b), (uint64_t)1);
}

void bucket_init(struct bucket *b, int64_t rate, hj_usec now)
{
	b->rate = rate;
	b->at = now;
	b->drops = rate ? holds(b) * BUCKET_MESSAGE : 0;
}

static void fill(struct bucket *b, hj_usec passed)
{
	/* It is full long before these have passed. */
	passed = hj_min(passed, 2 * BUCKET_MESSAGE);
	b->drops = hj_min(b->drops + passed * flows(b), holds(b) * BUCKET_MESSAGE);
}

void bucket_restore(struct bucket *b, uint64_t drops, hj_usec ago, hj_usec now)
{
	b->at = now;
	if (!b->rate)
		return;
	b->drops = hj_min(drops, holds(b) * BUCKET_MESSAGE);
	fill(b, ago);
}

hj_usec bucket_take(struct bucket *b, hj_usec now)
{
	if (!b->rate)
		return 0;
	if (now > b->at)
		fill(b, now - b->at);
	b->at = now;
	if (b->drops >= BUCKET_MESSAGE) {
		b->drops -= BUCKET_MESSAGE;
		return 0;
	}
	return now + (BUCKET_MESSAGE - b->drops + flows(b) - 1) / flows(b);
}
