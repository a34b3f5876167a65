/* Strict numbers and names: see text.h. */
#include "hjgate/text.h"
#include "hjgate/cleanup.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_LIMIT  1e18 /* HJ 212-2017 6.3.3: 18 characters at most */
#define DECIMALS_MOST 9

int hj_uint_parse(const char *text, size_t n, uint64_t most, uint64_t *ret)
{
	uint64_t value = 0;

	if (!n)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned char)text[i] - '0';

		if (digit > 9)
			return -EINVAL;
		if (value > (UINT64_MAX - digit) / 10)
			return -ERANGE;
		value = value * 10 + digit;
	}
	if (value > most)
		return -ERANGE;
	*ret = value;
	return 0;
}

static void drop_negative_zero(char *text)
{
	if (text[0] == '-' && strspn(text + 1, "0.") == strlen(text + 1))
		memmove(text, text + 1, strlen(text));
}

int hj_number_format(double value, int decimals, char ret[HJ_NUMBER_LEN])
{
	char text[HJ_NUMBER_LEN];

	if (!isfinite(value) || fabs(value) >= NUMBER_LIMIT)
		return -ERANGE;
	if (decimals >= 0) {
		snprintf(text, sizeof(text), "%.*f", hj_min(decimals, DECIMALS_MOST), value);
	} else {
		for (int d = 0; d <= DECIMALS_MOST; d++) {
			snprintf(text, sizeof(text), "%.*f", d, value);
			if (strtod(text, NULL) == value)
				break;
		}
	}
	drop_negative_zero(text);
	memcpy(ret, text, sizeof(text));
	return 0;
}

/* The grammar is [-+]digits[.digits]: strtod alone would take blanks, hexadecimal, "nan" and the locale's comma. */
int hj_number_parse(const char *text, size_t n, double *ret)
{
	char copy[HJ_NUMBER_LEN];
	size_t digits, rest;
	const char *p = copy;

	if (!n || n >= sizeof(copy) || memchr(text, '\0', n))
		return -EINVAL;
	memcpy(copy, text, n);
	copy[n] = '\0';
	if (*p == '-' || *p == '+')
		p++;
	digits = strspn(p, "0123456789");
	rest = p[digits] == '.' ? 1 + strspn(p + digits + 1, "0123456789") : 0;
	if (!digits || rest == 1 || p[digits + rest])
		return -EINVAL;
	*ret = strtod(copy, NULL);
	return 0;
}

bool hj_name_valid(const char *name)
{
	size_t n = strlen(name);

	return n >= 1 && n <= HJ_NAME_MAX && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

bool hj_text_copy(char *to, size_t size, const char *from)
{
	size_t n = strlen(from);
	bool whole = n < size;

	if (!whole)
		n = size - 1;
	memcpy(to, from, n);
	to[n] = '\0';
	return whole;
}
