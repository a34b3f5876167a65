/* CJ/T 188-2004: water, gas and heat meters. The frames are src/meter/cjt188.c. */
#include "bus_serial.h"

int bus_cjt188_new(const struct hj_conf_bus *conf, struct bus **ret)
{
	static const struct bus_stream_way way = {
		.protocol = &hj_protocol_cjt188, .open = bus_serial_open, .close = bus_serial_close
	};

	return bus_stream_new(conf, &way, ret);
}
