/* That somebody set the clock is an event. How far it was set shows against the clock that only goes on. Where the
 * clock cannot be watched eventd works as well, but for this one event. */
#include "eventd.h"
#include "hjgate/clock_watch.h"
#include "hjgate/log.h"
#include "hjgate/now.h"

#include <stdio.h>

void eventd_heed_clock(struct eventd *d, const struct hj_now *now)
{
	char from[HJ_TIME_HUMAN_LEN + 1], to[HJ_TIME_HUMAN_LEN + 1], values[2 * HJ_TIME_HUMAN_LEN + 32];
	int64_t step = hj_clock_step(&d->clock_ahead_ms, now);

	if (!step)
		return;
	hj_time_human(now->wall_ms - step, false, from);
	hj_time_human(now->wall_ms, false, to);
	hj_warn("the clock stepped from %s to %s: what comes is stamped by the new time", from, to);
	snprintf(values, sizeof(values), "{\"from\":\"%s\",\"to\":\"%s\"}", from, to);
	eventd_say(d, "clock-stepped", ROW_MOMENT, "clock", values);
}

static void on_set(void *userdata)
{
	struct hj_now now = hj_now();

	eventd_heed_clock(userdata, &now);
}

void eventd_watch_clock(struct eventd *d)
{
	struct hj_now now = hj_now();
	int r = hj_clock_watch(d->event, on_set, d, &d->clock);

	d->clock_ahead_ms = hj_clock_ahead(&now);
	if (r < 0)
		hj_log_error(r, "cannot watch the clock: going on without");
}
