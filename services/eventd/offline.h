/* No platform is reached, by any uplink: then it is most likely our own way out, and a site may have something done
 * about it (hjgate-link-hook.path watches the flag). */
#pragma once

#include <systemd/sd-event.h>

#include "hjgate/clock.h"

struct offline {
	sd_event_source *timer;
	hj_usec since; /* mono; 0 = some platform is reached, or nobody knows yet */
	hj_usec next;  /* mono: when it is told, or the flag raised again */
	unsigned raised;
	bool cleared; /* since our start: what a run before may have left is gone */
	bool looked;
};

struct eventd;
int offline_init(struct eventd *d);
void offline_done(struct eventd *d);
void offline_changed(struct eventd *d, const char *code); /* an event of this code began or ended */
