/* Modbus RTU on a serial port, by libmodbus. The port is ours alone. Before each request what lies in the input is
 * thrown away and counted, because a late answer would be taken for that of the next request and every later one
 * would be one behind.
 *
 * Flushing does not help against an answer that is still to come: an RTU answer says its unit, its function and its
 * length, but not which registers it holds. So for a while after a question was not answered, no other question of
 * the same shape is put to that unit (-EAGAIN); the same one may be repeated. Failures of the port are told apart
 * from those of a meter: the caller closes. */
#include "bus.h"

#include <errno.h>
#include <modbus/modbus.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "hjgate/now.h"

/* answers later than this, or 4 response timeouts, are not reckoned with */
#define LATE_MOST        (2 * HJ_USEC_PER_SEC)
#define LATE_KEPT        32
#define SILENCE_CHARS_X2 7     /* 3.5 characters between two frames */
#define SILENCE_LEAST_US 1750  /* above 19200 baud: Modbus over serial line V1.02, 2.5.1.1 */
#define SILENCE_MORE_US  1000  /* for adapters that pass bytes on in bunches */
#define SETTLE_US        20000 /* after a broken answer its rest may still be coming */
#define BYTE_TIMEOUT_MS  100   /* inside an answer; USB adapters make pauses, t1.5 would break them */
#define FILL             0xa5  /* marks what an answer that broke off did not reach */
#define REQUEST_BYTES    8

struct rtu {
	struct bus bus;
	const struct hj_conf_bus *conf;
	modbus_t *ctx;
	hj_usec silence, char_us;
	struct late {
		struct hj_question question;
		hj_usec until; /* an answer may still come */
	} late[LATE_KEPT];
	bool timed_out; /* the transaction before did */
};

static struct rtu *rtu_of(struct bus *b)
{
	return (struct rtu *)b;
}

static hj_usec char_us(const struct hj_conf_bus *c)
{
	int64_t bits = 1 + c->data_bits + c->stop_bits + (c->parity != 'N');

	return (hj_usec)((bits * (int64_t)HJ_USEC_PER_SEC + c->baud - 1) / c->baud);
}

static void rtu_close(struct bus *b)
{
	struct rtu *r = rtu_of(b);

	if (r->ctx) {
		modbus_close(r->ctx);
		modbus_free(r->ctx);
	}
	r->ctx = NULL;
	b->is_open = false;
}

/* TIOCEXCL holds off everybody but root; the lock holds off another of us that runs as root. */
static int claim(struct rtu *r)
{
	int fd = modbus_get_socket(r->ctx);

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (ioctl(fd, TIOCEXCL) < 0)
		return -errno;
	return modbus_flush(r->ctx) < 0 ? -errno : 0;
}

static void set_timeouts(struct rtu *r, hj_usec timeout)
{
	uint64_t us = timeout + REQUEST_BYTES * r->char_us;

	/* Counted from the write, which returns before the request has passed on the wire. */
	modbus_set_response_timeout(r->ctx, (uint32_t)(us / HJ_USEC_PER_SEC), (uint32_t)(us % HJ_USEC_PER_SEC));
	modbus_set_byte_timeout(r->ctx, 0, BYTE_TIMEOUT_MS * HJ_USEC_PER_MS);
	modbus_set_error_recovery(r->ctx, MODBUS_ERROR_RECOVERY_NONE);
}

static int rtu_open(struct bus *b)
{
	struct rtu *r = rtu_of(b);
	const struct hj_conf_bus *c = r->conf;
	int result;

	rtu_close(b);
	r->ctx = modbus_new_rtu(c->port, (int)c->baud, c->parity, (int)c->data_bits, (int)c->stop_bits);
	if (!r->ctx)
		return errno ? -errno : -ENOMEM;
	result = modbus_connect(r->ctx) < 0 ? -errno : claim(r);
	if (result < 0) {
		rtu_close(b);
		return result;
	}
	memset(r->late, 0, sizeof(r->late));
	b->is_open = true;
	b->free_at = hj_now().mono + r->silence;
	return 0;
}

/* What came that nobody waits for: counted, its head kept. */
static int drain(struct rtu *r, struct bus_answer *a)
{
	int fd = modbus_get_socket(r->ctx), waiting = 0;
	uint8_t bytes[BUS_FRAME_MAX];
	ssize_t n;

	if (ioctl(fd, FIONREAD, &waiting) < 0)
		return -errno;
	if (!waiting)
		return 0;
	n = read(fd, bytes, sizeof(bytes));
	if (n < 0)
		return -errno;
	memcpy(a->junk_head, bytes, hj_min((size_t)n, sizeof(a->junk_head)));
	a->junk = hj_max((size_t)waiting, (size_t)n);
	a->junk_is_late = r->timed_out;
	return modbus_flush(r->ctx) < 0 ? -errno : 0;
}

