/* Factor codes: HJ 212-2017 has 6 characters ("w01018", "e30101"), HJ/T 212-2005 has 3 ("011"), Wenzhou 6.3.5.2 six
 * letters and digits of tables that are not public, and everybody has codes of his own. So a code that a frame bears
 * is allowed; what it is, and whether anybody knows it, is judged by a table that is configuration (factors.conf). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HJ_FACTOR_MAX 16 /* characters */

/* Does a frame bear it: 1..HJ_FACTOR_MAX of [0-9A-Za-z]. 0, or -EINVAL with *ret_why (may be NULL) set to an
 * untranslated reason, N_(). */
int hj_factor_check(const char *factor, const char **ret_why);

/* ---- types: HJ 212-2017 6.3.3 ---- */
enum hj_factor_letter {
	HJ_FACTOR_ANY,          /* nothing is said */
	HJ_FACTOR_NUMBER = 'N', /* "N4.2": 4 digits before the point, 2 behind it */
	HJ_FACTOR_TEXT = 'C',   /* "C890": so many bytes */
	HJ_FACTOR_TIME = 'T',   /* "T": YYYYMMDDhhmmss */
};
struct hj_factor_type {
	uint16_t whole;   /* digits before the point, bytes */
	uint8_t fraction; /* digits behind it */
	uint8_t letter;   /* enum hj_factor_letter */
};
#define HJ_FACTOR_DIGITS_MAX 18 /* digits of a number, point and sign among them */
#define HJ_FACTOR_TYPE_LEN   8  /* "C890" with its NUL */
/* "" is HJ_FACTOR_ANY. -EINVAL; *ret_why as above. */
int hj_factor_type_parse(const char *text, struct hj_factor_type *ret, const char **ret_why);
void hj_factor_type_format(const struct hj_factor_type *t, char ret[HJ_FACTOR_TYPE_LEN]);
/* Decimals of a number that says none itself; -1 where the type has none. */
int hj_factor_type_decimals(const struct hj_factor_type *t);
/* Is the text of a value within its type? Zeros that lead or trail count as nothing. */
bool hj_factor_type_fits(const struct hj_factor_type *t, const char *value);

/* ---- the table ---- */
struct hj_factor {
	const char *code; /* "w01018"; "e302xx": xx a device's number from 01 to 99; "i3331x": x from 0 to 9 */
	const char *old;  /* the code in the edition of 2005; "" = none */
	const char *zh, *en;
	const char *unit; /* "" = none */
	const char *note; /* "" = none */
	struct hj_factor_type type;
	bool state;   /* of an equipment, not a size */
	bool layered; /* the first layer of a code of the guideline: any module may follow */
	int line;
	const char *file;
};
struct hj_factor_module { /* of the guideline's table H */
	const char *code;
	const char *zh, *en;
	int line;
	const char *file;
};
struct hj_factors {
	struct hj_factor *list;
	size_t count;
	struct hj_factor_module *modules;
	size_t module_count;
};

/* May a row of the table have this code? A code, or letters only where it is `layered`. As hj_factor_check(). */
int hj_factor_row_check(const char *code, bool layered, const char **ret_why);

enum hj_factor_verdict {
	HJ_FACTOR_KNOWN,      /* the table has it */
	HJ_FACTOR_KNOWN_2005, /* the table has it as the code of 2005 */
	HJ_FACTOR_GUIDELINE,  /* the guideline's form: six characters, A-Z a-z and then 1-9 a-z. No table says more */
	HJ_FACTOR_NO_DEVICE,  /* the table has it, but for the device's number, which is none */
	HJ_FACTOR_NO_ITEM,    /* the standard's form, but no such item */
	HJ_FACTOR_NO_LETTERS, /* the guideline's form, and the table has such letters, but not these */
	HJ_FACTOR_NO_MODULE,  /* the same of the module */
	HJ_FACTOR_STRANGE,    /* of no form that is known */
};
/* *ret_row: the row, or the one that is nearest; NULL where there is none. */
enum hj_factor_verdict hj_factor_judge(
        const struct hj_factors *t, const char *code, const struct hj_factor **ret_row);
/* The row that has this code, as it is now or as it was in 2005; NULL. */
const struct hj_factor *hj_factor_find(const struct hj_factors *t, const char *code);
/* Of a code that a `layered` row knows: how many characters its letters have. The rest is the module. */
size_t hj_factor_letters(const struct hj_factor *row);

/* Is the word in its code, its names or its unit? Upper and lower case are the same for A-Z. */
bool hj_factor_has(const struct hj_factor *row, const char *word);
/* Are these two ways to write one unit: "m3" and "m³", "°C" and "℃"? */
bool hj_factor_unit_same(const char *a, const char *b);
