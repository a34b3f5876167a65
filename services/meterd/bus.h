/* A bus: one transaction at a time. A kind of bus is a table of operations (bus_rtu.c is Modbus RTU on a serial
 * port). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/cleanup.h"
#include "hjgate/clock.h"
#include "hjgate/conf.h"

#define BUS_VALUES_MAX  2000 /* bits of one answer; registers are at most 125 */
#define BUS_FRAME_MAX   256  /* bytes */
#define BUS_REQUEST_MAX 8    /* bytes of a reading request */
#define BUS_JUNK_SHOWN  16   /* bytes kept of what nobody asked for */

struct bus_question {
	uint8_t unit_id;
	enum hj_table table;
	uint16_t address, count;
};

struct bus_answer {
	uint16_t values[BUS_VALUES_MAX]; /* registers, or bits as 0 and 1; set when ask() gave 0 */
	int exception;                   /* set when it gave -EREMOTEIO */
	const char *why;                 /* set when it failed: in a few words, untranslated */
	uint8_t sent[BUS_REQUEST_MAX], received[BUS_FRAME_MAX];
	size_t sent_length, received_length;
	size_t junk;       /* bytes found before the request that nobody had asked for */
	bool junk_is_late; /* they follow a time-out: an answer that came too late */
	uint8_t junk_head[BUS_JUNK_SHOWN];
};

struct bus {
	const struct bus_ops *ops;
	bool is_open;
	hj_usec free_at; /* CLOCK_BOOTTIME: the silence after the transaction before has passed */
};

struct bus_ops {
	int (*open)(struct bus *b); /* -errno; -EBUSY where somebody else has the port */
	void (*close)(struct bus *b);
	/* 0; -ETIMEDOUT: no answer; -EBADMSG: a broken one; -EREMOTEIO: an exception; -EAGAIN: not asked, the answer
	 * could not be told from a late one; any other: the port is gone. Blocks. Only when the bus is free
	 * (free_at); sets free_at. *ret is filled in every case. */
	int (*ask)(struct bus *b, const struct bus_question *q, struct bus_answer *ret);
	void (*free)(struct bus *b);
};

static inline void bus_free(struct bus *b)
{
	if (b)
		b->ops->free(b);
}
HJ_DEFINE_CLEANUP(struct bus *, bus_free)

int bus_rtu_new(const struct hj_conf_bus *conf, struct bus **ret); /* keeps conf; not yet open */
