/* Waiting on one descriptor, finer than a millisecond: answers and silences of a line are told apart by less. */
#pragma once

#include "hjgate/clock.h"

/* What of `events` happened, POLLHUP and the like as well (poll(2)); 0 after `left` or at a signal; -errno. */
int bus_wait(int fd, short events, hj_usec left);
