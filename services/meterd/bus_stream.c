/* The effects of an exchange: the descriptor is opened and written, poll(2) waits, what comes is fed with its time.
 * While nothing is asked the loop watches the descriptor: bytes that nobody asked for are fed when they come, so that
 * it is known when the line became quiet, and a port that is unplugged is closed at once, because the kernel gives
 * its name to nobody while somebody holds it. Failures of the port are told apart from those of a meter: the caller
 * closes and opens again. */
#include "bus_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "bus_rs485.h"
#include "bus_socket.h"
#include "bus_wait.h"

#include "hjgate/log.h"

#define DRAIN_READS                                                                                                  \
	32 /* of BUS_FRAME_MAX: more than a port's buffer; a line that never ends is heard by the loop   \
	                */
#define WRITE_LATEST HJ_USEC_PER_SEC /* a request that the port does not take for so long: the port is gone */
#define TIMER_SLACK  1               /* ns; the default of 50 us would go onto each silence and each answer */

struct stream {
	struct bus bus;
	const struct hj_conf_bus *conf;
	const struct bus_stream_way *way;
	struct hj_exchange exchange;
	void *port;
	int fd;
	bool answered; /* a question, since it was opened */
	bool turned;   /* a server ended the connection at once, without an answer ("port in use" is none): the next
	                * opening fails, so that it is not tried again and again */
	hj_usec opened_at;
	bool told_rs485;
	sd_event *event;
	sd_event_source *idle;
};

static struct stream *stream_of(struct bus *b)
{
	return (struct stream *)b;
}

static hj_usec mono(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (hj_usec)t.tv_sec * HJ_USEC_PER_SEC + (hj_usec)t.tv_nsec / 1000;
}

/* TIOCEXCL holds off everybody but root; the lock holds off another of us that runs as root. */
int bus_stream_claim(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (ioctl(fd, TIOCEXCL) < 0)
		return -errno;
	return tcflush(fd, TCIOFLUSH) < 0 ? -errno : 0;
}

static void stream_close(struct bus *b)
{
	struct stream *s = stream_of(b);

	s->idle = sd_event_source_disable_unref(s->idle);
	s->way->close(s->port);
	s->port = NULL;
	s->fd = -1;
	b->is_open = false;
}

/* ---- bytes ---- */

/* A connection whose peer does not acknowledge ends by ETIMEDOUT, which would be a meter's silence. */
static int port_failed(int error)
{
	return error == ETIMEDOUT ? -ECONNRESET : -error;
}

/* What lies there: the number of bytes, 0 for none; -errno: the port is gone. */
static ssize_t take(struct stream *s)
{
	uint8_t bytes[BUS_FRAME_MAX];
	ssize_t n = read(s->fd, bytes, sizeof(bytes));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		return port_failed(errno);
	if (n == 0)
		return s->way->ends ? -ECONNRESET : 0;
	hj_exchange_feed(&s->exchange, bytes, (size_t)n, mono());
	return n;
}

static int drain(struct stream *s)
{
	ssize_t n = 1;

	for (int i = 0; i < DRAIN_READS && n > 0; i++)
		n = take(s);
	return n < 0 ? (int)n : 0;
}

/* Until `until`, or until something happens on the descriptor. */
static int wait_for(struct stream *s, short events, hj_usec now, hj_usec until)
{
	int happened = bus_wait(s->fd, events, until > now ? until - now : 0);

	if (happened < 0)
		return happened;
	if (happened & POLLIN) {
		ssize_t n = take(s);

		return n < 0 ? (int)n : n == 0 && happened & POLLHUP ? -EIO : 0;
	}
	return happened & (POLLHUP | POLLERR | POLLNVAL) ? -EIO : 0;
}

