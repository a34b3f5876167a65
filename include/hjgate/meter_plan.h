/* What to ask in one request: the registers of one meter and one table that are wanted equally often, merged into the
 * requests that cost the bus least. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "hjgate/meter_cost.h"
#include "hjgate/meter_split.h"
#include "hjgate/register.h"

#define HJ_PLAN_REGISTERS_MAX 125  /* of one request: Modbus V1.1b3 6.3, 6.4 */
#define HJ_PLAN_BITS_MAX      2000 /* 6.1, 6.2 */

/* What is wanted: one point. */
struct hj_want {
	uint16_t meter; /* any number that tells meters apart */
	enum hj_table table;
	uint32_t address;
	uint16_t count; /* registers, or bits of a table of bits; of a data identifier 1 */
	uint32_t interval_ms;
	uint32_t fast_ms; /* between two looks whether it changed; 0: none beyond its interval */
};

/* Which requests a meter bears. A single point is asked even against them. */
struct hj_limits {
	unsigned max_registers;   /* of one request; 0: HJ_PLAN_REGISTERS_MAX */
	const uint16_t *barriers; /* no request holds an address below one and another from it on */
	size_t barrier_count;
};

struct hj_plan_rules {
	struct hj_bus_cost cost;
	const struct hj_limits *limits; /* per meter, which then counts from 0; NULL: none */
	const struct hj_splits *splits; /* NULL: nothing was refused */
};

struct hj_request {
	uint16_t meter;
	enum hj_table table;
	uint32_t address;
	uint16_t count;
	uint32_t interval_ms, fast_ms;
	size_t first, wants; /* whose it is: plan.order[first] ... plan.order[first + wants - 1] */
};

struct hj_plan {
	struct hj_request *requests; /* sorted by meter, table, interval, address */
	size_t count;
	size_t *order; /* indexes into the wants */
};

/* Every want is in exactly one request; together the requests cost as little as any that keep the rules, and of those
 * they are the fewest. -EINVAL where a want does not fit into a request at all or into the 65536 addresses; -ENOMEM.
 */
int hj_plan_make(const struct hj_want *wants, size_t n, const struct hj_plan_rules *rules, struct hj_plan *ret);
void hj_plan_done(struct hj_plan *p);
