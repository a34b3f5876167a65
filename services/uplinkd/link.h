/* The TCP connection to the platform, at one of its addresses, plain or through TLS: made, lost and made again with
 * back-off. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "hjgate/cleanup.h"
#include "hjgate/clock.h"
#include "hjgate/conf.h"
#include "places.h"
#include "tls.h"

struct link;
struct link_events {
	void (*up)(void *userdata);
	void (*input)(const void *data, size_t n, void *userdata);
	void (*writable)(void *userdata); /* after link_write() took less than all */
	/* Lost, or not made; it is tried again by itself. NULL: given up for the main address, which is reached
	 * again; `up` follows. */
	void (*down)(const char *why, void *userdata);
	/* The name servers know nothing of `host`; "" = they do again. known: an earlier answer is used. */
	void (*lookup)(const char *host, const char *error, bool known, void *userdata);
	/* TLS is why a place was not reached; NULL: it was. */
	void (*tls)(const char *host, const struct tls_trouble *trouble, void *userdata);
};

enum link_state { LINK_STOPPED, LINK_WAITING, LINK_CONNECTING, LINK_UP };

/* conf stays the caller's and must outlive the link. */
int link_new(sd_event *event, const struct hj_conf_uplink *conf, const char *root, const struct link_events *events,
        void *userdata, struct link **ret);
void link_free(struct link *l);
HJ_DEFINE_CLEANUP(struct link *, link_free)

void link_start(struct link *l);                 /* connects, and goes on doing so */
void link_stop(struct link *l);                  /* closes; `down` is not called */
void link_drop(struct link *l, const char *why); /* closes, calls `down`, tries again after the back-off */
void link_proved(struct link *l); /* the other end is a platform that works: the back-off begins anew */

size_t link_write(struct link *l, const void *data, size_t n); /* bytes taken */
/* Of what link_write() took: bytes that the other end's TCP has not acknowledged. SIZE_MAX: not known. */
size_t link_undelivered(const struct link *l);
enum link_state link_state(const struct link *l);
hj_usec link_retry_at(const struct link *l);    /* LINK_WAITING: CLOCK_BOOTTIME */
const char *link_address(const struct link *l); /* the one in use, "192.0.2.1:9000"; "" where there is none */
const char *link_host(const struct link *l);    /* of the place in use, or used last, as configured */
int link_port(const struct link *l);            /* likewise */
bool link_closed_by_peer(const struct link *l); /* how the newest connection ended: by the other end, in order */
bool link_facts(const struct link *l, struct tls_facts *ret); /* false: not connected, or without TLS */
