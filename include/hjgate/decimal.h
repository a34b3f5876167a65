/* Sums and products of numbers that people and meters write as decimals, without the dust of binary ones: 2301 * 0.1
 * is 230.1, and 230.3 - 230.1 is 0.2. */
#pragma once

/* raw * scale + offset. Where the exact result has at most 18 digits it is the double nearest to it; else it is
 * rounded to 15 digits of the larger part. Not finite where the result is not. */
double hj_decimal_scale(double raw, double scale, double offset);

static inline double hj_decimal_sum(double a, double b)
{
	return hj_decimal_scale(a, 1, b);
}

static inline double hj_decimal_difference(double a, double b)
{
	return hj_decimal_scale(a, 1, -b);
}

static inline double hj_decimal_product(double a, double b)
{
	return hj_decimal_scale(a, b, 0);
}
