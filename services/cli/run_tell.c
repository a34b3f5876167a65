/* What the programs say of themselves (sd_notify), and what eventd is told of them. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "hjgate/log.h"
#include "hjgate/report_once.h"
#include "run.h"

#define NOTIFY_MAX 1024 /* bytes of one message; more is cut */

/* ---- hearing ---- */

static void take_line(struct run_program *p, const char *line)
{
	if (!strcmp(line, "READY=1"))
		run_program_ready(p);
	else if (!strcmp(line, "WATCHDOG=1"))
		p->sign = run_now();
	else if (!strncmp(line, "STATUS=", 7))
		hj_debug("%s: %s", p->name, line + 7);
}

static pid_t sender(struct msghdr *message)
{
	struct ucred who;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
			continue;
		memcpy(&who, CMSG_DATA(c), sizeof(who));
		return who.pid;
	}
	return 0;
}

/* The kernel says who sent it: nobody speaks for another. */
int run_on_notify(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct run *run = userdata;
	char text[NOTIFY_MAX + 1], *rest = text;
	struct iovec iov = { text, NOTIFY_MAX };
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control };
	struct run_program *p = run->programs;
	ssize_t n;
	pid_t pid;

	message.msg_controllen = sizeof(control);
	n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	pid = sender(&message);
	while (p && p->pid != pid)
		p = p->next;
	while (p && pid && rest)
		take_line(p, strsep(&rest, "\n"));
	return 0;
}

/* ---- telling ---- */

void run_tell(const struct run *run, const char *code, const char *key, const char *name, const char *value,
        const char *name2, const char *value2)
{
	int r = hj_report_once(run->root, "run", code, key, name, value, name2, value2);

	if (r < 0)
		hj_log_error(r, "eventd cannot be told of %s of %s; going on", code, key);
}
