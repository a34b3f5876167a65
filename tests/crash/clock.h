/* The clocks of a world: what asks the system for the time (hj_now(), the event loop, SQLite) is told this. Timers of
 * the loop come due by it: turn it forward, then let the loop run. */
#pragma once

#include <stdbool.h>

#include "hjgate/clock.h"

extern const struct hj_now world_begin; /* midnight in Beijing, some while after the boot */
extern struct hj_now world_now;
extern hj_usec world_booted; /* BOOTTIME is counted from here */
extern bool world_trusted; /* what adjtimex() says: synchronised */

static inline void world_pass(hj_usec usec)
{
	world_now.mono += usec;
	world_now.wall_ms = world_now.wall_ms + (int64_t)(usec / HJ_USEC_PER_MS);
}
