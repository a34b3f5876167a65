/* A bus without a wire: the schedule, the quarantine and the learned time-outs driven as services/meterd/poll.c
 * drives them, in virtual time. Each question costs what it costs on a real one; a unit that is dead costs the time-
 * out. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_cost.h"
#include "hjgate/meter_quarantine.h"
#include "hjgate/meter_schedule.h"
#include "hjgate/meter_timeout.h"

#define VIRTUAL_METERS_MAX   32
#define VIRTUAL_REQUESTS_MAX 256

struct virtual_request {
	struct hj_timing timing;
	hj_usec takes;           /* with the answer */
	hj_usec first, last;     /* answered */
	hj_usec latest, longest; /* after its due time; between two answers */
	uint64_t answered, looked, missed, failed;
	hj_usec due;  /* the newest due time of the grid */
	bool drifted; /* a due time that was no whole number of intervals after the one before */
};

struct virtual_bus {
	struct hj_schedule schedule;
	struct hj_quarantine quarantine;
	struct hj_timeout timeouts[VIRTUAL_METERS_MAX];
	struct virtual_request requests[VIRTUAL_REQUESTS_MAX];
	size_t meters, count;
	struct hj_bus_cost cost;
	hj_usec turnaround[VIRTUAL_METERS_MAX];
	bool dead[VIRTUAL_METERS_MAX];
	hj_usec now, busy;
	unsigned retries;

	size_t again; /* count: none */
	enum hj_turn again_turn;
	unsigned again_tries;
};

static inline int virtual_bus_init(
        struct virtual_bus *b, size_t meters, hj_usec timeout, unsigned retries, int64_t origin)
{
	_cleanup_free_ struct hj_timing *timings = calloc(b->count + 1, sizeof(*timings));
	int r;

	for (size_t i = 0; timings && i < b->count; i++)
		timings[i] = b->requests[i].timing;
	for (size_t i = 0; i < meters; i++)
		hj_timeout_init(&b->timeouts[i], timeout);
	b->meters = meters;
	b->retries = retries;
	b->again = b->count;
	r = timings ? hj_schedule_init(&b->schedule, timings, b->count, origin, b->now) : -1;
	if (r >= 0)
		r = hj_quarantine_init(
		        &b->quarantine, meters, hj_bus_cost_silent(&b->cost, timeout), 1 + retries, b->now);
	return r;
}

static inline void virtual_bus_done(struct virtual_bus *b)
{
	hj_schedule_done(&b->schedule);
	hj_quarantine_done(&b->quarantine);
}

static inline void virtual_answered(struct virtual_bus *b, size_t i, enum hj_turn turn)
{
	struct virtual_request *q = &b->requests[i];
	size_t meter = q->timing.meter;
	bool rested = hj_quarantine_has(&b->quarantine, meter);

	b->now += q->takes;
	b->busy += q->takes;
	hj_timeout_answered(&b->timeouts[meter], b->turnaround[meter]);
	hj_quarantine_answered(&b->quarantine, meter);
	if (rested)
		hj_schedule_revived(&b->schedule, i, b->now);
	if (turn == HJ_TURN_LOOK) {
		q->looked++;
		return;
	}
	q->answered++;
	q->longest = q->last ? hj_max(q->longest, b->now - q->last) : 0;
	q->first = q->first ? q->first : b->now;
	q->last = b->now;
}

static inline void virtual_silent(struct virtual_bus *b, size_t i, enum hj_turn turn, unsigned tries, hj_usec most)
{
	struct virtual_request *q = &b->requests[i];
	size_t meter = q->timing.meter;
	hj_usec timeout = hj_timeout_get(&b->timeouts[meter]), besides = hj_bus_cost_silent(&b->cost, 0), cost;

	if (turn == HJ_TURN_TRY)
		timeout = hj_min(timeout, most - besides);
	else if (tries > 1)
		timeout = hj_max(timeout, b->timeouts[meter].whole);
	cost = besides + timeout;
	b->now += cost;
	b->busy += cost;
	hj_quarantine_silent(&b->quarantine, meter, cost, b->now);
	if (turn == HJ_TURN_ASK && tries <= b->retries && b->again == b->count &&
	        hj_quarantine_may_repeat(&b->quarantine, meter, b->timeouts[meter].whole, b->now)) {
		b->again = i;
		b->again_turn = turn;
		b->again_tries = tries;
		return;
	}
	q->failed += turn == HJ_TURN_ASK;
	hj_quarantine_failed(&b->quarantine, meter, true, b->now);
}

static inline void virtual_due(struct virtual_request *q, const struct hj_due *due)
{
	hj_usec interval = q->timing.interval_ms * HJ_USEC_PER_MS;

	if (!due->on_grid)
		return;
	q->drifted |= q->due && (due->due - q->due) % interval;
	q->due = due->due;
}

/* One turn: at most one question, or a pause that ends at `until` at the latest. */
static inline void virtual_bus_turn(struct virtual_bus *b, hj_usec until)
{
	struct hj_due due = { 0 };
	enum hj_turn turn;
	unsigned tries = 1;
	size_t i;

	if (b->again < b->count && !hj_schedule_fast_is_due(&b->schedule, &b->quarantine, b->now)) {
		i = b->again;
		turn = b->again_turn;
		tries = b->again_tries + 1;
		b->again = b->count;
	} else {
		turn = hj_schedule_next(&b->schedule, &b->quarantine, b->now, &due);
		i = due.slot;
		if (turn == HJ_TURN_NONE) {
			hj_usec next = hj_schedule_due(&b->schedule, &b->quarantine);

			next = hj_max(next, b->now + 1);
			b->now = hj_min(next, until);
			return;
		}
		virtual_due(&b->requests[i], &due);
		if (turn == HJ_TURN_MISS) {
			b->requests[i].missed++;
			return;
		}
		if (due.on_grid || turn == HJ_TURN_LOOK)
			b->requests[i].latest = hj_max(b->requests[i].latest, b->now - due.due);
	}
	if (b->dead[b->requests[i].timing.meter])
		virtual_silent(b, i, turn, tries, due.cost);
	else
		virtual_answered(b, i, turn);
}
