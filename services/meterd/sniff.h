/* Listening to a line without a word: bytes as they come. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "hjgate/clock.h"
#include "hjgate/conf.h"

struct sniff;
/* n 0: the line has ended. */
typedef void (*sniff_fn)(const uint8_t *data, size_t n, hj_usec since_first, void *userdata);

/* A serial port, or what a serial device server passes on. -EBUSY where somebody else has the port. */
int sniff_open(sd_event *event, const struct hj_conf_bus *conf, sniff_fn fn, void *userdata, struct sniff **ret);
void sniff_close(struct sniff *s);
