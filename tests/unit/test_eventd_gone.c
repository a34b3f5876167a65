/* What is configured no more: its events end where nobody else is left to end them, and not before what was written
 * is what runs. */
#include "../../services/eventd/eventd.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "state_root.h"

#include <unistd.h>

static struct eventd *d;
static sd_event *loop;

static void begin(void)
{
	assert_true(sd_event_new(&loop) >= 0);
	assert_int_equal(eventd_new(loop, root, &d), 0);
}

static void end(void)
{
	eventd_free(d);
	sd_event_unref(loop);
}

static int setup(void **state)
{
	static const char *const folders[] = { "etc", "etc/hjgate", "etc/hjgate/buses.d", "etc/hjgate/uplinks.d" };
	char path[256];

	if (make_root("gone") < 0)
		return -1;
	for (size_t i = 0; i < hj_array_size(folders); i++) {
		path_of(folders[i], path);
		if (mkdir(path, 0755) < 0)
			return -1;
	}
	hj_log_setup("eventd", HJ_LOG_ERROR);
	return 0;
}

static int teardown(void **state)
{
	return remove_root();
}

static void write_meters(const char *meters)
{
	char text[256];

	snprintf(text, sizeof(text), "format = 1;\nport = \"/dev/ttyS1\";\nmeters = ( %s );\n", meters);
	write_file("etc/hjgate/buses.d/north.conf", text);
}

static void remove_file(const char *rest)
{
	char path[256];

	path_of(rest, path);
	assert_int_equal(unlink(path), 0);
}

static void told_by(const char *source, const char *code, enum row_is is, const char *key, const char *values)
{
	struct row row = { .is = is, .time_ms = hj_now().wall_ms };

	snprintf(row.code, sizeof(row.code), "%s", code);
	snprintf(row.key, sizeof(row.key), "%s", key);
	snprintf(row.source, sizeof(row.source), "%s", source);
	row.values = values ? strdup(values) : NULL;
	assert_int_equal(eventd_log(d, &row, NULL), 0);
}

static void run_for(unsigned ms)
{
	hj_usec until = hj_now().mono + ms * HJ_USEC_PER_MS;

	while (hj_now().mono < until)
		assert_true(sd_event_run(loop, 50000) >= 0);
}

static size_t open_now(void)
{
	eventd_flush(d);
	return d->book.open;
}

/* Until as many are open; how many there are. */
static size_t open_soon(size_t most)
{
	for (int i = 0; i < 100 && open_now() > most; i++)
		run_for(50);
	return open_now();
}

/* As apply tells, when what was written has become what runs. */
static void applied(void)
{
	told_by("apply", "config-applied", ROW_MOMENT, "configuration", NULL);
}

static bool is_open(const char *code, const char *key)
{
	return book_find_open(&d->book, code, key);
}

/* ---- tests ---- */

static void trouble_of_what_is_gone_ends(void **state)
{
	static const char *const keys[] = { "meter north.oven", "meter north.fan", "bus north", "uplink county" };

	write_meters("{ name = \"oven\"; }, { name = \"fan\"; }, { name = \"fan2\"; }");
	write_file("etc/hjgate/uplinks.d/county.conf", "format = 1;\nhost = \"a\";\n");
	begin();
	for (size_t i = 0; i < hj_array_size(keys); i++)
		told_by("test", i < 2 ? "meter-lost" : i == 2 ? "port-lost" : "link-lost", ROW_BEGIN, keys[i], NULL);
	applied();
	run_for(2300);
	assert_int_equal(open_now(), 4);
	write_file("etc/hjgate/buses.d/north.conf", "format = ;\n"); /* says nothing */
	applied();
	run_for(2300);
	assert_int_equal(open_now(), 4);
	write_meters("{ name = \"oven\"; }, { name = \"fan2\"; }");
	applied();
	assert_int_equal(open_soon(3), 3);
	assert_false(is_open("meter-lost", "meter north.fan"));
	remove_file("etc/hjgate/buses.d/north.conf");
	applied();
	assert_int_equal(open_soon(1), 1);
	remove_file("etc/hjgate/uplinks.d/county.conf");
	applied();
	assert_int_equal(open_soon(0), 0);
	end();
}

