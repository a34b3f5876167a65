/* The types of HJ 212-2017 6.3.3: how long a value may be, and how many digits it has behind the point. A value that
 * is longer is never cut here: whoever sends it counts it, and shows which it was. */
#include "hjgate/factor.h"
#include "hjgate/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MOST     999
#define FRACTION_MOST 9

static const char digits[] = "0123456789";

static int refuse(const char **ret_why)
{
	if (ret_why)
		*ret_why = N_("it is no type such as N4.2, C890 or T");
	return -EINVAL;
}

static int parse_number(const char *text, uint64_t most, const char **ret_end, uint64_t *ret)
{
	size_t n = strspn(text, digits);
	int r = hj_uint_parse(text, n, most, ret);

	*ret_end = text + n;
	return r < 0 || !*ret ? -EINVAL : 0;
}

int hj_factor_type_parse(const char *text, struct hj_factor_type *ret, const char **ret_why)
{
	struct hj_factor_type t = { .letter = (uint8_t)text[0] };
	uint64_t whole = 0, fraction = 0;
	const char *end = text;

	if (!*text || !strcmp(text, "T")) {
		*ret = t;
		return 0;
	}
	if (t.letter != HJ_FACTOR_NUMBER && t.letter != HJ_FACTOR_TEXT)
		return refuse(ret_why);
	if (parse_number(text + 1, t.letter == HJ_FACTOR_TEXT ? TEXT_MOST : HJ_FACTOR_DIGITS_MAX, &end, &whole) < 0)
		return refuse(ret_why);
	if (t.letter == HJ_FACTOR_NUMBER && *end == '.' && parse_number(end + 1, FRACTION_MOST, &end, &fraction) < 0)
		return refuse(ret_why);
	if (*end || whole + fraction > (t.letter == HJ_FACTOR_TEXT ? TEXT_MOST : HJ_FACTOR_DIGITS_MAX))
		return refuse(ret_why);
	t.whole = (uint16_t)whole;
	t.fraction = (uint8_t)fraction;
	*ret = t;
	return 0;
}

void hj_factor_type_format(const struct hj_factor_type *t, char ret[HJ_FACTOR_TYPE_LEN])
{
	char text[24] = "";

	if (t->letter == HJ_FACTOR_TIME)
		snprintf(text, sizeof(text), "T");
	else if (t->letter && t->fraction)
		snprintf(text, sizeof(text), "%c%u.%u", t->letter, t->whole, t->fraction);
	else if (t->letter)
		snprintf(text, sizeof(text), "%c%u", t->letter, t->whole);
	hj_text_copy(ret, HJ_FACTOR_TYPE_LEN, text);
}

int hj_factor_type_decimals(const struct hj_factor_type *t)
{
	return t->letter == HJ_FACTOR_NUMBER ? t->fraction : -1;
}

static bool number_fits(const struct hj_factor_type *t, const char *p)
{
	size_t whole, fraction = 0;

	p += *p == '-' || *p == '+';
	p += strspn(p, "0");
	whole = strspn(p, digits);
	p += whole;
	if (*p == '.') {
		fraction = strspn(++p, digits);
		p += fraction;
		while (fraction && p[-1] == '0') {
			fraction--;
			p--;
		}
		p += strspn(p, "0");
	}
	return !*p && whole <= t->whole && fraction <= t->fraction;
}

bool hj_factor_type_fits(const struct hj_factor_type *t, const char *value)
{
	switch (t->letter) {
	case HJ_FACTOR_NUMBER:
		return number_fits(t, value);
	case HJ_FACTOR_TEXT:
		return strlen(value) <= t->whole;
	case HJ_FACTOR_TIME:
		return strlen(value) == 14 && strspn(value, digits) == 14;
	default:
		return true;
	}
}
