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

#if defined(__arm__)

/* Libraries with a time_t of 4 bytes, as Debian 12's are, ask by the names that the headers have given away. */
struct short_time {
	int32_t sec, part;
};
int short_clock_gettime(clockid_t, struct short_time *) __asm__("clock_gettime");
int short_gettimeofday(struct short_time *, void *) __asm__("gettimeofday");
int32_t short_time(int32_t *) __asm__("time");

int short_clock_gettime(clockid_t id, struct short_time *ret)
{
	struct timespec whole;

	clock_gettime(id, &whole);
	*ret = (struct short_time){ (int32_t)whole.tv_sec, (int32_t)whole.tv_nsec };
	return 0;
}

int short_gettimeofday(struct short_time *ret, void *zone)
{
	struct timeval whole;

	gettimeofday(&whole, zone);
	*ret = (struct short_time){ (int32_t)whole.tv_sec, (int32_t)whole.tv_usec };
	return 0;
}

int32_t short_time(int32_t *ret)
{
	int32_t now = (int32_t)time(NULL);

	if (ret)
		*ret = now;
	return now;
}

#endif
