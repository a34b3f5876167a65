/* The store and a file that was damaged while it was away: it is ready at once, goes on collecting, and what the file
 * still has comes back behind that. What was owed is owed, what was acknowledged is not asked for again where the
 * file can prove it. */
#include <glob.h>

#include "salvage_world.h"

#define MINUTES   300
#define READY_MS  5000
#define BIG_ROWS  30000

static int set_up(void **state)
{
	return begin_store("salvage");
}

static int tear_down(void **state)
{
	return end_store();
}

struct sum {
	uint64_t rows, got;
	int64_t label_ms;
	uint32_t point;
};

static int add_up(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct sum *sum = userdata;
	struct hj_stats stats;

	sum->rows++;
	assert_int_equal(hj_stats_decode(body, n, &stats), 0);
	for (size_t i = 0; i < stats.count; i++) {
		sum->got += stats.stats[i].got;
		sum->point = stats.stats[i].point;
	}
	hj_stats_done(&stats);
	return 0;
}

static struct sum all_minutes(void)
{
	struct sum sum = { 0 };

	assert_int_equal(hj_ledger_read(s->ledger, 1, UINT64_MAX, 1u << HJ_KIND_MINUTE, add_up, &sum), 0);
	return sum;
}

/* How long the store takes to be ready again. */
static int64_t start_again(void)
{
	int64_t before = hj_now().wall_ms;

	s = open_store(KEPT_DAYS);
	return hj_now().wall_ms - before;
}

static void two_uplinks(void)
{
	struct uplink *u;

	assert_int_equal(owed_get(s, "county", &u), 0);
	assert_int_equal(owed_get(s, "city", &u), 0);
	minutes(MINUTES, "meter.energy");
	offer("meter.energy"); /* in an open window */
	owed_confirm(s, owed_find(s, "county"), 1, 250);
	owed_confirm(s, owed_find(s, "city"), 100, 120);
	assert_int_equal(commit_stage(s, "set.pw.county", "secret", NULL, NULL), 0);
	assert_int_equal(commit_now(s), 0);
}

/* The header is gone: nothing of it can be read as a database. */
static void test_header_gone(void **state)
{
	static const uint8_t nothing[100];
	struct hj_buf b = { 0 };
	struct sum before, after;
	uint64_t county;
	uint32_t most;

	two_uplinks();
	before = all_minutes();
	county = owed_of("county");
	stored_free(s);
	write_at(0, nothing, sizeof(nothing));
	assert_true(start_again() < READY_MS);
	assert_non_null(s->salvage);
	minutes(10, "meter.power"); /* collecting goes on while it comes back */
	most = s->point_most;
	run_to_end();
	after = all_minutes();
	assert_int_equal(after.rows, before.rows + 10);
	assert_true(owed_of("county") >= county + 10 && owed_of("city") >= before.rows + 10);
	assert_int_equal(hj_ledger_get(s->ledger, "set.pw.county", &b), 0);
	assert_int_equal(b.len, 6);
	hj_buf_done(&b);
	/* A number of the file before never means something else. */
	assert_non_null(hj_dictionary_find_name(&s->points, "meter.energy"));
	assert_true(most >= 1000000);
	assert_int_equal(hj_dictionary_find_name(&s->points, "meter.energy")->number, 1);
	stored_free(s);
	s = open_store(KEPT_DAYS);
	assert_null(s->salvage);
	assert_int_equal(all_minutes().rows, after.rows);
}

/* What a person has declared void stays so, although the state that said it is gone. */
static void test_void_stays_void(void **state)
{
	static const uint8_t nothing[100];
	struct hj_head head = { .kind = HJ_KIND_MINUTE, .seq = 1, .label_ms = begin_ms + (MINUTES - 1) * WINDOW_MS };

	minutes(MINUTES, "meter.energy");
	assert_int_equal(commit_queue(s, HJ_KIND_VOID, begin_ms + 100 * WINDOW_MS, 0, "{}", 2, NULL, NULL), 0);
	assert_int_equal(commit_now(s), 0);
	assert_true(void_covers(s, &head));
	stored_free(s);
	write_at(0, nothing, sizeof(nothing));
	start_again();
	run_to_end();
	assert_int_equal(s->void_count, 1);
	assert_true(void_covers(s, &head));
	head.label_ms = begin_ms;
	assert_false(void_covers(s, &head));
	stored_free(s);
	s = open_store(KEPT_DAYS);
	assert_int_equal(s->void_count, 1);
}

/* One page of rows is gone, the rest proves itself: acknowledged stays acknowledged, open windows go on. */
static void test_rows_gone(void **state)
{
	static const uint8_t rubbish[PAGE] = { 13, 255, 255, 255 };
	struct sum before, after;
	uint64_t county, city, lost;

	two_uplinks();
	before = all_minutes();
	county = owed_of("county");
	city = owed_of("city");
	stored_free(s);
	write_at(file_size() / PAGE / 2 * PAGE, rubbish, sizeof(rubbish));
	assert_true(start_again() < READY_MS);
	assert_non_null(s->salvage);
	assert_true(hj_salvage_look(s->salvage)->sure);
	assert_int_equal(owed_of("county"), county);
	assert_int_equal(owed_of("city"), city);
	/* What was durable in an open window is counted still: the next number follows. */
	offer("meter.energy");
	offer("meter.energy");
	minutes(5, "meter.energy");
	run_to_end();
	after = all_minutes();
	lost = before.rows + 6 - after.rows;
	assert_true(lost > 0 && lost < 40);
	assert_int_equal(after.got, before.got + 6 * 3 - lost * 3);
}

/* An uplink that nobody knows of any more, because its entry was lost, owes what came back when it is heard of. */
static void test_unknown_uplink(void **state)
{
	struct hj_salvage_look look = { .phase = HJ_SALVAGE_SETTLED, .begin_ms = hj_now().wall_ms };
	struct hj_buf b = { 0 };
	struct uplink *u;

	hj_seqset_add(&look.owed, 3, 7);
	assert_int_equal(hj_salvage_encode(&look, &b), 0);
	assert_int_equal(hj_ledger_put(s->ledger, HJ_SALVAGE_KEY "records.db.damaged-x", b.data, b.len), 0);
	assert_int_equal(commit_now(s), 0);
	assert_int_equal(owed_get(s, "late", &u), 0);
	assert_int_equal(hj_seqset_total(&u->owed), 5);
	hj_buf_done(&b);
}

static void test_big_file(void **state)
{
	static const uint8_t nothing[100];
	static const char body[700] = "{}";
	int64_t ready;

	for (int i = 0; i < BIG_ROWS; i++) {
		assert_int_equal(
		        commit_queue(s, HJ_KIND_LOG, hj_now().wall_ms, 0, body, sizeof(body), NULL, NULL), 0);
		if (i % 500 == 499)
			assert_int_equal(commit_now(s), 0);
	}
	stored_free(s);
	assert_true(file_size() > 20 << 20);
	write_at(0, nothing, sizeof(nothing));
	ready = start_again();
	assert_true(ready < READY_MS);
	run_to_end();
	assert_true(hj_ledger_rows(s->ledger) >= BIG_ROWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_header_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_void_stays_void, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rows_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unknown_uplink, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_big_file, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
