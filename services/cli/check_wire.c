/* What a bus is asked for and the time that takes, from its configuration: the plan that meterd makes, and the sums
 * of meter_budget.h over it. */
#include "check_wire.h"

#include <stdlib.h>

#include "hjgate/cleanup.h"

static struct hj_want want_of(size_t meter, const struct hj_conf_point *p)
{
	return (struct hj_want){ .meter = (uint16_t)meter,
		.table = p->table,
		.address = p->address,
		.count = (uint16_t)hj_codec_count(&p->codec, p->table),
		.interval_ms = p->point.interval_ms,
		.fast_ms = p->fast_ms };
}

static int plan_of(const struct hj_conf_bus *c, const struct hj_bus_cost *cost, struct hj_plan *ret)
{
	_cleanup_free_ struct hj_limits *limits = calloc(c->meter_count + 1, sizeof(*limits));
	_cleanup_free_ struct hj_want *wants = NULL;
	struct hj_plan_rules rules = { .cost = *cost, .limits = limits };
	size_t n = 0;

	for (size_t i = 0; i < c->meter_count; i++)
		n += c->meters[i].point_count;
	wants = calloc(n + 1, sizeof(*wants));
	if (!limits || !wants)
		return -1;
	n = 0;
	for (size_t i = 0; i < c->meter_count; i++) {
		const struct hj_conf_limits *l = &c->meters[i].limits;

		limits[i] = (struct hj_limits){ l->max_registers, l->barriers, l->barrier_count };
		for (size_t k = 0; k < c->meters[i].point_count; k++)
			wants[n++] = want_of(i, &c->meters[i].points[k]);
	}
	return hj_plan_make(wants, n, &rules, ret);
}

bool check_wire(const struct hj_conf_bus *c, struct hj_budget *ret)
{
	unsigned bits = (unsigned)(1 + c->data_bits + c->stop_bits + (c->parity != 'N'));
	struct hj_budget_rules rules = { .cost = hj_bus_cost_of(c->kind, c->baud, bits),
		.timeout = (hj_usec)c->response_timeout * HJ_USEC_PER_MS,
		.tries = 1 + (unsigned)c->retries };
	struct hj_plan plan;
	int r;

	if (hj_bus_type(c->kind)->traits & (HJ_BUS_SERVES | HJ_BUS_LINES)) /* nobody is asked; there is no wire */
		return false;
	if (plan_of(c, &rules.cost, &plan) < 0)
		return false;
	r = hj_budget_make(&plan, &rules, ret);
	hj_plan_done(&plan);
	return r >= 0;
}
