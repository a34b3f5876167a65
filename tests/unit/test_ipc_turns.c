/* One client's asking, however much and in whatever form, costs the others no more than a turn, a place or some memory:
 * the loop goes on between two of its messages, daemons go before who looks, a message of many values is not parsed,
 * and who has few connections gets one where somebody has many. */
#include <sys/resource.h>
#include <sys/syscall.h>

#include "ipc_world.h"

#define BUSY "{\"error\":\"hjgate.Busy\",\"parameters\":{}}"

static uid_t newcomer; /* who is taken for the one that connects */

int getsockopt(int fd, int level, int name, void *to, socklen_t *len)
{
	if (level != SOL_SOCKET || name != SO_PEERCRED)
		return (int)syscall(SYS_getsockopt, fd, level, name, to, len);
	*(struct ucred *)to = (struct ucred){ .pid = 1, .uid = newcomer };
	return 0;
}

static int open_as(struct world *w, uid_t uid, int which)
{
	int fd;

	newcomer = uid;
	fd = raw_open(w->path[which]);
	settle(w);
	return fd;
}

static bool has_answer(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 1;
}

/* As far as the server takes it, turning meanwhile; false: it has shut the door. */
static bool push(struct world *w, int fd, const char *text, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t k = send(fd, text + at, n - at, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (k < 0 && errno != EAGAIN)
			return false;
		at += k > 0 ? (size_t)k : 0;
		settle(w);
	}
	return true;
}

