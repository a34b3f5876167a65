/* As many points as a gateway may have: in the middle of a window what is open is committed all the same, and is
 * there after a restart; and a new one finds the room of one that nobody needs. */
#include "../../services/stored/api.h"
#include "hjgate/pending.h"
#include "stored_world.h"

#define WINDOW_MS      60000LL
#define RETENTION_DAYS 100
#define CHUNK          64 /* points of one Append */

static struct stored *s;
static struct hj_now now_is;

struct hj_now hj_now(void)
{
	return now_is;
}

static void pass(int64_t ms)
{
	now_is.wall_ms += ms;
	now_is.mono += (hj_usec)ms * HJ_USEC_PER_MS;
}

static int set_up(void **state)
{
	now_is = (struct hj_now){ .wall_ms = hj_window_start(1790000000000, HJ_MS_PER_DAY), .mono = HJ_USEC_PER_SEC };
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

/* ---- room ---- */

static uint64_t number;

/* Samples of these points, of now; a name with a '!' has another unit than the others. */
static void offer(const char *const names[], size_t count)
{
	struct hj_point points[4];
	struct hj_sample samples[4];
	struct append a = { .bus = "north", .boot = { 1 }, .first = number + 1, .upto_ms = now_is.wall_ms };
	uint64_t next = 0;

	for (size_t i = 0; i < count; i++) {
		points[i] = (struct hj_point){ .interval_ms = WINDOW_MS };
		strcpy(points[i].unit, strchr(names[i], '!') ? "kW" : "");
		snprintf(points[i].name, sizeof(points[i].name), "%.*s", (int)strcspn(names[i], "!"), names[i]);
		samples[i] = (struct hj_sample){
			.time_ms = now_is.wall_ms, .point = (uint32_t)i, .value = 1, .flag = HJ_FLAG_NORMAL
		};
	}
	a.points = points;
	a.samples = samples;
	a.point_count = a.sample_count = count;
	assert_int_equal(intake_append(s, &a, &next), 0);
	number += count;
	assert_int_equal(next, number + 1);
}

/* All points, and then this long without any of them, so that all that is open is closed. */
static void fill(int days)
{
	read_all(now_is.wall_ms - WINDOW_MS, 1);
	number = HJ_POINTS_MAX;
	assert_int_equal(s->points.count, HJ_POINTS_MAX);
	assert_int_equal(commit_now(s), 0);
	for (int day = 0; day < days; day++) {
		pass(HJ_MS_PER_DAY);
		offer(NULL, 0);
		assert_int_equal(commit_now(s), 0);
	}
	assert_false(hj_fold_holds(s->days, 1));
}

static uint32_t number_of(const char *name)
{
	const struct hj_point *p = hj_dictionary_find_name(&s->points, name);

	return p ? p->number : 0;
}

static void test_a_rename_finds_room(void **state)
{
	static const char *const names[] = { "m0.v1", "new.v" };
	struct hj_buf b = { 0 };

	fill(STORED_OWED_DAYS + 2);
	offer(names, 2);
	assert_int_equal(number_of("new.v"), HJ_POINTS_MAX + 1);
	assert_int_equal(number_of("m0.v0"), 0);
	assert_int_equal(number_of("m0.v1"), 2); /* it is read */
	assert_true(hj_rollup_holds(s->rollup, HJ_POINTS_MAX + 1));
	assert_int_equal(commit_now(s), 0);
	assert_int_equal(hj_ledger_get(s->ledger, "point.1", &b), -ENOENT);
	assert_int_equal(hj_ledger_get(s->ledger, "point.2", &b), 0);
	hj_buf_done(&b);
	stored_free(s);
	s = open_store(RETENTION_DAYS);
	assert_int_equal(number_of("new.v"), HJ_POINTS_MAX + 1);
	assert_int_equal(number_of("m0.v0"), 0);
}

/* What uplinks may still owe names its points: they stay, and of the Append only what is new is not kept. */
static void test_without_room_the_rest_is_taken(void **state)
{
	static const char *const names[] = { "m0.v1", "new.v" };

	fill(STORED_OWED_DAYS - 10);
	offer(names, 2);
	assert_int_equal(number_of("new.v"), 0);
	assert_int_equal(s->points.count, HJ_POINTS_MAX);
	assert_true(hj_rollup_holds(s->rollup, 2));
	assert_int_equal(s->by_point[1].newest.time_ms, now_is.wall_ms);
	assert_int_equal(s->room.refused, 1);
	offer(names, 2);
	assert_int_equal(s->room.refused, 2);
	pass(15 * HJ_MS_PER_DAY);
	offer(names, 2);
	assert_int_equal(number_of("new.v"), HJ_POINTS_MAX + 1);
	assert_int_equal(s->room.refused, 0);
}

/* A name's older number goes though it was used a week ago, where no other can. */
static void test_older_numbers_of_a_name_go(void **state)
{
	static const char *const changed[] = { "m0.v5!" }, *const names[] = { "new.v" };

	read_all(now_is.wall_ms - WINDOW_MS, 1);
	number = HJ_POINTS_MAX;
	assert_int_equal(commit_now(s), 0);
	hj_dictionary_remove(&s->points, HJ_POINTS_MAX - 1); /* as if it had never been */
	hj_rollup_forget_point(s->rollup, HJ_POINTS_MAX);
	pass(HJ_MS_PER_DAY);
	offer(changed, 1);
	assert_int_equal(number_of("m0.v5"), HJ_POINTS_MAX + 1);
	assert_int_equal(s->points.count, HJ_POINTS_MAX);
	offer(names, 1); /* the day that has it is not over */
	pass(HJ_MS_PER_DAY);
	offer(NULL, 0);
	assert_int_equal(commit_now(s), 0);
	pass(5 * HJ_MS_PER_DAY);
	offer(names, 1);
	assert_int_equal(number_of("new.v"), HJ_POINTS_MAX + 2);
	assert_null(hj_dictionary_find(&s->points, 6));
	assert_int_equal(number_of("m0.v5"), HJ_POINTS_MAX + 1);
	assert_int_equal(s->points.count, HJ_POINTS_MAX);
}

static int see_pending(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct hj_pending p;

	assert_int_equal(hj_pending_decode(body, n, &p), 0);
	*(uint32_t *)userdata += p.count;
	hj_pending_done(&p);
	return 0;
}

/* What waits for the time is readable, with a sample in it that has no number. */
static void test_without_room_before_the_time_is_known(void **state)
{
	static const char *const names[] = { "m0.v1", "new.v" };
	uint32_t waiting = 0;

	fill(STORED_OWED_DAYS - 10);
	s->trust.rtc = false;
	s->trust.source = HJ_TRUST_NONE;
	offer(names, 2);
	assert_int_equal(number_of("new.v"), 0);
	assert_int_equal(commit_now(s), 0);
	hj_ledger_read(s->ledger, 1, UINT64_MAX, 1u << HJ_KIND_PENDING, see_pending, &waiting);
	assert_int_equal(waiting, 2);
}

/* More than there is room for in the file: it is opened all the same. */
static void test_too_many_are_loaded(void **state)
{
	static const char one[] = "\1\1\0\0\xea\x60\3m.e\6ea0102\3kWh";

	fill(1);
	assert_int_equal(hj_ledger_put(s->ledger, "point.9001", one, sizeof(one) - 1), 0);
	assert_int_equal(commit_now(s), 0);
	stored_free(s);
	s = open_store(RETENTION_DAYS);
	assert_true(s->loaded);
	assert_int_equal(s->points.count, HJ_POINTS_MAX);
	assert_int_equal(s->points_over, 1);
	assert_int_equal(s->point_most, 9001);
}

static void test_what_was_told_moves_along(void **state)
{
	struct told t = { 0 };

	told_mark(&t, 3);
	told_mark(&t, 10);
	told_mark(&t, HJ_POINTS_MAX - 1);
	told_drop(&t, 3);
	for (size_t i = 0; i < HJ_POINTS_MAX; i++)
		assert_int_equal(told_has(&t, i), i == 9 || i == HJ_POINTS_MAX - 2);
}

/* ---- open windows ---- */

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

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(open_windows_of_all_points_outlive),
		T(test_a_rename_finds_room),
		T(test_without_room_the_rest_is_taken),
		T(test_older_numbers_of_a_name_go),
		T(test_without_room_before_the_time_is_known),
		T(test_too_many_are_loaded),
		cmocka_unit_test(test_what_was_told_moves_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
