/* Any text as what clockd has kept: what is taken over keeps its limits, and the clock may go on from it. */
#include <jansson.h>
#include <string.h>

#include "../../services/clockd/clockd.h"
#include "fuzz.h"

static void check(int64_t ms)
{
	claim(ms <= HJ_TIME_MAX_MS && ms >= -HJ_TIME_MAX_MS);
}

static void go_on(struct drift *d)
{
	int64_t measured;
	double ppm;

	drift_note(d, &(struct drift_word){
	                      .mono_ms = 86400000, .offset_ms = 4000, .under_way_ms = 1000, .corrected_ms = 4000 });
	drift_note(d, &(struct drift_word){ .mono_ms = HJ_TIME_MAX_MS, .offset_ms = -4000 });
	measured = drift_measured_ms(d);
	claim(measured >= 0);
	if (drift_ppm(d, &ppm))
		claim(ppm == ppm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	json_t *j = json_loadb((const char *)data, n, JSON_REJECT_DUPLICATES, NULL);
	struct clockd *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	keep_read(c, j);
	check(c->heard_ms);
	check(c->offset_ms);
	check(c->drift.first_mono_ms);
	check(c->drift.last_mono_ms);
	check(c->drift.ahead_ms);
	claim(c->drift.last_mono_ms >= c->drift.first_mono_ms && c->drift.first_mono_ms >= 0);
	claim(memchr(c->how, 0, sizeof(c->how)));
	go_on(&c->drift);
	free(c);
	json_decref(j);
	return 0;
}
