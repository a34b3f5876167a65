/* Lists that are not in RAM: what is found, and that others have their turn while it is looked for. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../services/eventd/eventd.h"
#include "../../services/eventd/search.h"
#include "hjgate/ipc.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "state_root.h"

#define SLICE  512 /* rows of one turn */
#define EVENTS 5000
#define EVERY  50 /* of them one is a meter that was lost, and found again */
#define LOST   (EVENTS / EVERY)

static struct world {
	sd_event *event;
	struct eventd *d;
	struct hj_ipc_server *server;
	uint64_t first_lost;
} w;

static const enum hj_right rights[] = { HJ_LOOK, HJ_CHANGE, HJ_PEER };

static int socket_at(int which, bool listening)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%.60s/run/%d", root, which);
	assert_int_equal((listening ? bind : connect)(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	if (listening)
		assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static uint64_t append(enum row_is is, const char *code, uint64_t of, int64_t time_ms)
{
	struct row row = { .is = is, .time_ms = time_ms, .of = of };
	uint64_t seq;

	if (!of) {
		strcpy(row.code, code);
		snprintf(row.key, sizeof(row.key), "key %lld", (long long)time_ms);
		strcpy(row.source, "test");
	}
	assert_int_equal(eventd_append(w.d, &row, &seq), 0);
	return seq;
}

/* Lost and found again at once: then nothing keeps them in RAM. */
static uint64_t append_lost(int64_t time_ms)
{
	uint64_t id = append(ROW_BEGIN, "meter-lost", 0, time_ms);

	append(ROW_END, NULL, id, time_ms + 1);
	return id;
}

static int setup(void **state)
{
	static const struct hj_ipc_interface *const interfaces[] = { &eventd_interface, NULL };

	if (make_root("search") < 0)
		return -1;
	hj_log_setup("eventd", HJ_LOG_ERROR);
	assert_true(sd_event_new(&w.event) >= 0);
	assert_int_equal(eventd_new(w.event, root, &w.d), 0);
	w.first_lost = 0;
	for (int i = 0; i < EVENTS; i++) {
		uint64_t id = i % EVERY ? append(ROW_MOMENT, "program-start", 0, i) : append_lost(i);

		w.first_lost = w.first_lost ? w.first_lost : id;
	}
	assert_int_equal(hj_ledger_commit(w.d->ledger), 0);
	assert_int_equal(eventd_read_back(w.d), 0);
	assert_int_equal(hj_ipc_server_new(w.event, interfaces, w.d, &w.server), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(hj_ipc_server_add(w.server, socket_at(i, true), rights[i]), 0);
	return 0;
}

static int teardown(void **state)
{
	hj_ipc_server_free(w.server);
	eventd_free(w.d);
	sd_event_unref(w.event);
	return remove_root();
}

static void turn(void)
{
	assert_true(sd_event_run(w.event, 10000) >= 0);
}

static void settle(void)
{
	while (sd_event_run(w.event, 0) > 0)
		;
}

static int open_as(int which)
{
	int fd = socket_at(which, false);

	settle();
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text) + 1, MSG_NOSIGNAL), strlen(text) + 1);
}

static bool has_answer(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 1;
}

/* The next message; NULL: the connection has ended. */
static json_t *hear(int fd)
{
	struct hj_ipc_frame f = { .scanned = 0 };
	json_t *j = NULL;
	char byte;
	ssize_t n;

	while (!hj_ipc_frame_next(&f, &j, NULL)) {
		n = recv(fd, &byte, 1, MSG_DONTWAIT);
		if (n == 1)
			assert_int_equal(hj_ipc_frame_put(&f, &byte, 1), 0);
		else if (n < 0 && errno == EAGAIN)
			turn();
		else
			break;
	}
	hj_ipc_frame_done(&f);
	return j;
}

