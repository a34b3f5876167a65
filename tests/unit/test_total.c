/* Totals that wrap, are reset, fall and are swapped: by hand, and random histories through a rollup that is closed,
 * restarted and folded anywhere, against a meter whose true growth is known. */
/* long because: what is told by hand and what random histories must come to is one account of a total. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/cleanup.h"
#include "hjgate/fold.h"
#include "hjgate/rollup.h"
#include "hjgate/total.h"

#define T0     (1795017600000LL) /* a Beijing midnight */
#define MINUTE 60000LL
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* ---- readings ---- */

static void readings_by_hand(void **state)
{
	static const struct {
		double before, wrap, value, grown;
		enum hj_total_step step;
	} rows[] = {
		{ 230.1, 0, 230.3, 0.2, HJ_TOTAL_GREW },
		{ 230.1, 0, 230.1, 0, HJ_TOTAL_GREW },
		{ 999999.9, 1000000, 0.3, 0.4, HJ_TOTAL_WRAPPED },
		{ 900000, 1000000, 100000, 200000, HJ_TOTAL_WRAPPED },
		{ 899999, 1000000, 99, 99, HJ_TOTAL_RESET }, /* not near the end */
		{ 950000, 1000000, 100001, 0, HJ_TOTAL_FELL },
		{ 950000, 0, 3, 3, HJ_TOTAL_RESET },
		{ 950000, 0, 0, 0, HJ_TOTAL_RESET },
		{ 1000001, 1000000, 5, 5, HJ_TOTAL_RESET }, /* it was beyond the wrap: that cannot be right */
		{ 48213.7, 1000000, 48213.6, 0, HJ_TOTAL_FELL },
		{ 10, 0, 1, 1, HJ_TOTAL_RESET },
		{ 10, 0, 1.1, 0, HJ_TOTAL_FELL },
		{ 10, 0, -1, 0, HJ_TOTAL_FELL },
		{ -5, 0, -6, 0, HJ_TOTAL_FELL },
	};

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		struct hj_total t;
		enum hj_total_step step;
		double grown;

		hj_total_init(&t);
		assert_true(isnan(hj_total_add(&t, rows[i].wrap, rows[i].before, 1, &step)));
		grown = hj_total_add(&t, rows[i].wrap, rows[i].value, 2, &step);
		if (grown != rows[i].grown || step != rows[i].step)
			fail_msg("row %zu: grown %.17g, step %d", i, grown, step);
	}
}

/* A meter that says 0 while it starts must not seem to have grown by all it ever counted. */
static void a_false_zero_is_no_reading(void **state)
{
	static const double trembling[] = { 100.02, 100.01, 100.02, 100.01, 100.03 };
	enum hj_total_step step;
	struct hj_total t;
	double sum = 0;

	(void)state;
	hj_total_init(&t);
	hj_total_add(&t, 0, 48213.7, 1, &step);
	assert_true(hj_total_add(&t, 0, 0, 2, &step) == 0);
	assert_true(hj_total_add(&t, 0, 0, 3, &step) == 0);
	assert_true(hj_total_add(&t, 0, 48213.9, 4, &step) == 0.2);
	/* What had been counted of it is taken back from what comes. */
	hj_total_close(&t, 1);
	assert_true(hj_total_add(&t, 0, 4000, 5, &step) == 4000);
	assert_true(hj_total_close(&t, 4000) == 4000);
	assert_true(hj_total_add(&t, 0, 48214.9, 6, &step) == 0);
	assert_true(hj_total_close(&t, 0) == 0);
	assert_true(hj_total_close(&t, 3000) == 0);
	assert_true(hj_total_close(&t, 1500) == 501);

	hj_total_init(&t);
	for (size_t i = 0; i < hj_array_size(trembling); i++)
		sum += fmax(hj_total_add(&t, 0, trembling[i], (int64_t)i, &step), 0);
	assert_true(fabs(sum - 0.01) < 1e-12);
}

