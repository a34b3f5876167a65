/* An hour that begins while the clock goes on reads nothing back: the rows of the whole day would be looked at, hour
 * for hour, to find that there are none of it. After a start it does. */
#include <sqlite3.h>

#include "stored_world.h"

#define MINUTE_MS      60000LL
#define HOURS          5
#define MINUTES        (60 * HOURS)
#define POINTS         24
#define RETENTION_DAYS 100
#define A_MINUTE_BYTES (64 << 10) /* of pages that the work of a minute takes */

static struct stored *s;
static uint64_t next_number;

static int set_up(void **state)
{
	s = make_world("window", RETENTION_DAYS);
	next_number = 1;
	return s ? 0 : -1;
}

static int tear_down(void **state)
{
	stored_free(s);
	return remove_world();
}

static void read_minute(const char *bus, int64_t label_ms, int64_t upto_ms, double value)
{
	struct hj_point points[POINTS];
	struct hj_sample samples[POINTS];
	struct append a = { .bus = bus,
		.boot = { 1 },
		.first = next_number,
		.upto_ms = upto_ms,
		.points = points,
		.samples = samples,
		.point_count = POINTS,
		.sample_count = POINTS };

	for (size_t i = 0; i < POINTS; i++) {
		points[i] = (struct hj_point){ .interval_ms = MINUTE_MS };
		snprintf(points[i].name, sizeof(points[i].name), "%s.v%zu", bus, i);
		samples[i] = (struct hj_sample){ .time_ms = label_ms + 1,
			.point = (uint32_t)i,
			.value = value + (double)i,
			.flag = HJ_FLAG_NORMAL };
	}
	assert_int_equal(intake_append(s, &a, &next_number), 0);
	assert_int_equal(commit_now(s), 0);
}

/* Bytes that SQLite took for it, where it began with none of the file. */
static int64_t cost_of(int64_t label_ms)
{
	int64_t before;

	stored_spare(s);
	before = sqlite3_memory_used();
	read_minute("north", label_ms, label_ms + 1, 1);
	return sqlite3_memory_used() - before;
}

static void an_hour_that_begins_reads_nothing_back(void **state)
{
	/* From yesterday noon on: a midnight would make a record of a day, too. */
	int64_t now_ms = hj_now().wall_ms + HJ_BEIJING_MS,
	        first = now_ms - now_ms % HJ_MS_PER_DAY - HJ_MS_PER_DAY / 2 - HJ_BEIJING_MS;

	for (int64_t i = 0; i < MINUTES; i++)
		assert_true(cost_of(first + i * MINUTE_MS) < A_MINUTE_BYTES);
	assert_int_equal(hj_ledger_rows(s->ledger), MINUTES - 1 + HOURS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_hour_that_begins_reads_nothing_back, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
