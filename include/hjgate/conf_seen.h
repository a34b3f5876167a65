/* What a program has read of its configuration, and what was in it: so it can be told whether it runs by what is
 * written. No time of a file or of a process could say that: clocks of gateways are set, and a file that was edited
 * and edited back is what it was. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HJ_CONF_SEEN_MAX 1024 /* files; of those behind them nothing is known */

/* From here on what is read is noted, and what was noted before is forgotten. */
void hj_conf_seen_begin(void);
/* What is read from here on is not what the program runs by. */
void hj_conf_seen_end(void);

/* The i-th file below /etc/hjgate, "buses.d/north.conf", and what was in it and in what it includes, 0: it was absent.
 * A name with a star ("*.conf" of buses.d) stands for which files there were in the folder. NULL behind the last. */
const char *hj_conf_seen(size_t i, uint64_t *ret_digest);

/* The same of what is there now below a root. -errno: it cannot be read. */
int hj_conf_digest(const char *root, const char *file, uint64_t *ret_digest);
