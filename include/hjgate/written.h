/* What this process has written to the disk, as its kernel counts it. */
#pragma once

#include <stdint.h>

/* Bytes since the process began, of /proc/self/io. What was written and then thrown away before it reached the disk
 * counts; what the file system and its journal write besides does not. -EOPNOTSUPP: the kernel does not count. */
int hj_written(int64_t *ret_bytes);
