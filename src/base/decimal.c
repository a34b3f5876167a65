/* Numbers as whole number and power of ten. A double that was read from a decimal of up to 15 digits is found back as
 * that decimal; from there on everything is integers until the one rounding at the end, which is strtod's and right
 * to the last bit. What does not fit into 64 bits is computed in binary and rounded where its dust begins. */
#include "hjgate/decimal.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define POWER_MOST    22                 /* 10^22 is the greatest power of ten that a double holds exactly */
#define EXACT_MOST    9007199254740992.0 /* 2^53: up to here a double holds every whole number */
#define WHOLE_MOST    9e18               /* fits into 64 bits */
#define DOUBLE_DIGITS 15                 /* every decimal of so many digits survives a double */
#define DECIMALS_MOST 30
#define ROUND_MOST    1e15 /* from here on no decimals are left of DOUBLE_DIGITS */
#define NUMBER_TEXT   64   /* bytes: sign, digits, point, DECIMALS_MOST, exponent, NUL */

struct decimal {
	int64_t n; /* n / 10^power */
	int power;
};

static const double powers[POWER_MOST + 1] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13,
	1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

static bool find(double value, struct decimal *ret)
{
	if (!(fabs(value) < WHOLE_MOST))
		return false;
	if (trunc(value) == value) {
		*ret = (struct decimal){ (int64_t)value, 0 };
		return true;
	}
	for (int power = 1; power <= POWER_MOST; power++) {
		double n = round(value * powers[power]);

		if (fabs(n) > EXACT_MOST)
			return false;
		if (n / powers[power] == value) {
			*ret = (struct decimal){ (int64_t)n, power };
			return true;
		}
	}
	return false;
}

/* The same number with more decimals. */
static bool widen(struct decimal *d, int power)
{
	while (d->power < power) {
		if (__builtin_mul_overflow(d->n, 10, &d->n))
			return false;
		d->power++;
	}
	return true;
}

static bool exact(double raw, double scale, double offset, double *ret)
{
	struct decimal a, b, c;
	char text[NUMBER_TEXT];

	if (!find(raw, &a) || !find(scale, &b) || !find(offset, &c) || __builtin_mul_overflow(a.n, b.n, &a.n))
		return false;
	a.power += b.power;
	if (!widen(&a, c.power) || !widen(&c, a.power) || __builtin_add_overflow(a.n, c.n, &a.n))
		return false;
	snprintf(text, sizeof(text), "%llde-%d", (long long)a.n, a.power);
	*ret = strtod(text, NULL);
	return true;
}

/* What lies below the 15th digit of the larger part is dust. */
static double rounded(double product, double offset)
{
	double most = fmax(fabs(product), fabs(offset));
	char text[NUMBER_TEXT];
	int decimals;

	if (most == 0 || !isfinite(most) || most >= ROUND_MOST || offset == 0) {
		snprintf(text, sizeof(text), "%.*g", DOUBLE_DIGITS, product + offset);
		return strtod(text, NULL);
	}
	decimals = DOUBLE_DIGITS - 1 - (int)floor(log10(most));
	snprintf(text, sizeof(text), "%.*f", decimals < DECIMALS_MOST ? decimals : DECIMALS_MOST, product + offset);
	return strtod(text, NULL);
}

double hj_decimal_scale(double raw, double scale, double offset)
{
	double value;

	if (scale == 1 && offset == 0)
		return raw;
	if (exact(raw, scale, offset, &value))
		return value;
	return rounded(raw * scale, offset);
}
