/* What this process has written to the disk, as its kernel counts it. */
#pragma once

#include <stdint.h>

/* /proc/self/io, to be kept open: it is asked at each commit. Negative errno: there is none, and nothing is known. */
int hj_written_open(void);

/* Bytes since the process began. What was written and then thrown away before it reached the disk counts; what the
 * file system and its journal write besides does not. -EOPNOTSUPP: the kernel does not count. */
int hj_written(int fd, int64_t *ret_bytes);
