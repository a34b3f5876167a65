/* What a platform wants to know of devices: CN 3012 (their values, now), 3019 (serial numbers), 3020 (states). The
 * meterds are asked, or eventd, for as long as OverTime; then the platform gets its answer in any case. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "hjgate/conf.h"
#include "hjgate/hj212_session.h"

struct uplinkd;
struct device;

/* Where meters hang, from the files: who is asked for what. */
struct devices {
	struct device_place {
		char meter[HJ_NAME_MAX + 1];
		uint8_t bus;
	} * places;
	size_t place_count;
	char (*buses)[HJ_NAME_MAX + 1];
	size_t bus_count;
	char serial[HJ_SERIAL_MAX + 1]; /* the gateway's own; "" = it has none */
	struct device *asked;           /* what is being asked for */
};

int devices_new(struct uplinkd *u, const struct hj_conf *all);
void devices_free(struct uplinkd *u);
void devices_stop(struct uplinkd *u); /* the link is gone: nobody waits any more */

/* A request of CN 3012, 3019, 3020 that is no log. It is answered now or later. -ENOMEM. */
int device_request(struct uplinkd *u, const struct hj212_request *q);
