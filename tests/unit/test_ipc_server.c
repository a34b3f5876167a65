/* long because: one case for each thing a client may do, good or bad. */
/* The serving end: good clients get their answers in order, bad ones get an error or the door, and neither ends
 * anything. */
#include "ipc_world.h"

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
	assert_non_null(strstr(text, "[\"org.varlink.service\",\"hjgate.Service\",\"hjgate.Test\"]"));
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

static void text_is_sent_as_it_is(void **state)
{
	static const char *const bad[] = { "", "{", "[]", "{} ", "x" };
	struct world *w = *state;
	int fd = raw_open(w->path[0]);
	char *huge = calloc(1, HJ_IPC_MESSAGE_MAX + 1);

	raw_say(fd, "{\"method\":\"hjgate.Test.Later\",\"more\":true}");
	turn_until(w, w->kept);
	assert_int_equal(hj_ipc_reply_text(w->kept, "{\"a\":1.0}", 9, true), 0);
	assert_hears(w, fd, "{\"parameters\":{\"a\":1.0},\"continues\":true}");
	for (size_t i = 0; i < hj_array_size(bad); i++)
		assert_int_equal(hj_ipc_reply_text(w->kept, bad[i], strlen(bad[i]), true), -EINVAL);
	assert_int_equal(hj_ipc_reply_text(w->kept, "{\0}", 3, true), -EINVAL);
	memset(huge, ' ', HJ_IPC_MESSAGE_MAX);
	huge[0] = '{';
	huge[HJ_IPC_MESSAGE_MAX - 1] = '}';
	assert_int_equal(hj_ipc_reply_text(w->kept, huge, HJ_IPC_MESSAGE_MAX, true), -EMSGSIZE);
	assert_int_equal(hj_ipc_reply_text(w->kept, "{}", 2, false), 0);
	w->kept = hj_ipc_call_unref(w->kept);
	assert_hears(w, fd, "{\"parameters\":{}}");

	raw_say(fd, "{\"method\":\"hjgate.Test.Later\"}");
	turn_until(w, w->kept);
	assert_int_equal(hj_ipc_reply_text(w->kept, "{}", 2, true), -EINVAL); /* it did not ask for more */
	assert_int_equal(hj_ipc_reply_text(w->kept, huge, HJ_IPC_MESSAGE_MAX, false), -EMSGSIZE);
	w->kept = hj_ipc_call_unref(w->kept);
	assert_hears(
	        w, fd, "{\"error\":\"hjgate.Failed\",\"parameters\":{\"errno\":90,\"text\":\"Message too long\"}}");
	free(huge);
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

/* Each within its bound, and together too much: some get the door, and the memory stays bounded. */
static void many_long_messages_at_once(void **state)
{
	static char half[200 << 10];
	struct world *w = *state;
	struct hj_ipc_counts counts;
	int fds[2 * HJ_IPC_CONNECTIONS_MAX];

	memset(half, 'x', sizeof(half));
	for (int i = 0; i < 2 * HJ_IPC_CONNECTIONS_MAX; i++) {
		fds[i] = raw_open(w->path[i % 2]);
		fcntl(fds[i], F_SETFL, O_NONBLOCK);
		for (size_t at = 0; at < sizeof(half);) {
			ssize_t n = send(fds[i], half + at, sizeof(half) - at, MSG_NOSIGNAL);

			if (n < 0 && errno != EAGAIN)
				break;
			at += n > 0 ? (size_t)n : 0;
			settle(w);
		}
	}
	hj_ipc_server_counts(w->server, &counts);
	assert_in_range(counts.now, 8, 24);
	assert_string_equal(w->why, "too many long messages at once");
	for (size_t i = 0; i < hj_array_size(fds); i++)
		close(fds[i]);
	settle(w);
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

/* Whoever runs the test: where that is root he gets in, at the cost of his own that is silent the longest. */
static void forty_connections(void **state)
{
	struct world *w = *state;
	struct hj_ipc_counts counts;
	int fds[40], peer, first = getuid() ? 0 : 8, refused = getuid() ? 39 : 7;

	for (int i = 0; i < 40; i++)
		fds[i] = raw_open(w->path[0]);
	settle(w);
	hj_ipc_server_counts(w->server, &counts);
	assert_int_equal(counts.now, HJ_IPC_CONNECTIONS_MAX);
	assert_int_equal(counts.dropped, 40 - HJ_IPC_CONNECTIONS_MAX);
	assert_hears(w, fds[refused], "{\"error\":\"hjgate.Busy\",\"parameters\":{}}");
	assert_closed(w, fds[refused]);
	/* The daemons' own socket is not full. */
	peer = raw_open(w->path[2]);
	raw_say(peer, "{\"method\":\"hjgate.Test.Peer\"}");
	assert_hears(w, peer, "{\"parameters\":{}}");
	close(peer);
	raw_say(fds[first + 31], "{\"method\":\"hjgate.Test.Say\"}");
	assert_hears(w, fds[first + 31], "{\"parameters\":{}}");
	for (int i = 0; i < 40; i++)
		if (i != refused)
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
		t(text_is_sent_as_it_is),
		t(a_stream_goes_on_until_it_ends),
		t(a_stream_that_is_not_read_is_dropped),
		t(who_holds_back_is_called_when_it_is_read),
		t(who_leaves_a_stream_is_noticed),
		t(garbage_gets_an_error_and_costs_one_message),
		t(too_long_gets_the_door),
		t(many_long_messages_at_once),
		t(one_byte_at_a_time),
		t(half_closing_still_gets_the_answers),
		t(who_asks_and_leaves_is_still_obeyed),
		t(who_never_reads_waits_alone),
		t(forty_connections),
		t(without_descriptors_it_waits_instead_of_spinning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
