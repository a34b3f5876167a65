/* A store whose KEK did not come: it goes on under a fresh one; what is locked stays, stays owed, and goes to its
 * platform when the KEK has come. */
#include "stored_daemon.h"

#define NOBODY "0000000000000000000000000000000000000000000000000000000000000001"

static void move(const char *from, const char *to)
{
	char paths[2][256];

	path_of(from, paths[0]);
	path_of(to, paths[1]);
	assert_int_equal(rename(paths[0], paths[1]), 0);
}

/* What the uplink is given of what it owes; *ret_waiting: how many it owes in all. */
static json_t *read_owed(struct hj_ipc_ask *peer, int64_t *ret_waiting)
{
	json_t *reply = ask(peer, "Read", json_pack("{s:s}", "uplink", "county"));
	json_t *records = json_incref(json_object_get(reply, "records"));

	*ret_waiting = num(reply, "waiting");
	json_decref(reply);
	return records;
}

static int64_t locked_keys(void)
{
	struct hj_ipc_ask look = dial("look");
	json_t *reply = ask(&look, "Key", NULL);
	int64_t locked = num(reply, "locked");

	json_decref(reply);
	hj_ipc_ask_close(&look);
	return locked;
}

static void test_locked_records_stay_owed(void **state)
{
	struct hj_ipc_ask peer = dial("peer");
	json_t *before, *meanwhile, *after;
	int64_t waiting, first = 1, owed;
	char path[256];

	json_decref(read_owed(&peer, &waiting)); /* from now on it owes */
	for (int i = 0; i < 3; i++)
		one_window(&peer, "north", BOOT_A, &first);
	json_decref(wait_for_records("minute", 3));
	before = read_owed(&peer, &owed);
	assert_true(owed >= 3 && json_array_size(before) == (size_t)owed);
	hj_ipc_ask_close(&peer);

	stop_daemon(SIGTERM);
	move("var/lib/hjgate/kek", "var/lib/hjgate/kek.away");
	start();
	assert_true(locked_keys() > 0);
	peer = dial("peer");
	json_decref(read_owed(&peer, &waiting));
	assert_true(waiting >= owed);
	first = 1;
	one_window(&peer, "north", BOOT_B, &first);
	json_decref(wait_for_records("minute", 1));
	meanwhile = read_owed(&peer, &waiting);
	assert_true(json_array_size(meanwhile) >= 1);
	assert_true(waiting >= owed + (int64_t)json_array_size(meanwhile)); /* reading them took nothing away */
	assert_true(num(json_array_get(meanwhile, 0), "seq") > owed);
	hj_ipc_ask_close(&peer);

	path_of("run/hjgate/key", path);
	assert_int_equal(mkdir(path, 0755), 0);
	move("var/lib/hjgate/kek.away", "run/hjgate/key/kek");
	assert_int_equal(locked_keys(), 0);
	peer = dial("peer");
	after = read_owed(&peer, &waiting);
	assert_true(json_array_size(after) >= json_array_size(before) + json_array_size(meanwhile));
	for (size_t i = 0; i < json_array_size(before); i++)
		assert_true(json_equal(json_array_get(after, i), json_array_get(before, i)));
	hj_ipc_ask_close(&peer);
	json_decref(before);
	json_decref(meanwhile);
	json_decref(after);
}

/* Minutes that a Query gives, `limit` at a time as a client asks for more; *ret_left_out: those it says it cannot. */
static size_t query_minutes(int64_t limit, int64_t *ret_left_out)
{
	struct hj_ipc_ask look = dial("look");
	size_t all = 0, n;
	int64_t after = 0;

	*ret_left_out = 0;
	do {
		json_t *reply = ask(&look, "Query",
		        json_pack("{s:s, s:i, s:I, s:I, s:I}", "kind", "minute", "begin", 0, "end",
		                (json_int_t)HJ_TIME_MAX_MS, "limit", (json_int_t)limit, "after", (json_int_t)after));
		json_t *records = json_object_get(reply, "records");

		n = json_array_size(records);
		all += n;
		*ret_left_out += num(reply, "left_out");
		after = n ? num(json_array_get(records, n - 1), "seq") : 0;
		json_decref(reply);
	} while (n == (size_t)limit);
	hj_ipc_ask_close(&look);
	return all;
}

