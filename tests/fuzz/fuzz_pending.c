/* The body of a pending record: what decodes encodes to the same, sample by sample. */
#include <assert.h>
#include <string.h>

#include "hjgate/pending.h"
#include "hjgate/record_json.h"
#include "fuzz.h"

static void add_again(const struct hj_pending *p, struct hj_pending *again)
{
	struct hj_sample s;
	uint32_t interval;
	size_t at = 0;

	*again = *p;
	again->samples = (struct hj_buf){ 0 };
	again->count = 0;
	for (uint32_t i = 0; i < p->count; i++) {
		hj_pending_next(p, &at, &s, &interval);
		assert(hj_pending_add(again, &s, interval) == 0);
	}
	assert(at == p->samples.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct hj_pending p, again;
	struct hj_buf b = { 0 };
	json_t *j;

	if (hj_pending_decode(data, n, &p) < 0)
		return 0;
	add_again(&p, &again);
	assert(hj_pending_encode(&again, &b) >= 0);
	assert(b.len == n && !memcmp(b.data, data, n));
	if (hj_pending_body_to_json(data, n, &j) >= 0)
		json_decref(j);
	hj_buf_done(&b);
	hj_pending_done(&again);
	hj_pending_done(&p);
	return 0;
}
