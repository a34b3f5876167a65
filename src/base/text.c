/* Strict numbers and names: see text.h. */
#include "hjgate/text.h"
#include "hjgate/cleanup.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/decimal.h"

#define DIGITS_MOST   9  /* that count: no float32 needs more */
#define FRACTION_MOST 16 /* decimals: with "-0." that is 19 characters */

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

/* From the first that is not 0 on. */
static size_t digits_of(const char *text)
{
	size_t n = strcspn(text + strcspn(text, "123456789"), ".");
	const char *rest = text + strcspn(text, "123456789") + n;

	return n + (*rest == '.' ? strlen(rest + 1) : 0);
}

/* Behind the decimals that say something: what was rounded may end in them. */
static void drop_zeros(char *text)
{
	size_t n = strlen(text);

	if (!strchr(text, '.'))
		return;
	while (n && text[n - 1] == '0')
		n--;
	text[n - (n && text[n - 1] == '.')] = '\0';
}

int hj_number_format(double value, int decimals, char ret[HJ_NUMBER_LEN])
{
	char text[HJ_NUMBER_LEN];

	if (!isfinite(value) || fabs(value) >= HJ_NUMBER_LIMIT)
		return -ERANGE;
	if (decimals >= 0) {
		decimals = hj_min(decimals, HJ_NUMBER_DECIMALS_MOST);
		snprintf(text, sizeof(text), "%.*f", decimals, hj_decimal_round(value, (unsigned)decimals));
	} else {
		for (int d = 0; d <= FRACTION_MOST; d++) {
			snprintf(text, sizeof(text), "%.*f", d, value);
			if (strtod(text, NULL) == value)
				break;
			if (d >= HJ_NUMBER_DECIMALS_MOST && digits_of(text) >= DIGITS_MOST)
				break;
		}
		drop_zeros(text);
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

size_t hj_utf8_length(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n = *p < 0x80                 ? 1
	           : *p >= 0xc2 && *p < 0xe0 ? 2
	           : (*p & 0xf0) == 0xe0     ? 3
	           : *p >= 0xf0 && *p < 0xf5 ? 4
	                                     : 0;

	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
	        (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

uint32_t hj_utf8_code(const char *p, size_t n)
{
	uint32_t code = n == 1 ? (unsigned char)*p : (unsigned char)*p & (0xffu >> (n + 1));

	for (size_t i = 1; i < n; i++)
		code = code << 6 | ((unsigned char)p[i] & 0x3fu);
	return code;
}

const char *hj_utf8_bad(const char *text)
{
	while (*text) {
		size_t n = hj_utf8_length(text);

		if (!n)
			return text;
		text += n;
	}
	return NULL;
}

bool hj_text_copy(char *to, size_t size, const char *from)
{
	size_t n = strlen(from);
	bool whole = n < size;

	if (!whole)
		for (n = size - 1; n && ((unsigned char)from[n] & 0xc0) == 0x80;)
			n--; /* not within a character of UTF-8 */
	memcpy(to, from, n);
	to[n] = '\0';
	return whole;
}
