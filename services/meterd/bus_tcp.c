/* Modbus TCP. The frames are src/meter/mbap.c, for the reasons in docs/design.md, section 9. A connection that ends
 * is no failure of a meter: many servers close one that was idle, so it is made again at the next question, and once
 * more where it ends under a question that can be repeated. One on which everything is silent is made anew as well,
 * since a server that was started again behind a firewall never tells. */
#include "bus_socket.h"
#include "bus.h"
#include "bus_wait.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "hjgate/log.h"
#include "hjgate/meter_mbap.h"
#include "hjgate/now.h"

#define DRAIN_READS  32                     /* of READ_BYTES: a server that never stops is not waited for */
#define READ_BYTES   1024                   /* several frames */
#define SILENT_LEAST 3                      /* questions without any answer, and */
#define SILENT_LASTS (60 * HJ_USEC_PER_SEC) /* so long: the connection is made anew */
#define WRITE_LATEST HJ_USEC_PER_SEC        /* a request that is not taken for so long: the connection is gone */

struct tcp {
	struct bus bus;
	const struct hj_conf_bus *conf;
	struct hj_mbap mbap;
	int fd;
	sd_event *event;
	sd_event_source *idle;
	bool turned;      /* a server ended the connection at once, without a word: the next opening fails, so that it
	                   * is not tried again and again */
	bool good;        /* something has come on this connection */
	hj_usec heard_at; /* when the newest bytes came, or the connection was made */
	hj_usec first_at; /* when the first bytes after the question came; 0: none have */
	unsigned silent;  /* questions since heard_at */
};

static struct tcp *tcp_of(struct bus *b)
{
	return (struct tcp *)b;
}

static void tcp_close(struct bus *b)
{
	struct tcp *t = tcp_of(b);

	t->idle = sd_event_source_disable_unref(t->idle);
	hj_closep(&t->fd);
	t->fd = -1;
	b->is_open = false;
}

/* ---- bytes ---- */

