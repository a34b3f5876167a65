/* A bus: one transaction at a time. A kind of bus is a table of operations in bus_NAME.c, NAME as in HJ_BUS_TYPES. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "hjgate/bus_type.h"
#include "hjgate/cleanup.h"
#include "hjgate/clock.h"
#include "hjgate/conf.h"
#include "hjgate/meter_exchange.h"

#define BUS_FRAME_MAX  HJ_FRAME_MAX /* bytes */
#define BUS_JUNK_SHOWN HJ_EXCHANGE_JUNK_SHOWN
/* Of what comes unasked: behind the turn of the bus, since who speaks without end would keep it from asking, and from
 * telling who is silent. A turn takes what lies there before it asks. */
#define BUS_PRIORITY_UNASKED (SD_EVENT_PRIORITY_NORMAL + 20)

struct bus_answer {
	struct hj_answer is; /* data where ask() gave 0; exception where -EREMOTEIO; why where it failed */
	uint8_t sent[BUS_FRAME_MAX], received[BUS_FRAME_MAX];
	size_t sent_length, received_length;
	size_t junk;       /* bytes found before the request that nobody had asked for */
	bool junk_is_late; /* they follow a question that was not answered, or not well: an answer that came late */
	uint8_t junk_head[BUS_JUNK_SHOWN];
	/* Among them was the whole answer to this question, which had not come in time: that meter lives, however the
	 * question of now ends. */
	bool late_whole;
	struct hj_question late;
	hj_usec turnaround; /* from the request's end on the wire to the first byte after it; 0: not known */
};

/* What a bus hands over without being asked: an input that switched, registers that an instrument wrote. `what` says
 * where it lies, `data` what it is now, as in struct hj_answer. NULL: the port is lost, and wants a turn. */
typedef void (*bus_pushed_fn)(const struct hj_question *what, const uint8_t *data, size_t n, void *userdata);

/* What others wanted of a bus that serves them, since the start. */
struct bus_traffic {
	uint64_t writes, reads;
	uint64_t refused;    /* answered with an exception, or not at all because nobody here has that unit id */
	uint64_t busy;       /* of these, writes that were too many */
	uint64_t unanswered; /* answers that nobody got: the next request came first, or they were not read */
	uint64_t foreign;    /* frames on the line that were between others */
	uint64_t broken, broken_bytes;
	uint64_t accepted, dropped; /* connections; dropped: idle too long, one too many, or no Modbus */
	unsigned connections;       /* open now */
	unsigned published, valid;  /* values that are shown, and those of them that are there now */
};

/* Others have asked us, and this is what we said: a->received is their question. Kept by nobody. */
typedef void (*bus_served_fn)(const struct hj_question *q, const struct bus_answer *a, bool good, void *userdata);

struct bus {
	const struct bus_ops *ops;
	bool is_open;         /* a bus that speaks by itself may lose its port by itself, too: then `lost` says why */
	int lost;             /* -errno */
	hj_usec free_at;      /* CLOCK_BOOTTIME: the silence after what was last on the line has passed */
	bus_served_fn served; /* of a bus that serves; NULL: nobody wants to know */
	void *served_to;
	const char *echo; /* does the adapter give back what we send: "yes", "no", "unknown"; NULL: it cannot */
};

struct bus_ops {
	int (*open)(struct bus *b); /* -errno; -EBUSY where somebody else has the port */
	void (*close)(struct bus *b);
	/* 0; -ETIMEDOUT: no answer; -EBADMSG: a broken one; -EREMOTEIO: an exception; -EAGAIN: not asked, the answer
	 * could not be told from a late one; any other: the port is gone. Blocks, for the first byte no longer than
	 * `timeout` from the request's end on the wire. Before free_at it waits for that first; afterwards too where
	 * the line is not quiet, or the unit is another one. Sets free_at. *ret is filled in every case.
	 * NULL: this bus only speaks by itself. */
	int (*ask)(struct bus *b, const struct hj_question *q, hj_usec timeout, struct bus_answer *ret);
	void (*free)(struct bus *b);
	/* NULL where the bus never speaks by itself. Called once, before open(). */
	int (*attach)(struct bus *b, sd_event *event, bus_pushed_fn pushed, void *userdata);
	/* What conf->publish[which] is from now on: NaN, none; after `until`, none either. NULL where nobody can look
	 * values up. */
	void (*show)(struct bus *b, size_t which, double value, hj_usec until);
	void (*traffic)(const struct bus *b, struct bus_traffic *ret); /* NULL: nobody asks this bus for anything */
};

static inline void bus_free(struct bus *b)
{
	if (b)
		b->ops->free(b);
}
HJ_DEFINE_CLEANUP(struct bus *, bus_free)

/* fn at what comes unasked. */
static inline int bus_hear(sd_event *event, int fd, sd_event_io_handler_t fn, void *userdata, sd_event_source **ret)
{
	int r = sd_event_add_io(event, ret, fd, EPOLLIN, fn, userdata);

	return r < 0 ? r : sd_event_source_set_priority(*ret, BUS_PRIORITY_UNASKED);
}

/* The bus of conf's type, not yet open; keeps conf. -ENOSYS where this build has no such bus. */
int bus_new(const struct hj_conf_bus *conf, struct bus **ret);

/* One of each row of HJ_BUS_TYPES: bus_rtu_new(), bus_tcp_new() ... */
#define BUS_NEW(identifier, ...) int bus_##identifier##_new(const struct hj_conf_bus *conf, struct bus **ret);
HJ_BUS_TYPES(BUS_NEW)
#undef BUS_NEW
