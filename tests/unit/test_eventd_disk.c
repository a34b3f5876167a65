/* A disk that fails while there is something to be told: nothing is lost, told twice or left open by it. */
#include "../../services/eventd/eventd.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "disk_faults.h"
#include "state_root.h"

static sd_event *loop;
static struct eventd *d;

static void start(void)
{
	assert_int_equal(eventd_new(loop, root, &d), 0);
}

static void start_again(void)
{
	eventd_free(d);
	start();
}

/* It is tried again at once, and what there is to say of the trouble goes with the next one. */
static void disk_is_well(void)
{
	faults_end();
	d->retry_at = 0;
	assert_int_equal(eventd_flush(d), 0);
	assert_int_equal(eventd_flush(d), 0);
}

/* What of a damaged one verifies comes back first. */
static void run_until_open(void)
{
	while (!d->ledger)
		assert_true(sd_event_run(loop, 50000) >= 0);
}

static size_t count(const char *code)
{
	size_t n = 0;

	for (size_t i = 0; i < d->book.count; i++)
		n += !strcmp(d->book.events[i]->code, code);
	return n;
}

static int setup(void **state)
{
	int r = make_root("disk");

	hj_log_setup("eventd", HJ_LOG_ERROR);
	return r < 0 || sd_event_new(&loop) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	faults_end();
	loop = sd_event_unref(loop);
	return remove_root();
}

/* ---- tests ---- */

static void said_by_a_disk_that_syncs_not(unsigned times)
{
	uint64_t before;

	start();
	assert_int_equal(eventd_flush(d), 0);
	before = d->events;
	eventd_say(d, "link-lost", ROW_BEGIN, "uplink county", NULL);
	eventd_say(d, "program-died", ROW_MOMENT, "x", NULL);
	faults_begin(EIO, ON_SYNC, times, 0);
	assert_int_equal(eventd_flush(d), -EIO);
	assert_null(d->ledger);
	eventd_say(d, "program-died", ROW_MOMENT, "y", NULL);
	disk_is_well();
	assert_int_equal(count("link-lost"), 1);
	assert_int_equal(count("program-died"), 2);
	assert_int_equal(d->events, before + 4); /* and that there was trouble */
	assert_non_null(book_find_open(&d->book, "link-lost", "uplink county"));
	eventd_say(d, "link-lost", ROW_END, "uplink county", NULL);
	assert_int_equal(eventd_flush(d), 0);
	assert_int_equal(d->book.open, 0);
	start_again();
	assert_int_equal(count("link-lost"), 1);
	assert_int_equal(d->book.open, 0);
	eventd_free(d);
}

/* The rows are in the log of the database, whole, and come back with it. */
static void what_was_not_synced_is_not_written_again(void **state)
{
	said_by_a_disk_that_syncs_not(0);
}

static void what_a_disk_forgot_is_written_again(void **state)
{
	said_by_a_disk_that_syncs_not(1);
}

static void move(const char *from, const char *to)
{
	char a[256], b[256];

	path_of(from, a);
	path_of(to, b);
	assert_int_equal(rename(a, b), 0);
}

static size_t count_ended(const char *code)
{
	size_t n = 0;

	for (size_t i = 0; i < d->book.count; i++)
		n += !strcmp(d->book.events[i]->code, code) && !event_is_open(d->book.events[i]);
	return n;
}

/* What began before the power went is said to begin again, and ends, before it is known that it is open. */
static void what_began_before_ends_before_it_is_known(void **state)
{
	start();
	eventd_say(d, "link-lost", ROW_BEGIN, "uplink county", NULL);
	assert_int_equal(eventd_flush(d), 0);
	eventd_free(d);
	move("var/lib/hjgate", "var/lib/elsewhere");
	start();
	assert_null(d->ledger);
	assert_false(d->known);
	eventd_say(d, "link-lost", ROW_BEGIN, "uplink county", NULL);
	for (int i = 0; i < 2; i++) /* the second says nothing new */
		eventd_say(d, "link-lost", ROW_END, "uplink county", NULL);
	eventd_say(d, "link-lost", ROW_BEGIN, "uplink county", NULL);
	for (int i = 0; i < 2; i++)
		eventd_say(d, "link-lost", ROW_END, "uplink city", NULL);
	move("var/lib/elsewhere", "var/lib/hjgate");
	disk_is_well();
	assert_true(d->known);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(count("link-lost"), 2);
		assert_int_equal(count_ended("link-lost"), 1);
		assert_int_equal(d->book.open, 1);
		start_again();
	}
	assert_int_equal(d->lost, 0);
	eventd_free(d);
}

