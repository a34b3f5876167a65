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
	hj_usec due;       /* the newest due time of the grid */
	uint64_t in_time;  /* answered before the next due time of the grid, ... */
	uint64_t too_late; /* ... or after it; due until `count_until`, where that is set */
	unsigned tries;
	bool on_grid; /* the question of now */
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
	hj_usec count_from, count_until; /* due times that are counted; 0: no end */
	unsigned retries;
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
	r = timings ? hj_schedule_init(&b->schedule, timings, b->count, origin, b->now) : -1;
	if (r >= 0)
		r = hj_quarantine_init(
		        &b->quarantine, meters, hj_bus_cost_silent(&b->cost, 0), timeout, 1 + retries, b->now);
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
	hj_quarantine_answered(
	        &b->quarantine, meter, hj_bus_cost_silent(&b->cost, hj_timeout_slowest(&b->timeouts[meter])));
	if (rested)
		hj_schedule_revived(&b->schedule, i, b->now);
	if (turn == HJ_TURN_LOOK) {
		q->looked++;
		return;
	}
	q->answered++;
	if (q->on_grid && q->due > b->count_from && (!b->count_until || q->due <= b->count_until))
		(*(b->now <= q->due + q->timing.interval_ms * HJ_USEC_PER_MS ? &q->in_time : &q->too_late))++;
	q->longest = q->last ? hj_max(q->longest, b->now - q->last) : 0;
	q->first = q->first ? q->first : b->now;
	q->last = b->now;
}

static inline void virtual_silent(
        struct virtual_bus *b, size_t i, enum hj_turn turn, unsigned tries, const struct hj_due *due)
{
	struct virtual_request *q = &b->requests[i];
	size_t meter = q->timing.meter;
	hj_usec timeout = hj_timeout_get(&b->timeouts[meter]), besides = hj_bus_cost_silent(&b->cost, 0), cost;

	if (turn == HJ_TURN_TRY)
		timeout = hj_min(timeout, due->cost - besides);
	else if (tries > 1)
		timeout = hj_max(timeout, b->timeouts[meter].whole);
	cost = besides + timeout;
	b->now += cost;
	b->busy += cost;
	hj_quarantine_silent(&b->quarantine, meter, cost, b->now);
	if (turn == HJ_TURN_ASK && tries <= b->retries &&
	        hj_quarantine_may_repeat(&b->quarantine, meter, b->timeouts[meter].whole, b->now)) {
		q->tries = tries;
		hj_schedule_soon(&b->schedule, i, due->due);
		return;
	}
	q->failed += turn == HJ_TURN_ASK;
	hj_quarantine_failed(&b->quarantine, meter, true, b->now);
}

static inline void virtual_due(struct virtual_request *q, const struct hj_due *due)
{
	hj_usec interval = q->timing.interval_ms * HJ_USEC_PER_MS;

	q->on_grid = due->on_grid;
	if (!due->on_grid)
		return;
	q->drifted |= q->due && (due->due - q->due) % interval;
	q->due = due->due;
}

/* One turn: at most one question, or a pause that ends at `until` at the latest. */
static inline void virtual_bus_turn(struct virtual_bus *b, hj_usec until)
{
	struct hj_due due = { 0 };
	enum hj_turn turn = hj_schedule_next(&b->schedule, &b->quarantine, b->now, &due);
	struct virtual_request *q = &b->requests[due.slot];
	unsigned tries = 0;

	if (turn == HJ_TURN_NONE) {
		hj_usec next = hj_schedule_due(&b->schedule, &b->quarantine);

		next = hj_max(next, b->now + 1);
		b->now = hj_min(next, until);
		return;
	}
	if (turn != HJ_TURN_TRY) {
		if (!due.on_grid && turn == HJ_TURN_ASK)
			tries = q->tries;
		q->failed += q->tries && due.on_grid;
		q->tries = 0;
	}
	if (!tries)
		virtual_due(q, &due);
	if (turn == HJ_TURN_MISS) {
		q->missed++;
		return;
	}
	if ((due.on_grid || turn == HJ_TURN_LOOK) && due.due > b->count_from)
		q->latest = hj_max(q->latest, b->now - due.due);
	if (b->dead[q->timing.meter])
		virtual_silent(b, due.slot, turn, tries + 1, &due);
	else
		virtual_answered(b, due.slot, turn);
}
