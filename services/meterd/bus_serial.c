/* libmodbus opens and sets up a serial port, in every serial format; the bytes are ours (bus_stream.h). It does so
 * for DL/T 645 and CJ/T 188, too: libserialport 0.1.1 takes neither the links of /dev/serial/by-id, since it looks a
 * name up in /sys/class/tty, nor a port without modem lines (TIOCMGET), such as the pseudo-terminals of the tests. */
#include "bus_serial.h"

#include <errno.h>
#include <modbus/modbus.h>
#include <stdio.h>
#include <string.h>

void bus_serial_close(void *port)
{
	modbus_t *ctx = port;

	if (!ctx)
		return;
	modbus_close(ctx);
	modbus_free(ctx);
}

int bus_serial_open(const struct hj_conf_bus *c, void **ret_port)
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

/* An adapter that has no parity, or not every rate, refuses the whole format by EINVAL. What else there is stays the
 * system's word: `hjgate apply` goes back where another has the port, and knows that by EBUSY's. */
void bus_serial_why(const struct hj_conf_bus *c, int error, char *ret, size_t size)
{
	if (error == -EINVAL)
		snprintf(ret, size, "it does not take %d %d%c%d: see baud, data_bits, parity, stop_bits", (int)c->baud,
		        (int)c->data_bits, c->parity, (int)c->stop_bits);
	else
		snprintf(ret, size, "%s", strerror(-error));
}
