/* What an MN is made of: by the Wenzhou guideline 6.3.5.3 of decimal parts, by HJ 212-2017 of the parts of an EPC-96,
 * whose bits end where hexadecimal digits do. One table of each rule tells a built one, an explained one, and what
 * is wrong with one that is almost right. */
#include "hjgate/mn.h"
#include "hjgate/cleanup.h"
#include "hjgate/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define EXAMPLE_2017 "010000A8900016F000169DC0" /* of HJ 212-2017, annexes A and C */
#define EXAMPLE_2005 "88888880000001"

static const char decimal[] = "0123456789";
static const char hexadecimal[] = "0123456789ABCDEF";

static const struct hj_mn_part wenzhou[] = {
	{ "fixed", N_("fixed"), 2, decimal, "66", false },
	{ "division", N_("division code of the county or district (GB/T 2260)"), 6, decimal, NULL, true },
	{ "installer", N_("number of the installer"), 2, decimal, NULL, false },
	{ "maintainer", N_("number of the maintainer"), 2, decimal, NULL, false },
	{ "enterprise", N_("number of the enterprise, from the authority"), 5, decimal, NULL, false },
	{ "logger", N_("number of the logger within the enterprise"), 3, decimal, NULL, false },
};
static const struct hj_mn_part epc96[] = {
	{ "header", N_("EPC-96: header, 8 bits"), 2, hexadecimal, NULL, false },
	{ "maker", N_("EPC-96: maker, 28 bits"), 7, hexadecimal, NULL, false },
	{ "class", N_("EPC-96: class of the device, 24 bits"), 6, hexadecimal, NULL, false },
	{ "serial", N_("EPC-96: serial number, 36 bits"), 9, hexadecimal, NULL, false },
};
static const struct hj_mn_part edition_2005[] = {
	{ "number", N_("the number that the platform gave"), 14, decimal, NULL, false },
};

static const struct hj_mn_rule rules[] = {
	{ HJ_MN_WENZHOU, N_("20 digits, Wenzhou guideline 6.3.5.3"), 20, wenzhou, hj_array_size(wenzhou) },
	{ HJ_MN_2017, N_("24 hexadecimal digits, HJ 212-2017"), 24, epc96, hj_array_size(epc96) },
	{ HJ_MN_2005, N_("14 digits, HJ/T 212-2005"), 14, edition_2005, hj_array_size(edition_2005) },
};

const struct hj_mn_rule *hj_mn_rule(enum hj_mn_form form)
{
	for (size_t i = 0; i < hj_array_size(rules); i++)
		if (rules[i].form == form)
			return &rules[i];
	return NULL;
}

/* ---- explaining ---- */

#define UTF8_LONGEST 4 /* bytes */

/* Behind so many characters of UTF-8, or at the end. What is none goes on all the same, never too far. */
static const char *skip(const char *p, size_t characters)
{
	for (; *p && characters; characters--) {
		const char *most = p + UTF8_LONGEST;

		for (p++; p < most && ((unsigned char)*p & 0xc0) == 0x80;)
			p++;
	}
	return p;
}

static size_t characters(const char *p)
{
	size_t n = 0;

	for (; *p; p = skip(p, 1))
		n++;
	return n;
}

/* The rule that was meant: by the length, and where that is of none by how it begins. */
static const struct hj_mn_rule *rule_meant(const char *mn)
{
	size_t n = characters(mn);

	for (size_t i = 0; i < hj_array_size(rules); i++)
		if (rules[i].length == n)
			return &rules[i];
	if (!strncmp(mn, "66", 2) && strspn(mn, decimal) == n)
		return hj_mn_rule(HJ_MN_WENZHOU);
	return hj_mn_rule(n > 17 ? HJ_MN_2017 : HJ_MN_2005);
}

/* GB/T 2260: the first two digits of a division are its province. */
static bool is_province(const char *digits)
{
	static const char *const provinces[] = { "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33",
		"34", "35", "36", "37", "41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62",
		"63", "64", "65", "71", "81", "82" };

	for (size_t i = 0; i < hj_array_size(provinces); i++)
		if (!strncmp(provinces[i], digits, 2))
			return true;
	return false;
}

