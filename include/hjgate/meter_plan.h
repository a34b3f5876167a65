/* What to ask in one request: the registers of one meter and one table that are wanted equally often and lie
 * together. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "hjgate/register.h"

#define HJ_PLAN_REGISTERS_MAX  125  /* of one request: Modbus V1.1b3 6.3, 6.4 */
#define HJ_PLAN_BITS_MAX       2000 /* 6.1, 6.2 */
#define HJ_PLAN_HOLE_REGISTERS 8 /* asked along rather than asked apart: cheaper than the frame of another request */
#define HJ_PLAN_HOLE_BITS      128

/* How closely a point may be asked together with others: a meter that refuses a request for its registers is asked
 * apart. */
enum hj_apart { HJ_TOGETHER, HJ_WITHOUT_HOLES, HJ_ALONE };

/* What is wanted: one point. */
struct hj_want {
	uint16_t meter; /* any number that tells meters apart */
	enum hj_table table;
	uint32_t address;
	uint16_t count; /* registers, or bits of a table of bits; of a data identifier 1 */
	uint32_t interval_ms;
	enum hj_apart apart;
};

struct hj_request {
	uint16_t meter;
	enum hj_table table;
	uint32_t address;
	uint16_t count;
	uint32_t interval_ms;
	enum hj_apart apart; /* the most of its wants */
	size_t first, wants; /* whose it is: plan.order[first] ... plan.order[first + wants - 1] */
};

struct hj_plan {
	struct hj_request *requests; /* sorted by meter, table, interval, address */
	size_t count;
	size_t *order; /* indexes into the wants */
};

/* Every want is in exactly one request. -EINVAL where one does not fit into a request at all or into the 65536
 * addresses; -ENOMEM. */
int hj_plan_make(const struct hj_want *wants, size_t n, struct hj_plan *ret);
void hj_plan_done(struct hj_plan *p);
