/* What bytes may mean: a value in every type and order, for a person who knows what it should be. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/register.h"

#define HJ_ORDERS 4

/* The types in which a run of registers is looked at, the shortest first. */
#define HJ_SHOW_TYPES 11
struct hj_show_type {
	enum hj_type type;
	uint8_t length; /* bytes */
};
extern const struct hj_show_type hj_show_types[HJ_SHOW_TYPES];

/* The value at `bytes` in this type and order. False where there is none: too few bytes, no number, an order that is
 * the same as one before it, or a float that no instrument shows (its exponent is far off). */
bool hj_show(const struct hj_show_type *type, enum hj_order order, const uint8_t *bytes, size_t n, double *ret);
