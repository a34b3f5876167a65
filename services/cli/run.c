/* `hjgate run`: the whole suite in the foreground, for a desk, a container, or where systemd is not the init. It
 * makes the sockets, starts a program for each file of the configuration, restarts what dies, and ends everything
 * when it is ended. It keeps nothing of its own: what it knows is in the configuration and in the programs. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "apply.h"
#include "hjgate/log.h"
#include "run.h"

#define OUR_UMASK 0022

void run_find_folder(struct run *run)
{
	ssize_t n = readlink("/proc/self/exe", run->beside, sizeof(run->beside) - 1);
	char *slash;

	run->beside[n > 0 ? n : 0] = '\0';
	slash = strrchr(run->beside, '/');
	if (slash)
		*slash = '\0';
}

static int on_leave(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
	struct run *run = userdata;

	if (!run->stopping) {
		hj_info("stopping");
		run_suite_stop(run);
		return 0;
	}
	for (struct run_program *p = run->programs; p; p = p->next)
		if (p->pid)
			kill(p->pid, SIGKILL);
	return 0;
}

/* A terminal that is closed sends SIGHUP, too. */
static bool terminal_is_gone(void)
{
	struct pollfd p = { .fd = STDERR_FILENO };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP);
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
	if (terminal_is_gone())
		return on_leave(source, si, userdata);
	hj_info("reading the configuration again");
	run_suite_reload(userdata);
	return 0;
}

static bool is_ours(const struct run *run, pid_t pid)
{
	const struct run_program *p = run->programs;

	while (p && p->pid != pid)
		p = p->next;
	return p || pid == run->checker;
}

/* Process 1 of a container inherits whoever loses his parent, and is to bury him. Programs tell that they live: there
 * is a turn every few seconds. One of ours that is met first has its own source, and the rest waits for the next. */
static int on_turn(sd_event_source *source, void *userdata)
{
	siginfo_t dead = { .si_pid = 0 };

	while (waitid(P_ALL, 0, &dead, WEXITED | WNOHANG | WNOWAIT) == 0 && dead.si_pid &&
	        !is_ours(userdata, dead.si_pid)) {
		waitpid(dead.si_pid, NULL, WNOHANG);
		dead.si_pid = 0;
	}
	return 0;
}

static int prepare_loop(struct run *run)
{
	sigset_t ours;
	int r;

	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGHUP);
	sigaddset(&ours, SIGCHLD);
	sigprocmask(SIG_BLOCK, &ours, NULL);
	signal(SIGPIPE, SIG_IGN);
	r = sd_event_default(&run->event);
	if (r >= 0)
		r = sd_event_add_signal(run->event, NULL, SIGTERM, on_leave, run);
	if (r >= 0)
		r = sd_event_add_signal(run->event, NULL, SIGINT, on_leave, run);
	if (r >= 0)
		r = sd_event_add_signal(run->event, NULL, SIGHUP, on_hangup, run);
	if (r >= 0 && getpid() == 1)
		r = sd_event_add_post(run->event, NULL, on_turn, run);
	return r < 0 ? hj_log_error(r, "cannot prepare the event loop") : 0;
}

/* In a child, since what reading a configuration takes of the heap would stay here for years. *ret_number: of the
 * configuration that was put back; 0 = none was. */
static void settle(const struct run *run, unsigned *ret_number)
{
	int ends[2];
	pid_t pid;

	*ret_number = 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	pid = fork();
	if (!pid) {
		unsigned number = 0;
		int r = apply_settle(run->root, &number);

		if (r < 0)
			hj_log_error(r, "cannot end an apply that was cut short");
		_exit(r > 0 && write(ends[1], &number, sizeof(number)) != sizeof(number));
	}
	close(ends[1]);
	if (pid > 0 && read(ends[0], ret_number, sizeof(*ret_number)) != sizeof(*ret_number))
		*ret_number = 0;
	close(ends[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void tell_settled(const struct run *run, unsigned number)
{
	char text[16];

	if (!number)
		return;
	hj_warn("an apply was cut short: configuration %u was put back", number);
	snprintf(text, sizeof(text), "%u", number);
	run_tell(run, "config-back", "configuration", "number", text, "why", "it was cut short");
}

static int prepare(struct run *run)
{
	int r;

	run_find_folder(run);
	/* What is made here is for groups, too, whoever starts us; the programs have their own (run_program.c). */
	umask(OUR_UMASK);
	r = run_folders_make(run);
	if (!r)
		r = run_lock(run);
	if (!r)
		r = run_boot_id_write(run);
	if (!r)
		r = prepare_loop(run);
	if (!r)
		r = run_notify_open(run);
	if (!r)
		r = run_control_open(run);
	return r;
}

static void done(struct run *run)
{
	run_control_close(run);
	run_suite_free(run);
	if (run->notify >= 0)
		unlink(run->notify_path);
	hj_closep(&run->notify);
	run->event = sd_event_unref(run->event);
	hj_closep(&run->lock);
}

const struct cli_option cli_run_options[] = {
	{ "--verbose", 'v', CLI_FLAG, NULL, N_("log more"), offsetof(struct run, verbose) },
	{ 0 },
};

int cli_run(struct cli *cli, int argc, char **argv)
{
	struct run run = { .root = cli->root, .lock = -1, .notify = -1, .control = -1 };
	unsigned settled = 0;
	int r;

	r = cli_options(cli, cli_run_options, &run, &argc, argv);
	if (r)
		return r;
	if (argc > 1)
		return cli_usage(cli, _("run takes no words, and \"%s\" is one"), argv[1]);
	hj_log_setup("run", run.verbose ? HJ_LOG_DEBUG : HJ_LOG_INFO);
	r = prepare(&run);
	if (!r) {
		settle(&run, &settled);
		r = run_suite_start(&run);
	}
	if (r >= 0)
		tell_settled(&run, settled);
	if (r >= 0)
		r = sd_event_loop(run.event);
	done(&run);
	return r < 0 ? (r == -EBUSY ? HJ_EXIT_REFUSED : HJ_EXIT_TEMPORARY) : r;
}
