/* One client's asking, however much and in whatever form, costs the others no more than a turn or some memory: the
 * loop goes on between two of its messages, daemons go before who looks, and a message of many values is not parsed.
 */
#include <sys/resource.h>

#include "ipc_newcomer.h"

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

/* At its peak. A sanitizer keeps what is freed: there it tells nothing. */
static long most_kb(void)
{
	struct rusage u = { 0 };

#ifndef __SANITIZE_ADDRESS__
	getrusage(RUSAGE_SELF, &u);
#endif
	return u.ru_maxrss;
}

/* ---- memory; first, while the process has not been large yet ---- */

static size_t make_bomb(char *text, size_t size, const char *what)
{
	size_t n = strlen(what),
	       len = (size_t)sprintf(text, "{\"method\":\"hjgate.Test.Say\",\"parameters\":{\"a\":[");

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
