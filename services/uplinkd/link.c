/* One TCP connection, never blocking, fit for 4G: keep-alive finds a modem that has gone after 60 + 4 * 15 s,
 * TCP_USER_TIMEOUT bytes that nobody takes after 45 s. Each address of the host is tried for CONNECT_USEC; then there
 * is a pause, 1 s doubling to 60 s, and only a platform that has acknowledged something resets it: one that takes
 * connections and drops them is left alone just the same. */
#include "link.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "hjgate/now.h"
#include "resolve.h"

#define CONNECT_USEC    (10 * HJ_USEC_PER_SEC)
#define KEEP_IDLE_S     60
#define KEEP_INTERVAL_S 15
#define KEEP_COUNT      4
#define USER_TIMEOUT_MS 45000
#define READ_BYTES      4096
#define READS_MOST      4 /* a turn, so that a flood does not hold the loop */
#define ACCURACY_USEC   20000

struct link {
	sd_event *event;
	char host[256];
	unsigned port;
	const struct link_events *events;
	void *userdata;
	enum link_state state;
	struct resolve *resolve;
	struct addrinfo *found, *trying;
	int fd;
	sd_event_source *io, *timer;
	hj_usec pause, retry_at;
	char why[128]; /* the newest failure of this attempt */
};

static void attempt(struct link *l);

hj_usec link_pause_next(hj_usec pause)
{
	return pause ? hj_min(2 * pause, (hj_usec)LINK_PAUSE_MOST) : LINK_PAUSE_FIRST;
}

hj_usec link_pause_jitter(hj_usec pause, uint32_t random)
{
	return pause * 8 / 10 + pause * 4 / 10 * (random % 1001) / 1000;
}

/* ---- ending ---- */

static void close_all(struct link *l)
{
	resolve_cancel(l->resolve);
	l->resolve = NULL;
	l->io = sd_event_source_disable_unref(l->io);
	l->timer = sd_event_source_disable_unref(l->timer);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	if (l->found)
		freeaddrinfo(l->found);
	l->found = l->trying = NULL;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct link *l = userdata;

	l->timer = sd_event_source_disable_unref(l->timer);
	attempt(l);
	return 0;
}

static void wait_and_retry(struct link *l)
{
	uint32_t random = 500;
	hj_usec wait;

	hj_random(&random, sizeof(random)); /* where that fails the middle does */
	l->pause = link_pause_next(l->pause);
	wait = link_pause_jitter(l->pause, random);
	l->state = LINK_WAITING;
	l->retry_at = hj_now().mono + wait;
	sd_event_add_time_relative(l->event, &l->timer, CLOCK_BOOTTIME, wait, ACCURACY_USEC, on_retry, l);
}

static void fail(struct link *l, const char *why)
{
	char copy[sizeof(l->why)];

	snprintf(copy, sizeof(copy), "%s", why);
	close_all(l);
	wait_and_retry(l);
	l->events->down(copy, l->userdata);
}

/* ---- a connection ---- */

static void take_input(struct link *l)
{
	char data[READ_BYTES];

	for (int i = 0; i < READS_MOST && l->state == LINK_UP; i++) {
		ssize_t n = recv(l->fd, data, sizeof(data), MSG_DONTWAIT);

		if (n > 0) {
			l->events->input(data, (size_t)n, l->userdata);
			continue;
		}
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		fail(l, n ? strerror(errno) : "the platform closed the connection");
		return;
	}
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct link *l = userdata;

	if (revents & EPOLLOUT) {
		sd_event_source_set_io_events(l->io, EPOLLIN);
		l->events->writable(l->userdata);
	}
	if (l->state == LINK_UP && revents & (EPOLLIN | EPOLLERR | EPOLLHUP))
		take_input(l);
	return 0;
}

static void tune(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL_S },
		{ IPPROTO_TCP, TCP_KEEPCNT, KEEP_COUNT },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS },
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
	};

	for (size_t i = 0; i < hj_array_size(options); i++) /* without one of them the rest still works */
		setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof(options[i].value));
}

