/* Opens a line for reading only, with the format of its bus, and hands on what comes with the time at which it came.
 * Nothing is ever written. The port is claimed as a bus claims it, so that nobody asks on it meanwhile. */
#include "sniff.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>

#include "bus_rs485.h"
#include "bus_socket.h"

#include "hjgate/cleanup.h"
#include "hjgate/now.h"

#define BYTES_AT_ONCE 512

struct sniff {
	int fd;
	sd_event_source *io;
	sniff_fn fn;
	void *userdata;
	hj_usec first;
};

static int on_bytes(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct sniff *s = userdata;
	uint8_t bytes[BYTES_AT_ONCE];
	ssize_t n = read(fd, bytes, sizeof(bytes));
	hj_usec now = hj_now().mono;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
		s->fn(NULL, 0, 0, s->userdata);
		return 0;
	}
	if (!s->first)
		s->first = now;
	s->fn(bytes, (size_t)n, now - s->first, s->userdata);
	return 0;
}

static speed_t speed_of(int64_t baud)
{
	static const struct {
		int64_t baud;
		speed_t speed;
	} speeds[] = { { 300, B300 }, { 600, B600 }, { 1200, B1200 }, { 2400, B2400 }, { 4800, B4800 },
		{ 9600, B9600 }, { 19200, B19200 }, { 38400, B38400 }, { 57600, B57600 }, { 115200, B115200 } };

	for (size_t i = 0; i < hj_array_size(speeds); i++)
		if (speeds[i].baud == baud)
			return speeds[i].speed;
	return B0;
}

static int set_format(int fd, const struct hj_conf_bus *c)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return -errno;
	cfmakeraw(&t);
	if (speed_of(c->baud) == B0 || cfsetspeed(&t, speed_of(c->baud)) < 0)
		return -EINVAL;
	t.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | PARODD | CSTOPB | CRTSCTS);
	t.c_cflag |= CREAD | CLOCAL | (c->data_bits == 7 ? CS7 : CS8);
	if (c->parity != 'N')
		t.c_cflag |= PARENB | (c->parity == 'O' ? PARODD : 0);
	if (c->stop_bits == 2)
		t.c_cflag |= CSTOPB;
	if (tcsetattr(fd, TCSANOW, &t) < 0)
		return -errno;
	tcflush(fd, TCIFLUSH);
	return 0;
}

static int open_serial(const struct hj_conf_bus *c)
{
	_cleanup_fd_ int fd = open(c->port, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (ioctl(fd, TIOCEXCL) < 0)
		return -errno;
	r = set_format(fd, c);
	if (r >= 0)
		r = bus_rs485_setup(fd, c->rs485); /* an opened port raises RTS: the transceiver would send */
	if (r < 0)
		return r;
	r = fd;
	fd = -1;
	return r;
}

static int open_host(const struct hj_conf_bus *c)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char service[16];
	int fd = -1, r = -EHOSTUNREACH;

	snprintf(service, sizeof(service), "%d", (int)c->tcp_port);
	if (getaddrinfo(c->host, service, &hints, &found))
		return BUS_SOCKET_NO_NAME;
	for (struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
			r = -errno;
			hj_closep(&fd);
		}
	}
	freeaddrinfo(found);
	return fd < 0 ? r : fd;
}

int sniff_open(sd_event *event, const struct hj_conf_bus *conf, sniff_fn fn, void *userdata, struct sniff **ret)
{
	struct sniff *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	*s = (struct sniff){ .fd = -1, .fn = fn, .userdata = userdata };
	r = hj_bus_type(conf->kind)->traits & HJ_BUS_HOST ? open_host(conf) : open_serial(conf);
	if (r >= 0) {
		s->fd = r;
		r = sd_event_add_io(event, &s->io, s->fd, EPOLLIN, on_bytes, s);
	}
	if (r < 0) {
		sniff_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void sniff_close(struct sniff *s)
{
	if (!s)
		return;
	sd_event_source_disable_unref(s->io);
	if (s->fd >= 0)
		ioctl(s->fd, TIOCNXCL);
	hj_closep(&s->fd);
	free(s);
}
