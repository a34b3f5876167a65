/* Factor codes. Wenzhou 6.3.5.2: six characters; HJ 212-2017: 6 ("w01018", "e30101"), 2005: 3 ("011"). The
 * guideline's tables are not public and everybody has codes of his own, so only the form is checked: 1..HJ_FACTOR_MAX
 * of [0-9A-Za-z]. */
#pragma once

#define HJ_FACTOR_MAX 16 /* characters */

/* 0, or -EINVAL with *ret_why (may be NULL) set to an untranslated reason, N_(). */
int hj_factor_check(const char *factor, const char **ret_why);
