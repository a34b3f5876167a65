/* Numbers to bytes: see meter_encode.h. The scale divides here as it multiplies there, so that who reads the register
 * back with the same scale gets the same number. Pure. */
#include "hjgate/meter_encode.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "hjgate/decimal.h"

#define NAN32       0x7fc00000u
#define NAN64       0x7ff8000000000000ull
#define EXACT_MOST  9007199254740992.0 /* 2^53 */
#define SCALES_MOST 1e9                /* the reciprocal of a larger one would be off */

/* The bytes, most significant first, as the order has them on the wire. */
static void scatter(enum hj_order order, uint64_t value, uint8_t *to, unsigned n)
{
	bool words = order == HJ_ORDER_CDAB || order == HJ_ORDER_DCBA,
	     inner = order == HJ_ORDER_BADC || order == HJ_ORDER_DCBA;

	for (unsigned i = 0; i < n; i++) {
		unsigned at = words ? n - 2 - i / 2 * 2 + i % 2 : i;

		to[inner ? at ^ 1 : at] = (uint8_t)(value >> (8 * (n - 1 - i)));
	}
}

/* Values and scales are decimals: 230.1 / 0.1 is 2301. */
static double unscale(const struct hj_codec *c, double value)
{
	double raw = hj_decimal_difference(value, c->offset) / c->scale, whole = round(raw);

	return fabs(raw) < SCALES_MOST && hj_decimal_scale(whole, c->scale, c->offset) == value ? whole : raw;
}

static int put_float32(double raw, uint64_t *ret)
{
	float f = (float)raw;
	uint32_t bits;

	if (!isfinite(f)) {
		*ret = NAN32;
		return -ERANGE;
	}
	memcpy(&bits, &f, sizeof(bits));
	*ret = bits;
	return 0;
}

static int put_float64(double raw, uint64_t *ret)
{
	if (!isfinite(raw)) {
		*ret = NAN64;
		return -ERANGE;
	}
	memcpy(ret, &raw, sizeof(*ret));
	return 0;
}

static int put_integer(double raw, bool with_sign, unsigned bytes, uint64_t *ret)
{
	double most = fmin(
	               with_sign ? ldexp(1, (int)(8 * bytes - 1)) - 1 : ldexp(1, (int)(8 * bytes)) - 2, EXACT_MOST),
	       whole = round(raw);

	if (isfinite(whole) && whole <= most && whole >= (with_sign ? -most : 0)) {
		*ret = whole < 0 ? 0 - (uint64_t)-whole : (uint64_t)whole;
		return 0;
	}
	*ret = with_sign ? 1ull << (8 * bytes - 1) : UINT64_MAX;
	return -ERANGE;
}

int hj_codec_encode(const struct hj_codec *c, double value, uint8_t *to)
{
	unsigned n = hj_codec_bytes(c);
	double raw = unscale(c, value);
	uint64_t bits;
	int r;

	if (c->bits || c->scale == 0)
		return -EINVAL;
	switch (c->type) {
	case HJ_TYPE_BIT:
		*to = isfinite(raw) && raw != 0;
		return isfinite(raw) ? 0 : -ERANGE;
	case HJ_TYPE_INT16:
	case HJ_TYPE_INT32:
	case HJ_TYPE_INT64:
		r = put_integer(raw, true, n, &bits);
		break;
	case HJ_TYPE_UINT16:
	case HJ_TYPE_UINT32:
	case HJ_TYPE_UINT64:
		r = put_integer(raw, false, n, &bits);
		break;
	case HJ_TYPE_FLOAT32:
		r = put_float32(raw, &bits);
		break;
	case HJ_TYPE_FLOAT64:
		r = put_float64(raw, &bits);
		break;
	default:
		return -EINVAL;
	}
	scatter(c->order, bits, to, n);
	return r;
}
