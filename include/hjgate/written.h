/* What this process has written to the disk, as its kernel counts it. */
#pragma once

#include <stdint.h>

/* Bytes since the process began, of /proc/self/io. What was written and then thrown away before it reached the disk
 * counts, and so does what others' journals repeat not: see hjgate(1). -EOPNOTSUPP: the kernel does not count. */
int hj_written(int64_t *ret_bytes);
