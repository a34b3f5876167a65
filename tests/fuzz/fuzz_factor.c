/* Any text as a type, a value, a row's code, a code, a word and a unit: each is taken or refused, a type is written
 * as it was read, and what a table says it knows it finds. */
#include <string.h>

#include "fuzz.h"
#include "hjgate/factor.h"

#define PARTS 4

static void check_type(const char *text, const char *value)
{
	struct hj_factor_type t;
	char back[HJ_FACTOR_TYPE_LEN];

	if (hj_factor_type_parse(text, &t, NULL) < 0)
		return;
	claim(t.whole <= 999 && t.fraction <= 9);
	claim(hj_factor_type_decimals(&t) == (t.letter == HJ_FACTOR_NUMBER ? t.fraction : -1));
	hj_factor_type_format(&t, back);
	claim(strlen(back) <= strlen(text)); /* leading zeros go */
	hj_factor_type_fits(&t, value);
}

static void check_table(const char *code, const char *letters, const char *wanted)
{
	struct hj_factor rows[] = {
		{ .code = code, .old = letters, .zh = wanted, .en = code, .unit = letters },
		{ .code = letters, .old = "", .zh = "", .en = "", .unit = "", .layered = true },
		{ .code = "e302xx", .old = "", .zh = "", .en = "", .unit = "" },
	};
	const struct hj_factors t = { .list = rows, .count = 3 };
	const struct hj_factor *row = NULL;
	enum hj_factor_verdict v;

	if (hj_factor_row_check(code, false, NULL) < 0 || hj_factor_row_check(letters, true, NULL) < 0)
		return;
	v = hj_factor_judge(&t, wanted, &row);
	claim((v == HJ_FACTOR_KNOWN || v == HJ_FACTOR_KNOWN_2005) == (hj_factor_find(&t, wanted) != NULL));
	claim(v != HJ_FACTOR_GUIDELINE || strlen(wanted) == 6);
	claim(!row || (row >= rows && row < rows + 3));
	hj_factor_has(&rows[0], wanted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char text[512], *parts[PARTS];
	size_t at = 0;

	if (n >= sizeof(text))
		return 0;
	memcpy(text, data, n);
	text[n] = '\0';
	for (size_t i = 0; i < PARTS; i++) {
		parts[i] = text + at;
		at += strcspn(text + at, "\n");
		if (text[at])
			text[at++] = '\0';
	}
	check_type(parts[0], parts[1]);
	check_table(parts[0], parts[1], parts[2]);
	claim(hj_factor_unit_same(parts[2], parts[2]));
	claim(hj_factor_unit_same(parts[2], parts[3]) == hj_factor_unit_same(parts[3], parts[2]));
	return 0;
}
