/* What a request costs on a bus: the time that its bytes and the pauses around them take on this wire. */
#pragma once

#include <stdint.h>

#include "hjgate/bus_type.h"
#include "hjgate/clock.h"
#include "hjgate/register.h"

struct hj_bus_cost {
	uint32_t byte_ns;       /* one byte on the wire; 0 where bytes cost nothing worth counting */
	uint32_t gap_us;        /* silence that is kept after each transaction */
	uint32_t turnaround_us; /* from the end of a request to the begin of its answer, where nobody measured it */
	uint16_t out_bytes, in_bytes; /* of a request; of an answer without its data */
};

/* `baud` and the bits of a character (start, data, parity, stop) count for serial kinds only. */
struct hj_bus_cost hj_bus_cost_of(enum hj_bus_kind kind, int64_t baud, unsigned character_bits);

/* Bytes of data in the answer. */
unsigned hj_bus_cost_data(enum hj_table table, unsigned count);
/* One transaction, all in. In ns, since a byte at 115200 baud is no whole number of microseconds. */
uint64_t hj_bus_cost_ns(const struct hj_bus_cost *c, enum hj_table table, unsigned count);
/* What it costs to ask somebody who does not answer within `timeout`. */
hj_usec hj_bus_cost_silent(const struct hj_bus_cost *c, hj_usec timeout);
