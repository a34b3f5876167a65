/* Who changed what in the configuration: what is new between two lists of settings, what a file comes to as a list,
 * and the events of an eventd that was away meanwhile, or was there. */
#include "../../services/eventd/eventd.h"
#include "hjgate/conf_flat.h"
#include "hjgate/differ.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "state_root.h"

#include <errno.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

static char told[4096];
static int sync_error; /* what the disk answers; 0 = it takes it */

static int sync_it(int fd, int call)
{
	errno = sync_error;
	return sync_error ? -1 : (int)syscall(call, fd);
}

int fdatasync(int fd)
{
	return sync_it(fd, SYS_fdatasync);
}

int fsync(int fd)
{
	return sync_it(fd, SYS_fsync);
}

static void note(const char *key, const char *old, const char *new, void *userdata)
{
	size_t n = strlen(told);

	snprintf(told + n, sizeof(told) - n, "%s:%s>%s;", key, old ? old : "-", new ? new : "-");
}

static const char *differ(const char *old, const char *new)
{
	told[0] = '\0';
	hj_differ_run(old, new, note, NULL);
	return told;
}

static void what_is_new(void **state)
{
	assert_string_equal(differ("", ""), "");
	assert_string_equal(differ("a=1\nb=2\n", "a=1\nb=2\n"), "");
	assert_string_equal(differ("a=1\nb=2\n", "a=1\nb=3\n"), "b:2>3;");
	assert_string_equal(differ("a=1\nb=2\nc=3\n", "c=3\na=1\n"), "b:2>-;"); /* in another order */
	assert_string_equal(differ("a=1\n", "aa=1\na=1\n"), "aa:->1;");
	assert_string_equal(differ("a=x=y\n", "a=x=z\n"), "a:x=y>x=z;");
	assert_string_equal(differ("a=\n", "a=1\n"), "a:>1;");
	assert_string_equal(differ("no line's end", "a"), "a:->;no line's end:>-;");
	assert_string_equal(differ("a=1\nb=2\n", ""), "a:1>-;b:2>-;");
}

/* ---- a file as a list ---- */

static int gather(const char *key, const char *value, bool secret, void *userdata)
{
	size_t n = strlen(told);

	snprintf(told + n, sizeof(told) - n, "%s=%s%s\n", key, value, secret ? " (secret)" : "");
	return 0;
}

