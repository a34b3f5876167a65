/* How many bytes a day, measured: in days of the wall clock, each with the time in which it was measured, so that a
 * box that is off half of the day, or was started an hour ago, is not mistaken. Pure: `now` and bytes in. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "hjgate/buf.h"
#include "hjgate/clock.h"

#define HJ_RATE_DAYS     8                          /* kept */
#define HJ_RATE_LEAST_MS (6 * 3600 * HJ_MS_PER_SEC) /* measured, before it says anything */

struct hj_rate {
	struct hj_rate_day {
		int64_t day;       /* its begin, ms UTC */
		int64_t ms, bytes; /* measured in it */
	} days[HJ_RATE_DAYS];
	size_t count;
	uint64_t total;   /* bytes, since the first measure */
	int64_t since_ms; /* of the wall clock then; 0 = nothing yet */
	hj_usec noted;    /* of the last measure; 0 = none in this process. Not kept. */
};

/* Bytes since the call before. The first call of a process begins the measure: its bytes count, its time does not. */
void hj_rate_note(struct hj_rate *r, const struct hj_now *now, int64_t bytes);
/* -1: not yet known. */
double hj_rate_per_day(const struct hj_rate *r);

int hj_rate_encode(const struct hj_rate *r, struct hj_buf *to);
int hj_rate_decode(const void *data, size_t n, struct hj_rate *ret); /* -EBADMSG */
