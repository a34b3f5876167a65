/* The store as the others meet it: the real program on its sockets, killed and started again. */
/* long because: one world, many behaviours; splitting it would repeat the starting and stopping. */
#include "stored_daemon.h"

/* ---- tests ---- */

static void test_samples_become_a_record(void **state)
{
	struct hj_ipc_ask peer = dial("peer"), durable = dial("peer"), live = dial("look");
	int64_t first = 1, label;
	json_t *reply, *stat;

	ask_more(&durable, "Durable", json_pack("{s:s, s:s}", "bus", "north", "boot", BOOT_A));
	reply = next(&durable, ANSWER_MS);
	assert_int_equal(num(reply, "number"), 0);
	json_decref(reply);
	ask_more(&live, "Read", json_pack("{s:b}", "live", 1));
	json_decref(next(&live, ANSWER_MS));

	label = one_window(&peer, "north", BOOT_A, &first);
	assert_int_equal(first, 7);
	reply = next(&durable, 1000);
	assert_non_null(reply);
	assert_int_equal(num(reply, "number"), 6);
	json_decref(reply);
	assert_true(now_ms() < label + WINDOW_MS + 700); /* at the window's end, not at some tick after it */

	reply = next(&live, 1000);
	assert_non_null(reply);
	assert_int_equal(json_array_size(json_object_get(reply, "points")), 2);
	assert_int_equal(num(json_array_get(json_object_get(reply, "records"), 0), "label"), label);
	stat = stat_of(reply, 0, 0);
	assert_true(json_number_value(json_array_get(stat, 5)) == 1);
	assert_true(json_number_value(json_array_get(stat, 6)) == 3);
	assert_true(json_number_value(json_array_get(stat, 7)) == 5);
	assert_true(json_is_null(json_array_get(stat, 4)));
	json_decref(reply);

	/* The same numbers again are not counted again; a hole is refused; the total grows by 6 in the next
	 * window. */
	assert_int_equal(append(&peer, "north", BOOT_A, 1, 6, now_ms(), now_ms()), 7);
	assert_int_equal(append(&peer, "north", BOOT_A, 10, 2, now_ms(), now_ms()), 7);
	one_window(&peer, "north", BOOT_A, &first);
	reply = wait_for_records("minute", 2);
	stat = stat_of(reply, 1, 1);
	assert_true(json_number_value(json_array_get(stat, 4)) == 6);
	json_decref(reply);
	hj_ipc_ask_close(&peer);
	hj_ipc_ask_close(&durable);
	hj_ipc_ask_close(&live);
}

static void test_one_point_is_found(void **state)
{
	struct hj_ipc_ask peer = dial("peer"), look = dial("look");
	int64_t first = 1;
	json_t *reply;

	one_window(&peer, "north", BOOT_A, &first);
	json_decref(wait_for_records("minute", 1));
	reply = ask(&look, "Query",
	        json_pack("{s:s, s:i, s:I, s:s}", "kind", "minute", "begin", 0, "end", (json_int_t)HJ_TIME_MAX_MS,
	                "point", "north.energy"));
	assert_int_equal(json_array_size(json_object_get(reply, "points")), 1);
	assert_int_equal(
	        json_array_size(json_object_get(json_array_get(json_object_get(reply, "records"), 0), "stats")), 1);
	json_decref(reply);
	hj_ipc_ask_close(&peer);
	hj_ipc_ask_close(&look);
}

static void test_hours_and_days_follow(void **state)
{
	struct hj_ipc_ask peer = dial("peer");
	int64_t first = 1;
	json_t *reply;

	for (int i = 0; i < 5; i++)
		one_window(&peer, "north", BOOT_A, &first);
	hj_ipc_ask_close(&peer);
	reply = wait_for_records("hour", 2);
	assert_int_equal(num(json_array_get(json_object_get(reply, "records"), 0), "length"), 2 * WINDOW_MS);
	json_decref(reply);
	json_decref(wait_for_records("day", 1));
}

