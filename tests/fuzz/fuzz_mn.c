/* Any text as an MN: explained by a rule whose parts are the text itself; and what can be built of it is right, and
 * explained as it was built. */
#include <string.h>

#include "fuzz.h"
#include "hjgate/mn.h"

static void check_explained(const char *mn)
{
	struct hj_mn_explained e;
	size_t at = 0;
	bool wrong = false;

	hj_mn_explain(mn, &e);
	claim(e.rule && e.count == e.rule->count && e.count <= HJ_MN_PARTS_MAX);
	claim(e.right == (hj_mn_check(mn, NULL) > 0));
	for (size_t i = 0; i < e.count; i++) {
		size_t n = strlen(e.parts[i].text);

		claim(n <= 4 * e.parts[i].part->length && !strncmp(mn + at, e.parts[i].text, n));
		claim(!e.parts[i].wrong || e.parts[i].why);
		wrong = wrong || e.parts[i].wrong;
		at += n;
	}
	claim(!e.right || !wrong);
	claim(e.right || wrong || strlen(mn) != e.rule->length);
}

static void check_built(enum hj_mn_form form, const char *const *values)
{
	const struct hj_mn_rule *rule = hj_mn_rule(form);
	char mn[HJ_MN_MAX + 1];
	const char *why = NULL;
	size_t part = HJ_MN_PARTS_MAX;

	if (hj_mn_build(rule, values, mn, &part, &why) < 0) {
		claim(part < rule->count && why);
		return;
	}
	claim(hj_mn_check(mn, NULL) == (int)form);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char text[256], *at = text;
	const char *values[HJ_MN_PARTS_MAX];

	if (n >= sizeof(text))
		return 0;
	memcpy(text, data, n);
	text[n] = '\0';
	check_explained(text);
	for (size_t i = 0; i < HJ_MN_PARTS_MAX; i++) {
		values[i] = at;
		at += strcspn(at, ";");
		if (*at)
			*at++ = '\0';
	}
	check_built(HJ_MN_WENZHOU, values);
	check_built(HJ_MN_2017, values);
	check_built(HJ_MN_2005, values);
	return 0;
}
