/* Which stations are on a bus, where a meter answers to the last digits of its address, with HJ_STATION_ANY for all
 * before them. Everybody is asked at once; where nobody answers, nobody is there; where one does, it says who it is,
 * and is asked by its own address whether it is; where several speak at once, nothing can be made out, and they are
 * asked apart by their last two digits, then by the two before those, and so on. It asks nothing itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/meter_protocol.h"

struct hj_search {
	unsigned bytes;                   /* of a station's address */
	uint32_t identifier, by_digits;   /* what all are asked for, and those whose last digits are given */
	unsigned fixed;                   /* so many of the last bytes are given ... */
	uint8_t number[HJ_STATION_BYTES]; /* ... with these two digits, 0 to 99, the last two first */
	bool asks_again; /* by the address that an answer names: there is a question that each answers to its own */
	bool has_claim;  /* that is asked now */
	uint8_t claim[HJ_STATION_BYTES];
	bool done;
	unsigned asked, found, doubles; /* doubles: addresses that several have, or that noise hit each time */
};

/* -EINVAL where the protocol has no stations. */
int hj_search_init(struct hj_search *s, const struct hj_protocol *p);

/* What to ask now; false: all is known. */
bool hj_search_next(const struct hj_search *s, struct hj_question *ret);

/* What became of it (of all its tries, since noise looks like several that speak at once): 0 with the station that
 * the answer is of, be it a refusal; -ETIMEDOUT, -EBADMSG. True: this station is there. */
bool hj_search_tell(struct hj_search *s, int result, const uint8_t station[HJ_STATION_BYTES]);