/* One of the records is acknowledged. */
static void check_completeness(struct hj_ipc_ask *peer)
{
	json_t *reply, *county;

	reply = ask(peer, "Completeness",
	        json_pack("{s:I, s:I}", "begin", (json_int_t)(now_ms() - 3600000), "end", (json_int_t)now_ms()));
	county = json_array_get(json_object_get(reply, "uplinks"), 0);
	assert_true(num(county, "due") >= 2 && num(county, "acknowledged") == 1);
	assert_int_equal(num(county, "waiting"), num(county, "due") - 1);
	json_decref(reply);
	assert_string_equal(
	        ask_error(peer, "Completeness", json_pack("{s:i, s:I}", "begin", 0, "end", (json_int_t)now_ms())),
	        "org.varlink.service.InvalidParameter");
}

static void test_killed_and_back(void **state)
{
	struct hj_ipc_ask peer = dial("peer");
	int64_t first = 1;
	json_t *reply;
	size_t n;

	reply = ask(&peer, "Read", json_pack("{s:s, s:i}", "uplink", "county", "limit", 1));
	json_decref(reply);
	one_window(&peer, "north", BOOT_A, &first); /* durable */
	json_decref(wait_for_records("minute", 1));
	first = append(&peer, "north", BOOT_A, first, 4, now_ms(), now_ms());
	assert_int_equal(first, 11); /* counted, not yet durable: lost with the process */
	hj_ipc_ask_close(&peer);
	stop_daemon(SIGKILL);
	start();
	peer = dial("peer");
	assert_int_equal(append(&peer, "north", BOOT_A, 11, 0, 0, now_ms()), 7);
	first = 7;
	one_window(&peer, "north", BOOT_A, &first);
	reply = wait_for_records("minute", 2);
	n = json_array_size(json_object_get(reply, "records"));
	assert_true(
	        json_number_value(json_array_get(stat_of(reply, n - 1, 1), 4)) == 6); /* growth across the restart */
	json_decref(reply);

	/* What the uplink owes is as it was, and goes when it is confirmed. */
	reply = ask(&peer, "Read", json_pack("{s:s}", "uplink", "county"));
	n = json_array_size(json_object_get(reply, "records"));
	assert_true(n >= 2);
	assert_int_equal(num(reply, "waiting"), n);
	assert_int_equal(num(reply, "next"), num(reply, "head") + 1);
	json_decref(reply);
	reply = ask(&peer, "Confirm",
	        json_pack("{s:s, s:[{s:i, s:i}], s:[[i, i, i, i, i, i, i]]}", "uplink", "county", "ranges", "from", 1,
	                "to", 1, "receipts", 1, 1, 1000, 1001, 1090, 2, 1003));
	assert_int_equal(num(reply, "waiting"), n - 1);
	json_decref(reply);
	assert_string_equal(
	        ask_error(&peer, "Confirm",
	                json_pack("{s:s, s:[], s:[[i, i]]}", "uplink", "county", "ranges", "receipts", 1, 1)),
	        "org.varlink.service.InvalidParameter");
	hj_ipc_ask_close(&peer);
	assert_true(WIFEXITED(stop_daemon(SIGTERM)));
	start();
	peer = dial("peer");
	reply = ask(&peer, "Read", json_pack("{s:s}", "uplink", "county"));
	assert_true(num(json_array_get(json_object_get(reply, "records"), 0), "seq") > 1);
	json_decref(reply);
	reply = ask(&peer, "Receipts", json_pack("{s:s}", "uplink", "county"));
	assert_int_equal(json_array_size(json_object_get(reply, "receipts")), 1);
	assert_int_equal(
	        json_integer_value(json_array_get(json_array_get(json_object_get(reply, "receipts"), 0), 4)), 1090);
	json_decref(reply);
	check_completeness(&peer);
	hj_ipc_ask_close(&peer);
}

