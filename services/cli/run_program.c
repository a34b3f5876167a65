/* One program of the suite: started with its sockets (now, or when somebody connects), watched, started again when it
 * dies. Its one timer waits for what its state waits for: down, the next try; up, its next sign of life; starting
 * and stopping, the end of patience. It dies with us, so that to kill `hjgate run` is to cut the power. */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "hjgate/log.h"
#include "run.h"

#define SMALL_HEAP          "glibc.malloc.tcache_count=0" /* as in the units */
#define PROGRAM_UMASK       0077                          /* likewise */
#define BACK_OFF_FIRST_USEC 100000u
#define BACK_OFF_MOST_USEC  5000000u
#define REFUSED_USEC        30000000u  /* after HJ_EXIT_USAGE: the same start would fail again */
#define WELL_USEC           10000000u  /* alive for this long: the back-off begins anew */
#define TOLD_AGAIN_USEC     600000000u /* as hjgate-unit does */
#define START_USEC          600000000u /* a store may have much to look through */
#define WATCHDOG_USEC       30000000u
#define DOUBT_USEC          5000000u
#define STOP_USEC           30000000u /* as in the units: a slow disk takes its time over the last commit */
#define TIMER_ACCURACY_USEC 10000u
#define SPARE_FD            16 /* above those that a program finds its sockets at */

uint64_t run_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* ---- in the child ---- */

static void set_number(const char *name, unsigned long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", value);
	setenv(name, text, 1);
}

static void set_environment(const struct run_program *p)
{
	char names[3 * sizeof(p->name) + 32];

	snprintf(names, sizeof(names), "%s.look:%s.change:%s.peer", p->name, p->name, p->name);
	set_number("LISTEN_PID", (unsigned long)getpid());
	set_number("LISTEN_FDS", RUN_SOCKETS);
	setenv("LISTEN_FDNAMES", names, 1);
	setenv("NOTIFY_SOCKET", p->run->notify_path, 1);
	setenv("GLIBC_TUNABLES", SMALL_HEAP, 0);
	set_number("WATCHDOG_PID", (unsigned long)getpid());
	set_number("WATCHDOG_USEC", WATCHDOG_USEC);
	/* The journal would take all lines for ours: each program is to say its name. */
	unsetenv("JOURNAL_STREAM");
}

/* In two steps, since a socket may lie where another one goes. */
static int place_sockets(const struct run_program *p)
{
	int spare[RUN_SOCKETS], nothing;

	for (int i = 0; i < RUN_SOCKETS; i++) {
		spare[i] = fcntl(p->sockets[i], F_DUPFD_CLOEXEC, SPARE_FD);
		if (spare[i] < 0)
			return -errno;
	}
	for (int i = 0; i < RUN_SOCKETS; i++)
		if (dup2(spare[i], SD_LISTEN_FDS_START + i) < 0)
			return -errno;
	/* What we were started with and did not ask for is nothing for a daemon; an old kernel lets it pass. */
	close_range(SD_LISTEN_FDS_START + RUN_SOCKETS, ~0u, CLOSE_RANGE_CLOEXEC);
	nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 ? -errno : 0;
}

/* A group of its own: what the terminal's keys end is us, and we end the rest in order. */
void run_program_become(const struct run_program *p, pid_t parent)
{
	const char *arguments[9], **a = arguments;
	const char *root = p->served ? p->served : p->run->root;
	char path[PATH_MAX + 64];
	sigset_t none;
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(HJ_EXIT_TEMPORARY);
	setpgid(0, 0);
	umask(PROGRAM_UMASK);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	r = place_sockets(p);
	if (r < 0)
		_exit(HJ_EXIT_TEMPORARY);
	set_environment(p);
	snprintf(path, sizeof(path), "%s/hjgate-%s", p->run->beside, p->kind->name);
	if (access(path, X_OK) < 0)
		snprintf(path, sizeof(path), "%s/hjgate-%s", HJ_LIBEXECDIR, p->kind->name);
	*a++ = path;
	if (p->run->verbose)
		*a++ = "--verbose";
	if (p->adhoc)
		*a++ = "--adhoc";
	if (*root) {
		*a++ = "--root";
		*a++ = root;
	}
	if (p->instance) {
		*a++ = "--"; /* a name may begin with a - */
		*a++ = p->instance;
	}
	*a = NULL;
	execv(path, (char *const *)arguments);
	hj_log_error(-errno, "cannot start %s", path);
	_exit(HJ_EXIT_USAGE);
}

