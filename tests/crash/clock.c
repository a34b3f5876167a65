/* See clock.h. The system's calls for the time are answered here, in the program itself, and so before libc. */
#include "clock.h"

#include <string.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

#define BEGIN                                                                                                        \
	{                                                                                                            \
		.wall_ms = 1795622400000, .mono = 1000 * HJ_USEC_PER_SEC                                             \
	}

const struct hj_now world_begin = BEGIN;
struct hj_now world_now = BEGIN;
hj_usec world_booted;
bool world_trusted = true;

int clock_gettime(clockid_t id, struct timespec *ret)
{
	bool wall = id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE || id == CLOCK_REALTIME_ALARM;
	uint64_t usec = wall ? (uint64_t)world_now.wall_ms * HJ_USEC_PER_MS : world_now.mono - world_booted;

	ret->tv_sec = (time_t)(usec / HJ_USEC_PER_SEC);
	ret->tv_nsec = (long)(usec % HJ_USEC_PER_SEC) * 1000;
	return 0;
}

time_t time(time_t *ret)
{
	time_t now = (time_t)(world_now.wall_ms / HJ_MS_PER_SEC);

	if (ret)
		*ret = now;
	return now;
}

int gettimeofday(struct timeval *ret, void *zone)
{
	ret->tv_sec = (time_t)(world_now.wall_ms / HJ_MS_PER_SEC);
	ret->tv_usec = (suseconds_t)(world_now.wall_ms % HJ_MS_PER_SEC) * 1000;
	return 0;
}

int adjtimex(struct timex *t)
{
	memset(t, 0, sizeof(*t));
	t->status = world_trusted ? 0 : STA_UNSYNC;
	return world_trusted ? TIME_OK : TIME_ERROR;
}