static void test_resend_tells_the_live_reader(void **state)
{
	struct hj_ipc_ask peer = dial("peer"), live = dial("peer"), change = dial("change");
	int64_t first = 1, label;
	json_t *reply;

	ask_more(&live, "Read", json_pack("{s:s, s:b}", "uplink", "county", "live", 1));
	json_decref(next(&live, ANSWER_MS));
	label = one_window(&peer, "north", BOOT_A, &first);
	reply = next(&live, 1000);
	assert_true(json_array_size(json_object_get(reply, "records")) >= 1); /* the hour's may be with it */
	json_decref(reply);
	reply = ask(&peer, "Confirm",
	        json_pack("{s:s, s:[{s:i, s:i}]}", "uplink", "county", "ranges", "from", 1, "to", 1000));
	assert_int_equal(num(reply, "waiting"), 0);
	json_decref(reply);
	assert_string_equal(
	        ask_error(&change, "Resend", json_pack("{s:s, s:i, s:i}", "uplink", "moon", "begin", 0, "end", 1)),
	        "hjgate.Store.NoSuchUplink");
	reply = ask(&change, "Resend",
	        json_pack("{s:s, s:I, s:I}", "uplink", "county", "begin", (json_int_t)label, "end",
	                (json_int_t)label + 1));
	assert_true(num(reply, "records") >= 1);
	json_decref(reply);
	do { /* an hour's record may have come between */
		reply = next(&live, 1000);
		assert_non_null(reply);
		first = num(reply, "waiting");
		json_decref(reply);
	} while (!first);
	reply = ask(&peer, "Read", json_pack("{s:s}", "uplink", "county"));
	assert_int_equal(num(json_array_get(json_object_get(reply, "records"), 0), "label"), label);
	json_decref(reply);
	hj_ipc_ask_close(&peer);
	hj_ipc_ask_close(&live);
	hj_ipc_ask_close(&change);
}

static void test_settings_outlive(void **state)
{
	struct hj_ipc_ask peer = dial("peer"), later;
	json_t *reply;
	bool more;

	reply = ask(&peer, "Setting", json_pack("{s:s, s:s}", "name", "uplink.county.pw", "value", "geheim-密"));
	json_decref(reply);
	hj_ipc_ask_close(&peer);
	stop_daemon(SIGKILL); /* answered: on the disk */
	start();
	peer = dial("peer");
	later = dial("peer");
	reply = ask(&peer, "Setting", json_pack("{s:s}", "name", "uplink.county.pw"));
	assert_string_equal(json_string_value(json_object_get(reply, "value")), "geheim-密");
	json_decref(reply);
	json_decref(ask(&peer, "Setting", json_pack("{s:s, s:b}", "name", "uplink.county.pw", "remove", 1)));
	/* Nobody is in a hurry: on the disk with what is committed next. */
	hj_ipc_ask_more(
	        &later, "hjgate.Store.Setting", json_pack("{s:s, s:s, s:b}", "name", "x", "value", "2", "later", 1));
	assert_true(hj_ipc_ask_next(&later, 300, &reply, &more) < 0);
	json_decref(ask(&peer, "Setting", json_pack("{s:s, s:b}", "name", "y", "remove", 1)));
	assert_true(hj_ipc_ask_next(&later, 1000, &reply, &more) >= 0);
	json_decref(reply);
	hj_ipc_ask_close(&later);
	reply = ask(&peer, "Setting", json_pack("{s:s}", "name", "uplink.county.pw"));
	assert_true(json_is_null(json_object_get(reply, "value")));
	json_decref(reply);
	hj_ipc_ask_close(&peer);
}

