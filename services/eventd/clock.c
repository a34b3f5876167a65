/* Tells that somebody set the clock. Nothing is polled: a timer that never comes due is cancelled by the kernel when
 * the clock is set, and that wakes us. How far it was set shows against the clock that only goes on. Without such a
 * timer eventd works as well, but for this one event. */
#include "eventd.h"
#include "hjgate/log.h"
#include "hjgate/now.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define STEP_LEAST_MS 1000 /* smaller ones are a time daemon's, and change no record */

static int64_t ahead_ms(const struct hj_now *now)
{
	return now->wall_ms - (int64_t)(now->mono / HJ_USEC_PER_MS);
}

void eventd_heed_clock(struct eventd *d, const struct hj_now *now)
{
	char from[HJ_TIME_HUMAN_LEN + 1], to[HJ_TIME_HUMAN_LEN + 1], values[2 * HJ_TIME_HUMAN_LEN + 32];
	int64_t step = ahead_ms(now) - d->clock_ahead_ms;

	d->clock_ahead_ms += step;
	if (step > -STEP_LEAST_MS && step < STEP_LEAST_MS)
		return;
	hj_time_human(now->wall_ms - step, false, from);
	hj_time_human(now->wall_ms, false, to);
	hj_warn("the clock stepped from %s to %s: what comes is stamped by the new time", from, to);
	snprintf(values, sizeof(values), "{\"from\":\"%s\",\"to\":\"%s\"}", from, to);
	eventd_say(d, "clock-stepped", ROW_MOMENT, "clock", values);
}

static int arm(int fd)
{
	const struct itimerspec never = { .it_value.tv_sec = (time_t)(HJ_TIME_MAX_MS / HJ_MS_PER_SEC) };

	/* ECANCELED: it is armed, and the clock was set at this moment. */
	if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0 && errno != ECANCELED)
		return -errno;
	return 0;
}

/* Looks only when it is armed again, so that no step falls between. A timer that cannot be, or that comes due after
 * all, would wake us for ever. */
static int on_clock(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	uint64_t count;
	bool is_set = read(fd, &count, sizeof(count)) < 0 && (errno == ECANCELED || errno == EAGAIN);
	int r = is_set ? arm(fd) : -ETIME;
	struct hj_now now = hj_now();

	eventd_heed_clock(userdata, &now);
	return r < 0 ? sd_event_source_set_enabled(source, SD_EVENT_OFF) : 0;
}

void eventd_watch_clock(struct eventd *d)
{
	struct hj_now now = hj_now();
	_cleanup_fd_ int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	int r = fd < 0 ? -errno : arm(fd);

	d->clock_ahead_ms = ahead_ms(&now);
	if (r >= 0)
		r = sd_event_add_io(d->event, &d->clock, fd, EPOLLIN, on_clock, d);
	if (r >= 0)
		r = sd_event_source_set_io_fd_own(d->clock, true);
	if (r < 0) {
		hj_log_error(r, "cannot watch the clock: going on without");
		d->clock = sd_event_source_disable_unref(d->clock);
		return;
	}
	fd = -1;
}
