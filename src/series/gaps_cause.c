/* Why something is missing: spans of what was told as events and power records, the weightiest one first. */
#include "gaps_impl.h"

#include <errno.h>

const char *hj_gap_cause_name(enum hj_gap_cause cause)
{
	static const char *const names[] = { "unknown", "meter", "stopped", "full", "clock", "power", "paused",
		"link" };

	return (size_t)cause < hj_array_size(names) ? names[cause] : names[0];
}

const char *hj_gap_fill_name(enum hj_gap_fill fill)
{
	static const char *const names[] = { "lost", "pending", "owed", "resend" };

	return (size_t)fill < hj_array_size(names) ? names[fill] : names[0];
}

int gaps_causes_add(struct hj_gaps *g, struct gaps_causes *c, const struct gaps_cause *one)
{
	if (one->begin_ms >= one->end_ms)
		return 0;
	if (c->count == HJ_GAPS_CAUSES_MAX) {
		g->passed_over++;
		return 0;
	}
	if (gaps_grow(&c->list, &c->size, c->count, sizeof(*c->list)) < 0)
		return -ENOMEM;
	c->list[c->count++] = *one;
	return 0;
}

const struct gaps_cause *gaps_causes_find(
        const struct gaps_causes *c, uint32_t what, int64_t begin_ms, int64_t end_ms)
{
	const struct gaps_cause *best = NULL;

	for (size_t i = 0; i < c->count; i++) {
		const struct gaps_cause *one = &c->list[i];

		if (one->begin_ms >= end_ms || one->end_ms <= begin_ms ||
		        (one->what != what && one->what != HJ_GAPS_ALL))
			continue;
		if (!best || one->cause > best->cause)
			best = one;
	}
	return best;
}

int hj_gaps_cause(struct hj_gaps *g, uint32_t meter, enum hj_gap_cause cause, enum hj_gap_fill fill, int64_t begin_ms,
        int64_t end_ms)
{
	const struct gaps_cause one = { meter, (uint8_t)cause, (uint8_t)fill, begin_ms, end_ms };

	return gaps_causes_add(g, &g->causes, &one);
}

int hj_gaps_link(struct hj_gaps *g, uint32_t uplink, enum hj_gap_cause cause, int64_t begin_ms, int64_t end_ms)
{
	const struct gaps_cause one = { uplink, (uint8_t)cause, HJ_GAP_LOST, begin_ms, end_ms };

	return gaps_causes_add(g, &g->uplinks[uplink].causes, &one);
}
