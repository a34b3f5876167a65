/* See bus_socket.h. The name is looked up at each connecting: a server's address may change. That blocks for as long
 * as name servers do not answer, longer than the watchdog's patience, and a server that is switched off is waited for
 * as well; so both are done by a thread of its own, which shares nothing with us but one end of a pair of sockets, on
 * which it says what came of it. A process has one bus, hence one attempt at a time. */
#include "bus_socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hjgate/cleanup.h"
#include "hjgate/thread.h"

#define CONNECT_MS      3000 /* for one address */
#define ADDRESSES_MOST  2    /* tried of a name */
#define KEEP_IDLE_S     20
#define KEEP_INTERVAL_S 5
#define KEEP_COUNT      3
#define UNACKED_MS      10000
#define WAIT_MS         1000 /* for the thread, before the caller has its turn again */

struct attempt {
	char host[sizeof(((struct hj_conf_bus *)NULL)->host)];
	int64_t port;
	int end; /* of the pair */
};

static struct attempt mine = { .end = -1 }; /* the attempt that runs: what was asked for, and our end */

int bus_socket_keep(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL_S },
		{ IPPROTO_TCP, TCP_KEEPCNT, KEEP_COUNT },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKED_MS },
	};

	for (size_t i = 0; i < hj_array_size(options); i++)
		if (setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof(int)) < 0)
			return -errno;
	return 0;
}

static int connect_to(const struct addrinfo *a)
{
	_cleanup_fd_ int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int error = 0, r;
	socklen_t n = sizeof(error);

	if (fd < 0)
		return -errno;
	r = bus_socket_keep(fd);
	if (r < 0)
		return r;
	if (connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
		if (errno != EINPROGRESS)
			return -errno;
		r = poll(&p, 1, CONNECT_MS);
		if (r <= 0)
			return r ? -errno : -ETIMEDOUT;
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0 || error)
			return error ? -error : -errno;
	}
	r = fd;
	fd = -1;
	return r;
}

static int connect_by_name(const char *host, int64_t port)
{
	const struct addrinfo want = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	char service[8];
	int r = -EHOSTUNREACH, tried = 0;

	snprintf(service, sizeof(service), "%d", (int)port);
	if (getaddrinfo(host, service, &want, &list) != 0)
		return BUS_SOCKET_NO_NAME;
	for (const struct addrinfo *a = list; a && r < 0 && tried < ADDRESSES_MOST; a = a->ai_next, tried++)
		r = connect_to(a);
	freeaddrinfo(list);
	return r;
}

/* ---- the thread ---- */

static void *thread(void *data)
{
	struct attempt *a = data;
	int r = connect_by_name(a->host, a->port);

	if (send(a->end, &r, sizeof(r), MSG_NOSIGNAL) < 0 && r >= 0)
		close(r); /* nobody wants it any more */
	close(a->end);
	free(a);
	return NULL;
}

static int start(const char *host, int64_t port)
{
	struct attempt *a = malloc(sizeof(*a));
	int ends[2], r;

	if (!a)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		free(a);
		return -errno;
	}
	*a = (struct attempt){ .port = port, .end = ends[1] };
	hj_text_copy(a->host, sizeof(a->host), host);
	mine = *a;
	mine.end = ends[0];
	r = hj_thread_start(thread, a);
	if (r < 0) {
		hj_closep(&mine.end);
		close(ends[1]);
		free(a);
	}
	return r;
}

const char *bus_socket_why(int error)
{
	return error == BUS_SOCKET_NO_NAME ? "no name server knows it" : strerror(-error);
}

int bus_socket_connect(const char *host, int64_t port)
{
	struct pollfd p = { .events = POLLIN };
	int r;

	if (mine.end >= 0 && (mine.port != port || strcmp(mine.host, host) != 0))
		hj_closep(&mine.end);
	r = mine.end < 0 ? start(host, port) : 0;
	if (r < 0)
		return r;
	p.fd = mine.end;
	if (poll(&p, 1, WAIT_MS) <= 0)
		return -ETIMEDOUT;
	if (recv(mine.end, &r, sizeof(r), 0) != (ssize_t)sizeof(r))
		r = -EIO;
	hj_closep(&mine.end);
	return r;
}
