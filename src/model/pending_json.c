/* A pending record as JSON: its samples with the stamps of the clock that was not trusted. */
#include "hjgate/pending.h"
#include "hjgate/record_json.h"

#include <errno.h>
#include <jansson.h>

static json_t *samples_to_json(const struct hj_pending *p)
{
	json_t *list = json_array();
	struct hj_sample s;
	uint32_t interval;
	size_t at = 0;

	for (uint32_t i = 0; i < p->count && list; i++) {
		hj_pending_next(p, &at, &s, &interval);
		s.time_ms += p->ahead_ms;
		if (json_array_append_new(list, hj_sample_to_json(&s)) >= 0)
			continue;
		json_decref(list);
		return NULL;
	}
	return list;
}

int hj_pending_body_to_json(const void *body, size_t n, json_t **ret)
{
	struct hj_pending p;
	json_t *samples;
	int r = hj_pending_decode(body, n, &p);

	if (r < 0)
		return r;
	samples = samples_to_json(&p);
	*ret = samples ? json_pack("{s:s, s:I, s:I, s:I, s:o}", "bus", p.bus, "first", (json_int_t)p.first, "count",
	                         (json_int_t)p.count, "ahead", (json_int_t)p.ahead_ms, "samples", samples)
	               : NULL;
	hj_pending_done(&p);
	return *ret ? 0 : -ENOMEM;
}
