/* A server and its clients in one loop: good clients get their answers in order, bad ones get an error or the door,
 * and neither ends anything. Raw clients are blocking sockets of the test itself, read without waiting between turns
 * of the loop. */
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

#define WAIT_MS 5000

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

static int say(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct world *w = userdata;

	w->asked++;
	return hj_ipc_reply(call, json_incref(parameters));
}

static int fails(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	return -ENOSPC;
}

static int forgets(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	return 0;
}

static int who(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	return hj_ipc_reply(call,
	        json_pack("{s:i, s:i}", "uid", (int)hj_ipc_call_uid(call), "right", (int)hj_ipc_call_right(call)));
}

static int later(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct world *w = userdata;

	w->asked++;
	w->kept = hj_ipc_call_ref(call);
	return 0;
}

static int huge(struct hj_ipc_call *call, json_t *parameters, void *userdata)
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
	                { NULL, 0, NULL },
	        },
};
static const struct hj_ipc_interface *const interfaces[] = { &test_interface, NULL };

/* ---- the world ---- */

static void on_refused(enum hj_right right, const char *why, void *userdata)
{
	struct world *w = userdata;

	w->refused++;
	snprintf(w->why, sizeof(w->why), "%s", why);
}

static int listen_at(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(listen(fd, 128), 0);
	return fd;
}

static void serve(struct world *w)
{
	static const enum hj_right rights[] = { HJ_LOOK, HJ_CHANGE, HJ_PEER };

	assert_int_equal(hj_ipc_server_new(w->event, interfaces, w, &w->server), 0);
	hj_ipc_server_on_refused(w->server, on_refused);
	for (int i = 0; i < 3; i++) {
		w->listening[i] = listen_at(w->path[i]);
		assert_int_equal(hj_ipc_server_add(w->server, w->listening[i], rights[i]), 0);
	}
}

static int setup(void **state)
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

static int teardown(void **state)
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

static int64_t now_ms(void)
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
static void settle(struct world *w)
{
	while (sd_event_run(w->event, 0) > 0)
		;
}

static int raw_open(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* With its NUL. */
static void raw_say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text) + 1, MSG_NOSIGNAL), strlen(text) + 1);
}

/* One message without its NUL, or -1 when the server has closed. */
static ssize_t raw_hear(struct world *w, int fd, char *to, size_t size)
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

static void assert_hears(struct world *w, int fd, const char *expected)
{
	char text[4096] = "";

	assert_true(raw_hear(w, fd, text, sizeof(text)) >= 0);
	assert_string_equal(text, expected);
}

static void assert_closed(struct world *w, int fd)
{
	char text[4096];

	assert_int_equal(raw_hear(w, fd, text, sizeof(text)), -1);
	close(fd);
}

static void assert_still_serves(struct world *w)
{
	int fd = raw_open(w->path[0]);

	raw_say(fd, "{\"method\":\"hjgate.Test.Say\",\"parameters\":{\"a\":1}}");
	assert_hears(w, fd, "{\"parameters\":{\"a\":1}}");
	close(fd);
	settle(w);
}

/* ---- answers ---- */

static void answers_and_errors(void **state)
{
	static const char *const cases[][2] = {
		{ "{\"method\":\"hjgate.Test.Say\"}", "{\"parameters\":{}}" },
		{ "{\"method\":\"hjgate.Test.Say\",\"parameters\":null}", "{\"parameters\":{}}" },
		{ "{\"method\":\"hjgate.Test.Nothing\"}", "{\"error\":\"org.varlink.service.MethodNotFound\","
		                                          "\"parameters\":{\"method\":\"hjgate.Test.Nothing\"}}" },
		{ "{\"method\":\"nothing\"}", "{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{"
		                              "\"method\":\"nothing\"}}" },
		{ "{\"method\":\"hjgate.No.Say\"}", "{\"error\":\"org.varlink.service.InterfaceNotFound\","
		                                    "\"parameters\":{\"interface\":\"hjgate.No\"}}" },
		{ "{\"method\":\"hjgate.Test.Change\"}",
		        "{\"error\":\"org.varlink.service.PermissionDenied\",\"parameters\":{}}" },
		{ "{\"method\":\"hjgate.Test.Peer\"}",
		        "{\"error\":\"org.varlink.service.PermissionDenied\",\"parameters\":{}}" },
		{ "{\"method\":\"hjgate.Test.Fails\"}", "{\"error\":\"hjgate.Failed\",\"parameters\":{\"errno\":28,"
		                                        "\"text\":\"No space left on device\"}}" },
		{ "{\"method\":\"hjgate.Test.Forgets\"}", "{\"error\":\"hjgate.Failed\",\"parameters\":{\"errno\":"
		                                          "125,\"text\":\"Operation canceled\"}}" },
		{ "{\"method\":\"hjgate.Test.Huge\"}",
		        "{\"error\":\"hjgate.Failed\",\"parameters\":{\"errno\":90,\"text\":\"Message too long\"}}" },
	};
	struct world *w = *state;
	int fd = raw_open(w->path[0]);

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		raw_say(fd, cases[i][0]);
		assert_hears(w, fd, cases[i][1]);
	}
	close(fd);
}

