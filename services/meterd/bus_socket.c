/* See bus_socket.h. The name is looked up at each connecting: a server's address may change. */
#include "bus_socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hjgate/cleanup.h"

#define CONNECT_MS      3000 /* for one address */
#define ADDRESSES_MOST  2    /* tried of a name */
#define KEEP_IDLE_S     20
#define KEEP_INTERVAL_S 5
#define KEEP_COUNT      3
#define UNACKED_MS      10000

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

int bus_socket_connect(const char *host, int64_t port)
{
	const struct addrinfo want = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	char service[8];
	int r = -EHOSTUNREACH, tried = 0;

	snprintf(service, sizeof(service), "%d", (int)port);
	if (getaddrinfo(host, service, &want, &list) != 0)
		return -EHOSTUNREACH;
	for (const struct addrinfo *a = list; a && r < 0 && tried < ADDRESSES_MOST; a = a->ai_next, tried++)
		r = connect_to(a);
	freeaddrinfo(list);
	return r;
}
