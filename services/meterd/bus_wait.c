/* ppoll(2) in a file of its own, and without _FORTIFY_SOURCE: the checked one of glibc 2.36 takes a timespec of 8
 * byte seconds to the system call of 4 byte ones on 32-bit ARM. Whatever was below a second was then no time at all,
 * and a meterd that awaited an answer looked again and again until it was there. */
#undef _FORTIFY_SOURCE

#include "bus_wait.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

int bus_wait(int fd, short events, hj_usec left)
{
	struct pollfd p = { .fd = fd, .events = events };
	struct timespec time = { (time_t)(left / HJ_USEC_PER_SEC), (long)(left % HJ_USEC_PER_SEC) * 1000 };

	if (ppoll(&p, 1, &time, NULL) < 0)
		return errno == EINTR ? 0 : -errno;
	return p.revents;
}
