/* Modbus RTU on a serial port. libmodbus opens and sets up the port, in every serial format; the bytes are ours
 * (bus_stream.h), for the reasons in docs/design.md, section 9. */
#include "bus_stream.h"

#include <errno.h>
#include <modbus/modbus.h>

static void rtu_close(void *port)
{
	modbus_t *ctx = port;

	if (!ctx)
		return;
	modbus_close(ctx);
	modbus_free(ctx);
}

static int rtu_open(const struct hj_conf_bus *c, void **ret_port)
{
	modbus_t *ctx = modbus_new_rtu(c->port, (int)c->baud, c->parity, (int)c->data_bits, (int)c->stop_bits);
	int r;

	if (!ctx)
		return errno ? -errno : -ENOMEM;
	*ret_port = ctx;
	if (modbus_connect(ctx) < 0)
		return -errno;
	r = bus_stream_claim(modbus_get_socket(ctx));
	return r < 0 ? r : modbus_get_socket(ctx);
}

int bus_rtu_new(const struct hj_conf_bus *conf, struct bus **ret)
{
	static const struct bus_stream_way way = {
		.protocol = &hj_protocol_rtu, .open = rtu_open, .close = rtu_close
	};

	return bus_stream_new(conf, &way, ret);
}
