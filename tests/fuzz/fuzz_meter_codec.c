/* Bytes from a meter: in any type, order, length, slice, scale and offset they give a finite value or none, and by
 * any rules one within them or none. */
#include <math.h>
#include <string.h>

#include "hjgate/meter_codec.h"
#include "hjgate/meter_value.h"
#include "fuzz.h"

#define HEAD 5

static void check_rules(const struct hj_codec *c, const uint8_t *bytes, const uint8_t *data, size_t size)
{
	struct hj_value_rules rules = { .least = -1, .most = 1e9, .dead_band = 0.5 };
	double held = 0.25, value = 0;

	rules.invalid_count = HJ_INVALID_MAX;
	memcpy(rules.invalid, data, size < sizeof(rules.invalid) ? size : sizeof(rules.invalid));
	if (hj_value_decode(c, &rules, bytes, &held, &value) == 0)
		claim(value >= rules.least && value <= rules.most && value == held);
	else
		claim(isnan(held));
}

static void check_text(const struct hj_codec *c, const uint8_t *data, size_t size)
{
	uint8_t bytes[HJ_CODEC_TEXT_MAX] = { 0 };
	char text[HJ_TEXT_LEN];

	memcpy(bytes, data, size < sizeof(bytes) ? size : sizeof(bytes));
	hj_codec_text(c, bytes, text);
	claim(strlen(text) <= 2u * c->length);
	for (const char *p = text; *p; p++)
		claim(*p >= ' ' && *p <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hj_codec c = { .scale = 1 };
	uint8_t bytes[HJ_CODEC_TEXT_MAX] = { 0 };
	double value = 0;

	if (size < HEAD + HJ_CODEC_BYTES_MAX)
		return 0;
	c.type = (enum hj_type)(data[0] % (HJ_TYPE_TEXT + 1));
	c.order = (enum hj_order)(data[1] % (HJ_ORDER_DCBA + 1));
	c.length = data[2] % (HJ_CODEC_TEXT_MAX + 1);
	c.bit = data[3];
	c.bits = data[4] % 65;
	memcpy(bytes, data + HEAD, HJ_CODEC_BYTES_MAX);
	if (size >= HEAD + HJ_CODEC_BYTES_MAX + 2 * sizeof(double)) {
		memcpy(&c.scale, data + HEAD + HJ_CODEC_BYTES_MAX, sizeof(double));
		memcpy(&c.offset, data + HEAD + HJ_CODEC_BYTES_MAX + sizeof(double), sizeof(double));
	}
	if (hj_codec_decode(&c, bytes, &value) == 0)
		claim(isfinite(value));
	check_rules(&c, bytes, data + HEAD, size - HEAD);
	check_text(&c, data + HEAD, size - HEAD);
	return 0;
}