/* It counts from 0 for some minutes before it remembers what it had; or it says 0 more than once. */
static void a_false_beginning_is_no_reading(void **state)
{
	static const struct {
		double readings[6];
		int64_t apart_ms;
		double sum;
	} rows[] = {
		{ { 1000, 0, 0.5, 1000.5, 1001, 1001 }, MINUTE, 1 },
		{ { 1000, 0, 0.5, 0.75, 0, 1000.5 }, MINUTE, 0.5 },
		{ { 1000, 0, 5, 10, 15, 20 }, MINUTE, 20 },
		{ { 1000, 0, 0.5, 1000.5, 1001, 1001 }, HJ_TOTAL_RETURN_MS, 1001 }, /* too late */
		{ { 2, 0, 0.5, 1, 1.5, 2 }, MINUTE, 2 },                            /* it counts up to where it was */
		{ { 1000, 0, 400, 0, 1001, 1002 }, MINUTE, 2 },
		{ { 1000, 0, 5, 4, 5, 5 }, MINUTE, 5 }, /* a last digit that trembles since */
		{ { 1000, 999, 500, 501, 500, 501 }, MINUTE, 1 },
	};

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		enum hj_total_step step;
		struct hj_total t;
		double sum = 0, grown;

		hj_total_init(&t);
		hj_total_add(&t, 0, rows[i].readings[0], 0, &step);
		hj_total_close(&t, NAN);
		for (int64_t k = 1; k < (int64_t)hj_array_size(rows[i].readings); k++) {
			grown = hj_total_add(&t, 0, rows[i].readings[k], k * rows[i].apart_ms, &step);
			sum += hj_total_close(&t, grown);
		}
		sum += t.carry; /* still to be taken back */
		if (fabs(sum - rows[i].sum) > 1e-9)
			fail_msg("row %zu: %.10g", i, sum);
	}
}

/* ---- swaps ---- */

static struct hj_total begun(double newest)
{
	enum hj_total_step step;
	struct hj_total t;

	hj_total_init(&t);
	hj_total_add(&t, 0, newest, 1, &step);
	hj_total_close(&t, NAN);
	return t;
}

static void swap_told_before(void **state)
{
	struct hj_total t = begun(48213.5);
	enum hj_total_step step;
	double old, new;

	(void)state;
	assert_int_equal(hj_total_swap(&t, 48213.7, 0.3, 10, &old, &new), HJ_TOTAL_AWAITED);
	/* The old one is still there for a moment, and its last digit trembles. */
	assert_true(hj_total_add(&t, 0, 48213.6, 11, &step) == 0.1);
	assert_true(hj_total_add(&t, 0, 48213.5, 11, &step) == 0);
	assert_true(hj_total_add(&t, 0, 48213.6, 11, &step) == 0);
	assert_true(t.swap.awaited);
	assert_false(hj_total_is_new_meter(&t, 48213.7));
	assert_true(hj_total_is_new_meter(&t, 0.4));
	assert_true(hj_total_add(&t, 0, 0.4, 12, &step) == 0.2); /* 0.1 to its end, 0.1 of the new one */
	assert_false(hj_total_is_new_meter(&t, 0.4));
	assert_int_equal(step, HJ_TOTAL_GREW);
	assert_false(t.swap.awaited);
	assert_true(hj_total_add(&t, 0, 0.5, 13, &step) == 0.1);

	/* A new one that begins above the old one; and nothing told of either. */
	t = begun(100);
	assert_int_equal(hj_total_swap(&t, NAN, 20000, 10, &old, &new), HJ_TOTAL_AWAITED);
	assert_true(hj_total_add(&t, 0, 20000.5, 11, &step) == 0.5);
	t = begun(100);
	assert_int_equal(hj_total_swap(&t, NAN, NAN, 10, &old, &new), HJ_TOTAL_AWAITED);
	assert_true(hj_total_add(&t, 0, 60, 11, &step) == 0);
	assert_true(hj_total_add(&t, 0, 61, 12, &step) == 1);
	t = begun(100);
	assert_int_equal(hj_total_swap(&t, 99, 0, 10, &old, &new), -ERANGE);
	assert_true(old == 100 && !t.swap.awaited);
}

