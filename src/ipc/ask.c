/* Asking one thing and waiting for the answer: for the command and for tests, which have nothing else to do
 * meanwhile. The whole wait is bounded by the caller's time, however slowly the bytes come. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

#include "hjgate/ipc_client.h"

#define SEND_SECONDS 2 /* for a full backlog, or a server that does not read */
#define READ_BYTES   16384

int hj_ipc_ask_open(const char *path, struct hj_ipc_ask *ret)
{
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval wait = { .tv_sec = SEND_SECONDS };
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	memcpy(to.sun_path, path, strlen(path) + 1);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0 ||
	        connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	*ret = (struct hj_ipc_ask){ .fd = fd };
	fd = -1;
	return 0;
}

void hj_ipc_ask_close(struct hj_ipc_ask *a)
{
	hj_closep(&a->fd);
	hj_ipc_frame_done(&a->frame);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int say(struct hj_ipc_ask *a, const char *method, json_t *parameters, bool more)
{
	_cleanup_json_ json_t *message =
	        json_pack("{s:s, s:o}", "method", method, "parameters", parameters ? parameters : json_object());
	_cleanup_(hj_buf_done) struct hj_buf out = { .data = NULL };
	int r;

	if (!message || (more && json_object_set_new(message, "more", json_true()) < 0))
		return -ENOMEM;
	r = hj_ipc_encode(message, &out);
	for (size_t done = 0; !r && done < out.len;) {
		ssize_t n = send(a->fd, out.data + done, out.len - done, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return r;
}

static int wait_bytes(struct hj_ipc_ask *a, int64_t until)
{
	struct pollfd p = { .fd = a->fd, .events = POLLIN };
	int64_t left = until < 0 ? -1 : hj_max(until - now_ms(), (int64_t)0);
	char bytes[READ_BYTES];
	ssize_t n;
	int r;

	r = poll(&p, 1, (int)left);
	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	if (!r)
		return -ETIMEDOUT;
	n = recv(a->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (!n)
		return -ECONNRESET;
	return hj_ipc_frame_put(&a->frame, bytes, (size_t)n);
}

int hj_ipc_ask_next(struct hj_ipc_ask *a, int timeout_ms, json_t **ret, bool *ret_continues)
{
	int64_t until = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	_cleanup_json_ json_t *message = NULL;
	json_t *parameters;
	int r;

	while (!(r = hj_ipc_frame_next(&a->frame, &message, NULL))) {
		r = wait_bytes(a, until);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	if (json_object_get(message, "error")) {
		*ret_continues = false;
		*ret = hj_steal(message);
		return -EREMOTEIO;
	}
	*ret_continues = json_is_true(json_object_get(message, "continues"));
	parameters = json_object_get(message, "parameters");
	*ret = json_is_object(parameters) ? json_incref(parameters) : json_object();
	return 0;
}

/* Who is turned away finds in the socket why, although nobody reads what he asks. */
static int said(struct hj_ipc_ask *a, int r)
{
	if (r != -EPIPE && r != -ECONNRESET)
		return r;
	while (!hj_ipc_frame_waits(&a->frame))
		if (wait_bytes(a, 0) < 0)
			return r;
	return 0;
}

int hj_ipc_ask_more(struct hj_ipc_ask *a, const char *method, json_t *parameters)
{
	return said(a, say(a, method, parameters, true));
}

int hj_ipc_ask(struct hj_ipc_ask *a, const char *method, json_t *parameters, int timeout_ms, json_t **ret)
{
	bool continues;
	int r;

	r = said(a, say(a, method, parameters, false));
	if (r < 0)
		return r;
	return hj_ipc_ask_next(a, timeout_ms, ret, &continues);
}
