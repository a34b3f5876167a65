/* The kinds of bus that are configured already but not driven yet: they refuse. */
#include "bus.h"

#include <errno.h>

#define UNBUILT(identifier)                                                                                          \
	int bus_##identifier##_new(const struct hj_conf_bus *conf, struct bus **ret)                                 \
	{                                                                                                            \
		(void)conf;                                                                                          \
		(void)ret;                                                                                           \
		return -ENOSYS;                                                                                      \
	}

UNBUILT(tcp)
