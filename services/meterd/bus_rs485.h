/* Who turns the RS-485 transceiver round: key `rs485`. */
#pragma once

#include <stddef.h>

#include "hjgate/clock.h"
#include "hjgate/conf.h"

/* At the opening of a port. -errno, where the port cannot do what is configured. */
int bus_rs485_setup(int fd, enum hj_rs485 mode);

/* Only of "rts" and "rts-inverted": true for both. */
bool bus_rs485_is_ours(enum hj_rs485 mode);
int bus_rs485_send(int fd, enum hj_rs485 mode); /* the driver on */
/* The driver off, as soon as the bytes have left: no sooner than `wire_end`, which is reckoned, and no sooner than
 * the port's own word, where it gives one. */
int bus_rs485_receive(int fd, enum hj_rs485 mode, hj_usec wire_end);
