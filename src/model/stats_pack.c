/* Values as whole multiples of a step that they share: of 10^-n for meters that say decimals, of 2^-n for those that
 * say 32-bit floats. Then the least is one number, the greatest what it lies above that, the last value what it lies
 * above the greatest, and the average the sum of the samples, from which it is divided again: sum / samples, as the
 * one who made it did. Sums are added up in binary, so the quotient may be some last bits beside the average; those
 * are said, too. Each form is tried and checked bit by bit, and the shortest is written; eight bytes a value is
 *always one of them.
 *
 *	step and form of the average | least | greatest | average | last | cou
 */
#include "stats_pack.h"
#include "stats_step.h"

#include <math.h>
#include <string.h>

#include "hjgate/decimal.h"

#define AVERAGE_SHIFT 6
#define BESIDE_MOST   (1 << 20) /* last bits that an average may lie beside its quotient */

/* How the average is said. */
enum { AVERAGE_SUM, AVERAGE_BESIDE, AVERAGE_WHOLE, AVERAGE_STEADY };

/* One form in the making. */
struct packed {
	uint8_t bytes[STATS_PACKED_MAX];
	unsigned n;
};

static uint64_t bits_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static double of_bits(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static unsigned common_step(const double *values, unsigned count, unsigned (*step_of)(double value))
{
	unsigned step = 0;

	for (unsigned i = 0; i < count; i++)
		step = hj_max(step, step_of(values[i]));
	return step;
}

/* ---- into bytes ---- */

static void put_byte(struct packed *p, uint64_t byte)
{
	p->bytes[p->n++] = (uint8_t)byte;
}

static void put_varint(struct packed *p, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		put_byte(p, value | 0x80);
	put_byte(p, value);
}

static void put_zigzag(struct packed *p, int64_t value)
{
	put_varint(p, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

static void put_double(struct packed *p, double value)
{
	for (int shift = 56; shift >= 0; shift -= 8)
		put_byte(p, bits_of(value) >> shift);
}

/* ---- the average ---- */

static uint32_t samples_of(const struct hj_stat *s)
{
	return s->got ? s->got : s->expected;
}

/* sum = samples * least + above. */
static bool sum_of(const struct hj_stat *s, int64_t least, uint64_t above, int64_t *ret)
{
	int64_t sum;

	if (above > (uint64_t)HJ_DECIMAL_EXACT_MOST || __builtin_mul_overflow(least, (int64_t)samples_of(s), &sum) ||
	        __builtin_add_overflow(sum, (int64_t)above, &sum) || fabs((double)sum) > HJ_DECIMAL_EXACT_MOST)
		return false;
	*ret = sum;
	return true;
}

/* The average's form and what it takes: false where the sum is none, or not shorter than the average itself. */
static bool put_sum(struct packed *p, const struct hj_stat *s, unsigned step, int64_t least, unsigned *ret_form)
{
	double sum = round(s->avg * samples_of(s) / stats_value(1, step)), quotient;
	unsigned before = p->n;
	int64_t above, again, beside;

	if (!samples_of(s) || !(fabs(sum) <= HJ_DECIMAL_EXACT_MOST))
		return false;
	if (__builtin_mul_overflow(least, (int64_t)samples_of(s), &above) ||
	        __builtin_sub_overflow((int64_t)sum, above, &above) || above < 0 ||
	        !sum_of(s, least, (uint64_t)above, &again))
		return false;
	quotient = stats_value(again, step) / samples_of(s);
	beside = (int64_t)(bits_of(s->avg) - bits_of(quotient));
	if (beside > BESIDE_MOST || beside < -BESIDE_MOST)
		return false;
	put_varint(p, (uint64_t)above);
	if (beside)
		put_zigzag(p, beside);
	*ret_form = beside ? AVERAGE_BESIDE : AVERAGE_SUM;
	if (p->n - before < sizeof(double))
		return true;
	p->n = before;
	return false;
}

/* ---- the forms ---- */

static bool is_steady(const struct hj_stat *s)
{
	return stats_same(s->min, s->avg) && stats_same(s->max, s->avg);
}

static bool put_range(struct packed *p, const struct hj_stat *s, unsigned step, int64_t *ret_greatest)
{
	unsigned form = AVERAGE_STEADY;
	int64_t least;

	if (!stats_steps(s->min, step, &least) || !stats_steps(s->max, step, ret_greatest) || *ret_greatest < least)
		return false;
	put_zigzag(p, least);
	if (!is_steady(s)) {
		put_varint(p, (uint64_t)(*ret_greatest - least));
		if (!put_sum(p, s, step, least, &form)) {
			form = AVERAGE_WHOLE;
			put_double(p, s->avg);
		}
	}
	p->bytes[0] |= (uint8_t)(form << AVERAGE_SHIFT);
	return true;
}

static bool put_apart(struct packed *p, double value)
{
	const unsigned steps[] = { stats_decimal_step(value), stats_binary_step(value), STEP_NONE };
	struct packed best = { .n = UINT32_MAX };

	for (size_t i = 0; i < hj_array_size(steps); i++) {
		struct packed one = { .n = 0 };
		int64_t n;

		put_byte(&one, steps[i]);
		if (steps[i] == STEP_NONE)
			put_double(&one, value);
		else if (stats_steps(value, steps[i], &n))
			put_zigzag(&one, n);
		else
			continue;
		if (one.n < best.n)
			best = one;
	}
	memcpy(p->bytes + p->n, best.bytes, best.n);
	p->n += best.n;
	return true;
}

static bool put_steps(struct packed *p, const struct hj_stat *s, unsigned mask, unsigned step)
{
	int64_t greatest = 0, n;

	put_byte(p, step);
	if (mask & HAS_RANGE && !put_range(p, s, step, &greatest))
		return false;
	if (mask & HAS_LAST) {
		if (!stats_steps(s->last, step, &n))
			return false;
		put_zigzag(p, n - greatest);
	}
	if (mask & COU_APART)
		return put_apart(p, s->cou);
	if (mask & HAS_COU) {
		if (!stats_steps(s->cou, step, &n))
			return false;
		put_zigzag(p, n);
	}
	return true;
}

static bool put_whole(struct packed *p, const struct hj_stat *s, unsigned mask)
{
	bool steady = mask & HAS_RANGE && is_steady(s);
	unsigned form = steady ? AVERAGE_STEADY : mask & HAS_RANGE ? AVERAGE_WHOLE : 0;

	put_byte(p, STEP_NONE | form << AVERAGE_SHIFT);
	if (mask & HAS_RANGE)
		put_double(p, s->min);
	if (mask & HAS_RANGE && !steady) {
		put_double(p, s->max);
		put_double(p, s->avg);
	}
	if (mask & HAS_LAST)
		put_double(p, s->last);
	if (mask & COU_APART)
		return put_apart(p, s->cou);
	if (mask & HAS_COU)
		put_double(p, s->cou);
	return true;
}

unsigned stats_mask(const struct hj_stat *s)
{
	unsigned mask = 0;

	if (isfinite(s->cou))
		mask |= HAS_COU;
	if (isfinite(s->last))
		mask |= HAS_LAST;
	if (isfinite(s->min) && isfinite(s->avg) && isfinite(s->max))
		mask |= HAS_RANGE;
	return mask;
}

static void keep_shortest(struct packed *best, unsigned *best_mask, const struct packed *one, unsigned mask)
{
	if (one->n >= best->n)
		return;
	*best = *one;
	*best_mask = mask;
}

unsigned stats_pack(const struct hj_stat *s, unsigned *mask, uint8_t to[STATS_PACKED_MAX])
{
	static unsigned (*const kinds[])(double) = { stats_decimal_step, stats_binary_step };
	struct packed best = { .n = UINT32_MAX };
	unsigned best_mask = *mask;

	if (!(*mask & HAS_VALUES))
		return 0;
	for (unsigned apart = 0; apart <= (*mask & HAS_COU ? 1 : 0); apart++) {
		unsigned with = *mask | (apart ? COU_APART : 0), count = 0;
		struct packed whole = { .n = 0 };
		double values[4];

		if (*mask & HAS_RANGE) {
			values[count++] = s->min;
			values[count++] = s->max;
		}
		if (*mask & HAS_LAST)
			values[count++] = s->last;
		if (*mask & HAS_COU && !apart)
			values[count++] = s->cou;
		if (!count)
			continue; /* Cou alone shares its step with nothing */
		for (size_t k = 0; k < hj_array_size(kinds); k++) {
			struct packed one = { .n = 0 };
			unsigned step = common_step(values, count, kinds[k]);

			if (step < STEP_NONE && put_steps(&one, s, with, step))
				keep_shortest(&best, &best_mask, &one, with);
		}
		if (put_whole(&whole, s, with))
			keep_shortest(&best, &best_mask, &whole, with);
	}
	memcpy(to, best.bytes, best.n);
	*mask = best_mask;
	return best.n;
}

/* ---- out of bytes ---- */

static double get_finite(struct hj_reader *in)
{
	double value = hj_get_double(in);

	if (!isfinite(value))
		in->failed = 1;
	return value;
}

static int64_t get_steps(struct hj_reader *in)
{
	int64_t n = hj_get_zigzag(in);

	if (n > (int64_t)HJ_DECIMAL_EXACT_MOST || n < -(int64_t)HJ_DECIMAL_EXACT_MOST)
		in->failed = 1;
	return in->failed ? 0 : n;
}

/* base + what comes, within what a double holds exactly. */
static int64_t get_beyond(struct hj_reader *in, int64_t base, uint64_t beyond)
{
	int64_t n = 0;

	if (beyond > 2 * (uint64_t)HJ_DECIMAL_EXACT_MOST ||
	        (n = base + (int64_t)beyond) > (int64_t)HJ_DECIMAL_EXACT_MOST)
		in->failed = 1;
	return in->failed ? 0 : n;
}

static void get_average(struct hj_reader *in, unsigned form, unsigned step, int64_t least, struct hj_stat *s)
{
	int64_t sum, beside;

	if (form == AVERAGE_WHOLE) {
		s->avg = get_finite(in);
		return;
	}
	if (!samples_of(s) || !sum_of(s, least, hj_get_varint(in), &sum)) {
		in->failed = 1;
		return;
	}
	s->avg = stats_value(sum, step) / samples_of(s);
	if (form == AVERAGE_SUM)
		return;
	beside = hj_get_zigzag(in);
	if (!beside || beside > BESIDE_MOST || beside < -BESIDE_MOST)
		in->failed = 1;
	s->avg = of_bits(bits_of(s->avg) + (uint64_t)beside);
	if (!isfinite(s->avg))
		in->failed = 1;
}

static void get_range(struct hj_reader *in, unsigned form, unsigned step, struct hj_stat *s, int64_t *ret_greatest)
{
	int64_t least;

	if (step == STEP_NONE) {
		s->min = s->avg = s->max = get_finite(in);
		if (form == AVERAGE_WHOLE) {
			s->max = get_finite(in);
			s->avg = get_finite(in);
		} else if (form != AVERAGE_STEADY) {
			in->failed = 1;
		}
		return;
	}
	*ret_greatest = least = get_steps(in);
	s->min = s->avg = s->max = stats_value(least, step);
	if (form == AVERAGE_STEADY)
		return;
	*ret_greatest = get_beyond(in, least, hj_get_varint(in));
	s->max = stats_value(*ret_greatest, step);
	get_average(in, form, step, least, s);
}

static double get_value(struct hj_reader *in, unsigned step, int64_t base)
{
	int64_t n;

	if (step == STEP_NONE)
		return get_finite(in);
	n = hj_get_zigzag(in);
	if (__builtin_add_overflow(base, n, &n) || n > (int64_t)HJ_DECIMAL_EXACT_MOST ||
	        n < -(int64_t)HJ_DECIMAL_EXACT_MOST)
		in->failed = 1;
	return in->failed ? 0 : stats_value(n, step);
}

void stats_unpack(struct hj_reader *in, unsigned mask, struct hj_stat *s)
{
	unsigned byte, step, form;
	int64_t greatest = 0;

	if (!(mask & HAS_VALUES))
		return;
	byte = hj_get_byte(in);
	step = byte & ((1u << AVERAGE_SHIFT) - 1);
	form = byte >> AVERAGE_SHIFT;
	if (mask & HAS_RANGE)
		get_range(in, form, step, s, &greatest);
	else if (form)
		in->failed = 1;
	if (mask & HAS_LAST)
		s->last = get_value(in, step, greatest);
	if (mask & COU_APART) {
		step = hj_get_byte(in);
		if (step > STEP_NONE)
			in->failed = 1;
	}
	if (mask & HAS_COU)
		s->cou = in->failed ? 0 : get_value(in, step, 0);
}
