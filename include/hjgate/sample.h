/* A sample: one reading of one point. No answer is a sample too: flag B and no value. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hjgate/flag.h"

struct hj_sample {
	uint32_t point;  /* number of the point (between meterd and stored: index into the message's own `points`) */
	int64_t time_ms; /* when the answer was complete, or when waiting for it ended; UTC */
	double value;    /* NaN where there is none */
	enum hj_flag flag;
};

#define HJ_SAMPLES_PER_APPEND 256 /* samples in one Append */

static inline bool hj_sample_has_value(const struct hj_sample *s)
{
	return s->value == s->value;
}