/* The events of a call that goes on until they are all told. */
static json_t *hear_events(int fd)
{
	json_t *all = json_array();
	bool more = true;

	while (more) {
		json_t *j = hear(fd);

		json_array_extend(all, json_object_get(json_object_get(j, "parameters"), "events"));
		more = json_is_true(json_object_get(j, "continues"));
		json_decref(j);
	}
	return all;
}

#define LIST(more, what) "{\"method\":\"hjgate.Event.List\",\"parameters\":{" what "}" more "}"

static void assert_all_lost(json_t *events, size_t n)
{
	assert_int_equal(json_array_size(events), n);
	for (size_t i = 0; i < n; i++) {
		json_t *e = json_array_get(events, i);

		assert_string_equal(json_string_value(json_object_get(e, "code")), "meter-lost");
		assert_int_equal(json_integer_value(json_object_get(e, "begin")), (json_int_t)i * EVERY);
		assert_int_equal(json_integer_value(json_object_get(e, "end")), (json_int_t)i * EVERY + 1);
	}
	json_decref(events);
}

static void everything_is_found(void **state)
{
	int fd = open_as(0);
	json_t *events;

	say(fd, LIST("", "\"limit\":1000,\"codes\":[\"meter-lost\"]"));
	assert_all_lost(hear_events(fd), LOST);
	say(fd, LIST(",\"more\":true", "\"limit\":1000,\"codes\":[\"meter-lost\"]"));
	assert_all_lost(hear_events(fd), LOST);
	say(fd, LIST(",\"more\":true", "\"limit\":1000,\"end\":300,\"codes\":[\"meter-lost\"]"));
	assert_all_lost(hear_events(fd), 6);
	say(fd, LIST("", "\"limit\":1,\"end\":1"));
	assert_all_lost(hear_events(fd), 1);
	say(fd, LIST("", "\"limit\":7,\"end\":4000,\"codes\":[\"program-start\"]"));
	events = hear_events(fd);
	assert_int_equal(json_array_size(events), 7);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(events, 6), "begin")), 3999);
	json_decref(events);
	close(fd);
}

static int answered(const int *fds, int n)
{
	int all = 0;

	for (int i = 0; i < n; i++)
		all += has_answer(fds[i]);
	return all;
}

/* Who is in a line for the ledger holds up nobody who is not, and daemons stand before those who look. */
static void others_have_their_turn_meanwhile(void **state)
{
	int looks[4], peer = open_as(2), other = open_as(0);
	unsigned turns = 0;

	for (int i = 0; i < 4; i++)
		looks[i] = open_as(0);
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 20; k++)
			say(looks[i], LIST("", "\"limit\":1,\"end\":1"));
	for (int i = 0; i < 6; i++) /* one of them is being looked for */
		turn();
	say(peer, "{\"method\":\"hjgate.Event.Status\"}");
	say(other, "{\"method\":\"hjgate.Event.Status\"}");
	while (!has_answer(peer))
		turn();
	json_decref(hear(peer));
	while (!has_answer(other))
		turn();
	assert_true(answered(looks, 4) <= 1);
	say(peer, LIST("", "\"limit\":1,\"end\":1"));
	while (!has_answer(peer)) {
		turn();
		turns++;
	}
	assert_in_range(turns, 1 + EVENTS / SLICE, 30); /* and so long nobody is held up */
	assert_all_lost(hear_events(peer), 1);
	assert_true(answered(looks, 4) <= 2);
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 20; k++)
			assert_all_lost(hear_events(looks[i]), 1);
	for (int i = 0; i < 4; i++)
		close(looks[i]);
	close(peer);
	close(other);
}

