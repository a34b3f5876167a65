/* One rule, so that whoever samples, replays or explains a value judges it the same (HJ 212-2017, table 8). */
#include "hjgate/limit.h"

#include <stddef.h>

enum hj_flag hj_limit_flag(const struct hj_value_limits *l, double value)
{
	if (!l)
		return HJ_FLAG_NORMAL;
	if (value > l->upper)
		return HJ_FLAG_OVER;
	return value < l->lower ? HJ_FLAG_FAULT : HJ_FLAG_NORMAL;
}
