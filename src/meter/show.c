/* The same bytes in every type and order. A float in the wrong order is nearly always of a size that nothing has, so
 * what is left on the page is little, and the right one is seen at once. Pure. */
#include "hjgate/meter_show.h"

#include <math.h>

#include "hjgate/meter_codec.h"

#define FLOAT_LEAST 1e-6 /* nearer to 0 no instrument shows anything */
#define FLOAT_MOST  1e10

const struct hj_show_type hj_show_types[HJ_SHOW_TYPES] = {
	{ HJ_TYPE_UINT16, 2 },
	{ HJ_TYPE_INT16, 2 },
	{ HJ_TYPE_BCD, 2 },
	{ HJ_TYPE_UINT32, 4 },
	{ HJ_TYPE_INT32, 4 },
	{ HJ_TYPE_FLOAT32, 4 },
	{ HJ_TYPE_BCD, 4 },
	{ HJ_TYPE_UINT64, 8 },
	{ HJ_TYPE_INT64, 8 },
	{ HJ_TYPE_FLOAT64, 8 },
	{ HJ_TYPE_BCD, 8 },
};

/* Of two bytes an order can only swap them. */
static bool same_as_before(unsigned length, enum hj_order order)
{
	return length == 2 && (order == HJ_ORDER_CDAB || order == HJ_ORDER_DCBA);
}

bool hj_show(const struct hj_show_type *type, enum hj_order order, const uint8_t *bytes, size_t n, double *ret)
{
	const struct hj_codec c = { .type = type->type, .order = order, .length = type->length, .scale = 1 };
	bool is_float = type->type == HJ_TYPE_FLOAT32 || type->type == HJ_TYPE_FLOAT64;
	double value;

	if (n < type->length || same_as_before(type->length, order) || hj_codec_decode(&c, bytes, &value) < 0)
		return false;
	if (is_float && value != 0 && (fabs(value) < FLOAT_LEAST || fabs(value) > FLOAT_MOST))
		return false;
	*ret = value;
	return true;
}
