/* The clocks. They stand alone in this file so that a program with a virtual clock can bring its own hj_now(). */
#include "hjgate/now.h"

#include <stdint.h>
#include <time.h>

#if defined(__arm__)

/* What Debian 12's libraries on 32-bit ARM, with a time_t of 4 bytes, ask for the time by; the headers have the
 * other. The C library's own fails past 2038-01-19, which libsystemd takes for the end of all: its event loop aborts.
 * From us it gets the last second there is: it waits for nothing by that clock (wall_timer.c). Weak, for who has a
 * clock of his own. */
struct short_timespec {
	int32_t sec, nsec;
};
int short_clock_gettime(clockid_t, struct short_timespec *) __asm__("clock_gettime");

__attribute__((weak)) int short_clock_gettime(clockid_t id, struct short_timespec *ret)
{
	struct timespec t;

	if (clock_gettime(id, &t) < 0)
		return -1;
	*ret = (struct short_timespec){ t.tv_sec > INT32_MAX ? INT32_MAX : (int32_t)t.tv_sec, (int32_t)t.tv_nsec };
	return 0;
}

#endif

struct hj_now hj_now(void)
{
	struct timespec wall, mono;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &mono);
	return (struct hj_now){
		.wall_ms = (int64_t)wall.tv_sec * HJ_MS_PER_SEC + wall.tv_nsec / 1000000,
		.mono = (hj_usec)mono.tv_sec * HJ_USEC_PER_SEC + (hj_usec)mono.tv_nsec / 1000,
	};
}