static void rights_are_by_socket_and_the_kernel_says_who(void **state)
{
	static const char *const methods[] = { "Say", "Change", "Peer" };
	static const int rights[] = { HJ_LOOK, HJ_CHANGE, HJ_PEER };
	struct world *w = *state;
	char text[256];

	for (int i = 0; i < 3; i++) {
		int fd = raw_open(w->path[i]);

		for (int k = 0; k < 3; k++) {
			snprintf(text, sizeof(text), "{\"method\":\"hjgate.Test.%s\"}", methods[k]);
			raw_say(fd, text);
			assert_hears(w, fd,
			        !k || k == i
			                ? "{\"parameters\":{}}"
			                : "{\"error\":\"org.varlink.service.PermissionDenied\",\"parameters\":{}}");
		}
		raw_say(fd, "{\"method\":\"hjgate.Test.Who\"}");
		snprintf(text, sizeof(text), "{\"parameters\":{\"uid\":%d,\"right\":%d}}", (int)getuid(), rights[i]);
		assert_hears(w, fd, text);
		close(fd);
	}
}

static void it_describes_itself(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);
	char text[8192] = "";

	raw_say(fd, "{\"method\":\"org.varlink.service.GetInfo\",\"parameters\":{}}");
	assert_true(raw_hear(w, fd, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "[\"org.varlink.service\",\"hjgate.Test\"]"));
	raw_say(fd, "{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":{\"interface\":"
	            "\"hjgate.Test\"}}");
	assert_hears(w, fd, "{\"parameters\":{\"description\":\"interface hjgate.Test\\n\"}}");
	memset(text, 0, sizeof(text));
	raw_say(fd, "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
	            "\"parameters\":{\"interface\":\"org.varlink.service\"}}");
	assert_true(raw_hear(w, fd, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "\\nmethod GetInfo() -> ("));
	raw_say(fd, "{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":{\"interface\":\"x."
	            "y\"}}");
	assert_hears(w, fd,
	        "{\"error\":\"org.varlink.service.InterfaceNotFound\",\"parameters\":{\"interface\":\"x.y\"}}");
	close(fd);
}

static void pipelined_calls_are_answered_in_order(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);
	char text[256];

	raw_say(fd, "{\"method\":\"hjgate.Test.Later\"}");
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "{\"method\":\"hjgate.Test.Say\",\"parameters\":{\"i\":%d}}", i);
		raw_say(fd, text);
	}
	turn_until(w, w->kept);
	settle(w);
	assert_int_equal(w->asked, 1); /* the others wait */
	hj_ipc_reply(w->kept, json_pack("{s:s}", "late", "yes"));
	w->kept = hj_ipc_call_unref(w->kept);
	assert_hears(w, fd, "{\"parameters\":{\"late\":\"yes\"}}");
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "{\"parameters\":{\"i\":%d}}", i);
		assert_hears(w, fd, text);
	}
	close(fd);
}

static void oneway_gets_nothing(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);

	raw_say(fd, "{\"method\":\"hjgate.Test.Say\",\"oneway\":true}");
	raw_say(fd, "{\"method\":\"hjgate.Test.Fails\",\"oneway\":true}");
	raw_say(fd, "{\"method\":\"hjgate.Test.None\",\"oneway\":true}");
	raw_say(fd, "{\"method\":\"hjgate.Test.Say\",\"parameters\":{\"z\":0}}");
	assert_hears(w, fd, "{\"parameters\":{\"z\":0}}");
	assert_int_equal(w->asked, 2);
	close(fd);
}

