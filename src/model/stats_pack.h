/* The values of one statistic in the second form: see stats_pack.c. Between it and stats.c. */
#pragma once

#include "hjgate/stats.h"

enum { HAS_COU = 1, HAS_RANGE = 2, HAS_LAST = 4, HAS_VALUES = HAS_COU | HAS_RANGE | HAS_LAST, COU_APART = 8 };

/* Which values there are; a range with a part of it missing is none. */
unsigned stats_mask(const struct hj_stat *s);
/* The shortest form of them, at most this many bytes. *mask gets COU_APART where Cou has a step of its own. */
#define STATS_PACKED_MAX 48
unsigned stats_pack(const struct hj_stat *s, unsigned *mask, uint8_t to[STATS_PACKED_MAX]);
/* Sets in->failed for what stats_pack() never writes. */
void stats_unpack(struct hj_reader *in, unsigned mask, struct hj_stat *s);
