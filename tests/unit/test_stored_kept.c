/* What the store keeps over its own restarts and over a full disk, on a store without sockets. */
#include <errno.h>
#include <math.h>
#include <unistd.h>

#include "../../src/sys/ledger_impl.h"
#include "stored_served.h"

#define WINDOW_MS      60000LL
#define HOUR_MS        3600000LL
#define RETENTION_DAYS 100

static struct stored *s;

static void restart(void)
{
	stored_free(s);
	s = open_store(RETENTION_DAYS);
}

static int set_up(void **state)
{
	s = make_world("kept", RETENTION_DAYS);
	return s ? 0 : -1;
}

static int tear_down(void **state)
{
	stored_free(s);
	return remove_world();
}

static void add_logs(int count)
{
	static const char body[200] = "{}";

	for (int i = 0; i < count; i++)
		assert_int_equal(
		        commit_queue(s, HJ_KIND_LOG, hj_now().wall_ms, 0, body, sizeof(body), NULL, NULL), 0);
}

/* ---- receipts ---- */

static void test_receipt_outlives(void **state)
{
	struct uplink *u;
	int64_t at;

	assert_int_equal(owed_get(s, "county", &u), 0);
	add_logs(10);
	assert_int_equal(commit_now(s), 0);
	assert_int_equal(owed_confirm(s, u, 900, 1000), 0); /* not owed: no receipt */
	assert_true(u->confirmed_ms == INT64_MIN);
	assert_int_equal(owed_confirm(s, u, 2, 4), 3);
	assert_int_equal(owed_confirm(s, u, 2, 5), 1);
	at = u->confirmed_ms;
	restart();
	u = owed_find(s, "county");
	assert_non_null(u);
	assert_int_equal(u->confirmed, 4);
	assert_true(at > 0 && u->confirmed_ms == at);
	assert_int_equal(hj_seqset_total(&u->owed), 6);
}

/* ---- points ---- */

/* A point as version 1 wrote it is read, and one with a wrap keeps it. */
static void test_points_outlive(void **state)
{
	static const char old[] = "\1\1\0\0\xea\x60\3m.e\6ea0102\3kWh";
	struct hj_point p = { .name = "m.f", .total = true, .interval_ms = 1000, .wrap = 1e6 };
	const struct hj_point *found;

	assert_int_equal(hj_ledger_put(s->ledger, "point.7", old, sizeof(old) - 1), 0);
	assert_int_equal(dictionary_number(s, &p), 0);
	assert_int_equal(commit_now(s), 0);
	restart();
	found = hj_dictionary_find(&s->points, 7);
	assert_non_null(found);
	assert_string_equal(found->name, "m.e");
	assert_string_equal(found->unit, "kWh");
	assert_true(found->total && found->interval_ms == 60000 && found->wrap == 0);
	found = hj_dictionary_find_name(&s->points, "m.f");
	assert_true(found && hj_point_same(found, &p));
	/* Another wrap is the same point still. */
	p.wrap = 1e5;
	assert_int_equal(dictionary_number(s, &p), 0);
	assert_int_equal(p.number, 1);
	assert_true(hj_dictionary_find(&s->points, 1)->wrap == 1e5);
}

/* ---- hours ---- */

static uint64_t number;

/* One sample in this minute, and the word that the minute is over. */
static void minute(const char *bus, int64_t label_ms)
{
	struct hj_point point = { .interval_ms = WINDOW_MS };
	struct hj_sample sample = { .time_ms = label_ms + 1, .value = 1, .flag = HJ_FLAG_NORMAL };
	struct append a = { .bus = bus, .boot = { 1 }, .upto_ms = label_ms + WINDOW_MS };
	uint64_t next;

	snprintf(point.name, sizeof(point.name), "%s.value", bus);
	a.first = ++number;
	a.points = &point;
	a.samples = &sample;
	a.point_count = a.sample_count = 1;
	assert_int_equal(intake_append(s, &a, &next), 0);
	assert_int_equal(next, number + 1);
}