static void an_abandoned_call_is_an_error(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);

	raw_say(fd, "{\"method\":\"hjgate.Test.Later\"}");
	turn_until(w, w->kept);
	w->kept = hj_ipc_call_unref(w->kept);
	assert_hears(w, fd,
	        "{\"error\":\"hjgate.Failed\",\"parameters\":{\"errno\":125,\"text\":\"Operation canceled\"}}");
	close(fd);
}

/* ---- streams ---- */

static void drained(struct hj_ipc_call *call, void *userdata)
{
	struct world *w = userdata;

	w->drained++;
}

static void left(struct hj_ipc_call *call, void *userdata)
{
	struct world *w = userdata;

	assert_true(hj_ipc_call_gone(call));
	w->left++;
	w->kept = hj_ipc_call_unref(w->kept);
}

static int start_stream(struct world *w)
{
	int fd = raw_open(w->path[0]);

	raw_say(fd, "{\"method\":\"hjgate.Test.Later\",\"more\":true}");
	turn_until(w, w->kept);
	assert_true(hj_ipc_call_more(w->kept));
	return fd;
}

static void a_stream_goes_on_until_it_ends(void **state)
{
	struct world *w = *state;
	int fd = start_stream(w);

	assert_int_equal(hj_ipc_reply_more(w->kept, json_pack("{s:i}", "n", 1)), 0);
	assert_hears(w, fd, "{\"parameters\":{\"n\":1},\"continues\":true}");
	assert_int_equal(hj_ipc_reply(w->kept, NULL), 0);
	assert_hears(w, fd, "{\"parameters\":{}}");
	assert_int_equal(hj_ipc_reply_more(w->kept, NULL), -EPIPE);
	w->kept = hj_ipc_call_unref(w->kept);
	raw_say(fd, "{\"method\":\"hjgate.Test.Later\"}");
	turn_until(w, w->kept);
	assert_int_equal(hj_ipc_reply_more(w->kept, NULL), -EINVAL);
	hj_ipc_reply(w->kept, NULL);
	assert_hears(w, fd, "{\"parameters\":{}}");
	close(fd);
}

/* Enough that the kernel's buffers fill: the rest waits in ours. */
static json_t *big_answer(void)
{
	static char text[100001];

	memset(text, 'x', sizeof(text) - 1);
	return json_pack("{s:s}", "text", text);
}

static void a_stream_that_is_not_read_is_dropped(void **state)
{
	struct world *w = *state;
	struct hj_ipc_counts counts;
	int fd = start_stream(w), n = 0;

	hj_ipc_call_on_left(w->kept, left, w);
	while (!hj_ipc_reply_more(w->kept, big_answer()))
		assert_true(++n < 100);
	assert_true(n > HJ_IPC_REPLIES_MAX);
	assert_true(hj_ipc_call_gone(w->kept));
	turn_until(w, w->left);
	assert_null(w->kept);
	hj_ipc_server_counts(w->server, &counts);
	assert_int_equal(counts.dropped, 1);
	assert_int_equal(counts.now, 0);
	close(fd);
	assert_still_serves(w);
}

static void who_holds_back_is_called_when_it_is_read(void **state)
{
	struct world *w = *state;
	int fd = start_stream(w);
	static char text[200000];

	/* Nothing queued: called soon, once. */
	hj_ipc_call_on_drain(w->kept, drained, w);
	assert_int_equal(w->drained, 0);
	turn_until(w, w->drained == 1);
	settle(w);
	assert_int_equal(w->drained, 1);
	while (hj_ipc_call_queued(w->kept) < 4)
		assert_int_equal(hj_ipc_reply_more(w->kept, big_answer()), 0);
	hj_ipc_call_on_drain(w->kept, drained, w);
	settle(w);
	assert_int_equal(w->drained, 1);
	while (w->drained < 2)
		assert_true(raw_hear(w, fd, text, sizeof(text)) > 100000);
	assert_int_equal(hj_ipc_call_queued(w->kept), 0);
	hj_ipc_call_on_left(w->kept, left, w);
	close(fd);
	turn_until(w, w->left == 1);
}

static void who_leaves_a_stream_is_noticed(void **state)
{
	struct world *w = *state;
	int fd = start_stream(w);
	struct hj_ipc_counts counts;

	hj_ipc_call_on_left(w->kept, left, w);
	settle(w);
	assert_int_equal(w->left, 0);
	close(fd);
	turn_until(w, w->left == 1);
	hj_ipc_server_counts(w->server, &counts);
	assert_int_equal(counts.now, 0);
}

