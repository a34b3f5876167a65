/* QNs are times that must be unique, while the clock may stand still, go back, or say for a moment that it is years
 * later. So they only grow within a stretch, and a stretch is where the clock was: once the clock is further than
 * HJ212_QN_APART from it they begin another there. What they leave is remembered, so that no QN of it goes out again
 * when the clock comes by. The owner keeps on the disk how far they may grow: hj212_qn.kept. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hjgate/clock.h"

#define HJ212_QN_APART HJ_MS_PER_DAY
#define HJ212_QN_LEFT  4 /* stretches remembered; of more the one left longest ago is forgotten */

/* ms UTC, both included; to < from: none of it is used yet. */
struct hj212_qn_span {
	int64_t from, to;
};
#define HJ212_QN_NONE ((struct hj212_qn_span){ 2, 1 })

struct hj212_qn {
	struct hj212_qn_span now; /* the next is the clock, or now.to + 1; 0, 0 = none was ever given out */
	struct hj212_qn_span left[HJ212_QN_LEFT];
	unsigned left_count;
	/* Committed as used, together with all the above: no QN outside of it is given out. 0, 0 = any may be. */
	struct hj212_qn_span kept;
	hj_usec at; /* mono: the newest was given out; 0 = not known */
};

/* The next that would be given out: `now` is then where the clock is. */
int64_t hj212_qn_look(struct hj212_qn *q, struct hj_now now);
bool hj212_qn_is_kept(const struct hj212_qn *q, int64_t ms);
/* -EAGAIN: it is not kept. */
int hj212_qn_next(struct hj212_qn *q, struct hj_now now, int64_t *ret_ms);
int64_t hj212_qn_used(const struct hj212_qn *q); /* the newest that was given out; 0 = none */
