/* The device's number at a platform. HJ 212-2017: 24 hexadecimal digits; Wenzhou 6.3.5.3: 20 decimal digits beginning
 * with 66 (66, district 6, installer 2, maintainer 2, enterprise 5, logger 3); HJ/T 212-2005: 14 digits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum hj_mn_form { HJ_MN_2017 = 1, HJ_MN_WENZHOU, HJ_MN_2005 };

#define HJ_MN_MAX 24 /* characters */

/* Strict, for configuration: the form, or -EINVAL with *ret_why (may be NULL) set to an untranslated reason, N_(). */
int hj_mn_check(const char *mn, const char **ret_why);

/* Lenient, for what platforms send: 6..24 of [0-9A-Za-z_]. */
int hj_mn_plausible(const char *mn, size_t n);

/* ---- what it is made of ---- */
struct hj_mn_part {
	const char *key;   /* "division", as an option of the command */
	const char *about; /* N_() */
	unsigned length;   /* characters */
	const char *signs; /* that it has */
	const char *fixed; /* what it always is; NULL */
	bool whole;        /* a code, not a number: zeros are not left out */
};
struct hj_mn_rule {
	enum hj_mn_form form;
	const char *name; /* N_() */
	size_t length;    /* characters */
	const struct hj_mn_part *parts;
	size_t count;
};
#define HJ_MN_PARTS_MAX 6
const struct hj_mn_rule *hj_mn_rule(enum hj_mn_form form); /* NULL where there is none */

struct hj_mn_said { /* a part of one MN */
	const struct hj_mn_part *part;
	char text[4 * HJ_MN_MAX + 1]; /* as far as it is there; UTF-8 */
	bool wrong;
	const char *why; /* N_(): what is wrong with it, or doubtful; NULL */
};
struct hj_mn_explained {
	const struct hj_mn_rule *rule; /* the one it keeps, or most likely meant to; never NULL */
	bool right, doubtful;
	const char *why; /* N_(): of the whole; NULL */
	struct hj_mn_said parts[HJ_MN_PARTS_MAX];
	size_t count;
};
/* Any text. */
void hj_mn_explain(const char *mn, struct hj_mn_explained *ret);
/* `values`: one text a part, fixed ones are not looked at; numbers may be shorter than their part, hexadecimal digits
 * may be small letters. 0, or -EINVAL with which part and why it is none, N_(). */
int hj_mn_build(const struct hj_mn_rule *rule, const char *const *values, char ret[HJ_MN_MAX + 1], size_t *ret_part,
        const char **ret_why);