static int write_all(struct stream *s, const uint8_t *p, size_t n, hj_usec begun)
{
	hj_usec now = begun;

	while (n) {
		ssize_t k = write(s->fd, p, n);

		if (k < 0 && errno != EAGAIN && errno != EINTR)
			return port_failed(errno);
		p += k > 0 ? k : 0;
		n -= k > 0 ? (size_t)k : 0;
		if (n && now > begun + WRITE_LATEST)
			return -EIO;
		if (n && wait_for(s, POLLOUT, now, begun + WRITE_LATEST) < 0)
			return -EIO;
		now = n ? mono() : now;
	}
	return 0;
}

static int send_request(struct stream *s)
{
	struct hj_exchange *x = &s->exchange;
	bool rts = bus_rs485_is_ours(s->conf->rs485) && !s->way->ends;
	int r = rts ? bus_rs485_send(s->fd, s->conf->rs485) : 0;
	hj_usec begun = mono();

	if (r >= 0)
		r = write_all(s, x->sent, x->sent_length, begun);
	hj_exchange_sent(x, begun);
	if (r >= 0 && rts)
		r = bus_rs485_receive(s->fd, s->conf->rs485, begun + x->sent_length * x->timing.character);
	return r;
}

/* ---- one exchange ---- */

static int exchange(struct stream *s, const struct hj_question *q, hj_usec timeout)
{
	struct hj_exchange *x = &s->exchange;
	enum hj_step step;
	hj_usec now, until;
	int r = drain(s);

	if (r < 0)
		return r;
	now = mono();
	if (hj_exchange_begin(x, q, timeout, now) < 0)
		return -EINVAL;
	while (r >= 0 && (step = hj_exchange_step(x, now, &until)) != HJ_STEP_DONE) {
		r = step == HJ_STEP_SEND ? send_request(s) : wait_for(s, POLLIN, now, until);
		now = mono();
	}
	if (r < 0)
		hj_exchange_lost(x, now);
	return hj_min(r, 0);
}

static void tell(const struct hj_exchange *x, struct bus_answer *ret)
{
	ret->is = x->answer;
	memcpy(ret->sent, x->sent, x->sent_length);
	memcpy(ret->received, x->received, x->received_length);
	ret->sent_length = x->sent_length;
	ret->received_length = x->received_length;
	ret->turnaround = x->turnaround;
	ret->junk = x->junk;
	ret->junk_is_late = x->junk_is_late;
	memcpy(ret->junk_head, x->junk_head, sizeof(ret->junk_head));
	ret->late_whole = x->late_whole;
	ret->late = x->late;
}

static int stream_open(struct bus *b);

/* A server may end an idle connection while a question is on its way, which says nothing of its port: a question that
 * changes nothing is asked once more, where the connection had been good. */
static int ask_connected(struct stream *s, const struct hj_question *q, hj_usec timeout)
{
	int r = exchange(s, q, timeout);

	if ((r != -ECONNRESET && r != -EPIPE) || !s->way->ends || !s->answered || q->function)
		return r;
	r = stream_open(&s->bus);
	if (r < 0)
		return r == -ETIMEDOUT ? -EHOSTUNREACH : r;
	return exchange(s, q, timeout);
}

static int stream_ask(struct bus *b, const struct hj_question *q, hj_usec timeout, struct bus_answer *ret)
{
	struct stream *s = stream_of(b);
	int r;

	memset(ret, 0, sizeof(*ret));
	if (!b->is_open) {
		ret->is.why = "port closed";
		return -EIO;
	}
	r = ask_connected(s, q, timeout);
	b->free_at = hj_exchange_free_at(&s->exchange);
	if (r == -EINVAL) {
		ret->is.why = "no such question in this protocol";
		return -EBADMSG;
	}
	tell(&s->exchange, ret);
	if (r < 0)
		ret->is.why = "port failed";
	b->echo = s->exchange.echo_known ? s->exchange.has_echo ? "yes" : "no" : "unknown";
	r = r < 0 ? r : s->exchange.outcome;
	s->answered |= r == 0 || r == -EREMOTEIO;
	return r;
}

