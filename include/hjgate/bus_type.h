/* The kinds of bus: one row each. A row names the `type` of buses.d/NAME.conf and what such a bus needs; who drives
 * it is services/meterd/bus_NAME.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hj_bus_trait {
	HJ_BUS_SERIAL = 1,   /* a serial port: port, baud, data_bits, parity, stop_bits */
	HJ_BUS_HOST = 2,     /* a TCP peer: host, tcp_port */
	HJ_BUS_UNITS = 4,    /* its meters have a Modbus unit id */
	HJ_BUS_STATIONS = 8, /* its meters have a station address of digits, its points a data identifier */
	HJ_BUS_LINES = 16,   /* its points are inputs of a GPIO chip (port names the chip) */
	HJ_BUS_SERVES = 32,  /* others ask and write: a serial port or a TCP port to listen on */
};

/* X(identifier, name in the configuration, traits, digits of a station's address) */
#define HJ_BUS_TYPES(X)                                                                                              \
	X(rtu, "rtu", HJ_BUS_SERIAL | HJ_BUS_UNITS, 0)                                                               \
	X(tcp, "tcp", HJ_BUS_HOST | HJ_BUS_UNITS, 0)                                                                 \
	X(rtu_over_tcp, "rtu-over-tcp", HJ_BUS_HOST | HJ_BUS_UNITS, 0)                                               \
	X(dlt645, "dlt645", HJ_BUS_SERIAL | HJ_BUS_STATIONS, 12)                                                     \
	X(cjt188, "cjt188", HJ_BUS_SERIAL | HJ_BUS_STATIONS, 14)                                                     \
	X(gpio, "gpio", HJ_BUS_LINES, 0)                                                                             \
	X(listen, "listen", HJ_BUS_SERVES | HJ_BUS_UNITS, 0)

#define HJ_BUS_ENUM(identifier, ...) HJ_BUS_##identifier,
enum hj_bus_kind { HJ_BUS_TYPES(HJ_BUS_ENUM) HJ_BUS_KINDS };
#undef HJ_BUS_ENUM

/* What a line's adapter does with our own bytes: gives them back or not. AUTO finds out. */
#define HJ_ECHOES(X) X(AUTO, "auto") X(ON, "on") X(OFF, "off")
#define HJ_ECHO_ENUM(identifier, ...) HJ_ECHO_##identifier,
enum hj_echo { HJ_ECHOES(HJ_ECHO_ENUM) HJ_ECHO_COUNT };
#undef HJ_ECHO_ENUM

/* Who turns an RS-485 transceiver round: whoever does it already (the adapter, the driver as the board describes it);
 * the driver, told by TIOCSRS485; we, by RTS, set or unset while we send; nobody. */
#define HJ_RS485_MODES(X)                                                                                            \
	X(AUTO, "auto") X(KERNEL, "kernel") X(RTS, "rts") X(RTS_INVERTED, "rts-inverted") X(OFF, "off")
#define HJ_RS485_ENUM(identifier, ...) HJ_RS485_##identifier,
enum hj_rs485 { HJ_RS485_MODES(HJ_RS485_ENUM) HJ_RS485_COUNT };
#undef HJ_RS485_ENUM

/* The resistor at a GPIO input: as the board has it, to the supply, to ground, none. */
enum hj_bias { HJ_BIAS_AS_IS, HJ_BIAS_UP, HJ_BIAS_DOWN, HJ_BIAS_OFF };

#define HJ_BUS_GAP_MOST 2000 /* ms of the key `gap` */

#define HJ_UNIT_MOST   247 /* Modbus over serial line V1.02, 2.2 */
#define HJ_UNIT_DIRECT 255 /* of Modbus TCP: the device itself, no line behind it (its guide V1.0b, 4.4.2.1) */

struct hj_bus_type {
	const char *name;
	unsigned traits;         /* enum hj_bus_trait */
	unsigned station_digits; /* 0: no stations */
};
const struct hj_bus_type *hj_bus_type(enum hj_bus_kind kind);
/* Whether a unit of such a bus may have this id. */
bool hj_bus_unit_is(enum hj_bus_kind kind, int64_t unit_id);
int hj_bus_kind_find(const char *name); /* enum hj_bus_kind; -EINVAL */
/* By their names in the configuration; -EINVAL. */
int hj_echo_find(const char *name);
const char *hj_echo_name(enum hj_echo echo);
int hj_rs485_find(const char *name);
const char *hj_rs485_name(enum hj_rs485 mode);
