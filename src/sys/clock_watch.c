/* Tells that somebody set the clock. Nothing is polled: a timer that never comes due is cancelled by the kernel when
 * the clock is set, and that wakes us. */
#include "hjgate/clock_watch.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timex.h>
#include <unistd.h>

#include "hjgate/cleanup.h"

#define USEC_A_SECOND 1000000L

struct watch {
	hj_clock_set_fn fn;
	void *userdata;
};

/* What is off by more than some 50 ppm a daemon puts right by longer ticks (chrony in steps of 100 ppm), and only the
 * rest by the frequency. */
static double ppm_of(const struct timex *t)
{
	long hz = sysconf(_SC_CLK_TCK), usual = hz > 0 ? USEC_A_SECOND / hz : 0;

	return (double)t->freq / 65536 + (t->tick > 0 && usual ? (double)(t->tick - usual) * (double)hz : 0);
}

void hj_clock_kept(struct hj_clock_kept *ret)
{
	struct timex t = { .modes = 0 };
	int state = adjtimex(&t);

	if (state < 0) { /* refused by who started us: hjgate-kept looks for us */
		*ret = (struct hj_clock_kept){ .synchronised = !access(HJ_CLOCK_KEPT_FILE, F_OK), .by_file = true };
		return;
	}
	*ret = (struct hj_clock_kept){ .synchronised = hj_clock_kept_by(state, &t),
		.error_ms = (int64_t)(t.maxerror / 1000),
		.ppm = ppm_of(&t) };
}

int64_t hj_clock_48h_ms(double ppm)
{
	return (int64_t)llround(fabs(ppm) * (double)(48 * 3600 * HJ_MS_PER_SEC) / 1e6);
}

bool hj_clock_synchronised(void)
{
	struct hj_clock_kept kept;

	hj_clock_kept(&kept);
	return kept.synchronised;
}

/* Looks only when it is armed again, so that no step falls between. A timer that cannot be, or that comes due after
 * all, would wake us for ever. */
static int on_clock(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	const struct watch *w = userdata;
	uint64_t count;
	bool is_set = read(fd, &count, sizeof(count)) < 0 && (errno == ECANCELED || errno == EAGAIN);
	int r = is_set ? hj_clock_arm(fd) : -ETIME;

	(void)revents;
	w->fn(w->userdata);
	return r < 0 ? sd_event_source_set_enabled(source, SD_EVENT_OFF) : 0;
}

int hj_clock_watch(sd_event *event, hj_clock_set_fn fn, void *userdata, sd_event_source **ret)
{
	_cleanup_fd_ int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	_cleanup_free_ struct watch *w = malloc(sizeof(*w));
	sd_event_source *source = NULL;
	int r = fd < 0 ? -errno : w ? hj_clock_arm(fd) : -ENOMEM;

	r = r < 0 ? r : sd_event_add_io(event, &source, fd, EPOLLIN, on_clock, w);
	r = r < 0 ? r : sd_event_source_set_io_fd_own(source, true);
	if (r < 0) {
		sd_event_source_disable_unref(source);
		return r;
	}
	fd = -1;
	*w = (struct watch){ fn, userdata };
	sd_event_source_set_destroy_callback(source, free);
	hj_steal(w);
	*ret = source;
	return 0;
}