static void test_put_and_power(void **state)
{
	struct hj_ipc_ask peer = dial("peer");
	json_t *reply, *body;
	int64_t before;

	reply = ask(&peer, "Put",
	        json_pack("{s:s, s:I, s:{s:s}}", "kind", "log", "label", (json_int_t)now_ms(), "body", "text",
	                "门开了"));
	assert_int_equal(num(reply, "seq"), 1);
	json_decref(reply);
	assert_string_equal(
	        ask_error(&peer, "Put", json_pack("{s:s, s:i, s:{}}", "kind", "minute", "label", 1, "body")),
	        "org.varlink.service.InvalidParameter");
	hj_ipc_ask_close(&peer);
	stop_daemon(SIGKILL);
	before = now_ms();
	boot("22222222-2222-2222-2222-222222222222\n"); /* the machine comes up again */
	usleep(200000);
	start();
	reply = wait_for_records("poweron", 1);
	body = json_object_get(json_array_get(json_object_get(reply, "records"), 0), "body");
	assert_true(num(body, "begin") <= before && num(body, "end") >= before + 200);
	json_decref(reply);
	stop_daemon(SIGKILL);
	start(); /* the same boot: no failure */
	usleep(300000);
	reply = wait_for_records("poweron", 1);
	assert_int_equal(json_array_size(json_object_get(reply, "records")), 1);
	json_decref(reply);
	reply = wait_for_records("log", 1);
	assert_string_equal(
	        json_string_value(json_object_get(
	                json_object_get(json_array_get(json_object_get(reply, "records"), 0), "body"), "text")),
	        "门开了");
	json_decref(reply);
}

static void test_watch(void **state)
{
	struct hj_ipc_ask peer = dial("peer"), watch = dial("look");
	json_t *reply;

	append(&peer, "north", BOOT_A, 1, 2, now_ms(), now_ms());
	ask_more(&watch, "Watch", NULL);
	reply = next(&watch, ANSWER_MS);
	assert_int_equal(json_array_size(json_object_get(reply, "points")), 2);
	assert_int_equal(json_array_size(json_object_get(reply, "samples")), 2);
	json_decref(reply);
	append(&peer, "south", BOOT_B, 1, 1, now_ms(), now_ms());
	reply = next(&watch, ANSWER_MS);
	assert_int_equal(json_array_size(json_object_get(reply, "points")), 1);
	assert_int_equal(json_array_size(json_object_get(reply, "samples")), 1);
	json_decref(reply);
	hj_ipc_ask_close(&peer);
	hj_ipc_ask_close(&watch);
}

/* The point's number and the time of the newest swap of this answer; 0: there is none. */
static int64_t swapped(json_t *reply, int64_t *ret_ms)
{
	json_t *swap = json_array_get(json_object_get(reply, "swaps"), 0);
	int64_t number = json_integer_value(json_array_get(swap, 0));

	*ret_ms = json_integer_value(json_array_get(swap, 1));
	json_decref(reply);
	return number;
}

/* Each watcher is told by which sample a total took its new meter, when it comes and when it watches later, until
 * another swap is told. */
static void test_watch_has_swaps(void **state)
{
	struct hj_ipc_ask peer = dial("peer"), change = dial("change"), watch = dial("look"), late = dial("look");
	int64_t begin = now_ms(), ms, again;

	append(&peer, "north", BOOT_A, 1, 2, begin, begin); /* the total shows 2 */
	ask_more(&watch, "Watch", NULL);
	assert_int_equal(swapped(next(&watch, ANSWER_MS), &ms), 0);
	json_decref(ask(&change, "Swap", json_pack("{s:s, s:f}", "point", "north.energy", "new", 5.5)));
	append(&peer, "north", BOOT_A, 3, 1, now_ms(), now_ms());
	assert_int_equal(swapped(next(&watch, ANSWER_MS), &ms), 0);
	append(&peer, "north", BOOT_A, 4, 3, now_ms(), now_ms()); /* the total shows 5 */
	assert_int_equal(swapped(next(&watch, ANSWER_MS), &ms), 2);
	assert_in_range(ms, begin, now_ms());
	append(&peer, "north", BOOT_A, 7, 2, now_ms() + 1, now_ms());
	assert_int_equal(swapped(next(&watch, ANSWER_MS), &again), 0);
	ask_more(&late, "Watch", NULL);
	assert_int_equal(swapped(next(&late, ANSWER_MS), &again), 2);
	assert_int_equal(again, ms);
	json_decref(ask(&change, "Swap", json_pack("{s:s, s:i}", "point", "north.energy", "new", 0)));
	hj_ipc_ask_close(&late);
	late = dial("look");
	ask_more(&late, "Watch", NULL);
	assert_int_equal(swapped(next(&late, ANSWER_MS), &ms), 0);
	hj_ipc_ask_close(&peer);
	hj_ipc_ask_close(&change);
	hj_ipc_ask_close(&watch);
	hj_ipc_ask_close(&late);
}

