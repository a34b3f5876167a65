/* The system's clock and the box's own: the only place that sets them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

int set_step(int64_t wall_ms);   /* -EPERM: not permitted; -errno */
int set_slew(int64_t offset_ms); /* likewise; in place of one that is under way */
int64_t set_slew_left(void); /* ms that a slew has not done yet; 0 = none is under way, or the kernel does not say */
/* /dev/rtc, in UTC. 0; -ENOENT: this box has none; -errno. */
int set_rtc(int64_t wall_ms);
const char *set_rtc_path(void); /* NULL: this box has none */
