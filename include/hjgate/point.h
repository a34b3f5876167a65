/* A point: one measured or switched value of one meter, and the dictionary that makes records self-describing. A
 * point's number is given once by the store, never reused and never changed. When an attribute that gives its values
 * their meaning changes (factor, unit, total) the name gets a new number, so that every record stays readable by the
 * number it holds; the old number stays in the dictionary as long as there is room, and a name means its newest
 * number. A change of the interval or of the wrap keeps the number. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/factor.h"
#include "hjgate/text.h"

#define HJ_UNIT_MAX        16   /* bytes, UTF-8: "A", "kWh", "℃" */
#define HJ_POINTS_MAX      8192 /* of one gateway */
#define HJ_INTERVAL_MIN_MS 1000
#define HJ_INTERVAL_MAX_MS 300000 /* guideline 6.3.1: at most five minutes (W7) */

struct hj_point {
	uint32_t number;                  /* 1..; 0 = not yet numbered */
	char name[HJ_POINT_NAME_MAX + 1]; /* METER.POINT */
	char factor[HJ_FACTOR_MAX + 1];
	char unit[HJ_UNIT_MAX + 1];
	bool total;           /* a register that only counts up: Cou is its growth over the window */
	uint32_t interval_ms; /* expected between two samples */
	double wrap;          /* of a total: the value at which it starts again from 0; 0 = it does not */
};

/* Do the attributes besides the number agree? */
bool hj_point_same(const struct hj_point *a, const struct hj_point *b);
/* Do factor, unit and total agree? */
bool hj_point_means_same(const struct hj_point *a, const struct hj_point *b);

/* An array sorted by number; numbers need not be dense. */
struct hj_dictionary {
	struct hj_point *points;
	size_t count, size;
};

void hj_dictionary_done(struct hj_dictionary *d);
const struct hj_point *hj_dictionary_find(const struct hj_dictionary *d, uint32_t number);
/* the newest number */
const struct hj_point *hj_dictionary_find_name(const struct hj_dictionary *d, const char *name);
/* Adds, or replaces the one of the same number. -ENOMEM; -ENOSPC above HJ_POINTS_MAX. */
int hj_dictionary_put(struct hj_dictionary *d, const struct hj_point *p);
void hj_dictionary_remove(struct hj_dictionary *d, size_t index); /* positions behind it move down by one */
