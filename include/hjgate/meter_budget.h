/* Whether a bus has the time for what is wanted of it, reckoned before it is asked: from the plan and the price list,
 * so with meters as quick as they are sold. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/meter_plan.h"

#define HJ_BUDGET_DEAD         2       /* so many meters falling silent are reckoned */
#define HJ_BUDGET_MILLION      1000000 /* shares are in millionths of the wire's time */
#define HJ_BUDGET_RESERVED_PPM 20000   /* for silent meters: meter_quarantine.h */

struct hj_budget_rules {
	struct hj_bus_cost cost;
	hj_usec timeout; /* where nothing is learned yet */
	unsigned tries;  /* of a question */
};

/* What is due within one interval, where that leaves least time over. */
struct hj_budget_tight {
	uint32_t interval_ms;
	bool fast;       /* it is the fast lane's */
	size_t requests; /* that are due within it */
	hj_usec needs;
};

struct hj_budget {
	size_t requests;
	/* Everything asked once: with all meters answering, and in the cycle in which one or two of them fall silent,
	 * those that cost most by that. From the next cycle on they cost HJ_BUDGET_RESERVED_PPM at most, all
	 * together. */
	hj_usec cycle[HJ_BUDGET_DEAD + 1];
	uint64_t share_ppm; /* of the wire's time, each request as often as it is wanted */
	struct hj_budget_tight tight;
	bool fits; /* with what is reserved */
};

int hj_budget_make(
        const struct hj_plan *plan, const struct hj_budget_rules *rules, struct hj_budget *ret); /* -ENOMEM */
