/* As many points as a gateway may have, in the middle of a window: what is open is committed all the same, and is
 * there after a restart. */
#include "stored_world.h"

#define WINDOW_MS      60000LL
#define RETENTION_DAYS 100
#define CHUNK          64 /* points of one Append */

static struct stored *s;

static int set_up(void **state)
{
	s = make_world("many", RETENTION_DAYS);
	return s ? 0 : -1;
}

static int tear_down(void **state)
{
	stored_free(s);
	return remove_world();
}

/* One value of each point in this window, which stays open. */
static void read_all(int64_t label_ms, uint64_t first)
{
	struct hj_point points[CHUNK];
	struct hj_sample samples[CHUNK];
	uint64_t next;

	for (size_t done = 0; done < HJ_POINTS_MAX; done += CHUNK) {
		struct append a = { .bus = "north",
			.boot = { 1 },
			.first = first + done,
			.upto_ms = label_ms,
			.points = points,
			.samples = samples,
			.point_count = CHUNK,
			.sample_count = CHUNK };

		for (size_t i = 0; i < CHUNK; i++) {
			points[i] = (struct hj_point){ .interval_ms = WINDOW_MS };
			snprintf(points[i].name, sizeof(points[i].name), "m%zu.v%zu", done, i);
			samples[i] = (struct hj_sample){ .time_ms = label_ms + 1,
				.point = (uint32_t)i,
				.value = 1.5 * (double)(done + i),
				.flag = HJ_FLAG_NORMAL };
		}
		assert_int_equal(intake_append(s, &a, &next), 0);
	}
}

static void open_windows_of_all_points_outlive(void **state)
{
	int64_t label = hj_window_start(hj_now().wall_ms, WINDOW_MS);
	struct hj_buf before = { 0 }, after = { 0 };

	read_all(label - WINDOW_MS, 1);
	read_all(label, 1 + HJ_POINTS_MAX);
	assert_int_equal(commit_now(s), 0);
	assert_int_equal(hj_rollup_encode(s->rollup, &before), 0);
	assert_true(before.len > HJ_LEDGER_BODY_MAX);
	stored_free(s);
	s = open_store(RETENTION_DAYS);
	assert_int_equal(hj_rollup_encode(s->rollup, &after), 0);
	assert_int_equal(after.len, before.len);
	assert_memory_equal(after.data, before.data, after.len);
	hj_buf_done(&before);
	hj_buf_done(&after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(open_windows_of_all_points_outlive, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