/* ---- the timer ---- */

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata);

static void arm(struct run_program *p, uint64_t usec)
{
	int r;

	p->timer = sd_event_source_disable_unref(p->timer);
	r = sd_event_add_time_relative(
	        p->run->event, &p->timer, CLOCK_MONOTONIC, usec, TIMER_ACCURACY_USEC, on_timer, p);
	if (r < 0)
		hj_log_error(r, "%s: cannot wait", p->name);
}

/* Who is silent for too long is looked at once more: after a pause of all, as of a container, who lives says so. */
static void check_life(struct run_program *p)
{
	uint64_t silent = run_now() - p->sign;

	if (silent < WATCHDOG_USEC) {
		arm(p, WATCHDOG_USEC - silent);
		return;
	}
	if (p->doubted != p->sign) {
		p->doubted = p->sign;
		arm(p, DOUBT_USEC);
		return;
	}
	hj_error("%s has given no sign of life for %u s: killing it", p->name, (unsigned)(silent / 1000000));
	kill(p->pid, SIGKILL);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct run_program *p = userdata;

	switch (p->state) {
	case RUN_DOWN:
		run_program_start(p);
		break;
	case RUN_UP:
		check_life(p);
		break;
	case RUN_STOPPING:
		hj_warn("%s does not stop: killing it", p->name);
		kill(p->pid, SIGKILL);
		break;
	case RUN_STARTING:
		hj_error("%s is not ready after %u s: killing it", p->name, (unsigned)(START_USEC / 1000000));
		kill(p->pid, SIGKILL);
		break;
	}
	return 0;
}

/* ---- death and birth ---- */

static void describe(const siginfo_t *how, char *ret, size_t size)
{
	const char *name = how->si_code == CLD_EXITED ? NULL : sigabbrev_np(how->si_status);

	if (how->si_code == CLD_EXITED)
		snprintf(ret, size, "exit status %d", how->si_status);
	else
		snprintf(ret, size, "signal %d SIG%s", how->si_status, name ? name : "?");
}

/* eventd hears of each death of what was up; of what ends soon after each start, whether it came up or not, of the
 * first, and then once in a while: it is tried again each few seconds, for days. */
static bool worth_telling(struct run_program *p, const siginfo_t *how, bool was_up)
{
	uint64_t now = run_now();
	bool soon = now - p->started < WELL_USEC && (how->si_code == CLD_EXITED || !was_up);
	bool told = soon && p->failures && now - p->told < TOLD_AGAIN_USEC;

	p->failures = soon ? p->failures + 1 : 0;
	if (!told)
		p->told = now;
	return !told;
}

static void died(struct run_program *p, const siginfo_t *how, bool was_up)
{
	bool refused = how->si_code == CLD_EXITED && how->si_status == HJ_EXIT_USAGE;
	uint64_t wait;
	char status[64];

	if (run_now() - p->started >= WELL_USEC)
		p->back_off = BACK_OFF_FIRST_USEC;
	wait = refused ? REFUSED_USEC : p->back_off;
	p->back_off = hj_min(2 * p->back_off, (uint64_t)BACK_OFF_MOST_USEC);
	describe(how, status, sizeof(status));
	hj_text_copy(p->how, sizeof(p->how), status);
	p->deaths++;
	hj_warn("%s died (%s): starting it again in %.1f s%s", p->name, status, (double)wait / 1e6,
	        refused ? ", or at once on SIGHUP" : "");
	if (worth_telling(p, how, was_up))
		run_tell(p->run, "program-died", p->name, "program", p->name, "status", status);
	arm(p, wait);
}

