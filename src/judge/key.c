/* See judge_key.h: who judges now and who judges the past again must call the same thing the same. */
#include "hjgate/judge_key.h"

#include <stdio.h>
#include <string.h>

#include "hjgate/text.h"

void hj_conclusion_key(
        const struct hj_judge_plan *plan, const struct hj_conclusion *c, char ret[HJ_CONCLUSION_KEY_MAX + 1])
{
	const char *equipment = c->equipment == HJ_JUDGE_NONE ? NULL : plan->equipment[c->equipment].name;
	const size_t size = HJ_CONCLUSION_KEY_MAX + 1;
	char bound[HJ_NUMBER_LEN] = "";

	if (c->production != HJ_JUDGE_NONE && equipment) {
		snprintf(ret, size, "equipment %s for %s", equipment, plan->equipment[c->production].name);
	} else if (c->limit != HJ_JUDGE_NONE) {
		const struct hj_judge_limit *l = &plan->limits[c->limit];

		if (hj_number_format(l->bound, -1, bound) < 0)
			bound[0] = '\0';
		snprintf(ret, size, "point %s%s%s", plan->points[l->points[0]].name, *bound ? " " : "", bound);
	} else if (c->point != HJ_JUDGE_NONE) {
		snprintf(ret, size, "point %s", plan->points[c->point].name);
	} else {
		snprintf(ret, size, "equipment %s", equipment ? equipment : "-");
	}
}

void hj_conclusion_key_nth(char key[HJ_CONCLUSION_KEY_MAX + 1], unsigned n)
{
	char tail[HJ_NUMBER_LEN];
	size_t len = (size_t)snprintf(tail, sizeof(tail), " (%u)", n);

	strcpy(key + hj_min(strlen(key), HJ_CONCLUSION_KEY_MAX - len), tail);
}

void hj_conclusion_key_free(const struct hj_judge_plan *plan, const struct hj_conclusion *c, hj_key_taken_fn *taken,
        const void *data, char ret[HJ_CONCLUSION_KEY_MAX + 1])
{
	hj_conclusion_key(plan, c, ret);
	for (unsigned n = 2; taken(data, hj_conclusion_event(c->code), ret); n++) {
		hj_conclusion_key(plan, c, ret);
		hj_conclusion_key_nth(ret, n);
	}
}

size_t hj_conclusion_point(const struct hj_judge_plan *plan, const struct hj_conclusion *c)
{
	if (c->point != HJ_JUDGE_NONE)
		return c->point;
	if (c->limit != HJ_JUDGE_NONE)
		return plan->limits[c->limit].points[0];
	return c->proof_count ? c->proofs[0].point : HJ_JUDGE_NONE;
}
