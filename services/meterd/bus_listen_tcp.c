/* Serving over TCP. So many connections at once; one more, and the one that has been idle longest gives way, since an
 * instrument that lost its power leaves a connection behind that never ends. Idle is who has asked for nothing, not
 * who has sent nothing. Who sends what is no Modbus, does not end what it has begun, or does not read its answers is
 * dropped. */
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
#define TICK    (LISTEN_FRAME_LATE / 5)

struct peer_address {
	uint8_t bytes[sizeof(struct in6_addr)]; /* of IPv4 the first four */
	sa_family_t family;
};

struct connection {
	struct listen_way *of;
	int fd;
	sd_event_source *io;
	struct hj_serve serve;
	struct peer_address peer;
	bool asked;     /* at all */
	hj_usec active; /* its newest request; before that, when it came */
	hj_usec begun;  /* when the request began that is not whole yet; 0: there is none */
};

struct listen_way {
	struct listen *of;
	int fd;
	sd_event_source *io, *timer;
	struct connection *connections[LISTEN_CONNECTIONS_MAX];
	uint64_t accepted, dropped, unanswered, foreign, broken, broken_bytes; /* of connections that are gone, too */
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

		c->asked = true;
		c->active = now;
		c->begun = 0;
		/* Its buffer is larger than all that it may ask for at once: who fills it does not read. */
		if (send(c->fd, answer, n, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)n) {
			c->of->unanswered++;
			return false;
		}
	}
	if (c->serve.count && !c->begun)
		c->begun = now;
	return r == 0;
}

static int on_bytes(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct connection *c = userdata;
	uint8_t bytes[LISTEN_READ], *p = bytes;
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	hj_usec now = hj_now().mono;

	(void)source;
	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		end_connection(c);
		return 0;
	}
	while (n > 0) {
		size_t k = hj_serve_put(&c->serve, p, (size_t)n, now);

		p += k;
		n -= (ssize_t)k;
		if (!take_requests(c, now)) {
			drop_connection(c);
			return 0;
		}
	}
	return 0;
}

/* ---- all of them ---- */

static struct peer_address address_of(const struct sockaddr_storage *s)
{
	struct peer_address a = { .family = s->ss_family };

	if (s->ss_family == AF_INET)
		memcpy(a.bytes, &((const struct sockaddr_in *)s)->sin_addr, sizeof(struct in_addr));
	else if (s->ss_family == AF_INET6)
		memcpy(a.bytes, &((const struct sockaddr_in6 *)s)->sin6_addr, sizeof(struct in6_addr));
	return a;
}

static bool is_from(const struct connection *c, const struct peer_address *peer)
{
	return !peer || (c->peer.family == peer->family && !memcmp(c->peer.bytes, peer->bytes, sizeof(peer->bytes)));
}

/* Who has never asked for anything goes first: a crowd that only connects is always newer than an instrument's newest
 * report. */
static bool goes_before(const struct connection *a, const struct connection *b)
{
	return a->asked != b->asked ? !a->asked : a->active < b->active;
}

/* How many there are of this peer, or of all; and which of them is idle longest. */
static size_t look_through(struct listen_way *w, const struct peer_address *peer, struct connection **ret_oldest)
{
	size_t n = 0;

	*ret_oldest = NULL;
	for (size_t i = 0; i < LISTEN_CONNECTIONS_MAX; i++) {
		struct connection *c = w->connections[i];

		if (!c || !is_from(c, peer))
			continue;
		n++;
		if (!*ret_oldest || goes_before(c, *ret_oldest))
			*ret_oldest = c;
	}
	return n;
}

/* A place that is free, or is made so. */
static struct connection **place(struct listen_way *w, const struct peer_address *peer)
{
	struct connection *oldest;
	size_t i = 0;

	if (look_through(w, peer, &oldest) >= LISTEN_PEER_MAX ||
	        look_through(w, NULL, &oldest) >= LISTEN_CONNECTIONS_MAX)
		drop_connection(oldest);
	while (w->connections[i])
		i++;
	return &w->connections[i];
}

static int add_connection(struct listen_way *w, int fd, const struct peer_address *peer)
{
	struct connection *c = calloc(1, sizeof(*c));
	int one = 1, buffer = LISTEN_SEND_BUFFER, r;

	if (!c)
		return -ENOMEM;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	c->of = w;
	c->fd = fd;
	c->peer = *peer;
	c->active = hj_now().mono;
	hj_serve_init(&c->serve, HJ_SERVE_TCP, 0, 0);
	listen_add_units(w->of, &c->serve);
	r = bus_hear(w->of->event, fd, on_bytes, c, &c->io);
	if (r < 0) {
		free(c);
		return r;
	}
	*place(w, peer) = c;
	w->accepted++;
	return 0;
}

static int on_connect(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct listen_way *w = userdata;
	struct sockaddr_storage from = { 0 };
	socklen_t length = sizeof(from);
	int peer = accept4(fd, (struct sockaddr *)&from, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct peer_address address = address_of(&from);

	(void)source;
	(void)events;
	if (peer < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS))
		listen_lost(w->of, -errno); /* it would be told again at once, and for ever */
	if (peer < 0)
		return 0; /* it has gone again */
	if (add_connection(w, peer, &address) < 0) {
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
	for (size_t i = 0; i < LISTEN_CONNECTIONS_MAX; i++) {
		struct connection *c = w->connections[i];

		if (c && (now - c->active > LISTEN_IDLE || (c->begun && now - c->begun > LISTEN_FRAME_LATE)))
			drop_connection(c);
	}
	sd_event_source_set_time(source, now + TICK);
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
	int r = bus_hear(w->of->event, w->fd, on_connect, w, &w->io);

	if (r < 0)
		return r;
	return sd_event_add_time_relative(w->of->event, &w->timer, CLOCK_BOOTTIME, TICK, HJ_USEC_PER_SEC, on_idle, w);
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
	ret->unanswered += w->unanswered;
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
