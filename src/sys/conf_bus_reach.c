/* What of the machine a bus needs, from its file alone: its `type` and whether it names a port. Whatever else is in
 * that file may be wrong, and is told by others. */
#include "conf_bus.h"

int hj_conf_bus_reach(const char *root, const char *name, const char **ret)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors ignored = { 0 };
	const char *type = "rtu", *port = "";
	const struct hj_bus_type *t;
	struct conf_file f;
	int kind, r = conf_instance_open(&f, root, HJ_CONF_BUSES, name, &ignored);

	if (r >= 0) {
		config_lookup_string(&f.config, "type", &type);
		config_lookup_string(&f.config, "port", &port);
		kind = hj_bus_kind_find(type);
		t = kind < 0 ? NULL : hj_bus_type((enum hj_bus_kind)kind);
		*ret = !t                                    ? "serial"
		       : t->traits & HJ_BUS_LINES            ? "gpio"
		       : t->traits & HJ_BUS_HOST             ? "tcp"
		       : t->traits & HJ_BUS_SERVES && !*port ? "listen"
		                                             : "serial";
	}
	conf_file_done(&f);
	return r;
}
