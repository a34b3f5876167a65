/* A serial port for a bus that is a stream of bytes, whatever its protocol. */
#pragma once

#include "bus_stream.h"

/* For struct bus_stream_way. */
int bus_serial_open(const struct hj_conf_bus *conf, void **ret_port);
void bus_serial_close(void *port);
/* Why it cannot be used, for people: what the system says, and where that helps nobody what to look for. */
void bus_serial_why(const struct hj_conf_bus *conf, int error, char *ret, size_t size);