static void swap_told_after(void **state)
{
	struct hj_total t = begun(48213.5);
	enum hj_total_step step;
	double old, new, sum = 0;

	(void)state;
	sum += hj_total_add(&t, 0, 0.4, 11, &step);
	assert_int_equal(step, HJ_TOTAL_RESET);
	sum = hj_total_close(&t, sum);
	assert_true(sum == 0.4);
	assert_int_equal(hj_total_swap(&t, 48213.4, NAN, 12, &old, &new), -ERANGE);
	assert_int_equal(hj_total_swap(&t, 48213.7, 0.5, 12, &old, &new), -ERANGE);
	assert_true(new == 0.4);
	assert_int_equal(hj_total_swap(&t, 48213.7, 0.3, 12, &old, &new), 0);
	assert_true(old == 48213.7 && new == 0.3);
	/* 0.2 of the old one and 0.1 of the new one were right, 0.4 was counted. */
	sum += hj_total_close(&t, 0);
	sum += hj_total_close(&t, hj_total_add(&t, 0, 1.4, 13, &step));
	assert_true(fabs(sum - (0.2 + 1.1)) < 1e-12);

	/* A fall that was none is no swap either: the one that is told comes. */
	t = begun(100);
	hj_total_add(&t, 0, 50, 11, &step);
	assert_true(hj_total_add(&t, 0, 101, 12, &step) == 1);
	assert_int_equal(hj_total_swap(&t, NAN, NAN, 13, &old, &new), HJ_TOTAL_AWAITED);
	assert_true(old == 101);

	/* A week later it is another swap: the one that comes. */
	t = begun(100);
	hj_total_add(&t, 0, 1, 11, &step);
	assert_int_equal(hj_total_swap(&t, NAN, NAN, 11 + HJ_TOTAL_SWAP_MS + 1, &old, &new), HJ_TOTAL_AWAITED);
	assert_true(t.swap.awaited);
}

/* Whoever is not sure whether the command was heard gives it again; whoever misread the display corrects it. */
/* A last digit trembled, days before; that is not where the old meter ended. */
static void swap_told_long_after_a_tremble(void **state)
{
	struct hj_total t = begun(1000);
	enum hj_total_step step;
	double old, new;

	(void)state;
	hj_total_add(&t, 0, 999.9, MINUTE, &step);
	hj_total_add(&t, 0, 0, 8 * DAY, &step);
	hj_total_add(&t, 0, 0.3, 8 * DAY + MINUTE, &step);
	assert_int_equal(hj_total_swap(&t, 999.9, 0, 8 * DAY + HOUR, &old, &new), 0);
}

static void swap_told_twice(void **state)
{
	struct hj_total t = begun(48213.5);
	enum hj_total_step step;
	double old, new, sum = 0;

	(void)state;
	sum += hj_total_add(&t, 0, 0.4, 11, &step);
	assert_int_equal(hj_total_swap(&t, 48213.7, 0.3, 12, &old, &new), 0);
	assert_int_equal(hj_total_swap(&t, 48213.7, 0.3, 13, &old, &new), 0);
	sum = hj_total_close(&t, sum);
	assert_true(fabs(sum - 0.3) < 1e-12);
	assert_int_equal(hj_total_swap(&t, 48213.6, 0.3, 14, &old, &new), 0);
	sum += hj_total_close(&t, hj_total_add(&t, 0, 2.4, 15, &step));
	assert_true(fabs(sum - (0.1 + 2.1)) < 1e-12);
	assert_false(t.swap.awaited);
	/* The next one is another. */
	assert_int_equal(hj_total_swap(&t, 2.5, 0, 16, &old, &new), HJ_TOTAL_AWAITED);
	assert_true(hj_total_add(&t, 0, 0.2, 17, &step) == 0.3);

	/* A new one that runs fast is not taken for the old one that came back. */
	t = begun(100);
	hj_total_add(&t, 0, 3, 11, &step);
	hj_total_swap(&t, 100, 0, 12, &old, &new);
	assert_true(hj_total_add(&t, 0, 120, 13, &step) == 117);
}

