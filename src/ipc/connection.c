/* One client's bytes. A message is taken only when the one before it is answered and the answer is written: a client
 * that asks faster than it reads waits in its own socket buffer and costs nobody else anything. A stream is bounded
 * by the number of its unwritten answers; the one beyond ends the connection. One message is taken, or one call goes
 * on, in a turn of the loop: then whoever else waits has his, the watchdog too, however much one client asks for at
 * once. A connection ends in on_io(), or where another needs its place: in turns of the loop of their own,
 * so that nobody who answers a call from elsewhere finds it freed under him. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "server_private.h"

#define READ_BYTES     16384
#define BIG_BYTES      (64u << 10) /* a buffer above this must fit the bound of all together */
#define ALL_BYTES_MAX  (6u << 20)  /* of the buffers of all clients of one server */
#define LONG_BYTES     (4u << 10)  /* what is asked on NAME.look and is longer must fit the bound of all of these */
#define LOOK_BYTES_MAX (1u << 20)  /* of the questions on NAME.look that are not whole: two of the longest */
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

/* A message is there to be taken, now. */
static bool has_message(struct connection *c)
{
	return takes_messages(c) && hj_ipc_frame_waits(&c->frame);
}

/* A hang-up is told by epoll unasked. Bytes are read when no message waits: else a client could fill our memory. */
static void update(struct connection *c)
{
	uint32_t mask = 0;

	c->reads = takes_messages(c) && !c->eof && !has_message(c);
	if (c->out.len || c->kick)
		mask |= EPOLLOUT;
	if (c->reads)
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

void hj_ipc_connection_end(struct connection *c)
{
	c->doomed = true;
	if (c->call)
		hj_ipc_call_leave(c->call, true);
	hj_ipc_connection_free(c);
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
	c->stirred = ++c->server->stirs;
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

static void take_message(struct connection *c)
{
	_cleanup_json_ json_t *message = NULL;
	int r = hj_ipc_frame_next(&c->frame, &message, c->server->why);

	if (!r)
		return;
	if (r == 1) {
		c->server->counts.messages++;
		hj_ipc_dispatch(c, message);
		return;
	}
	hj_ipc_refuse(c, r == -EBADMSG || r == -E2BIG ? c->server->why : "a message above the bound");
	if (r != -EBADMSG)
		hj_ipc_connection_doom(c);
}

/* Who has begun a long question and is silent since then the longest: there are few places for those. */
static struct connection *longest_silent(const struct connection *like, size_t *ret_all)
{
	struct connection *found = NULL;

	*ret_all = 0;
	for (struct connection *each = like->server->connections; each; each = each->next) {
		if (each->listener != like->listener || each->frame.in.size <= LONG_BYTES || each->doomed)
			continue;
		*ret_all += each->frame.in.size;
		if (!found || each->stirred < found->stirred)
			found = each;
	}
	return found;
}

static void bound_questions(struct connection *c)
{
	struct connection *silent;
	size_t all;

	if (c->listener->right != HJ_LOOK || c->frame.in.size <= LONG_BYTES)
		return;
	while ((silent = longest_silent(c, &all)) && all > LOOK_BYTES_MAX) {
		hj_ipc_refuse(silent, "too many long messages at once");
		hj_ipc_connection_doom(silent);
	}
}

static void take_bytes(struct connection *c)
{
	char bytes[READ_BYTES];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->stirred = ++c->server->stirs;
	if (n <= 0)
		c->eof = true;
	else if (hj_ipc_frame_put(&c->frame, bytes, (size_t)n) < 0) {
		hj_ipc_refuse(c, "a message above the bound");
		hj_ipc_connection_doom(c);
	} else if (too_much(c, &c->frame.in)) {
		hj_ipc_refuse(c, "too many long messages at once");
		hj_ipc_connection_doom(c);
	} else {
		bound_questions(c);
	}
}

/* Who has half-closed still gets his answers. Of a hang-up bytes may be left to read: epoll says so where they are
 * waited for. */
static bool finished(const struct connection *c, uint32_t revents)
{
	if (c->doomed)
		return true;
	if ((revents & (EPOLLHUP | EPOLLERR)) && !(revents & EPOLLIN) && (c->reads || !takes_messages(c)))
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
	if (c->call && !c->out.len && !c->doomed) {
		hj_ipc_call_drained(c->call);
	} else if (takes_messages(c)) {
		if ((revents & EPOLLIN) && c->reads)
			take_bytes(c);
		if (takes_messages(c))
			take_message(c);
	}
	c->working = false;
	if (!finished(c, revents)) {
		c->kick = c->kick || has_message(c);
		update(c);
		return 0;
	}
	hj_ipc_connection_end(c);
	return 0;
}

int hj_ipc_connection_new(struct listener *l, int fd, uid_t uid)
{
	/* As many values as anybody asks with; see ipc.h. */
	unsigned most_values = l->right == HJ_LOOK ? HJ_IPC_VALUES_LOOK : HJ_IPC_VALUES_ASKED;
	struct connection *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	*c = (struct connection){ .server = l->server, .listener = l, .next = l->server->connections, .fd = fd };
	c->uid = uid;
	c->stirred = ++l->server->stirs;
	c->reads = true;
	c->frame.most_values = most_values;
	c->out.most = (HJ_IPC_REPLIES_MAX + 1) * HJ_IPC_MESSAGE_MAX;
	r = sd_event_add_io(l->server->event, &c->io, fd, EPOLLIN, on_io, c);
	r = r < 0 ? r : sd_event_source_set_priority(c->io, hj_ipc_priority(l->right));
	if (r < 0) {
		sd_event_source_disable_unref(c->io);
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