static long resident_kb(void)
{
	char path[64], line[128];
	long kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", daemon_pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Private_Dirty: %ld", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb;
}

/* Every (label, point) of these records once; got summed by hour. */
static int64_t sum_got(json_t *reply, int64_t label, int64_t length, int64_t point)
{
	int64_t got = 0;
	json_t *record, *stat;
	size_t i, k;

	json_array_foreach(json_object_get(reply, "records"), i, record)
	{
		if (num(record, "label") < label || num(record, "label") >= label + length)
			continue;
		json_array_foreach(json_object_get(record, "stats"), k,
		        stat) if (json_integer_value(json_array_get(stat, 0)) == point) got +=
		        json_integer_value(json_array_get(stat, 3));
	}
	return got;
}

/* Killed in every second window: each hour holds what its minutes hold, and no label comes twice. */
static void test_hours_are_their_minutes(void **state)
{
	int64_t first = 1, told = 0;
	json_t *minutes, *hours, *record, *stat;
	size_t i, k, checked = 0;

	for (int w = 0; w < 7; w++) {
		struct hj_ipc_ask peer = dial("peer");

		first = append(&peer, "north", BOOT_A, first, 0, 0, now_ms());
		one_window(&peer, "north", BOOT_A, &first);
		hj_ipc_ask_close(&peer);
		if (w % 2) {
			stop_daemon(SIGKILL);
			start();
		}
	}
	hours = wait_for_records("hour", 3);
	minutes = wait_for_records("minute", 3);
	json_array_foreach(json_object_get(hours, "records"), i, record)
	{
		assert_true(num(record, "label") > told);
		told = num(record, "label");
		json_array_foreach(json_object_get(record, "stats"), k, stat)
		{
			assert_int_equal(json_integer_value(json_array_get(stat, 3)),
			        sum_got(minutes, told, num(record, "length"),
			                json_integer_value(json_array_get(stat, 0))));
			checked++;
		}
	}
	assert_true(checked >= 6);
	json_decref(minutes);
	json_decref(hours);
}

/* The files may not grow: what is asked for is refused with the reason, samples are taken and kept, and all is well
 * when there is room. */
static void test_full_disk(void **state)
{
	struct hj_ipc_ask peer = dial("peer"), look = dial("look");
	struct rlimit small = { .rlim_cur = 4096, .rlim_max = RLIM_INFINITY },
	              large = { RLIM_INFINITY, RLIM_INFINITY };
	int64_t first = 1;
	json_t *reply;

	one_window(&peer, "north", BOOT_A, &first);
	json_decref(wait_for_records("minute", 1));
	assert_int_equal(prlimit(daemon_pid, RLIMIT_FSIZE, &small, NULL), 0);
	assert_string_equal(ask_error(&peer, "Setting", json_pack("{s:s, s:s}", "name", "x", "value", "y")),
	        "hjgate.Store.DiskTrouble");
	one_window(&peer, "north", BOOT_A, &first);
	reply = ask(&look, "Status", NULL);
	assert_true(json_is_string(json_object_get(reply, "error")));
	json_decref(reply);
	assert_int_equal(prlimit(daemon_pid, RLIMIT_FSIZE, &large, NULL), 0);
	reply = wait_for_records("minute", 2);
	assert_int_equal(json_integer_value(json_array_get(stat_of(reply, 1, 0), 3)), 3);
	json_decref(reply);
	reply = ask(&look, "Status", NULL);
	assert_true(json_is_null(json_object_get(reply, "error")));
	json_decref(reply);
	reply = ask(&peer, "Setting", json_pack("{s:s}", "name", "x"));
	assert_true(json_is_null(json_object_get(reply, "value"))); /* it was refused, so it is not there */
	json_decref(reply);
	hj_ipc_ask_close(&peer);
	hj_ipc_ask_close(&look);
}

