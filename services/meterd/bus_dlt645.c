/* DL/T 645-2007: electricity meters, their data by identifiers. The frames are src/meter/dlt645.c. */
#include "bus_serial.h"

int bus_dlt645_new(const struct hj_conf_bus *conf, struct bus **ret)
{
	static const struct bus_stream_way way = {
		.protocol = &hj_protocol_dlt645, .open = bus_serial_open, .close = bus_serial_close
	};

	return bus_stream_new(conf, &way, ret);
}
