/* True times of what was told while nobody said that the clock was right. Nothing sealed is rewritten: a row behind
 * them says by how much the rows of a span were wrong, and whoever reads them adds it. Pure. */
#pragma once

#include "row.h"

#define SHIFTS_MAX    2048 /* that are heeded, the newest: as many boots as 20,000 rows tell of, and more */
#define SHIFT_SAME_MS 2000 /* a clock that differs by less is the same clock */

struct shift {
	uint64_t from, upto; /* rows */
	int64_t by_ms;
	enum hj_trust trust; /* since then */
};

struct shifts {
	struct shift list[SHIFTS_MAX]; /* oldest first */
	size_t count;
	uint64_t upto; /* every row up to here was looked at */
};

void shifts_add(struct shifts *s, const struct row *row);               /* a ROW_SHIFT */
void shifts_apply(const struct shifts *s, uint64_t seq, struct row *r); /* its time and trust become the true ones */

/* Gathers rows, in order, whose clock was wrong in the same way. false: *ret is complete and this row begins another.
 */
bool shift_gather(struct shift *ret, int64_t *ahead_ms, uint64_t seq, const struct row *row);
