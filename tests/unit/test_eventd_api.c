/* eventd as its clients see it: its own process, on real sockets, with a real ledger; killed, started again, with a
 * disk that refuses. */
/* long because: one daemon on sockets, asked in many ways */
#include "eventd_world.h"
#include "peer_rows.h"

/* ---- tests ---- */

static void an_event_begins_and_ends(void **state)
{
	json_t *events, *e;
	int64_t id;

	start();
	id = tell("meter-lost", "begin", "meter north.oven", 1000);
	assert_true(id > 0);
	assert_int_equal(tell("meter-lost", "begin", "meter north.oven", 2000), 0);
	assert_true(tell("meter-lost", "begin", "meter north.fan", 2000) > id);
	events = list(json_pack("{s:b}", "open", 1));
	assert_int_equal(json_array_size(events), 2);
	e = json_array_get(events, 0);
	assert_int_equal(number(e, "id"), id);
	assert_int_equal(number(e, "begin"), 1000);
	assert_null(json_object_get(e, "end"));
	assert_string_equal(json_string_value(json_object_get(json_object_get(e, "values"), "meter")), "oven");
	json_decref(events);
	assert_int_equal(tell("meter-lost", "end", "meter north.oven", 5000), id);
	assert_int_equal(tell("meter-lost", "end", "meter north.oven", 6000), 0);
	events = list(json_object());
	assert_int_equal(number(find(events, "meter-lost", "meter north.oven"), "end"), 5000);
	assert_non_null(find(events, "program-start", "eventd"));
	json_decref(events);
	assert_int_equal(status("open"), 1);
	stop(SIGTERM);
}

static void every_method_of_daemons_has_its_users(void **state)
{
	assert_peers_are_whole(&eventd_interface);
}

static void wrong_calls_are_answered(void **state)
{
	static const struct {
		const char *socket, *method, *parameters, *error;
	} cases[] = {
		{ "peer", "hjgate.Event.Log", "{}", HJ_IPC_ERROR_PARAMETER },
		{ "peer", "hjgate.Event.Log", "{\"code\":\"no\",\"phase\":\"moment\",\"key\":\"\",\"source\":\"x\"}",
		        "hjgate.Event.UnknownCode" },
		{ "peer", "hjgate.Event.Log",
		        "{\"code\":\"meter-lost\",\"phase\":\"moment\",\"key\":\"\",\"source\":\"x\"}",
		        HJ_IPC_ERROR_PARAMETER },
		{ "peer", "hjgate.Event.Log",
		        "{\"code\":\"meter-lost\",\"phase\":\"begin\",\"key\":\"\",\"source\":\"x\",\"time\":-1}",
		        HJ_IPC_ERROR_PARAMETER },
		{ "look", "hjgate.Event.Log",
		        "{\"code\":\"meter-lost\",\"phase\":\"begin\",\"key\":\"\",\"source\":\"x\"}",
		        HJ_IPC_ERROR_DENIED },
		{ "look", "hjgate.Event.List", "{\"limit\":1001}", HJ_IPC_ERROR_PARAMETER },
		{ "look", "hjgate.Event.List", "{\"limit\":\"all\"}", HJ_IPC_ERROR_PARAMETER },
		{ "look", "hjgate.Event.List", "{\"follow\":true}", HJ_IPC_ERROR_PARAMETER },
		{ "look", "hjgate.Event.Acknowledge", "{\"id\":1,\"cause\":\"x\"}", HJ_IPC_ERROR_DENIED },
		{ "change", "hjgate.Event.Acknowledge", "{\"id\":99,\"cause\":\"x\"}", "hjgate.Event.NoSuchEvent" },
		{ "change", "hjgate.Event.Acknowledge", "{\"id\":-1,\"cause\":\"x\"}", "hjgate.Event.NoSuchEvent" },
		{ "change", "hjgate.Event.Acknowledge", "{\"id\":1,\"cause\":\"\"}", HJ_IPC_ERROR_PARAMETER },
	};
	char error[64];

	start();
	for (size_t i = 0; i < hj_array_size(cases); i++) {
		json_decref(ask(cases[i].socket, cases[i].method, json_loads(cases[i].parameters, 0, NULL), error));
		assert_string_equal(error, cases[i].error);
	}
	assert_int_equal(status("events"), 1);
	stop(SIGTERM);
}

