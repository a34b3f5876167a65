/* Numbers and names as text: strict on the way in, shortest exact on the way out. Independent of the locale. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The translated text (gettext); N_() marks a text in a table for translation where it is shown. */
#include <libintl.h>
#define _(text)  gettext(text)
#define N_(text) (text)

/* Digits only, no sign, no blank, whole of n; -EINVAL, or -ERANGE above `most`. */
int hj_uint_parse(const char *text, size_t n, uint64_t most, uint64_t *ret);

#define HJ_NUMBER_LEN 32 /* enough for both formats below with their NUL */
#define HJ_NUMBER_DECIMALS_MOST 9 /* that may be asked for */

#define HJ_NUMBER_LIMIT 1e18 /* HJ 212-2017 6.3.3: 18 characters at most */

/* decimals 0..9: rounded to them; decimals < 0: the shortest text that gives the same double back, of at most 9
 * decimals or, where those are fewer, 9 digits that count: so every float32 above 1e-8 comes back. Plain notation,
 * never an exponent or "-0". -ERANGE for NaN, infinities and HJ_NUMBER_LIMIT or more. Programs set LC_MESSAGES and LC_CTYPE only, never LC_NUMERIC. */
int hj_number_format(double value, int decimals, char ret[HJ_NUMBER_LEN]);
int hj_number_parse(const char *text, size_t n, double *ret);

/* Names of buses, meters, points, uplinks: [a-z0-9-], 1..31 characters (systemd escapes nothing of that). */
#define HJ_NAME_MAX 31
bool hj_name_valid(const char *name);
#define HJ_POINT_NAME_MAX (2 * HJ_NAME_MAX + 1) /* METER.POINT */

/* The length of the character of UTF-8 at `p`; 0: it is none (overlong, a surrogate, cut off, beyond Unicode). */
size_t hj_utf8_length(const char *p);
uint32_t hj_utf8_code(const char *p, size_t n); /* the character itself, of that length */
const char *hj_utf8_bad(const char *text);      /* the first byte that is no UTF-8; NULL: all of it is */

/* Copies at most size-1 bytes and ends with NUL; false when cut. */
bool hj_text_copy(char *to, size_t size, const char *from);
