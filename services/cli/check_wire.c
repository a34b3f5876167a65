/* What a bus is asked for and the time that takes, from its configuration: the plan that meterd makes, and the sums
 * of meter_budget.h over it. */
#include "check_wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
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
		return -ENOMEM;
	n = 0;
	for (size_t i = 0; i < c->meter_count; i++) {
		const struct hj_conf_limits *l = &c->meters[i].limits;

		limits[i] = (struct hj_limits){ l->max_registers, l->barriers, l->barrier_count };
		for (size_t k = 0; k < c->meters[i].point_count; k++)
			wants[n++] = want_of(i, &c->meters[i].points[k]);
	}
	return hj_plan_make(wants, n, &rules, ret);
}

int check_wire_plan(const struct hj_conf_bus *c, struct hj_budget_rules *ret_rules, struct hj_plan *ret)
{
	unsigned bits = (unsigned)(1 + c->data_bits + c->stop_bits + (c->parity != 'N'));

	*ret_rules = (struct hj_budget_rules){ .cost = hj_bus_cost_of(c->kind, c->baud, bits),
		.timeout = (hj_usec)c->response_timeout * HJ_USEC_PER_MS,
		.tries = 1 + (unsigned)c->retries };
	return plan_of(c, &ret_rules->cost, ret);
}

bool check_wire(const struct hj_conf_bus *c, struct hj_budget *ret)
{
	struct hj_budget_rules rules;
	struct hj_plan plan;
	int r;

	if (hj_bus_type(c->kind)->traits & (HJ_BUS_SERVES | HJ_BUS_LINES)) /* nobody is asked; there is no wire */
		return false;
	if (check_wire_plan(c, &rules, &plan) < 0)
		return false;
	r = hj_budget_make(&plan, &rules, ret);
	hj_plan_done(&plan);
	return r >= 0;
}

static double seconds(hj_usec span)
{
	return (double)span / (double)HJ_USEC_PER_SEC;
}

void check_wire_sums(const struct hj_budget *b, char *to, size_t size)
{
	snprintf(to, size,
	        _("a cycle of %zu requests takes %.2f s, %.2f s where one meter falls silent and %.2f s where two "
	          "do; "
	          "%.1f %% of the wire's time is used, %d %% more are kept for silent meters"),
	        b->requests, seconds(b->cycle[0]), seconds(b->cycle[1]), seconds(b->cycle[2]),
	        (double)b->share_ppm / PPM_OF_PERCENT, HJ_BUDGET_RESERVED_PPM / PPM_OF_PERCENT);
}

void check_wire_tight(const struct hj_budget *b, char *to, size_t size)
{
	snprintf(to, size,
	        b->tight.fast ? _("the fast lane's %zu requests in each %.2f s take %.2f s: they do not fit")
	                      : _("the %zu requests that are due in each %.2f s take %.2f s: they do not fit"),
	        b->tight.requests, (double)b->tight.interval_ms / 1000, seconds(b->tight.needs));
}
