/* Totals: see total.h. All sums are of decimals, so that hours and days are exactly what their minutes add up to. */
#include "hjgate/total.h"

#include <errno.h>
#include <math.h>

#include "hjgate/cleanup.h"
#include "hjgate/decimal.h"

#define PART 10 /* a tenth, see total.h */

enum {
	HAS_NEWEST = 1,
	HAS_CARRY = 2,
	HAS_FALL = 4,
	HAS_SWAP = 8,
	HAS_OLD = 16,
	HAS_NEW = 32,
	SWAPPED = 64,
	HAS_ALL = 127
};

void hj_total_init(struct hj_total *t)
{
	*t = (struct hj_total){ .newest = NAN, .carry = NAN, .fall.from = NAN, .fall.again = NAN };
}

static double plus(double a, double b)
{
	return hj_decimal_sum(a, b);
}

static double minus(double a, double b)
{
	return hj_decimal_difference(a, b);
}

static void carry(struct hj_total *t, double grown)
{
	t->carry = isnan(t->carry) ? grown : plus(t->carry, grown);
}

/* ---- readings ---- */

static enum hj_total_step step_of(double before, double wrap, double value)
{
	if (value >= before)
		return HJ_TOTAL_GREW;
	if (wrap > 0 && before <= wrap && before >= wrap - wrap / PART && value >= 0 && value <= wrap / PART)
		return HJ_TOTAL_WRAPPED;
	return value >= 0 && value <= before / PART ? HJ_TOTAL_RESET : HJ_TOTAL_FELL;
}

static double growth_of(enum hj_total_step step, double before, double wrap, double value)
{
	switch (step) {
	case HJ_TOTAL_GREW:
		return minus(value, before);
	case HJ_TOTAL_WRAPPED:
		return plus(minus(wrap, before), value);
	case HJ_TOTAL_RESET:
		return value;
	default:
		return 0;
	}
}

/* A fall that may still turn out to have been none, by when it was and what has been read since. */
static bool may_come_back(const struct hj_total *t, int64_t time_ms)
{
	return isfinite(t->fall.from) && !t->fall.swapped && t->newest < t->fall.from &&
	       (t->newest == t->fall.to || time_ms - t->fall.time_ms <= HJ_TOTAL_RETURN_MS);
}

/* At one stride, and a wider one than all since it fell, to where it was before or further: what was read between was
 * no reading. */
static bool came_back(const struct hj_total *t, double value, int64_t time_ms)
{
	return may_come_back(t, time_ms) && value >= t->fall.from && value - t->newest > t->newest - t->fall.to;
}

/* What is below 0 is taken from what comes. */
static double or_carry(struct hj_total *t, double grown)
{
	if (grown < 0)
		carry(t, grown);
	return fmax(grown, 0);
}

static double take_back(struct hj_total *t, double value)
{
	double counted = plus(t->fall.counted, minus(t->newest, t->fall.to));
	double grown = minus(minus(value, t->fall.from), counted);

	t->fall.from = NAN;
	return or_carry(t, grown);
}

/* The fall before is still open; of the one after it, at once where it was: a last digit that trembles. */
static bool trembled(const struct hj_total *t, double value, int64_t time_ms)
{
	return may_come_back(t, time_ms) && t->newest == t->fall.to && value >= t->fall.again;
}

static double take_back_again(struct hj_total *t, double value)
{
	double grown = minus(minus(value, t->fall.again), t->fall.again_counted);

	t->fall.counted = minus(minus(t->fall.counted, t->fall.again_counted), minus(t->fall.again, t->fall.to));
	t->fall.again = NAN;
	return or_carry(t, grown);
}

/* Is this reading the new meter's? Where it is known how that one began, whose reading it is nearer to: a last digit
 * that trembles while the old one still hangs there is none. */
bool hj_total_is_new_meter(const struct hj_total *t, double value)
{
	if (!t->swap.awaited)
		return false;
	if (isnan(t->newest))
		return true;
	if (isnan(t->swap.new))
		return value < t->newest;
	return fabs(value - t->swap.new) < fabs(value - t->newest);
}

/* One that falls again before it is seen whether it comes back has fallen from where it did first. */
static void fell(struct hj_total *t, double value, int64_t time_ms, double grown)
{
	bool again = may_come_back(t, time_ms) && time_ms - t->fall.time_ms <= HJ_TOTAL_RETURN_MS;

	t->fall.again = again ? t->newest : NAN;
	t->fall.again_counted = grown;
	if (again) {
		t->fall.counted = plus(plus(t->fall.counted, minus(t->newest, t->fall.to)), grown);
	} else {
		t->fall.from = t->newest;
		t->fall.counted = grown;
		t->fall.time_ms = time_ms;
		t->fall.swapped = false;
	}
	t->fall.to = value;
}

static double swapped(struct hj_total *t, double value)
{
	double grown = 0;

	if (isfinite(t->swap.old) && isfinite(t->newest))
		grown = fmax(minus(t->swap.old, t->newest), 0);
	if (isfinite(t->swap.new))
		grown = plus(grown, fmax(minus(value, t->swap.new), 0));
	t->swap.awaited = false;
	t->fall.from = NAN;
	return grown;
}