static void open_events_survive_a_kill(void **state)
{
	json_t *events, *e;
	char error[64];
	int64_t id;

	start();
	id = tell("link-lost", "begin", "uplink county", 1000);
	tell("meter-lost", "begin", "m", 1500);
	tell("meter-lost", "end", "m", 1600);
	json_decref(ask("change", "hjgate.Event.Acknowledge",
	        json_pack("{s:I, s:s}", "id", (json_int_t)id, "cause", "挖断光缆"), error));
	assert_string_equal(error, "");
	stop(SIGKILL);
	start();
	assert_int_equal(status("open"), 1);
	assert_int_equal(tell("link-lost", "begin", "uplink county", 3000), 0);
	assert_int_equal(tell("link-lost", "end", "uplink county", 4000), id);
	events = list(json_object());
	e = find(events, "link-lost", "uplink county");
	assert_int_equal(number(e, "begin"), 1000);
	assert_int_equal(number(e, "end"), 4000);
	assert_string_equal(json_string_value(json_object_get(e, "cause")), "挖断光缆");
	json_decref(events);
	stop(SIGTERM);
}

static void a_follower_sees_every_change_once(void **state)
{
	struct hj_ipc_ask a;
	json_t *part, *e;
	bool more;

	start();
	a = open_at("look");
	assert_int_equal(
	        hj_ipc_ask_more(&a, "hjgate.Event.List", json_pack("{s:b, s:i}", "follow", 1, "limit", 0)), 0);
	assert_int_equal(hj_ipc_ask_next(&a, WAIT_MS, &part, &more), 0);
	assert_true(more);
	assert_int_equal(json_array_size(json_object_get(part, "events")), 0);
	json_decref(part);
	tell("meter-lost", "begin", "m", 1000);
	tell("meter-lost", "end", "m", 2000);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(hj_ipc_ask_next(&a, WAIT_MS, &part, &more), 0);
		assert_int_equal(json_array_size(json_object_get(part, "events")), 1);
		e = json_array_get(json_object_get(part, "events"), 0);
		assert_int_equal(json_object_get(e, "end") != NULL, i);
		json_decref(part);
	}
	hj_ipc_ask_close(&a);
	/* It has left: that must not keep the next from being told. */
	assert_true(tell("meter-lost", "begin", "m", 3000) > 0);
	stop(SIGTERM);
}

/* Many calls on one connection, without waiting for answers: commits are grouped. */
static void tell_many(int n, int64_t from)
{
	struct hj_ipc_ask clients[16];
	char key[16];

	for (size_t i = 0; i < hj_array_size(clients); i++)
		clients[i] = open_at("peer");
	for (int i = 0; i < n; i += (int)hj_array_size(clients)) {
		for (size_t k = 0; k < hj_array_size(clients); k++) {
			snprintf(key, sizeof(key), "k%d", (i + (int)k) / 40);
			assert_int_equal(hj_ipc_ask_more(&clients[k], "hjgate.Event.Log",
			                         json_pack("{s:s, s:s, s:s, s:s, s:I}", "code", "config-changed",
			                                 "phase", "moment", "key", key, "source", "test", "time",
			                                 (json_int_t)(from + i + (int)k))),
			        0);
		}
		for (size_t k = 0; k < hj_array_size(clients); k++) {
			json_t *reply;
			bool more;

			assert_int_equal(hj_ipc_ask_next(&clients[k], WAIT_MS, &reply, &more), 0);
			json_decref(reply);
		}
	}
	for (size_t i = 0; i < hj_array_size(clients); i++)
		hj_ipc_ask_close(&clients[i]);
}

