/* include/hjgate/cleanup.h as cppcheck is shown it: it can read neither a statement in an expression nor that a
 * cleanup releases. */
#pragma once

#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f)
#define _printf_(a, b)
#define HJ_DEFINE_CLEANUP(type, func)
#define _cleanup_free_
#define _cleanup_fd_

void *hj_given_away(void *p);
#define hj_steal(p)      hj_given_away(p)
#define hj_array_size(a) (sizeof(a) / sizeof((a)[0]))
#define hj_min(a, b)     ((a) < (b) ? (a) : (b))
#define hj_max(a, b)     ((a) > (b) ? (a) : (b))
