/* Modbus RTU on a serial port. The frames are src/meter/rtu.c, for the reasons in docs/design.md, section 9. */
#include "bus_serial.h"

int bus_rtu_new(const struct hj_conf_bus *conf, struct bus **ret)
{
	static const struct bus_stream_way way = {
		.protocol = &hj_protocol_rtu, .open = bus_serial_open, .close = bus_serial_close
	};

	return bus_stream_new(conf, &way, ret);
}
