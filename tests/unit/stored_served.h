/* A store without a process of its own, with its sockets and a socket in eventd's place: all of them in the test's
 * loop. */
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "stored_world.h"

static struct hj_ipc_server *served;

static inline int socket_at(const char *name, bool listening, int flags)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%.60s/run/hjgate/%s", root, name);
	if (listening)
		unlink(at.sun_path);
	assert_int_equal((listening ? bind : connect)(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	if (listening)
		assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static inline const char *socket_of(enum hj_right right)
{
	return right == HJ_LOOK ? "stored.look" : right == HJ_CHANGE ? "stored.change" : "stored.peer";
}

static inline void serve_store(struct stored *s)
{
	static const struct hj_ipc_interface *const interfaces[] = { &stored_interface, NULL };

	assert_int_equal(hj_ipc_server_new(loop, interfaces, s, &served), 0);
	for (int right = HJ_LOOK; right <= HJ_PEER; right *= 2)
		assert_int_equal(hj_ipc_server_add(served, socket_at(socket_of((enum hj_right)right), true, 0),
		                         (enum hj_right)right),
		        0);
}

static inline void serve_no_more(void)
{
	hj_ipc_server_free(served);
	served = NULL;
}

/* make_world()'s store that was served, and its folder. */
static inline int no_more_world(struct stored *s)
{
	serve_no_more();
	stored_free(s);
	return remove_world();
}

/* A call on a connection of its own. */
static inline int say_to_store(enum hj_right right, const char *method, const char *parameters, bool more)
{
	int fd = socket_at(socket_of(right), false, 0), length;
	char text[512];

	length = snprintf(text, sizeof(text), "{\"method\":\"hjgate.Store.%s\",\"parameters\":%s%s}", method,
	        parameters, more ? ",\"more\":true" : "");
	assert_int_equal(send(fd, text, (size_t)length + 1, MSG_NOSIGNAL), length + 1);
	return fd;
}

/* What comes first; "" where nothing does. */
static inline void hear_store(int fd, char *answer, size_t size)
{
	ssize_t n = -1;

	for (int i = 0; i < 1000 && n < 0; i++) {
		sd_event_run(loop, 10000);
		n = recv(fd, answer, size - 1, MSG_DONTWAIT);
	}
	answer[hj_max(n, 0)] = '\0';
}

static inline int listen_as_eventd(void)
{
	return socket_at("eventd.peer", true, SOCK_NONBLOCK);
}

/* Answers what comes until a message holds this text; none before may hold `never` (NULL: any may). */
static inline bool is_told(int fd, const char *text, const char *never)
{
	static const char answer[] = "{\"parameters\":{}}";
	char got[8192];
	int peer = -1;
	bool told = false;

	for (int i = 0; i < 300 && !told; i++) {
		ssize_t n;

		sd_event_run(loop, 10000);
		peer = peer < 0 ? accept4(fd, NULL, NULL, SOCK_NONBLOCK) : peer;
		n = peer < 0 ? 0 : recv(peer, got, sizeof(got) - 1, 0);
		for (char *at = got; n > 0 && at < got + n; at += strlen(at) + 1) {
			got[n] = '\0';
			if (never && strstr(at, never))
				fail_msg("told: %s", at);
			told = told || strstr(at, text);
			assert_int_equal(send(peer, answer, sizeof(answer), MSG_NOSIGNAL), sizeof(answer));
		}
	}
	close(peer);
	return told;
}
