/* Which file drives which kind of bus: the rows of HJ_BUS_TYPES. */
#include "bus.h"

#include <errno.h>

#define ROW(identifier, ...) [HJ_BUS_##identifier] = bus_##identifier##_new,
static int (*const makers[])(const struct hj_conf_bus *conf, struct bus **ret) = { HJ_BUS_TYPES(ROW) };

int bus_new(const struct hj_conf_bus *conf, struct bus **ret)
{
	return conf->kind < HJ_BUS_KINDS ? makers[conf->kind](conf, ret) : -EINVAL;
}
