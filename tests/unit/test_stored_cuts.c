/* Power cuts at random writes, on the real store over a disk that forgets (tests/crash): what was promised is there,
 * once. And that this would be noticed: a disk that lies, and a store that is made to break its word, are found.
 * HJ_CUTS: so many cuts, 100 by default; the long campaign is `make bench-store`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../crash/world.h"
#include "hjgate/log.h"

#define CUTS    100 /* two worlds, the last of which begins with a store of version 1 */
#define A_WORLD 50  /* they get old enough for retention to cut */
#define FIRST   3   /* seed */

static void test_nothing_is_lost_or_doubled(void **state)
{
	const char *wanted = getenv("HJ_CUTS");
	unsigned cuts = wanted ? (unsigned)atoi(wanted) : CUTS;
	const struct world_lie honest = { 0 };
	struct world_totals t = { 0 };

	for (uint64_t seed = FIRST; t.cuts < cuts && !t.first_fault[0]; seed++)
		world_run(seed, A_WORLD, &honest, &t);
	assert_string_equal(t.first_fault, "");
	assert_true(t.good >= cuts);
	assert_true(t.cut_rows > 0 && t.records > t.cuts && t.commits > t.cuts);
}

static void test_the_same_seed_is_the_same_world(void **state)
{
	const struct world_lie honest = { 0 };
	struct world_totals a = { 0 }, b = { 0 };

	world_run(1000, 10, &honest, &a);
	world_run(1000, 10, &honest, &b);
	assert_true(a.samples && a.samples == b.samples && a.commits == b.commits && a.records == b.records);
}

/* Of a few worlds, each is found out. */
static void assert_found(const struct world_lie lie, enum truth_fault as)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct world_totals t = { 0 };

		world_run(seed, A_WORLD, &lie, &t);
		assert_string_not_equal(t.first_fault, "");
		assert_true(t.faults[as] > 0);
	}
}

static void test_a_lying_disk_is_found(void **state)
{
	assert_found((struct world_lie){ .disk_lies = true }, TRUTH_LOST);
}

static void test_what_is_owed_no_more_is_found(void **state)
{
	assert_found((struct world_lie){ .owes_less = true }, TRUTH_LOST);
}

static void test_a_record_taken_away_is_found(void **state)
{
	assert_found((struct world_lie){ .drops_row = true }, TRUTH_LOST);
}

static void test_a_record_changed_is_found(void **state)
{
	assert_found((struct world_lie){ .changes_row = true }, TRUTH_LOST);
}

static void test_a_receipt_forgotten_is_found(void **state)
{
	assert_found((struct world_lie){ .forgets_receipts = true }, TRUTH_LOST);
}

static void test_a_record_made_twice_is_found(void **state)
{
	assert_found((struct world_lie){ .adds_again = true }, TRUTH_DOUBLED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_lost_or_doubled),
		cmocka_unit_test(test_the_same_seed_is_the_same_world),
		cmocka_unit_test(test_a_lying_disk_is_found),
		cmocka_unit_test(test_what_is_owed_no_more_is_found),
		cmocka_unit_test(test_a_record_taken_away_is_found),
		cmocka_unit_test(test_a_record_changed_is_found),
		cmocka_unit_test(test_a_receipt_forgotten_is_found),
		cmocka_unit_test(test_a_record_made_twice_is_found),
	};

	hj_log_setup("store", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
