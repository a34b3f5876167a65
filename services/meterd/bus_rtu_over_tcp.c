/* Modbus RTU behind a serial device server: the bytes of the line in a TCP stream. The line's own timing is the
 * server's business; what it and the network add is allowed for. A server that is gone is noticed as bus_socket.h
 * says, and connected again when the bus is opened again. */
#include "bus_socket.h"
#include "bus_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define SILENCE_MS 10 /* the server tells of the last byte later than it came */
#define CHANGE_MS  5
#define BETWEEN_MS 500 /* a lost segment is sent again after 200 ms */
#define SETTLE_MS  100
#define DELAY_MS   150 /* bytes are collected before they are sent on, both ways */

static void over_tcp_close(void *port)
{
	int *fd = port;

	if (fd)
		hj_closep(fd);
	free(fd);
}

static int over_tcp_open(const struct hj_conf_bus *c, void **ret_port)
{
	int *fd = malloc(sizeof(*fd));

	if (!fd)
		return -ENOMEM;
	*ret_port = fd;
	return *fd = bus_socket_connect(c->host, c->tcp_port);
}

int bus_rtu_over_tcp_new(const struct hj_conf_bus *conf, struct bus **ret)
{
	static const struct hj_exchange_timing timing = { .silence = SILENCE_MS * HJ_USEC_PER_MS,
		.change = CHANGE_MS * HJ_USEC_PER_MS,
		.between = BETWEEN_MS * HJ_USEC_PER_MS,
		.settle = SETTLE_MS * HJ_USEC_PER_MS,
		.delay = DELAY_MS * HJ_USEC_PER_MS };
	static const struct bus_stream_way way = { .protocol = &hj_protocol_rtu,
		.timing = &timing,
		.ends = true,
		.open = over_tcp_open,
		.close = over_tcp_close };

	return bus_stream_new(conf, &way, ret);
}