static void established(struct link *l)
{
	l->timer = sd_event_source_disable_unref(l->timer);
	sd_event_source_disable_unref(l->io);
	l->io = NULL;
	if (sd_event_add_io(l->event, &l->io, l->fd, EPOLLIN, on_io, l) < 0) {
		fail(l, "out of memory");
		return;
	}
	freeaddrinfo(l->found);
	l->found = l->trying = NULL;
	l->state = LINK_UP;
	l->events->up(l->userdata);
}

/* ---- connecting, one address after the other ---- */

static void try_address(struct link *l);

static void next_address(struct link *l, int error)
{
	snprintf(l->why, sizeof(l->why), "%s", strerror(error));
	l->io = sd_event_source_disable_unref(l->io);
	l->timer = sd_event_source_disable_unref(l->timer);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	l->trying = l->trying->ai_next;
	try_address(l);
}

static int on_connect(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct link *l = userdata;
	int error = 0;
	socklen_t n = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		error = errno;
	if (error)
		next_address(l, error);
	else
		established(l);
	return 0;
}

static int on_connect_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	next_address(userdata, ETIMEDOUT);
	return 0;
}

/* A local connection may be made, or refused, before connect() returns; it is waited for just the same. */
static void try_address(struct link *l)
{
	int r;

	if (!l->trying) {
		fail(l, l->why);
		return;
	}
	l->fd = socket(l->trying->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0) {
		next_address(l, errno);
		return;
	}
	tune(l->fd);
	if (connect(l->fd, l->trying->ai_addr, l->trying->ai_addrlen) < 0 && errno != EINPROGRESS) {
		next_address(l, errno);
		return;
	}
	r = sd_event_add_io(l->event, &l->io, l->fd, EPOLLOUT, on_connect, l);
	if (r >= 0)
		r = sd_event_add_time_relative(
		        l->event, &l->timer, CLOCK_BOOTTIME, CONNECT_USEC, ACCURACY_USEC, on_connect_timeout, l);
	if (r < 0)
		fail(l, strerror(-r));
}

static void on_resolved(struct addrinfo *addresses, const char *error, void *userdata)
{
	struct link *l = userdata;

	l->resolve = NULL;
	if (!addresses) {
		fail(l, error);
		return;
	}
	l->found = l->trying = addresses;
	try_address(l);
}

static void attempt(struct link *l)
{
	struct resolve *resolve = NULL;
	int r;

	l->state = LINK_CONNECTING;
	r = resolve_start(l->event, l->host, l->port, on_resolved, l, &resolve);
	if (r < 0)
		fail(l, strerror(-r));
	else if (resolve)
		l->resolve = resolve;
}

/* ---- for the owner ---- */

int link_new(sd_event *event, const char *host, unsigned port, const struct link_events *events, void *userdata,
        struct link **ret)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	*l = (struct link){ .event = event, .port = port, .events = events, .userdata = userdata, .fd = -1 };
	snprintf(l->host, sizeof(l->host), "%s", host);
	*ret = l;
	return 0;
}

void link_free(struct link *l)
{
	if (!l)
		return;
	close_all(l);
	free(l);
}

void link_start(struct link *l)
{
	if (l->state == LINK_STOPPED)
		attempt(l);
}

void link_stop(struct link *l)
{
	close_all(l);
	l->state = LINK_STOPPED;
	l->pause = 0;
}

void link_drop(struct link *l, const char *why)
{
	if (l->state != LINK_STOPPED && l->state != LINK_WAITING)
		fail(l, why);
}

void link_proved(struct link *l)
{
	l->pause = 0;
}

size_t link_write(struct link *l, const void *data, size_t n)
{
	ssize_t k;

	if (l->state != LINK_UP || !n)
		return 0;
	k = send(l->fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	k = k < 0 ? 0 : k; /* a broken connection shows itself to epoll */
	if ((size_t)k < n)
		sd_event_source_set_io_events(l->io, EPOLLIN | EPOLLOUT);
	return (size_t)k;
}

size_t link_undelivered(const struct link *l)
{
	int left;

	if (l->state != LINK_UP || ioctl(l->fd, SIOCOUTQ, &left) < 0 || left < 0)
		return SIZE_MAX;
	return (size_t)left;
}

enum link_state link_state(const struct link *l)
{
	return l->state;
}

hj_usec link_retry_at(const struct link *l)
{
	return l->retry_at;
}