/* A watcher and a live reader that read nothing, and a long backlog for one that reads slowly: memory stays. */
static void test_slow_readers_cost_nothing(void **state)
{
	struct hj_ipc_ask peer = dial("peer"), watch = dial("look"), live = dial("look"), slow = dial("look");
	int64_t got = 0, there, first = 1;
	long before = 0;
	json_t *reply;
	char text[2000];

	ask_more(&watch, "Watch", NULL);
	ask_more(&live, "Read", json_pack("{s:b}", "live", 1));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 40; i++)
		json_decref(ask(&peer, "Put",
		        json_pack("{s:s, s:I, s:{s:s}}", "kind", "log", "label", (json_int_t)now_ms(), "body", "text",
		                text)));
	for (int i = 0; i < 1600; i++) {
		if (i == 100) /* an emulator has its translation of the way by then */
			before = resident_kb();
		first = append(&peer, "north", BOOT_A, first, 100, now_ms(), now_ms());
		assert_true(first > 1);
	}
	for (int i = 0; i < 400; i++) {
		struct hj_ipc_ask oneway = dial("peer");

		hj_ipc_ask_more(&oneway, "hjgate.Store.Put",
		        json_pack("{s:s, s:I, s:{s:s}}", "kind", "log", "label", (json_int_t)now_ms(), "body", "text",
		                text));
		hj_ipc_ask_close(&oneway);
	}
#ifdef __SANITIZE_ADDRESS__ /* it keeps what is freed */
	(void)before;
#else
	assert_in_range(resident_kb(), 1, before + 2500);
#endif
	reply = ask(&peer, "Status", NULL);
	there = num(reply, "records");
	json_decref(reply);
	ask_more(&slow, "Read", json_pack("{s:i}", "from", 1));
	for (;;) {
		bool continues;

		assert_int_equal(hj_ipc_ask_next(&slow, ANSWER_MS, &reply, &continues), 0);
		got += (int64_t)json_array_size(json_object_get(reply, "records"));
		json_decref(reply);
		if (!continues)
			break;
	}
	assert_true(got >= 40 && got >= there);
	hj_ipc_ask_close(&peer);
	hj_ipc_ask_close(&watch);
	hj_ipc_ask_close(&live);
	hj_ipc_ask_close(&slow);
}

static void test_rights_and_bad_input(void **state)
{
	struct hj_ipc_ask look = dial("look"), peer = dial("peer");
	json_t *points = json_array(), *samples = json_pack("[[i, i, f, s]]", 0, 1, 1.0, "N"), *reply;

	assert_string_equal(ask_error(&look, "Confirm", json_object()), "org.varlink.service.PermissionDenied");
	assert_string_equal(ask_error(&look, "Read", json_pack("{s:s}", "uplink", "county")),
	        "org.varlink.service.PermissionDenied");
	assert_string_equal(ask_error(&peer, "Append",
	                            json_pack("{s:s, s:s, s:i, s:i, s:o, s:o}", "bus", "north", "boot", BOOT_A,
	                                    "first", 1, "upto", 1, "points", points, "samples", samples)),
	        "hjgate.Store.BadSample");
	assert_string_equal(ask_error(&peer, "Append",
	                            json_pack("{s:s, s:s, s:i, s:i, s:[], s:[]}", "bus", "../etc", "boot", BOOT_A,
	                                    "first", 1, "upto", 1, "points", "samples")),
	        "org.varlink.service.InvalidParameter");
	assert_string_equal(
	        ask_error(&look, "Query", json_pack("{s:s, s:i, s:i}", "kind", "week", "begin", 0, "end", 1)),
	        "org.varlink.service.InvalidParameter");
	assert_string_equal(
	        ask_error(&look, "Read", json_pack("{s:b}", "live", 1)), "org.varlink.service.InvalidParameter");
	assert_int_equal(write(look.fd, "garbage\0{\"a\":", 13), 13);
	hj_ipc_ask_close(&look);
	reply = ask(&peer, "Status", NULL);
	assert_true(json_is_null(json_object_get(reply, "error")));
	json_decref(reply);
	hj_ipc_ask_close(&peer);
}

