/* Asked at once, apart from the grid: what a platform's CN 3012 comes to. */
#pragma once

#include <jansson.h>
#include <systemd/sd-event.h>

#include "hjgate/clock.h"
#include "hjgate/flag.h"
#include "hjgate/ipc_server.h"

struct meterd;

/* Who waits for values. */
struct sampling_call {
	struct sampling_call *next;
	struct hj_ipc_call *call; /* referenced */
	json_t *names;            /* the keys are the points that it wants, until the round begins */
	json_t *readings;
	uint8_t *wanted; /* by point: it has not come yet; NULL: its round has not begun */
	size_t left;
	hj_usec deadline;
};

struct sampling {
	struct sampling_call *calls; /* oldest first */
	bool at_work;                /* a round */
	hj_usec began;
	hj_usec free_at; /* when the next may begin */
	sd_event_source *timer;
};

int api_sample(struct hj_ipc_call *call, json_t *parameters, void *userdata);
/* A sample of this point, whoever asked for it. */
void sampling_came(struct meterd *m, size_t point, int64_t time_ms, enum hj_flag flag, double value);
/* After each turn of the bus: whoever has all, or can get no more, is answered. True: something is to be asked. */
bool sampling_turn(struct meterd *m);
void sampling_done(struct meterd *m);