static void records_under(const char *boot_id, const char *kek, size_t count)
{
	struct hj_ipc_ask peer;
	int64_t first = 1;
	size_t before;
	int64_t unread;

	if (kek) {
		stop_daemon(SIGTERM);
		move("var/lib/hjgate/kek", kek);
		start();
	}
	before = query_minutes(1000, &unread);
	peer = dial("peer");
	for (size_t i = 0; i < count; i++)
		one_window(&peer, "north", boot_id, &first);
	hj_ipc_ask_close(&peer);
	json_decref(wait_for_records("minute", before + count));
}

/* Before, between and behind those that open: each is told once, however many are asked for at a time. */
static void test_a_query_tells_what_it_leaves_out(void **state)
{
	int64_t left_out;

	records_under(BOOT_A, NULL, 2);
	assert_int_equal(query_minutes(1000, &left_out), 2);
	assert_int_equal(left_out, 0);
	records_under(BOOT_B, "var/lib/hjgate/kek.first", 2);
	assert_int_equal(query_minutes(1000, &left_out), 2);
	assert_int_equal(left_out, 2);
	stop_daemon(SIGTERM);
	move("var/lib/hjgate/kek", "var/lib/hjgate/kek.second");
	move("var/lib/hjgate/kek.first", "var/lib/hjgate/kek");
	start();
	for (int64_t limit = 1; limit <= 4; limit++) {
		assert_int_equal(query_minutes(limit, &left_out), 2);
		assert_int_equal(left_out, 2);
	}
	records_under("0102030405060708090a0b0c0d0e0f10", NULL, 1);
	for (int64_t limit = 1; limit <= 4; limit++) {
		assert_int_equal(query_minutes(limit, &left_out), 3);
		assert_int_equal(left_out, 2);
	}
}

/* A number of the dictionary is not given to another point while its own is locked. */
static void test_numbers_are_not_given_twice(void **state)
{
	struct hj_ipc_ask peer = dial("peer");
	int64_t first = 1, old, new;
	json_t *records;

	one_window(&peer, "north", BOOT_A, &first);
	records = wait_for_records("minute", 1);
	old = json_integer_value(json_array_get(stat_of(records, 0, 1), 0));
	json_decref(records);
	hj_ipc_ask_close(&peer);
	stop_daemon(SIGKILL);
	move("var/lib/hjgate/kek", "var/lib/hjgate/kek.away");
	start();
	peer = dial("peer");
	first = 1;
	one_window(&peer, "south", BOOT_B, &first);
	records = wait_for_records("minute", 1);
	new = json_integer_value(json_array_get(stat_of(records, 0, 0), 0));
	assert_true(new > old);
	json_decref(records);
	hj_ipc_ask_close(&peer);
}

static void test_rights_and_bad_input(void **state)
{
	struct hj_ipc_ask look = dial("look"), change = dial("change"), peer = dial("peer");

	assert_string_equal(ask_error(&look, "KeyRotate", NULL), "org.varlink.service.PermissionDenied");
	assert_string_equal(ask_error(&peer, "KeyRotate", NULL), "org.varlink.service.PermissionDenied");
	assert_string_equal(ask_error(&look, "KeyRecover", json_pack("{s:s}", "key", NOBODY)),
	        "org.varlink.service.PermissionDenied");
	assert_string_equal(
	        ask_error(&change, "KeyRecover", json_pack("{s:s}", "key", NOBODY)), "hjgate.Store.WrongKey");
	assert_string_equal(ask_error(&change, "KeyRecover", json_pack("{s:s}", "key", "00")),
	        "org.varlink.service.InvalidParameter");
	assert_string_equal(ask_error(&change, "KeyRecoverySet",
	                            json_pack("{s:s, s:s, s:i, s:i, s:i}", "key", NOBODY, "salt",
	                                    "00000000000000000000000000000000", "n", 2, "r", 8, "p", 1)),
	        "org.varlink.service.InvalidParameter"); /* no weak ones */
	json_decref(ask(&change, "KeyRotate", NULL));
	hj_ipc_ask_close(&look);
	hj_ipc_ask_close(&change);
	hj_ipc_ask_close(&peer);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_locked_records_stay_owed),
		T(test_a_query_tells_what_it_leaves_out),
		T(test_numbers_are_not_given_twice),
		T(test_rights_and_bad_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
