/* Which registers say what the display shows: every place, type, order and scale that gives the number, the most
 * likely first. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/register.h"

#define HJ_FIND_VALUES_MAX 8
#define HJ_FIND_KEPT       16   /* candidates of one value */
#define HJ_FIND_WITHIN     0.02 /* of the value: so much may it have changed between the display and us */

/* Registers as they were read. */
struct hj_find_block {
	enum hj_table table;
	uint32_t address;
	uint16_t count;
	const uint8_t *data; /* 2 * count bytes */
};

/* What the display shows, and how many digits behind its point. */
struct hj_find_value {
	double value;
	int decimals;
};

struct hj_find {
	struct hj_find_value values[HJ_FIND_VALUES_MAX];
	size_t count;
	double ct, pt;    /* 1: none is known */
	bool has_address; /* where the manual says the first value is; the manual may count from 1 */
	uint32_t address;
};

enum hj_find_ratio { HJ_FIND_PLAIN, HJ_FIND_CT, HJ_FIND_PT, HJ_FIND_PTCT, HJ_FIND_RATIOS };

struct hj_found {
	size_t value; /* whose */
	enum hj_table table;
	uint32_t address;
	struct hj_codec codec;
	enum hj_find_ratio ratio;
	double shows;  /* scale and ratio applied */
	double cost;   /* the lower the likelier */
	bool may_grow; /* 16 bits with a word of 0 beside them: a total of 32 bits, perhaps */
};

/* Candidates of all values, those of the first first, by rising cost. How many; at most HJ_FIND_KEPT of each. A value
 * of 0 has none: everything shows it. */
size_t hj_find(const struct hj_find *f, const struct hj_find_block *blocks, size_t block_count,
        struct hj_found ret[HJ_FIND_VALUES_MAX * HJ_FIND_KEPT]);

/* An address as manuals have it: 40013 and 400013 are holding 12, 30001 is input 0, 0x1F and 31 are 31 (table 0: not
 * said). -EINVAL. */
int hj_find_manual(const char *text, enum hj_table *ret_table, uint32_t *ret_address);

/* A number as a display shows it. -EINVAL. */
int hj_find_value_parse(const char *text, struct hj_find_value *ret);
