/* One client's bytes. A message is taken only when the one before it is answered and the answer is written: a client
 * that asks faster than it reads waits in its own socket buffer and costs nobody else anything. A stream is bounded
 * by the number of its unwritten answers; the one beyond ends the connection. A connection ends in on_io() only, so
 * that nobody who answers a call from elsewhere finds it freed under him. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "server_private.h"

#define READ_BYTES     16384
#define BIG_BYTES      (64u << 10) /* a buffer above this must fit the bound of all together */
#define ALL_BYTES_MAX  (6u << 20)  /* of the buffers of all clients of one server */
#define OUT_KEEP_BYTES 4096u       /* of an empty buffer */

void hj_ipc_connection_free(struct connection *c)
{
	struct hj_ipc_server *s = c->server;

	sd_event_source_disable_unref(c->io);
	close(c->fd);
	hj_ipc_frame_done(&c->frame);
	hj_buf_done(&c->out);
	if (c->before)
		c->before->next = c->next;
	else
		s->connections = c->next;
	if (c->next)
		c->next->before = c->before;
	s->counts.now--;
	c->listener->now--;
	free(c);
	if (!s->counts.now && s->on_empty)
		s->on_empty(s->userdata);
}

static bool takes_messages(const struct connection *c)
{
	return !c->call && !c->out.len && !c->doomed;
}

/* A hang-up is told by epoll unasked. */
static void update(struct connection *c)
{
	uint32_t mask = 0;

	if (c->out.len || c->kick)
		mask |= EPOLLOUT;
	if (takes_messages(c) && !c->eof)
		mask |= EPOLLIN;
	sd_event_source_set_io_events(c->io, mask);
}

/* An idle socket is always writable: asking for that is asking for a turn, and one that waits while the client's
 * buffer is full. */
void hj_ipc_connection_want(struct connection *c)
{
	c->kick = true;
	if (!c->working)
		update(c);
}

void hj_ipc_connection_go_on(struct connection *c)
{
	if (c->working)
		return;
	if (c->frame.in.len || c->eof)
		c->kick = true;
	update(c);
}

/* shutdown() makes epoll say so, which brings on_io(). */
void hj_ipc_connection_doom(struct connection *c)
{
	c->doomed = true;
	shutdown(c->fd, SHUT_RDWR);
}

/* Many clients that are each within their bounds may still be too much for a small machine: the one that wants more
 * goes. */
static bool too_much(const struct connection *c, const struct hj_buf *grown)
{
	size_t all = 0;

	if (grown->size <= BIG_BYTES)
		return false;
	for (const struct connection *each = c->server->connections; each; each = each->next)
		all += each->frame.in.size + each->out.size;
	return all > ALL_BYTES_MAX;
}

static void written(struct connection *c, size_t n)
{
	for (const char *p = c->out.data, *end = p + n; p < end && (p = memchr(p, 0, (size_t)(end - p))); p++)
		c->queued--;
	hj_buf_drop(&c->out, n);
	if (!c->out.len && c->out.size > OUT_KEEP_BYTES)
		hj_buf_done(&c->out);
}

static void flush(struct connection *c)
{
	while (c->out.len) {
		ssize_t n = send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			hj_ipc_connection_doom(c);
		if (n < 0)
			return;
		written(c, (size_t)n);
	}
}

/* -EPIPE where nothing can be sent any more, or too much waits already. */
static int begin_message(struct connection *c)
{
	if (c->doomed)
		return -EPIPE;
	if (c->queued >= HJ_IPC_REPLIES_MAX || too_much(c, &c->out)) {
		c->server->counts.dropped++;
		hj_ipc_connection_doom(c);
		return -EPIPE;
	}
	return 0;
}

static int end_message(struct connection *c, bool idle)
{
	c->queued++;
	if (idle)
		flush(c);
	if (!c->working)
		update(c);
	return c->doomed ? -EPIPE : 0;
}

