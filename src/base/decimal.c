/* Numbers as whole number and power of ten. A double that was read from a decimal of up to 15 digits is found back as
 * that decimal; from there on everything is integers until the one rounding at the end, which is strtod's and right
 * to the last bit. What does not fit into 64 bits is computed in binary and rounded where its dust begins. */
#include "hjgate/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHOLE_MOST    9e18 /* fits into 64 bits */
#define DOUBLE_DIGITS 15   /* every decimal of so many digits survives a double */
#define DECIMALS_MOST 30
#define ROUND_MOST    1e15 /* from here on no decimals are left of DOUBLE_DIGITS */
#define ROUND_DIGITS  18   /* 10^18 fits into 64 bits */
#define NUMBER_TEXT   64   /* bytes: sign, digits, point, DECIMALS_MOST, exponent, NUL */

struct decimal {
	int64_t n; /* n / 10^power */
	unsigned power;
};

static const double powers[HJ_DECIMAL_POWER_MOST + 1] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

bool hj_decimal_find(double value, int64_t *ret_n, unsigned *ret_power)
{
	if (!(fabs(value) < WHOLE_MOST))
		return false;
	if (trunc(value) == value) {
		*ret_n = (int64_t)value;
		*ret_power = 0;
		return true;
	}
	for (unsigned power = 1; power <= HJ_DECIMAL_POWER_MOST; power++) {
		double n = round(value * powers[power]);

		if (fabs(n) > HJ_DECIMAL_EXACT_MOST)
			return false;
		if (n / powers[power] == value) {
			*ret_n = (int64_t)n;
			*ret_power = power;
			return true;
		}
	}
	return false;
}

double hj_decimal_value(int64_t n, unsigned power)
{
	return (double)n / powers[power];
}

double hj_decimal_round(double value, unsigned decimals)
{
	int64_t n, rest, part = 1;
	unsigned power;

	/* Beyond 18 digits that go there is nothing near a half: a whole number of them is no more than 2^53. */
	if (!hj_decimal_find(value, &n, &power) || power <= decimals || power - decimals > ROUND_DIGITS)
		return value;
	for (unsigned i = power - decimals; i; i--)
		part *= 10;
	rest = n % part;
	n /= part;
	if (llabs(rest) > part / 2 || (llabs(rest) == part / 2 && n % 2))
		n += value < 0 ? -1 : 1;
	return hj_decimal_value(n, decimals);
}

/* 1234, 2 becomes 12.34; the digits are written from the last to the first. */
static unsigned put_digits(uint64_t n, unsigned power, char *to)
{
	char digits[NUMBER_TEXT], *end = digits + sizeof(digits), *at = end;

	if (!power) {
		*--at = '0';
		*--at = '.';
	}
	for (unsigned i = 0; n || i <= power; i++) {
		if (i && i == power)
			*--at = '.';
		*--at = (char)('0' + n % 10);
		n /= 10;
	}
	memcpy(to, at, (size_t)(end - at));
	return (unsigned)(end - at);
}

unsigned hj_decimal_text(double value, char to[HJ_DECIMAL_TEXT])
{
	unsigned power, length = 0;
	int64_t n;

	if (!hj_decimal_find(value, &n, &power) || fabs((double)n) > HJ_DECIMAL_EXACT_MOST) {
		length = (unsigned)snprintf(to, HJ_DECIMAL_TEXT, "%.17g", value);
		/* JSON knows a real number by its point. */
		if (!strpbrk(to, ".e"))
			length += (unsigned)snprintf(to + length, HJ_DECIMAL_TEXT - length, ".0");
		return length;
	}
	if (signbit(value))
		to[length++] = '-';
	length += put_digits(n < 0 ? (uint64_t)-n : (uint64_t)n, power, to + length);
	to[length] = '\0';
	return length;
}

static bool find(double value, struct decimal *ret)
{
	return hj_decimal_find(value, &ret->n, &ret->power);
}

/* The same number with more decimals. */
static bool widen(struct decimal *d, unsigned power)
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
	snprintf(text, sizeof(text), "%llde-%u", (long long)a.n, a.power);
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
