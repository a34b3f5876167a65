/* Statistics of points over one window: the body of minute, hour and day records, and how it is packed on flash.
 *
 * A body has one of two forms. The first (0.1.0) has every value as eight bytes; it is read for ever and no longer
 * written. The second begins with a zero byte, by which no body of the first form with anything in it can begin, and
 * packs values as whole multiples of a step: meters say short decimals or 32-bit floats, and a window's average is
 * the sum of those by their number. What is no such multiple stays eight bytes. Every double comes back bit for bit.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/buf.h"
#include "hjgate/flag.h"

/* Of one point over one window. A value that is absent is NaN. */
struct hj_stat {
	uint32_t point;
	enum hj_flag flag;
	uint32_t expected, got; /* samples due, samples with a value and flag N */
	double cou;             /* growth of a total over the window; NaN for gauges and without a value before */
	double min, avg, max;   /* NaN where no sample had a value */
	double last;            /* last value, for the next window's Cou; totals only */
};

#define HJ_RECORD_POINTS 256 /* points of one record; the others of its label are in further ones */

struct hj_stats {
	struct hj_stat *stats; /* sorted by point */
	size_t count;
};

void hj_stats_done(struct hj_stats *s);
/* Appends a body of the second form. -EINVAL: not sorted by point, or too many; -ENOMEM. */
int hj_stats_encode(const struct hj_stat *stats, size_t count, struct hj_buf *to);
int hj_stats_decode(const void *data, size_t n, struct hj_stats *ret); /* -EBADMSG, -ENOMEM */

/* The same one by one, without memory: for readers of many records that need few of their points. `data` is borrowed
 * until the last of them. */
struct hj_stats_reader {
	struct hj_reader in;
	uint32_t left;
	bool packed;         /* the second form */
	struct hj_stat last; /* the one before: point and counts are told by their difference to it */
};
int hj_stats_read(const void *data, size_t n, struct hj_stats_reader *ret); /* -EBADMSG */
int hj_stats_next(struct hj_stats_reader *r, struct hj_stat *ret);          /* 1; 0 after the last; -EBADMSG */
