/* See places.h. A main address that takes connections and acknowledges nothing is worse than one that refuses: each
 * try of it costs the time of an unanswered upload, so the time to the next try doubles until it has proved right. */
#include "places.h"

#include "hjgate/cleanup.h"

void places_init(struct places *p, unsigned count, hj_usec again)
{
	*p = (struct places){ .count = count, .left = count - 1, .again = again, .wait = again };
}

void places_proved(struct places *p, hj_usec now)
{
	if (p->proved)
		return;
	p->proved = true;
	p->left = p->count - 1;
	if (p->at)
		p->main_at = now + p->wait;
	else
		p->wait = p->again;
}

static void first_again(struct places *p)
{
	p->at = 0;
	p->left = p->count - 1;
}

bool places_failed(struct places *p, hj_usec now)
{
	if (p->proved) {
		p->proved = false;
		p->left = p->count - 1;
		if (p->at && now >= p->main_at)
			first_again(p);
		return false;
	}
	if (!p->left) {
		first_again(p);
		return false;
	}
	p->left--;
	p->at = (p->at + 1) % p->count;
	return true;
}

hj_usec places_main_due(const struct places *p)
{
	return p->at && p->proved ? p->main_at : HJ_USEC_NEVER;
}

void places_main_tried(struct places *p, bool reached, hj_usec now)
{
	if (!reached) {
		p->main_at = now + p->wait;
		return;
	}
	p->wait = hj_min(2 * p->wait, (hj_usec)PLACES_MAIN_MOST);
	p->proved = false;
	first_again(p);
}

hj_usec link_pause_next(hj_usec pause)
{
	return pause ? hj_min(2 * pause, (hj_usec)LINK_PAUSE_MOST) : LINK_PAUSE_FIRST;
}

hj_usec link_pause_jitter(hj_usec pause, uint32_t random)
{
	return pause * 8 / 10 + pause * 4 / 10 * (random % 1001) / 1000;
}
