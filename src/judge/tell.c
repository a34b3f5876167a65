/* What a conclusion says besides its code: the readings that prove it. */
#include "judge_private.h"

static const char *const events[HJ_CONCLUSIONS] = {
	[HJ_CONCLUDES_RUNNING] = "equipment-running",
	[HJ_CONCLUDES_IDLE] = "equipment-idle",
	[HJ_CONCLUDES_STOPPED] = "equipment-stopped",
	[HJ_CONCLUDES_UNKNOWN] = "equipment-unknown",
	[HJ_CONCLUDES_OFF] = "treatment-off",
	[HJ_CONCLUDES_LATE] = "treatment-late",
	[HJ_CONCLUDES_ABNORMAL] = "treatment-abnormal",
	[HJ_CONCLUDES_BYPASSED] = "treatment-bypassed",
	[HJ_CONCLUDES_UNPROVEN] = "treatment-unproven",
	[HJ_CONCLUDES_LOW] = "treatment-low",
	[HJ_CONCLUDES_EARLY] = "treatment-early",
	[HJ_CONCLUDES_MISSING] = "data-missing",
	[HJ_CONCLUDES_UPPER] = "limit-upper",
	[HJ_CONCLUDES_LOWER] = "limit-lower",
	[HJ_CONCLUDES_RATE] = "limit-rate",
	[HJ_CONCLUDES_STUCK] = "value-stuck",
	[HJ_CONCLUDES_RANGE] = "value-range",
	[HJ_CONCLUDES_PHASE_LOSS] = "phase-lost",
	[HJ_CONCLUDES_UNBALANCE] = "phase-unbalance",
};

enum hj_conclusion_code code_of_state(enum hj_state state)
{
	static const enum hj_conclusion_code codes[HJ_STATES] = {
		[HJ_STATE_UNKNOWN] = HJ_CONCLUDES_UNKNOWN,
		[HJ_STATE_STOPPED] = HJ_CONCLUDES_STOPPED,
		[HJ_STATE_IDLE] = HJ_CONCLUDES_IDLE,
		[HJ_STATE_RUNNING] = HJ_CONCLUDES_RUNNING,
	};

	return codes[state];
}

enum hj_conclusion_code code_of_link(enum link_alarm alarm)
{
	static const enum hj_conclusion_code codes[LINK_ALARMS] = {
		[LINK_OFF] = HJ_CONCLUDES_OFF,
		[LINK_LATE] = HJ_CONCLUDES_LATE,
		[LINK_ABNORMAL] = HJ_CONCLUDES_ABNORMAL,
		[LINK_BYPASSED] = HJ_CONCLUDES_BYPASSED,
		[LINK_UNPROVEN] = HJ_CONCLUDES_UNPROVEN,
		[LINK_LOW] = HJ_CONCLUDES_LOW,
		[LINK_EARLY] = HJ_CONCLUDES_EARLY,
	};

	return codes[alarm];
}

const char *hj_conclusion_event(enum hj_conclusion_code code)
{
	return (size_t)code < HJ_CONCLUSIONS ? events[code] : NULL;
}

void conclusion_init(const struct hj_judge *j, enum hj_conclusion_code code, struct hj_conclusion *ret)
{
	*ret = (struct hj_conclusion){ .code = code,
		.at_ms = j->now_ms,
		.equipment = HJ_JUDGE_NONE,
		.production = HJ_JUDGE_NONE,
		.link = HJ_JUDGE_NONE,
		.limit = HJ_JUDGE_NONE,
		.point = HJ_JUDGE_NONE,
		.least = NAN,
		.most = NAN,
		.energy = NAN };
}

void conclusion_prove(const struct hj_judge *j, struct hj_conclusion *c, size_t point, double bound)
{
	const struct point *p = &j->points[point];

	if (c->proof_count == HJ_PROOFS_MAX)
		return;
	c->proofs[c->proof_count++] = (struct hj_proof){
		.point = point,
		.time_ms = p->heard_ms, /* of the value; the flag is of the newest, which may have none */
		.value = p->value,
		.flag = p->flag,
		.bound = bound,
	};
}

/* Each sign with the threshold that puts it where it is. */
void conclusion_prove_state(const struct hj_judge *j, struct hj_conclusion *c, size_t equipment)
{
	const struct equipment *e = &j->equipment[equipment];

	for (size_t i = 0; i < e->plan->sign_count; i++)
		conclusion_prove(j, c, e->plan->signs[i].point, sign_bound(&e->plan->signs[i], e->signs[i].level));
}

void conclusion_window(struct hj_conclusion *c, const struct window *w)
{
	c->from_ms = w->from_ms;
	c->to_ms = w->to_ms;
	c->samples = w->samples;
	c->least = w->samples ? w->least : NAN;
	c->most = w->samples ? w->most : NAN;
}

void window_begin(struct window *w, int64_t ms, double value)
{
	*w = (struct window){ .from_ms = ms, .to_ms = ms, .samples = 1, .least = value, .most = value };
}

void window_add(struct window *w, int64_t ms, double value)
{
	w->to_ms = ms;
	w->samples++;
	if (value < w->least)
		w->least = value;
	if (value > w->most)
		w->most = value;
}
