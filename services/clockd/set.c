/* See set.h. */
#include "set.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtc.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "hjgate/cleanup.h"
#include "hjgate/clock.h"

#define RTC_OFF_MOST_S 1 /* it counts whole seconds, and what it is held against is rounded */

static const char *const rtcs[] = { "/dev/rtc", "/dev/rtc0" };

int set_step(int64_t wall_ms)
{
	const struct timespec to = { .tv_sec = (time_t)(wall_ms / HJ_MS_PER_SEC),
		.tv_nsec = (long)(wall_ms % HJ_MS_PER_SEC) * 1000000L };

	return clock_settime(CLOCK_REALTIME, &to) < 0 ? -errno : 0;
}

/* The kernel's own way for whoever is no time daemon: half a millisecond a second. */
int set_slew(int64_t offset_ms)
{
	struct timex t = { .modes = ADJ_OFFSET_SINGLESHOT, .offset = (long)(offset_ms * 1000) };

	return adjtimex(&t) < 0 ? -errno : 0;
}

int64_t set_slew_left(void)
{
	struct timex t = { .modes = ADJ_OFFSET_SS_READ };

	return adjtimex(&t) < 0 ? 0 : t.offset / 1000;
}

const char *set_rtc_path(void)
{
	for (size_t i = 0; i < hj_array_size(rtcs); i++)
		if (access(rtcs[i], F_OK) == 0)
			return rtcs[i];
	return NULL;
}

/* One that cannot be read, or holds no time, is not right. */
static bool is_right(int fd, time_t seconds)
{
	struct rtc_time is;
	struct tm tm;
	int64_t off;

	if (ioctl(fd, RTC_RD_TIME, &is) < 0)
		return false;
	tm = (struct tm){ .tm_sec = is.tm_sec,
		.tm_min = is.tm_min,
		.tm_hour = is.tm_hour,
		.tm_mday = is.tm_mday,
		.tm_mon = is.tm_mon,
		.tm_year = is.tm_year };
	off = (int64_t)timegm(&tm) - (int64_t)seconds;
	return off <= RTC_OFF_MOST_S && off >= -RTC_OFF_MOST_S;
}

int set_rtc(const char *path, int64_t wall_ms)
{
	_cleanup_fd_ int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	time_t seconds = (time_t)((wall_ms + HJ_MS_PER_SEC / 2) / HJ_MS_PER_SEC);
	struct rtc_time to;
	struct tm tm;

	if (!path)
		return -ENOENT;
	if (fd < 0 || !gmtime_r(&seconds, &tm))
		return -errno;
	if (is_right(fd, seconds))
		return 0;
	to = (struct rtc_time){ .tm_sec = tm.tm_sec,
		.tm_min = tm.tm_min,
		.tm_hour = tm.tm_hour,
		.tm_mday = tm.tm_mday,
		.tm_mon = tm.tm_mon,
		.tm_year = tm.tm_year,
		.tm_wday = tm.tm_wday,
		.tm_yday = tm.tm_yday };
	return ioctl(fd, RTC_SET_TIME, &to) < 0 ? -errno : 1;
}