/* ---- open, and what comes unasked ---- */

static int on_idle(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct stream *s = userdata;
	ssize_t n = events & EPOLLIN ? take(s) : 0;

	(void)source;
	(void)fd;
	if (n < 0 || (n == 0 && events & (EPOLLHUP | EPOLLERR))) {
		if (s->way->ends)
			hj_info("bus %s: %s has ended the connection", s->conf->name, s->conf->host);
		else
			hj_warn("bus %s: %s is gone: closed, and opened again when it is back", s->conf->name,
			        s->conf->port);
		s->turned = s->way->ends && !s->answered && mono() - s->opened_at < BUS_TURNED_WITHIN;
		stream_close(&s->bus);
	}
	s->bus.free_at = hj_exchange_free_at(&s->exchange);
	return 0;
}

/* The kernel's own word for it, "Inappropriate ioctl for device", says nothing to whoever reads it. */
static int setup_rs485(struct stream *s)
{
	int r = s->way->ends ? 0 : bus_rs485_setup(s->fd, s->conf->rs485);

	if (r >= 0 || s->told_rs485)
		return r;
	s->told_rs485 = true;
	hj_error("bus %s: %s cannot switch an RS-485 transceiver as the key rs485 says (%s): \"auto\" leaves that to "
	         "the converter",
	        s->conf->name, s->conf->port, bus_rs485_is_ours(s->conf->rs485) ? "it has no RTS" : "no TIOCSRS485");
	return r;
}

static void begin_line(struct stream *s, hj_usec now)
{
	const struct hj_conf_bus *c = s->conf;
	struct hj_exchange_timing timing;

	if (s->exchange.protocol) {
		hj_exchange_reopen(&s->exchange, now);
		return;
	}
	if (s->way->timing)
		timing = *s->way->timing;
	else
		hj_exchange_serial(&timing, c->baud, c->data_bits, c->parity, c->stop_bits, c->gap);
	timing.silence = hj_max(timing.silence, (hj_usec)c->gap * HJ_USEC_PER_MS);
	hj_exchange_init(&s->exchange, s->way->protocol, &timing, c->echo, now);
}

static int stream_open(struct bus *b)
{
	struct stream *s = stream_of(b);
	int r;

	stream_close(b);
	if (s->turned) {
		s->turned = false;
		return -ECONNRESET;
	}
	s->answered = false;
	r = s->way->open(s->conf, &s->port);
	if (r < 0) {
		stream_close(b);
		return r;
	}
	s->fd = r;
	r = setup_rs485(s);
	if (r >= 0 && s->event)
		r = bus_hear(s->event, s->fd, on_idle, s, &s->idle);
	if (r < 0) {
		stream_close(b);
		return r;
	}
	s->opened_at = mono();
	begin_line(s, s->opened_at);
	b->is_open = true;
	b->free_at = hj_exchange_free_at(&s->exchange);
	return 0;
}

static int stream_attach(struct bus *b, sd_event *event, bus_pushed_fn pushed, void *userdata)
{
	(void)pushed; /* it never speaks by itself; what comes all the same is not for us */
	(void)userdata;
	stream_of(b)->event = sd_event_ref(event);
	return 0;
}

static void stream_free(struct bus *b)
{
	stream_close(b);
	sd_event_unref(stream_of(b)->event);
	free(b);
}

int bus_stream_new(const struct hj_conf_bus *conf, const struct bus_stream_way *way, struct bus **ret)
{
	static const struct bus_ops ops = { .open = stream_open,
		.close = stream_close,
		.ask = stream_ask,
		.free = stream_free,
		.attach = stream_attach };
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	prctl(PR_SET_TIMERSLACK, TIMER_SLACK);
	s->bus.ops = &ops;
	s->conf = conf;
	s->way = way;
	s->fd = -1;
	*ret = &s->bus;
	return 0;
}
