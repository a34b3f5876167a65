/* The flash that a file lies on, by what it says of itself. */
#pragma once

/* How much of its life is over, in percent: tens, rounded up, the worse of the two estimates that an eMMC gives; 110:
 * beyond its life. `sysfs` is "/sys"; the device is st_dev of a file. -ENODATA: it says nothing, as SD cards and SSDs
 * do. */
int hj_flash_used(const char *sysfs, unsigned major, unsigned minor, int *ret_percent);
