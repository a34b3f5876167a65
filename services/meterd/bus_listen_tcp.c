/* Serving over TCP. So many connections at once; one more, and the one that has been idle longest gives way, since an
 * instrument that lost its power leaves a connection behind that never ends. Who sends what is no Modbus, or does not
 * read its answers, is dropped. */
#include "bus_listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "hjgate/cleanup.h"
#include "hjgate/now.h"

#define BACKLOG 16

struct connection {
	struct listen_way *of;
	int fd;
	sd_event_source *io;
	struct hj_serve serve;
	hj_usec active; /* last heard of */
};

struct listen_way {
	struct listen *of;
	int fd;
	sd_event_source *io, *timer;
	struct connection *connections[LISTEN_CONNECTIONS_MAX];
	uint64_t accepted, dropped, foreign, broken, broken_bytes; /* of connections that are gone, too */
};

/* ---- one connection ---- */

static void end_connection(struct connection *c)
{
	struct listen_way *w = c->of;

	for (size_t i = 0; i < LISTEN_CONNECTIONS_MAX; i++)
		if (w->connections[i] == c)
			w->connections[i] = NULL;
	w->foreign += c->serve.counts.foreign;
	w->broken += c->serve.counts.broken;
	w->broken_bytes += c->serve.counts.junk;
	sd_event_source_disable_unref(c->io);
	close(c->fd);
	free(c);
}

static void drop_connection(struct connection *c)
{
	c->of->dropped++;
	end_connection(c);
}

/* False: the connection is of no use any more. */
static bool take_requests(struct connection *c, hj_usec now)
{
	uint8_t answer[HJ_SERVE_TCP_MAX];
	struct hj_serve_request q;
	int r;

	while ((r = hj_serve_next(&c->serve, now, &q)) == 1) {
		size_t n = listen_respond(c->of->of, HJ_SERVE_TCP, &q, answer);

		/* Its buffer is far larger than all that it may ask for at once: who fills it does not read. */
		if (send(c->fd, answer, n, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)n)
			return false;
	}
	return r == 0;
}

static int on_bytes(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct connection *c = userdata;
	uint8_t bytes[LISTEN_READ], *p = bytes;
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)source;
	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		end_connection(c);
		return 0;
	}
	c->active = hj_now().mono;
	while (n > 0) {
		size_t k = hj_serve_put(&c->serve, p, (size_t)n, c->active);

		p += k;
		n -= (ssize_t)k;
		if (!take_requests(c, c->active)) {
			drop_connection(c);
			return 0;
		}
	}
	return 0;
}

/* ---- all of them ---- */

/* A place that is free, or is made so. */
static struct connection **place(struct listen_way *w)
{
	struct connection **oldest = &w->connections[0];

	for (size_t i = 0; i < LISTEN_CONNECTIONS_MAX; i++) {
		if (!w->connections[i])
			return &w->connections[i];
		if (w->connections[i]->active < (*oldest)->active)
			oldest = &w->connections[i];
	}
	drop_connection(*oldest);
	return oldest;
}

static int add_connection(struct listen_way *w, int fd)
{
	struct connection *c = calloc(1, sizeof(*c));
	int one = 1, r;

	if (!c)
		return -ENOMEM;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	c->of = w;
	c->fd = fd;
	c->active = hj_now().mono;
	hj_serve_init(&c->serve, HJ_SERVE_TCP, 0, 0);
	listen_add_units(w->of, &c->serve);
	r = sd_event_add_io(w->of->event, &c->io, fd, EPOLLIN, on_bytes, c);
	if (r < 0) {
		free(c);
		return r;
	}
	*place(w) = c;
	w->accepted++;
	return 0;
}

static int on_connect(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct listen_way *w = userdata;
	int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)source;
	(void)events;
	if (peer < 0 && (errno == EMFILE || errno == ENFILE))
		listen_lost(w->of, -errno); /* it would be told again at once, and for ever */
	if (peer < 0)
		return 0; /* it has gone again */
	if (add_connection(w, peer) < 0) {
		w->dropped++;
		close(peer);
	}
	return 0;
}

static int on_idle(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct listen_way *w = userdata;
	hj_usec now = hj_now().mono;

	(void)usec;
	for (size_t i = 0; i < LISTEN_CONNECTIONS_MAX; i++)
		if (w->connections[i] && now - w->connections[i]->active > LISTEN_IDLE)
			drop_connection(w->connections[i]);
	sd_event_source_set_time(source, now + LISTEN_IDLE / 10);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* ---- the port ---- */

static void tcp_close(struct listen_way *w)
{
	for (size_t i = 0; i < LISTEN_CONNECTIONS_MAX; i++)
		if (w->connections[i])
			end_connection(w->connections[i]);
	sd_event_source_disable_unref(w->io);
	sd_event_source_disable_unref(w->timer);
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}

static int bind_one(const struct addrinfo *a)
{
	_cleanup_fd_ int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	one = fd;
	fd = -1;
	return one;
}

static int bind_port(const struct hj_conf_bus *conf)
{
	const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	char port[8];
	int r;

	snprintf(port, sizeof(port), "%d", (int)conf->tcp_port);
	if (getaddrinfo(conf->listen_on, port, &hints, &list) != 0)
		return -EADDRNOTAVAIL;
	r = bind_one(list);
	freeaddrinfo(list);
	return r;
}

static int watch(struct listen_way *w)
{
	int r = sd_event_add_io(w->of->event, &w->io, w->fd, EPOLLIN, on_connect, w);

	if (r < 0)
		return r;
	return sd_event_add_time_relative(
	        w->of->event, &w->timer, CLOCK_BOOTTIME, LISTEN_IDLE / 10, HJ_USEC_PER_SEC, on_idle, w);
}

static int tcp_open(struct listen *l, struct listen_way **ret)
{
	struct listen_way *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->of = l;
	r = w->fd = bind_port(l->conf);
	if (r >= 0)
		r = watch(w);
	if (r < 0) {
		tcp_close(w);
		return r;
	}
	*ret = w;
	return 0;
}

static void tcp_traffic(const struct listen_way *w, struct bus_traffic *ret)
{
	ret->accepted += w->accepted;
	ret->dropped += w->dropped;
	ret->foreign += w->foreign;
	ret->broken += w->broken;
	ret->broken_bytes += w->broken_bytes;
	for (size_t i = 0; i < LISTEN_CONNECTIONS_MAX; i++) {
		const struct connection *c = w->connections[i];

		if (!c)
			continue;
		ret->connections++;
		ret->foreign += c->serve.counts.foreign;
		ret->broken += c->serve.counts.broken;
		ret->broken_bytes += c->serve.counts.junk;
	}
}

const struct listen_ops listen_tcp = { tcp_open, tcp_close, tcp_traffic };