/* Whoever edits a file and puts it back has ended nothing: the programs never knew of it. */
static void an_edit_alone_ends_nothing(void **state)
{
	write_file("etc/hjgate/equipment.conf", "format = 1;\nequipment = ( { name = \"oven\"; } );\n");
	write_file("etc/hjgate/uplinks.d/county.conf", "format = 1;\nhost = \"a\";\n");
	begin();
	told_by("judged", "equipment-running", ROW_BEGIN, "equipment oven", "{\"name\":\"oven\"}");
	told_by("uplinkd@county", "link-lost", ROW_BEGIN, "uplink county", NULL);
	run_for(500);
	remove_file("etc/hjgate/equipment.conf");
	remove_file("etc/hjgate/uplinks.d/county.conf");
	run_for(2300);
	assert_int_equal(open_now(), 2);
	end();
	begin(); /* so does a start of eventd alone */
	run_for(2300);
	assert_int_equal(open_now(), 2);
	told_by("stored", "program-start", ROW_MOMENT, "stored", NULL); /* as after a start of the box */
	assert_int_equal(open_soon(0), 0);
	end();
}

static void a_channel_that_is_gone_fails_no_more(void **state)
{
	write_file("etc/hjgate/alerts.conf",
	        "format = 1;\nchannels = ( { name = \"ops\"; url = \"u\"; }, { name = \"ops-2\"; } );\n");
	begin();
	told_by("alertd", "alert-failing", ROW_BEGIN, "channel ops", NULL);
	told_by("alertd", "alert-failing", ROW_BEGIN, "channel ops-2", NULL);
	applied();
	run_for(2300);
	assert_int_equal(open_now(), 2);
	write_file("etc/hjgate/alerts.conf", "format = 1;\nchannels = ( { name = \"ops-2\"; } );\n");
	applied();
	assert_int_equal(open_soon(1), 1);
	assert_true(is_open("alert-failing", "channel ops-2"));
	remove_file("etc/hjgate/alerts.conf");
	applied();
	assert_int_equal(open_soon(0), 0);
	end();
}

/* judged ends what it concluded of equipment that is gone, but not where it has gone with it. */
static void what_was_judged_ends_with_its_equipment(void **state)
{
	write_file("etc/hjgate/equipment.conf", "format = 1;\nequipment = ( { name = \"oven\"; point = "
	                                        "\"oven.current\"; }, { name = \"fan\"; } );\n");
	begin();
	told_by("judged", "equipment-running", ROW_BEGIN, "equipment oven", "{\"name\":\"oven\"}");
	told_by("judged", "treatment-off", ROW_BEGIN, "equipment fan for oven",
	        "{\"name\":\"fan\",\"production\":\"oven\"}");
	told_by("judged", "limit-upper", ROW_BEGIN, "point fan.current 8", "{\"name\":\"fan\"}");
	told_by("judged", "value-stuck", ROW_BEGIN, "point oven.current", "{\"point\":\"oven.current\"}");
	told_by("stored", "maintenance", ROW_BEGIN, "equipment fan", "{\"what\":\"fan\"}");
	applied();
	run_for(2300);
	assert_int_equal(open_now(), 5);
	write_file("etc/hjgate/equipment.conf",
	        "format = 1;\nequipment = ( { name = \"oven\"; point = \"oven.current\"; } );\n");
	applied();
	assert_int_equal(open_soon(3), 3);
	assert_false(is_open("treatment-off", "equipment fan for oven"));
	assert_false(is_open("limit-upper", "point fan.current 8"));
	remove_file("etc/hjgate/equipment.conf");
	applied();
	assert_int_equal(open_soon(1), 1);
	assert_true(is_open("maintenance", "equipment fan")); /* that ends by itself */
	end();
}

#define MANY 150 /* more than end at a time */

static void so_many_end_in_the_end(void **state)
{
	char key[32];

	begin();
	for (int i = 0; i < MANY; i++) {
		snprintf(key, sizeof(key), "meter north.m%d", i);
		told_by("meterd@north", "meter-lost", ROW_BEGIN, key, NULL);
	}
	assert_int_equal(open_now(), MANY);
	applied();
	run_for(6000);
	assert_int_equal(open_soon(0), 0);
	end();
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(trouble_of_what_is_gone_ends),
		T(an_edit_alone_ends_nothing),
		T(a_channel_that_is_gone_fails_no_more),
		T(what_was_judged_ends_with_its_equipment),
		T(so_many_end_in_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