/* ---- bad clients ---- */

static void garbage_gets_an_error_and_costs_one_message(void **state)
{
	static const char *const garbage[] = { "\x01\x02", "[]", "{}", "{\"method\":1}",
		"{\"method\":\"a.b\",\"more\":1}", "{\"method\":\"a.b\",\"parameters\":[]}",
		"{\"method\":\"a.b\",\"method\":\"a.b\"}", "{\"method\":\"a.b\",\"odd\":1}",
		"{\"method\":\"a.b\",\"upgrade\":true}", "{\"method\":\"a.b\",\"more\":true,\"oneway\":true}", "" };
	struct world *w = *state;
	int fd = raw_open(w->path[0]);
	struct hj_ipc_counts counts;
	char text[1024];

	for (size_t i = 0; i < hj_array_size(garbage); i++) {
		memset(text, 0, sizeof(text));
		raw_say(fd, garbage[i]);
		assert_true(raw_hear(w, fd, text, sizeof(text)) > 0);
		assert_non_null(strstr(text, "\"error\":\"hjgate.BadMessage\""));
		assert_int_equal(w->refused, i + 1);
		assert_true(w->why[0]);
	}
	raw_say(fd, "{\"method\":\"hjgate.Test.Say\"}");
	assert_hears(w, fd, "{\"parameters\":{}}");
	hj_ipc_server_counts(w->server, &counts);
	assert_int_equal(counts.refused, hj_array_size(garbage));
	close(fd);
}

static void too_long_gets_the_door(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);
	static char chunk[4096];
	ssize_t n = 0;

	memset(chunk, 'x', sizeof(chunk));
	for (int sent = 0; sent < 300 * 1024 && n >= 0;) {
		n = send(fd, chunk, sizeof(chunk), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			n = 0;
		sent += (int)n;
		settle(w);
	}
	assert_true(n < 0); /* closed before all of it was taken */
	close(fd);
	assert_int_equal(w->refused, 1);
	assert_still_serves(w);
}

static void one_byte_at_a_time(void **state)
{
	static const char text[] = "{\"method\":\"hjgate.Test.Say\",\"parameters\":{\"slow\":true}}";
	struct world *w = *state;
	int fd = raw_open(w->path[0]);

	for (size_t i = 0; i < sizeof(text); i++) {
		assert_int_equal(send(fd, text + i, 1, MSG_NOSIGNAL), 1);
		settle(w);
	}
	assert_hears(w, fd, "{\"parameters\":{\"slow\":true}}");
	close(fd);
}

static void half_closing_still_gets_the_answers(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);

	raw_say(fd, "{\"method\":\"hjgate.Test.Later\"}");
	raw_say(fd, "{\"method\":\"hjgate.Test.Say\",\"parameters\":{\"n\":2}}");
	shutdown(fd, SHUT_WR);
	turn_until(w, w->kept);
	settle(w);
	hj_ipc_reply(w->kept, NULL);
	assert_hears(w, fd, "{\"parameters\":{}}");
	assert_hears(w, fd, "{\"parameters\":{\"n\":2}}");
	assert_closed(w, fd);
}

static void who_asks_and_leaves_is_still_obeyed(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);

	for (int i = 0; i < 20; i++)
		raw_say(fd, "{\"method\":\"hjgate.Test.Say\",\"oneway\":true}");
	close(fd);
	turn_until(w, w->asked == 20);
}

static void who_never_reads_waits_alone(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);
	static char text[50100];
	unsigned asked;

	memset(text, 'x', sizeof(text));
	memcpy(text, "{\"method\":\"hjgate.Test.Say\",\"parameters\":{\"a\":\"", 47);
	memcpy(text + sizeof(text) - 4, "\"}}", 4);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	for (int i = 0, idle = 0; idle < 3; i++) {
		ssize_t n = send(fd, text + i % (int)sizeof(text), 1, MSG_NOSIGNAL);
		static size_t at;

		if (n == 1)
			at++;
		n = send(fd, text + at % sizeof(text), sizeof(text) - at % sizeof(text), MSG_NOSIGNAL);
		if (n > 0)
			at += (size_t)n;
		idle = n < 0 ? idle + 1 : 0;
		i = (int)(at % sizeof(text)) - 1;
		settle(w);
	}
	asked = w->asked;
	assert_in_range(asked, 2, 40); /* what fits the kernel's buffers, and no more */
	settle(w);
	assert_int_equal(w->asked, asked);
	assert_still_serves(w);
	close(fd);
}

