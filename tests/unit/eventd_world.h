/* eventd in a process of its own, on real sockets, with a real ledger, and what its clients ask. */
#pragma once

#include "../../services/eventd/eventd.h"
#include "hjgate/ipc_client.h"
#include "hjgate/log.h"
#include "child.h"
#include "daemon_world.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#define WAIT_MS 60000

static inline int listen_at(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", root, name);
	unlink(a.sun_path);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 8) < 0)
		_exit(90);
	return fd;
}

static inline void run_daemon(const int fds[3])
{
	static const struct hj_ipc_interface *const interfaces[] = { &eventd_interface, NULL };
	struct hj_ipc_server *server = NULL;
	struct eventd *d = NULL;
	sd_event *event = NULL;
	sigset_t term;

	hj_log_setup("eventd", HJ_LOG_ERROR);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	if (sd_event_new(&event) < 0 || sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL) < 0)
		_exit(91);
	if (eventd_new(event, root, &d) < 0 || hj_ipc_server_new(event, interfaces, d, &server) < 0)
		_exit(92);
	hj_ipc_server_add(server, fds[0], HJ_LOOK);
	hj_ipc_server_add(server, fds[1], HJ_CHANGE);
	hj_ipc_server_add(server, fds[2], HJ_PEER);
	hj_ipc_server_on_refused(server, eventd_refused);
	sd_event_loop(event);
	hj_ipc_server_free(server);
	eventd_free(d);
	sd_event_unref(event);
	child_leave(0);
}

static inline void start(void)
{
	int fds[3] = { listen_at("look"), listen_at("change"), listen_at("peer") };

	start_daemon(fds, run_daemon);
}

static inline void stop(int how)
{
	int status = stop_daemon(how);

	if (how == SIGTERM)
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static inline int setup(void **state)
{
	return make_root("eventd");
}

static inline int teardown(void **state)
{
	if (daemon_pid > 0)
		stop_daemon(SIGKILL);
	return remove_root();
}

/* ---- asking ---- */

static inline struct hj_ipc_ask open_at(const char *name)
{
	struct hj_ipc_ask a;
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(hj_ipc_ask_open(path, &a), 0);
	return a;
}

/* The reply, or its error in *ret_error. The caller frees. */
static inline json_t *ask(const char *socket, const char *method, json_t *parameters, char error[64])
{
	struct hj_ipc_ask a = open_at(socket);
	json_t *reply = NULL;
	int r = hj_ipc_ask(&a, method, parameters, WAIT_MS, &reply);

	hj_ipc_ask_close(&a);
	error[0] = '\0';
	if (r == -EREMOTEIO)
		snprintf(error, 64, "%s", json_string_value(json_object_get(reply, "error")));
	else
		assert_int_equal(r, 0);
	return reply;
}

static inline int64_t number(json_t *j, const char *name)
{
	json_t *v = json_object_get(j, name);

	assert_true(json_is_integer(v));
	return json_integer_value(v);
}

static inline int64_t tell(const char *code, const char *phase, const char *key, int64_t time)
{
	char error[64];
	json_t *j = ask("peer", "hjgate.Event.Log",
	        json_pack("{s:s, s:s, s:s, s:s, s:I, s:{s:s}}", "code", code, "phase", phase, "key", key, "source",
	                "meterd@north", "time", (json_int_t)time, "values", "meter", "oven"),
	        error);
	int64_t id;

	assert_string_equal(error, "");
	id = number(j, "id");
	json_decref(j);
	return id;
}

static inline json_t *list(json_t *parameters)
{
	struct hj_ipc_ask a = open_at("look");
	json_t *all = json_array(), *part = NULL;
	bool more = true;

	assert_int_equal(hj_ipc_ask_more(&a, "hjgate.Event.List", parameters), 0);
	while (more) {
		assert_int_equal(hj_ipc_ask_next(&a, WAIT_MS, &part, &more), 0);
		json_array_extend(all, json_object_get(part, "events"));
		json_decref(part);
	}
	hj_ipc_ask_close(&a);
	return all;
}

static inline int64_t status(const char *name)
{
	char error[64];
	json_t *j = ask("look", "hjgate.Event.Status", json_object(), error);
	int64_t n = number(j, name);

	json_decref(j);
	return n;
}

static inline json_t *find(json_t *events, const char *code, const char *key)
{
	json_t *found = NULL, *e;
	size_t i;

	json_array_foreach(events, i, e) if (!strcmp(json_string_value(json_object_get(e, "code")), code) &&
	                                     !strcmp(json_string_value(json_object_get(e, "key")), key)) found = e;
	return found;
}