/* 1: the answer has come; 0: not yet, *ret_n bytes of other things; -errno: the connection is gone. */
static int take(struct tcp *t, ssize_t *ret_n)
{
	uint8_t bytes[READ_BYTES];
	ssize_t n = recv(t->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	*ret_n = 0;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return n == 0 || errno == ETIMEDOUT ? -ECONNRESET : -errno;
	*ret_n = n;
	t->good = true;
	t->heard_at = hj_now().mono;
	t->silent = 0;
	if (!t->first_at)
		t->first_at = t->heard_at;
	return hj_mbap_feed(&t->mbap, bytes, (size_t)n);
}

static int drain(struct tcp *t)
{
	ssize_t n = 1;
	int r = 0;

	for (int i = 0; i < DRAIN_READS && r >= 0 && n > 0; i++)
		r = take(t, &n);
	return r < 0 ? r : 0;
}

/* Until `until`, or until something happens on the connection. */
static int wait_for(struct tcp *t, short events, hj_usec until)
{
	hj_usec now = hj_now().mono;
	int r = bus_wait(t->fd, events, until > now ? until - now : 0);

	return r < 0 ? r : 0;
}

static int write_all(struct tcp *t, const uint8_t *p, size_t n)
{
	hj_usec latest = hj_now().mono + WRITE_LATEST;

	while (n) {
		ssize_t k = send(t->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		int r = k < 0 && errno != EAGAIN && errno != EINTR ? -errno : 0;

		p += k > 0 ? k : 0;
		n -= k > 0 ? (size_t)k : 0;
		if (n && r == 0)
			r = hj_now().mono > latest ? -ETIMEDOUT : wait_for(t, POLLOUT, latest);
		if (r < 0)
			return -ECONNRESET;
	}
	return 0;
}

/* ---- one exchange ---- */

static int await(struct tcp *t, hj_usec until)
{
	ssize_t n;
	int r = 0;

	while (r == 0 && hj_now().mono < until) {
		r = wait_for(t, POLLIN, until);
		if (r == 0)
			r = take(t, &n);
	}
	if (r == 1)
		return t->mbap.outcome;
	if (r == 0) {
		t->silent++;
		hj_mbap_give_up(&t->mbap);
	}
	return r < 0 ? r : -ETIMEDOUT;
}

static void tell(struct tcp *t, int r, hj_usec sent_at, struct bus_answer *ret)
{
	const struct hj_mbap *m = &t->mbap;

	if (r == 0 || r == -EREMOTEIO || r == -EBADMSG) {
		ret->is = m->answer;
		memcpy(ret->received, m->received, m->received_length);
		ret->received_length = m->received_length;
		ret->turnaround = t->first_at > sent_at ? t->first_at - sent_at : 1;
	} else {
		ret->is.why = r == -ETIMEDOUT ? "no answer" : r == -EPROTO ? "no Modbus TCP" : "port failed";
	}
}

static void tell_junk(struct hj_mbap *m, struct bus_answer *ret)
{
	ret->junk = m->junk;
	ret->junk_is_late = m->junk_is_late;
	memcpy(ret->junk_head, m->junk_head, sizeof(ret->junk_head));
	ret->late_whole = m->late_whole;
	ret->late = m->late;
	hj_mbap_told(m);
}

static int exchange(struct tcp *t, const struct hj_question *q, hj_usec timeout, struct bus_answer *ret)
{
	hj_usec sent_at;
	int n, r = drain(t);

	if (r < 0)
		return r;
	r = hj_mbap_begin(&t->mbap, q, ret->sent);
	if (r < 0)
		return r;
	n = r;
	ret->sent_length = (size_t)n;
	t->first_at = 0;
	r = write_all(t, ret->sent, (size_t)n);
	sent_at = hj_now().mono;
	if (r == 0)
		r = await(t, sent_at + timeout);
	tell(t, r, sent_at, ret);
	return r;
}

static int tcp_open(struct bus *b);

static bool is_end(int r)
{
	return r == -ECONNRESET || r == -EPIPE;
}

/* -ETIMEDOUT would be the meter's. */
static int connect_again(struct tcp *t)
{
	int r = tcp_open(&t->bus);

	return r == -ETIMEDOUT ? -EHOSTUNREACH : r;
}

static bool is_stale(const struct tcp *t)
{
	return t->silent >= SILENT_LEAST && hj_now().mono - t->heard_at > SILENT_LASTS;
}

static int ask_connected(struct tcp *t, const struct hj_question *q, hj_usec timeout, struct bus_answer *ret)
{
	bool was_good = t->good;
	int r = is_stale(t) ? connect_again(t) : 0;

	if (r == 0)
		r = exchange(t, q, timeout, ret);
	if (!is_end(r) || !was_good || (q->function && ret->sent_length))
		return r;
	r = connect_again(t);
	return r < 0 ? r : exchange(t, q, timeout, ret);
}

static void wait_until_free(const struct bus *b)
{
	struct timespec at = { (time_t)(b->free_at / HJ_USEC_PER_SEC), (long)(b->free_at % HJ_USEC_PER_SEC) * 1000 };

	while (hj_now().mono < b->free_at)
		clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &at, NULL);
}

static int tcp_ask(struct bus *b, const struct hj_question *q, hj_usec timeout, struct bus_answer *ret)
{
	struct tcp *t = tcp_of(b);
	int r;

	memset(ret, 0, sizeof(*ret));
	ret->is.why = "port closed";
	if (!b->is_open)
		return -EIO;
	wait_until_free(b);
	ret->is.why = "port failed";
	r = ask_connected(t, q, timeout, ret);
	tell_junk(&t->mbap, ret);
	b->free_at = hj_now().mono + (hj_usec)t->conf->gap * HJ_USEC_PER_MS;
	if (r != -EINVAL)
		return r;
	ret->is.why = "no such question in this protocol";
	return -EBADMSG;
}

/* ---- open, and what comes unasked ---- */

static int on_idle(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct tcp *t = userdata;
	ssize_t n;

	(void)source;
	(void)fd;
	(void)events;
	if (take(t, &n) < 0) {
		hj_info("bus %s: %s has ended the connection", t->conf->name, t->conf->host);
		t->turned = !t->good && hj_now().mono - t->heard_at < BUS_TURNED_WITHIN;
		tcp_close(&t->bus);
	}
	return 0;
}

static int tcp_open(struct bus *b)
{
	struct tcp *t = tcp_of(b);
	int r;

	tcp_close(b);
	if (t->turned) {
		t->turned = false;
		return -ECONNRESET;
	}
	r = bus_socket_connect(t->conf->host, t->conf->tcp_port);
	if (r < 0)
		return r;
	t->fd = r;
	r = t->event ? bus_hear(t->event, t->fd, on_idle, t, &t->idle) : 0;
	if (r < 0) {
		tcp_close(b);
		return r;
	}
	hj_mbap_connected(&t->mbap);
	t->heard_at = hj_now().mono;
	t->good = false;
	t->silent = 0;
	b->is_open = true;
	return 0;
}

static int tcp_attach(struct bus *b, sd_event *event, bus_pushed_fn pushed, void *userdata)
{
	(void)pushed; /* a server that speaks unasked is not for us */
	(void)userdata;
	tcp_of(b)->event = sd_event_ref(event);
	return 0;
}

static void tcp_free(struct bus *b)
{
	tcp_close(b);
	sd_event_unref(tcp_of(b)->event);
	free(b);
}

int bus_tcp_new(const struct hj_conf_bus *conf, struct bus **ret)
{
	static const struct bus_ops ops = {
		.open = tcp_open, .close = tcp_close, .ask = tcp_ask, .free = tcp_free, .attach = tcp_attach
	};
	struct tcp *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->bus.ops = &ops;
	t->conf = conf;
	t->fd = -1;
	*ret = &t->bus;
	return 0;
}
