/* From the configuration to requests and their due times; and anew, asked more apart, when a meter refuses to be
 * asked for its registers together. A new plan takes the place of the old one whole, or not at all. */
#include "meterd.h"

#include <errno.h>
#include <stdio.h>
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
		.fast_ms = p->fast_ms,
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

static bool has_total(const struct meterd *m, const struct hj_plan *plan, const struct hj_request *q)
{
	for (size_t k = 0; k < q->wants; k++)
		if (m->points[plan->order[q->first + k]]->point.total)
			return true;
	return false;
}

static int make_schedule(const struct meterd *m, const struct hj_plan *plan, struct hj_schedule *ret)
{
	_cleanup_free_ struct hj_timing *timings = calloc(plan->count + 1, sizeof(*timings));
	struct hj_now now = hj_now();

	if (!timings)
		return -ENOMEM;
	for (size_t i = 0; i < plan->count; i++) {
		const struct hj_request *q = &plan->requests[i];

		timings[i] = (struct hj_timing){ .meter = q->meter,
			.interval_ms = q->interval_ms,
			.fast_ms = q->fast_ms,
			.total = has_total(m, plan, q),
			.takes = hj_bus_cost_ns(&m->cost, q->table, q->count) / 1000 };
	}
	return hj_schedule_init(ret, timings, plan->count, hj_schedule_origin(&now), now.mono);
}

static void forget(struct meterd *m)
{
	hj_plan_done(&m->plan);
	hj_schedule_done(&m->schedule);
	free(m->request_took);
	free(m->request_tries);
	free(m->mutes);
	m->request_took = NULL;
	m->request_tries = NULL;
	m->mutes = NULL;
}

/* A new plan goes on where the old one was: each request has the place of that of its points which is due first. */
static void carry(
        const struct meterd *m, const struct hj_slot **slot_of, const struct hj_plan *plan, struct hj_schedule *to)
{
	for (size_t i = 0; i < m->plan.count; i++)
		for (size_t k = 0; k < m->plan.requests[i].wants; k++)
			slot_of[m->plan.order[m->plan.requests[i].first + k]] = &m->schedule.slots[i];
	to->origin = m->schedule.origin;
	to->overruns = m->schedule.overruns;
	for (size_t i = 0; i < plan->count; i++) {
		const struct hj_request *q = &plan->requests[i];
		const struct hj_slot *first = slot_of[plan->order[q->first]];
		struct hj_slot own;

		for (size_t k = 1; k < q->wants; k++) {
			const struct hj_slot *s = slot_of[plan->order[q->first + k]];

			if (hj_min(s->due, s->soon) < hj_min(first->due, first->soon))
				first = s;
		}
		own = to->slots[i];
		to->slots[i] = *first;
		to->slots[i].total = own.total;
		to->slots[i].takes = own.takes;
	}
}

/* What is known of a request goes on with one that asks for the same; of others, what was before says nothing. */
static void carry_mutes(
        const struct meterd *m, const struct hj_slot **slot_of, const struct hj_plan *plan, struct mute *to)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct hj_request *q = &plan->requests[i], *before;
		const struct hj_slot *slot = slot_of[plan->order[q->first]];
		size_t old = slot ? (size_t)(slot - m->schedule.slots) : 0;

		to[i].answers = m->meters[q->meter].exchanges.answered;
		before = slot ? &m->plan.requests[old] : NULL;
		if (before && before->address == q->address && before->count == q->count)
			to[i] = m->mutes[old];
	}
}

