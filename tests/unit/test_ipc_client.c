/* The asking end on the loop: order, bounds, coming back by itself, and a server that talks nonsense. */
#include "ipc_world.h"
#include "no_timers.h"

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
	no_timers = true; /* to come back it needs none */
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
	no_timers = false;
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

/* Whoever does not care whether it is up is not told; to drop what is down is nothing. */
static void client_of_no_events(void **state)
{
	static const struct hj_ipc_client_events none = { NULL, NULL };
	struct world *w = *state;
	char longer[200];

	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	for (int i = 0; i < 2; i++) {
		struct asker a = { .w = w };

		assert_int_equal(hj_ipc_client_new(w->event, longer, i ? &none : NULL, &a, &a.client), -ENAMETOOLONG);
		assert_int_equal(hj_ipc_client_new(w->event, w->path[2], i ? &none : NULL, &a, &a.client), 0);
		hj_ipc_client_drop(a.client);
		turn_until(w, hj_ipc_client_is_up(a.client));
		/* Nobody waits for this answer. */
		assert_int_equal(hj_ipc_client_call(a.client, "hjgate.Test.Say", NULL, 0, NULL, NULL), 0);
		assert_int_equal(hj_ipc_client_call(a.client, "hjgate.Test.Say", NULL, 0, answered, &a), 0);
		turn_until(w, a.answers == 1);
		assert_int_equal(hj_ipc_client_call(a.client, "hjgate.Test.Later", NULL, 0, NULL, NULL), 0);
		hj_ipc_client_drop(a.client);
		hj_ipc_client_drop(a.client);
		assert_false(hj_ipc_client_is_up(a.client));
		turn_until(w, hj_ipc_client_is_up(a.client));
		w->kept = hj_ipc_call_unref(w->kept);
		hj_ipc_client_free(a.client);
	}
	hj_ipc_client_free(NULL);
}

/* An answer without parameters, or with what is no object, is an empty one. */
static void client_hears_what_there_is(void **state)
{
	static const char *const answers[] = { "{}", "{\"parameters\":null}", "{\"parameters\":[1]}" };
	struct world *w = *state;
	struct asker a = { .w = w };
	char path[96];
	int listening, fd;

	snprintf(path, sizeof(path), "%s/odd", w->folder);
	listening = listen_at(path);
	assert_int_equal(hj_ipc_client_new(w->event, path, &events, &a, &a.client), 0);
	turn_until(w, a.up == 1);
	fd = accept(listening, NULL, NULL);
	for (unsigned i = 0; i < hj_array_size(answers); i++) {
		assert_int_equal(hj_ipc_client_call(a.client, "x.Y", NULL, 0, answered, &a), 0);
		raw_say(fd, answers[i]);
		turn_until(w, a.answers == i + 1);
	}
	assert_int_equal(a.errors, 0);
	hj_ipc_client_free(a.client);
	close(fd);
	close(listening);
	unlink(path);
}

int main(void)
{
#define t(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		t(client_calls_in_order),
		t(client_comes_back_by_itself),
		t(client_holds_a_stream_and_bounds_what_waits),
		t(client_drops_who_answers_nonsense),
		t(client_of_no_events),
		t(client_hears_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
