/* What the backlog may cost: so many frames a minute, in these hours, so many bytes a day. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hjgate/clock.h"

struct limits {
	/* as configured; 0 = no limit */
	unsigned rate;             /* frames a minute */
	unsigned from_min, to_min; /* of the day in Beijing, 0..1440; equal = the whole day */
	uint64_t budget;           /* bytes a day, of everything to this platform */

	hj_usec next_at; /* mono: the next record of the backlog, by the rate */
	int64_t day_ms;  /* begin of the day that `sent` is of, ms UTC */
	uint64_t sent, sent_bulk;
	int64_t since_ms;   /* when counting of this day began */
	int64_t spent_told; /* the day whose end of budget is told */
};

enum limits_why { LIMITS_FREE, LIMITS_RATE, LIMITS_HOURS, LIMITS_BUDGET };
const char *limits_why_name(enum limits_why why); /* NULL: free, or a moment's pause */

/* Why the backlog may not send now, and until when, mono. */
enum limits_why limits_hold(const struct limits *l, struct hj_now now, hj_usec *ret_until);
void limits_frame(struct limits *l, uint64_t n, struct hj_now now); /* one of the backlog, of about n bytes */
void limits_bytes(struct limits *l, uint64_t n, struct hj_now now); /* handed to the network, whatever it is */
uint64_t limits_today(const struct limits *l, struct hj_now now);   /* bytes */
/* What was sent of this day before we began. */
void limits_restore(struct limits *l, int64_t day_ms, uint64_t sent, struct hj_now now);
/* True once a day: the budget is spent. */
bool limits_tell_spent(struct limits *l, struct hj_now now);

/* What one record costs, smoothed. */
struct limits_record {
	hj_usec each; /* from one to the next, without limits */
	double frames, bytes;
};
/* Seconds until `waiting` records have gone, -1 = not within a thousand days. */
int64_t limits_eta(const struct limits *l, uint64_t waiting, const struct limits_record *r, struct hj_now now);

/* ---- is more coming in than goes out? ---- */
struct growth {
	hj_usec since; /* 0 = not looked yet */
	int64_t was;
	bool growing, said;
};
/* 1: it has begun to grow, -1: it grows no longer, 0: as before. Looked at each `period` of being connected. What the
 * program before had said may still hold, so "no longer" is also the first answer where it does not grow. */
int growth_look(struct growth *g, int64_t waiting, bool up, hj_usec period, hj_usec now);