static void what_comes_meanwhile_is_told_once(void **state)
{
	static const char lost[] = "{\"method\":\"hjgate.Event.Log\",\"parameters\":{\"code\":\"meter-lost\","
	                           "\"phase\":\"begin\",\"key\":\"k\",\"source\":\"t\",\"time\":9}}";
	int fd = open_as(0), peer = open_as(2);
	json_t *newest, *all = json_array();

	say(fd, LIST(",\"more\":true", "\"limit\":1000,\"follow\":true,\"codes\":[\"meter-lost\"]"));
	turn();
	turn();
	assert_false(has_answer(fd));
	say(peer, lost);
	say(peer, lost);         /* that is nothing new */
	json_decref(hear(peer)); /* committed, while it is looked for or just after */
	while (json_array_size(all) <= LOST) {
		json_t *j = hear(fd);

		json_array_extend(all, json_object_get(json_object_get(j, "parameters"), "events"));
		json_decref(j);
	}
	assert_int_equal(json_array_size(all), LOST + 1);
	json_decref(hear(peer));
	settle();
	assert_false(has_answer(fd));
	newest = json_array_get(all, LOST);
	assert_string_equal(json_string_value(json_object_get(newest, "key")), "k");
	json_decref(all);
	close(fd);
	close(peer);
}

static void who_leaves_while_it_is_looked_for(void **state)
{
	int fds[3];

	for (int i = 0; i < 3; i++) {
		fds[i] = open_as(0);
		say(fds[i], LIST("", "\"limit\":1,\"end\":1"));
	}
	for (int i = 0; i < 5; i++)
		turn();
	close(fds[0]);
	close(fds[1]);
	assert_all_lost(hear_events(fds[2]), 1);
	close(fds[2]);
	settle();
	assert_null(w.d->streams);
	assert_int_equal(w.d->streams_bytes, 0);
}

/* What was read means something else when the oldest rows are cut, or times put right. */
static void it_begins_anew(void **state)
{
	struct filter f = { .begin_ms = INT64_MIN, .end_ms = 2000, .codes = { "meter-lost" }, .code_count = 1 };
	struct search *s = search_new(&f, 1000);
	uint64_t rows;
	int slices = 0;

	size_t first;

	assert_int_equal(search_slice(s, w.d), 1);
	first = search_found(s)->count;
	assert_in_range(first, 1, LOST / 4);
	w.d->shifts.upto++;
	assert_int_equal(search_slice(s, w.d), 1);
	assert_int_equal(search_found(s)->count, first);
	assert_int_equal(hj_ledger_cut(w.d->ledger, w.first_lost + 1, &rows), 0);
	assert_int_equal(hj_ledger_commit(w.d->ledger), 0);
	while (search_slice(s, w.d) > 0)
		slices++;
	assert_in_range(slices, EVENTS / SLICE, EVENTS / SLICE + 1);
	assert_int_equal(search_found(s)->count, 2000 / EVERY - 1);
	search_free(s);
	search_free(NULL);
}

/* Where there is no ledger any more, what is in RAM is all that is told. */
static void the_disk_goes_meanwhile(void **state)
{
	struct hj_ledger *l = w.d->ledger;
	int fd = open_as(0);
	json_t *j;

	say(fd, LIST("", "\"limit\":1,\"end\":1"));
	turn();
	turn();
	w.d->ledger = NULL;
	j = hear_events(fd);
	assert_int_equal(json_array_size(j), 0);
	json_decref(j);
	w.d->ledger = l;
	close(fd);
}

/* Who asks what is open must not take what nobody knows yet for nothing. */
static void it_says_what_it_has_not_read(void **state)
{
	int fd = open_as(0);

	for (int known = 0; known < 2; known++) {
		json_t *j, *unread;

		w.d->known = known;
		say(fd, LIST("", "\"open\":true"));
		j = hear(fd);
		unread = json_object_get(json_object_get(j, "parameters"), "unread");
		assert_int_equal(json_is_true(unread), !known);
		json_decref(j);
	}
	close(fd);
}

#define t(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		t(everything_is_found),
		t(others_have_their_turn_meanwhile),
		t(what_comes_meanwhile_is_told_once),
		t(who_leaves_while_it_is_looked_for),
		t(it_begins_anew),
		t(the_disk_goes_meanwhile),
		t(it_says_what_it_has_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
