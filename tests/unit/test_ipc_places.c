/* Who gets a connection where all are taken: who has few, where somebody has many, and root. */
#include "ipc_newcomer.h"

#define BUSY "{\"error\":\"hjgate.Busy\",\"parameters\":{}}"

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
		t(root_gets_in_where_one_has_them_all),
		t(who_has_less_gets_up_to_as_much),
		t(streams_give_way_last),
		t(who_idles_gives_way_before_a_stream),
		t(root_gets_in_where_all_have_as_much),
		t(who_is_turned_away_is_told_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
