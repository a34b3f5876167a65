/* A daemon's connection to another daemon. It connects by itself, comes back by itself, and hands every answer to the
 * function that waits for it; what is outstanding when the connection goes is answered with "hjgate.Disconnected".
 * Functions that are called from here may call anything, also hj_ipc_client_drop() and _free(): `busy` keeps the
 * struct until the outermost turn is over, and `turn` tells it that the connection it worked on is another by now. */
#include "hjgate/ipc_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#define BACK_OFF_FIRST_USEC 100000
#define BACK_OFF_MOST_USEC  2000000
#define TIMER_ACCURACY_USEC 10000
#define READ_BYTES          16384
#define OUT_MOST_BYTES      (4 * HJ_IPC_MESSAGE_MAX)
#define KEEP_BYTES          4096u /* of an empty buffer */

struct pending {
	hj_ipc_reply_fn fn;
	void *userdata;
	bool more;
};

struct hj_ipc_client {
	sd_event *event;
	struct sockaddr_un to;
	const struct hj_ipc_client_events *events;
	void *userdata;
	int fd; /* -1 while down */
	sd_event_source *io, *retry;
	uint64_t back_off;
	struct hj_ipc_frame frame;
	struct hj_buf out;
	struct pending pending[HJ_IPC_CALLS_MAX]; /* a ring */
	unsigned first, count;
	unsigned busy, turn;
	bool freed;
};

static int connect_soon(struct hj_ipc_client *c, uint64_t usec);
static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata);

static void release(struct hj_ipc_client *c)
{
	if (--c->busy || !c->freed)
		return;
	sd_event_unref(c->event);
	free(c);
}

static void disconnect(struct hj_ipc_client *c)
{
	c->io = sd_event_source_disable_unref(c->io);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->turn++;
	hj_ipc_frame_done(&c->frame);
	hj_buf_done(&c->out);
}

static struct pending take_pending(struct hj_ipc_client *c)
{
	struct pending p = c->pending[c->first];

	c->first = (c->first + 1) % HJ_IPC_CALLS_MAX;
	c->count--;
	return p;
}

/* The connection is gone; the calls outstanding at this moment are answered (what is called may not add any: it is
 * down). */
static void lose(struct hj_ipc_client *c)
{
	if (c->fd < 0)
		return;
	c->busy++;
	disconnect(c);
	while (c->count && !c->freed) {
		struct pending p = take_pending(c);

		if (p.fn)
			p.fn("hjgate.Disconnected", NULL, false, p.userdata);
	}
	if (!c->freed && c->events && c->events->down)
		c->events->down(c->userdata);
	if (!c->freed)
		connect_soon(c, hj_max(c->back_off, (uint64_t)BACK_OFF_FIRST_USEC));
	release(c);
}

static int try_connect(struct hj_ipc_client *c)
{
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0 || connect(fd, (struct sockaddr *)&c->to, sizeof(c->to)) < 0)
		return -errno;
	r = sd_event_add_io(c->event, &c->io, fd, EPOLLIN, on_io, c);
	if (r < 0)
		return r;
	c->fd = fd;
	fd = -1;
	return 0;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct hj_ipc_client *c = userdata;

	c->back_off = hj_min(2 * c->back_off, (uint64_t)BACK_OFF_MOST_USEC);
	if (try_connect(c) < 0) {
		connect_soon(c, c->back_off);
		return 0;
	}
	c->busy++;
	if (c->events && c->events->up)
		c->events->up(c->userdata);
	release(c);
	return 0;
}

/* The timer is made once: a client that has to come back must not need memory for it. */
static int connect_soon(struct hj_ipc_client *c, uint64_t usec)
{
	int r;

	if (!c->retry)
		return sd_event_add_time_relative(
		        c->event, &c->retry, CLOCK_MONOTONIC, usec, TIMER_ACCURACY_USEC, on_retry, c);
	r = sd_event_source_set_time_relative(c->retry, usec);
	return r < 0 ? r : sd_event_source_set_enabled(c->retry, SD_EVENT_ONESHOT);
}

int hj_ipc_client_new(sd_event *event, const char *path, const struct hj_ipc_client_events *events, void *userdata,
        struct hj_ipc_client **ret)
{
	struct hj_ipc_client *c;
	int r;

