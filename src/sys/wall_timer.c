/* See wall_timer.h. libsystemd has timers of the wall clock itself, but that of Debian 12 on 32-bit ARM has none past
 * 2038-01-19 and ends the loop instead. So the moment is awaited by the clock that only goes on, and reckoned anew
 * when the wall clock is set, or was slewed meanwhile. */
#include "hjgate/wall_timer.h"

#include "hjgate/cleanup.h"
#include "hjgate/clock_watch.h"
#include "hjgate/now.h"

#define AHEAD_MS (30 * HJ_MS_PER_DAY) /* at most: then it is looked again. Such a libsystemd holds 68 years */

static int arm(struct hj_wall_timer *t)
{
	struct hj_now now = hj_now();
	int64_t left_ms = t->due_ms <= now.wall_ms ? 0 : hj_min(t->due_ms - now.wall_ms, AHEAD_MS);
	int r;

	if (t->due_ms == HJ_WALL_NEVER)
		return sd_event_source_set_enabled(t->timer, SD_EVENT_OFF);
	r = sd_event_source_set_time(t->timer, now.mono + (hj_usec)left_ms * HJ_USEC_PER_MS);
	return r < 0 ? r : sd_event_source_set_enabled(t->timer, SD_EVENT_ONESHOT);
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct hj_wall_timer *t = userdata;

	if (hj_now().wall_ms < t->due_ms)
		return arm(t);
	t->due_ms = HJ_WALL_NEVER;
	t->fn(t->userdata);
	return 0;
}

static void on_set(void *userdata)
{
	arm(userdata);
}

int hj_wall_timer_init(struct hj_wall_timer *t, sd_event *event, hj_usec accuracy, void (*fn)(void *userdata),
        void *userdata)
{
	int r;

	*t = (struct hj_wall_timer){ .due_ms = HJ_WALL_NEVER, .fn = fn, .userdata = userdata };
	r = sd_event_add_time(event, &t->timer, CLOCK_BOOTTIME, 0, accuracy, on_time, t);
	r = r < 0 ? r : sd_event_source_set_enabled(t->timer, SD_EVENT_OFF);
	return r < 0 ? r : hj_clock_watch(event, on_set, t, &t->watch);
}

void hj_wall_timer_done(struct hj_wall_timer *t)
{
	t->timer = sd_event_source_disable_unref(t->timer);
	t->watch = sd_event_source_disable_unref(t->watch);
}

int hj_wall_timer_set(struct hj_wall_timer *t, int64_t ms)
{
	t->due_ms = ms;
	return arm(t);
}
