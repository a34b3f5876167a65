/* Registers from a meter: any four bytes in any type, order, scale and offset give a finite value or none. */
#include <math.h>
#include <string.h>

#include "hjgate/meter_codec.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hj_codec c = { .scale = 1 };
	uint16_t words[HJ_CODEC_WORDS_MAX];
	double value = 0;

	if (size < 6)
		return 0;
	c.type = (enum hj_type)(data[0] % (HJ_TYPE_FLOAT32 + 1));
	c.order = (enum hj_order)(data[1] % (HJ_ORDER_DCBA + 1));
	memcpy(words, data + 2, sizeof(words));
	if (size >= 22) {
		memcpy(&c.scale, data + 6, 8);
		memcpy(&c.offset, data + 14, 8);
	}
	if (hj_codec_decode(&c, words, &value) == 0 && !isfinite(value))
		abort();
	return 0;
}
