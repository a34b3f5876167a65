/* The time of a bus: see meter_budget.h. Requests are asked by deadline and cannot be broken off, so for each
 * interval what is due within it, and the longest request that may just have begun, has to fit into it (Jeffay,
 * Stanat and Martel 1991: for tasks that are not preempted that is also enough). The fast lane goes before all else
 * and is promised to wait for one request, so it only has to fit by itself. Pure. */
#include "hjgate/meter_budget.h"

#include <errno.h>
#include <stdlib.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_quarantine.h"

struct task {
	size_t meter;
	uint32_t period_ms;
	bool fast;
	uint64_t cost_ns;
};

static void fill(const struct hj_plan *plan, const struct hj_budget_rules *rules, struct task *tasks)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct hj_request *q = &plan->requests[i];

		tasks[i] = (struct task){ .meter = q->meter,
			.fast = q->fast_ms,
			.period_ms = q->fast_ms ? q->fast_ms : q->interval_ms,
			.cost_ns = hj_bus_cost_ns(&rules->cost, q->table, q->count) };
	}
}

/* ---- one interval ---- */

static struct hj_budget_tight demand(const struct task *tasks, size_t n, uint32_t interval_ms, bool fast)
{
	struct hj_budget_tight t = { .interval_ms = interval_ms, .fast = fast };
	uint64_t needs_ns = 0, blocks_ns = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t times = interval_ms / tasks[i].period_ms;

		if (fast && !tasks[i].fast)
			continue;
		needs_ns += times * tasks[i].cost_ns;
		t.requests += times;
		if (!times)
			blocks_ns = hj_max(blocks_ns, tasks[i].cost_ns);
	}
	t.needs = (needs_ns + (fast ? 0 : blocks_ns)) / 1000;
	return t;
}

/* Of an interval, in millionths. */
static uint64_t part(const struct hj_budget_tight *t)
{
	return t->needs * HJ_BUDGET_MILLION / (t->interval_ms * HJ_USEC_PER_MS);
}

static bool too_much(const struct hj_budget_tight *t)
{
	return t->interval_ms && part(t) + HJ_BUDGET_RESERVED_PPM > HJ_BUDGET_MILLION;
}

/* A fast lane that does not fit is the reason where nothing else does, either. */
static bool is_tighter(const struct hj_budget_tight *a, const struct hj_budget_tight *b)
{
	if (a->fast != b->fast && too_much(a) && too_much(b))
		return a->fast;
	return !b->interval_ms || part(a) > part(b);
}

static struct hj_budget_tight tightest(const struct task *tasks, size_t n)
{
	struct hj_budget_tight found = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct hj_budget_tight t = demand(tasks, n, tasks[i].period_ms, tasks[i].fast);

		if (is_tighter(&t, &found))
			found = t;
	}
	return found;
}

/* ---- a cycle ---- */

/* By how much a meter makes the cycle longer in which it falls silent: its first questions cost their tries, the
 * others are not asked any more. */
static int64_t falls_silent(const struct task *tasks, size_t n, size_t meter, const struct hj_budget_rules *rules)
{
	uint64_t silent_us = hj_bus_cost_silent(&rules->cost, rules->timeout), answers_ns = 0;
	size_t asked = 0;

	for (size_t i = 0; i < n; i++)
		if (tasks[i].meter == meter) {
			answers_ns += tasks[i].cost_ns;
			asked++;
		}
	asked = hj_min(asked, (size_t)HJ_QUARANTINE_FAILURES);
	/* Only the first of them is repeated. */
	return (int64_t)((asked ? asked - 1 + rules->tries : 0) * silent_us) - (int64_t)(answers_ns / 1000);
}

static void fill_cycles(const struct task *tasks, size_t n, const struct hj_budget_rules *rules, struct hj_budget *b)
{
	int64_t worst[HJ_BUDGET_DEAD] = { 0 }, sum = 0;
	uint64_t all_ns = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t more =
		        i && tasks[i].meter == tasks[i - 1].meter ? 0 : falls_silent(tasks, n, tasks[i].meter, rules);

		all_ns += tasks[i].cost_ns;
		for (size_t k = 0; k < HJ_BUDGET_DEAD; k++)
			if (more > worst[k]) {
				int64_t less = worst[k];

				worst[k] = more;
				more = less;
			}
	}
	b->cycle[0] = all_ns / 1000;
	for (size_t k = 0; k < HJ_BUDGET_DEAD; k++) {
		sum += worst[k];
		b->cycle[k + 1] = b->cycle[0] + (hj_usec)sum;
	}
}

int hj_budget_make(const struct hj_plan *plan, const struct hj_budget_rules *rules, struct hj_budget *ret)
{
	_cleanup_free_ struct task *tasks = calloc(plan->count + 1, sizeof(*tasks));
	struct hj_budget b = { .requests = plan->count };

	if (!tasks)
		return -ENOMEM;
	fill(plan, rules, tasks);
	fill_cycles(tasks, plan->count, rules, &b);
	for (size_t i = 0; i < plan->count; i++)
		b.share_ppm += tasks[i].cost_ns / tasks[i].period_ms; /* ns of a ms are millionths */
	b.tight = tightest(tasks, plan->count);
	b.fits = b.share_ppm + HJ_BUDGET_RESERVED_PPM <= HJ_BUDGET_MILLION && !too_much(&b.tight);
	*ret = b;
	return 0;
}
