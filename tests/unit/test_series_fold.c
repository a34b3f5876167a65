/* Minutes folded to hours: what comes of them, what is held back, and which windows are held. */
#include <malloc.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hjgate/clock.h"
#include "hjgate/fold.h"

#define T0     (1795017600000LL) /* a Beijing midnight */
#define MINUTE 60000LL
#define MANY   1280

static void minutes_make_an_hour(void **state)
{
	struct hj_stat minute[] = { { 1, HJ_FLAG_NORMAL, 60, 60, NAN, 1, 2, 3, NAN },
		{ 2, HJ_FLAG_NORMAL, 60, 30, 2, 5, 5, 5, 100 } };
	struct hj_stats one = { minute, 2 }, out;
	struct hj_fold *f;
	int64_t label;

	assert_int_equal(hj_fold_new(60 * MINUTE, &f), 0);
	for (int m = 0; m < 60; m++) {
		minute[0].min = -m;
		minute[0].max = m + 100;
		minute[0].avg = m < 30 ? 10 : 20;
		minute[0].got = m < 30 ? 60 : 30;
		minute[1].flag = m < 20 ? HJ_FLAG_NORMAL : m < 55 ? HJ_FLAG_MAINTAIN : HJ_FLAG_LINK;
		minute[1].last = 100 + m;
		assert_int_equal(hj_fold_add(f, T0 + m * MINUTE, MINUTE, &one), 0);
	}
	assert_int_equal(hj_fold_oldest(f, &label), 1);
	assert_int_equal(label, T0);
	assert_int_equal(hj_fold_take(f, T0, NULL, NULL, &out), 0);
	assert_int_equal(out.count, 2);
	assert_true(out.stats[0].min == -59 && out.stats[0].max == 159);
	assert_true(fabs(out.stats[0].avg - (30 * 60 * 10 + 30 * 30 * 20) / 2700.0) < 1e-9);
	assert_int_equal(out.stats[0].expected, 3600);
	assert_int_equal(out.stats[0].got, 2700);
	assert_int_equal(out.stats[0].flag, HJ_FLAG_NORMAL);
	assert_true(isnan(out.stats[0].cou));
	assert_true(out.stats[1].cou == 120 && out.stats[1].last == 159);
	assert_int_equal(out.stats[1].flag, HJ_FLAG_MAINTAIN);
	hj_stats_done(&out);
	/* Closed is closed. */
	assert_int_equal(hj_fold_add(f, T0 + 3 * MINUTE, MINUTE, &one), 0);
	assert_int_equal(hj_fold_refused(f), 2);
	assert_int_equal(hj_fold_oldest(f, &label), 0);
	hj_fold_free(f);
}

static bool keep_two(uint32_t point, void *userdata)
{
	return point == 2;
}

static void what_is_held_back_or_missing(void **state)
{
	struct hj_stat minute[] = { { 1, HJ_FLAG_NORMAL, 60, 60, NAN, 1, 2, 3, NAN },
		{ 2, HJ_FLAG_NORMAL, 60, 60, NAN, 5, 5, 5, NAN } };
	struct hj_stats both = { minute, 2 }, first = { minute, 1 }, out;
	struct hj_fold *f;

	hj_fold_new(60 * MINUTE, &f);
	hj_fold_add(f, T0, MINUTE, &both);
	for (int m = 1; m < 30; m++) /* half an hour is missing */
		hj_fold_add(f, T0 + m * MINUTE, MINUTE, &first);
	assert_int_equal(hj_fold_take(f, T0, keep_two, NULL, &out), 0);
	assert_int_equal(out.count, 1);
	assert_int_equal(out.stats[0].expected, 3600);
	assert_int_equal(out.stats[0].got, 1800);
	assert_int_equal(out.stats[0].flag, HJ_FLAG_LINK);
	hj_stats_done(&out);
	hj_fold_add(f, T0 + MINUTE, MINUTE, &both); /* 1 is refused, 2 goes on */
	assert_int_equal(hj_fold_refused(f), 1);
	assert_int_equal(hj_fold_take(f, T0, NULL, NULL, &out), 0);
	assert_int_equal(out.count, 1);
	assert_int_equal(out.stats[0].point, 2);
	assert_int_equal(out.stats[0].got, 120);
	hj_stats_done(&out);
	assert_int_equal(hj_fold_mark(f, T0 + 60 * MINUTE, &both), 0);
	hj_fold_add(f, T0 + 61 * MINUTE, MINUTE, &both);
	assert_int_equal(hj_fold_refused(f), 3);
	hj_fold_forget(f, T0 + 60 * MINUTE);
	hj_fold_add(f, T0 + 5 * MINUTE, MINUTE, &first);
	assert_int_equal(hj_fold_refused(f), 4);
	hj_fold_free(f);
}

