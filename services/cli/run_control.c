/* What others may ask of `hjgate run`: how its programs are, and to start, stop or restart one of them. That it is
 * asked program by program is what lets `hjgate apply` touch nothing else. Who asks nothing, or asks again, is shut
 * out; nobody is waited for. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "hjgate/log.h"
#include "run.h"
#include "run_control.h"

#define BACKLOG     4
#define CLIENTS_MAX 4

struct run_client {
	struct run *run;
	struct run_client *next; /* an older one */
	sd_event_source *io;
	int fd;
};

static const char *const states[] = RUN_CONTROL_STATES;

static void look(const struct run *run, char *to, size_t size)
{
	size_t n = (size_t)snprintf(to, size, "ok\n");

	for (const struct run_program *p = run->programs; p && n < size; p = p->next)
		n += (size_t)snprintf(to + n, size - n, "%s %s %d %u %s\n", p->name, states[p->state], (int)p->pid,
		        p->deaths, p->how[0] ? p->how : "-");
}

/* `text` is cut into its words. */
static void answer(struct run *run, char *text, char *to, size_t size)
{
	char *verb = text, *name = strchr(text, ' ');
	const char *why;

	if (!strcmp(text, "look")) {
		look(run, to, size);
		return;
	}
	if (name)
		*name++ = '\0';
	why = name ? run_suite_act(run, verb, name) : "it takes a verb and a name";
	snprintf(to, size, why ? "no %s" : "ok", why);
}

static void client_free(struct run_client *c)
{
	struct run_client **at = &c->run->clients;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	sd_event_source_disable_unref(c->io);
	close(c->fd);
	free(c);
}

static int on_message(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	_cleanup_free_ char *reply = malloc(RUN_CONTROL_MAX);
	char text[RUN_CONTROL_LINE];
	struct run_client *c = userdata;
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	if (n > 0 && reply) {
		text[n] = '\0';
		answer(c->run, text, reply, RUN_CONTROL_MAX);
		if (send(fd, reply, strlen(reply), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			hj_warn("who asked for \"%s\" has left: %m", text);
	}
	client_free(c);
	return 0;
}

static void oldest_leaves(struct run *run)
{
	struct run_client *c = run->clients;
	unsigned n = 0;

	for (; c && ++n < CLIENTS_MAX; c = c->next)
		;
	if (c)
		client_free(c);
}

static int on_connect(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct run *run = userdata;
	struct run_client *c = client < 0 ? NULL : malloc(sizeof(*c));

	if (!c) {
		hj_closep(&client);
		return 0;
	}
	oldest_leaves(run);
	*c = (struct run_client){ .run = run, .next = run->clients, .fd = client };
	run->clients = c;
	if (sd_event_add_io(run->event, &c->io, client, EPOLLIN, on_message, c) < 0)
		client_free(c);
	return 0;
}

int run_control_open(struct run *run)
{
	int r = run_socket_bind(run, SOCK_SEQPACKET, RUN_CONTROL, run->control_path, &run->control);

	if (r >= 0 && listen(run->control, BACKLOG) < 0)
		r = hj_log_error(-errno, "cannot listen on %s", run->control_path);
	return r < 0 ? r : hj_min(0, sd_event_add_io(run->event, NULL, run->control, EPOLLIN, on_connect, run));
}

void run_control_close(struct run *run)
{
	while (run->clients)
		client_free(run->clients);
	if (run->control >= 0)
		unlink(run->control_path);
	hj_closep(&run->control);
}
