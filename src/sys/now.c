/* The clocks. They stand alone in this file so that a program with a virtual clock can bring its own hj_now(). */
#include "hjgate/now.h"

#include <time.h>

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
