/* The clock was set: what is open belongs to a time that does not go on. Nothing is moved to other labels: what was
 * stamped is kept as it was stamped, and what the steps made impossible is not expected. */
#include "rollup_impl.h"

static bool holds(const struct window *w, int64_t ms)
{
	return ms >= w->label_ms && ms < w->label_ms + w->length_ms;
}

/* At least something is expected where something came. */
static void lack(struct window *w, int64_t ms)
{
	if (ms > 0)
		w->from_ms = hj_min(w->from_ms + ms, w->label_ms + w->length_ms - 1);
}

static void step_window(struct window *w, int64_t from_ms, int64_t to_ms, const struct hj_now *now)
{
	if (w->ready_at != HJ_USEC_NEVER)
		return;
	if (holds(w, from_ms) && holds(w, to_ms))
		return lack(w, to_ms - from_ms);
	if (holds(w, from_ms))
		lack(w, w->label_ms + w->length_ms - from_ms);
	w->ready_at = now->mono;
}

void hj_rollup_step(struct hj_rollup *r, int64_t from_ms, int64_t to_ms, const struct hj_now *now)
{
	bool leaves = hj_window_start(from_ms, rollup_length(r, from_ms)) !=
	              hj_window_start(to_ms, rollup_length(r, to_ms));

	for (size_t i = 0; i < r->count; i++) {
		struct hj_rollup_bus *b = r->buses[i];

		for (size_t k = 0; k < b->count; k++)
			step_window(&b->windows[k], from_ms, to_ms, now);
		b->upto_ms = hj_min(b->upto_ms, to_ms);
		if (leaves && b->since_ms != INT64_MIN)
			b->since_ms = to_ms;
	}
}

static void forget_closed(struct hj_rollup_bus *b, int64_t from_ms)
{
	while (b->closed_count && b->closed[b->closed_count - 1].from_ms >= from_ms)
		b->closed_count--;
	if (b->closed_count)
		b->closed[b->closed_count - 1].end_ms = hj_min(b->closed[b->closed_count - 1].end_ms, from_ms);
}

void hj_rollup_forget(struct hj_rollup *r, int64_t from_ms)
{
	for (size_t i = 0; i < r->count; i++)
		forget_closed(r->buses[i], from_ms);
	for (size_t i = 0; i < r->state_count; i++)
		if (r->states[i].label_ms >= from_ms)
			r->states[i].label_ms = INT64_MIN;
}
