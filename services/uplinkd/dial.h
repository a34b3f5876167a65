/* One try to reach one of a platform's places: its name is looked up anew, each address is tried, and where TLS is
 * wanted its handshake belongs to it. */
#pragma once

#include <netinet/in.h>
#include <systemd/sd-event.h>

#include "hjgate/conf.h"
#include "wire.h"

#define DIAL_ADDRESSES_MAX 8 /* of one name */
#define DIAL_WHY_MAX       160
#define DIAL_ADDRESS_LEN   64 /* "[address]:port" */

struct dial_address {
	socklen_t len;
	struct sockaddr_storage to;
};
/* A place, and the newest good answer of the name servers for it. */
struct dial_place {
	const char *host;
	unsigned port;
	struct dial_address known[DIAL_ADDRESSES_MAX];
	unsigned known_count;
	struct sockaddr_storage good; /* the address that was reached last */
};

/* The same for all places of an uplink. */
struct dial_setup {
	sd_event *event;
	const struct hj_conf_link *link;
	const struct hj_conf_tls *tls;
	const char *root;
};

struct dial_end {
	struct wire wire; /* the callee's; fd < 0: it was not reached */
	char address[DIAL_ADDRESS_LEN];
	const char *why;         /* it was not reached */
	struct tls_trouble *tls; /* it was TLS that failed; else NULL */
	const char *lookup;      /* the name servers' error; "" = none */
};
struct dial;
/* Called once, from the loop, never from dial_start(). The dial is gone. */
typedef void (*dial_fn)(struct dial_place *place, struct dial_end *end, void *userdata);

int dial_start(
        const struct dial_setup *setup, struct dial_place *place, dial_fn fn, void *userdata, struct dial **ret);
void dial_cancel(struct dial *d); /* fn is not called; NULL is legal */
