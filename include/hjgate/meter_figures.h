/* How well one meter answers: shares of the last hour, day and 30 days (the guideline wants 95 %: W2), and how long
 * it takes. Pure: times are handed down. What is kept over a restart is hours and days; the round trips are not. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hjgate/buf.h"
#include "hjgate/clock.h"

#define HJ_FIGURES_MINUTES 60
#define HJ_FIGURES_HOURS   24
#define HJ_FIGURES_DAYS    30
#define HJ_FIGURES_TRIPS   256  /* the newest round trips, of which the quantiles are */
#define HJ_FIGURES_GOAL    95.0 /* percent: guideline 4.2 (W2) */

/* What became of one collection: a request with all its tries. */
struct hj_tally {
	uint32_t wanted, got;
};

/* A ring of tallies; `at` is the period (of one minute, hour, day since 1970) of the newest. */
struct hj_figures {
	struct hj_tally minutes[HJ_FIGURES_MINUTES], hours[HJ_FIGURES_HOURS], days[HJ_FIGURES_DAYS];
	int64_t minute, hour, day;        /* the newest of each */
	uint16_t trips[HJ_FIGURES_TRIPS]; /* in tenths of a ms, 6.5 s at most */
	uint16_t trip_count, trip_next;
};

void hj_figures_init(struct hj_figures *f, int64_t now_ms);
/* A collection: answered (an exception is an answer that brought nothing: got false), or not. A clock that is set
 * back counts into the newest period until it is passed again; where it was 30 days ahead or more, what was counted
 * then is forgotten, since that period may be years away. */
void hj_figures_add(struct hj_figures *f, int64_t now_ms, bool got);
void hj_figures_trip(struct hj_figures *f, hj_usec took);

struct hj_figures_look {
	double hour, day, month; /* percent, rounded down to a tenth; NaN where nothing was wanted */
	struct hj_tally of_hour, of_day, of_month;
	double p50_ms, p95_ms, max_ms; /* of the newest round trips; NaN without any */
};
void hj_figures_look(const struct hj_figures *f, int64_t now_ms, struct hj_figures_look *ret);

/* Hours and days, 8 bytes each and 16 more. -EBADMSG where the bytes are not such. */
int hj_figures_encode(const struct hj_figures *f, struct hj_buf *to);
int hj_figures_decode(struct hj_reader *in, struct hj_figures *ret);
