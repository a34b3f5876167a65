/* What a meter says when it has nothing to say (a probe that is broken, a register never filled) looks like a number.
 * Here it is told apart from one, so that it never becomes a value: neither 0 nor the one before. */
#include "hjgate/meter_value.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "hjgate/decimal.h"
#include "hjgate/meter_codec.h"
#include "hjgate/text.h"

#define FLOAT_NONE 3.4e38f /* whatever is written of it: the least or greatest float, which measures nothing */

static bool is_integer(const struct hj_codec *c)
{
	return c->type == HJ_TYPE_INT16 || c->type == HJ_TYPE_UINT16 || c->type == HJ_TYPE_INT32 ||
	       c->type == HJ_TYPE_UINT32 || c->type == HJ_TYPE_INT64 || c->type == HJ_TYPE_UINT64;
}

/* A code is compared as the register holds it: of 16 bits, 0x8000 is -32768 and 0xffff is -1; as a float, the double
 * that a person wrote is the float nearest to it. */
static bool is_code(const struct hj_codec *c, double raw, double code)
{
	double span = ldexp(1, (int)(8 * hj_codec_bytes(c)));

	if (raw == code)
		return true;
	if (c->type == HJ_TYPE_FLOAT32 && fabs(code) >= (double)FLOAT_NONE)
		return raw * code > 0 && fabs(raw) >= (double)FLOAT_NONE;
	if (c->type == HJ_TYPE_FLOAT32)
		return (float)raw == (float)code;
	return is_integer(c) && !c->bits && (raw == code - span || raw == code + span);
}

static bool is_invalid(const struct hj_codec *c, const struct hj_value_rules *rules, double raw)
{
	for (size_t i = 0; i < rules->invalid_count && i < HJ_INVALID_MAX; i++)
		if (is_code(c, raw, rules->invalid[i]))
			return true;
	return false;
}

static int decode(const struct hj_codec *c, const struct hj_value_rules *rules, const uint8_t *bytes, double *ret)
{
	double raw, value;
	int r = hj_codec_raw(c, bytes, &raw);

	if (r >= 0 && rules && is_invalid(c, rules, raw))
		r = -EDOM;
	r = r < 0 ? r : hj_codec_scale(c, raw, &value);
	if (r < 0)
		return r;
	if (!(fabs(value) < HJ_NUMBER_LIMIT))
		return -EDOM; /* no frame could say it */
	if (rules && !(value >= rules->least && value <= rules->most))
		return -ERANGE;
	*ret = value;
	return 0;
}

int hj_value_decode(
        const struct hj_codec *c, const struct hj_value_rules *rules, const uint8_t *bytes, double *held, double *ret)
{
	double value;
	int r = decode(c, rules, bytes, &value);

	if (r < 0) {
		*held = NAN;
		return r;
	}
	/* As decimals: from 20.1 to 20.3 is 0.2 and no dust less. */
	if (!rules || !(fabs(hj_decimal_difference(value, *held)) < rules->dead_band))
		*held = value;
	*ret = *held;
	return 0;
}
