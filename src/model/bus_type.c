/* The rows of bus_type.h as a table. */
#include "hjgate/bus_type.h"

#include <errno.h>
#include <string.h>

#define ROW(identifier, name, traits, digits) [HJ_BUS_##identifier] = { name, traits, digits },
static const struct hj_bus_type types[] = { HJ_BUS_TYPES(ROW) };
#define NAME(identifier, name) name,
static const char *const echoes[] = { HJ_ECHOES(NAME) }, *const rs485_modes[] = { HJ_RS485_MODES(NAME) };

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

static int find(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return i;
	return -EINVAL;
}

int hj_echo_find(const char *name)
{
	return find(echoes, HJ_ECHO_COUNT, name);
}

const char *hj_echo_name(enum hj_echo echo)
{
	return echoes[echo];
}

int hj_rs485_find(const char *name)
{
	return find(rs485_modes, HJ_RS485_COUNT, name);
}

const char *hj_rs485_name(enum hj_rs485 mode)
{
	return rs485_modes[mode];
}
