/* The system's clock and the box's own: the only place that sets them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

int set_step(int64_t wall_ms);   /* -EPERM: not permitted; -errno */
int set_slew(int64_t offset_ms); /* likewise; in place of one that is under way */
int64_t set_slew_left(void); /* ms that a slew has not done yet; 0 = none is under way, or the kernel does not say */
/* /dev/rtc, in UTC; it is written only where it is off by more than a second. 1: written; 0: it was right; -ENOENT:
 * this box has none (path NULL); -errno. */
int set_rtc(const char *path, int64_t wall_ms);
const char *set_rtc_path(void); /* NULL: this box has none */
