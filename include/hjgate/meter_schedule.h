/* When to ask what on one bus: every request has its interval, none drifts, and a meter that does not answer is asked
 * seldom, so that its time-outs do not spoil the others' time. It knows no clock: `now` is CLOCK_BOOTTIME, handed
 * down. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/clock.h"

#define HJ_SCHEDULE_FAILURES   3                      /* in a row, before a meter is asked seldom */
#define HJ_SCHEDULE_REST_FIRST (5 * HJ_USEC_PER_SEC)  /* between two questions to it; doubles ... */
#define HJ_SCHEDULE_REST_MOST  (30 * HJ_USEC_PER_SEC) /* ... up to this */
#define HJ_SCHEDULE_SPREAD                                                                                           \
	(5 * HJ_USEC_PER_SEC) /* the first questions are spread over this, or over their interval */

struct hj_slot {
	size_t meter; /* 0 .. meters-1 */
	hj_usec interval, due;
};

struct hj_rest {
	unsigned failures;   /* in a row */
	hj_usec rest, until; /* asked again at `until` */
};

struct hj_schedule {
	struct hj_slot *slots;
	size_t count;
	struct hj_rest *rests;
	size_t meters;
	uint64_t overruns; /* due times passed over because the bus had no time for them */
};

/* meters[i] and intervals_ms[i] belong to request i. -ENOMEM; -EINVAL for an interval of 0. */
int hj_schedule_init(struct hj_schedule *s, const size_t *meters, const uint32_t *intervals_ms, size_t count,
        size_t meter_count, hj_usec now);
void hj_schedule_done(struct hj_schedule *s);

/* Nothing is due; ask this request now; or it is due but its meter is at rest: its samples are missed at *ret_due. */
enum hj_turn { HJ_TURN_NONE, HJ_TURN_ASK, HJ_TURN_MISS };

/* The request most overdue; its next due time is set, whatever becomes of this turn. */
enum hj_turn hj_schedule_next(struct hj_schedule *s, hj_usec now, size_t *ret_slot, hj_usec *ret_due);

/* When hj_schedule_next() will have something; HJ_USEC_NEVER without requests. */
hj_usec hj_schedule_due(const struct hj_schedule *s);

/* What became of a question (of all its tries). */
void hj_schedule_result(struct hj_schedule *s, size_t slot, bool answered, hj_usec now);

/* Is this request's meter asked seldom at present? Then one try is enough. */
bool hj_schedule_resting(const struct hj_schedule *s, size_t slot);