static void forty_connections(void **state)
{
	struct world *w = *state;
	struct hj_ipc_counts counts;
	int fds[40], peer;

	for (int i = 0; i < 40; i++)
		fds[i] = raw_open(w->path[0]);
	settle(w);
	hj_ipc_server_counts(w->server, &counts);
	assert_int_equal(counts.now, HJ_IPC_CONNECTIONS_MAX);
	assert_int_equal(counts.dropped, 40 - HJ_IPC_CONNECTIONS_MAX);
	assert_hears(w, fds[39], "{\"error\":\"hjgate.Busy\",\"parameters\":{}}");
	assert_closed(w, fds[39]);
	/* The daemons' own socket is not full. */
	peer = raw_open(w->path[2]);
	raw_say(peer, "{\"method\":\"hjgate.Test.Peer\"}");
	assert_hears(w, peer, "{\"parameters\":{}}");
	close(peer);
	raw_say(fds[31], "{\"method\":\"hjgate.Test.Say\"}");
	assert_hears(w, fds[31], "{\"parameters\":{}}");
	for (int i = 0; i < 39; i++)
		close(fds[i]);
	settle(w);
	assert_still_serves(w);
}

static void without_descriptors_it_waits_instead_of_spinning(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]), turns = 0;
	struct rlimit before, now;
	int64_t begin;

	raw_say(fd, "{\"method\":\"hjgate.Test.Say\"}");
	getrlimit(RLIMIT_NOFILE, &before);
	now = before;
	now.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &now);
	for (begin = now_ms(); now_ms() < begin + 300; turns++)
		sd_event_run(w->event, 50000);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_true(turns < 20);
	assert_hears(w, fd, "{\"parameters\":{}}");
	assert_true(now_ms() - begin >= 900);
	close(fd);
}

/* ---- the client ---- */

struct asker {
	struct world *w;
	struct hj_ipc_client *client;
	unsigned up, down, answers, errors;
	char error[64];
	int order[HJ_IPC_CALLS_MAX];
	bool free_in_answer;
};

static void is_up(void *userdata)
{
	((struct asker *)userdata)->up++;
}

static void is_down(void *userdata)
{
	((struct asker *)userdata)->down++;
}

static const struct hj_ipc_client_events events = { is_up, is_down };

static void answered(const char *error, json_t *parameters, bool continues, void *userdata)
{
	struct asker *a = userdata;

	if (error) {
		a->errors++;
		snprintf(a->error, sizeof(a->error), "%s", error);
	} else {
		a->order[a->answers++ % HJ_IPC_CALLS_MAX] = (int)json_integer_value(json_object_get(parameters, "i"));
	}
	if (a->free_in_answer) {
		hj_ipc_client_free(a->client);
		a->client = NULL;
	}
}

static void client_calls_in_order(void **state)
{
	struct world *w = *state;
	struct asker a = { .w = w };

	assert_int_equal(hj_ipc_client_new(w->event, w->path[2], &events, &a, &a.client), 0);
	assert_int_equal(hj_ipc_client_call(a.client, "hjgate.Test.Say", NULL, 0, answered, &a), -ENOTCONN);
	turn_until(w, a.up == 1);
	for (int i = 0; i < HJ_IPC_CALLS_MAX; i++)
		assert_int_equal(
		        hj_ipc_client_call(a.client, "hjgate.Test.Say", json_pack("{s:i}", "i", i), 0, answered, &a),
		        0);
	assert_int_equal(hj_ipc_client_call(a.client, "hjgate.Test.Say", NULL, 0, answered, &a), -ENOBUFS);
	turn_until(w, a.answers == HJ_IPC_CALLS_MAX);
	for (int i = 0; i < HJ_IPC_CALLS_MAX; i++)
		assert_int_equal(a.order[i], i);
	assert_int_equal(hj_ipc_client_call(a.client, "hjgate.Test.Nope", NULL, 0, answered, &a), 0);
	turn_until(w, a.errors == 1);
	assert_string_equal(a.error, HJ_IPC_ERROR_METHOD);
	a.free_in_answer = true;
	assert_int_equal(hj_ipc_client_call(a.client, "hjgate.Test.Say", NULL, 0, answered, &a), 0);
	turn_until(w, !a.client);
}