static int make(struct meterd *m)
{
	_cleanup_free_ struct hj_limits *limits = calloc(m->conf.meter_count + 1, sizeof(*limits));
	_cleanup_free_ const struct hj_slot **slot_of = calloc(m->point_count + 1, sizeof(*slot_of));
	_cleanup_free_ uint32_t *took = calloc(m->point_count + 1, sizeof(*took)); /* a request has a point */
	_cleanup_free_ uint8_t *tries = calloc(m->point_count + 1, sizeof(*tries));
	_cleanup_free_ struct mute *mutes = calloc(m->point_count + 1, sizeof(*mutes));
	struct hj_plan_rules rules = { .cost = m->cost, .limits = limits, .splits = &m->splits };
	struct hj_schedule schedule;
	struct hj_plan plan;
	int r;

	if (!limits || !slot_of || !took || !tries || !mutes)
		return -ENOMEM;
	for (size_t i = 0; i < m->conf.meter_count; i++) {
		const struct hj_conf_limits *l = &m->conf.meters[i].limits;

		limits[i] = (struct hj_limits){ l->max_registers, l->barriers, l->barrier_count };
	}
	r = hj_plan_make(m->wants, m->point_count, &rules, &plan);
	if (r < 0)
		return r;
	r = make_schedule(m, &plan, &schedule);
	if (r < 0) {
		hj_plan_done(&plan);
		return r;
	}
	if (m->plan.order)
		carry(m, slot_of, &plan, &schedule);
	carry_mutes(m, slot_of, &plan, mutes);
	forget(m);
	m->plan = plan;
	m->schedule = schedule;
	m->request_took = hj_steal(took);
	m->request_tries = hj_steal(tries);
	m->mutes = hj_steal(mutes);
	return 0;
}

static int expect_silence(struct meterd *m)
{
	hj_usec timeout = (hj_usec)m->conf.response_timeout * HJ_USEC_PER_MS;

	for (size_t i = 0; i < m->conf.meter_count; i++)
		hj_timeout_init(&m->meters[i].timeout, timeout);
	return hj_quarantine_init(&m->quarantine, m->conf.meter_count, hj_bus_cost_silent(&m->cost, 0), timeout,
	        1 + (unsigned)m->conf.retries, hj_now().mono);
}

int requests_new(struct meterd *m)
{
	const struct hj_conf_bus *c = &m->conf;
	int r = collect(m);

	m->cost = hj_bus_cost_of(c->kind, c->baud, (unsigned)(1 + c->data_bits + c->stop_bits + (c->parity != 'N')));
	if (r >= 0)
		r = hj_splits_init(&m->splits, m->point_count);
	if (r >= 0)
		r = expect_silence(m);
	return r < 0 ? r : make(m);
}

void requests_free(struct meterd *m)
{
	forget(m);
	hj_splits_done(&m->splits);
	hj_quarantine_done(&m->quarantine);
	free(m->points);
	free(m->wants);
	free(m->meters);
}

const char *requests_place(const struct hj_request *q, char to[REQUESTS_PLACE_MAX])
{
	if (q->table == HJ_TABLE_DATA)
		snprintf(to, REQUESTS_PLACE_MAX, "data 0x%08X", q->address);
	else
		snprintf(to, REQUESTS_PLACE_MAX, "%s %u, count %u", hj_table_name(q->table), q->address, q->count);
	return to;
}

static void tell_refused(const struct meterd *m, const struct hj_request *q, bool silent)
{
	char place[REQUESTS_PLACE_MAX];

	hj_notice("meter %s: %s %s: asking its %zu points apart", m->conf.meters[q->meter].name,
	        silent ? "answers others, but not" : "refuses", requests_place(q, place), q->wants);
}

static bool follow(struct meterd *m, enum hj_split_next next)
{
	return next != HJ_SPLIT_NONE && make(m) == 0;
}

bool requests_refused(struct meterd *m, size_t request, bool silent)
{
	const struct hj_request *q = &m->plan.requests[request];
	enum hj_split_next next;

	next = hj_splits_refused(&m->splits, q, m->wants, m->plan.order, hj_now().mono);
	if (next == HJ_SPLIT_AGAIN) {
		tell_refused(m, q, silent);
		hj_schedule_soon(&m->schedule, request, hj_now().mono); /* the parts of it take that over */
	}
	return follow(m, next);
}

bool requests_answered(struct meterd *m, size_t request)
{
	return follow(m, hj_splits_answered(&m->splits, &m->plan.requests[request], m->wants, m->plan.order));
}

void requests_window(struct meterd *m)
{
	struct hj_now now = hj_now();

	if (hj_splits_expire(&m->splits, now.mono))
		make(m);
	hj_schedule_align(&m->schedule, hj_schedule_origin(&now), now.mono);
	hj_schedule_place(&m->schedule, now.mono);
}