/* What a part of the right form says that is hardly so; NULL. */
static const char *doubt(const struct hj_mn_rule *rule, const struct hj_mn_part *part, const char *text)
{
	if (part->whole && !is_province(text))
		return N_("no province has such a division code");
	if (part->whole && !strcmp(text + 4, "00"))
		return N_("this is a province or a city, not a county or district");
	if (rule->form == HJ_MN_WENZHOU && !part->fixed && strspn(text, "0") == part->length)
		return N_("numbers are given from 1 on");
	return NULL;
}

static void explain_part(const struct hj_mn_rule *rule, const struct hj_mn_part *part, const char *mn, size_t at,
        struct hj_mn_said *to)
{
	const char *from = skip(mn, at), *end = skip(from, part->length);
	size_t n = hj_min((size_t)(end - from), sizeof(to->text) - 1), got;

	*to = (struct hj_mn_said){ .part = part };
	memcpy(to->text, from, n);
	to->text[n] = '\0';
	got = characters(to->text);
	to->wrong = true;
	if (strspn(to->text, part->signs) != got)
		to->why = part->signs == decimal ? N_("digits 0-9 only") : N_("0-9 and capitals A-F only");
	else if (!got)
		to->why = N_("it is missing");
	else if (got < part->length)
		to->why = N_("it is too short");
	else if (part->fixed && strcmp(part->fixed, to->text) != 0)
		to->why = N_("an MN of 20 digits begins with 66");
	else
		to->wrong = false;
	if (!to->wrong)
		to->why = doubt(rule, part, to->text);
}

void hj_mn_explain(const char *mn, struct hj_mn_explained *ret)
{
	const struct hj_mn_rule *rule = rule_meant(mn);
	struct hj_mn_explained e = { .rule = rule, .count = rule->count };
	size_t at = 0;

	e.right = hj_mn_check(mn, &e.why) > 0;
	for (size_t i = 0; i < rule->count; i++) {
		explain_part(rule, &rule->parts[i], mn, at, &e.parts[i]);
		e.doubtful = e.doubtful || (e.parts[i].why && !e.parts[i].wrong);
		at += rule->parts[i].length;
	}
	if (e.right && (!strcmp(mn, EXAMPLE_2017) || !strcmp(mn, EXAMPLE_2005))) {
		e.why = N_("this is the standard's example");
		e.doubtful = true;
	} else if (e.right && strspn(mn, "0") == rule->length) {
		e.why = N_("it is all zeros");
		e.doubtful = true;
	}
	*ret = e;
}

/* ---- building ---- */

static int refuse(size_t part, const char *why, size_t *ret_part, const char **ret_why)
{
	*ret_part = part;
	*ret_why = why;
	return -EINVAL;
}

/* One part, with zeros before it where it is shorter. NULL, or why it is none. */
static const char *put_part(const struct hj_mn_part *part, const char *value, char *to)
{
	size_t n = value ? strlen(value) : 0;

	if (!n)
		return N_("it is missing");
	if (n > part->length)
		return N_("it is too long");
	if (part->whole && n < part->length)
		return N_("it is too short");
	memset(to, '0', part->length - n);
	to += part->length - n;
	for (size_t i = 0; i < n; i++) {
		to[i] = (char)toupper((unsigned char)value[i]);
		if (!to[i] || !strchr(part->signs, to[i]))
			return part->signs == decimal ? N_("digits 0-9 only") : N_("hexadecimal digits 0-9 A-F only");
	}
	return NULL;
}

int hj_mn_build(const struct hj_mn_rule *rule, const char *const *values, char ret[HJ_MN_MAX + 1], size_t *ret_part,
        const char **ret_why)
{
	char mn[HJ_MN_MAX + 1] = "";
	size_t at = 0;

	for (size_t i = 0; i < rule->count; i++) {
		const struct hj_mn_part *part = &rule->parts[i];
		const char *why = put_part(part, part->fixed ? part->fixed : values[i], mn + at);

		if (why)
			return refuse(i, why, ret_part, ret_why);
		at += part->length;
	}
	memcpy(ret, mn, sizeof(mn));
	return 0;
}
