/* A program that gets no new timer of sd-event once `no_timers` is set: there is no memory for one. What has to come
 * back by itself must not need any. */
#pragma once

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <systemd/sd-event.h>

static bool no_timers;

int sd_event_add_time_relative(sd_event *event, sd_event_source **ret, clockid_t clock, uint64_t usec,
        uint64_t accuracy, sd_event_time_handler_t fn, void *userdata)
{
	static int (*real)(sd_event * event, sd_event_source * *ret, clockid_t clock, uint64_t usec,
	        uint64_t accuracy, sd_event_time_handler_t fn, void *userdata);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sd_event_add_time_relative");
	return no_timers ? -ENOMEM : real(event, ret, clock, usec, accuracy, fn, userdata);
}