double hj_total_add(struct hj_total *t, double wrap, double value, int64_t time_ms, enum hj_total_step *ret_step)
{
	double before = t->newest, grown;

	*ret_step = HJ_TOTAL_GREW;
	if (hj_total_is_new_meter(t, value)) {
		grown = swapped(t, value);
	} else if (isnan(before)) {
		grown = NAN;
	} else if (came_back(t, value, time_ms)) {
		grown = take_back(t, value);
	} else if (trembled(t, value, time_ms)) {
		grown = take_back_again(t, value);
	} else {
		*ret_step = step_of(before, wrap, value);
		grown = fmax(growth_of(*ret_step, before, wrap, value), 0);
		if (*ret_step != HJ_TOTAL_GREW)
			fell(t, value, time_ms, grown);
	}
	t->newest = value;
	return grown;
}

void hj_total_keep(struct hj_total *t, double grown)
{
	if (isfinite(grown) && isfinite(t->carry))
		t->carry = plus(t->carry, grown);
}

double hj_total_close(struct hj_total *t, double grown)
{
	double cou;

	if (isnan(t->newest))
		return NAN;
	if (isnan(t->carry)) {
		t->carry = 0; /* the very first */
		return NAN;
	}
	if (isnan(grown))
		return NAN;
	grown = plus(grown, t->carry);
	cou = fmax(grown, 0);
	t->carry = fmin(grown, 0);
	return cou;
}

/* ---- a swap ---- */

/* Has the new meter been read already? The reading that was told for the old one is then nearer to where the fall
 * began than to the newest; failing that, the new one's is nearer to where it ended. */
static bool is_past(const struct hj_total *t, double old, double new, int64_t now_ms)
{
	if (isnan(t->fall.from) || now_ms - t->fall.time_ms > HJ_TOTAL_SWAP_MS)
		return false;
	if (isfinite(old))
		return fabs(old - t->fall.from) <= fabs(old - t->newest);
	return isnan(new) || fabs(new - t->fall.to) <= fabs(new - t->newest);
}

int hj_total_swap(struct hj_total *t, double old, double new, int64_t now_ms, double *ret_old, double *ret_new)
{
	bool past = is_past(t, old, new, now_ms);
	double last = past ? t->fall.from : t->newest, first = past ? t->fall.to : NAN, grown;

	*ret_old = isfinite(old) && !(old < last) ? old : last;
	*ret_new = isfinite(new) && !(new > first) ? new : first;
	if (old < last || new > first)
		return -ERANGE;
	if (!past) {
		t->swap.awaited = true;
		t->swap.old = old;
		t->swap.new = new;
		return HJ_TOTAL_AWAITED;
	}
	grown = plus(minus(*ret_old, last), minus(first, *ret_new));
	carry(t, minus(grown, t->fall.counted));
	t->fall.counted = grown;
	t->fall.swapped = true;
	return 0;
}

/* ---- coding ---- */

static int put_if(struct hj_buf *to, bool there, double value)
{
	return there ? hj_buf_put_double(to, value) : 0;
}

int hj_total_encode(const struct hj_total *t, struct hj_buf *to)
{
	bool newest = isfinite(t->newest), carried = isfinite(t->carry), fall = isfinite(t->fall.from),
	     swap = t->swap.awaited, old = swap && isfinite(t->swap.old), new = swap &&isfinite(t->swap.new);
	unsigned mask = newest * HAS_NEWEST + carried * HAS_CARRY + fall * HAS_FALL + swap * HAS_SWAP +
	                old * HAS_OLD + new *HAS_NEW + (fall && t->fall.swapped) * SWAPPED;
	int r = hj_buf_put_be(to, mask, 1);

	r = r < 0 ? r : put_if(to, newest, t->newest);
	r = r < 0 ? r : put_if(to, carried, t->carry);
	r = r < 0 ? r : put_if(to, fall, t->fall.from);
	r = r < 0 ? r : put_if(to, fall, t->fall.to);
	r = r < 0 ? r : put_if(to, fall, t->fall.counted);
	if (r >= 0 && fall)
		r = hj_buf_put_be(to, (uint64_t)t->fall.time_ms, 8);
	r = r < 0 ? r : put_if(to, old, t->swap.old);
	return r < 0 ? r : put_if(to, new, t->swap.new);
}

static double get_if(struct hj_reader *in, bool there)
{
	double value = there ? hj_get_double(in) : NAN;

	if (there && !isfinite(value))
		in->failed = 1;
	return value;
}

void hj_total_decode(struct hj_reader *in, struct hj_total *ret)
{
	unsigned mask = (unsigned)hj_get_be(in, 1);
	bool fall = mask & HAS_FALL;

	hj_total_init(ret);
	if (mask & ~(unsigned)HAS_ALL || (!(mask & HAS_SWAP) && mask & (HAS_OLD | HAS_NEW)) ||
	        (!fall && mask & SWAPPED))
		in->failed = 1;
	ret->newest = get_if(in, mask & HAS_NEWEST);
	ret->carry = get_if(in, mask & HAS_CARRY);
	ret->fall.from = get_if(in, fall);
	ret->fall.to = get_if(in, fall);
	ret->fall.counted = get_if(in, fall);
	ret->fall.time_ms = fall ? (int64_t)hj_get_be(in, 8) : 0;
	ret->fall.swapped = mask & SWAPPED;
	ret->swap.awaited = mask & HAS_SWAP;
	ret->swap.old = get_if(in, mask & HAS_OLD);
	ret->swap.new = get_if(in, mask & HAS_NEW);
}
