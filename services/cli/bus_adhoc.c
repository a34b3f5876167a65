/* A meterd for this command alone: started with sockets in a folder that nobody else can enter, which is gone again
 * as soon as we are connected. It ends when we leave, however we leave. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "bus.h"
#include "hjgate/log.h"
#include "run.h"

#define END_WAIT_MS 3000 /* it may be within a transaction */
#define END_STEP_MS 10

/* What run_folders_make() and mkdtemp() made, the innermost first. */
static void remove_folder(const char *root)
{
	static const char *const parts[] = { "run/hjgate", "run", "var/lib/hjgate", "var/lib", "var", "" };
	char path[HJ_PATH_MAX];

	for (size_t i = 0; i < hj_array_size(parts); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, parts[i]);
		rmdir(path);
	}
}

static void quieten(void)
{
	int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (nothing >= 0)
		dup2(nothing, STDERR_FILENO);
}

static int start(struct bus_wire *w, struct run_program *p)
{
	pid_t parent = getpid();
	char path[HJ_PATH_MAX];
	int r = run_sockets_open(p);

	if (r < 0)
		return r;
	w->pid = fork();
	if (!w->pid) {
		if (!w->options->verbose)
			quieten();
		run_program_become(p, parent);
	}
	r = w->pid < 0 ? -errno : hj_path(p->run->root, HJ_DIR_RUN, "meterd@adhoc.change", path);
	return r < 0 ? r : hj_ipc_ask_open(path, &w->ask);
}

int bus_adhoc_start(struct bus_wire *w)
{
	char folder[] = "/tmp/hjgate.XXXXXX";
	struct run run = { .root = folder, .verbose = w->options->verbose };
	struct run_program p = { .run = &run,
		.name = "meterd@adhoc",
		.instance = "adhoc",
		.adhoc = true,
		.served = w->cli->root,
		.sockets = { -1, -1, -1 } };
	static const struct run_kind kind = { .name = "meterd" };
	int r;

	p.kind = &kind;
	hj_log_setup("bus", HJ_LOG_ERROR);
	if (!mkdtemp(folder))
		return cli_refused(w->cli, _("cannot make a folder in /tmp: %s"), strerror(errno));
	run_find_folder(&run);
	r = run_folders_make(&run);
	if (!r)
		r = start(w, &p);
	run_sockets_close(&p);
	remove_folder(folder);
	if (r < 0)
		return cli_refused(w->cli, _("cannot start hjgate-meterd: %s"), strerror(-r));
	snprintf(w->socket, sizeof(w->socket), "meterd@adhoc.change");
	w->adhoc = true;
	return 0;
}

void bus_adhoc_stop(struct bus_wire *w)
{
	const struct timespec step = { 0, END_STEP_MS * 1000000L };

	for (int ms = 0; w->pid > 0 && waitpid(w->pid, NULL, WNOHANG) == 0; ms += END_STEP_MS) {
		if (ms >= END_WAIT_MS) {
			kill(w->pid, SIGKILL);
			waitpid(w->pid, NULL, 0);
			break;
		}
		nanosleep(&step, NULL);
	}
	w->pid = 0;
}
