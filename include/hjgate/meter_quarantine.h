/* Units that do not answer: what their silence may cost the bus, and when each is tried again. Pure: `now` is
 * CLOCK_BOOTTIME, handed down.
 *
 * Every silence is paid for. A unit has a credit of its own, enough to fall silent once; it grows back slowly, so
 * that one that comes and goes uses it up and is then at rest after a single silence. What credit does not cover, and
 * each try of a unit at rest, is paid from one purse for the whole bus, into which a fixed share of time flows. An
 * empty purse means waiting. So together all of it stays below 2 % of the bus's time, whatever the units do. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/clock.h"

#define HJ_QUARANTINE_FAILURES 3 /* questions in a row, each with its tries, before a unit with credit is at rest */
/* Shares of the bus's time, in millionths: of the purse, and of all credits together. 18,000: a bus that is never
 * idle is slowed by 1.83 %. */
#define HJ_QUARANTINE_PURSE_PPM  16500
#define HJ_QUARANTINE_CREDIT_PPM 1500
#define HJ_QUARANTINE_REST_FIRST (5 * HJ_USEC_PER_SEC)  /* between two tries of a unit; doubles ... */
#define HJ_QUARANTINE_REST_MOST  (25 * HJ_USEC_PER_SEC) /* ... up to this: with its turn to come, within 30 s */
/* What a try may cost where the purse does not hold more: twice in HJ_QUARANTINE_REST_MOST it is in the purse. */
#define HJ_QUARANTINE_TRY      (180 * HJ_USEC_PER_MS)
#define HJ_QUARANTINE_TRY_MOST (240 * HJ_USEC_PER_MS) /* on a line so slow that nobody could answer within that */
#define HJ_QUARANTINE_ANSWER   (100 * HJ_USEC_PER_MS) /* it should leave so long for the answer to begin */
#define HJ_QUARANTINE_SAVED    4                      /* so many tries are saved up in a quiet time */
#define HJ_QUARANTINE_WHOLE_EACH                                                                                     \
	8 /* where three or more are at rest, one try in so many is with the whole time-out */

struct hj_unit {
	bool resting;
	bool heard; /* it answered too late: it lives */
	unsigned failures, tries;
	hj_usec cost;  /* of its newest silence */
	hj_usec least; /* what a try must be given: more than its answers have needed */
	hj_usec whole; /* what a question to it costs with the whole time-out; 0: as of the others */
	hj_usec tried, rest;
	int64_t credit; /* in millionths of a microsecond */
	hj_usec credited;
	uint64_t times; /* that it went to rest */
};

struct hj_quarantine {
	struct hj_unit *units;
	size_t count, resting;
	hj_usec least; /* what a try must be given: more than its answers have needed */
	hj_usec whole; /* what a question costs that nobody answers, with the whole time-out */
	int64_t credit_most;
	int64_t purse; /* in millionths of a microsecond */
	hj_usec filled;
};

/* A question that is not answered costs `besides` and the time-out; each is tried so often. -ENOMEM. */
int hj_quarantine_init(
        struct hj_quarantine *q, size_t units, hj_usec besides, hj_usec timeout, unsigned tries, hj_usec now);
void hj_quarantine_done(struct hj_quarantine *q);

bool hj_quarantine_has(const struct hj_quarantine *q, size_t unit);

/* A unit to be tried now. *ret_cost is what that question may cost at most. */
bool hj_quarantine_next(struct hj_quarantine *q, hj_usec now, size_t *ret_unit, hj_usec *ret_cost);
/* When hj_quarantine_next() will have one; HJ_USEC_NEVER. */
hj_usec hj_quarantine_due(const struct hj_quarantine *q);

/* `needs`: the longest from the begin of a question to the begin of an answer, of its newest answers. */
void hj_quarantine_answered(struct hj_quarantine *q, size_t unit, hj_usec needs);
/* A question, or one more try of it, cost so much and brought no answer. */
void hj_quarantine_silent(struct hj_quarantine *q, size_t unit, hj_usec cost, hj_usec now);
/* Silences that cost so much were not the unit's fault: it has its credit back, and the purse pays. */
void hj_quarantine_excused(struct hj_quarantine *q, size_t unit, hj_usec cost);
/* May a silence that costs so much be paid from the purse, with a try of each unit at rest left in it? */
bool hj_quarantine_affords(struct hj_quarantine *q, hj_usec cost, hj_usec now);
/* May this question be asked again? Not where the one before failed, too. `cost` of one more silence. */
bool hj_quarantine_may_repeat(struct hj_quarantine *q, size_t unit, hj_usec cost, hj_usec now);
/* A question has failed with all its tries. `silent`: and not by broken answers, which cost no more than good ones.
 * */
void hj_quarantine_failed(struct hj_quarantine *q, size_t unit, bool silent, hj_usec now);
/* Its answer came after nobody waited for it any more. `whole`: what a question costs with the time-out that this has
 * taught. */
void hj_quarantine_heard(struct hj_quarantine *q, size_t unit, hj_usec whole);
