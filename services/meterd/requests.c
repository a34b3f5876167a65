/* From the configuration to requests and their due times; and anew, asked more apart, when a meter refuses to be
 * asked for its registers together. A new plan takes the place of the old one whole, or not at all. */
#include "meterd.h"

#include <errno.h>
#include <stdlib.h>

#include "hjgate/log.h"
#include "hjgate/now.h"

static struct hj_want want_of(size_t meter, const struct hj_conf_point *p)
{
	return (struct hj_want){
		.meter = (uint16_t)meter,
		.table = p->table,
		.address = p->address,
		.count = (uint16_t)hj_codec_count(&p->codec, p->table),
		.interval_ms = p->point.interval_ms,
	};
}

static int collect(struct meterd *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->conf.meter_count; i++)
		m->point_count += m->conf.meters[i].point_count;
	m->points = calloc(m->point_count + 1, sizeof(*m->points));
	m->wants = calloc(m->point_count + 1, sizeof(*m->wants));
	m->meters = calloc(m->conf.meter_count + 1, sizeof(*m->meters));
	if (!m->points || !m->wants || !m->meters)
		return -ENOMEM;
	for (size_t i = 0; i < m->conf.meter_count; i++) {
		m->meters[i] = (struct meter){ .conf = &m->conf.meters[i], .answer_ms = -1 };
		for (size_t p = 0; p < m->conf.meters[i].point_count; p++, n++) {
			m->points[n] = &m->conf.meters[i].points[p];
			m->wants[n] = want_of(i, m->points[n]);
		}
	}
	return 0;
}

static int make_schedule(
        const struct meterd *m, const struct hj_plan *plan, size_t *request_meter, struct hj_schedule *ret)
{
	_cleanup_free_ uint32_t *intervals = calloc(plan->count + 1, sizeof(*intervals));

	if (!intervals || !request_meter)
		return -ENOMEM;
	for (size_t i = 0; i < plan->count; i++) {
		intervals[i] = plan->requests[i].interval_ms;
		request_meter[i] = plan->requests[i].meter;
	}
	return hj_schedule_init(ret, request_meter, intervals, plan->count, m->conf.meter_count, hj_now().mono);
}

static void forget(struct meterd *m)
{
	hj_plan_done(&m->plan);
	hj_schedule_done(&m->schedule);
	free(m->request_meter);
	free(m->request_took);
	m->request_meter = NULL;
	m->request_took = NULL;
}

static int make(struct meterd *m)
{
	_cleanup_free_ size_t *request_meter = NULL;
	_cleanup_free_ uint32_t *took = NULL;
	struct hj_schedule schedule;
	struct hj_plan plan;
	const struct hj_conf_bus *c = &m->conf;
	unsigned bits = (unsigned)(1 + c->data_bits + c->stop_bits + (c->parity != 'N'));
	struct hj_plan_rules rules = { .cost = hj_bus_cost_of(c->kind, c->baud, bits), .splits = &m->splits };
	int r = hj_plan_make(m->wants, m->point_count, &rules, &plan);

	if (r < 0)
		return r;
	request_meter = calloc(plan.count + 1, sizeof(*request_meter));
	took = calloc(plan.count + 1, sizeof(*took));
	r = took ? make_schedule(m, &plan, request_meter, &schedule) : -ENOMEM;
	if (r < 0) {
		hj_plan_done(&plan);
		return r;
	}
	forget(m);
	m->plan = plan;
	m->schedule = schedule;
	m->request_meter = hj_steal(request_meter);
	m->request_took = hj_steal(took);
	m->retry = plan.count;
	return 0;
}

int requests_new(struct meterd *m)
{
	int r = collect(m);

	if (r >= 0)
		r = hj_splits_init(&m->splits, m->point_count);
	return r < 0 ? r : make(m);
}

void requests_free(struct meterd *m)
{
	forget(m);
	hj_splits_done(&m->splits);
	free(m->points);
	free(m->wants);
	free(m->meters);
}

static void tell_refused(const struct meterd *m, const struct hj_request *q)
{
	hj_notice("meter %s: refuses %s %u, count %u: asking its %zu points apart", m->conf.meters[q->meter].name,
	        hj_table_name(q->table), q->address, q->count, q->wants);
}

static bool follow(struct meterd *m, enum hj_split_next next)
{
	return next != HJ_SPLIT_NONE && make(m) == 0;
}

bool requests_refused(struct meterd *m, size_t request)
{
	const struct hj_request *q = &m->plan.requests[request];
	enum hj_split_next next;

	if (q->table == HJ_TABLE_DATA)
		return false; /* asked by itself already */
	next = hj_splits_refused(&m->splits, q, m->wants, m->plan.order, hj_now().mono);
	if (next == HJ_SPLIT_AGAIN)
		tell_refused(m, q);
	return follow(m, next);
}

bool requests_answered(struct meterd *m, size_t request)
{
	return follow(m, hj_splits_answered(&m->splits, &m->plan.requests[request], m->wants, m->plan.order));
}
