/* A search through the records takes turns with everybody else, whether its client asked for more or not, and finds
 * the same either way. */
#include <errno.h>
#include <math.h>

#include "stored_served.h"

#define RECORDS 20000
#define EVERY   4500 /* of them one has the point that is looked for */
#define FOUND   ((RECORDS + EVERY - 1) / EVERY)
#define PAGE    1024 /* rows of one turn */
#define BEGIN   1750000000000

static struct stored *s;

static void put_minute(int i, uint32_t point)
{
	struct hj_stat stat = { .point = point,
		.flag = HJ_FLAG_NORMAL,
		.expected = 6,
		.got = 6,
		.cou = NAN,
		.min = i,
		.avg = i,
		.max = i,
		.last = NAN };
	struct hj_head head = { .kind = HJ_KIND_MINUTE,
		.trust = HJ_TRUST_NTP,
		.label_ms = BEGIN + i * INT64_C(60000),
		.length_ms = 60000 };
	_cleanup_(hj_buf_done) struct hj_buf body = { 0 };

	assert_int_equal(hj_stats_encode(&stat, 1, &body), 0);
	assert_int_equal(hj_ledger_append(s->ledger, &head, body.data, body.len), 0);
}

static int set_up(void **state)
{
	struct hj_point often = { .name = "oven.current" }, seldom = { .name = "fan.current" };

	s = make_world("turns", 1000);
	if (!s)
		return -1;
	assert_int_equal(dictionary_number(s, &often), 0);
	assert_int_equal(dictionary_number(s, &seldom), 0);
	for (int i = 0; i < RECORDS; i++)
		put_minute(i, i % EVERY ? often.number : seldom.number);
	assert_int_equal(hj_ledger_commit(s->ledger), 0);
	serve_store(s);
	return 0;
}

static int tear_down(void **state)
{
	return no_more_world(s);
}

/* Turns until something is there for fd; how many. */
static unsigned wait_for(int fd)
{
	unsigned turns = 0;
	char byte;

	while (recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) != 1) {
		sd_event_run(loop, 10000);
		assert_true(++turns < 10000);
	}
	return turns;
}

static size_t take(int fd, bool *ret_more, int64_t *left_out)
{
	struct hj_ipc_frame f = { .scanned = 0 };
	json_t *j = NULL, *parameters;
	char byte;
	size_t n;

	while (!hj_ipc_frame_next(&f, &j, NULL)) {
		wait_for(fd);
		assert_int_equal(recv(fd, &byte, 1, 0), 1);
		assert_int_equal(hj_ipc_frame_put(&f, &byte, 1), 0);
	}
	parameters = json_object_get(j, "parameters");
	n = json_array_size(json_object_get(parameters, "records"));
	*left_out += json_integer_value(json_object_get(parameters, "left_out"));
	*ret_more = json_is_true(json_object_get(j, "continues"));
	json_decref(j);
	hj_ipc_frame_done(&f);
	return n;
}

static int query(const char *what, bool more)
{
	char text[256];

	snprintf(text, sizeof(text), "{\"kind\":\"minute\",\"begin\":0,\"end\":9000000000000%s}", what);
	return say_to_store(HJ_LOOK, "Query", text, more);
}

/* Each is done in as many turns as it takes, and somebody who asks meanwhile is answered between two of them. */
static void others_have_their_turn(void **state)
{
	int searching = query(",\"point\":\"fan.current\"", false), look, peer;
	int64_t left_out = 0;
	unsigned turns;
	bool more;

	for (int i = 0; i < 4; i++) /* it is let in, and begins */
		sd_event_run(loop, 10000);
	peer = say_to_store(HJ_PEER, "Status", "{}", false);
	look = say_to_store(HJ_LOOK, "Status", "{}", false);
	assert_in_range(wait_for(peer), 0, 6);
	wait_for(look);
	turns = wait_for(searching);
	assert_in_range(turns, 1, 3 * RECORDS / PAGE);
	assert_int_equal(take(searching, &more, &left_out), FOUND);
	assert_false(more);
	assert_int_equal(left_out, 0);
	close(searching);
	close(look);
	close(peer);
}

static void with_more_the_same_is_found(void **state)
{
	int fd = query(",\"point\":\"fan.current\"", true);
	int64_t left_out = 0;
	size_t found = 0;
	bool more = true;

	while (more)
		found += take(fd, &more, &left_out);
	assert_int_equal(found, FOUND);
	assert_int_equal(left_out, 0);
	close(fd);
	fd = query(",\"point\":\"fan.current\",\"limit\":2,\"after\":4501", false);
	assert_int_equal(take(fd, &more, &left_out), 2);
	close(fd);
}

/* What was put aside, and what nobody here can read, is looked at as well. */
static void what_cannot_be_shown_takes_turns_too(void **state)
{
	int64_t left_out = 0;
	int fd, peer;
	bool more;

	s->voids[0] = (struct voided){ .seq = hj_ledger_last(s->ledger), .after_ms = 0 };
	s->void_count = 1; /* all but the last one */
	fd = query("", false);
	for (int i = 0; i < 4; i++)
		sd_event_run(loop, 10000);
	peer = say_to_store(HJ_PEER, "Status", "{}", false);
	assert_in_range(wait_for(peer), 0, 6);
	assert_true(wait_for(fd) > 0);
	assert_int_equal(take(fd, &more, &left_out), 1);
	assert_false(more);
	close(fd);
	close(peer);
}

static void who_leaves_is_let_go(void **state)
{
	int fd = query(",\"point\":\"fan.current\"", false);

	for (int i = 0; i < 4; i++)
		sd_event_run(loop, 10000);
	assert_non_null(s->readers);
	close(fd);
	while (sd_event_run(loop, 0) > 0 && s->readers)
		;
	assert_null(s->readers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_have_their_turn),
		cmocka_unit_test(with_more_the_same_is_found),
		cmocka_unit_test(who_leaves_is_let_go),
		cmocka_unit_test(what_cannot_be_shown_takes_turns_too),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