	if (strlen(path) >= sizeof(c->to.sun_path))
		return -ENAMETOOLONG;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	*c = (struct hj_ipc_client){ .event = sd_event_ref(event), .events = events, .userdata = userdata, .fd = -1 };
	c->back_off = BACK_OFF_FIRST_USEC / 2; /* on_retry() doubles it */
	c->to.sun_family = AF_UNIX;
	memcpy(c->to.sun_path, path, strlen(path) + 1);
	r = connect_soon(c, 0);
	if (r < 0) {
		hj_ipc_client_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

/* Outstanding calls are forgotten: who frees the client wants no more answers. */
void hj_ipc_client_free(struct hj_ipc_client *c)
{
	if (!c)
		return;
	c->busy++;
	c->freed = true;
	c->retry = sd_event_source_disable_unref(c->retry);
	disconnect(c);
	release(c);
}

bool hj_ipc_client_is_up(const struct hj_ipc_client *c)
{
	return c->fd >= 0;
}

void hj_ipc_client_drop(struct hj_ipc_client *c)
{
	lose(c);
}

/* ---- writing ---- */

static void update(struct hj_ipc_client *c)
{
	sd_event_source_set_io_events(c->io, c->out.len ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/* An error is left to epoll, which tells it at the next turn: nobody who calls loses the connection under his feet.
 */
static void flush(struct hj_ipc_client *c)
{
	ssize_t n = 0;

	while (c->out.len && n >= 0) {
		n = send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n > 0)
			hj_buf_drop(&c->out, (size_t)n);
	}
	if (!c->out.len && c->out.size > KEEP_BYTES)
		hj_buf_done(&c->out);
	update(c);
}

static json_t *make_call(const char *method, json_t *parameters, int flags)
{
	json_t *message =
	        json_pack("{s:s, s:o}", "method", method, "parameters", parameters ? parameters : json_object());

	if (message && (flags & HJ_IPC_MORE))
		json_object_set_new(message, "more", json_true());
	if (message && (flags & HJ_IPC_ONEWAY))
		json_object_set_new(message, "oneway", json_true());
	return message;
}

int hj_ipc_client_call(struct hj_ipc_client *c, const char *method, json_t *parameters, int flags, hj_ipc_reply_fn fn,
        void *userdata)
{
	_cleanup_json_ json_t *message = make_call(method, parameters, flags);
	bool idle = !c->out.len;
	size_t len = c->out.len;
	int r;

	if (!message)
		return -ENOMEM;
	if (c->fd < 0)
		return -ENOTCONN;
	if (c->count >= HJ_IPC_CALLS_MAX)
		return -ENOBUFS;
	r = hj_ipc_encode(message, &c->out);
	if (r < 0)
		return r;
	if (c->out.len > OUT_MOST_BYTES) {
		c->out.len = len;
		return -ENOBUFS;
	}
	if (!(flags & HJ_IPC_ONEWAY))
		c->pending[(c->first + c->count++) % HJ_IPC_CALLS_MAX] =
		        (struct pending){ fn, userdata, flags & HJ_IPC_MORE };
	if (idle)
		flush(c);
	return 0;
}

/* ---- reading ---- */

/* -EPROTO: an answer to nothing, or one that goes on although nobody asked for more. */
static int deliver(struct hj_ipc_client *c, json_t *message)
{
	const char *error = json_string_value(json_object_get(message, "error"));
	json_t *parameters = json_object_get(message, "parameters");
	bool continues = !error && json_is_true(json_object_get(message, "continues"));
	_cleanup_json_ json_t *empty = NULL;
	struct pending p;

	if (!c->count || (continues && !c->pending[c->first].more))
		return -EPROTO;
	if (!json_is_object(parameters))
		parameters = empty = json_object();
	/* A server that is there only to refuse, as one that is full does, is not asked ten times a second. */
	if (!error)
		c->back_off = BACK_OFF_FIRST_USEC / 2;
	p = continues ? c->pending[c->first] : take_pending(c);
	if (p.fn)
		p.fn(error, parameters, continues, p.userdata);
	return 0;
}

/* False when the connection is over, or is another by now. */
static bool take_messages(struct hj_ipc_client *c)
{
	unsigned turn = c->turn;

	for (;;) {
		_cleanup_json_ json_t *message = NULL;
		int r = hj_ipc_frame_next(&c->frame, &message, NULL);

		if (!r)
			return true;
		if (r > 0)
			r = deliver(c, message);
		if (c->freed || c->turn != turn)
			return false;
		if (r < 0) {
			lose(c);
			return false;
		}
	}
}

static void take_bytes(struct hj_ipc_client *c)
{
	char bytes[READ_BYTES];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || hj_ipc_frame_put(&c->frame, bytes, (size_t)n) < 0) {
		lose(c);
		return;
	}
	take_messages(c);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct hj_ipc_client *c = userdata;

	c->busy++;
	if (revents & EPOLLOUT)
		flush(c);
	if (revents & EPOLLIN)
		take_bytes(c);
	else if (revents & (EPOLLHUP | EPOLLERR))
		lose(c);
	release(c);
	return 0;
}