int hj_ipc_connection_send(struct connection *c, const json_t *message)
{
	bool idle = !c->out.len;
	int r = begin_message(c);

	r = r < 0 ? r : hj_ipc_encode(message, &c->out);
	return r < 0 ? r : end_message(c, idle);
}

int hj_ipc_connection_send_text(struct connection *c, const char *parameters, size_t n, bool continues)
{
	static const char begin[] = "{\"parameters\":", more[] = ",\"continues\":true}", last[] = "}";
	bool idle = !c->out.len;
	size_t before = c->out.len;
	int r = begin_message(c);

	if (r >= 0 && n + sizeof(begin) + sizeof(more) > HJ_IPC_MESSAGE_MAX)
		r = -EMSGSIZE;
	r = r < 0 ? r : hj_buf_put(&c->out, begin, sizeof(begin) - 1);
	r = r < 0 ? r : hj_buf_put(&c->out, parameters, n);
	/* With the NUL that ends a message. */
	r = r < 0 ? r : hj_buf_put(&c->out, continues ? more : last, continues ? sizeof(more) : sizeof(last));
	if (r < 0) {
		c->out.len = before;
		return r;
	}
	return end_message(c, idle);
}

static void take_messages(struct connection *c)
{
	c->working = true;
	while (takes_messages(c)) {
		_cleanup_json_ json_t *message = NULL;
		int r = hj_ipc_frame_next(&c->frame, &message, c->server->why);

		if (!r)
			break;
		if (r == 1) {
			c->server->counts.messages++;
			hj_ipc_dispatch(c, message);
		} else if (r == -EBADMSG) {
			hj_ipc_refuse(c, c->server->why);
		} else {
			hj_ipc_refuse(c, "a message above the bound");
			hj_ipc_connection_doom(c);
		}
	}
	c->working = false;
}

static void take_bytes(struct connection *c)
{
	char bytes[READ_BYTES];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		c->eof = true;
	else if (hj_ipc_frame_put(&c->frame, bytes, (size_t)n) < 0) {
		hj_ipc_refuse(c, "a message above the bound");
		hj_ipc_connection_doom(c);
	} else if (too_much(c, &c->frame.in)) {
		hj_ipc_refuse(c, "too many long messages at once");
		hj_ipc_connection_doom(c);
	}
}

/* Who has half-closed still gets his answers. */
static bool finished(const struct connection *c, uint32_t revents)
{
	if (c->doomed)
		return true;
	if ((revents & (EPOLLHUP | EPOLLERR)) && !(revents & EPOLLIN))
		return true;
	return c->eof && takes_messages(c);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct connection *c = userdata;

	c->kick = false;
	c->working = true;
	if (revents & EPOLLOUT)
		flush(c);
	if (c->call && !c->out.len && !c->doomed)
		hj_ipc_call_drained(c->call);
	if ((revents & EPOLLIN) && takes_messages(c))
		take_bytes(c);
	take_messages(c);
	if (!finished(c, revents)) {
		update(c);
		return 0;
	}
	c->doomed = true;
	if (c->call)
		hj_ipc_call_leave(c->call, true);
	hj_ipc_connection_free(c);
	return 0;
}

int hj_ipc_connection_new(struct listener *l, int fd)
{
	struct ucred who = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(who);
	struct connection *c;
	int r;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return -errno;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	*c = (struct connection){ .server = l->server, .listener = l, .next = l->server->connections, .fd = fd };
	c->uid = who.uid;
	c->out.most = (HJ_IPC_REPLIES_MAX + 1) * HJ_IPC_MESSAGE_MAX;
	r = sd_event_add_io(l->server->event, &c->io, fd, EPOLLIN, on_io, c);
	if (r < 0) {
		free(c);
		return r;
	}
	if (c->next)
		c->next->before = c;
	l->server->connections = c;
	l->server->counts.connections++;
	l->server->counts.now++;
	l->now++;
	return 0;
}