static int on_exit_of(sd_event_source *source, const siginfo_t *how, void *userdata)
{
	struct run_program *p = userdata;
	bool well = how->si_code == CLD_EXITED && how->si_status == HJ_EXIT_OK;
	enum run_state before = p->state;
	struct run *run = p->run;

	p->child = sd_event_source_disable_unref(p->child);
	p->timer = sd_event_source_disable_unref(p->timer);
	p->pid = 0;
	p->state = RUN_DOWN;
	if (run->stopping)
		run_suite_stop(run);
	else if (!p->wanted)
		run_program_free(p);
	else if (p->kind->on_demand && (well || before == RUN_STOPPING))
		run_program_begin(p);
	else if (before == RUN_STOPPING)
		run_program_start(p);
	else
		died(p, how, before == RUN_UP);
	return 0;
}

/* ---- on demand ---- */

static void stop_waiting(struct run_program *p)
{
	for (int i = 0; i < RUN_SOCKETS; i++)
		p->knock[i] = sd_event_source_disable_unref(p->knock[i]);
}

static int on_knock(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct run_program *p = userdata;

	stop_waiting(p);
	if (!p->run->stopping && !p->pid)
		run_program_start(p);
	return 0;
}

void run_program_begin(struct run_program *p)
{
	int r = 0;

	if (!p->kind->on_demand) {
		run_program_start(p);
		return;
	}
	stop_waiting(p);
	for (int i = 0; i < RUN_SOCKETS && r >= 0; i++)
		r = sd_event_add_io(p->run->event, &p->knock[i], p->sockets[i], EPOLLIN, on_knock, p);
	if (r >= 0)
		return;
	hj_log_error(r, "%s: cannot wait for connections: starting it now", p->name);
	stop_waiting(p);
	run_program_start(p);
}

void run_program_start(struct run_program *p)
{
	pid_t parent = getpid();
	int r;

	p->timer = sd_event_source_disable_unref(p->timer);
	p->started = run_now();
	p->pid = fork();
	if (!p->pid)
		run_program_become(p, parent);
	if (p->pid < 0) {
		p->pid = 0;
		hj_log_error(-errno, "%s: cannot start it; trying again", p->name);
		arm(p, BACK_OFF_MOST_USEC);
		return;
	}
	p->state = RUN_STARTING;
	r = sd_event_add_child(p->run->event, &p->child, p->pid, WEXITED, on_exit_of, p);
	if (r < 0) {
		/* Unwatched it would be lost at its death: better none. */
		hj_log_error(r, "%s: cannot watch it; trying again", p->name);
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
		p->pid = 0;
		p->state = RUN_DOWN;
		arm(p, BACK_OFF_MOST_USEC);
		return;
	}
	arm(p, START_USEC);
}

void run_program_ready(struct run_program *p)
{
	if (p->state != RUN_STARTING)
		return;
	p->state = RUN_UP;
	p->sign = run_now();
	hj_info("%s ready (%.2f s)", p->name, (double)(p->sign - p->started) / 1e6);
	arm(p, WATCHDOG_USEC);
}

void run_program_stop(struct run_program *p)
{
	if (!p->pid || p->state == RUN_STOPPING)
		return;
	p->state = RUN_STOPPING;
	kill(p->pid, SIGTERM);
	arm(p, STOP_USEC);
}

int run_program_new(struct run *run, const struct run_kind *kind, const char *instance)
{
	struct run_program *p = calloc(1, sizeof(*p)), **last = &run->programs;
	int r;

	if (!p)
		return -ENOMEM;
	*p = (struct run_program){ .run = run, .kind = kind, .wanted = true, .back_off = BACK_OFF_FIRST_USEC };
	snprintf(p->name, sizeof(p->name), "%s%s%s", kind->name, instance ? "@" : "", instance ? instance : "");
	p->instance = instance ? p->name + strlen(kind->name) + 1 : NULL;
	for (int i = 0; i < RUN_SOCKETS; i++)
		p->sockets[i] = -1;
	while (*last)
		last = &(*last)->next;
	*last = p;
	r = run_sockets_open(p);
	if (r < 0)
		run_program_free(p);
	return r;
}

void run_program_free(struct run_program *p)
{
	struct run_program **at = &p->run->programs;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	sd_event_source_disable_unref(p->child);
	sd_event_source_disable_unref(p->timer);
	stop_waiting(p);
	run_sockets_close(p);
	free(p);
}
