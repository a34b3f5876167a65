/* The set of owed seqs against a plain array of bits: nothing owed is ever forgotten, what is sent again is
 * counted. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/seqset.h"

#define SEQS   600
#define ROUNDS 20000

static void check_form(const struct hj_seqset *s)
{
	assert_in_range(s->count, 0, HJ_SEQSET_MAX);
	for (size_t i = 0; i < s->count; i++) {
		assert_true(s->ranges[i].from >= 1 && s->ranges[i].from <= s->ranges[i].to);
		if (i)
			assert_true(s->ranges[i].from > s->ranges[i - 1].to + 1);
	}
}

/* exact: no joining has happened, so the two agree bit for bit. */
static void compare(const struct hj_seqset *s, const unsigned char *model, int exact)
{
	uint64_t total = 0, extra = 0, next;

	check_form(s);
	for (uint64_t q = 1; q < SEQS; q++) {
		if (model[q])
			assert_true(hj_seqset_has(s, q));
		else if (exact)
			assert_false(hj_seqset_has(s, q));
		total += hj_seqset_has(s, q);
		extra += hj_seqset_has(s, q) && !model[q];
	}
	assert_int_equal(hj_seqset_total(s), total);
	assert_true(extra <= s->joined);
	for (uint64_t q = 1; q < SEQS; q += 7) {
		uint64_t want = q;

		while (want < SEQS && !hj_seqset_has(s, want))
			want++;
		if (want < SEQS) {
			assert_true(hj_seqset_next(s, q, &next));
			assert_int_equal(next, want);
		} else {
			assert_false(hj_seqset_next(s, q, &next));
		}
	}
}

static void random_run(unsigned seed, unsigned longest)
{
	struct hj_seqset s = { 0 };
	unsigned char model[SEQS] = { 0 };

	srand(seed);
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t from = 1 + (uint64_t)rand() % (SEQS - 2), to = from + (uint64_t)rand() % longest;
		int add = rand() % 2;

		to = to < SEQS ? to : SEQS - 1;
		if (add)
			hj_seqset_add(&s, from, to);
		else
			hj_seqset_remove(&s, from, to);
		memset(model + from, add, to - from + 1);
		if (round % 50 == 0)
			compare(&s, model, !s.joined);
	}
}

static void test_agrees_with_bits(void **state)
{
	random_run(1, 80);
	random_run(2, 40);
}

static void test_full_set_joins_and_counts(void **state)
{
	random_run(3, 2);
	random_run(4, 3);
}

static void test_two_outages_leave_two_gaps(void **state)
{
	struct hj_seqset s = { 0 };

	hj_seqset_add(&s, 1, 100);
	hj_seqset_remove(&s, 20, 59);
	assert_int_equal(s.count, 2);
	assert_int_equal(hj_seqset_total(&s), 60);
	assert_int_equal(s.ranges[0].to, 19);
	assert_int_equal(s.ranges[1].from, 60);
	hj_seqset_add(&s, 20, 59);
	assert_int_equal(s.count, 1);
}

static void test_nearest_are_joined(void **state)
{
	struct hj_seqset s = { 0 };

	for (uint64_t i = 0; i < HJ_SEQSET_MAX; i++)
		hj_seqset_add(&s, 1000 * (i + 1), 1000 * (i + 1));
	hj_seqset_add(&s, 5003, 5003); /* 5000 is the nearest */
	assert_int_equal(s.count, HJ_SEQSET_MAX);
	assert_int_equal(s.joined, 2);
	assert_true(hj_seqset_has(&s, 5001) && hj_seqset_has(&s, 5002));
	assert_false(hj_seqset_has(&s, 4999) || hj_seqset_has(&s, 5004));
}

static void test_nothing_and_nonsense(void **state)
{
	struct hj_seqset s = { 0 };

	hj_seqset_add(&s, 0, 10);
	hj_seqset_add(&s, 5, 4);
	hj_seqset_remove(&s, 1, 100);
	assert_int_equal(s.count, 0);
}

