/* systemd as the one who starts and stops programs, by systemctl, which every machine with systemd has, on exactly
 * the units that are concerned. What it is told to do it is not waited for: how a unit is, is looked at. Of a
 * program that goes its sockets go, too. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>

#include "apply.h"
#include "hjgate/buf.h"

#define UNITS_MOST (4 * APPLY_PROGRAMS_MAX + 8)
#define SHOWN_MAX  (256u << 10) /* bytes of what it says */
#define UNIT_MAX   96
#define ANSWER_MS  60000 /* a manager that is busy with the generators of a whole system */

extern char **environ;

static int read_to_end(int fd, struct hj_buf *to)
{
	int64_t until = apply_mono_ms() + ANSWER_MS;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char piece[4096];
	ssize_t n = 1;
	int r = 0;

	while (n > 0 && r >= 0) {
		if (poll(&p, 1, (int)hj_max(until - apply_mono_ms(), (int64_t)0)) == 0)
			return -ETIMEDOUT;
		n = read(fd, piece, sizeof(piece));
		if (n > 0)
			r = to->len + (size_t)n > SHOWN_MAX ? -EFBIG : hj_buf_put(to, piece, (size_t)n);
	}
	return r < 0 ? r : hj_buf_put(to, "", 1);
}

static int spawn(const char *const *words, int out, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	r = posix_spawnp(ret, "systemctl", &actions, NULL, (char *const *)words, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* What it prints, NUL-terminated, into `ret`; -EIO: it failed, and has said why on standard error. */
static int systemctl(const char *const *words, struct hj_buf *ret)
{
	int ends[2], status = 0, r;
	pid_t pid = 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	r = spawn(words, ends[1], &pid);
	close(ends[1]);
	if (r >= 0) {
		r = read_to_end(ends[0], ret);
		if (r < 0)
			kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	close(ends[0]);
	return r < 0 ? r : WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

static int tell(const char *const *words)
{
	_cleanup_(hj_buf_done) struct hj_buf said = { 0 };

	return systemctl(words, &said);
}

/* The generator makes the instances; the target is started, since programs are to run. */
static int again(void)
{
	static const char *const anew[] = { "systemctl", "--no-ask-password", "daemon-reload", NULL };
	static const char *const start[] = { "systemctl", "--no-ask-password", "--no-block", "start", "hjgate.target",
		NULL };
	int r = tell(anew);

	return r < 0 ? r : tell(start);
}

static bool here(const struct apply *a)
{
	return !*a->root && sd_booted() > 0;
}

static int reload(const struct apply *a)
{
	return again();
}

/* ---- looking ---- */

/* "hjgate-meterd@north.service" -> "meterd@north" */
static bool name_of(const char *unit, size_t n, char to[APPLY_NAME_MAX])
{
	static const char before[] = "hjgate-", behind[] = ".service";
	size_t extra = strlen(before) + strlen(behind);

	if (n <= extra || n - extra >= APPLY_NAME_MAX || strncmp(unit, before, strlen(before)) != 0 ||
	        strncmp(unit + n - strlen(behind), behind, strlen(behind)) != 0)
		return false;
	memcpy(to, unit + strlen(before), n - extra);
	to[n - extra] = '\0';
	return true;
}

/* Instances that the manager has, whatever the configuration says of them now. */
static int list_instances(struct apply *a)
{
	static const char *const words[] = { "systemctl", "--no-ask-password", "list-units", "--all", "--plain",
		"--no-legend", "--no-pager", "hjgate-meterd@*.service", "hjgate-uplinkd@*.service", NULL };
	_cleanup_(hj_buf_done) struct hj_buf said = { 0 };
	char name[APPLY_NAME_MAX];
	int r = systemctl(words, &said);

	for (const char *line = r < 0 ? NULL : said.data; line && *line;
	        line = strchr(line, '\n') ?: "", line += *line == '\n')
		if (name_of(line, strcspn(line, " \n"), name))
			apply_program_get(a, name);
	return r;
}

struct shown {
	char id[UNIT_MAX], active[32], result[32];
	unsigned pid, restarts, status;
};

static void take_property(struct shown *s, const char *line, size_t n)
{
	char text[128];

	snprintf(text, sizeof(text), "%.*s", (int)hj_min(n, sizeof(text) - 1), line);
	sscanf(text, "Id=%95s", s->id);
	sscanf(text, "ActiveState=%31s", s->active);
	sscanf(text, "Result=%31s", s->result);
	sscanf(text, "MainPID=%u", &s->pid);
	sscanf(text, "NRestarts=%u", &s->restarts);
	sscanf(text, "ExecMainStatus=%u", &s->status);
}

static void take_unit(struct apply *a, const struct shown *s)
{
	static const struct {
		const char *word;
		enum apply_life life;
	} lives[] = { { "active", APPLY_UP }, { "activating", APPLY_STARTING }, { "reloading", APPLY_UP },
		{ "deactivating", APPLY_STOPPING } };
	char name[APPLY_NAME_MAX];
	struct apply_program *p = name_of(s->id, strlen(s->id), name) ? apply_program_get(a, name) : NULL;

	if (!p)
		return;
	p->now = (struct apply_look){ .pid = (pid_t)s->pid, .deaths = s->restarts };
	for (size_t i = 0; i < hj_array_size(lives); i++)
		if (!strcmp(s->active, lives[i].word)) {
			p->now.life = lives[i].life;
			p->now.known = true;
		}
	if (!strcmp(s->active, "failed"))
		p->now.deaths++;
	if (strcmp(s->result, "success") != 0)
		snprintf(p->now.how, sizeof(p->now.how), "%s, exit status %u", s->result, s->status);
}

/* Units apart by an empty line. */
static void take_units(struct apply *a, const char *text)
{
	struct shown s = { .pid = 0 };
	size_t n;

	for (; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		if (n)
			take_property(&s, text, n);
		if (!n || !text[n] || !text[n + 1]) {
			take_unit(a, &s);
			s = (struct shown){ .pid = 0 };
		}
	}
}

static int show_all(struct apply *a)
{
	const char *words[APPLY_PROGRAMS_MAX + 8] = { "systemctl", "--no-ask-password", "show", "--property",
		"Id,ActiveState,Result,MainPID,NRestarts,ExecMainStatus" };
	_cleanup_(hj_buf_done) struct hj_buf said = { 0 };
	char units[APPLY_PROGRAMS_MAX][UNIT_MAX];
	size_t n = 5;
	int r;

	for (size_t i = 0; i < a->count; i++) {
		a->programs[i].now = (struct apply_look){ .known = false };
		snprintf(units[i], sizeof(units[i]), "hjgate-%s.service", a->programs[i].name);
		words[n++] = units[i];
	}
	words[n] = NULL;
	r = systemctl(words, &said);
	if (r >= 0)
		take_units(a, said.data);
	return r;
}

static int look(struct apply *a)
{
	static const char *const always[] = { "eventd", "stored", "alertd", "clockd", "judged" };
	int r = list_instances(a);

	for (size_t i = 0; i < hj_array_size(always); i++)
		apply_program_get(a, always[i]);
	return r < 0 ? r : show_all(a);
}

/* ---- acting ---- */

static int act(const struct apply *a, const struct apply_program *p, enum apply_act what)
{
	static const char *const verbs[] = {
		[APPLY_START] = "start", [APPLY_RESTART] = "restart", [APPLY_STOP] = "stop"
	};
	static const char *const sockets[] = { "look", "change", "peer" };
	const char *at = p->instance ? "@" : "", *instance = p->instance ? p->instance : "";
	char units[hj_array_size(sockets) + 1][UNIT_MAX];
	const char *words[] = { "systemctl", "--no-ask-password", "--no-block", verbs[what], units[0], NULL, NULL,
		NULL, NULL };

	snprintf(units[0], sizeof(units[0]), "hjgate-%s.service", p->name);
	for (size_t i = 0; what == APPLY_STOP && i < hj_array_size(sockets); i++) {
		snprintf(units[i + 1], sizeof(units[0]), "hjgate-%.*s-%s%s%s.socket", (int)strcspn(p->name, "@"),
		        p->name, sockets[i], at, instance);
		words[5 + i] = units[i + 1];
	}
	return tell(words);
}

/* The generator had read what was tried before anything was put back, and the starts of its instances are queued: a
 * file that is gone takes nothing back of that. */
int apply_systemd_settled(struct apply *a)
{
	int r = again();

	a->hands = &apply_hands_systemd;
	a->source = a->root;
	r = r < 0 ? r : apply_plan(a);
	for (size_t i = 0; i < a->count && r >= 0; i++)
		if (a->programs[i].instance && !a->programs[i].wanted)
			r = act(a, &a->programs[i], APPLY_STOP);
	return r;
}

const struct apply_hands apply_hands_systemd = { "systemd", 200, here, reload, look, act };
