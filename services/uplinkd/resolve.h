/* Names to addresses without stopping the loop. */
#pragma once

#include <netdb.h>
#include <systemd/sd-event.h>

struct resolve;

/* Called once, from the loop: error "" and the addresses (the callee frees them with freeaddrinfo()), or NULL and
 * why. */
typedef void (*resolve_fn)(struct addrinfo *addresses, const char *error, void *userdata);

/* A numeric host is answered before this returns. -ENOMEM, -EAGAIN ...: then fn is not called. *ret is NULL when it
 * has been answered. */
int resolve_start(
        sd_event *event, const char *host, unsigned port, resolve_fn fn, void *userdata, struct resolve **ret);
/* Forgets it: fn is not called any more. May be called from fn. */
void resolve_cancel(struct resolve *r);
