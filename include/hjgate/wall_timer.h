/* A moment of the wall clock that wakes us, as often as it is set. Within its owner; not to be copied. */
#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

#include "hjgate/clock.h"

#define HJ_WALL_NEVER INT64_MAX

struct hj_wall_timer {
	sd_event_source *timer, *watch;
	int64_t due_ms;
	void (*fn)(void *userdata);
	void *userdata;
};

/* Off. `accuracy`: how late it may be. */
int hj_wall_timer_init(struct hj_wall_timer *t, sd_event *event, hj_usec accuracy, void (*fn)(void *userdata),
        void *userdata);
void hj_wall_timer_done(struct hj_wall_timer *t);

/* Calls fn once, when the wall clock says `ms` or more; HJ_WALL_NEVER: it is off. */
int hj_wall_timer_set(struct hj_wall_timer *t, int64_t ms);