/* Told before anything was ever read: the first reading is the new one's, and what it says since its begin counts. */
static void swap_told_before_the_first_reading(void **state)
{
	enum hj_total_step step;
	struct hj_total t;
	double old = 7, new = 7;

	(void)state;
	hj_total_init(&t);
	assert_int_equal(hj_total_swap(&t, NAN, 0.5, 10, &old, &new), HJ_TOTAL_AWAITED);
	assert_true(isnan(old) && new == 0.5);
	assert_true(hj_total_add(&t, 0, 0.7, 11, &step) > 0.19);
	assert_false(t.swap.awaited);
	hj_total_init(&t);
	assert_true(isnan(hj_total_close(&t, NAN))); /* nothing was ever read */
	/* Only how the new one began is known, and that is told after it was read. */
	t = begun(48213.5);
	assert_true(hj_total_add(&t, 0, 0.4, 11, &step) == 0.4);
	assert_int_equal(hj_total_swap(&t, NAN, 0.1, 12, &old, &new), 0);
	assert_true(old == 48213.5 && new == 0.1);
	t = begun(48213.5);
	hj_total_add(&t, 0, 0.4, 11, &step);
	hj_total_add(&t, 0, 90, 12, &step);
	/* Nearer to where it is now than to where it fell: another one is to come. */
	assert_int_equal(hj_total_swap(&t, NAN, 89, 13, &old, &new), HJ_TOTAL_AWAITED);
	/* Nothing is known of either. */
	t = begun(48213.5);
	hj_total_add(&t, 0, 0.4, 11, &step);
	assert_int_equal(hj_total_swap(&t, NAN, NAN, 12, &old, &new), 0);
}

/* A total that overflows: its readings are far apart, and by no wrap. */
static void what_is_no_wrap(void **state)
{
	static const struct {
		double wrap, before, value;
	} rows[] = {
		{ 1000, 1001, 5 },  /* beyond where it wraps */
		{ 1000, 899, 5 },   /* not in its last tenth */
		{ 1000, 950, 101 }, /* not in its first */
		{ 1000, 950, -1 },
		{ 0, 950, 5 },
	};
	enum hj_total_step step;

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		struct hj_total t = begun(rows[i].before);

		hj_total_add(&t, rows[i].wrap, rows[i].value, 2, &step);
		assert_true(step == HJ_TOTAL_RESET || step == HJ_TOTAL_FELL);
	}
}

/* Members that do not go together, and numbers that are none. */
static void codes_that_are_none(void **state)
{
	static const uint8_t masks[] = { 128, 16, 32, 48, 64, 65, 80 };

	(void)state;
	for (size_t i = 0; i < hj_array_size(masks); i++)
		for (int filling = 0; filling < 2; filling++) {
			uint8_t bytes[100];
			struct hj_reader in = { .p = bytes, .end = bytes + sizeof(bytes) };
			struct hj_total t;

			memset(bytes, filling ? 0xff : 0, sizeof(bytes));
			bytes[0] = masks[i];
			hj_total_decode(&in, &t);
			assert_true(in.failed);
		}
	for (uint8_t mask = 1; mask < 16; mask++) { /* each with what is no number */
		uint8_t bytes[100];
		struct hj_reader in = { .p = bytes, .end = bytes + sizeof(bytes) };
		struct hj_total t;

		memset(bytes, 0xff, sizeof(bytes));
		bytes[0] = mask;
		hj_total_decode(&in, &t);
		assert_int_equal(in.failed, mask != 8); /* a swap of which nothing is known has none */
	}
}

static void coded_as_it_is(void **state)
{
	struct hj_total totals[5], back;
	enum hj_total_step step;
	double old, new;

	(void)state;
	hj_total_init(&totals[0]);
	totals[1] = begun(5.5);
	totals[2] = begun(100);
	hj_total_add(&totals[2], 0, 1, 77, &step);
	totals[3] = begun(100);
	hj_total_swap(&totals[3], 101, NAN, 5, &old, &new);
	totals[4] = totals[2];
	hj_total_swap(&totals[4], 101, 0, 78, &old, &new);
	assert_true(totals[4].fall.swapped);
	for (size_t i = 0; i < hj_array_size(totals); i++) {
		_cleanup_(hj_buf_done) struct hj_buf b = { 0 }, again = { 0 };
		struct hj_reader in;

		assert_int_equal(hj_total_encode(&totals[i], &b), 0);
		in = (struct hj_reader){ .p = (const uint8_t *)b.data, .end = (const uint8_t *)b.data + b.len };
		hj_total_decode(&in, &back);
		assert_false(in.failed);
		assert_ptr_equal(in.p, in.end);
		assert_int_equal(hj_total_encode(&back, &again), 0);
		assert_int_equal(b.len, again.len);
		assert_memory_equal(b.data, again.data, b.len);
		in = (struct hj_reader){ .p = (const uint8_t *)b.data, .end = (const uint8_t *)b.data + b.len - 1 };
		hj_total_decode(&in, &back);
		assert_true(in.failed);
	}
}

