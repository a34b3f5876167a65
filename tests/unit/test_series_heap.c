/* Series without memory: each request of the heap refused once. What was refused is done again and ends as if nothing
 * had been; nothing stays behind. */
/* long because: what series keeps and how it comes back share one small world */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "heap_faults.h"

#include "hjgate/clock.h"
#include "hjgate/fold.h"
#include "hjgate/gaps.h"
#include "hjgate/rate.h"
#include "hjgate/rollup.h"
#include "hjgate/total.h"

#define T0     (1795017600000LL - 8 * 3600000LL) /* a Beijing midnight */
#define MINUTE 60000LL
#define POINTS 20U

/* Refused once, it goes when it is asked again. */
#define AGAIN(call)                                                                                                  \
	({                                                                                                           \
		int again_ = (call);                                                                                 \
		again_ == -ENOMEM ? (call) : again_;                                                                 \
	})

static struct hj_now at(int64_t ms)
{
	return (struct hj_now){ .wall_ms = ms, .mono = (hj_usec)(ms - T0 + 100000) * HJ_USEC_PER_MS };
}

/* What came out of a scenario, in one number. */
static uint64_t seen;

static void see(const void *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		seen = (seen ^ ((const uint8_t *)data)[i]) * 0x100000001b3ULL;
}

static void see_stats(const struct hj_stats *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const double values[] = { s->stats[i].cou, s->stats[i].min, s->stats[i].avg, s->stats[i].max };

		see(&s->stats[i].point, sizeof(s->stats[i].point));
		see(&s->stats[i].got, sizeof(s->stats[i].got));
		for (size_t k = 0; k < hj_array_size(values); k++)
			see(isnan(values[k]) ? "-" : (const char *)&values[k], isnan(values[k]) ? 1 : sizeof(double));
	}
}

static void number_points(struct hj_dictionary *d)
{
	for (uint32_t i = 1; i <= POINTS; i++) {
		struct hj_point p = { .number = i, .total = i % 2, .interval_ms = 1000 };

		snprintf(p.name, sizeof(p.name), "meter.p%u", i);
		assert_int_equal(hj_dictionary_put(d, &p), 0);
	}
}

/* Both ends of a run are checked against this. */
static uint64_t wanted;

static int same_as_before(void)
{
	if (!wanted)
		wanted = seen;
	return seen == wanted ? 0 : -EUCLEAN;
}

/* ---- rollup ---- */

static int read_window(struct hj_rollup *r, struct hj_rollup_bus *b, int64_t from_ms)
{
	int e = 0;

	for (uint32_t i = 1; i <= POINTS && e >= 0; i++) {
		const struct hj_sample s = { .point = i, .time_ms = from_ms + i, .value = i + (double)from_ms / 1e9 };

		e = AGAIN(hj_rollup_add(r, b, &s));
	}
	return e;
}

static int two_windows(struct hj_rollup *r)
{
	struct hj_rollup_bus *b = NULL;
	struct hj_now now = at(T0);
	struct hj_closed c;
	int e = AGAIN(hj_rollup_get(r, "north", &now, &b));

	if (e < 0)
		return e;
	hj_rollup_connect(b, true, &now);
	for (int64_t k = 0; k < 3 && e >= 0; k++)
		e = read_window(r, b, T0 + k * MINUTE);
	now = at(T0 + 2 * MINUTE);
	hj_rollup_upto(r, b, now.wall_ms, &now);
	while (e >= 0 && (e = AGAIN(hj_rollup_take(r, &now, &c))) > 0) {
		see(&c.label_ms, sizeof(c.label_ms));
		see_stats(&c.stats);
		hj_stats_done(&c.stats);
	}
	return e;
}

static int roll_up(void *userdata)
{
	_cleanup_(hj_rollup_freep) struct hj_rollup *r = NULL;
	int e = AGAIN(hj_rollup_new(MINUTE, userdata, &r));

	seen = 0;
	if (e < 0)
		return e;
	e = two_windows(r);
	return e < 0 ? e : same_as_before();
}

static void test_rollup(void **state)
{
	static struct hj_dictionary d; /* where the test is passed over half-way it stays */

	number_points(&d);
	wanted = 0;
	assert_int_equal(roll_up(&d), 0);
	assert_true(heap_each(roll_up, &d) > 10);
	hj_dictionary_done(&d);
}

/* A checkpoint that cannot be written now is none; one that cannot be read now is not a bad one. */
static int keep_and_go_on(void *userdata)
{
	_cleanup_(hj_buf_done) struct hj_buf kept = { 0 };
	_cleanup_(hj_rollup_freep) struct hj_rollup *r = NULL, *next = NULL;
	const struct hj_now now = at(T0 + 2 * MINUTE);
	int e = AGAIN(hj_rollup_new(MINUTE, userdata, &r));

	seen = 0;
	e = e < 0 ? e : AGAIN(hj_rollup_new(MINUTE, userdata, &next));
	e = e < 0 ? e : two_windows(r);
	e = e < 0 ? e : hj_rollup_encode(r, &kept);
	if (e == -ENOMEM) {
		assert_int_equal(kept.len, 0);
		e = hj_rollup_encode(r, &kept);
	}
	e = e < 0 ? e : AGAIN(hj_rollup_decode(next, kept.data, kept.len, &now));
	kept.len = 0;
	e = e < 0 ? e : AGAIN(hj_rollup_encode(next, &kept));
	if (e < 0)
		return e;
	see(kept.data, kept.len);
	return same_as_before();
}

