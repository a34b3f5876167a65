/* The newest value of every point, from the live stream of the store. */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "hjgate/point.h"

struct cli_newest {
	struct hj_dictionary points;
	struct cli_value {
		uint32_t point;
		int64_t time_ms; /* 0 = none yet */
		double value;    /* NaN = none */
		char flag;
	} values[HJ_POINTS_MAX];
	size_t count;
};

/* Takes one answer of hjgate.Store.Watch in. What is odd in it is passed over. False: more belongs to the picture
 * that the stream begins with. */
bool cli_newest_take(struct cli_newest *n, json_t *answer);
void cli_newest_done(struct cli_newest *n);
const struct cli_value *cli_newest_find(const struct cli_newest *n, const char *name); /* NULL: never heard of */
/* One sample [point, time, value, flag]; false where it is none. */
bool cli_sample_read(json_t *sample, struct cli_value *ret);
