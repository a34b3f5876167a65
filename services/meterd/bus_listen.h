/* Inside the bus that serves: what a request does (bus_listen.c), and how it comes: on a serial line
 * (bus_listen_line.c) or over TCP (bus_listen_tcp.c). */
#pragma once

#include "bus.h"

#include "hjgate/meter_board.h"
#include "hjgate/meter_image.h"
#include "hjgate/meter_serve.h"

#define LISTEN_CONNECTIONS_MAX 64                      /* at once; one more, and that which is idle longest goes */
#define LISTEN_PEER_MAX        16                      /* of them from one address: none keeps the others out */
#define LISTEN_IDLE            (600 * HJ_USEC_PER_SEC) /* twice the longest interval of reports */
#define LISTEN_FRAME_LATE      (10 * HJ_USEC_PER_SEC)  /* over TCP a request that has begun is whole by then */
#define LISTEN_READ            512                     /* bytes at once */
#define LISTEN_SEND_BUFFER     (64 << 10) /* bytes of answers not read yet: more than LISTEN_READ may ask for */
/* Writes of one instrument. Beyond that it is told that we are busy, and what it wrote does not count: it would fill
 * the outbox, and the samples of its neighbours would be lost. */
#define LISTEN_WRITES_PER_S 50
#define LISTEN_WRITES_BURST 200

struct listen_way; /* the open port */

struct listen {
	struct bus bus;
	const struct hj_conf_bus *conf;
	sd_event *event;
	bus_pushed_fn pushed;
	void *userdata;
	struct hj_image *images; /* as conf->meters */
	hj_usec *paid;           /* as conf->meters: until then its writes are paid for */
	struct hj_board board;   /* as conf->publish */
	struct bus_traffic traffic;
	struct listen_way *way;
};

/* A port to hear requests on. */
struct listen_ops {
	int (*open)(struct listen *l, struct listen_way **ret);
	void (*close)(struct listen_way *w);
	void (*traffic)(const struct listen_way *w, struct bus_traffic *ret); /* adds its own */
};
extern const struct listen_ops listen_line, listen_tcp;

/* Every unit id that is served here. */
void listen_add_units(const struct listen *l, struct hj_serve *s);

/* Does what the request wants and makes the answer: its bytes, 0 where none is due. */
size_t listen_respond(struct listen *l, enum hj_serve_framing framing, const struct hj_serve_request *q,
        uint8_t to[HJ_SERVE_TCP_MAX]);

/* The port is gone: everything is closed, and opened again later. */
void listen_lost(struct listen *l, int error);
