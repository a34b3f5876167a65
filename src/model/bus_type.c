/* The rows of bus_type.h as a table. */
#include "hjgate/bus_type.h"

#include <errno.h>
#include <string.h>

#define ROW(identifier, name, traits, digits) [HJ_BUS_##identifier] = { name, traits, digits },
static const struct hj_bus_type types[] = { HJ_BUS_TYPES(ROW) };

const struct hj_bus_type *hj_bus_type(enum hj_bus_kind kind)
{
	return kind < HJ_BUS_KINDS ? &types[kind] : NULL;
}

bool hj_bus_unit_is(enum hj_bus_kind kind, int64_t unit_id)
{
	return (unit_id >= 1 && unit_id <= HJ_UNIT_MOST) || (kind == HJ_BUS_tcp && unit_id == HJ_UNIT_DIRECT);
}

int hj_bus_kind_find(const char *name)
{
	for (int k = 0; k < HJ_BUS_KINDS; k++)
		if (!strcmp(types[k].name, name))
			return k;
	return -EINVAL;
}
