/* Simulated weeks: buses that lag, die, restart and repeat themselves, a store that restarts from its checkpoint, and
 * a plain model beside it that remembers every sample. Each sample ends in exactly one record, or counted as late. */
/* long because: the simulated weeks and the cases by hand share one vocabulary. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/fold.h"
#include "hjgate/rollup.h"

#define T0     (1795017600000LL) /* a Beijing midnight */
#define MINUTE 60000LL

static struct hj_now at(int64_t ms)
{
	return (struct hj_now){ .wall_ms = ms, .mono = (hj_usec)(ms - T0 + 100000) * HJ_USEC_PER_MS };
}

static void add_point(struct hj_dictionary *d, uint32_t number, bool total, uint32_t interval)
{
	struct hj_point p = { .number = number, .total = total, .interval_ms = interval };

	snprintf(p.name, sizeof(p.name), "meter.p%u", number);
	assert_int_equal(hj_dictionary_put(d, &p), 0);
}

static struct hj_rollup_bus *get_bus(struct hj_rollup *r, const char *name, int64_t ms)
{
	const struct hj_now now = at(ms);
	struct hj_rollup_bus *b;

	assert_int_equal(hj_rollup_get(r, name, &now, &b), 0);
	hj_rollup_connect(b, true, &now);
	return b;
}

static int add(
        struct hj_rollup *r, struct hj_rollup_bus *b, uint32_t point, int64_t ms, double value, enum hj_flag flag)
{
	struct hj_sample s = { .point = point, .time_ms = ms, .value = value, .flag = flag };

	return hj_rollup_add(r, b, &s);
}

static void upto(struct hj_rollup *r, struct hj_rollup_bus *b, int64_t ms)
{
	const struct hj_now now = at(ms);

	hj_rollup_upto(r, b, ms, &now);
}

static int take(struct hj_rollup *r, int64_t ms, struct hj_closed *c)
{
	const struct hj_now now = at(ms);

	return hj_rollup_take(r, &now, c);
}

/* ---- by hand ---- */

