/* Sums and products of numbers that people and meters write as decimals, without the dust of binary ones: 2301 * 0.1
 * is 230.1, and 230.3 - 230.1 is 0.2. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define HJ_DECIMAL_POWER_MOST 22                 /* 10^22 is the greatest power of ten that a double holds exactly */
#define HJ_DECIMAL_EXACT_MOST 9007199254740992.0 /* 2^53: up to here a double holds every whole number */
#define HJ_DECIMAL_TEXT       32                 /* bytes of a number's text, with the NUL */

/* The least power with which value is the double nearest to n / 10^power. False where none is short enough: above
 * 9e18, or when n would pass 2^53. -0.0 is found as 0. */
bool hj_decimal_find(double value, int64_t *ret_n, unsigned *ret_power);
/* The double nearest to n / 10^power, for |n| <= HJ_DECIMAL_EXACT_MOST and power <= HJ_DECIMAL_POWER_MOST. */
double hj_decimal_value(int64_t n, unsigned power);
/* Rounded to so many decimals as GB/T 8170 has it: of its decimal, not of the binary number beside that, and a half
 * to the even digit (230.25 to 230.2, 230.35 to 230.4). A value that is no short decimal is left as it is. */
double hj_decimal_round(double value, unsigned decimals);
/* A finite number as JSON has them, which strtod() reads back to the last bit: short where it is a decimal, else 17
 * digits. Its length. */
unsigned hj_decimal_text(double value, char to[HJ_DECIMAL_TEXT]);

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
