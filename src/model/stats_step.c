/* Values as whole numbers of steps: see stats_step.h. Whatever is found is multiplied back and compared bit by bit,
 * so that no thought about rounding has to be right. */
#include "stats_step.h"

#include <math.h>
#include <string.h>

#define DOUBLE_BITS 53

bool stats_same(double a, double b)
{
	return !memcmp(&a, &b, sizeof(a));
}

double stats_value(int64_t n, unsigned step)
{
	return step <= STEP_BINARY ? hj_decimal_value(n, step) : ldexp((double)n, -(int)(step - STEP_BINARY));
}

unsigned stats_decimal_step(double value)
{
	unsigned power;
	int64_t n;

	if (!hj_decimal_find(value, &n, &power) || fabs((double)n) > HJ_DECIMAL_EXACT_MOST)
		return STEP_NONE;
	return power;
}

unsigned stats_binary_step(double value)
{
	int exponent;
	double part = frexp(value, &exponent);
	int64_t n = (int64_t)ldexp(part, DOUBLE_BITS);
	int digits = DOUBLE_BITS - exponent; /* behind the binary point, with zeros at the end */

	while (n && !(n & 1) && digits > 0) {
		n >>= 1;
		digits--;
	}
	return digits > BINARY_MOST ? STEP_NONE : STEP_BINARY + (unsigned)(digits > 1 ? digits : 1);
}

static bool widen(int64_t *n, unsigned powers)
{
	while (powers--)
		if (__builtin_mul_overflow(*n, 10, n))
			return false;
	return true;
}

bool stats_steps(double value, unsigned step, int64_t *ret)
{
	unsigned power = 0;
	int64_t n = 0;

	if (step > STEP_BINARY) {
		double whole = ldexp(value, (int)(step - STEP_BINARY));

		if (!(fabs(whole) <= HJ_DECIMAL_EXACT_MOST) || trunc(whole) != whole)
			return false;
		n = (int64_t)whole;
	} else if (!hj_decimal_find(value, &n, &power) || power > step || !widen(&n, step - power)) {
		return false;
	}
	if (fabs((double)n) > HJ_DECIMAL_EXACT_MOST || !stats_same(stats_value(n, step), value))
		return false;
	*ret = n;
	return true;
}
