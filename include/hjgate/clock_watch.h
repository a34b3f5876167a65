/* What the kernel tells of its wall clock: that it was set, and whether a time daemon keeps it. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <systemd/sd-event.h>

#include "hjgate/clock.h"

/* Calls fn after each setting of the clock, small ones too. The source is the caller's to release. -errno: it cannot
 * be watched. */
typedef void (*hj_clock_set_fn)(void *userdata);
int hj_clock_watch(sd_event *event, hj_clock_set_fn fn, void *userdata, sd_event_source **ret);

/* A timerfd of CLOCK_REALTIME that never comes due: the kernel makes it readable when the clock is set. */
static inline int hj_clock_arm(int fd)
{
	const struct itimerspec never = { .it_value.tv_sec = (time_t)(HJ_TIME_MAX_MS / HJ_MS_PER_SEC) };

	/* ECANCELED: it is armed, and the clock was set at this moment. */
	if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0 && errno != ECANCELED)
		return -errno;
	return 0;
}

bool hj_clock_synchronised(void); /* by a time daemon */

/* Is there while a time daemon keeps the clock: written by hjgate-kept, for programs that may not ask the kernel. */
#define HJ_CLOCK_KEPT_FILE "/run/hjgate/clock/kept"

/* What adjtimex() says of it: `state` is what it returned. */
static inline bool hj_clock_kept_by(int state, const struct timex *t)
{
	return state >= 0 && state != TIME_ERROR && !(t->status & STA_UNSYNC);
}

/* What a time daemon has told the kernel of the clock. */
struct hj_clock_kept {
	bool synchronised;
	bool by_file;     /* hjgate-kept says so, who looks a moment after the clock was set */
	int64_t error_ms; /* at most */
	double ppm;       /* that the bare clock is off: slower above 0 */
};
void hj_clock_kept(struct hj_clock_kept *ret);
int64_t hj_clock_48h_ms(double ppm); /* how wrong it goes in 48 hours, without a sign: what HJ 477 asks for */
