/* The listening half of the local protocol: it accepts, counts and bounds the clients of each socket. It never makes
 * a socket; it owns those it is given. When no file descriptor is left it stops accepting for a second instead of
 * spinning on a backlog it cannot empty. One client too many is told so and closed. */
#include "hjgate/ipc_server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server_private.h"

#define ACCEPT_PAUSE_USEC    1000000
#define ACCEPT_ACCURACY_USEC 100000

int hj_ipc_server_new(
        sd_event *event, const struct hj_ipc_interface *const *interfaces, void *userdata, struct hj_ipc_server **ret)
{
	struct hj_ipc_server *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->event = sd_event_ref(event);
	s->interfaces = interfaces;
	s->userdata = userdata;
	*ret = s;
	return 0;
}

static void listener_free(struct listener *l)
{
	sd_event_source_disable_unref(l->io);
	sd_event_source_disable_unref(l->pause);
	close(l->fd);
	free(l);
}

void hj_ipc_server_free(struct hj_ipc_server *s)
{
	if (!s)
		return;
	s->on_empty = NULL;
	while (s->connections) {
		if (s->connections->call)
			hj_ipc_call_leave(s->connections->call, false);
		hj_ipc_connection_free(s->connections);
	}
	while (s->listeners) {
		struct listener *l = s->listeners;

		s->listeners = l->next;
		listener_free(l);
	}
	sd_event_unref(s->event);
	free(s);
}

void hj_ipc_server_counts(const struct hj_ipc_server *s, struct hj_ipc_counts *ret)
{
	*ret = s->counts;
}

void hj_ipc_server_on_refused(
        struct hj_ipc_server *s, void (*fn)(enum hj_right right, const char *why, void *userdata))
{
	s->on_refused = fn;
}

void hj_ipc_server_on_empty(struct hj_ipc_server *s, void (*fn)(void *userdata))
{
	s->on_empty = fn;
}

/* Best effort: who does not get it sees the connection closed, which says the same. */
static void turn_away(struct hj_ipc_server *s, int fd)
{
	static const char busy[] = "{\"error\":\"" HJ_IPC_ERROR_BUSY "\",\"parameters\":{}}";

	s->counts.dropped++;
	if (send(fd, busy, sizeof(busy), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

static int accept_again(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct listener *l = userdata;

	return sd_event_source_set_enabled(l->io, SD_EVENT_ON);
}

/* The client waits in the backlog meanwhile. The timer is made with the listener: it needs a descriptor itself. */
static void pause_accepting(struct listener *l)
{
	if (sd_event_source_set_time_relative(l->pause, ACCEPT_PAUSE_USEC) >= 0 &&
	        sd_event_source_set_enabled(l->pause, SD_EVENT_ONESHOT) >= 0)
		sd_event_source_set_enabled(l->io, SD_EVENT_OFF);
}

/* ---- who gets in ---- */

static unsigned count(const struct listener *l, uid_t uid)
{
	unsigned n = 0;

	for (const struct connection *c = l->server->connections; c; c = c->next)
		n += c->listener == l && c->uid == uid;
	return n;
}

/* Who waits for nothing goes before who does; of these who has been silent longer. */
static bool goes_before(const struct connection *a, const struct connection *b)
{
	return !b || (!a->call == !b->call ? a->stirred < b->stirred : !a->call);
}

/* On a full socket: one of who has the most, for somebody who has less, and for root in any case. NULL: nobody. The
 * daemons' own socket has room for all there are. */
static struct connection *who_gives_way(const struct listener *l, uid_t uid)
{
	struct connection *found = NULL;
	unsigned most = 0;

	for (struct connection *c = l->right == HJ_PEER ? NULL : l->server->connections; c; c = c->next) {
		unsigned n = c->listener == l ? count(l, c->uid) : 0;

		if (uid == 0 && c->uid == 0 && c->call)
			continue; /* root does not cut its own short */
		if (n < most || !n || (n == most && !goes_before(c, found)))
			continue;
		found = c;
		most = n;
	}
	return uid == 0 || count(l, uid) + 1 < most ? found : NULL;
}

static bool make_room(struct listener *l, uid_t uid)
{
	unsigned most = l->right == HJ_PEER ? HJ_IPC_PEERS_MAX : HJ_IPC_CONNECTIONS_MAX;
	struct connection *c;

	if (l->now < most)
		return true;
	c = who_gives_way(l, uid);
	if (!c)
		return false;
	if (c->out.len)
		l->server->counts.dropped++;
	else
		turn_away(l->server, c->fd);
	hj_ipc_connection_end(c);
	return true;
}

static int take_client(struct listener *l, int client)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return -errno;
	if (!make_room(l, who.uid)) {
		turn_away(l->server, client);
		return -EUSERS;
	}
	if (hj_ipc_connection_new(l, client, who.uid) < 0) {
		l->server->counts.dropped++;
		return -ENOMEM;
	}
	return 0;
}

static int on_accept(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct listener *l = userdata;
	_cleanup_fd_ int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (client < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
			pause_accepting(l);
		return 0;
	}
	if (take_client(l, client) >= 0)
		client = -1;
	return 0;
}

int hj_ipc_server_add(struct hj_ipc_server *s, int fd, enum hj_right right)
{
	int flags = fcntl(fd, F_GETFL), r;
	struct listener *l;

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	/* Listening again makes SO_PEERCRED name this process to its clients, and not who made the socket. */
	if (listen(fd, SOMAXCONN) < 0)
		return -errno;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	*l = (struct listener){ .server = s, .fd = fd, .right = right };
	r = sd_event_add_time(s->event, &l->pause, CLOCK_MONOTONIC, 0, ACCEPT_ACCURACY_USEC, accept_again, l);
	if (r >= 0)
		r = sd_event_source_set_enabled(l->pause, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_io(s->event, &l->io, fd, EPOLLIN, on_accept, l);
	if (r >= 0)
		r = sd_event_source_set_priority(l->io, hj_ipc_priority(right));
	if (r < 0) {
		sd_event_source_disable_unref(l->io);
		sd_event_source_disable_unref(l->pause);
		free(l);
		return r;
	}
	l->next = s->listeners;
	s->listeners = l;
	return 0;
}