static void client_comes_back_by_itself(void **state)
{
	struct world *w = *state;
	struct asker a = { .w = w };

	assert_int_equal(hj_ipc_client_new(w->event, w->path[2], &events, &a, &a.client), 0);
	turn_until(w, a.up == 1);
	assert_int_equal(hj_ipc_client_call(a.client, "hjgate.Test.Later", NULL, 0, answered, &a), 0);
	assert_int_equal(hj_ipc_client_call(a.client, "hjgate.Test.Say", NULL, 0, answered, &a), 0);
	turn_until(w, w->kept);
	hj_ipc_server_free(w->server);
	assert_true(hj_ipc_call_gone(w->kept));
	turn_until(w, a.down == 1);
	assert_int_equal(a.errors, 2);
	assert_string_equal(a.error, "hjgate.Disconnected");
	assert_false(hj_ipc_client_is_up(a.client));
	serve(w);
	turn_until(w, a.up == 2);
	hj_ipc_client_drop(a.client);
	assert_int_equal(a.down, 2);
	turn_until(w, a.up == 3);
	hj_ipc_client_free(a.client);
}

static void client_holds_a_stream_and_bounds_what_waits(void **state)
{
	struct world *w = *state;
	struct asker a = { .w = w };
	int r = 0, n = 0;

	assert_int_equal(hj_ipc_client_new(w->event, w->path[2], &events, &a, &a.client), 0);
	turn_until(w, a.up == 1);
	assert_int_equal(hj_ipc_client_call(a.client, "hjgate.Test.Later", NULL, HJ_IPC_MORE, answered, &a), 0);
	turn_until(w, w->kept);
	for (int i = 1; i <= 3; i++)
		assert_int_equal(hj_ipc_reply_more(w->kept, json_pack("{s:i}", "i", i)), 0);
	turn_until(w, a.answers == 3);
	assert_int_equal(a.order[2], 3);
	while (!r && n < 64) {
		r = hj_ipc_client_call(a.client, "hjgate.Test.Say", big_answer(), HJ_IPC_ONEWAY, NULL, NULL);
		n++;
	}
	assert_int_equal(r, -ENOBUFS);
	hj_ipc_client_free(a.client);
}

static void client_drops_who_answers_nonsense(void **state)
{
	static const char *const nonsense[] = { "{\"parameters\":{}}", "garbage",
		"{\"parameters\":{},\"continues\":true}" };
	struct world *w = *state;
	char path[96];

	snprintf(path, sizeof(path), "%s/nonsense", w->folder);
	for (size_t i = 0; i < hj_array_size(nonsense); i++) {
		struct asker a = { .w = w };
		int listening = listen_at(path), fd;

		assert_int_equal(hj_ipc_client_new(w->event, path, &events, &a, &a.client), 0);
		turn_until(w, a.up == 1);
		if (i)
			hj_ipc_client_call(a.client, "x.Y", NULL, 0, answered, &a);
		fd = accept(listening, NULL, NULL);
		raw_say(fd, nonsense[i]);
		turn_until(w, a.down == 1);
		assert_int_equal(a.errors, i ? 1 : 0);
		close(fd);
		close(listening);
		hj_ipc_client_free(a.client);
	}
	unlink(path);
}

int main(void)
{
#define t(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		t(answers_and_errors),
		t(rights_are_by_socket_and_the_kernel_says_who),
		t(it_describes_itself),
		t(pipelined_calls_are_answered_in_order),
		t(oneway_gets_nothing),
		t(an_abandoned_call_is_an_error),
		t(a_stream_goes_on_until_it_ends),
		t(a_stream_that_is_not_read_is_dropped),
		t(who_holds_back_is_called_when_it_is_read),
		t(who_leaves_a_stream_is_noticed),
		t(garbage_gets_an_error_and_costs_one_message),
		t(too_long_gets_the_door),
		t(one_byte_at_a_time),
		t(half_closing_still_gets_the_answers),
		t(who_asks_and_leaves_is_still_obeyed),
		t(who_never_reads_waits_alone),
		t(forty_connections),
		t(without_descriptors_it_waits_instead_of_spinning),
		t(client_calls_in_order),
		t(client_comes_back_by_itself),
		t(client_holds_a_stream_and_bounds_what_waits),
		t(client_drops_who_answers_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
