/* The time of each bus, for `hjgate check`. */
#pragma once

#include "hjgate/conf.h"
#include "hjgate/meter_budget.h"

/* False: nothing is asked over a wire on this bus, or there is no memory for it. */
bool check_wire(const struct hj_conf_bus *c, struct hj_budget *ret);