static int setup(void **state)
{
	char path[256];

	if (make_root("conf") < 0)
		return -1;
	for (const char *const *p = (const char *const[]){ "etc", "etc/hjgate", "etc/hjgate/buses.d",
	             "etc/hjgate/uplinks.d", NULL };
	        *p; p++) {
		path_of(*p, path);
		if (mkdir(path, 0755) < 0)
			return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	return remove_root();
}

static void write_bus(int ct)
{
	char text[512];

	snprintf(text, sizeof(text),
	        "format = 1;\nport = \"/dev/ttyS1\";\nmeters = (\n  { name = \"oven\"; ct = %d; scales = ( 1, 2.5 "
	        ");\n"
	        "    points = ( { name = \"power\"; scale = 0.1; fast = true; } ); },\n  { unit_id = 2L; }\n);\n",
	        ct);
	write_file("etc/hjgate/buses.d/north.conf", text);
}

static void write_uplink(const char *pw)
{
	char text[128];

	snprintf(text, sizeof(text), "format = 1;\nhost = \"a\\nb\";\npw = \"%s\";\n", pw);
	write_file("etc/hjgate/uplinks.d/county.conf", text);
}

static void write_body(const char *begin, const char *end)
{
	char text[512];

	snprintf(text, sizeof(text), "format = 1;\nnumbers = [ 1, 2 ];\nbody = \"%s%s\";\n", begin, end);
	write_file("etc/hjgate/alerts.conf", text);
}

static void a_file_as_a_list(void **state)
{
	write_bus(200);
	write_uplink("123456");
	told[0] = '\0';
	assert_int_equal(hj_conf_flatten(root, "buses.d", "north", gather, NULL), 0);
	assert_string_equal(told, "format=1\nport=/dev/ttyS1\nmeters.oven.name=oven\nmeters.oven.ct=200\n"
	                          "meters.oven.scales=1, 2.5\nmeters.oven.points.power.name=power\n"
	                          "meters.oven.points.power.scale=0.1\nmeters.oven.points.power.fast=true\n"
	                          "meters.2.unit_id=2\n");
	told[0] = '\0';
	assert_int_equal(hj_conf_flatten(root, "uplinks.d", "county", gather, NULL), 0);
	assert_string_equal(told, "format=1\nhost=a b\npw=123456 (secret)\n");
	assert_int_equal(hj_conf_flatten(root, "uplinks.d", "city", gather, NULL), -ENOENT);
	write_file("etc/hjgate/uplinks.d/city.conf",
	        "format = 1;\nPW = \"1\";\nPasswd = \"2\";\ntemplate = \"3\";\n"); /* errors, and secrets */
	told[0] = '\0';
	assert_int_equal(hj_conf_flatten(root, "uplinks.d", "city", gather, NULL), 0);
	assert_string_equal(told, "format=1\nPW=1 (secret)\nPasswd=2 (secret)\ntemplate=3 (secret)\n");
	write_file("etc/hjgate/uplinks.d/city.conf", "format = ;\n");
	assert_int_equal(hj_conf_flatten(root, "uplinks.d", "city", gather, NULL), -EINVAL);
}

/* 60 characters of three bytes, and 18 of one: one more of three is cut as a whole. */
#define SIXTY(c)                                                                                                     \
	c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c  \
	        c c c c c c
#define LONG_TEXT SIXTY("炉") "123456789012345678"

static void a_long_value_has_a_hash_of_its_rest(void **state)
{
	char first[sizeof(told)];

	write_body(LONG_TEXT, "");
	told[0] = '\0';
	assert_int_equal(hj_conf_flatten(root, "", "alerts", gather, NULL), 0);
	assert_string_equal(told, "format=1\nnumbers=1, 2\nbody=" LONG_TEXT "\n");
	write_body(LONG_TEXT, "炉a");
	told[0] = '\0';
	assert_int_equal(hj_conf_flatten(root, "", "alerts", gather, NULL), 0);
	assert_non_null(strstr(told, "\nbody=" LONG_TEXT "\nbody" HJ_CONF_FLAT_REST "="));
	strcpy(first, told);
	write_body(LONG_TEXT, "炉b");
	told[0] = '\0';
	assert_int_equal(hj_conf_flatten(root, "", "alerts", gather, NULL), 0);
	assert_string_not_equal(told, first);
	assert_memory_equal(told, first, (size_t)(strstr(first, HJ_CONF_FLAT_REST) - first));
}

/* ---- the events ---- */

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

static const struct event *find(const char *key)
{
	for (size_t i = d->book.count; i-- > 0;)
		if (!strcmp(d->book.events[i]->code, "config-value") && !strcmp(d->book.events[i]->key, key))
			return d->book.events[i];
	return NULL;
}

static size_t count(void)
{
	size_t n = 0;

	for (size_t i = 0; i < d->book.count; i++)
		n += !strcmp(d->book.events[i]->code, "config-value");
	return n;
}

static void run_until(size_t events)
{
	hj_usec until = hj_now().mono + 10 * HJ_USEC_PER_SEC;

	while (count() < events && hj_now().mono < until)
		assert_true(sd_event_run(loop, 50000) >= 0);
}

/* Until there has been nothing to do for about a second: in rounds, since a clock runs on while we are held up. */
static void run_idle(void)
{
	for (int idle = 0, r; idle < 20; idle = r ? 0 : idle + 1) {
		r = sd_event_run(loop, 50000);
		assert_true(r >= 0);
	}
}

static bool says(const struct event *e, const char *part)
{
	return e && strstr(e->values, part);
}

/* The kernel gives a user so many (fs.inotify.max_user_instances), and others of his may have them all. */
static bool may_watch(void)
{
	int fd = inotify_init1(IN_CLOEXEC);

	if (fd < 0)
		print_message("no watch to be had: %s\n", strerror(errno));
	else
		close(fd);
	return fd >= 0;
}

static void each_key_from_what_to_what(void **state)
{
	if (!may_watch())
		skip();
	hj_log_setup("eventd", HJ_LOG_ERROR);
	write_bus(200);
	write_uplink("123456");
	begin();
	run_idle(); /* the first time there is nothing to compare with */
	assert_int_equal(count(), 0);
	end();

	write_bus(400);
	write_uplink("654321");
	begin(); /* while it was away */
	run_until(2);
	assert_int_equal(count(), 2);
	assert_true(says(find("buses.d/north.conf meters.oven.ct"), "\"old\":\"200\""));
	assert_true(says(find("buses.d/north.conf meters.oven.ct"), "\"new\":\"400\""));
	assert_true(says(find("uplinks.d/county.conf pw"), "\"new\":\"******\""));
	assert_null(strstr(find("uplinks.d/county.conf pw")->values, "#"));

	write_uplink("654321"); /* written, and the same */
	write_file("etc/hjgate/hjgate.conf", "format = 1;\nlogs = \"fault\";\n");
	run_until(4);
	assert_int_equal(count(), 4);
	assert_true(says(find("hjgate.conf logs"), "\"old\":\"-\""));
	end();

	write_file("etc/hjgate/hjgate.conf", "format = 1;\nlogs = ;\n");
	{
		char path[256];

		path_of("etc/hjgate/uplinks.d/county.conf", path);
		assert_int_equal(unlink(path), 0);
	}
	begin();
	run_until(4 + 6);
	assert_true(says(find("uplinks.d/county.conf host"), "\"new\":\"-\"")); /* the file is gone */
	assert_true(says(find("hjgate.conf (the file)"), "does not parse"));
	assert_int_equal(count(), 4 + 3 + 3);
	end();
	begin();
	run_idle(); /* and nothing is said twice */
	assert_int_equal(count(), 4 + 3 + 3);
	end();
}

static void a_change_behind_what_is_shown_is_told(void **state)
{
	hj_log_setup("eventd", HJ_LOG_ERROR);
	write_body(LONG_TEXT, "炉a");
	begin();
	run_idle();
	assert_int_equal(count(), 0);
	end();
	write_body(LONG_TEXT, "炉b");
	begin();
	run_until(1);
	assert_int_equal(count(), 1);
	assert_non_null(find("alerts.conf body" HJ_CONF_FLAT_REST));
	end();
}

/* Each of 150 settings has this value. */
static void write_many(int value)
{
	char text[8192];
	size_t n = (size_t)snprintf(text, sizeof(text), "format = 1;\n");

	for (int i = 0; i < 150; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "key%d = %d;\n", i, value);
	write_file("etc/hjgate/alerts.conf", text);
}

static void a_disk_that_fails_amid_a_large_change(void **state)
{
	hj_log_setup("eventd", HJ_LOG_ERROR + 1);
	write_many(1);
	begin();
	run_idle();
	end();
	write_many(2);
	begin();
	for (unsigned i = 0; i < 2; i++) /* its own start is on the disk, and it has not looked yet */
		assert_true(sd_event_run(loop, 50000) >= 0);
	assert_int_equal(d->queued, 0);
	sync_error = EIO;
	for (unsigned i = 0; i < 100 && d->ledger; i++)
		assert_true(sd_event_run(loop, 50000) >= 0);
	assert_null(d->ledger);
	sync_error = 0;
	run_until(100);
	assert_true(count() >= 100); /* what could not be synced may be there all the same, and is told again */
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_new),
		cmocka_unit_test_setup_teardown(a_file_as_a_list, setup, teardown),
		cmocka_unit_test_setup_teardown(a_long_value_has_a_hash_of_its_rest, setup, teardown),
		cmocka_unit_test_setup_teardown(each_key_from_what_to_what, setup, teardown),
		cmocka_unit_test_setup_teardown(a_change_behind_what_is_shown_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_disk_that_fails_amid_a_large_change, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
