/* The price list of the buses: see meter_cost.h. Turnarounds are those of meters as they are sold, on the short side,
 * so that a hole is only asked along where that surely pays. Pure. */
#include "hjgate/meter_cost.h"

#include "hjgate/cleanup.h"

#define SILENCE_CHARS_X2 7    /* 3.5 characters between two frames of Modbus RTU */
#define SILENCE_LEAST_US 1750 /* above 19200 baud */
#define SILENCE_MORE_US  1000 /* for adapters that pass bytes on in bunches */
#define SERVER_BAUD      9600 /* behind a serial device server, whose line nobody told */
#define SERVER_BITS      10
#define DATA_BYTES       4 /* most answers to a data identifier hold one value of so many */

static const struct hj_bus_cost prices[] = {
	[HJ_BUS_rtu] = { .turnaround_us = 10000, .out_bytes = 8, .in_bytes = 5 },
	[HJ_BUS_tcp] = { .byte_ns = 80, .turnaround_us = 5000, .out_bytes = 12, .in_bytes = 9 },
	[HJ_BUS_rtu_over_tcp] = { .turnaround_us = 20000, .out_bytes = 8, .in_bytes = 5 },
	/* With four wake-up bytes before each frame; a meter may take 20 to 500 ms. */
	[HJ_BUS_dlt645] = { .gap_us = 20000, .turnaround_us = 50000, .out_bytes = 20, .in_bytes = 20 },
	[HJ_BUS_cjt188] = { .gap_us = 20000, .turnaround_us = 100000, .out_bytes = 20, .in_bytes = 20 },
	/* A system call; lines are free, but each may have another owner: those in a large hole are left alone. */
	[HJ_BUS_gpio] = { .byte_ns = 100, .in_bytes = 16 },
	[HJ_BUS_listen] = { 0 },
};

struct hj_bus_cost hj_bus_cost_of(enum hj_bus_kind kind, int64_t baud, unsigned character_bits)
{
	struct hj_bus_cost c = kind < HJ_BUS_KINDS ? prices[kind] : (struct hj_bus_cost){ 0 };

	if (kind == HJ_BUS_rtu_over_tcp) {
		baud = SERVER_BAUD;
		character_bits = SERVER_BITS;
	} else if (kind >= HJ_BUS_KINDS || !(hj_bus_type(kind)->traits & HJ_BUS_SERIAL)) {
		return c;
	}
	c.byte_ns = (uint32_t)(character_bits * 1000000000ULL / (uint64_t)(baud > 0 ? baud : SERVER_BAUD));
	if (!c.gap_us)
		c.gap_us = hj_max((uint32_t)((uint64_t)c.byte_ns * SILENCE_CHARS_X2 / 2000),
		                   (uint32_t)SILENCE_LEAST_US) +
		           SILENCE_MORE_US;
	return c;
}

unsigned hj_bus_cost_data(enum hj_table table, unsigned count)
{
	if (table == HJ_TABLE_DATA)
		return DATA_BYTES;
	return hj_table_is_bits(table) ? (count + 7) / 8 : 2 * count;
}

static uint64_t pauses_ns(const struct hj_bus_cost *c, uint64_t wait_us)
{
	return 1000 * (wait_us + c->gap_us);
}

uint64_t hj_bus_cost_ns(const struct hj_bus_cost *c, enum hj_table table, unsigned count)
{
	return (uint64_t)c->byte_ns * (c->out_bytes + c->in_bytes + hj_bus_cost_data(table, count)) +
	       pauses_ns(c, c->turnaround_us);
}

hj_usec hj_bus_cost_silent(const struct hj_bus_cost *c, hj_usec timeout)
{
	return ((uint64_t)c->byte_ns * c->out_bytes + pauses_ns(c, timeout)) / 1000;
}
