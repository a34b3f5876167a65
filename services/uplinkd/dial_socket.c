/* See dial_socket.h. An interface that is missing or down is said so in words: what connect() says of it, "network is
 * unreachable", sends people looking for the platform. */
#include "dial_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hjgate/cleanup.h"
#include "hjgate/text.h"

#define PROBES 2

struct dial_alive dial_alive(int64_t lost_after_s)
{
	int interval = (int)hj_max(lost_after_s / 5, (int64_t)1);

	return (struct dial_alive){ .idle_s = (int)hj_max(lost_after_s - PROBES * interval, (int64_t)1),
		.interval_s = interval,
		.probes = PROBES,
		.outstanding_ms = (int)(lost_after_s * 1000 - interval * 500) };
}

static void tune(int fd, int64_t lost_after_s)
{
	struct dial_alive a = dial_alive(lost_after_s);
	const struct {
		int level, name, value;
	} options[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, a.idle_s },
		{ IPPROTO_TCP, TCP_KEEPINTVL, a.interval_s },
		{ IPPROTO_TCP, TCP_KEEPCNT, a.probes },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, a.outstanding_ms },
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
	};

	for (size_t i = 0; i < hj_array_size(options); i++) /* without one of them the rest still works */
		setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof(options[i].value));
}

static int bind_interface(int fd, const char *name, char why[DIAL_WHY_MAX])
{
	struct ifreq request = { 0 };

	hj_text_copy(request.ifr_name, sizeof(request.ifr_name), name);
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0) {
		snprintf(why, DIAL_WHY_MAX, "the interface %s is not there", name);
		return -ENODEV;
	}
	if (!(request.ifr_flags & IFF_UP)) {
		snprintf(why, DIAL_WHY_MAX, "the interface %s is down", name);
		return -ENETDOWN;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name) + 1) == 0)
		return 0;
	if (errno == EPERM) /* before Linux 5.7 */
		snprintf(why, DIAL_WHY_MAX,
		        "this kernel lets only root choose the interface %s: write source instead", name);
	else
		snprintf(why, DIAL_WHY_MAX, "the interface %s cannot be used: %s", name, strerror(errno));
	return -EPERM;
}

static int bind_source(int fd, const char *text, int family, char why[DIAL_WHY_MAX])
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	const struct sockaddr *from = family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
	int one = 1;

	if (inet_pton(family, text, family == AF_INET ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr) != 1) {
		snprintf(why, DIAL_WHY_MAX, "source %s and this address of the platform are not of one kind", text);
		return -EAFNOSUPPORT;
	}
	/* The port is chosen when the peer is known: all ports of one address would be a limit else. */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (bind(fd, from, family == AF_INET ? sizeof(v4) : sizeof(v6)) == 0)
		return 0;
	snprintf(why, DIAL_WHY_MAX, "source %s is no address of this box now", text);
	return -EADDRNOTAVAIL;
}

void dial_word(const struct hj_conf_link *link, int error, char why[DIAL_WHY_MAX])
{
	if (link->interface[0] && (error == ENETUNREACH || error == EHOSTUNREACH))
		snprintf(
		        why, DIAL_WHY_MAX, "the interface %s has no way there: %s", link->interface, strerror(error));
	else
		snprintf(why, DIAL_WHY_MAX, "%s", strerror(error));
}

int dial_socket(const struct hj_conf_link *link, const struct dial_address *to, int *ret_fd, char why[DIAL_WHY_MAX])
{
	_cleanup_fd_ int fd = socket(to->to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r = 0;

	if (fd < 0) {
		r = -errno;
		dial_word(link, -r, why);
		return r;
	}
	if (link->interface[0])
		r = bind_interface(fd, link->interface, why);
	if (r >= 0 && link->source[0])
		r = bind_source(fd, link->source, to->to.ss_family, why);
	if (r < 0)
		return r;
	tune(fd, link->lost_after);
	if (connect(fd, (const struct sockaddr *)&to->to, to->len) < 0 && errno != EINPROGRESS) {
		r = -errno;
		dial_word(link, -r, why);
		return r;
	}
	*ret_fd = fd;
	fd = -1;
	return 0;
}

void dial_address_format(const struct dial_address *a, char ret[DIAL_ADDRESS_LEN])
{
	char host[HJ_ADDRESS_MAX + 16], port[8];

	if (getnameinfo((const struct sockaddr *)&a->to, a->len, host, sizeof(host), port, sizeof(port),
	            NI_NUMERICHOST | NI_NUMERICSERV)) {
		hj_text_copy(ret, DIAL_ADDRESS_LEN, "?");
		return;
	}
	snprintf(ret, DIAL_ADDRESS_LEN, a->to.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}
