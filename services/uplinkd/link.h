/* The TCP connection to the platform: made, lost and made again with back-off. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "hjgate/cleanup.h"
#include "hjgate/clock.h"

struct link;
struct link_events {
	void (*up)(void *userdata);
	void (*input)(const void *data, size_t n, void *userdata);
	void (*writable)(void *userdata);              /* after link_write() took less than all */
	void (*down)(const char *why, void *userdata); /* lost, or not made; it is tried again by itself */
};

enum link_state { LINK_STOPPED, LINK_WAITING, LINK_CONNECTING, LINK_UP };

int link_new(sd_event *event, const char *host, unsigned port, const struct link_events *events, void *userdata,
        struct link **ret);
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
hj_usec link_retry_at(const struct link *l); /* LINK_WAITING: CLOCK_BOOTTIME */

/* The next pause after `pause` (0 = none before): doubled, between LINK_PAUSE_FIRST and LINK_PAUSE_MOST; and what is
 * waited of it, +-20 % by a random number, so that a city's gateways do not come back all at once. */
#define LINK_PAUSE_FIRST HJ_USEC_PER_SEC
#define LINK_PAUSE_MOST  (60 * HJ_USEC_PER_SEC)
hj_usec link_pause_next(hj_usec pause);
hj_usec link_pause_jitter(hj_usec pause, uint32_t random);
