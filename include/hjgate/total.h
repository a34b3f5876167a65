/* A total: a register that only counts up, and what its readings mean when it does not.
 *
 * A reading below the one before it is one of three things:
 *   a wrap   the point has a wrap, the one before was in the last tenth of it and this one is in the first tenth: the
 *            register went through its end. Grown: wrap - before + this.
 *   a reset  this one is at most a tenth of the one before: it was set to 0 and counts again. Grown: this.
 *   a fall   anything else: a meter that had saved an older reading, or a correction. Grown: nothing; what comes next
 *            is counted from here.
 * So a mistake is bounded: never below 0, never more than a tenth of the reading (of a wrap: two tenths of it). One
 * that fell and then is at one stride where it was (a meter that says 0, or counts from 0 for some minutes, while it
 * starts; a last digit that trembles) is taken as not read. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hjgate/buf.h"

#define HJ_TOTAL_SWAP_MS   (7 * 86400000LL) /* a swap that is told later than this is a new one */
#define HJ_TOTAL_RETURN_MS (600000LL)       /* so long one that fell and counts on may still go back */

enum hj_total_step { HJ_TOTAL_GREW, HJ_TOTAL_WRAPPED, HJ_TOTAL_RESET, HJ_TOTAL_FELL };

struct hj_total {
	double newest; /* counted last; NaN: none yet */
	double carry;  /* grown, but in no window yet; may be below 0. NaN: no window had a value yet */
	/* The newest reading that was below the one before it; from NaN: there is none to be explained. */
	struct {
		double from, to, counted;
		int64_t time_ms;
		double again, again_counted; /* it fell once more since, from `again`. NAN: it did not. Not kept */
		bool swapped; /* it was explained: the meter was swapped there */
	} fall;
	/* A meter that is to be swapped, told before the new one was read. */
	struct {
		bool awaited;
		double old, new; /* readings; NaN: not told */
	} swap;
};

void hj_total_init(struct hj_total *t);

/* The next reading. What it grew by, 0 or more; NaN for the first of all. */
double hj_total_add(struct hj_total *t, double wrap, double value, int64_t time_ms, enum hj_total_step *ret_step);

/* A window ends in which the readings grew by `grown` (NaN: it had none): its Cou, 0 or more. NaN where it had none,
 * and for the very first window. What is to be taken back (a swap told late) is taken from this and the next ones. */
double hj_total_close(struct hj_total *t, double grown);

/* The same of a window that can have no Cou, since its label has one already: it is counted with the next. */
void hj_total_keep(struct hj_total *t, double grown);

/* The meter was swapped, or is going to be: the old one ended at `old`, the new one began at `new` (NaN: not told;
 * then the old one ended where it was read last, the new one began where it was read first). When the new one has
 * been read already, what was made of its first reading is put right; which is meant is seen from the readings. To
 * tell the same swap again, or with better readings, changes what was told. HJ_TOTAL_AWAITED: the new one has not
 * been read. -ERANGE: the old one had been read above `old`, or the new one below `new`; ret_old and ret_new (written
 * then, too) say what was read. */
#define HJ_TOTAL_AWAITED 1
int hj_total_swap(struct hj_total *t, double old, double new, int64_t now_ms, double *ret_old, double *ret_new);

/* Will hj_total_add() take this for the first reading of the meter that is awaited? */
bool hj_total_is_new_meter(const struct hj_total *t, double value);

int hj_total_encode(const struct hj_total *t, struct hj_buf *to);
void hj_total_decode(struct hj_reader *in, struct hj_total *ret); /* in->failed */