static void older_ones_are_read_from_the_ledger(void **state)
{
	json_t *events;

	start();
	tell("link-lost", "begin", "old", 5);
	tell_many(480, 1000);
	tell("link-lost", "end", "old", 7);
	events = list(json_pack("{s:i}", "limit", 50)); /* from RAM */
	assert_int_equal(json_array_size(events), 50);
	assert_in_range(number(json_array_get(events, 49), "begin"), 1479 - 16, 1479);
	json_decref(events);
	events = list(json_pack("{s:i}", "limit", 1000)); /* all, in more than one message */
	assert_int_equal(json_array_size(events), 482);
	assert_int_equal(number(find(events, "link-lost", "old"), "end"), 7);
	for (size_t i = 1; i < json_array_size(events); i++)
		assert_true(number(json_array_get(events, i), "id") > number(json_array_get(events, i - 1), "id"));
	json_decref(events);
	/* Sixteen are told at a time, so within each sixteen any order is right. */
	events = list(json_pack("{s:i, s:i, s:i}", "begin", 1010, "end", 1020, "limit", 1000));
	assert_int_equal(json_array_size(events), 10);
	for (size_t i = 0; i < 10; i++)
		assert_in_range(number(json_array_get(events, i), "begin"), 1010, 1019);
	json_decref(events);
	events = list(json_pack("{s:i, s:i}", "end", 1032, "limit", 16));
	assert_int_equal(json_array_size(events), 16);
	for (size_t i = 0; i < 16; i++)
		assert_in_range(number(json_array_get(events, i), "begin"), 1016, 1031);
	json_decref(events);
	stop(SIGTERM);
	start();
	assert_int_equal(status("events"), 482 + 2); /* its stop and its start */
	stop(SIGTERM);
}

static void a_flood_is_folded_and_nothing_is_dropped(void **state)
{
	json_t *events, *e;
	int64_t count = 0;
	size_t i;

	start();
	for (int k = 0; k < FOLD_MOST + 25; k++)
		tell("samples-late", "moment", "bus north", 1000 + k);
	stop(SIGTERM); /* what is counted in RAM is written at the stop */
	start();
	events = list(json_pack("{s:i}", "limit", 1000));
	json_array_foreach(events, i, e) if (!strcmp(json_string_value(json_object_get(e, "code")), "samples-late"))
	        count += number(e, "count");
	assert_int_equal(count, FOLD_MOST + 25);
	assert_int_equal(json_array_size(events), FOLD_MOST + 3); /* a start, a stop, a start */
	json_decref(events);
	stop(SIGTERM);
}

/* A thousand large ones. */
static void fill(void)
{
	struct eventd *d = NULL;
	sd_event *event = NULL;

	hj_log_setup("eventd", HJ_LOG_ERROR);
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(eventd_new(event, root, &d), 0);
	for (int i = 0; i < 1000; i++) {
		struct row row = { .is = ROW_MOMENT, .time_ms = i, .code = "config-value" };

		assert_true(asprintf(&row.values, "{\"old\":\"%01000d\"}", i) > 0);
		assert_int_equal(eventd_put(d, &row, NULL), 0);
		if (d->queued == QUEUE_MAX)
			assert_int_equal(eventd_flush(d), 0);
	}
	eventd_free(d);
	sd_event_unref(event);
}

/* Their number is bounded, and so is what waits for all of them; who reads is served all the same. */
static void clients_that_do_not_read_are_bounded(void **state)
{
	struct hj_ipc_ask deaf[16], reader;
	char error[64];
	json_t *part;
	bool more;

	fill();
	start();
	reader = open_at("look");
	assert_int_equal(
	        hj_ipc_ask_more(&reader, "hjgate.Event.List", json_pack("{s:b, s:i}", "follow", 1, "limit", 0)), 0);
	assert_int_equal(hj_ipc_ask_next(&reader, WAIT_MS, &part, &more), 0);
	json_decref(part);
	for (size_t i = 0; i < hj_array_size(deaf); i++) {
		deaf[i] = open_at(i % 2 ? "look" : "change");
		assert_int_equal(
		        hj_ipc_ask_more(&deaf[i], "hjgate.Event.List", json_pack("{s:i}", "limit", 1000)), 0);
		status("events"); /* it has been heard */
	}
	json_decref(ask("look", "hjgate.Event.List", json_pack("{s:i}", "limit", 1000), error));
	assert_string_not_equal(error, "");
	tell("meter-lost", "begin", "m", 1000);
	assert_int_equal(hj_ipc_ask_next(&reader, WAIT_MS, &part, &more), 0);
	assert_non_null(find(json_object_get(part, "events"), "meter-lost", "m"));
	json_decref(part);
	hj_ipc_ask_close(&reader);
	for (size_t i = 0; i < hj_array_size(deaf); i++)
		hj_ipc_ask_close(&deaf[i]);
	for (int i = 0; i < 100 && *error; i++) /* they are seen to have left one after the other */
		json_decref(ask("look", "hjgate.Event.List", json_pack("{s:i}", "limit", 1000), error));
	assert_string_equal(error, "");
	stop(SIGTERM);
}