static void test_coding(void **state)
{
	struct hj_seqset s = { .joined = 7 }, back;
	struct hj_buf b = { 0 };

	for (uint64_t i = 1; i <= HJ_SEQSET_MAX; i++)
		hj_seqset_add(&s, i << 40, (i << 40) + i);
	assert_int_equal(hj_seqset_encode(&s, &b), 0);
	assert_int_equal(hj_seqset_decode(b.data, b.len, &back), 0);
	assert_int_equal(back.count, s.count);
	assert_int_equal(back.joined, 7);
	assert_memory_equal(back.ranges, s.ranges, HJ_SEQSET_MAX * sizeof(s.ranges[0]));
	for (size_t n = 0; n < b.len; n++)
		assert_int_equal(hj_seqset_decode(b.data, n, &back), -EBADMSG);
	b.data[8] = HJ_SEQSET_MAX + 1;
	assert_int_equal(hj_seqset_decode(b.data, b.len, &back), -EBADMSG);
	hj_buf_done(&b);
}

/* A full set whose first range loses one in its middle, and then all that follow on: what goes must not come back. */
static void a_full_set_lets_go_what_is_removed_in_turn(void **state)
{
	struct hj_seqset s = { 0 };

	for (uint64_t i = 0; i < HJ_SEQSET_MAX; i++)
		hj_seqset_add(&s, 100 * i + 1, 100 * i + 99);
	hj_seqset_remove(&s, 50, 50);
	for (uint64_t seq = 1; seq < 50; seq++)
		hj_seqset_remove(&s, seq, seq);
	for (uint64_t seq = 51; seq < 100; seq++)
		hj_seqset_remove(&s, seq, seq);
	for (uint64_t seq = 1; seq < 100; seq++)
		assert_false(hj_seqset_has(&s, seq));
	assert_int_equal(s.joined, 1);
}

/* A long outage of one platform while another is told all the while: its newer records stand far apart, and the long
 * stretch before them is acknowledged out of order by a window of 32, while live ones come and go. */
static void a_full_set_lets_go_what_is_removed_out_of_order(void **state)
{
	enum { LONG = 8192, WINDOW = 32, APART = 200, LIVE_APART = 17, NEWEST = LONG + (HJ_SEQSET_MAX - 1) * APART };
	struct hj_seqset s = { 0 };

	hj_seqset_add(&s, 1, LONG);
	for (uint64_t i = 1; i < HJ_SEQSET_MAX; i++)
		hj_seqset_add(&s, LONG + i * APART, LONG + i * APART);
	for (uint64_t seq = 0; seq < LONG; seq += WINDOW) {
		uint64_t live = NEWEST + (seq / WINDOW + 1) * LIVE_APART;

		hj_seqset_add(&s, live, live);
		for (uint64_t k = 0; k < WINDOW; k++)
			hj_seqset_remove(&s, seq + (k * 13) % WINDOW + 1, seq + (k * 13) % WINDOW + 1);
		hj_seqset_remove(&s, live, live);
	}
	for (uint64_t seq = 1; seq <= LONG; seq++)
		assert_false(hj_seqset_has(&s, seq));
	assert_false(hj_seqset_has(&s, NEWEST + LIVE_APART)); /* no record that was live comes back */
	assert_in_range(s.joined, APART - 1, WINDOW * APART);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_set_lets_go_what_is_removed_in_turn),
		cmocka_unit_test(a_full_set_lets_go_what_is_removed_out_of_order),
		cmocka_unit_test(test_agrees_with_bits),
		cmocka_unit_test(test_full_set_joins_and_counts),
		cmocka_unit_test(test_two_outages_leave_two_gaps),
		cmocka_unit_test(test_nearest_are_joined),
		cmocka_unit_test(test_nothing_and_nonsense),
		cmocka_unit_test(test_coding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