/* ---- histories ---- */

/* A meter in units of 0.1, and what a reader who sees all of it would count. */
struct meter {
	int64_t reading, wrap, truth; /* truth: grown since its first reading, of a reset what it says after it */
};

static void live(struct meter *m)
{
	int64_t most = m->wrap / 11, grown = rand() % (int)(rand() % 5 ? 50 : most);

	/* Not from the last tenth, where it would be a wrap; and from so far up that no stride leads back there. */
	if (rand() % 200 == 0 && m->reading > m->wrap / 5 && m->reading < m->wrap - m->wrap / 10) {
		m->reading = rand() % (int)(m->reading / 11);
		m->truth += m->reading;
		return;
	}
	m->reading += grown;
	m->truth += grown;
	if (m->reading >= m->wrap)
		m->reading -= m->wrap;
}

struct history {
	struct hj_dictionary d;
	struct hj_rollup *r;
	struct hj_fold *hours;
	struct meter meter;
	int64_t ms;
	double minutes, folded;
	bool begun;
};

static void restart(struct history *h)
{
	const struct hj_now now = { .wall_ms = h->ms, .mono = (hj_usec)(h->ms - T0 + 1000000) * HJ_USEC_PER_MS };
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };

	assert_int_equal(hj_rollup_encode(h->r, &b), 0);
	hj_rollup_free(h->r);
	assert_int_equal(hj_rollup_new(MINUTE, &h->d, &h->r), 0);
	assert_int_equal(hj_rollup_decode(h->r, b.data, b.len, &now), 0);
}

static void close_windows(struct history *h)
{
	const struct hj_now now = { .wall_ms = h->ms, .mono = (hj_usec)(h->ms - T0 + 1000000) * HJ_USEC_PER_MS };
	struct hj_rollup_bus *b;
	struct hj_closed c;
	int64_t label;

	assert_int_equal(hj_rollup_get(h->r, "north", &now, &b), 0);
	hj_rollup_connect(b, true, &now);
	hj_rollup_upto(h->r, b, h->ms, &now);
	while (hj_rollup_take(h->r, &now, &c) > 0) {
		double cou = c.stats.stats[0].cou;

		assert_true(isnan(cou) ? !h->begun : cou >= 0 && cou < (double)h->meter.wrap);
		h->begun |= isfinite(cou);
		h->minutes += isfinite(cou) ? cou : 0;
		assert_int_equal(hj_fold_add(h->hours, c.label_ms, c.length_ms, &c.stats), 0);
		hj_stats_done(&c.stats);
	}
	while (hj_fold_oldest(h->hours, &label) && label + HOUR <= h->ms) {
		struct hj_stats out;

		assert_int_equal(hj_fold_take(h->hours, label, NULL, NULL, &out), 0);
		h->folded += out.count && isfinite(out.stats[0].cou) ? out.stats[0].cou : 0;
		hj_stats_done(&out);
	}
}

static void sample(struct history *h)
{
	const struct hj_now now = { .wall_ms = h->ms, .mono = (hj_usec)(h->ms - T0 + 1000000) * HJ_USEC_PER_MS };
	struct hj_sample s = { .point = 1, .time_ms = h->ms, .flag = HJ_FLAG_NORMAL };
	struct hj_rollup_bus *b;

	live(&h->meter);
	s.value = (double)h->meter.reading / 10;
	assert_int_equal(hj_rollup_get(h->r, "north", &now, &b), 0);
	assert_int_equal(hj_rollup_add(h->r, b, &s), 0);
}

