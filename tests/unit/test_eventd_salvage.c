/* A ledger of events that was damaged while eventd was away: what of it verifies comes back before anything else is
 * written, so that ids, and what is open, go on; what is told meanwhile waits, and meets it. */
#include <fcntl.h>
#include <unistd.h>

#include "../../services/eventd/eventd.h"
#include "hjgate/ledger_verify.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "disk_faults.h"
#include "state_root.h"

#define FILE_NAME "var/lib/hjgate/events.db"
#define PAGE      1024
#define MANY      400 /* events: more pages than one slice reads */
#define LOST_MOST 20  /* rows of one page */

static sd_event *loop;
static struct eventd *d;

static int setup(void **state)
{
	int r = make_root("salvage");

	hj_log_setup("eventd", HJ_LOG_ERROR + 1);
	return r < 0 || sd_event_new(&loop) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	faults_end();
	loop = sd_event_unref(loop);
	return remove_root();
}

static void start(void)
{
	assert_int_equal(eventd_new(loop, root, &d), 0);
}

static void stop(void)
{
	eventd_free(d);
	d = NULL;
}

static void run_until_open(void)
{
	hj_usec until = hj_now().mono + 60 * HJ_USEC_PER_SEC; /* an emulated machine is slow */

	while (!d->ledger && hj_now().mono < until)
		assert_true(sd_event_run(loop, 50000) >= 0);
	assert_non_null(d->ledger);
}

/* Whoever is asked to say so many things waits for the disk meanwhile. */
static void say_many(unsigned many)
{
	char values[300];

	for (unsigned i = 0; i < many; i++) {
		struct row row = { .is = ROW_MOMENT, .time_ms = hj_now().wall_ms, .code = "total-reset" };

		snprintf(row.key, sizeof(row.key), "point %u", i);
		snprintf(values, sizeof(values), "{\"point\":\"p%0200u\"}", i);
		row.values = strdup(values);
		assert_int_equal(eventd_put(d, &row, NULL), 0);
		if (d->queued == QUEUE_MAX)
			assert_int_equal(eventd_flush(d), 0);
	}
	assert_int_equal(eventd_flush(d), 0);
}

static uint64_t open_id(const char *code, const char *key)
{
	const struct event *e = book_find_open(&d->book, code, key);

	return e ? e->id : 0;
}

/* Told before the damage: many moments, a meter that is lost, a link that is. */
static uint64_t fill(void)
{
	uint64_t id;

	start();
	say_many(MANY / 2);
	eventd_say(d, "meter-lost", ROW_BEGIN, "meter north.oven", "{\"meter\":\"oven\"}");
	eventd_say(d, "link-lost", ROW_BEGIN, "uplink county", NULL);
	say_many(MANY / 2);
	id = open_id("meter-lost", "meter north.oven");
	assert_true(id);
	stop();
	return id;
}

