/* Some meters are silent when they are asked for a register that they do not have, where the standard wants exception
 * 2. Which holes are asked along is our own choice, so such a meter must not be taken for a dead one. A request that
 * has never been answered is followed by a question for one of its points alone: where that is answered, and the
 * whole, asked once more, is not, it is cut as a refused one is (src/meter/split), until what is silent stands alone.
 * A point that stands alone is known by the answers of its meter to others. What was answered once is never taken for
 * mute, so that a noisy line does not cut its requests up; and a meter that is dead answers nothing at all. */
#include "mute.h"

#include <stdio.h>

#include "hjgate/log.h"
#include "hjgate/now.h"
#include "meterd.h"

/* Of a request, before it is cut, and of one point, before it is told to be mute: on a line that swallows much, fewer
 * come by chance. While a culprit is searched, one is enough. */
#define SILENCES 3

static bool is_searched(const struct meterd *m, const struct hj_request *q)
{
	for (size_t k = 0; k < q->wants; k++)
		if (m->splits.in_question[m->plan.order[q->first + k]])
			return true;
	return false;
}

/* One more silence of a request whose meter lives. */
static bool is_enough(struct meterd *m, size_t request)
{
	const struct hj_request *q = &m->plan.requests[request];
	unsigned wanted = is_searched(m, q) ? 1 : SILENCES;
	struct mute *u = &m->mutes[request];

	hj_quarantine_excused(&m->quarantine, q->meter, u->cost);
	u->cost = 0;
	u->silences = (uint8_t)hj_min(u->silences + 1u, (unsigned)SILENCES);
	if (u->silences < wanted)
		return false;
	u->silences = SILENCES;
	return true;
}

static void tell(struct meterd *m, size_t request)
{
	const struct hj_request *q = &m->plan.requests[request];
	struct meter *meter = &m->meters[q->meter];
	char place[REQUESTS_PLACE_MAX];

	snprintf(meter->last_error, sizeof(meter->last_error), "no answer at %s, but to others%s",
	        requests_place(q, place), q->wants > 1 ? ": see barriers" : "");
}

bool mute_narrow(const struct meterd *m, const struct asking *a, struct hj_question *q)
{
	const struct hj_request *whole = &m->plan.requests[a->request];
	const struct mute *u = &m->mutes[a->request];
	const struct hj_want *one;

	if (whole->wants < 2 || a->turn == HJ_TURN_LOOK || !(u->asks_one || (a->turn == HJ_TURN_TRY && !u->known)))
		return false;
	one = &m->wants[m->plan.order[whole->first + u->which % whole->wants]];
	q->address = one->address;
	q->count = one->count;
	return true;
}

void mute_lives(struct meterd *m, const struct asking *a)
{
	struct mute *u = &m->mutes[a->request];
	bool asked_whole = u->asks_one;

	u->asks_one = false;
	if (asked_whole)
		tell(m, a->request);
	if (!asked_whole || !is_enough(m, a->request))
		hj_schedule_soon(&m->schedule, a->request, hj_now().mono);
	else
		requests_refused(m, a->request, true);
}

void mute_cost(struct meterd *m, const struct asking *a, hj_usec cost)
{
	struct mute *u = &m->mutes[a->request];

	if (!u->known && a->turn == HJ_TURN_ASK)
		u->cost += cost;
}

bool mute_looks(struct meterd *m, const struct asking *a, bool narrow)
{
	struct mute *u = &m->mutes[a->request];

	u->which += narrow; /* perhaps it was that one */
	u->cost = narrow ? 0 : u->cost;
	u->asks_one = !narrow && !u->known && a->turn == HJ_TURN_ASK && m->plan.requests[a->request].wants > 1;
	if (u->asks_one)
		hj_schedule_soon(&m->schedule, a->request, hj_now().mono);
	return u->asks_one;
}

bool mute_is_excused(struct meterd *m, const struct asking *a)
{
	const struct hj_request *q = &m->plan.requests[a->request];
	struct mute *u = &m->mutes[a->request];
	uint64_t answers = m->meters[q->meter].exchanges.answered, before = u->answers;

	if (q->wants > 1 || u->known || a->turn != HJ_TURN_ASK)
		return false;
	u->answers = answers;
	if (answers == before) {
		u->cost = 0; /* it may be dead */
		return false;
	}
	tell(m, a->request);
	if (!is_enough(m, a->request))
		return false;
	requests_refused(m, a->request, true);
	return true;
}

void mute_answered(struct meterd *m, size_t request)
{
	m->mutes[request] = (struct mute){ .known = true };
}

void mute_answered_late(struct meterd *m, size_t meter, const struct hj_question *late)
{
	for (size_t i = 0; i < m->plan.count; i++) {
		const struct hj_request *q = &m->plan.requests[i];

		if (q->meter == meter && q->table == late->table && q->address == late->address &&
		        q->count == late->count)
			mute_answered(m, i);
	}
}

bool mute_is_alone(const struct meterd *m, size_t request)
{
	return m->plan.requests[request].wants == 1 && m->mutes[request].silences >= SILENCES;
}

bool mute_is_dear(struct meterd *m, const struct asking *a)
{
	size_t meter = m->plan.requests[a->request].meter;
	hj_usec cost = hj_bus_cost_silent(&m->cost, hj_timeout_get(&m->meters[meter].timeout));

	return a->turn == HJ_TURN_ASK && mute_is_alone(m, a->request) &&
	       !hj_quarantine_affords(&m->quarantine, cost, hj_now().mono);
}