/* The power came back late in the hour: what nobody saw of it is missing, as it would be had it gone early. */
static void what_is_missing_before_is_missing_too(void **state)
{
	struct hj_stat minute[] = { { 1, HJ_FLAG_NORMAL, 60, 60, NAN, 1, 2, 3, NAN } };
	struct hj_stats one = { minute, 1 }, out;

	for (int from = 0; from < 60; from += 20) {
		struct hj_fold *f;

		hj_fold_new(60 * MINUTE, &f);
		for (int m = from; m < from + 20; m++)
			hj_fold_add(f, T0 + m * MINUTE, MINUTE, &one);
		assert_int_equal(hj_fold_take(f, T0, NULL, NULL, &out), 0);
		assert_int_equal(out.stats[0].expected, 3600);
		assert_int_equal(out.stats[0].got, 1200);
		assert_int_equal(out.stats[0].flag, HJ_FLAG_LINK);
		hj_stats_done(&out);
		hj_fold_free(f);
	}
}

/* The base window was changed within the hour: minutes of five, then of one. None is missing. */
static void minutes_of_two_lengths(void **state)
{
	struct hj_stat minute[] = { { 1, HJ_FLAG_NORMAL, 300, 300, NAN, 1, 2, 3, NAN } };
	struct hj_stats one = { minute, 1 }, out;
	struct hj_fold *f;

	hj_fold_new(60 * MINUTE, &f);
	for (int m = 0; m < 30; m += 5)
		hj_fold_add(f, T0 + m * MINUTE, 5 * MINUTE, &one);
	minute[0].expected = minute[0].got = 60;
	for (int m = 30; m < 60; m++)
		hj_fold_add(f, T0 + m * MINUTE, MINUTE, &one);
	assert_int_equal(hj_fold_take(f, T0, NULL, NULL, &out), 0);
	assert_int_equal(out.stats[0].expected, 3600);
	assert_int_equal(out.stats[0].got, 3600);
	assert_int_equal(out.stats[0].flag, HJ_FLAG_NORMAL);
	hj_stats_done(&out);

	/* The other way round, and half of the second half did not come. */
	for (int m = 60; m < 90; m++)
		hj_fold_add(f, T0 + m * MINUTE, MINUTE, &one);
	minute[0].expected = minute[0].got = 300;
	for (int m = 90; m < 105; m += 5)
		hj_fold_add(f, T0 + m * MINUTE, 5 * MINUTE, &one);
	assert_int_equal(hj_fold_take(f, T0 + 60 * MINUTE, NULL, NULL, &out), 0);
	assert_int_equal(out.stats[0].expected, 3600);
	assert_int_equal(out.stats[0].got, 2700);
	hj_stats_done(&out);
	hj_fold_free(f);
}