static void move(const char *from, const char *to)
{
	char a[128], b[128];

	snprintf(a, sizeof(a), "%s%s", root, from);
	snprintf(b, sizeof(b), "%s%s", root, to);
	assert_int_equal(rename(a, b), 0);
}

static void trouble_with_the_disk_is_waited_out(void **state)
{
	json_t *events;
	int64_t id;

	start();
	id = tell("link-lost", "begin", "county", 1000);
	stop(SIGTERM);
	move("/var/lib/hjgate", "/var/lib/elsewhere"); /* the folder is not there */
	start();
	assert_int_equal(status("open"), 0); /* it serves all the same */
	move("/var/lib/elsewhere", "/var/lib/hjgate");
	assert_int_equal(tell("link-lost", "end", "county", 2000), id); /* said before it was known what is open */
	events = list(json_object());
	assert_int_equal(number(find(events, "link-lost", "county"), "end"), 2000);
	assert_non_null(find(events, "disk-trouble", "events.db"));
	json_decref(events);
	assert_int_equal(status("lost"), 0);
	stop(SIGTERM);
}

/* What was answered is on the disk, however it ends. */
static void what_is_answered_survives_kills(void **state)
{
	int64_t ids[60];
	json_t *events;
	size_t n = 0;
	char key[16];

	for (int round = 0; round < 12; round++) {
		start();
		for (int i = 0; i < 5; i++) {
			snprintf(key, sizeof(key), "r%di%d", round, i);
			ids[n++] = tell("config-changed", "moment", key, 1000 + round);
		}
		stop(SIGKILL);
	}
	start();
	events = list(json_pack("{s:i}", "limit", 1000));
	for (size_t i = 0; i < n; i++) {
		json_t *e;

		snprintf(key, sizeof(key), "r%zui%zu", i / 5, i % 5);
		e = find(events, "config-changed", key);
		assert_non_null(e);
		assert_int_equal(number(e, "id"), ids[i]);
	}
	json_decref(events);
	stop(SIGTERM);
}

static void the_oldest_are_cut(void **state)
{
	struct eventd *d = NULL;
	sd_event *event = NULL;
	struct row row;

	hj_log_setup("eventd", HJ_LOG_ERROR);
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(eventd_new(event, root, &d), 0);
	eventd_say(d, "link-lost", ROW_BEGIN, "county", "{\"host\":\"h\"}");
	for (int i = 0; i < EVENTS_MOST; i++) {
		row = (struct row){ .is = ROW_MOMENT, .time_ms = i, .code = "config-changed" };
		assert_int_equal(eventd_put(d, &row, NULL), 0);
		if (d->queued == QUEUE_MAX)
			assert_int_equal(eventd_flush(d), 0);
	}
	assert_int_equal(eventd_flush(d), 0);
	assert_int_equal(d->events, EVENTS_MOST + 2);
	eventd_cut(d);
	assert_in_range(d->events, EVENTS_LEAST, EVENTS_MOST - 1);
	assert_non_null(book_find_open(&d->book, "link-lost", "county"));
	assert_int_equal(d->book.open, 1);
	eventd_free(d);
	assert_int_equal(eventd_new(event, root, &d), 0);
	assert_string_equal(book_find_open(&d->book, "link-lost", "county")->values, "{\"host\":\"h\"}");
	eventd_free(d);
	sd_event_unref(event);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_event_begins_and_ends),
		T(every_method_of_daemons_has_its_users),
		T(wrong_calls_are_answered),
		T(open_events_survive_a_kill),
		T(a_follower_sees_every_change_once),
		T(older_ones_are_read_from_the_ledger),
		T(clients_that_do_not_read_are_bounded),
		T(a_flood_is_folded_and_nothing_is_dropped),
		T(trouble_with_the_disk_is_waited_out),
		T(what_is_answered_survives_kills),
		T(the_oldest_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