static void test_damaged_file(void **state)
{
	struct hj_ipc_ask peer;
	json_t *reply;

	stop_daemon(SIGTERM);
	write_file("var/lib/hjgate/records.db", "this is no database, but it is long enough to be taken for one: "
	                                        "this is no database, but it is long enough to be taken for one");
	start();
	peer = dial("peer");
	reply = ask(
	        &peer, "Put", json_pack("{s:s, s:I, s:{}}", "kind", "log", "label", (json_int_t)now_ms(), "body"));
	assert_int_equal(num(reply, "seq"), HJ_LEDGER_GENERATION + 1); /* the next generation's first */
	json_decref(reply);
	hj_ipc_ask_close(&peer);
}

static void spoil(const char *sql)
{
	char path[300];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/var/lib/hjgate/records.db", root);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_changes(db), 1);
	sqlite3_close(db);
}

/* One record's head and another's body are no longer what was written: both are left out, and Status says so. */
static void test_unreadable_records_are_counted(void **state)
{
	struct hj_ipc_ask peer = dial("peer");
	int64_t before;
	json_t *reply;

	for (int i = 0; i < 4; i++)
		json_decref(ask(&peer, "Put",
		        json_pack("{s:s, s:I, s:{s:i}}", "kind", "log", "label", (json_int_t)now_ms(), "body", "n",
		                i)));
	reply = ask(&peer, "Status", NULL);
	assert_int_equal(num(reply, "unreadable"), 0);
	json_decref(reply);
	hj_ipc_ask_close(&peer);
	stop_daemon(SIGTERM);
	spoil("UPDATE row SET head = x'00' WHERE seq = 2");
	spoil("UPDATE row SET body = x'00' WHERE seq = 3");
	start();
	peer = dial("peer");
	reply = ask(&peer, "Status", NULL);
	before = num(reply, "unreadable"); /* the start may have met them */
	json_decref(reply);
	reply = ask(&peer, "Read", json_pack("{s:i}", "from", 1));
	assert_int_equal(json_array_size(json_object_get(reply, "records")), 2);
	json_decref(reply);
	reply = ask(&peer, "Status", NULL);
	assert_int_equal(num(reply, "unreadable"), before + 2);
	json_decref(reply);
	hj_ipc_ask_close(&peer);
}

#define T(f)      cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define AT_A_TIME 4

static pid_t run_apart(const struct CMUnitTest *test)
{
	const struct CMUnitTest one[] = { *test };
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		exit(cmocka_run_group_tests(one, NULL, NULL) != 0);
	return pid;
}

static int wait_for_one(void)
{
	int status;

	return wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status);
}

/* Each has a process and a store of its own: they mostly wait for windows to end. The longest come first. */
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_hours_are_their_minutes),
		T(test_one_point_is_found),
		T(test_hours_and_days_follow),
		T(test_killed_and_back),
		T(test_full_disk),
		T(test_samples_become_a_record),
		T(test_resend_tells_the_live_reader),
		T(test_put_and_power),
		T(test_slow_readers_cost_nothing),
		T(test_settings_outlive),
		T(test_watch),
		T(test_watch_has_swaps),
		T(test_rights_and_bad_input),
		T(test_damaged_file),
		T(test_unreadable_records_are_counted),
	};
	const size_t count = sizeof(tests) / sizeof(tests[0]);
	int failed = 0;

	for (size_t i = 0; i < count; i++) {
		failed += i >= AT_A_TIME && wait_for_one();
		failed += run_apart(&tests[i]) < 0;
	}
	for (size_t i = 0; i < AT_A_TIME; i++)
		failed += wait_for_one();
	return failed != 0;
}
