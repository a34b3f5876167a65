/* What a file of figures holds after a power cut: any bytes are taken for figures or refused; what is taken can be
 * counted on and looked at, and encodes to the same bytes. */
#include <math.h>
#include <string.h>

#include "hjgate/meter_figures.h"
#include "fuzz.h"

#define NOW_MS 1795392000000LL

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hj_reader in = { .p = data, .end = data + size };
	struct hj_figures_look look;
	struct hj_buf b = { 0 };
	struct hj_figures f;

	if (hj_figures_decode(&in, &f) < 0)
		return 0;
	claim(hj_figures_encode(&f, &b) == 0);
	claim(b.len == (size_t)(in.p - data) && !memcmp(b.data, data, b.len));
	hj_buf_done(&b);
	hj_figures_look(&f, NOW_MS, &look);
	claim(isnan(look.month) || (look.month >= 0 && look.month <= 100));
	hj_figures_add(&f, NOW_MS, true);
	hj_figures_look(&f, NOW_MS, &look);
	claim(look.of_hour.wanted >= 1);
	return 0;
}
