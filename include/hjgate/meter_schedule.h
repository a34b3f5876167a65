/* When to ask what on one bus. Every request has its interval and its place on a grid that begins with the base
 * windows, so that a record gets the same number of samples in each. Switches and states are looked at in between, on
 * a fast lane. Which meters are at rest is the quarantine's to say. It knows no clock: `now` is CLOCK_BOOTTIME,
 * handed down. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/clock.h"
#include "hjgate/meter_quarantine.h"

/* After the begin of an interval: a wall clock that is being slewed must not put a sample into the window before. At
 * most a quarter of the interval. */
#define HJ_SCHEDULE_MARGIN (500 * HJ_USEC_PER_MS)
#define HJ_SCHEDULE_SPREAD                                                                                           \
	(5 * HJ_USEC_PER_SEC)                  /* requests of one interval are spread over this; half of it at most */
#define HJ_SCHEDULE_STEP (50 * HJ_USEC_PER_MS) /* a smaller change of the wall clock against ours is let be */

/* Before the end of an interval: where what a total grew by in an interval is asked for. At most a quarter of the
 * interval, and only where all that is asked then takes no more than half of this, by the price list at first and
 * then as it was. */
#define HJ_SCHEDULE_LEAD (30 * HJ_USEC_PER_SEC)

/* What is asked how often. */
struct hj_timing {
	size_t meter;
	uint32_t interval_ms, fast_ms; /* fast_ms 0: not on the fast lane */
	bool total;                    /* a total is in it: what it shows at the end of an interval is wanted */
	hj_usec takes;                 /* of the bus, with the answer; 0: next to nothing */
};

struct hj_slot {
	size_t meter;
	hj_usec interval, fast, phase; /* phase: its place in the interval */
	hj_usec takes, took;           /* by the price list; as its answers were, smoothed, 0: not known */
	bool total, at_end;            /* at_end: its place is there */
	hj_usec due;                   /* a sample is wanted */
	hj_usec look;                  /* to see whether it changed; HJ_USEC_NEVER */
	hj_usec soon;                  /* wanted at once, apart from the grid, since then; HJ_USEC_NEVER */
	hj_usec tried;                 /* to see whether its meter answers again */
};

struct hj_schedule {
	struct hj_slot *slots;
	size_t *by_interval; /* indexes into them */
	size_t count;
	int64_t origin;    /* our clock minus the wall clock that the grid is of */
	bool was_fast;     /* the question before */
	uint64_t overruns; /* due times passed over because the bus had no time for them */
};

/* The grid of this moment: intervals are counted as base windows are. */
int64_t hj_schedule_origin(const struct hj_now *now);

/* All are asked once at once, and from then on on the grid. -ENOMEM; -EINVAL for an interval of 0. */
int hj_schedule_init(
        struct hj_schedule *s, const struct hj_timing *timings, size_t count, int64_t origin, hj_usec now);
void hj_schedule_done(struct hj_schedule *s);

enum hj_turn {
	HJ_TURN_NONE, /* nothing is due */
	HJ_TURN_ASK,  /* ask this request now: its samples are wanted */
	HJ_TURN_LOOK, /* ask it to see whether anything changed */
	HJ_TURN_TRY,  /* ask it since its meter is at rest and may answer again; no longer than ret->cost */
	HJ_TURN_MISS, /* it is due but its meter is at rest: its samples are missed */
};
struct hj_due {
	size_t slot;
	bool on_grid; /* not only wanted at once */
	hj_usec due;  /* when it was */
	hj_usec cost; /* of a try: what it may cost at most */
};

/* What comes first; its next due time is set, whatever becomes of this turn. Whoever gets a question or a try tells
 * the quarantine what became of it. */
enum hj_turn hj_schedule_next(struct hj_schedule *s, struct hj_quarantine *q, hj_usec now, struct hj_due *ret);

/* When hj_schedule_next() will have something; HJ_USEC_NEVER. */
hj_usec hj_schedule_due(const struct hj_schedule *s, const struct hj_quarantine *q);

/* The same two while the port is closed and nobody can be asked: a try, which costs the purse and the next rest, is
 * left until it can be made. */
enum hj_turn hj_schedule_closed(
        struct hj_schedule *s, const struct hj_quarantine *q, hj_usec now, struct hj_due *ret);
hj_usec hj_schedule_closed_due(const struct hj_schedule *s, const struct hj_quarantine *q);

/* This request apart from the grid, at `when`; since then, where that is past: its deadline is reckoned from it. */
void hj_schedule_soon(struct hj_schedule *s, size_t slot, hj_usec when);
/* All of them: the port is there again. */
void hj_schedule_all_soon(struct hj_schedule *s, hj_usec now);
/* A try of this request was answered: the others of its meter at once. */
void hj_schedule_revived(struct hj_schedule *s, size_t slot, hj_usec now);
/* An answer to this request took so much of the bus's time. */
void hj_schedule_took(struct hj_schedule *s, size_t slot, hj_usec took);
/* Totals have their places anew, as the answers have taken: for the begin of a base window. One whose interval has no
 * other place any more is asked at once. */
void hj_schedule_place(struct hj_schedule *s, hj_usec now);
/* Where the wall clock has moved against ours, the grid follows it; what lost its place by that is asked at once. */
void hj_schedule_align(struct hj_schedule *s, int64_t origin, hj_usec now);
