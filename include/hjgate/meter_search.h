/* Which stations are on a bus, where a meter answers to digits that it has or that fit all (HJ_STATION_ANY).
 * Everybody is asked at once; where nobody answers, nobody is there; where one does, it says who it is; where
 * several speak at once, nothing can be made out, and they are asked apart by their last two digits, then by the two
 * before those, and so on. It asks nothing itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/meter_protocol.h"

struct hj_search {
	unsigned bytes;                   /* of a station's address */
	uint32_t identifier;              /* whose answer is that address */
	unsigned fixed;                   /* so many of the last bytes are given ... */
	uint8_t number[HJ_STATION_BYTES]; /* ... with these two digits, 0 to 99, the last two first */
	bool done;
	unsigned asked, found, doubles; /* doubles: addresses that several have, or that noise hit each time */
};

/* -EINVAL where the protocol has no stations. */
int hj_search_init(struct hj_search *s, const struct hj_protocol *p);

/* What to ask now; false: all is known. */
bool hj_search_next(const struct hj_search *s, struct hj_question *ret);

/* What became of it (of all its tries, since noise looks like several that speak at once): 0 with the answer,
 * -ETIMEDOUT, -EBADMSG. True: *ret_station is a station that is there. */
bool hj_search_tell(
        struct hj_search *s, int result, const struct hj_answer *a, uint8_t ret_station[HJ_STATION_BYTES]);
