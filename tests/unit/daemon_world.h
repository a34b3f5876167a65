/* One daemon in a process of its own, in a root folder of the test's own: to be asked, killed and started again. */
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state_root.h"

#define DAEMON_SOCKETS 3 /* look, change, peer */

static pid_t daemon_pid;

/* The sockets are the daemon's from here on. */
static inline void start_daemon(const int fds[DAEMON_SOCKETS], void (*run)(const int fds[DAEMON_SOCKETS]))
{
	daemon_pid = fork();
	assert_true(daemon_pid >= 0);
	if (!daemon_pid)
		run(fds);
	for (int i = 0; i < DAEMON_SOCKETS; i++)
		close(fds[i]);
}

/* How it ended, as waitpid tells it. */
static inline int stop_daemon(int sig)
{
	int status = 0;

	kill(daemon_pid, sig);
	assert_int_equal(waitpid(daemon_pid, &status, 0), daemon_pid);
	daemon_pid = 0;
	return status;
}
