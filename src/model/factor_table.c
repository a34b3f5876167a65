/* Which row of the table a code is, and what is the matter with one that is none. The standard's codes have a form by
 * which a mistyped one is known, so a code of that form has to be there. The guideline's form says nothing of what is
 * measured: where its tables are not configured every code of the form is taken. */
#include "hjgate/factor.h"

#include <string.h>

#define GUIDELINE_LEN 6
#define NEAR_LEAST    3 /* characters that a code must have in common with a row for that to be a hint */

static const char digits[] = "0123456789";
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char module_signs[] = "123456789abcdefghijklmnopqrstuvwxyz";

/* ---- forms ---- */

struct form {
	const char *class, *first; /* what the first and the second character may be */
	size_t digits;             /* that follow */
};
/* HJ 212-2017 6.4.1, 6.4.2 and HJ 524, HJ 525. */
static const struct form standard[] = {
	{ "eg", "123456789ab", 4 },
	{ "wa", digits, 4 },
	{ "i", "123", 4 },
};

static bool has_form(const struct form *f, const char *code)
{
	return *code && strchr(f->class, code[0]) && code[1] && strchr(f->first, code[1]) &&
	       strspn(code + 2, digits) == f->digits && !code[2 + f->digits];
}

static bool is_standard(const char *code)
{
	for (size_t i = 0; i < sizeof(standard) / sizeof(standard[0]); i++)
		if (has_form(&standard[i], code))
			return true;
	return false;
}

/* Letters, then signs of modules; a small letter may be either. */
static bool is_guideline(const char *code)
{
	size_t n = strlen(code), last = n;

	if (n != GUIDELINE_LEN || !strchr(letters, code[0]) || !strchr(module_signs, code[n - 1]))
		return false;
	while (last && strchr(module_signs, code[last - 1]))
		last--;
	return strspn(code, letters) >= last;
}

/* ---- rows ---- */

/* How many digits stand open at the end: "e302xx", "i3331x", and "?" in a site's own rows. An x at the end of any
 * other code is an x: "LMx". */
static size_t open_digits(const char *code)
{
	size_t n = strlen(code), open = 0;

	while (open < n && code[n - 1 - open] == '?')
		open++;
	if (open || n != 6)
		return open;
	if (strchr("eg", code[0]) && strspn(code + 2, digits) == 2 && !strcmp(code + 4, "xx"))
		return 2;
	return code[0] == 'i' && strspn(code + 1, digits) == 4 && code[5] == 'x' ? 1 : 0;
}

size_t hj_factor_letters(const struct hj_factor *row)
{
	return row->layered ? strlen(row->code) : 0;
}

static bool has_module(const char *code, size_t at)
{
	return strlen(code) == GUIDELINE_LEN && at < GUIDELINE_LEN &&
	       strspn(code + at, module_signs) == GUIDELINE_LEN - at;
}

/* All but the open digits. */
static bool stem_matches(const struct hj_factor *row, const char *code, size_t *ret_stem)
{
	size_t n = strlen(row->code), open = open_digits(row->code);

	*ret_stem = n - open;
	return strlen(code) == n && !strncmp(row->code, code, n - open);
}

static bool matches(const struct hj_factor *row, const char *code)
{
	size_t stem, open;

	if (row->layered)
		return !strncmp(row->code, code, strlen(row->code)) && has_module(code, strlen(row->code));
	if (!stem_matches(row, code, &stem))
		return false;
	open = strlen(row->code) - stem;
	if (row->code[stem] == 'x' && open == 2 && !strcmp(code + stem, "00"))
		return false; /* devices are counted from 01 */
	return strspn(code + stem, digits) == open;
}

/* A whole code goes before one of two layers, and of these the one with the most letters. */
static const struct hj_factor *find_now(const struct hj_factors *t, const char *code)
{
	const struct hj_factor *best = NULL;

	for (size_t i = 0; i < t->count; i++) {
		const struct hj_factor *row = &t->list[i];

		if (!matches(row, code))
			continue;
		if (!row->layered)
			return row;
		if (!best || strlen(row->code) > strlen(best->code))
			best = row;
	}
	return best;
}

static const struct hj_factor *find_2005(const struct hj_factors *t, const char *code)
{
	for (size_t i = 0; i < t->count; i++)
		if (*t->list[i].old && !strcmp(t->list[i].old, code))
			return &t->list[i];
	return NULL;
}

const struct hj_factor *hj_factor_find(const struct hj_factors *t, const char *code)
{
	const struct hj_factor *row = find_now(t, code);

	return row ? row : find_2005(t, code);
}

/* ---- judging ---- */

static const struct hj_factor *find_stem(const struct hj_factors *t, const char *code)
{
	size_t stem;

	for (size_t i = 0; i < t->count; i++)
		if (!t->list[i].layered && stem_matches(&t->list[i], code, &stem))
			return &t->list[i];
	return NULL;
}

static size_t in_common(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

static const struct hj_factor *find_near(const struct hj_factors *t, const char *code)
{
	const struct hj_factor *best = NULL;
	size_t most = NEAR_LEAST - 1;

	for (size_t i = 0; i < t->count; i++) {
		size_t n = in_common(t->list[i].code, code);

		if (n <= most)
			continue;
		most = n;
		best = &t->list[i];
	}
	return best;
}

static bool has_layers(const struct hj_factors *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->list[i].layered)
			return true;
	return false;
}

static bool knows_module(const struct hj_factors *t, const char *module)
{
	for (size_t i = 0; i < t->module_count; i++)
		if (!strcmp(t->modules[i].code, module))
			return true;
	return !t->module_count;
}

enum hj_factor_verdict hj_factor_judge(const struct hj_factors *t, const char *code, const struct hj_factor **ret_row)
{
	const struct hj_factor *row = find_now(t, code);

	*ret_row = row;
	if (row)
		return !row->layered || knows_module(t, code + strlen(row->code)) ? HJ_FACTOR_KNOWN
		                                                                  : HJ_FACTOR_NO_MODULE;
	*ret_row = row = find_2005(t, code);
	if (row)
		return HJ_FACTOR_KNOWN_2005;
	*ret_row = row = find_stem(t, code);
	if (row)
		return HJ_FACTOR_NO_DEVICE;
	*ret_row = find_near(t, code);
	if (is_standard(code))
		return HJ_FACTOR_NO_ITEM;
	if (is_guideline(code))
		return has_layers(t) ? HJ_FACTOR_NO_LETTERS : HJ_FACTOR_GUIDELINE;
	return HJ_FACTOR_STRANGE;
}
