/* What the files of device share. */
#pragma once

#include "device.h"
#include "uplinkd.h"

#include "hjgate/hj212_device.h"
#include "hjgate/ipc_client.h"

#define DEVICE_CALLS (HJ_CONF_BUSES_MAX + 1) /* the buses, and eventd */

/* One request at work. */
struct device {
	struct device *next;
	struct uplinkd *u;
	struct hj212_request q;
	struct device_call {
		struct device *d;
		struct hj_ipc_client *client;
		const char *method;
		json_t *parameters; /* until it is said */
	} calls[DEVICE_CALLS];
	unsigned call_count, open; /* open: not yet answered */
	bool away, busy;           /* somebody did not answer; or had no time */
	sd_event_source *timer;
	hj_usec until;                                 /* BOOTTIME */
	void (*take)(struct device *d, json_t *reply); /* one of the answers; may be NULL */
	void (*end)(struct device *d);                 /* all are there, or will not come: answers the platform */

	enum hj212_info info; /* 3020 */
	/* of what was asked */
	struct hj212_phrase_newest *newest; /* values, now */
	const struct hj212_phrase_factor *of;
	size_t newest_count, answered, silent;
	json_t *works;         /* what is being worked on, as stored said */
	unsigned meters, lost; /* that it is about */
	char sn[HJ212_SN_MAX + 1];
	bool fault, maintained;
};

/* Says it on a local socket ("meterd@north.peer"). Steals parameters. */
int device_call(struct device *d, const char *socket, const char *method, json_t *parameters);
void device_answer(const struct device *d, int exe_rtn);
/* The data, then ExeRtn 1. n below 0: it cannot be said. */
void device_respond(const struct device *d, const char *cp, int n);
/* A bus's number; -1: no such meter. point: METER.POINT. */
int device_bus_of(const struct devices *all, const char *point);
hj_usec device_left(const struct device *d); /* until the platform has its answer in any case */

/* peer_device_sample.c. Each returns how many were asked, or -errno. */
int device_ask_values(struct device *d, const char *factor); /* "" = all */
void device_values_end(struct device *d);                    /* 3012 */
void device_value_end(struct device *d);                     /* 3020 of a factor */

/* peer_device_state.c */
int device_ask_meters(struct device *d, const char *factor); /* "" = all */
int device_ask_events(struct device *d);
void device_serial_end(struct device *d); /* 3019 */
void device_meters_end(struct device *d); /* 3020 i22101, i12002 */
void device_events_end(struct device *d); /* 3020 i22001, i22002 */
