/* Answers to samples: each point that was asked for gets one, a value (flag T or D beyond its limits), or flag D (the
 * meter answered, but that is no value), or flag B (no answer). Owns what is remembered of points in between: the
 * values that dead bands hold. */
#include "meterd.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "hjgate/limit.h"
#include "hjgate/meter_value.h"
#include "hjgate/now.h"

int samples_new(struct meterd *m)
{
	bool any = false;

	for (size_t i = 0; i < m->point_count && !any; i++)
		any = m->points[i]->rules && m->points[i]->rules->dead_band > 0;
	m->held = any ? calloc(m->point_count, sizeof(*m->held)) : NULL;
	if (any && !m->held)
		return -ENOMEM;
	for (size_t i = 0; any && i < m->point_count; i++)
		m->held[i] = NAN;
	return 0;
}

void samples_free(struct meterd *m)
{
	free(m->held);
	m->held = NULL;
}

static void add(struct meterd *m, size_t point, int64_t time_ms, enum hj_flag flag, double value)
{
	struct hj_sample s = { .point = (uint32_t)point, .time_ms = time_ms, .value = value, .flag = flag };
	struct hj_now now = hj_now();

	outbox_heed_clock(&m->outbox, &now);
	outbox_add(&m->outbox, &s);
	sampling_came(m, point, time_ms, flag, value);
}

void samples_miss(struct meterd *m, size_t point, int64_t time_ms, enum hj_flag flag)
{
	if (texts_has(m, point))
		return;
	if (m->held)
		m->held[point] = NAN; /* what comes after a gap is passed on as it is */
	add(m, point, time_ms, flag, NAN);
}

void samples_none(struct meterd *m, const struct hj_request *q, int64_t time_ms, enum hj_flag flag)
{
	for (size_t i = 0; i < q->wants; i++)
		samples_miss(m, m->plan.order[q->first + i], time_ms, flag);
}

void samples_take(struct meterd *m, size_t point, const uint8_t *bytes, int64_t time_ms)
{
	const struct hj_conf_point *p = m->points[point];
	double value = NAN, none = NAN, *held = m->held ? &m->held[point] : &none;
	int r;

	if (texts_has(m, point))
		return texts_take(m, point, bytes, time_ms);
	r = bytes ? hj_value_decode(&p->codec, p->rules, bytes, held, &value) : -EDOM;
	change_seen(m, point, value, time_ms);
	add(m, point, time_ms, r < 0 ? HJ_FLAG_FAULT : hj_limit_flag(p->rules ? &p->rules->limits : NULL, value),
	        value);
}

/* Where the point's bytes lie in the answer; a bit is unpacked into *bit. NULL where the answer is too short. */
static const uint8_t *bytes_of(
        const struct hj_conf_point *p, const struct hj_request *q, const struct hj_answer *a, uint8_t *bit)
{
	size_t at = p->address - q->address;

	if (hj_table_is_bits(p->table)) {
		*bit = a->data[at / 8] >> (at % 8) & 1;
		return bit;
	}
	at = p->table == HJ_TABLE_DATA ? p->at : 2 * at;
	return at + hj_codec_bytes(&p->codec) <= a->length ? a->data + at : NULL;
}

void samples_add(struct meterd *m, const struct hj_request *q, const struct hj_answer *a, int64_t time_ms)
{
	for (size_t i = 0; i < q->wants; i++) {
		size_t point = m->plan.order[q->first + i];
		uint8_t bit;

		samples_take(m, point, bytes_of(m->points[point], q, a, &bit), time_ms);
	}
}

void samples_look(struct meterd *m, const struct hj_request *q, const struct hj_answer *a, int64_t time_ms)
{
	for (size_t i = 0; i < q->wants; i++) {
		size_t point = m->plan.order[q->first + i];
		const struct hj_conf_point *p = m->points[point];
		double held = m->held ? m->held[point] : NAN, value;
		uint8_t bit;
		const uint8_t *bytes = bytes_of(p, q, a, &bit);

		if (bytes && hj_value_decode(&p->codec, p->rules, bytes, &held, &value) == 0 &&
		        change_differs(m, point, value))
			samples_take(m, point, bytes, time_ms);
	}
}