static void damage_the_ledger(void)
{
	char path[256];
	int fd;

	path_of("var/lib/hjgate/events.db", path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	for (off64_t at = 8; at < 20 * 1024; at += 1024)
		assert_int_equal(kernel_pwrite(fd, "damage!!", 8, at), 8);
	close(fd);
}

/* It is set aside, and the new file finds no room before the next try but one. */
static void a_ledger_set_aside_is_told_once(void **state)
{
	start();
	eventd_free(d);
	damage_the_ledger();
	faults_begin(ENOSPC, ON_CREATE, 0, 0);
	start();
	assert_null(d->ledger);
	faults_end();
	d->retry_at = 0;
	assert_int_equal(eventd_flush(d), -EINPROGRESS);
	run_until_open();
	disk_is_well();
	assert_int_equal(count("store-damaged"), 1);
	start_again();
	assert_int_equal(count("store-damaged"), 1);
	eventd_free(d);
}

static void run_until_looked(void)
{
	hj_usec until = hj_now().mono + HJ_USEC_PER_SEC;

	while (hj_now().mono < until)
		assert_true(sd_event_run(loop, 50000) >= 0);
}

/* The configuration is compared at each start, while the disk fails so. */
static void changed_while_the_disk_fails(int error, unsigned ops, size_t there)
{
	char path[256];

	path_of("etc", path);
	assert_int_equal(mkdir(path, 0755), 0);
	path_of("etc/hjgate", path);
	assert_int_equal(mkdir(path, 0755), 0);
	write_file("etc/hjgate/site.conf", "format = 1;\nname = \"a\";\n");
	start();
	run_until_looked();
	write_file("etc/hjgate/site.conf", "format = 1;\nname = \"b\";\n");
	start_again();
	for (int i = 0; i < 2; i++) /* its own start is on the disk, and it has not looked yet */
		assert_true(sd_event_run(loop, 50000) >= 0);
	assert_int_equal(d->queued, 0);
	faults_begin(error, ops, 0, 0);
	for (int i = 0; i < 100 && !d->told_trouble; i++)
		assert_true(sd_event_run(loop, 50000) >= 0);
	assert_true(d->told_trouble);
	disk_is_well();
	assert_int_equal(count("config-value"), there);
	for (int i = 0; i < 2; i++) {
		start_again();
		run_until_looked();
		assert_int_equal(count("config-value"), 1);
	}
	eventd_free(d);
}

static void a_change_on_a_full_disk_is_told_once(void **state)
{
	changed_while_the_disk_fails(ENOSPC, ON_WRITE | ON_GROW, 0);
}

static void a_change_that_was_not_synced_is_told_once(void **state)
{
	changed_while_the_disk_fails(EIO, ON_SYNC, 1);
}

/* The disk is gone for long: what the queue holds is kept, what it refuses is counted, and all of it is told
 * afterwards. */
static void what_is_refused_is_counted(void **state)
{
	move("var/lib/hjgate", "var/lib/elsewhere");
	start();
	assert_true(eventd_flush(d) < 0);
	assert_int_equal(d->queued, 2); /* program-start, disk-trouble */
	assert_non_null(strstr(d->queue[1]->row.values, "its file system is not there"));
	for (int i = 0; i < QUEUE_MAX + 10; i++) {
		struct row row = { .is = ROW_MOMENT, .time_ms = i, .code = "config-changed" };

		eventd_put(d, &row, NULL);
	}
	assert_int_equal(d->queued, QUEUE_MAX);
	assert_int_equal(d->lost, 12);
	assert_true(eventd_flush(d) < 0);
	move("var/lib/elsewhere", "var/lib/hjgate");
	assert_int_equal(eventd_flush(d), 0);
	assert_int_equal(d->events, QUEUE_MAX);
	assert_int_equal(d->queued, 2); /* the end of the trouble, and what was lost */
	assert_int_equal(d->lost_told, 12);
	assert_int_equal(eventd_flush(d), 0);
	assert_int_equal(d->book.open, 0);
	assert_int_equal(d->lost, 12);
	eventd_free(d);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_was_not_synced_is_not_written_again),
		T(what_a_disk_forgot_is_written_again),
		T(what_began_before_ends_before_it_is_known),
		T(what_is_refused_is_counted),
		T(a_ledger_set_aside_is_told_once),
		T(a_change_on_a_full_disk_is_told_once),
		T(a_change_that_was_not_synced_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
