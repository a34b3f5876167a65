/* The time of each bus, for `hjgate check`. */
#pragma once

#include "hjgate/conf.h"
#include "hjgate/meter_budget.h"

#define PPM_OF_PERCENT (HJ_BUDGET_MILLION / 100)

/* A plan that meterd would make, without what it has learned; hj_plan_done(). -errno. */
int check_wire_plan(const struct hj_conf_bus *c, struct hj_budget_rules *ret_rules, struct hj_plan *ret);

/* False: nothing is asked over a wire on this bus, or there is no memory for it. */
bool check_wire(const struct hj_conf_bus *c, struct hj_budget *ret);

/* The sums as a sentence; and what does not fit, where something does not. */
void check_wire_sums(const struct hj_budget *b, char *to, size_t size);
void check_wire_tight(const struct hj_budget *b, char *to, size_t size);
