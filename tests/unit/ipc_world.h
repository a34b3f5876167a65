/* A server and what asks it in one loop, for the tests of both. Raw clients are blocking sockets of the test itself,
 * read without waiting between turns of the loop. What a test does not use of it costs nothing. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "hjgate/ipc_client.h"
#include "hjgate/ipc_server.h"

#define WAIT_MS 60000

struct world {
	sd_event *event;
	struct hj_ipc_server *server;
	char folder[64], path[3][96];
	int listening[3]; /* look, change, peer; the server's */
	/* what the methods leave behind */
	struct hj_ipc_call *kept;
	unsigned asked, refused, drained, left;
	int more_result;
	char why[160];
};

/* ---- the service under test ---- */

static inline int say(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct world *w = userdata;

	w->asked++;
	return hj_ipc_reply(call, json_incref(parameters));
}

static inline int fails(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	return -ENOSPC;
}

static inline int forgets(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	return 0;
}

static inline int who(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	return hj_ipc_reply(call,
	        json_pack("{s:i, s:i}", "uid", (int)hj_ipc_call_uid(call), "right", (int)hj_ipc_call_right(call)));
}

static inline int later(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct world *w = userdata;

	w->asked++;
	w->kept = hj_ipc_call_ref(call);
	return 0;
}

static inline int huge(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	char *text = calloc(1, HJ_IPC_MESSAGE_MAX + 1);
	json_t *answer;
	int r;

	memset(text, 'x', HJ_IPC_MESSAGE_MAX);
	answer = json_pack("{s:s}", "text", text);
	free(text);
	r = hj_ipc_reply(call, answer);
	assert_int_equal(r, -EMSGSIZE);
	return 0;
}

static const struct hj_ipc_interface test_interface = {
	.name = "hjgate.Test",
	.description = "interface hjgate.Test\n",
	.methods =
	        (const struct hj_ipc_method[]){
	                { "Say", HJ_ANY_RIGHT, say },
	                { "Fails", HJ_ANY_RIGHT, fails },
	                { "Forgets", HJ_ANY_RIGHT, forgets },
	                { "Who", HJ_ANY_RIGHT, who },
	                { "Later", HJ_ANY_RIGHT, later },
	                { "Huge", HJ_ANY_RIGHT, huge },
	                { "Change", HJ_CHANGE, say },
	                { "Peer", HJ_PEER, say },
	                { "Two", HJ_ANY_RIGHT, say },
	                { "Root", HJ_PEER, say },
	                { "Forgotten", HJ_PEER, say },
	                { NULL, 0, NULL },
	        },
	.peers =
	        (const struct hj_ipc_peer[]){
	                { "Peer", { "hjtest-one", "hjtest-two" } },
	                { "Two", { "hjtest-two" } },
	                { "Root", { NULL } },
	                { NULL, { NULL } },
	        },
};
static const struct hj_ipc_interface *const interfaces[] = { &test_interface, NULL };

/* ---- the world ---- */

static inline void on_refused(enum hj_right right, const char *why, void *userdata)
{
	struct world *w = userdata;

	w->refused++;
	snprintf(w->why, sizeof(w->why), "%s", why);
}

static inline int listen_at(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(listen(fd, 128), 0);
	return fd;
}

static inline void serve(struct world *w)
{
	static const enum hj_right rights[] = { HJ_LOOK, HJ_CHANGE, HJ_PEER };

	assert_int_equal(hj_ipc_server_new(w->event, interfaces, w, &w->server), 0);
	hj_ipc_server_on_refused(w->server, on_refused);
	for (int i = 0; i < 3; i++) {
		w->listening[i] = listen_at(w->path[i]);
		assert_int_equal(hj_ipc_server_add(w->server, w->listening[i], rights[i]), 0);
	}
}

static inline int setup(void **state)
{
	static const char *const names[] = { "look", "change", "peer" };
	struct world *w = calloc(1, sizeof(*w));

	strcpy(w->folder, "/tmp/hj-ipc-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	for (int i = 0; i < 3; i++)
		snprintf(w->path[i], sizeof(w->path[i]), "%s/t.%s", w->folder, names[i]);
	assert_true(sd_event_new(&w->event) >= 0);
	serve(w);
	*state = w;
	return 0;
}

static inline int teardown(void **state)
{
	struct world *w = *state;

	w->kept = hj_ipc_call_unref(w->kept);
	hj_ipc_server_free(w->server);
	sd_event_unref(w->event);
	for (int i = 0; i < 3; i++)
		unlink(w->path[i]);
	rmdir(w->folder);
	free(w);
	return 0;
}

static inline int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Turns the loop until the condition holds. */
#define turn_until(w, condition)                                                                                     \
	do {                                                                                                         \
		int64_t until_ = now_ms() + WAIT_MS;                                                                 \
		while (!(condition)) {                                                                               \
			assert_true(now_ms() < until_);                                                              \
			assert_true(sd_event_run((w)->event, 10000) >= 0);                                           \
		}                                                                                                    \
	} while (0)

/* Turns until the loop has nothing to do: what should not happen has had its chance. */
static inline void settle(struct world *w)
{
	while (sd_event_run(w->event, 0) > 0)
		;
}

static inline int raw_open(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* With its NUL. */
static inline void raw_say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text) + 1, MSG_NOSIGNAL), strlen(text) + 1);
}

/* One message without its NUL, or -1 when the server has closed. */
static inline ssize_t raw_hear(struct world *w, int fd, char *to, size_t size)
{
	int64_t until = now_ms() + WAIT_MS;
	size_t len = 0;

	while (len < size) {
		ssize_t n = recv(fd, to + len, 1, MSG_DONTWAIT);

		if (!n || (n < 0 && errno != EAGAIN))
			return -1;
		if (n < 0) {
			assert_true(now_ms() < until);
			assert_true(sd_event_run(w->event, 10000) >= 0);
		} else if (!to[len]) {
			return (ssize_t)len;
		} else {
			len++;
		}
	}
	return (ssize_t)len;
}

static inline void assert_hears(struct world *w, int fd, const char *expected)
{
	char text[4096] = "";

	assert_true(raw_hear(w, fd, text, sizeof(text)) >= 0);
	assert_string_equal(text, expected);
}

static inline void assert_closed(struct world *w, int fd)
{
	char text[4096];

	assert_int_equal(raw_hear(w, fd, text, sizeof(text)), -1);
	close(fd);
}

static inline void assert_still_serves(struct world *w)
{
	int fd = raw_open(w->path[0]);

	raw_say(fd, "{\"method\":\"hjgate.Test.Say\",\"parameters\":{\"a\":1}}");
	assert_hears(w, fd, "{\"parameters\":{\"a\":1}}");
	close(fd);
	settle(w);
}

/* Enough that the kernel's buffers fill: the rest waits in ours. */
static inline json_t *big_answer(void)
{
	static char text[100001];

	memset(text, 'x', sizeof(text) - 1);
	return json_pack("{s:s}", "text", text);
}