static int send_question(struct rtu *r, const struct hj_question *q, struct bus_answer *a)
{
	int n = hj_protocol_rtu.encode(q, a->sent);

	if (n < 0)
		return n;
	a->sent_length = (size_t)n;
	modbus_set_slave(r->ctx, q->unit_id);
	return modbus_send_raw_request(r->ctx, a->sent, n - 2) < 0 ? -errno : 0; /* adds the same CRC */
}

static int broken(struct bus_answer *a, const char *why)
{
	a->is.why = why;
	return -EBADMSG;
}

/* Up to where the answer came, when the library does not say. */
static void measure(struct bus_answer *a)
{
	a->received_length = sizeof(a->received);
	while (a->received_length && a->received[a->received_length - 1] == FILL)
		a->received_length--;
}

static int receive(struct rtu *r, struct bus_answer *a)
{
	uint8_t bytes[BUS_FRAME_MAX];
	int n, error;

	memset(bytes, FILL, sizeof(bytes));
	n = modbus_receive_confirmation(r->ctx, bytes);
	error = errno;
	memcpy(a->received, bytes, sizeof(a->received));
	measure(a);
	if (n > 0) {
		a->received_length = hj_min((size_t)n, sizeof(a->received));
		return 0;
	}
	if (n == 0)
		return broken(a, "answer of another unit");
	if (error == ETIMEDOUT && a->received_length)
		return broken(a, "answer broke off");
	if (error == ETIMEDOUT) {
		a->is.why = "no answer";
		return -ETIMEDOUT;
	}
	if (error == EMBBADCRC)
		return broken(a, "wrong CRC");
	if (error >= MODBUS_ENOBASE)
		return broken(a, "not an answer");
	a->is.why = "port failed";
	return error ? -error : -EIO;
}

/* May the answer to another question still come, which could be taken for one to this? An exception has the same
 * length for all. */
static bool ambiguous(const struct rtu *r, const struct hj_question *q, bool exception)
{
	hj_usec now = hj_now().mono;

	for (size_t i = 0; i < LATE_KEPT; i++) {
		if (r->late[i].until > now && hj_protocol_rtu.confusable(&r->late[i].question, q, exception))
			return true;
	}
	return false;
}

static void note_unanswered(struct rtu *r, const struct hj_question *q)
{
	hj_usec most = hj_max(LATE_MOST, 4 * (hj_usec)r->conf->response_timeout * HJ_USEC_PER_MS);
	struct late *to = &r->late[0];

	for (size_t i = 0; i < LATE_KEPT; i++) {
		if (r->late[i].until < to->until)
			to = &r->late[i];
		if (hj_question_same(&r->late[i].question, q)) {
			to = &r->late[i];
			break;
		}
	}
	*to = (struct late){ *q, hj_now().mono + most };
}

static int transact(struct rtu *r, const struct hj_question *q, struct bus_answer *a)
{
	int result;

	a->is.why = "port failed";
	result = drain(r, a);
	r->timed_out = false;
	if (result < 0)
		return result;
	result = send_question(r, q, a);
	if (result < 0)
		return result;
	result = receive(r, a);
	if (result == 0)
		result = hj_protocol_rtu.decode(q, a->received, a->received_length, &a->is);
	if (result == -EREMOTEIO && ambiguous(r, q, true))
		result = broken(a, "exception, perhaps to a question before");
	r->timed_out = result == -ETIMEDOUT;
	if (result == -ETIMEDOUT || result == -EBADMSG)
		note_unanswered(r, q);
	return result;
}

static int rtu_ask(struct bus *b, const struct hj_question *q, hj_usec timeout, struct bus_answer *ret)
{
	struct rtu *r = rtu_of(b);
	int result;

	memset(ret, 0, sizeof(*ret));
	if (!b->is_open) {
		ret->is.why = "port closed";
		return -EIO;
	}
	if (ambiguous(r, q, false)) {
		ret->is.why = "a late answer may still come";
		return -EAGAIN;
	}
	set_timeouts(r, timeout);
	result = transact(r, q, ret);
	b->free_at = hj_now().mono + (result == -EBADMSG ? SETTLE_US : r->silence);
	return result;
}

static void rtu_free(struct bus *b)
{
	rtu_close(b);
	free(b);
}

int bus_rtu_new(const struct hj_conf_bus *conf, struct bus **ret)
{
	static const struct bus_ops ops = { .open = rtu_open, .close = rtu_close, .ask = rtu_ask, .free = rtu_free };
	struct rtu *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->bus.ops = &ops;
	r->conf = conf;
	r->char_us = char_us(conf);
	r->silence = hj_max(r->char_us * SILENCE_CHARS_X2 / 2, (hj_usec)SILENCE_LEAST_US) + SILENCE_MORE_US;
	*ret = &r->bus;
	return 0;
}
