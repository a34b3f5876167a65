/* getaddrinfo() blocks, for as long as name servers do not answer, and a daemon that owes its platform
 * acknowledgements must not. So a name is looked up by a thread of its own, which shares nothing with us but one
 * request: whoever of the two finishes last frees it. The thread writes one byte to a pipe. (glibc's getaddrinfo_a()
 * would start threads too, and cannot be waited for in an event loop.) */
#include "resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hjgate/cleanup.h"
#include "hjgate/thread.h"

/* Owned by the thread and by `struct resolve`, until both have let go. */
struct request {
	atomic_int owners;
	char host[256], port[8];
	int wake; /* the pipe's writing end */
	int result;
	struct addrinfo *found;
};

struct resolve {
	struct request *request;
	sd_event_source *source;
	int pipe;
	resolve_fn fn;
	void *userdata;
};

static void request_unref(struct request *q)
{
	if (atomic_fetch_sub(&q->owners, 1) > 1)
		return;
	close(q->wake);
	if (q->found)
		freeaddrinfo(q->found);
	free(q);
}

static int look_up(const char *host, const char *port, int flags, struct addrinfo **ret)
{
	const struct addrinfo hints = { .ai_flags = flags | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };

	return getaddrinfo(host, port, &hints, ret);
}

static void *thread(void *data)
{
	struct request *q = data;

	q->result = look_up(q->host, q->port, AI_ADDRCONFIG, &q->found);
	if (q->result)
		q->found = NULL;
	if (write(q->wake, "", 1) < 0)
		q->result = EAI_SYSTEM; /* nobody listens any more */
	request_unref(q);
	return NULL;
}

void resolve_cancel(struct resolve *r)
{
	if (!r)
		return;
	sd_event_source_disable_unref(r->source);
	close(r->pipe);
	request_unref(r->request);
	free(r);
}

static int on_found(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct resolve *r = userdata;
	struct addrinfo *found = hj_steal(r->request->found);
	const char *error = r->request->result ? gai_strerror(r->request->result) : "";
	resolve_fn fn = r->fn;
	void *data = r->userdata;

	resolve_cancel(r);
	fn(found, error, data);
	return 0;
}

static int start_request(const char *host, const char *port, struct request **ret, int *ret_pipe)
{
	struct request *q = calloc(1, sizeof(*q));
	int ends[2], r;

	if (!q)
		return -ENOMEM;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
		free(q);
		return -errno;
	}
	snprintf(q->host, sizeof(q->host), "%s", host);
	snprintf(q->port, sizeof(q->port), "%s", port);
	q->wake = ends[1];
	atomic_init(&q->owners, 2);
	r = hj_thread_start(thread, q);
	if (r < 0) {
		atomic_init(&q->owners, 1);
		request_unref(q);
		close(ends[0]);
		return r;
	}
	*ret = q;
	*ret_pipe = ends[0];
	return 0;
}

int resolve_start(
        sd_event *event, const char *host, unsigned port, resolve_fn fn, void *userdata, struct resolve **ret)
{
	struct addrinfo *found = NULL;
	struct resolve *r;
	char text[8];
	int k;

	*ret = NULL;
	snprintf(text, sizeof(text), "%u", port);
	if (!look_up(host, text, AI_NUMERICHOST, &found)) {
		fn(found, "", userdata);
		return 0;
	}
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	*r = (struct resolve){ .fn = fn, .userdata = userdata };
	k = start_request(host, text, &r->request, &r->pipe);
	if (k < 0) {
		free(r);
		return k;
	}
	k = sd_event_add_io(event, &r->source, r->pipe, EPOLLIN, on_found, r);
	if (k < 0) {
		resolve_cancel(r);
		return k;
	}
	*ret = r;
	return 0;
}
