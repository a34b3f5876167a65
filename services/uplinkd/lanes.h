/* What waits to be sent, and what goes next. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hjgate/buf.h"
#include "hjgate/clock.h"

/* One record (or the real-time values of a moment) put into words. `items` is its CP without the DataTime. */
struct job {
	uint64_t seq; /* 0 = no record of the store */
	int cn;
	int64_t label_ms;
	hj_usec not_before; /* mono */
	bool again;         /* it may have gone out before */
	struct hj_buf items;
	/* Other records that this upload is made of as well (a min_interval above the base window). */
	struct job_also {
		uint64_t from, to;
	} * also;
	unsigned also_count;
};
void job_done(struct job *j);
bool job_has(const struct job *j, uint64_t seq);
uint64_t job_least(const struct job *j);   /* of its records; 0: it is of none */
uint64_t job_records(const struct job *j); /* of the store; 0 for real-time data and history */

enum lane { LANE_LIVE, LANE_BACKLOG, LANE_HISTORY, LANE_QUEUES, LANE_REALTIME = LANE_QUEUES, LANE_NONE };

#define LANE_JOBS 16 /* of one lane; what finds no place is still owed by the store and is read again */

struct lanes {
	struct lane_queue {
		struct job jobs[LANE_JOBS];
		unsigned first, count;
	} queues[LANE_QUEUES];
	enum lane last, last_bulk;
	bool backlog_held; /* by the limits: it does not go now */
};

/* Behind those that may go no later than it. Steals the job's memory where it returns 0; -ENOBUFS when the lane is
 * full. */
int lanes_put(struct lanes *l, enum lane lane, struct job *j);
bool lanes_take(struct lanes *l, enum lane lane, struct job *ret);
bool lanes_has(const struct lanes *l, uint64_t seq);
uint64_t lanes_least(const struct lanes *l, enum lane lane); /* of all records in it; 0: none */
uint64_t lanes_records(const struct lanes *l, enum lane lane);
unsigned lanes_count(const struct lanes *l, enum lane lane);
void lanes_clear(struct lanes *l, enum lane lane);
void lanes_done(struct lanes *l);

/* The lane that sends next, or LANE_NONE. Real-time data when it is due, live records by their time, and what is
 * older only when neither waits: the platform's own request and the backlog in turn. Real-time data never goes twice
 * in a row past a waiting record. bulk false: a record of those two waits already, and only what is live may pass it.
 */
enum lane lanes_choose(struct lanes *l, bool realtime_due, bool bulk, hj_usec now);
/* When the first live record's time comes, HJ_USEC_NEVER where none waits. */
hj_usec lanes_deadline(const struct lanes *l);