/* Every minute's Cou, and every hour's, add up to what the meter truly counted, but for the first minute's own. */
static void run_history(unsigned seed)
{
	struct hj_point p = { .number = 1, .name = "m.e", .total = true, .interval_ms = 10000 };
	struct history h = { .ms = T0, .meter.wrap = 100000 };
	double truth;

	srand(seed);
	h.meter.wrap = rand() % 2 ? 100000 : 65536;
	h.meter.reading = rand() % 60000;
	p.wrap = (double)h.meter.wrap / 10;
	assert_int_equal(hj_dictionary_put(&h.d, &p), 0);
	assert_int_equal(hj_rollup_new(MINUTE, &h.d, &h.r), 0);
	assert_int_equal(hj_fold_new(HOUR, &h.hours), 0);
	sample(&h);
	h.meter.truth = 0;
	h.ms = T0 + MINUTE;
	close_windows(&h);
	for (; h.ms < T0 + DAY; h.ms += 10000) {
		if (rand() % 10)
			sample(&h);
		if (rand() % 20 == 0)
			close_windows(&h);
		if (rand() % 50 == 0)
			restart(&h);
	}
	sample(&h);
	h.ms += HOUR;
	close_windows(&h);
	truth = (double)h.meter.truth / 10;
	if (fabs(h.minutes - truth) > 1e-6 || fabs(h.folded - truth) > 1e-6)
		fail_msg("seed %u: minutes %.10g, hours %.10g, truth %.10g", seed, h.minutes, h.folded, truth);
	hj_rollup_free(h.r);
	hj_fold_free(h.hours);
	hj_dictionary_done(&h.d);
}

static void histories(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 40; seed++)
		run_history(seed);
}

/* A checkpoint of version 1 as it was written: one total at 100 at the last window's end, an open window that reached
 * 130. Nothing of what it grew is lost. */
static void checkpoint_of_version_1(void **state)
{
	const struct hj_now now = { .wall_ms = T0 + MINUTE, .mono = 1 };
	struct hj_point p = { .number = 1, .name = "m.e", .total = true, .interval_ms = 10000 };
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r;
	struct hj_closed c;

	(void)state;
	assert_int_equal(hj_dictionary_put(&d, &p), 0);
	hj_buf_put_be(&b, 1, 1);
	hj_buf_put_be(&b, MINUTE, 4);
	hj_buf_put_be(&b, MINUTE, 4);
	hj_buf_put_be(&b, (uint64_t)INT64_MIN, 8);
	hj_buf_put_be(&b, 1, 2);
	hj_buf_put_be(&b, 1, 4);
	hj_buf_put_double(&b, 100);
	hj_buf_put_be(&b, 1, 1);
	hj_buf_put_be(&b, 5, 1);
	hj_buf_put(&b, "north", 5);
	hj_buf_put(&b, "0123456789abcdef", 16);
	hj_buf_put_be(&b, 7, 8);
	hj_buf_put_be(&b, T0 + MINUTE, 8);
	hj_buf_put_be(&b, T0, 8);
	hj_buf_put_be(&b, 0, 1);
	hj_buf_put_be(&b, 1, 1);
	hj_buf_put_be(&b, T0, 8);
	hj_buf_put_be(&b, MINUTE, 4);
	hj_buf_put_be(&b, T0, 8);
	hj_buf_put_be(&b, 1, 1);
	hj_buf_put_be(&b, 1, 4);
	hj_buf_put_be(&b, 1, 4);
	hj_buf_put_be(&b, 3, 1);
	hj_buf_put_be(&b, 2, 4);
	hj_buf_put_be(&b, 2, 4);
	hj_buf_put_double(&b, 240);
	hj_buf_put_double(&b, 110);
	hj_buf_put_double(&b, 130);
	hj_buf_put_double(&b, 130);
	assert_int_equal(hj_rollup_new(MINUTE, &d, &r), 0);
	assert_int_equal(hj_rollup_decode(r, b.data, b.len, &now), 0);
	assert_int_equal(hj_rollup_take(r, &now, &c), 1);
	assert_true(c.stats.stats[0].cou == 30 && c.stats.stats[0].last == 130);
	hj_stats_done(&c.stats);
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readings_by_hand),
		cmocka_unit_test(a_false_zero_is_no_reading),
		cmocka_unit_test(a_false_beginning_is_no_reading),
		cmocka_unit_test(swap_told_before),
		cmocka_unit_test(swap_told_after),
		cmocka_unit_test(swap_told_long_after_a_tremble),
		cmocka_unit_test(swap_told_twice),
		cmocka_unit_test(swap_told_before_the_first_reading),
		cmocka_unit_test(what_is_no_wrap),
		cmocka_unit_test(codes_that_are_none),
		cmocka_unit_test(coded_as_it_is),
		cmocka_unit_test(histories),
		cmocka_unit_test(checkpoint_of_version_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
