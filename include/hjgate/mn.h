/* The device's number at a platform. HJ 212-2017: 24 hexadecimal digits; Wenzhou 6.3.5.3: 20 decimal digits beginning
 * with 66 (66, district 6, installer 2, maintainer 2, enterprise 5, logger 3); HJ/T 212-2005: 14 digits. */
#pragma once

#include <stddef.h>

enum hj_mn_form { HJ_MN_2017 = 1, HJ_MN_WENZHOU, HJ_MN_2005 };

#define HJ_MN_MAX 24 /* characters */

/* Strict, for configuration: the form, or -EINVAL with *ret_why (may be NULL) set to an untranslated reason, N_(). */
int hj_mn_check(const char *mn, const char **ret_why);

/* Lenient, for what platforms send: 6..24 of [0-9A-Za-z_]. */
int hj_mn_plausible(const char *mn, size_t n);
