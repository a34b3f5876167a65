/* A file that is damaged and set aside while the disk fails: it is told of, and comes back all the same. */
#include <glob.h>

#include "../../src/ipc/report.c" /* what is told waits in it */
#include "disk_faults.h"
#include "salvage_world.h"

#define MINUTES 100

static int set_up(void **state)
{
	return begin_store("aside");
}

static int tear_down(void **state)
{
	faults_end();
	return end_store();
}

static int count_row(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	++*(uint64_t *)userdata;
	return 0;
}

static uint64_t all_minutes(void)
{
	uint64_t rows = 0;

	assert_int_equal(hj_ledger_read(s->ledger, 1, UINT64_MAX, 1u << HJ_KIND_MINUTE, count_row, &rows), 0);
	return rows;
}

static unsigned told(const char *code)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->report->count; i++)
		n += !strcmp(at(s->report, i)->code, code);
	return n;
}

/* The store ends, and its header is gone: not even what it says of itself can be read by way of the database. */
static void lose_header(void)
{
	static const uint8_t nothing[100];

	stored_free(s);
	write_at(0, nothing, sizeof(nothing));
}

/* A page of rows is gone: what the file says of itself proves itself. */
static void lose_rows(void)
{
	static const uint8_t rubbish[PAGE] = { 13, 255, 255, 255 };

	stored_free(s);
	write_at(file_size() / PAGE / 2 * PAGE, rubbish, sizeof(rubbish));
}

static void disk_is_well(void)
{
	faults_end();
	for (int i = 0; i < 2 * STORED_REOPEN_AFTER && commit_now(s) < 0; i++)
		;
	assert_int_equal(commit_now(s), 0);
	assert_int_equal(s->error, 0);
}

/* ---- tests ---- */

static void what_is_set_aside_is_told_once(void **state)
{
	minutes(MINUTES, "meter.energy");
	lose_header();
	faults_begin(ENOSPC, ON_CREATE, 0, 0);
	s = open_store(KEPT_DAYS);
	assert_null(s->ledger);
	disk_is_well();
	assert_int_equal(told("store-damaged"), 1);
	run_to_end();
	assert_true(all_minutes() >= MINUTES - 1);
	stored_free(s);
	s = open_store(KEPT_DAYS);
	assert_int_equal(told("store-damaged"), 0);
}

/* The new file was made, and nothing could be written to it. */
static void an_empty_file_is_no_beginning(void **state)
{
	minutes(MINUTES, "meter.energy");
	lose_header();
	faults_begin(ENOSPC, ON_GROW, 0, 0);
	s = open_store(KEPT_DAYS);
	assert_null(s->ledger);
	disk_is_well();
	assert_int_equal(hj_ledger_generation(s->ledger), 1);
	run_to_end();
	assert_true(all_minutes() >= MINUTES - 1);
}

/* The first time it was set aside under a clock that was ahead. */
static void the_one_set_aside_last_comes_back(void **state)
{
	char pattern[256], later[256];
	glob_t g;

	minutes(MINUTES, "meter.energy");
	lose_header();
	s = open_store(KEPT_DAYS);
	stored_free(s);
	path_of("var/lib/hjgate/records.db.damaged-*-0", pattern);
	path_of("var/lib/hjgate/records.db.damaged-20991231235959-0", later);
	assert_int_equal(glob(pattern, 0, NULL, &g), 0);
	assert_int_equal(rename(g.gl_pathv[0], later), 0);
	globfree(&g);
	s = open_store(KEPT_DAYS);
	run_to_end();
	minutes(MINUTES, "meter.energy");
	lose_header();
	s = open_store(KEPT_DAYS);
	run_to_end();
	assert_true(all_minutes() >= 2 * MINUTES - 4);
}

static const char *name_of(uint32_t number_of_point)
{
	const struct hj_point *p = hj_dictionary_find(&s->points, number_of_point);

	return p ? p->name : "";
}

/* The new file can be made, and what the old one says cannot be written to it, but for a part. */
static void taken_over_when_the_disk_is_well(int error, unsigned op, unsigned skip)
{
	struct uplink *u;
	uint64_t owed;

	assert_int_equal(owed_get(s, "county", &u), 0);
	minutes(MINUTES, "meter.energy");
	owed_confirm(s, owed_find(s, "county"), 1, 50);
	assert_int_equal(commit_now(s), 0);
	owed = owed_of("county");
	lose_rows();
	faults_begin(error, op, error == EIO, skip);
	s = open_store(KEPT_DAYS);
	offer("meter.power");
	disk_is_well();
	for (int i = 0; i < 2; i++) {
		assert_true(owed_of("county") >= owed);
		assert_string_equal(name_of(1), "meter.energy");
		minutes(2, "meter.power");
		stored_free(s);
		s = open_store(KEPT_DAYS);
	}
	run_to_end();
	assert_true(all_minutes() >= MINUTES - 40);
}

