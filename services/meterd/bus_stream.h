/* A bus that is a stream of bytes (a serial port, a socket): asks by meter_exchange.h and does what that says. A kind
 * of bus gives its protocol and how its stream is opened; bus_rtu.c is the whole of one. */
#pragma once

#include "bus.h"

#include "hjgate/meter_exchange.h"

struct bus_stream_way {
	const struct hj_protocol *protocol;
	/* Of a stream that is no serial line; NULL: as conf says (baud, data_bits, parity, stop_bits, gap). */
	const struct hj_exchange_timing *timing;
	bool ends; /* reading 0 bytes is its end (a socket), not that nothing came (a serial port) */
	/* A descriptor that does not block, the port claimed (bus_stream_claim()); -errno. *ret_port is anything that
	 * close() needs, also where the opening fails; close(NULL) is legal. close() closes the descriptor as well.
	 */
	int (*open)(const struct hj_conf_bus *conf, void **ret_port);
	void (*close)(void *port);
};

/* Keeps `way` and `conf`. */
int bus_stream_new(const struct hj_conf_bus *conf, const struct bus_stream_way *way, struct bus **ret);

/* Holds everybody else off a serial port and throws away what lies in it. -EBUSY. */
int bus_stream_claim(int fd);
