/* A serial line with stations: what DL/T 645 and CJ/T 188 have in common but for their frames. */
#pragma once

#include "bus_stream.h"

/* For struct bus_stream_way. */
int bus_station_open(const struct hj_conf_bus *conf, void **ret_port);
void bus_station_close(void *port);