/* A clock that was far ahead for a while leaves windows behind that never end: new ones have room all the same. */
static void a_wrong_clock_is_outlived(void **state)
{
	struct hj_stat minute[] = { { 1, HJ_FLAG_NORMAL, 60, 60, NAN, 1, 2, 3, NAN } };
	struct hj_stats one = { minute, 1 }, out;
	struct hj_fold *f;
	uint64_t refused;
	int64_t label;

	hj_fold_new(60 * MINUTE, &f);
	for (int y = 0; y < 3 * HJ_FOLD_WINDOWS_MAX; y++)
		hj_fold_add(f, T0 + (365 + y) * HJ_MS_PER_DAY, MINUTE, &one);
	for (int h = 0; h < 100; h++) {
		hj_fold_add(f, T0 + h * 60 * MINUTE, MINUTE, &one);
		assert_int_equal(hj_fold_take(f, T0 + h * 60 * MINUTE, NULL, NULL, &out), 0);
		assert_int_equal(out.count, 1);
		hj_stats_done(&out);
	}
	/* One that has nothing to give made room, and is read again when its time comes again. */
	refused = hj_fold_refused(f);
	hj_fold_add(f, T0, MINUTE, &one);
	assert_int_equal(hj_fold_refused(f), refused);
	assert_true(hj_fold_at(f, 0, &label) && label == T0);
	hj_fold_reread(f, T0);
	assert_false(hj_fold_at(f, 0, &label));
	hj_fold_free(f);
}

static bool holds(const struct hj_fold *f, int64_t wanted)
{
	int64_t label;

	for (size_t i = 0; hj_fold_at(f, i, &label); i++)
		if (label == wanted)
			return true;
	return false;
}

/* Of a full set goes whichever has nothing open, wherever it stands; failing that the last, where it alone is far
 * ahead. */
static void a_full_set_makes_room(void **state)
{
	const int64_t hour = 60 * MINUTE, last = HJ_FOLD_WINDOWS_MAX - 1, far = T0 + 1000 * hour;
	struct hj_stat minute[] = { { 1, HJ_FLAG_NORMAL, 60, 60, NAN, 1, 2, 3, NAN } };
	struct hj_stats one = { minute, 1 }, out;
	struct hj_fold *f;

	hj_fold_new(hour, &f);
	assert_int_equal(hj_fold_take(f, T0, NULL, NULL, &out), 0);
	assert_true(!out.count && !out.stats);
	for (int64_t h = 0; h < last; h++)
		hj_fold_add(f, T0 + h * hour, MINUTE, &one);
	hj_fold_add(f, far, MINUTE, &one);
	hj_fold_take(f, T0 + 2 * hour, NULL, NULL, &out);
	hj_stats_done(&out);
	hj_fold_add(f, T0 + last * hour, MINUTE, &one);
	assert_true(holds(f, T0) && !holds(f, T0 + 2 * hour) && holds(f, T0 + last * hour) && holds(f, far));
	hj_fold_add(f, T0 + (last + 1) * hour, MINUTE, &one);
	assert_true(holds(f, T0 + (last + 1) * hour) && !holds(f, far));
	hj_fold_free(f);
}

/* Bytes of the heap that it takes. */
static size_t heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* What is in a record is not kept beside it: of a closed window's points there is the number. */
static void a_closed_window_is_small(void **state)
{
	static struct hj_stat minute[MANY];
	struct hj_stats all = { minute, MANY }, out;
	struct hj_fold *f;
	size_t before;

	for (uint32_t i = 0; i < MANY; i++)
		minute[i] = (struct hj_stat){ i + 1, HJ_FLAG_NORMAL, 60, 60, NAN, 1, 2, 3, NAN };
	before = heap();
	hj_fold_new(60 * MINUTE, &f);
	for (int h = 0; h < HJ_FOLD_WINDOWS_MAX; h++) {
		hj_fold_add(f, T0 + h * 60 * MINUTE, MINUTE, &all);
		assert_int_equal(hj_fold_take(f, T0 + h * 60 * MINUTE, NULL, NULL, &out), 0);
		assert_int_equal(out.count, MANY);
		hj_stats_done(&out);
	}
	assert_true(heap() - before < HJ_FOLD_WINDOWS_MAX * MANY * 8);
	hj_fold_add(f, T0, MINUTE, &all);
	assert_int_equal(hj_fold_refused(f), MANY);
	hj_fold_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minutes_make_an_hour),
		cmocka_unit_test(what_is_held_back_or_missing),
		cmocka_unit_test(a_wrong_clock_is_outlived),
		cmocka_unit_test(a_full_set_makes_room),
		cmocka_unit_test(what_is_missing_before_is_missing_too),
		cmocka_unit_test(minutes_of_two_lengths),
		cmocka_unit_test(a_closed_window_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