static void test_one_window(void **state)
{
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r;
	struct hj_rollup_bus *b;
	struct hj_closed c;

	add_point(&d, 1, false, 1000);
	add_point(&d, 2, true, 1000);
	hj_rollup_new(MINUTE, &d, &r);
	b = get_bus(r, "north", T0);
	for (int i = 0; i < 60; i++) {
		assert_int_equal(add(r, b, 1, T0 + i * 1000, i % 10, i % 6 ? HJ_FLAG_NORMAL : HJ_FLAG_FAULT), 0);
		assert_int_equal(add(r, b, 2, T0 + i * 1000, 1000 + i, HJ_FLAG_NORMAL), 0);
	}
	upto(r, b, T0 + MINUTE - 1);
	assert_int_equal(take(r, T0 + MINUTE, &c), 0);
	upto(r, b, T0 + MINUTE);
	assert_int_equal(take(r, T0 + MINUTE, &c), 1);
	assert_int_equal(c.label_ms, T0);
	assert_int_equal(c.length_ms, MINUTE);
	assert_int_equal(c.stats.count, 2);
	assert_int_equal(c.stats.stats[0].expected, 60);
	assert_int_equal(c.stats.stats[0].got, 50);
	assert_int_equal(c.stats.stats[0].flag, HJ_FLAG_NORMAL);
	assert_true(c.stats.stats[0].min == 0 && c.stats.stats[0].max == 9);
	assert_true(isnan(c.stats.stats[0].cou) && isnan(c.stats.stats[0].last));
	assert_true(isnan(c.stats.stats[1].cou)); /* nothing before it */
	assert_true(c.stats.stats[1].last == 1059);
	hj_stats_done(&c.stats);
	assert_int_equal(take(r, T0 + MINUTE, &c), 0);

	/* The same label again is late; the next window's growth goes on from 1059, after a reset from 0. */
	assert_int_equal(add(r, b, 1, T0 + 30000, 1, HJ_FLAG_NORMAL), HJ_ROLLUP_LATE);
	add(r, b, 2, T0 + MINUTE + 5000, 1100, HJ_FLAG_NORMAL);
	upto(r, b, T0 + 2 * MINUTE);
	assert_int_equal(take(r, T0 + 2 * MINUTE, &c), 1);
	assert_true(c.stats.stats[0].cou == 41);
	assert_int_equal(c.stats.stats[0].flag, HJ_FLAG_LINK); /* one of sixty */
	hj_stats_done(&c.stats);
	add(r, b, 2, T0 + 2 * MINUTE + 5000, 3, HJ_FLAG_NORMAL);
	upto(r, b, T0 + 3 * MINUTE);
	assert_int_equal(take(r, T0 + 3 * MINUTE, &c), 1);
	assert_true(c.stats.stats[0].cou == 3);
	hj_stats_done(&c.stats);
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

/* The flag of a minute and of its hour when `normal` samples came that were normal, and then `fault` ones. */
static enum hj_flag flag_of(unsigned percent, int interval, int normal, int fault, enum hj_flag *ret_hour)
{
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r;
	struct hj_rollup_bus *b;
	struct hj_closed c;
	struct hj_fold *f;
	struct hj_stats hour;
	enum hj_flag flag;

	add_point(&d, 1, false, interval);
	hj_rollup_new(MINUTE, &d, &r);
	hj_rollup_set_normal_part(r, percent);
	assert_int_equal(hj_fold_new(MINUTE, &f), 0);
	hj_fold_set_normal_part(f, percent);
	b = get_bus(r, "north", T0);
	for (int i = 0; i < normal + fault; i++)
		add(r, b, 1, T0 + (int64_t)i * (MINUTE - 1) / (normal + fault), i,
		        i < normal ? HJ_FLAG_NORMAL : HJ_FLAG_FAULT);
	upto(r, b, T0 + MINUTE);
	assert_int_equal(take(r, T0 + MINUTE, &c), 1);
	flag = c.stats.stats[0].flag;
	assert_int_equal(hj_fold_add(f, T0, MINUTE, &c.stats), 0);
	assert_int_equal(hj_fold_take(f, T0, NULL, NULL, &hour), 0);
	*ret_hour = hour.stats[0].flag;
	hj_stats_done(&hour);
	hj_stats_done(&c.stats);
	hj_fold_free(f);
	hj_rollup_free(r);
	hj_dictionary_done(&d);
	return flag;
}

static void test_how_many_must_be_normal(void **state)
{
	static const struct {
		unsigned percent;
		int interval, normal, fault;
		enum hj_flag flag;
	} rows[] = {
		{ 75, 1000, 45, 15, HJ_FLAG_NORMAL },
		{ 75, 1000, 44, 16, HJ_FLAG_FAULT },
		{ 75, 1000, 44, 0, HJ_FLAG_LINK },
		{ 90, 1000, 54, 6, HJ_FLAG_NORMAL },
		{ 90, 1000, 53, 7, HJ_FLAG_FAULT },
		{ 100, 1000, 60, 0, HJ_FLAG_NORMAL },
		{ 100, 1000, 59, 1, HJ_FLAG_FAULT },
		{ 100, 1000, 60, 1, HJ_FLAG_FAULT }, /* one more than is due, at the window's edge */
		{ 100, 1000, 59, 0, HJ_FLAG_NORMAL },
		{ 100, 1000, 58, 0, HJ_FLAG_LINK },
		{ 100, 7000, 8, 0, HJ_FLAG_NORMAL }, /* 9 or 8 in a minute */
		{ 100, 7000, 7, 1, HJ_FLAG_FAULT },
		{ 100, 30000, 1, 0, HJ_FLAG_LINK },
	};

	for (size_t i = 0; i < hj_array_size(rows); i++) {
		enum hj_flag hour,
		        flag = flag_of(rows[i].percent, rows[i].interval, rows[i].normal, rows[i].fault, &hour);

		if (flag != rows[i].flag || hour != rows[i].flag)
			fail_msg("row %zu: minute %c, hour %c, not %c", i, flag, hour, rows[i].flag);
	}
}

/* Each minute has one sample less than was rounded up to: so many may be missing in the hour, but no whole minute. */
static void test_an_hour_of_uneven_minutes(void **state)
{
	for (int minutes = 59; minutes <= 60; minutes++) {
		struct hj_stat one = { .point = 1,
			.flag = HJ_FLAG_NORMAL,
			.expected = 9,
			.got = 8,
			.min = 1,
			.avg = 1,
			.max = 1,
			.cou = NAN,
			.last = NAN };
		struct hj_stats minute = { .stats = &one, .count = 1 }, hour;
		struct hj_fold *f;

		assert_int_equal(hj_fold_new(60 * MINUTE, &f), 0);
		hj_fold_set_normal_part(f, 100);
		for (int i = 0; i < minutes; i++)
			assert_int_equal(hj_fold_add(f, T0 + i * MINUTE, MINUTE, &minute), 0);
		assert_int_equal(hj_fold_take(f, T0, NULL, NULL, &hour), 0);
		assert_int_equal(hour.stats[0].flag, minutes == 60 ? HJ_FLAG_NORMAL : HJ_FLAG_LINK);
		hj_stats_done(&hour);
		hj_fold_free(f);
	}
}

static void test_no_value_is_no_value(void **state)
{
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r;
	struct hj_rollup_bus *b;
	struct hj_closed c;

	add_point(&d, 1, false, 10000);
	hj_rollup_new(MINUTE, &d, &r);
	b = get_bus(r, "north", T0);
	for (int i = 0; i < 6; i++)
		add(r, b, 1, T0 + i * 10000, NAN, HJ_FLAG_LINK);
	upto(r, b, T0 + MINUTE);
	assert_int_equal(take(r, T0 + MINUTE, &c), 1);
	assert_int_equal(c.stats.stats[0].flag, HJ_FLAG_LINK);
	assert_int_equal(c.stats.stats[0].got, 0);
	assert_true(isnan(c.stats.stats[0].min) && isnan(c.stats.stats[0].avg) && isnan(c.stats.stats[0].max));
	hj_stats_done(&c.stats);
	for (int i = 0; i < 6; i++) /* the flag is that of most of them */
		add(r, b, 1, T0 + MINUTE + i * 10000, 5, i < 2 ? HJ_FLAG_LINK : HJ_FLAG_MANUAL);
	upto(r, b, T0 + 2 * MINUTE);
	assert_int_equal(take(r, T0 + 2 * MINUTE, &c), 1);
	assert_int_equal(c.stats.stats[0].flag, HJ_FLAG_MANUAL);
	hj_stats_done(&c.stats);
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

static void test_first_window_is_partial(void **state)
{
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r;
	struct hj_rollup_bus *b;
	struct hj_closed c;

	add_point(&d, 1, false, 1000);
	hj_rollup_new(MINUTE, &d, &r);
	b = get_bus(r, "north", T0);
	for (int i = 40; i < 60; i++)
		add(r, b, 1, T0 + i * 1000, 1, HJ_FLAG_NORMAL);
	upto(r, b, T0 + MINUTE);
	assert_int_equal(take(r, T0 + MINUTE, &c), 1);
	assert_int_equal(c.stats.stats[0].expected, 20);
	assert_int_equal(c.stats.stats[0].flag, HJ_FLAG_NORMAL);
	hj_stats_done(&c.stats);
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

static void test_join_grace_and_supplement(void **state)
{
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r;
	struct hj_rollup_bus *north, *south;
	struct hj_closed c;
	struct hj_now now = at(T0 + MINUTE);
	hj_usec mono;
	int64_t wall;

	for (uint32_t n = 1; n <= 4; n++)
		add_point(&d, n, false, 1000);
	hj_rollup_new(MINUTE, &d, &r);
	north = get_bus(r, "north", T0);
	south = get_bus(r, "south", T0);
	add(r, south, 1, T0, 1, HJ_FLAG_NORMAL);
	add(r, north, 2, T0, 2, HJ_FLAG_NORMAL);
	add(r, south, 3, T0, 3, HJ_FLAG_NORMAL);
	upto(r, south, T0 + MINUTE);
	assert_int_equal(take(r, T0 + MINUTE, &c), 0);
	hj_rollup_deadline(r, &now, &mono, &wall);
	assert_int_equal(mono, at(T0 + MINUTE + HJ_ROLLUP_GRACE_MS).mono);
	upto(r, north, T0 + MINUTE + 100);
	assert_int_equal(take(r, T0 + MINUTE + 100, &c), 1); /* one record, sorted */
	assert_int_equal(c.stats.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(c.stats.stats[i].point, i + 1);
	hj_stats_done(&c.stats);

	/* Now north is silent: the others are not held up longer than the grace, and its own come as a supplement. */
	add(r, north, 2, T0 + MINUTE, 2, HJ_FLAG_NORMAL);
	add(r, south, 1, T0 + MINUTE + 1, 1, HJ_FLAG_NORMAL);
	upto(r, south, T0 + 2 * MINUTE);
	assert_int_equal(take(r, T0 + 2 * MINUTE + HJ_ROLLUP_GRACE_MS - 1, &c), 0);
	assert_int_equal(take(r, T0 + 2 * MINUTE + HJ_ROLLUP_GRACE_MS, &c), 1);
	assert_int_equal(c.stats.count, 1);
	assert_int_equal(c.stats.stats[0].point, 1);
	hj_stats_done(&c.stats);
	assert_true(hj_rollup_pending(r, 2, T0 + 2 * MINUTE, &now));
	assert_false(hj_rollup_pending(r, 1, T0 + 2 * MINUTE, &now));
	assert_int_equal(take(r, T0 + 30 * MINUTE, &c), 0); /* connected: its own stay open until it speaks */
	add(r, north, 2, T0 + 2 * MINUTE - 1, 4, HJ_FLAG_NORMAL);
	upto(r, north, T0 + 2 * MINUTE);
	assert_int_equal(take(r, T0 + 30 * MINUTE, &c), 1);
	assert_int_equal(c.label_ms, T0 + MINUTE);
	assert_int_equal(c.stats.count, 1);
	assert_int_equal(c.stats.stats[0].point, 2);
	assert_true(c.stats.stats[0].max == 4);
	hj_stats_done(&c.stats);
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

static void test_a_bus_that_is_gone(void **state)
{
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r;
	struct hj_rollup_bus *north;
	struct hj_now now = at(T0 + 50000);
	struct hj_closed c;
	hj_usec mono;
	int64_t wall;

	add_point(&d, 1, false, 1000);
	hj_rollup_new(MINUTE, &d, &r);
	north = get_bus(r, "north", T0);
	add(r, north, 1, T0 + 1000, 1, HJ_FLAG_NORMAL);
	hj_rollup_connect(north, false, &now);
	hj_rollup_deadline(r, &now, &mono, &wall);
	assert_int_equal(mono, at(T0 + 60000).mono);
	assert_int_equal(take(r, T0 + 59999, &c), 0);
	assert_int_equal(take(r, T0 + 60000, &c), 1); /* gone for 10 s, and the window has ended */
	assert_int_equal(c.stats.count, 1);
	hj_stats_done(&c.stats);
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

static void test_clock_steps_back(void **state)
{
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r;
	struct hj_rollup_bus *b;
	struct hj_rollup_look look;
	struct hj_closed c;

	add_point(&d, 1, false, 1000);
	hj_rollup_new(MINUTE, &d, &r);
	b = get_bus(r, "north", T0);
	for (int m = 10; m < 12; m++) {
		add(r, b, 1, T0 + m * MINUTE, m, HJ_FLAG_NORMAL);
		upto(r, b, T0 + (m + 1) * MINUTE);
		assert_int_equal(take(r, T0 + (m + 1) * MINUTE, &c), 1);
		hj_stats_done(&c.stats);
	}
	/* Back before all of it: free again; up to what is closed: late; beyond: free. */
	for (int m = 8; m < 14; m++) {
		int closed = m == 10 || m == 11;

		assert_int_equal(add(r, b, 1, T0 + m * MINUTE + 1, m, HJ_FLAG_NORMAL), closed ? HJ_ROLLUP_LATE : 0);
		upto(r, b, T0 + (m + 1) * MINUTE);
		assert_int_equal(take(r, T0 + (m + 1) * MINUTE, &c), !closed);
		if (!closed)
			hj_stats_done(&c.stats);
	}
	hj_rollup_look(b, &look);
	assert_int_equal(look.late, 2);
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

static void test_too_many_windows(void **state)
{
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r;
	struct hj_rollup_bus *b;
	struct hj_rollup_look look;

	add_point(&d, 1, false, 1000);
	hj_rollup_new(MINUTE, &d, &r);
	b = get_bus(r, "north", T0);
	for (int m = 0; m < HJ_ROLLUP_WINDOWS_MAX; m++)
		assert_int_equal(add(r, b, 1, T0 + m * MINUTE, 1, HJ_FLAG_NORMAL), 0);
	assert_int_equal(add(r, b, 1, T0 + HJ_ROLLUP_WINDOWS_MAX * MINUTE, 1, HJ_FLAG_NORMAL), -ENOBUFS);
	assert_int_equal(add(r, b, 9, T0, 1, HJ_FLAG_NORMAL), -EINVAL);
	hj_rollup_look(b, &look);
	assert_int_equal(look.counted, HJ_ROLLUP_WINDOWS_MAX);
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

static struct hj_rollup *through_checkpoint(
        struct hj_rollup *r, int64_t length, bool same, const struct hj_dictionary *d, int64_t ms)
{
	const struct hj_now now = at(ms);
	struct hj_rollup *again;
	struct hj_buf b = { 0 }, twice = { 0 };

	assert_int_equal(hj_rollup_encode(r, &b), 0);
	hj_rollup_free(r);
	assert_int_equal(hj_rollup_new(length, d, &again), 0);
	assert_int_equal(hj_rollup_decode(again, b.data, b.len, &now), 0);
	assert_int_equal(hj_rollup_encode(again, &twice), 0);
	if (same) {
		assert_int_equal(b.len, twice.len);
		assert_memory_equal(b.data, twice.data, b.len);
	}
	hj_buf_done(&b);
	hj_buf_done(&twice);
	return again;
}

static void test_checkpoint_is_strict(void **state)
{
	const struct hj_now now = at(T0);
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r, *other;
	struct hj_buf b = { 0 };

	add_point(&d, 1, true, 1000);
	hj_rollup_new(MINUTE, &d, &r);
	add(r, get_bus(r, "north", T0), 1, T0, 1, HJ_FLAG_NORMAL);
	hj_rollup_encode(r, &b);
	hj_rollup_new(MINUTE, &d, &other);
	for (size_t n = 0; n < b.len; n++)
		assert_int_equal(hj_rollup_decode(other, b.data, n, &now), -EBADMSG);
	assert_int_equal(hj_rollup_decode(other, b.data, b.len, &now), 0);
	hj_buf_done(&b);
	hj_rollup_free(other);
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

static void test_length_changes_at_a_boundary(void **state)
{
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r;
	struct hj_rollup_bus *b;
	struct hj_closed c;
	int64_t covered = T0;

	add_point(&d, 1, false, 1000);
	hj_rollup_new(MINUTE, &d, &r);
	b = get_bus(r, "north", T0);
	for (int64_t ms = T0; ms < T0 + 30 * MINUTE; ms += 1000) {
		if (ms == T0 + 7 * MINUTE + 30000) {
			r = through_checkpoint(r, 5 * MINUTE, false, &d, ms);
			b = get_bus(r, "north", ms);
		}
		assert_int_equal(add(r, b, 1, ms, 1, HJ_FLAG_NORMAL), 0);
		upto(r, b, ms + 1000);
		while (take(r, ms + 1000, &c)) {
			assert_int_equal(c.label_ms, covered); /* no hole, no overlap */
			assert_int_equal(c.length_ms, covered < T0 + 10 * MINUTE ? MINUTE : 5 * MINUTE);
			covered += c.length_ms;
			hj_stats_done(&c.stats);
		}
	}
	assert_int_equal(covered, T0 + 30 * MINUTE);
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

/* What a clock that was ahead has left behind does not keep the old grid alive. */
static void test_length_changes_below_what_is_ahead(void **state)
{
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r;
	struct hj_rollup_bus *b;
	struct hj_closed c;
	int64_t length = 0;

	add_point(&d, 1, false, 1000);
	hj_rollup_new(MINUTE, &d, &r);
	add(r, get_bus(r, "north", T0), 1, T0 + MINUTE, 1, HJ_FLAG_NORMAL);
	r = through_checkpoint(r, 5 * MINUTE, false, &d, T0);
	b = get_bus(r, "north", T0);
	assert_int_equal(add(r, b, 1, T0 + 3 * MINUTE, 1, HJ_FLAG_NORMAL), 0);
	upto(r, b, T0 + 10 * MINUTE);
	while (take(r, T0 + 10 * MINUTE, &c)) {
		length = hj_max(length, c.length_ms);
		hj_stats_done(&c.stats);
	}
	assert_int_equal(length, 5 * MINUTE);
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

/* ---- weeks ---- */

#define BUSES      4
#define PER_BUS    3
#define POINTS     (BUSES * PER_BUS)
#define WEEK_MS    (7 * HJ_MS_PER_DAY)
#define LABELS_MAX (WEEK_MS / (5 * MINUTE) + 10)

/* What the model knows of one (label, point): the samples that were taken in, and whether a record came. */
struct cell {
	uint32_t got, samples;
	double sum, min, max, grown;
	bool closed;
};

struct world {
	struct hj_dictionary d;
	struct hj_rollup *r;
	struct cell (*cells)[POINTS + 1];
	int64_t ms, length;
	struct {
		char name[8];
		bool up;
		int64_t back_at, lag_until;
		uint64_t taken;
		double total;
	} bus[BUSES];
	double first_total[POINTS + 1], newest_total[POINTS + 1];
	uint64_t offered, late, recorded;
	double cou_sum[POINTS + 1];
	bool begun[POINTS + 1]; /* the first window has no growth */
};

static struct cell *cell_of(struct world *w, int64_t ms, uint32_t point)
{
	return &w->cells[(hj_window_start(ms, w->length) - T0) / w->length][point];
}

static void model_take(struct world *w, const struct hj_sample *s)
{
	struct cell *c = cell_of(w, s->time_ms, s->point);

	c->samples++;
	if (s->flag != HJ_FLAG_NORMAL)
		return;
	c->min = c->got ? fmin(c->min, s->value) : s->value;
	c->max = c->got ? fmax(c->max, s->value) : s->value;
	c->sum += s->value;
	c->got++;
	if (s->point % PER_BUS)
		return;
	if (isfinite(w->newest_total[s->point]))
		c->grown += s->value - w->newest_total[s->point];
	else
		w->first_total[s->point] = s->value;
	w->newest_total[s->point] = s->value;
}

static void world_sample(struct world *w, int i, uint32_t point, int64_t ms)
{
	struct hj_rollup_bus *b = hj_rollup_find(w->r, w->bus[i].name);
	struct hj_sample s = { .point = point, .time_ms = ms, .flag = rand() % 20 ? HJ_FLAG_NORMAL : HJ_FLAG_LINK };
	bool total = point % PER_BUS == 0;
	int r;

	w->bus[i].total += total ? rand() % 5 : 0;
	s.value = s.flag != HJ_FLAG_NORMAL ? NAN : total ? w->bus[i].total : rand() % 1000 / 8.0;
	r = hj_rollup_add(w->r, b, &s);
	w->offered++;
	w->bus[i].taken++;
	if (r == HJ_ROLLUP_LATE)
		w->late++;
	else
		model_take(w, &s);
	assert_true(r == 0 || r == HJ_ROLLUP_LATE);
}

static void check_record(struct world *w, struct hj_closed *c)
{
	for (size_t i = 0; i < c->stats.count; i++) {
		const struct hj_stat *s = &c->stats.stats[i];
		struct cell *cell = cell_of(w, c->label_ms, s->point);

		assert_false(cell->closed); /* never two records of one (label, point) */
		cell->closed = true;
		assert_int_equal(s->got, cell->got);
		w->recorded += cell->samples;
		if (cell->got) {
			assert_true(s->min == cell->min && s->max == cell->max);
			assert_true(fabs(s->avg - cell->sum / cell->got) < 1e-9);
		} else {
			assert_true(isnan(s->avg));
		}
		if (isfinite(s->cou))
			assert_true(s->cou == cell->grown);
		else if (isfinite(s->last))
			assert_false(w->begun[s->point]);
		w->begun[s->point] |= isfinite(s->last);
		w->cou_sum[s->point] += cell->grown;
	}
	hj_stats_done(&c->stats);
}

static void world_take(struct world *w)
{
	const struct hj_now now = at(w->ms);
	struct hj_closed c;
	int64_t before = INT64_MIN;

	while (hj_rollup_take(w->r, &now, &c) > 0) {
		assert_true(c.label_ms >= before);
		before = c.label_ms;
		check_record(w, &c);
	}
}

static void restart_store(struct world *w)
{
	struct hj_rollup_look look;

	w->r = through_checkpoint(w->r, w->length, true, &w->d, w->ms);
	for (int i = 0; i < BUSES; i++) {
		struct hj_rollup_bus *b = hj_rollup_find(w->r, w->bus[i].name);

		if (!b)
			continue;
		hj_rollup_look(b, &look);
		assert_int_equal(look.counted, w->bus[i].taken);
		if (w->bus[i].up)
			get_bus(w->r, w->bus[i].name, w->ms);
	}
}

static void step_bus(struct world *w, int i, int64_t step)
{
	const struct hj_now now = at(w->ms);

	if (!w->bus[i].up) {
		uint8_t boot[HJ_ID_BYTES] = { (uint8_t)rand(), (uint8_t)rand(), (uint8_t)rand(), 1 };

		if (w->ms < w->bus[i].back_at)
			return;
		w->bus[i].up = true;
		w->bus[i].taken = 0;
		hj_rollup_boot(get_bus(w->r, w->bus[i].name, w->ms), boot);
	}
	if (rand() % 5000 == 0) { /* dies, for seconds to an hour */
		hj_rollup_connect(hj_rollup_find(w->r, w->bus[i].name), false, &now);
		w->bus[i].up = false;
		w->bus[i].back_at = w->ms + rand() % (rand() % 4 ? 30000 : 3600000);
		return;
	}
	if (rand() % 3000 == 0) /* hangs: says nothing, and catches up afterwards */
		w->bus[i].lag_until = w->ms + rand() % (rand() % 2 ? 4000 : 900000);
	for (uint32_t p = 1; p <= PER_BUS; p++)
		if (rand() % 50) /* some of them old: a little late, or much */
			world_sample(w, i, (uint32_t)(i * PER_BUS) + p,
			        w->ms - (rand() % 2000 ? 0 : hj_min(rand() % 700000, w->ms - T0)));
	if (w->ms >= w->bus[i].lag_until)
		hj_rollup_upto(w->r, hj_rollup_find(w->r, w->bus[i].name), w->ms + step, &now);
}

static void run_week(unsigned seed)
{
	struct world w = { .length = 5 * MINUTE };
	int64_t step = 10000;

	srand(seed);
	w.cells = calloc(LABELS_MAX, sizeof(*w.cells));
	for (uint32_t p = 1; p <= POINTS; p++) {
		add_point(&w.d, p, p % PER_BUS == 0, (uint32_t)step);
		w.newest_total[p] = NAN;
	}
	hj_rollup_new(w.length, &w.d, &w.r);
	for (int i = 0; i < BUSES; i++)
		snprintf(w.bus[i].name, sizeof(w.bus[i].name), "bus%d", i);
	for (w.ms = T0; w.ms < T0 + WEEK_MS; w.ms += step) {
		for (int i = 0; i < BUSES; i++)
			step_bus(&w, i, step);
		world_take(&w);
		if (rand() % 2000 == 0)
			restart_store(&w);
	}
	/* All go; what is open then closes. */
	for (int i = 0; i < BUSES; i++) {
		const struct hj_now now = at(w.ms);

		hj_rollup_connect(hj_rollup_find(w.r, w.bus[i].name), false, &now);
	}
	w.ms += 3600000;
	world_take(&w);
	assert_true(w.offered > 600000);
	assert_int_equal(w.recorded + w.late, w.offered);
	assert_true(w.late > 0 && w.late < w.offered / 500);
	for (uint32_t p = PER_BUS; p <= POINTS; p += PER_BUS) /* the growth of all windows is that of the register */
		assert_true(w.cou_sum[p] == w.newest_total[p] - w.first_total[p]);
	hj_rollup_free(w.r);
	hj_dictionary_done(&w.d);
	free(w.cells);
}

static void test_weeks(void **state)
{
	for (unsigned seed = 1; seed <= 3; seed++)
		run_week(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_window),
		cmocka_unit_test(test_how_many_must_be_normal),
		cmocka_unit_test(test_an_hour_of_uneven_minutes),
		cmocka_unit_test(test_no_value_is_no_value),
		cmocka_unit_test(test_first_window_is_partial),
		cmocka_unit_test(test_join_grace_and_supplement),
		cmocka_unit_test(test_a_bus_that_is_gone),
		cmocka_unit_test(test_clock_steps_back),
		cmocka_unit_test(test_too_many_windows),
		cmocka_unit_test(test_checkpoint_is_strict),
		cmocka_unit_test(test_length_changes_at_a_boundary),
		cmocka_unit_test(test_length_changes_below_what_is_ahead),
		cmocka_unit_test(test_weeks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
