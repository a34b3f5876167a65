/* What was kept of a rate: whatever decodes says something finite, and is written as it was read. */
#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "hjgate/rate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct hj_rate r;
	struct hj_buf b = { 0 };
	struct hj_now now = { .wall_ms = 1790000000000, .mono = 1 };

	if (hj_rate_decode(data, n, &r) < 0)
		return 0;
	claim(isfinite(hj_rate_per_day(&r)));
	claim(hj_rate_encode(&r, &b) == 0);
	claim(b.len == n && !memcmp(b.data, data, n));
	hj_rate_note(&r, &now, 1);
	claim(r.count <= HJ_RATE_DAYS);
	hj_buf_done(&b);
	return 0;
}
