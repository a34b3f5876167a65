/* The planner against every way to group the points of random maps, with limits and barriers: how many requests it
 * makes for each that would do. Prints figures; fails where one is short. */
#include <stdio.h>

#include "../tests/unit/meter_plan_search.h"

#define MAPS       20000
#define SEED       20261125
#define LARGE_EACH 50 /* one map in so many has the most points that can be searched in reasonable time */

int main(void)
{
	size_t requests = 0, optimum = 0, dearer = 0;

	srandom(SEED);
	for (int i = 0; i < MAPS; i++) {
		size_t most = i % LARGE_EACH ? 8 : SEARCH_WANTS_MAX, n, best_requests;
		struct hj_want wants[SEARCH_WANTS_MAX];
		uint64_t cost = 0, best;
		struct hj_plan_rules rules;
		struct hj_limits limits;
		uint16_t barriers[4];
		struct hj_plan p;

		search_rules(&rules, &limits, barriers);
		n = search_map(wants, most, random() % 4 ? HJ_TABLE_HOLDING : HJ_TABLE_COIL);
		search_best(wants, n, &rules, &best, &best_requests);
		if (hj_plan_make(wants, n, &rules, &p) < 0)
			return 1;
		for (size_t k = 0; k < p.count; k++)
			cost += hj_bus_cost_ns(&rules.cost, p.requests[k].table, p.requests[k].count);
		requests += p.count;
		optimum += best_requests;
		dearer += cost != best || p.count != best_requests;
		hj_plan_done(&p);
	}
	printf("figure bus.requests_vs_optimum %g ratio 1 %s\n", (double)requests / (double)optimum,
	        !dearer && requests == optimum ? "ok" : "short");
	return dearer ? 1 : 0;
}
