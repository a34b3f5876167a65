/* See adhoc.h. Its sockets are in a folder that nobody else can enter, which is gone again as soon as we are
 * connected. It ends when we leave, however we leave. */
#include "adhoc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

static int start(struct cli_adhoc *a, struct run_program *p)
{
	pid_t parent = getpid();
	char path[HJ_PATH_MAX], name[sizeof(p->name) + 16];
	int r = run_sockets_open(p);

	if (r < 0)
		return r;
	a->pid = fork();
	if (!a->pid) {
		if (!a->verbose)
			quieten();
		run_program_become(p, parent);
	}
	snprintf(name, sizeof(name), "%s.%s", p->name, a->right);
	r = a->pid < 0 ? -errno : hj_path(p->run->root, HJ_DIR_RUN, name, path);
	return r < 0 ? r : hj_ipc_ask_open(path, &a->ask);
}

int cli_adhoc_start(struct cli_adhoc *a)
{
	const struct run_kind kind = { .name = a->daemon };
	char folder[] = "/tmp/hjgate.XXXXXX";
	struct run run = { .root = folder, .verbose = a->verbose };
	struct run_program p = { .run = &run,
		.kind = &kind,
		.instance = a->instance,
		.adhoc = true,
		.served = a->cli->root,
		.sockets = { -1, -1, -1 } };
	int r;

	snprintf(p.name, sizeof(p.name), "%s@%s", a->daemon, a->instance);
	hj_log_setup(a->cli->command->name, HJ_LOG_ERROR);
	if (!mkdtemp(folder))
		return cli_refused(a->cli, _("cannot make a folder in /tmp: %s"), strerror(errno));
	run_find_folder(&run);
	r = run_folders_make(&run);
	if (!r)
		r = start(a, &p);
	run_sockets_close(&p);
	remove_folder(folder);
	if (r < 0)
		return cli_refused(a->cli, _("cannot start hjgate-%s: %s"), a->daemon, strerror(-r));
	return 0;
}

void cli_adhoc_stop(struct cli_adhoc *a)
{
	const struct timespec step = { 0, END_STEP_MS * 1000000L };

	for (int ms = 0; a->pid > 0 && waitpid(a->pid, NULL, WNOHANG) == 0; ms += END_STEP_MS) {
		if (ms >= END_WAIT_MS) {
			kill(a->pid, SIGKILL);
			waitpid(a->pid, NULL, 0);
			break;
		}
		nanosleep(&step, NULL);
	}
	a->pid = 0;
}
