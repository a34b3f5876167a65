/* How far the clock goes wrong by itself, measured against somebody who says the time in whole seconds now and then.
 * Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hjgate/clock.h"

#define DRIFT_LEAST_MS                                                                                               \
	(6 * 3600 * HJ_MS_PER_SEC) /* a second of doubt in so long is 46 ppm; before, nothing is said */

struct drift {
	bool begun;
	int64_t first_mono_ms, last_mono_ms; /* of the clock that only goes on, of this boot */
	int64_t first_offset_ms;             /* said at the first time, before anything was done */
	int64_t behind_ms;                   /* how far the clock has fallen behind since, had nobody touched it */
	int64_t corrected_ms;                /* what was done to it since the first time was said, or is under way */
	bool ahead_known;
	int64_t ahead_ms; /* the wall clock's, of the other, after the last word: steps alone change it */
};

/* What became of one word of the platform. */
struct drift_word {
	int64_t mono_ms;
	int64_t offset_ms;    /* by which the platform's clock was ahead of ours */
	int64_t under_way_ms; /* of what was put right before, what the slew had not done yet */
	int64_t corrected_ms; /* put right from now on, in place of what was under way; the same where that goes on */
	int64_t ahead_ms;     /* of the wall clock, when it was heard */
	int64_t stepped_ms;   /* of what is put right, what was done at once */
};
void drift_note(struct drift *d, const struct drift_word *w);
int64_t drift_measured_ms(const struct drift *d); /* 0: nothing yet */
/* How many ppm ours goes slower; false: not known yet. */
bool drift_ppm(const struct drift *d, double *ret);
