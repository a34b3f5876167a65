/* Serving on a serial line. The port is opened by libmodbus, as those that we ask on; bytes are taken as they come.
 * An answer waits until the line has been silent for 3.5 characters, as every unit must. Other units may hang on the
 * line and others may ask them: that is passed over. */
#include "bus_listen.h"
#include "bus_rs485.h"

#include <errno.h>
#include <modbus/modbus.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "hjgate/now.h"

#define SILENCE_CHARS_X2 7     /* 3.5 characters between two frames */
#define SILENCE_LEAST_US 1750  /* above 19200 baud: Modbus over serial line V1.02, 2.5.1.1 */
#define BUNCH_US         20000 /* an adapter may hold bytes back for so long and hand them on in a bunch */

struct listen_way {
	struct listen *of;
	modbus_t *ctx;
	struct hj_serve serve;
	hj_usec silence;
	uint8_t answer[HJ_SERVE_TCP_MAX];
	size_t answer_length; /* not sent yet */
	uint64_t unanswered;
	hj_usec answer_at;
	sd_event_source *io, *timer;
};

static hj_usec char_us(const struct hj_conf_bus *c)
{
	int64_t bits = 1 + c->data_bits + c->stop_bits + (c->parity != 'N');

	return (hj_usec)((bits * (int64_t)HJ_USEC_PER_SEC + c->baud - 1) / c->baud);
}

static void line_close(struct listen_way *w)
{
	sd_event_source_disable_unref(w->io);
	sd_event_source_disable_unref(w->timer);
	if (w->ctx) {
		modbus_close(w->ctx);
		modbus_free(w->ctx);
	}
	free(w);
}

/* TIOCEXCL holds off everybody but root; the lock holds off another of us that runs as root. */
static int claim(modbus_t *ctx)
{
	int fd = modbus_get_socket(ctx);

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (ioctl(fd, TIOCEXCL) < 0)
		return -errno;
	return modbus_flush(ctx) < 0 ? -errno : 0;
}

static void arm(struct listen_way *w)
{
	hj_usec at = hj_serve_due(&w->serve);

	if (w->answer_length)
		at = hj_min(at, w->answer_at);
	if (at == HJ_USEC_NEVER) {
		sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(w->timer, at);
	sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
}

/* Everything that is whole by now. An answer that has not gone out yet when the next request is there is too late for
 * anybody. */
static void take_requests(struct listen_way *w, hj_usec now)
{
	struct hj_serve_request q;

	while (hj_serve_next(&w->serve, now, &q) == 1) {
		w->unanswered += w->answer_length > 0;
		w->answer_length = listen_respond(w->of, HJ_SERVE_RTU, &q, w->answer);
		w->answer_at = w->serve.last + w->silence;
	}
}

static int send_answer(struct listen_way *w, hj_usec now)
{
	enum hj_rs485 mode = w->of->conf->rs485;
	int fd = modbus_get_socket(w->ctx), r = bus_rs485_is_ours(mode) ? bus_rs485_send(fd, mode) : 0;
	ssize_t n = r < 0 ? 0 : write(fd, w->answer, w->answer_length);

	if (n < 0 && errno != EAGAIN)
		r = -errno;
	w->unanswered += n != (ssize_t)w->answer_length;
	if (r >= 0 && bus_rs485_is_ours(mode))
		r = bus_rs485_receive(fd, mode, now + w->answer_length * w->serve.char_us);
	hj_serve_sent(&w->serve, w->answer, w->answer_length, now);
	w->answer_length = 0;
	return r;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct listen_way *w = userdata;
	hj_usec now = hj_now().mono;
	int r = 0;

	(void)source;
	(void)usec;
	take_requests(w, now);
	if (w->answer_length && now >= w->answer_at)
		r = send_answer(w, now);
	if (r < 0)
		listen_lost(w->of, r);
	else
		arm(w);
	return 0;
}

static int on_bytes(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct listen_way *w = userdata;
	uint8_t bytes[LISTEN_READ], *p = bytes;
	ssize_t n = read(fd, bytes, sizeof(bytes));
	hj_usec now = hj_now().mono;

	(void)source;
	if (n < 0 && (errno == EAGAIN || errno == EINTR) && !(events & (EPOLLHUP | EPOLLERR)))
		return 0;
	if (n <= 0) {
		listen_lost(w->of, n < 0 ? -errno : -EIO);
		return 0;
	}
	while (n > 0) {
		size_t k = hj_serve_put(&w->serve, p, (size_t)n, now);

		p += k;
		n -= (ssize_t)k;
		take_requests(w, now);
	}
	arm(w);
	return 0;
}

static int connect_port(struct listen_way *w)
{
	const struct hj_conf_bus *c = w->of->conf;
	int r;

	w->ctx = modbus_new_rtu(c->port, (int)c->baud, c->parity, (int)c->data_bits, (int)c->stop_bits);
	if (!w->ctx)
		return errno ? -errno : -ENOMEM;
	if (modbus_connect(w->ctx) < 0)
		return -errno;
	r = claim(w->ctx);
	return r < 0 ? r : bus_rs485_setup(modbus_get_socket(w->ctx), c->rs485);
}

static int watch(struct listen_way *w)
{
	int r = bus_hear(w->of->event, modbus_get_socket(w->ctx), on_bytes, w, &w->io);

	if (r < 0)
		return r;
	r = sd_event_add_time(w->of->event, &w->timer, CLOCK_BOOTTIME, 0, 1, on_timer, w);
	return r < 0 ? r : sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
}

static int line_open(struct listen *l, struct listen_way **ret)
{
	hj_usec one = char_us(l->conf);
	struct listen_way *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->of = l;
	w->silence = hj_max(one * SILENCE_CHARS_X2 / 2, (hj_usec)SILENCE_LEAST_US);
	hj_serve_init(&w->serve, HJ_SERVE_RTU, w->silence + BUNCH_US, one);
	listen_add_units(l, &w->serve);
	if (l->conf->echo == HJ_ECHO_OFF)
		w->serve.echo_misses = HJ_SERVE_ECHO_MISSES;
	r = connect_port(w);
	if (r >= 0)
		r = watch(w);
	if (r < 0) {
		line_close(w);
		return r;
	}
	*ret = w;
	return 0;
}

static void line_traffic(const struct listen_way *w, struct bus_traffic *ret)
{
	ret->unanswered += w->unanswered;
	ret->foreign += w->serve.counts.foreign;
	ret->broken += w->serve.counts.broken;
	ret->broken_bytes += w->serve.counts.junk;
}

const struct listen_ops listen_line = { line_open, line_close, line_traffic };