static off_t file_size(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* The first page, and each `every`-th behind it. */
static void spoil(unsigned every)
{
	uint8_t rubbish[PAGE];
	char path[256];
	off_t size;
	int fd;

	memset(rubbish, 0xa5, sizeof(rubbish));
	path_of(FILE_NAME, path);
	size = file_size(path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	for (off_t at = 0; at < size; at += (off_t)every * PAGE)
		assert_int_equal(kernel_pwrite(fd, rubbish, PAGE, at), PAGE);
	close(fd);
}

/* A page of rows somewhere in the middle; everything else is as it was. */
static void spoil_rows(void)
{
	static const uint8_t nowhere[] = { 0, 1 }; /* where its first row lies */
	uint8_t type;
	char path[256];
	int fd;

	path_of(FILE_NAME, path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	for (off_t at = file_size(path) / PAGE / 2 * PAGE; pread(fd, &type, 1, at) == 1; at += PAGE) {
		if (type != 13) /* a leaf of a table */
			continue;
		assert_int_equal(kernel_pwrite(fd, nowhere, sizeof(nowhere), at + 8), sizeof(nowhere));
		break;
	}
	close(fd);
}

static size_t count(const char *code)
{
	size_t n = 0;

	for (size_t i = 0; i < d->book.count; i++)
		n += !strcmp(d->book.events[i]->code, code);
	return n;
}

static void verifies(void)
{
	_cleanup_(hj_verify_freep) struct hj_verify *v = NULL;

	assert_int_equal(hj_verify_new(d->ledger, INT64_MIN, INT64_MAX, NULL, NULL, &v), 0);
	while (hj_verify_step(v, HJ_USEC_PER_SEC) > 0)
		;
	assert_int_equal(hj_verify_look(v)->found, 0);
}

/* ---- tests ---- */

static void comes_back(unsigned every, uint64_t lost_most)
{
	uint64_t id = fill(), events;

	if (every)
		spoil(every);
	else
		spoil_rows();
	start();
	assert_null(d->ledger); /* nothing is written before it is back */
	assert_false(d->known);
	run_until_open();
	assert_in_range(d->events, MANY + 4 - lost_most, MANY + 8);
	assert_int_equal(open_id("meter-lost", "meter north.oven"), id);
	assert_int_equal(count("store-damaged"), 1);
	assert_int_equal(count("store-salvaged"), 1);
	verifies();
	eventd_say(d, "meter-lost", ROW_END, "meter north.oven", NULL);
	assert_int_equal(eventd_flush(d), 0);
	assert_int_equal(open_id("meter-lost", "meter north.oven"), 0);
	events = d->events;
	stop();
	start(); /* once for each file */
	assert_non_null(d->ledger);
	assert_int_equal(d->events, events + 2);
	assert_int_equal(count("store-salvaged"), 1);
	stop();
}

static void rows_of_a_page_are_lost_and_no_more(void **state)
{
	comes_back(0, LOST_MOST);
}

/* The header, and with it the tree of what else it keeps: the keys are in the copy beside it. */
static void without_a_header_the_keys_are_in_the_copy(void **state)
{
	comes_back(1000000, LOST_MOST);
}

static void without_a_quarter_of_its_pages(void **state)
{
	uint64_t before;

	fill();
	spoil(4);
	start();
	run_until_open();
	before = d->events;
	assert_in_range(before, MANY / 2, MANY);
	verifies();
	eventd_say(d, "samples-late", ROW_MOMENT, "bus north", NULL);
	assert_int_equal(eventd_flush(d), 0);
	assert_int_equal(d->events, before + 1);
	assert_int_equal(count("store-salvaged"), 1);
	stop();
}

/* What is said while it comes back: an end finds its event, and what is open is not begun twice. */
static void what_is_said_meanwhile_meets_it(void **state)
{
	uint64_t link;

	fill();
	spoil_rows();
	start();
	assert_null(d->ledger);
	eventd_say(d, "meter-lost", ROW_END, "meter north.oven", NULL);
	eventd_say(d, "link-lost", ROW_BEGIN, "uplink county", NULL);
	assert_int_equal(eventd_flush(d), -EINPROGRESS);
	run_until_open();
	link = open_id("link-lost", "uplink county");
	assert_in_range(link, 1, HJ_LEDGER_GENERATION);
	assert_int_equal(count("link-lost"), 1);
	assert_int_equal(open_id("meter-lost", "meter north.oven"), 0);
	assert_int_equal(d->book.open, 1);
	assert_int_equal(d->lost, 0);
	stop();
}

/* Whoever stops it meanwhile loses nothing of what waits. */
static void it_is_stopped_meanwhile(void **state)
{
	fill();
	spoil(1000000);
	start();
	eventd_say(d, "samples-late", ROW_MOMENT, "bus north", NULL);
	stop();
	start();
	run_until_open();
	assert_int_equal(count("samples-late"), 1);
	assert_int_equal(count("store-salvaged"), 1);
	assert_true(open_id("link-lost", "uplink county"));
	stop();
}

/* The disk does not take what comes back: that is waited for, as ever. */
static void comes_back_when_the_disk_is_well(int error, unsigned ops)
{
	fill();
	spoil(1000000);
	start();
	assert_null(d->ledger);
	faults_begin(error, ops, 0, 0);
	while (!d->told_trouble)
		assert_true(sd_event_run(loop, 50000) >= 0);
	eventd_say(d, "meter-lost", ROW_END, "meter north.oven", NULL);
	assert_true(eventd_flush(d) < 0);
	faults_end();
	run_until_open();
	assert_int_equal(eventd_flush(d), 0);
	assert_false(d->told_trouble);
	assert_int_equal(open_id("meter-lost", "meter north.oven"), 0);
	assert_true(open_id("link-lost", "uplink county"));
	assert_int_equal(d->book.open, 1);
	assert_int_equal(count("store-salvaged"), 1);
	verifies();
	stop();
}

static void there_is_no_room_for_what_comes_back(void **state)
{
	comes_back_when_the_disk_is_well(ENOSPC, ON_WRITE | ON_GROW);
}

static void what_comes_back_cannot_be_synced(void **state)
{
	comes_back_when_the_disk_is_well(EIO, ON_SYNC);
}

static void move(const char *from, const char *to)
{
	char a[256], b[256];

	path_of(from, a);
	path_of(to, b);
	assert_int_equal(rename(a, b), 0);
}

/* Set aside long ago, by a version that put nothing back: who knows what of it is still open? */
static void what_was_set_aside_before_stays_there(void **state)
{
	fill();
	move(FILE_NAME, "var/lib/hjgate/away");
	start();
	assert_int_equal(eventd_flush(d), 0);
	stop();
	move("var/lib/hjgate/away", FILE_NAME ".damaged-20260101000000-0");
	start();
	assert_non_null(d->ledger);
	assert_in_range(d->events, 1, 10);
	assert_int_equal(d->book.open, 0);
	stop();
}

/* The file was begun, and then the power went. */
static void the_new_file_has_nothing_yet(void **state)
{
	fill();
	move(FILE_NAME, FILE_NAME ".damaged-20260101000000-0");
	start();
	assert_null(d->ledger);
	run_until_open();
	assert_true(open_id("meter-lost", "meter north.oven"));
	stop();
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(rows_of_a_page_are_lost_and_no_more),
		T(without_a_header_the_keys_are_in_the_copy),
		T(without_a_quarter_of_its_pages),
		T(what_is_said_meanwhile_meets_it),
		T(it_is_stopped_meanwhile),
		T(there_is_no_room_for_what_comes_back),
		T(what_comes_back_cannot_be_synced),
		T(what_was_set_aside_before_stays_there),
		T(the_new_file_has_nothing_yet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