static void what_it_says_is_not_passed_over(void **state)
{
	for (unsigned skip = 0; skip < 20; skip++) {
		taken_over_when_the_disk_is_well(skip % 2 ? EIO : ENOSPC, skip % 2 ? ON_SYNC : ON_GROW, skip);
		tear_down(NULL);
		set_up(NULL);
	}
}

/* ---- while it runs ---- */

#define OLD_ROWS 1000

/* Rows that retention takes soon, on so many pages that most are not in memory. */
static void fill_with_old_rows(void)
{
	static const char body[700] = "{}";
	int64_t long_ago = hj_now().wall_ms - 400 * HJ_MS_PER_DAY;

	for (int i = 0; i < OLD_ROWS; i++) {
		assert_int_equal(commit_queue(s, HJ_KIND_LOG, long_ago, 0, body, sizeof(body), NULL, NULL), 0);
		if (i % 500 == 499)
			assert_int_equal(commit_now(s), 0);
	}
}

static uint64_t logs(void)
{
	uint64_t rows = 0;

	hj_ledger_read(s->ledger, 1, UINT64_MAX, HJ_LEDGER_HEADS | 1u << HJ_KIND_LOG, count_row, &rows);
	return rows;
}

/* Else nothing behind it could be cut, or be sent, until somebody comes and starts the program. */
static void a_page_that_goes_bad_while_it_runs(void **state)
{
	static const uint8_t rubbish[PAGE] = { 13, 255, 255, 255 };
	struct uplink *u;

	assert_int_equal(owed_get(s, "county", &u), 0);
	fill_with_old_rows();
	minutes(MINUTES, "meter.energy");
	stored_free(s);
	s = open_store(KEPT_DAYS);
	assert_true(logs() == OLD_ROWS);
	write_at(file_size() / PAGE / 2 * PAGE, rubbish, sizeof(rubbish));
	s->conf.retention_days = 100;
	for (int i = 0; i < 20 && !told("store-damaged"); i++) {
		retention_run(s);
		commit_now(s);
	}
	assert_int_equal(told("store-damaged"), 1);
	run_to_end();
	for (int i = 0; i < 20 && retention_run(s); i++)
		;
	assert_int_equal(logs(), 0);
	assert_int_equal(all_minutes(), MINUTES);
	assert_true(owed_of("county") >= MINUTES);
	minutes(2, "meter.energy");
	assert_int_equal(all_minutes(), MINUTES + 2);
}

/* Once it may have been the memory; and no more than one file goes for it on a day. */
static void damage_that_is_met(void **state)
{
	static const unsigned told_after[] = { 0, 1, 1, 1 };

	minutes(MINUTES, "meter.energy");
	for (size_t i = 0; i < hj_array_size(told_after); i++) {
		assert_int_equal(disk_note(s, -EIO), -EIO);
		assert_int_equal(disk_note(s, -EUCLEAN), -EUCLEAN);
		assert_int_equal(commit_now(s), 0);
		assert_int_equal(told("store-damaged"), told_after[i]);
	}
	run_to_end();
	assert_int_equal(all_minutes(), MINUTES);
}

/* And the commit that would open the file anew has to wait: the rows come back once, and are told of once. */
static void damage_that_is_met_while_rows_come_back(void **state)
{
	minutes(MINUTES, "meter.energy");
	lose_header();
	s = open_store(KEPT_DAYS);
	assert_non_null(s->salvage);
	s->error = -EIO; /* of a commit, a moment ago */
	s->retry = STORED_RETRY_MOST;
	s->commit_at = HJ_USEC_NEVER;
	commit_request(s, s->retry);
	assert_int_equal(disk_note(s, -EUCLEAN), -EUCLEAN);
	for (int i = 0; i < 400 && s->damage == DAMAGE_MET; i++)
		sd_event_run(loop, 50000);
	run_to_end();
	assert_int_equal(told("store-salvaged"), 1);
	assert_true(all_minutes() >= MINUTES - 1);
}

/* It could not be set aside: what reads well stays readable until it can. */
static void damage_on_a_disk_that_takes_nothing(void **state)
{
	minutes(MINUTES, "meter.energy");
	disk_note(s, -EUCLEAN);
	assert_int_equal(commit_now(s), 0);
	disk_note(s, -EUCLEAN);
	faults_begin(EROFS, ON_OPEN_WRITE | ON_CREATE | ON_WRITE | ON_GROW | ON_SYNC, 0, 0);
	for (int i = 0; i < 2 * STORED_REOPEN_AFTER; i++) {
		offer("meter.energy");
		commit_now(s);
	}
	assert_non_null(s->ledger);
	assert_int_equal(all_minutes(), MINUTES);
	disk_is_well();
	assert_int_equal(told("store-damaged"), 1);
	run_to_end();
	assert_true(all_minutes() >= MINUTES);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_set_aside_is_told_once),
		T(an_empty_file_is_no_beginning),
		T(the_one_set_aside_last_comes_back),
		T(what_it_says_is_not_passed_over),
		T(a_page_that_goes_bad_while_it_runs),
		T(damage_that_is_met),
		T(damage_that_is_met_while_rows_come_back),
		T(damage_on_a_disk_that_takes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