struct seen {
	int64_t label_ms;
	unsigned records, stats, got;
};

static int see(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct seen *seen = userdata;
	struct hj_stats stats;

	if (head->label_ms != seen->label_ms)
		return 0;
	assert_int_equal(hj_stats_decode(body, n, &stats), 0);
	seen->records++;
	seen->stats += stats.count;
	for (size_t i = 0; i < stats.count; i++)
		seen->got += stats.stats[i].got;
	hj_stats_done(&stats);
	return 0;
}

static struct seen look(unsigned kind, int64_t label_ms)
{
	struct seen seen = { .label_ms = label_ms };

	assert_int_equal(hj_ledger_read(s->ledger, 1, UINT64_MAX, 1u << kind, see, &seen), 0);
	return seen;
}

/* An hour closed long ago is not made a second time from minutes that come after a restart. */
static void test_late_minutes_after_a_restart(void **state)
{
	int64_t now = hj_window_start(hj_now().wall_ms, HOUR_MS), old = now - 5 * HOUR_MS;
	struct seen seen;

	number = 0;
	for (int m = 0; m < 20; m++)
		minute("north", old + m * WINDOW_MS);
	minute("north", now - 2 * HOUR_MS);
	minute("north", now - HOUR_MS);
	assert_int_equal(commit_now(s), 0);
	seen = look(HJ_KIND_HOUR, old);
	assert_int_equal(seen.stats, 1);
	assert_int_equal(seen.got, 20);
	restart();
	for (int m = 30; m < 40; m++)
		minute("north", old + m * WINDOW_MS);
	minute("north", now - HOUR_MS + WINDOW_MS);
	minute("south", old);
	minute("south", now - HOUR_MS + WINDOW_MS);
	assert_int_equal(commit_now(s), 0);
	seen = look(HJ_KIND_MINUTE, old + 30 * WINDOW_MS);
	assert_int_equal(seen.stats, 1);
	seen = look(HJ_KIND_HOUR, old);
	assert_int_equal(seen.stats, 2); /* north's of before, and south's supplement */
	assert_int_equal(seen.got, 21);
}

/* ---- a full disk ---- */

