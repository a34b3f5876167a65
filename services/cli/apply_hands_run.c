/* `hjgate run` as the one who starts and stops programs: it is asked on its socket (run_control.h). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "apply.h"
#include "run_control.h"

#define ANSWER_S 5

static int open_control(const struct apply *a)
{
	struct timeval wait = { .tv_sec = ANSWER_S };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	char path[HJ_PATH_MAX];
	int r = hj_path(a->root, HJ_DIR_RUN, RUN_CONTROL, path), ret;

	if (r < 0 || strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	memcpy(to.sun_path, path, strlen(path) + 1);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
	        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0 ||
	        connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	ret = fd;
	fd = -1;
	return ret;
}

static int ask(const struct apply *a, const char *what, char to[RUN_CONTROL_MAX])
{
	_cleanup_fd_ int fd = open_control(a);
	ssize_t n;

	if (fd < 0)
		return fd;
	if (send(fd, what, strlen(what), MSG_NOSIGNAL) < 0)
		return -errno;
	n = recv(fd, to, RUN_CONTROL_MAX - 1, 0);
	if (n <= 0)
		return n < 0 && errno != EAGAIN ? -errno : -ETIMEDOUT;
	to[n] = '\0';
	return strncmp(to, "ok", 2) ? -EREMOTEIO : 0;
}

static bool here(const struct apply *a)
{
	_cleanup_fd_ int fd = open_control(a);

	return fd >= 0;
}

static int reload(const struct apply *a)
{
	return 0; /* it is told of each instance */
}

static void take_line(struct apply *a, const char *line)
{
	static const char *const lives[] = RUN_CONTROL_STATES;
	char name[APPLY_NAME_MAX], life[16], how[sizeof(((struct apply_look *)0)->how)] = "";
	struct apply_program *p;
	unsigned deaths;
	int pid;

	_Static_assert(APPLY_NAME_MAX == 47 && sizeof(how) == 64, "the widths below");
	if (sscanf(line, "%46s %15s %d %u %63[^\n]", name, life, &pid, &deaths, how) < 4)
		return;
	p = apply_program_get(a, name);
	if (!p)
		return;
	p->now = (struct apply_look){ .known = true, .pid = pid, .deaths = deaths };
	for (size_t i = 0; i < hj_array_size(lives); i++)
		if (!strcmp(life, lives[i]))
			p->now.life = (enum apply_life)i;
	hj_text_copy(p->now.how, sizeof(p->now.how), strcmp(how, "-") ? how : "");
}

static int look(struct apply *a)
{
	_cleanup_free_ char *text = malloc(RUN_CONTROL_MAX);
	int r = text ? ask(a, "look", text) : -ENOMEM;

	for (size_t i = 0; i < a->count && r >= 0; i++)
		a->programs[i].now = (struct apply_look){ .known = false };
	for (const char *line = r < 0 ? NULL : strchr(text, '\n'); line && line[1]; line = strchr(line + 1, '\n'))
		take_line(a, line + 1);
	return r;
}

static int act(const struct apply *a, const struct apply_program *p, enum apply_act what)
{
	static const char *const verbs[] = {
		[APPLY_START] = "start", [APPLY_RESTART] = "restart", [APPLY_STOP] = "stop"
	};
	_cleanup_free_ char *reply = malloc(RUN_CONTROL_MAX);
	char text[RUN_CONTROL_LINE];

	snprintf(text, sizeof(text), "%s %s", verbs[what], p->name);
	return reply ? ask(a, text, reply) : -ENOMEM;
}

const struct apply_hands apply_hands_run = { "run", 50, here, reload, look, act };