static long most_kb(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

/* ---- memory; first, while the process has not been large yet ---- */

static size_t make_bomb(char *text, size_t size, const char *what)
{
	size_t n = strlen(what), len = (size_t)sprintf(text, "{\"method\":\"hjgate.Test.Say\",\"parameters\":{\"a\":[");

	for (memcpy(text + len, what, n), len += n; len + n + 5 < size; len += n + 1) {
		text[len] = ',';
		memcpy(text + len + 1, what, n);
	}
	memcpy(text + len, "]}}", 4);
	return len + 4;
}

static void many_values_are_not_parsed(void **state)
{
	static const char *const units[] = { "{}", "[]", "\"\"", "{\"\":0}" };
	static char text[HJ_IPC_MESSAGE_MAX], answer[4096];
	struct world *w = *state;
	long before;

	memset(text, 1, sizeof(text));
	before = most_kb();
	for (int i = 0; i < 12; i++) {
		size_t n = make_bomb(text, sizeof(text), units[i % 4]);
		int fd = open_as(w, 1000, i / 4);

		assert_true(push(w, fd, text, n));
		memset(answer, 0, sizeof(answer));
		assert_true(raw_hear(w, fd, answer, sizeof(answer)) > 0);
		assert_non_null(strstr(answer, "hjgate.BadMessage"));
		assert_non_null(strstr(answer, i < 4 ? "more than 4608 values" : "more than 16384 values"));
		assert_closed(w, fd);
	}
	assert_int_equal(w->asked, 0);
	assert_int_equal(w->refused, 12);
	assert_true(most_kb() < before + 3000);
	assert_still_serves(w);
}

/* Two of the longest may be begun at once; of more the one goes that is silent the longest, and who says all that he
 * has to say gets through. */
static void questions_that_are_not_whole(void **state)
{
	static char text[200 << 10];
	struct world *w = *state;
	int fds[20], last;
	struct hj_ipc_counts counts;
	long before;

	memset(text, 'x', sizeof(text));
	memcpy(text, "{\"method\":\"hjgate.Test.Say\",\"parameters\":{\"a\":\"", 47);
	memcpy(text + sizeof(text) - 4, "\"}}", 4);
	before = most_kb();
	for (size_t i = 0; i < hj_array_size(fds); i++) {
		fds[i] = open_as(w, 1000, 0);
		assert_true(push(w, fds[i], text, sizeof(text) - 1));
	}
	settle(w);
	hj_ipc_server_counts(w->server, &counts);
	assert_in_range(counts.now, 2, 4);
	assert_true(most_kb() < before + 3000);
	assert_string_equal(w->why, "too many long messages at once");
	last = open_as(w, 1001, 0);
	assert_true(push(w, last, text, sizeof(text)));
	turn_until(w, w->asked == 1);
	close(last);
	for (size_t i = 0; i < hj_array_size(fds); i++)
		close(fds[i]);
	settle(w);
	assert_still_serves(w);
}

/* ---- turns ---- */

static void say_often(int fd, int times)
{
	for (int i = 0; i < times; i++)
		raw_say(fd, "{\"method\":\"hjgate.Test.Say\"}");
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	*(bool *)userdata = true;
	return 0;
}

static void who_asks_much_at_once_lets_others_go_between(void **state)
{
	struct world *w = *state;
	int much = open_as(w, 1000, 0), little = open_as(w, 1001, 0);
	sd_event_source *timer = NULL;
	bool due = false;

	say_often(much, 250);
	turn_until(w, w->asked);
	assert_int_equal(w->asked, 1);
	say_often(little, 1);
	assert_true(sd_event_add_time(w->event, &timer, CLOCK_MONOTONIC, 0, 1, on_timer, &due) >= 0);
	turn_until(w, due);
	assert_in_range(w->asked, 1, 2);
	turn_until(w, has_answer(little));
	assert_in_range(w->asked, 2, 4);
	for (int i = 0; i < 250; i++)
		assert_hears(w, much, "{\"parameters\":{}}");
	assert_int_equal(w->asked, 251);
	sd_event_source_unref(timer);
	close(much);
	close(little);
}

/* Also what is no message, and what wants no answer. */
static void garbage_takes_turns_as_well(void **state)
{
	static char zeros[10000];
	struct world *w = *state;
	int bad = open_as(w, 1000, 0), oneway = open_as(w, 1000, 0), other = open_as(w, 1001, 0);

	assert_int_equal(send(bad, zeros, sizeof(zeros), MSG_NOSIGNAL), sizeof(zeros));
	for (int i = 0; i < 200; i++)
		raw_say(oneway, "{\"method\":\"hjgate.Test.Say\",\"oneway\":true}");
	turn_until(w, w->refused && w->asked);
	raw_say(other, "{\"method\":\"hjgate.Test.Who\"}");
	turn_until(w, has_answer(other));
	assert_in_range(w->refused, 1, 5);
	assert_in_range(w->asked, 1, 5);
	close(bad);
	close(oneway);
	close(other);
}

static void daemons_go_before_who_looks(void **state)
{
	struct world *w = *state;
	int looks[8], changes[8], peers[8];

	for (int i = 0; i < 8; i++) {
		looks[i] = open_as(w, 1000, 0);
		changes[i] = open_as(w, 0, 1);
		peers[i] = open_as(w, 999, 2);
	}
	for (int i = 0; i < 8; i++) {
		say_often(looks[i], 3);
		say_often(changes[i], 3);
		say_often(peers[i], 1);
	}
	for (unsigned asked = 1; asked <= 40; asked++) {
		turn_until(w, w->asked == asked);
		for (int i = 0; i < 8; i++) {
			assert_true(asked > 8 || !has_answer(changes[i]));
			assert_true(asked > 32 || !has_answer(looks[i]));
		}
	}
	for (int i = 0; i < 8; i++) {
		close(looks[i]);
		close(changes[i]);
		close(peers[i]);
	}
}

/* What was asked before its client left is done, in as many turns as that takes, and then the connection ends. */
static void who_has_left_is_obeyed_in_turns(void **state)
{
	static const char one[] = "{\"method\":\"hjgate.Test.Say\",\"oneway\":true}";
	static char text[1000 * sizeof(one)]; /* more than one reading takes */
	struct world *w = *state;
	int fd = open_as(w, 1000, 0);
	struct hj_ipc_counts counts;

	for (int i = 0; i < 1000; i++)
		memcpy(text + (size_t)i * sizeof(one), one, sizeof(one));
	assert_int_equal(send(fd, text, sizeof(text), MSG_NOSIGNAL), sizeof(text));
	close(fd);
	turn_until(w, w->asked == 1000);
	settle(w);
	hj_ipc_server_counts(w->server, &counts);
	assert_int_equal(counts.now, 0);
}

/* ---- places ---- */

static void fill(struct world *w, uid_t uid, int *fds, int n)
{
	for (int i = 0; i < n; i++)
		fds[i] = open_as(w, uid, 0);
}

static void close_all(int *fds, int n)
{
	for (int i = 0; i < n; i++)
		close(fds[i]);
}

static bool is_served(struct world *w, int fd)
{
	char text[256] = "";

	if (send(fd, "{\"method\":\"hjgate.Test.Say\"}", 29, MSG_NOSIGNAL) < 0)
		return false;
	return raw_hear(w, fd, text, sizeof(text)) > 0 && !strcmp(text, "{\"parameters\":{}}");
}

static void root_gets_in_where_one_has_them_all(void **state)
{
	struct world *w = *state;
	int fds[HJ_IPC_CONNECTIONS_MAX], root, more;
	struct hj_ipc_counts counts;

	fill(w, 1000, fds, HJ_IPC_CONNECTIONS_MAX);
	for (int i = 0; i < HJ_IPC_CONNECTIONS_MAX; i++)
		assert_true(i == 5 || is_served(w, fds[i])); /* all of them, and the sixth is silent the longest */
	more = open_as(w, 1000, 0);
	assert_hears(w, more, BUSY);
	assert_closed(w, more);
	root = open_as(w, 0, 0);
	assert_true(is_served(w, root));
	assert_hears(w, fds[5], BUSY);
	assert_closed(w, fds[5]);
	more = open_as(w, 1000, 0);
	assert_hears(w, more, BUSY);
	assert_closed(w, more);
	assert_true(is_served(w, fds[0]));
	hj_ipc_server_counts(w->server, &counts);
	assert_int_equal(counts.now, HJ_IPC_CONNECTIONS_MAX);
	assert_int_equal(counts.dropped, 3);
	close(root);
	fds[5] = fds[0];
	close_all(fds + 1, HJ_IPC_CONNECTIONS_MAX - 1);
	close(fds[0]);
}

static void who_has_less_gets_up_to_as_much(void **state)
{
	struct world *w = *state;
	int first[HJ_IPC_CONNECTIONS_MAX], second[HJ_IPC_CONNECTIONS_MAX], got = 0;

	fill(w, 1000, first, HJ_IPC_CONNECTIONS_MAX);
	fill(w, 1001, second, HJ_IPC_CONNECTIONS_MAX);
	for (int i = 0; i < HJ_IPC_CONNECTIONS_MAX; i++)
		got += is_served(w, second[i]);
	assert_int_equal(got, HJ_IPC_CONNECTIONS_MAX / 2);
	for (int i = 0; i < HJ_IPC_CONNECTIONS_MAX; i++)
		got += is_served(w, first[i]);
	assert_int_equal(got, HJ_IPC_CONNECTIONS_MAX);
	close_all(first, HJ_IPC_CONNECTIONS_MAX);
	close_all(second, HJ_IPC_CONNECTIONS_MAX);
}

static void noted_left(struct hj_ipc_call *call, void *userdata)
{
	struct world *w = userdata;

	w->left++;
	w->kept = hj_ipc_call_unref(w->kept);
}

/* A stream gives way where nothing idles; root's own are not cut short for root. */
static void streams_give_way_last(void **state)
{
	struct world *w = *state;
	int fds[HJ_IPC_CONNECTIONS_MAX], root;
	struct hj_ipc_call *calls[HJ_IPC_CONNECTIONS_MAX];

	for (int turn = 0; turn < 2; turn++) {
		w->left = 0;
		fill(w, turn ? 0 : 1000, fds, HJ_IPC_CONNECTIONS_MAX);
		for (int i = 0; i < HJ_IPC_CONNECTIONS_MAX; i++) {
			raw_say(fds[i], "{\"method\":\"hjgate.Test.Later\",\"more\":true}");
			turn_until(w, w->kept);
			calls[i] = hj_steal(w->kept);
		}
		w->kept = calls[0];
		hj_ipc_call_on_left(w->kept, noted_left, w);
		root = open_as(w, 0, 0);
		if (turn) {
			assert_hears(w, root, BUSY);
			assert_int_equal(w->left, 0);
			w->kept = hj_ipc_call_unref(w->kept);
		} else {
			assert_true(is_served(w, root));
			assert_int_equal(w->left, 1);
		}
		close(root);
		close_all(fds, HJ_IPC_CONNECTIONS_MAX);
		for (int i = 1; i < HJ_IPC_CONNECTIONS_MAX; i++)
			hj_ipc_call_unref(calls[i]);
		settle(w);
		assert_still_serves(w);
	}
}

static void who_idles_gives_way_before_a_stream(void **state)
{
	struct world *w = *state;
	int fds[HJ_IPC_CONNECTIONS_MAX], root;

	fill(w, 1000, fds, HJ_IPC_CONNECTIONS_MAX);
	raw_say(fds[0], "{\"method\":\"hjgate.Test.Later\",\"more\":true}");
	turn_until(w, w->kept);
	hj_ipc_call_on_left(w->kept, noted_left, w);
	for (int i = 1; i < HJ_IPC_CONNECTIONS_MAX; i++)
		assert_true(is_served(w, fds[i]));
	root = open_as(w, 0, 0);
	assert_true(is_served(w, root));
	assert_int_equal(w->left, 0);
	assert_hears(w, fds[1], BUSY);
	close(root);
	close_all(fds, HJ_IPC_CONNECTIONS_MAX);
	turn_until(w, w->left == 1);
}

/* Many with one each: nobody has more than another, and root gets in all the same. */
static void root_gets_in_where_all_have_as_much(void **state)
{
	struct world *w = *state;
	int fds[HJ_IPC_CONNECTIONS_MAX], more;

	for (int i = 0; i < HJ_IPC_CONNECTIONS_MAX; i++)
		fds[i] = open_as(w, 1000 + (uid_t)i, 0);
	more = open_as(w, 999, 0);
	assert_hears(w, more, BUSY);
	assert_closed(w, more);
	more = open_as(w, 0, 0);
	assert_true(is_served(w, more));
	assert_hears(w, fds[0], BUSY);
	close(more);
	close_all(fds, HJ_IPC_CONNECTIONS_MAX);
}

/* The reason is in the socket, though the server has gone before the question was asked. */
static void who_is_turned_away_is_told_why(void **state)
{
	struct world *w = *state;
	int fds[HJ_IPC_CONNECTIONS_MAX];
	struct hj_ipc_ask a;
	bool continues;
	json_t *j;

	fill(w, 1000, fds, HJ_IPC_CONNECTIONS_MAX);
	for (int more = 0; more < 2; more++) {
		assert_int_equal(hj_ipc_ask_open(w->path[0], &a), 0);
		settle(w);
		if (more) {
			assert_int_equal(hj_ipc_ask_more(&a, "hjgate.Test.Say", NULL), 0);
			assert_int_equal(hj_ipc_ask_next(&a, WAIT_MS, &j, &continues), -EREMOTEIO);
		} else {
			assert_int_equal(hj_ipc_ask(&a, "hjgate.Test.Say", NULL, WAIT_MS, &j), -EREMOTEIO);
		}
		assert_string_equal(json_string_value(json_object_get(j, "error")), HJ_IPC_ERROR_BUSY);
		json_decref(j);
		assert_true(hj_ipc_ask_more(&a, "hjgate.Test.Say", NULL) < 0);
		hj_ipc_ask_close(&a);
	}
	close_all(fds, HJ_IPC_CONNECTIONS_MAX);
}

int main(void)
{
#define t(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		t(many_values_are_not_parsed),
		t(questions_that_are_not_whole),
		t(who_asks_much_at_once_lets_others_go_between),
		t(garbage_takes_turns_as_well),
		t(daemons_go_before_who_looks),
		t(who_has_left_is_obeyed_in_turns),
		t(root_gets_in_where_one_has_them_all),
		t(who_has_less_gets_up_to_as_much),
		t(streams_give_way_last),
		t(who_idles_gives_way_before_a_stream),
		t(root_gets_in_where_all_have_as_much),
		t(who_is_turned_away_is_told_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