static void pages_at_most(int more)
{
	char sql[64];
	sqlite3_stmt *stmt;

	assert_int_equal(sqlite3_prepare_v2(s->ledger->db, "PRAGMA page_count", -1, &stmt, NULL), SQLITE_OK);
	sqlite3_step(stmt);
	snprintf(sql, sizeof(sql), "PRAGMA max_page_count=%d", sqlite3_column_int(stmt, 0) + more);
	sqlite3_finalize(stmt);
	assert_int_equal(sqlite3_exec(s->ledger->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void test_full_disk_cuts_what_is_acknowledged(void **state)
{
	struct uplink *u;
	uint64_t last;

	assert_int_equal(owed_get(s, "county", &u), 0);
	add_logs(2000);
	assert_int_equal(commit_now(s), 0);
	pages_at_most(4);
	add_logs(100);
	assert_int_equal(commit_now(s), -ENOSPC);
	assert_int_equal(commit_now(s), -ENOSPC); /* all of it is owed: it waits */
	assert_int_equal(hj_ledger_first(s->ledger), 1);

	owed_confirm(s, u, 1, 700);
	assert_int_equal(commit_now(s), -ENOSPC);
	assert_int_equal(commit_now(s), 0);
	assert_int_equal(s->error, 0);
	assert_int_equal(hj_ledger_first(s->ledger), 501); /* one slice, no more */
	last = hj_ledger_last(s->ledger);
	assert_int_equal(last, 2101); /* the hundred, and the record of the cut */
	assert_int_equal(hj_seqset_total(&u->owed), 1300 + 100);
	assert_false(hj_seqset_has(&u->owed, 2001)); /* the cut */
}

/* ---- urgent commits ---- */

static void commit_soon(hj_usec within)
{
	hj_usec now = hj_now().mono;

	commit_urgent(s);
	assert_in_range(s->commit_at, now, now + within + 20 * HJ_USEC_PER_MS);
	if (within > STORED_COMMIT_URGENT)
		assert_true(s->commit_at >= now + within);
}

static void test_urgent_commits_are_grouped(void **state)
{
	assert_int_equal(commit_now(s), 0);
	s->urgent_count = 0;
	for (int i = 0; i < STORED_URGENT_PER_MINUTE; i++) {
		commit_soon(STORED_COMMIT_URGENT);
		commit_soon(STORED_COMMIT_URGENT); /* comes with the one before, and does not count */
		assert_int_equal(commit_now(s), 0);
	}
	commit_soon(STORED_COMMIT_BUSY);
	assert_int_equal(commit_now(s), 0);
	s->urgent_since -= 60 * HJ_USEC_PER_SEC; /* a minute later */
	commit_soon(STORED_COMMIT_URGENT);
}

/* ---- joined ---- */

static void test_joined_is_told(void **state)
{
	int fd = listen_as_eventd();
	struct uplink *u;
	char count[64];

	assert_int_equal(owed_get(s, "county", &u), 0);
	add_logs(400);
	assert_int_equal(commit_now(s), 0);
	for (uint64_t seq = 2; seq <= 400; seq += 3)
		owed_confirm(s, u, seq, seq);
	assert_int_equal(u->owed.count, HJ_SEQSET_MAX);
	assert_true(u->owed.joined > 0 && !u->told_joined);
	assert_int_equal(commit_now(s), 0);
	assert_int_equal(u->told_joined, u->owed.joined);
	snprintf(count, sizeof(count), "\"count\":%llu", (unsigned long long)u->owed.joined);
	assert_true(is_told(fd, count, NULL));
	close(fd);
	/* After a restart it is not told again. */
	restart();
	u = owed_find(s, "county");
	assert_true(u->owed.joined > 0 && u->told_joined == u->owed.joined);
}

/* ---- room ---- */

/* What grew in six hours and more says how long it will do; what a cut gave back is no growth. */
static void test_days_of_room(void **state)
{
	static const char body[1000] = "{}";
	double used, before = (double)hj_ledger_used(s->ledger), days;

	assert_true(retention_days_of_room(s) < 0); /* nothing to reckon from */
	add_logs(1);
	assert_int_equal(commit_now(s), 0);
	assert_true(retention_days_of_room(s) < 0); /* too short a time */
	hj_ledger_cut(s->ledger, 1, &(uint64_t){ 0 });
	for (int i = 0; i < 1000; i++)
		commit_queue(
		        s, HJ_KIND_LOG, hj_now().wall_ms - 40 * HJ_MS_PER_DAY, 0, body, sizeof(body), NULL, NULL);
	s->growth.days[0].ms += 10 * HJ_MS_PER_DAY; /* in ten days */
	assert_int_equal(commit_now(s), 0);
	used = (double)hj_ledger_used(s->ledger);
	s->conf.retention_mb = 20;
	days = 20.0 * (1 << 20) / ((used - before) / 10);
	assert_true(days > 50);
	assert_true(fabs(retention_days_of_room(s) / days - 1) < 0.01);
	s->conf.retention_mb = 0;
	assert_true(retention_days_of_room(s) == 0);
	assert_true(retention_run(s));
	assert_true((double)hj_ledger_used(s->ledger) < used);
	s->conf.retention_mb = 20;
	assert_true(fabs(retention_days_of_room(s) / days - 1) < 0.01);
	/* And it is known after a start. */
	restart();
	s->conf.retention_mb = 20;
	assert_true(fabs(retention_days_of_room(s) / days - 1) < 0.01);
}

/* What was written is known after a start, too, and with it how long the flash lasts, as the settings have it. */
static void test_flash_lasts(void **state)
{
	struct hj_rate day = {
		.days = { { .ms = HJ_MS_PER_DAY, .bytes = 28 << 20 } }, .count = 1, .total = 1ull << 40, .since_ms = 1
	};
	double years = 4096.0 * 1000 / 10 / 28 / 365.25;
	struct flash_look f;

	rates_look(s, &f);
	assert_true(f.written_day < 0 && f.years < 0);
	s->written = day;
	s->conf.flash_cycles = 1000;
	s->conf.flash_amplification = 10;
	rates_look(s, &f);
	assert_true(f.years > 0); /* by the size of the file system */
	restart();
	rates_look(s, &f);
	assert_true(f.years < 0); /* no settings */
	s->conf.flash_mb = 4096;
	s->conf.flash_cycles = 1000;
	s->conf.flash_amplification = 10;
	rates_look(s, &f);
	assert_true(fabs(f.years / years - 1) < 0.2); /* the last commit was written, too */
	assert_true(fabs(f.written_day / (28 << 20) - 1) < 0.2);
	assert_true(f.written >= 1ll << 40);
	assert_int_equal(f.since_ms, 1);
}

/* What a commit that failed would have kept is kept by the next one. */
static void test_a_failed_commit_keeps_nothing(void **state)
{
	_cleanup_(hj_buf_done) struct hj_buf told = { 0 }, age = { 0 };
	int64_t now = hj_now().wall_ms;

	s->alive.told = true;
	s->age.kept_ms = s->age.put_ms = 0;
	assert_int_equal(hj_ledger_put_clear(s->ledger, "retention.now", NULL, 0), 0);
	assert_int_equal(hj_ledger_commit(s->ledger), 0);
	assert_int_equal(age_put(s, false), 0);
	assert_int_equal(poweron_put(s, now), 0);
	hj_ledger_rollback(s->ledger);
	assert_int_equal(commit_now(s), 0);
	assert_int_equal(hj_ledger_get(s->ledger, "alive.told", &told), 0);
	assert_int_equal(hj_ledger_get(s->ledger, "retention.now", &age), 0);
}

static int see_head(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	static const char text[] = "{\"text\":\"chain head ";

	*(unsigned *)userdata += n > sizeof(text) && !memcmp(body, text, sizeof(text) - 1);
	return 0;
}

/* The head of a day goes to the platforms once, also where the commit that was to keep it failed. */
static void test_a_head_is_told_once(void **state)
{
	int64_t today = hj_window_start(hj_now().wall_ms, HJ_MS_PER_DAY);
	unsigned heads = 0;
	char text[24];

	add_logs(1);
	assert_int_equal(commit_now(s), 0);
	assert_int_equal(commit_now(s), 0);
	snprintf(text, sizeof(text), "%lld", today - HJ_MS_PER_DAY);
	assert_int_equal(hj_ledger_put(s->ledger, "head.day", text, strlen(text)), 0);
	assert_int_equal(hj_ledger_commit(s->ledger), 0);
	restart();
	assert_int_equal(commit_now(s), 0);
	pages_at_most(0);
	add_logs(100);
	assert_int_equal(commit_now(s), -ENOSPC);
	pages_at_most(1000);
	assert_int_equal(commit_now(s), 0);
	restart();
	add_logs(1);
	assert_int_equal(commit_now(s), 0);
	assert_int_equal(commit_now(s), 0);
	assert_int_equal(hj_ledger_read(s->ledger, 1, UINT64_MAX, 1u << HJ_KIND_LOG, see_head, &heads), 0);
	assert_int_equal(heads, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_receipt_outlives),
		T(test_points_outlive),
		T(test_late_minutes_after_a_restart),
		T(test_full_disk_cuts_what_is_acknowledged),
		T(test_urgent_commits_are_grouped),
		T(test_joined_is_told),
		T(test_days_of_room),
		T(test_flash_lasts),
		T(test_a_failed_commit_keeps_nothing),
		T(test_a_head_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
