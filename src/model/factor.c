/* The form of a factor code, and the small comparisons over a row of the table of them. The tables behind the codes
 * differ by place and are not all public, so a code that keeps the form is allowed; what does not keep it would break
 * the frame it stands in. */
#include "hjgate/factor.h"
#include "hjgate/cleanup.h"
#include "hjgate/text.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define UNIT_LEN 64 /* bytes of a unit in the form in which two are compared */

static const char alphanumeric[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static int refuse(const char **ret_why, const char *why)
{
	if (ret_why)
		*ret_why = why;
	return -EINVAL;
}

int hj_factor_check(const char *factor, const char **ret_why)
{
	size_t n = strlen(factor);

	if (!n)
		return refuse(ret_why, N_("it is empty"));
	if (n > HJ_FACTOR_MAX)
		return refuse(ret_why, N_("it is longer than 16 characters"));
	if (strspn(factor, alphanumeric) != n)
		return refuse(ret_why, N_("it has a character that is neither a letter A-Z a-z nor a digit"));
	return 0;
}

int hj_factor_row_check(const char *code, bool layered, const char **ret_why)
{
	size_t n = strlen(code), places = strspn(code, alphanumeric);

	if (layered && (!n || n > 5 || strspn(code, alphanumeric + 10) != n))
		return refuse(ret_why, N_("the letters of a measured thing are 1 to 5 of A-Z a-z"));
	if (!places || n > HJ_FACTOR_MAX || places + strspn(code + places, "?") != n)
		return refuse(
		        ret_why, N_("a code has 1 to 16 letters A-Z a-z and digits, and may end in ? for digits"));
	return 0;
}

/* ---- looking up ---- */

static bool contains(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (; *text; text++)
		if (!strncasecmp(text, word, n))
			return true;
	return false;
}

/* One letter is a unit or the class of a code: in a name it would be everywhere. */
bool hj_factor_has(const struct hj_factor *row, const char *word)
{
	size_t n = strlen(word);

	if (!n)
		return true;
	if (hj_factor_unit_same(row->unit, word) || !strncmp(row->code, word, n) || !strcmp(row->old, word))
		return true;
	return n > 1 && (contains(row->code, word) || contains(row->zh, word) || contains(row->en, word));
}

/* ---- units ---- */

/* What is written in more than one way, longest first where one begins the other. */
static const struct {
	const char *from, *to;
} spellings[] = {
	{ " ", "" },
	{ "°C", "℃" },
	{ "m3", "m³" },
	{ "m2", "m²" },
	{ "µ", "μ" }, /* the micro sign and the letter */
	{ "KV", "kV" },
	{ "KW", "kW" },
	{ "KP", "kP" },
	{ "rpm", "r/min" },
	{ "千瓦时", "kWh" },
	{ "安培", "A" },
	{ "伏特", "V" },
	{ "安", "A" },
	{ "伏", "V" },
};

static void spell(const char *unit, char to[UNIT_LEN])
{
	size_t n = 0;

	while (*unit && n + 8 < UNIT_LEN) {
		size_t i = 0;

		while (i < hj_array_size(spellings) &&
		        strncmp(unit, spellings[i].from, strlen(spellings[i].from)) != 0)
			i++;
		if (i == hj_array_size(spellings)) {
			to[n++] = *unit++;
			continue;
		}
		memcpy(to + n, spellings[i].to, strlen(spellings[i].to));
		n += strlen(spellings[i].to);
		unit += strlen(spellings[i].from);
	}
	to[n] = '\0';
}

bool hj_factor_unit_same(const char *a, const char *b)
{
	char x[UNIT_LEN], y[UNIT_LEN];

	spell(a, x);
	spell(b, y);
	return !strcmp(x, y);
}
