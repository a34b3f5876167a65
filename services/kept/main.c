/* hjgate-kept: says to the confined daemons whether a time daemon keeps the clock. Only adjtimex() tells that, and it
 * is the call that sets a clock, too: what may not set one is refused it whole (ProtectClock= of systemd). So this
 * one, which may do nothing else, looks for all, and keeps a file in /run/hjgate/clock while it is so. It uses no
 * library but C's, to be small, and has nothing in it that could hang. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "hjgate/clock_watch.h"

#define LOOK_S      5  /* while nobody keeps it: what was read waits for that */
#define LOOK_KEPT_S 30 /* a daemon that fell silent is given many minutes by the kernel itself */
#define SLACK_NS    500000000UL
#define MODE        0444

static int keep_file(bool kept)
{
	int fd;

	if (!kept)
		return unlink(HJ_CLOCK_KEPT_FILE) < 0 && errno != ENOENT ? -errno : 0;
	fd = open(HJ_CLOCK_KEPT_FILE, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, MODE);
	return fd < 0 ? -errno : close(fd);
}

/* Who sets the clock ends a daemon's word, and the kernel forgets it at once: so do we. It is watched before it is
 * looked at, so that no setting falls between. Without a timer (fd < 0) it is looked at all the same. */
int main(void)
{
	int before = -1, fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	prctl(PR_SET_TIMERSLACK, SLACK_NS);
	for (;;) {
		struct timex t = { .modes = 0 };
		int kept;

		hj_clock_arm(fd);
		kept = hj_clock_kept_by(adjtimex(&t), &t);
		if (kept != before && keep_file(kept) >= 0)
			before = kept;
		poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, (kept ? LOOK_KEPT_S : LOOK_S) * 1000);
	}
}
