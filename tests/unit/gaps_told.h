/* What the tests of completeness tell: points, and values of one-minute windows from a Beijing midnight on. */
#pragma once

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hjgate/gaps.h"

#define MIN_MS 60000LL
#define T0     (1795017600000LL - 8 * 3600000LL) /* a Beijing midnight */

static inline void add_point(
        struct hj_gaps *g, uint32_t number, const char *name, uint32_t uplinks, bool configured, uint32_t interval_ms)
{
	const struct hj_gaps_point p = { .number = number,
		.name = name,
		.interval_ms = interval_ms,
		.since_ms = INT64_MAX,
		.uplinks = uplinks,
		.configured = configured };

	assert_int_equal(hj_gaps_point(g, &p), 0);
}

static inline struct hj_stat stat(uint32_t point, bool value)
{
	return (struct hj_stat){ .point = point,
		.flag = value ? HJ_FLAG_NORMAL : HJ_FLAG_LINK,
		.expected = 1,
		.got = value,
		.cou = NAN,
		.min = value ? 1 : NAN,
		.avg = value ? 1 : NAN,
		.max = value ? 1 : NAN,
		.last = NAN };
}
