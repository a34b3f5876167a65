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
	int r = hj_plan_make(m->wants, m->point_count, &plan);

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

	return r < 0 ? r : make(m);
}

void requests_free(struct meterd *m)
{
	forget(m);
	free(m->points);
	free(m->wants);
	free(m->meters);
}

bool requests_part(struct meterd *m, size_t request)
{
	const struct hj_request *q = &m->plan.requests[request];

	if (q->wants < 2 || q->apart == HJ_ALONE || q->table == HJ_TABLE_DATA)
		return false;
	hj_notice("meter %s: refuses %s %u, count %u: asking its %zu points %s",
	        m->meters[m->request_meter[request]].conf->name, hj_table_name(q->table), q->address, q->count,
	        q->wants, q->apart == HJ_TOGETHER ? "without the holes between them" : "one by one");
	for (size_t i = 0; i < q->wants; i++)
		m->wants[m->plan.order[q->first + i]].apart = q->apart + 1;
	return make(m) == 0;
}