static void test_checkpoint(void **state)
{
	static struct hj_dictionary d; /* where the test is passed over half-way it stays */

	number_points(&d);
	wanted = 0;
	assert_int_equal(keep_and_go_on(&d), 0);
	assert_true(heap_each(keep_and_go_on, &d) > 20);
	hj_dictionary_done(&d);
}

static int swap_first(void *userdata)
{
	_cleanup_(hj_rollup_freep) struct hj_rollup *r = NULL;
	const struct hj_now now = at(T0);
	double old, new;
	int e = hj_rollup_new(MINUTE, userdata, &r);

	return e < 0 ? e : hj_rollup_swap(r, 1, 100, 0, &now, &old, &new);
}

/* A swap that is told before the first reading. */
static void test_swap(void **state)
{
	static struct hj_dictionary d; /* where the test is passed over half-way it stays */

	number_points(&d);
	assert_int_equal(swap_first(&d), HJ_TOTAL_AWAITED);
	assert_true(heap_each(swap_first, &d) >= 3);
	hj_dictionary_done(&d);
}

/* ---- fold ---- */

static int fold_hour(void *userdata)
{
	_cleanup_(hj_fold_freep) struct hj_fold *f = NULL;
	struct hj_stat list[POINTS];
	struct hj_stats minute = { .stats = list, .count = POINTS }, hour;
	int e = hj_fold_new(60 * MINUTE, &f);

	seen = 0;
	for (uint32_t i = 0; i < POINTS; i++)
		list[i] =
		        (struct hj_stat){ .point = i + 1, .expected = 60, .got = 60, .min = 1, .avg = i, .max = 100 };
	e = e < 0 ? e : hj_fold_add(f, T0, MINUTE, &minute);
	e = e < 0 ? e : hj_fold_mark(f, T0 + 60 * MINUTE, &minute);
	e = e < 0 ? e : AGAIN(hj_fold_take(f, T0, NULL, NULL, &hour));
	if (e < 0)
		return e;
	see_stats(&hour);
	hj_stats_done(&hour);
	return same_as_before();
}

static void test_fold(void **state)
{
	wanted = 0;
	assert_int_equal(fold_hour(NULL), 0);
	assert_true(heap_each(fold_hour, NULL) >= 5);
}

/* ---- gaps ---- */

static int tell(struct hj_gaps *g)
{
	uint32_t county;
	int e = AGAIN(hj_gaps_uplink(g, "county", &county));

	for (uint32_t i = 1; i <= POINTS && e >= 0; i++) {
		char name[32];
		struct hj_gaps_point p = { .number = i,
			.name = name,
			.interval_ms = MINUTE,
			.since_ms = INT64_MAX,
			.uplinks = 1,
			.configured = i % 2 };

		snprintf(name, sizeof(name), "meter%u.p%u", i / 3, i);
		e = AGAIN(hj_gaps_point(g, &p));
	}
	for (int64_t i = 0; i < 20 && e >= 0; i++)
		e = AGAIN(hj_gaps_cause(
		        g, HJ_GAPS_ALL, HJ_GAP_POWER, HJ_GAP_LOST, T0 + i * 5 * MINUTE, T0 + (i * 5 + 1) * MINUTE));
	e = e < 0 ? e : AGAIN(hj_gaps_owed(g, county, 90, 95));
	e = e < 0 ? e : AGAIN(hj_gaps_link(g, county, HJ_GAP_LINK, T0 + 85 * MINUTE, T0 + 100 * MINUTE));
	for (uint64_t i = 1; i < 80 && e >= 0; i += 2) {
		const struct hj_receipt r = { .from = i, .to = i, .packets = i % 3 != 0 };

		e = AGAIN(hj_gaps_receipt(g, county, &r));
	}
	return e;
}

static int tell_day(struct hj_gaps *g)
{
	int e = AGAIN(hj_gaps_day(g, T0));

	for (int64_t m = 0; m < 100 && e >= 0; m++) {
		struct hj_head head = { .seq = (uint64_t)m + 1,
			.kind = HJ_KIND_MINUTE,
			.length_ms = MINUTE,
			.label_ms = T0 + m * MINUTE };
		struct hj_stat list[POINTS];

		for (uint32_t i = 0; i < POINTS; i++)
			list[i] = (struct hj_stat){
				.point = i + 1, .expected = 1, .got = (m + i) % 7 != 0, .cou = NAN, .avg = NAN
			};
		e = m % 5 ? hj_gaps_record(g, &head, list, POINTS) : 0;
	}
	return e;
}

static int find_gaps(void *userdata)
{
	const struct hj_gaps_world world = {
		.begin_ms = T0, .end_ms = T0 + 100 * MINUTE, .length_ms = MINUTE, .settled_ms = T0 + 99 * MINUTE
	};
	_cleanup_(hj_gaps_freep) struct hj_gaps *g = NULL;
	const struct hj_gap *gaps;
	size_t n;
	int e = AGAIN(hj_gaps_new(&world, &g));

	e = e < 0 ? e : tell(g);
	e = e < 0 ? e : tell_day(g);
	e = e < 0 ? e : hj_gaps_day_end(g); /* half a day is none: from the records on nothing is done again */
	e = e < 0 ? e : hj_gaps_finish(g, &gaps, &n);
	if (e < 0)
		return e;
	seen = n;
	for (size_t i = 0; i < n; i++)
		see(&gaps[i].begin_ms, sizeof(gaps[i].begin_ms));
	return same_as_before();
}

static void test_gaps(void **state)
{
	wanted = 0;
	assert_int_equal(find_gaps(NULL), 0);
	assert_true(heap_each(find_gaps, NULL) > 30);
}

/* ---- the rate ---- */

static int keep_rate(void *userdata)
{
	_cleanup_(hj_buf_done) struct hj_buf kept = { 0 };
	struct hj_rate rate = { 0 };
	int e;

	for (int64_t i = 0; i < 4; i++) {
		const struct hj_now now = at(T0 + i * HJ_MS_PER_DAY);

		hj_rate_note(&rate, &now, 1000);
	}
	e = hj_rate_encode(&rate, &kept);
	return e < 0 ? e : 0;
}

static void test_rate(void **state)
{
	assert_int_equal(keep_rate(NULL), 0);
	assert_true(heap_each(keep_rate, NULL) >= 1);
}

/* ---- encoders ---- */

static struct {
	struct hj_rollup *rollup;
	struct hj_rate rate;
	struct hj_total totals[3];
	size_t room; /* bytes that are left before memory is asked for */
	unsigned what;
} made;

static int put(struct hj_buf *to)
{
	if (made.what == 0)
		return hj_rollup_encode(made.rollup, to);
	if (made.what == 1)
		return hj_rate_encode(&made.rate, to);
	return hj_total_encode(&made.totals[made.what - 2], to);
}
#define ENCODERS 5

/* A checkpoint that cannot be written whole is not written at all: what was in the buffer before stays as it was. */
static int encode(void *userdata)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	static const char filling[64] = "what was there before";
	size_t before;
	int e = 0;

	while (e >= 0 && b.size - b.len <= made.room + 1) /* the next time it grows */
		e = hj_buf_put(&b, filling, sizeof(filling));
	while (e >= 0 && b.size - b.len > made.room + 1)
		e = hj_buf_put(&b, filling, hj_min(sizeof(filling), b.size - b.len - made.room - 1));
	before = b.len;
	if (e < 0)
		return e;
	e = put(&b);
	if (e < 0 && made.what == 0)
		assert_int_equal(b.len, before);
	else
		assert_true(b.len >= before);
	return e < 0 ? e : 0;
}

static void make_all(struct hj_dictionary *d)
{
	enum hj_total_step step;
	double old, new;

	number_points(d);
	assert_int_equal(hj_rollup_new(MINUTE, d, &made.rollup), 0);
	assert_int_equal(two_windows(made.rollup), 0);
	for (int64_t i = 0; i < 4; i++) {
		const struct hj_now now = at(T0 + i * HJ_MS_PER_DAY);

		hj_rate_note(&made.rate, &now, 1000);
	}
	for (size_t i = 0; i < 3; i++) {
		hj_total_init(&made.totals[i]);
		hj_total_add(&made.totals[i], 0, 100, 1, &step);
		hj_total_close(&made.totals[i], NAN);
	}
	hj_total_add(&made.totals[0], 0, 1, 77, &step); /* fallen */
	assert_int_equal(hj_total_swap(&made.totals[1], 101, 0.5, 5, &old, &new), HJ_TOTAL_AWAITED);
	hj_total_add(&made.totals[2], 0, 1, 77, &step);
	assert_int_equal(hj_total_swap(&made.totals[2], 101, 0, 78, &old, &new), 0);
}

static void test_encoding_for_each_room(void **state)
{
	static struct hj_dictionary d;

	if (!HEAP_REFUSES)
		skip();
	make_all(&d);
	for (made.what = 0; made.what < ENCODERS; made.what++) {
		_cleanup_(hj_buf_done) struct hj_buf whole = { 0 };

		assert_int_equal(put(&whole), 0);
		for (made.room = 0; made.room < whole.len + 8; made.room++)
			heap_each(encode, NULL);
	}
	hj_rollup_free(made.rollup);
	hj_dictionary_done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rollup),
		cmocka_unit_test(test_checkpoint),
		cmocka_unit_test(test_swap),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_encoding_for_each_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
