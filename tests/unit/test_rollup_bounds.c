/* A rollup at its bounds: more buses, points and falls than are kept, stretches of closed labels that join, and
 * checkpoints that none of ours can be. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/rollup.h"
#include "hjgate/total.h"

#define T0     (1795017600000LL) /* a Beijing midnight */
#define MINUTE 60000LL

static struct hj_now at(int64_t ms)
{
	return (struct hj_now){ .wall_ms = ms, .mono = (hj_usec)(ms - T0 + 100000) * HJ_USEC_PER_MS };
}

static void add_point(struct hj_dictionary *d, uint32_t number, bool total)
{
	struct hj_point p = { .number = number, .total = total, .interval_ms = 1000 };

	snprintf(p.name, sizeof(p.name), "meter.p%u", number);
	assert_int_equal(hj_dictionary_put(d, &p), 0);
}

static int add(struct hj_rollup *r, struct hj_rollup_bus *b, uint32_t point, int64_t ms, double value)
{
	const struct hj_sample s = { .point = point, .time_ms = ms, .value = value, .flag = HJ_FLAG_NORMAL };

	return hj_rollup_add(r, b, &s);
}

static int get_bus(struct hj_rollup *r, const char *name, int64_t ms, struct hj_rollup_bus **ret)
{
	const struct hj_now now = at(ms);

	return hj_rollup_get(r, name, &now, ret);
}

/* ---- buses ---- */

/* The one that has been away longest makes room, never one that is there or has something open. */
static void buses_make_room(void **state)
{
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r;
	struct hj_rollup_bus *b[HJ_ROLLUP_BUSES_MAX], *more = NULL;
	char name[16];

	add_point(&d, 1, false);
	assert_int_equal(hj_rollup_new(MINUTE, &d, &r), 0);
	assert_null(hj_rollup_at(r, 0));
	for (int i = 0; i < HJ_ROLLUP_BUSES_MAX; i++) {
		const struct hj_now now = at(T0);

		snprintf(name, sizeof(name), "bus%d", i);
		assert_int_equal(get_bus(r, name, T0, &b[i]), 0);
		hj_rollup_connect(b[i], true, &now);
	}
	assert_int_equal(get_bus(r, "more", T0, &more), -ENOSPC);
	assert_null(more);
	assert_int_equal(get_bus(r, "bus7", T0, &more), 0);
	assert_ptr_equal(more, b[7]);
	/* Bus 3 left first, and what it read is not in a record yet; 9 left before 5. */
	assert_int_equal(add(r, b[3], 1, T0 + 1, 5), 0);
	for (int i = 0; i < 3; i++) {
		static const int leaves[] = { 3, 9, 5 };
		const struct hj_now now = at(T0 + 10 + i);

		hj_rollup_connect(b[leaves[i]], false, &now);
		hj_rollup_connect(b[leaves[i]], false, &now); /* told twice: it left only once */
	}
	assert_int_equal(get_bus(r, "more", T0 + 20, &more), 0);
	assert_null(hj_rollup_find(r, "bus9"));
	assert_non_null(hj_rollup_find(r, "bus3"));
	assert_non_null(hj_rollup_find(r, "bus5"));
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

static void the_same_boot_goes_on(void **state)
{
	static const uint8_t boot[HJ_ID_BYTES] = "one boot", other[HJ_ID_BYTES] = "another";
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r;
	struct hj_rollup_bus *b;
	struct hj_rollup_look look;

	add_point(&d, 1, false);
	assert_int_equal(hj_rollup_new(MINUTE, &d, &r), 0);
	assert_int_equal(get_bus(r, "north", T0, &b), 0);
	hj_rollup_boot(b, boot);
	assert_int_equal(add(r, b, 1, T0 + 1, 5), 0);
	hj_rollup_boot(b, boot);
	hj_rollup_look(b, &look);
	assert_int_equal(look.counted, 1);
	hj_rollup_boot(b, other);
	hj_rollup_look(b, &look);
	assert_int_equal(look.counted, 0);
	assert_memory_equal(look.boot, other, HJ_ID_BYTES);
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

/* ---- totals ---- */

static void falls_are_told_once(void **state)
{
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r;
	struct hj_rollup_bus *b;
	struct hj_fallen f;
	unsigned n = 0;

	add_point(&d, 1, true);
	assert_int_equal(hj_rollup_new(MINUTE, &d, &r), 0);
	assert_int_equal(get_bus(r, "north", T0, &b), 0);
	assert_false(hj_rollup_fallen(r, &f));
	for (int i = 0; i < HJ_ROLLUP_FALLEN_MAX + 4; i++) {
		assert_int_equal(add(r, b, 1, T0 + 2 * i, 1000 - i), 0);
		assert_int_equal(add(r, b, 1, T0 + 2 * i + 1, 1), 0);
	}
	assert_int_equal(add(r, b, 1, T0 + 500, 0.9), 0); /* trembles: no reset */
	while (hj_rollup_fallen(r, &f)) {
		assert_int_equal(f.point, 1);
		assert_true(f.to == 1 && f.from == 1000 - (double)((f.time_ms - T0) / 2));
		n++;
	}
	assert_int_equal(n, HJ_ROLLUP_FALLEN_MAX);
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

static void only_totals_are_swapped(void **state)
{
	const struct hj_now now = at(T0);
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r;
	double old = 5, new = 5;

	add_point(&d, 1, false);
	add_point(&d, 2, true);
	assert_int_equal(hj_rollup_new(MINUTE, &d, &r), 0);
	assert_int_equal(hj_rollup_swap(r, 1, 100, 0, &now, &old, &new), -EINVAL);
	assert_int_equal(hj_rollup_swap(r, 3, 100, 0, &now, &old, &new), -EINVAL);
	assert_true(old == 5 && new == 5);
	assert_int_equal(hj_rollup_swap(r, 2, 100, 0, &now, &old, &new), HJ_TOTAL_AWAITED);
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

static bool is_new(const struct hj_rollup *r, uint32_t point, double value)
{
	const struct hj_sample s = { .point = point, .time_ms = T0, .value = value, .flag = HJ_FLAG_NORMAL };

	return hj_rollup_is_new_meter(r, &s);
}

/* Before it is counted it is known; no answer is nobody's reading. */
static void a_new_meter_is_known_by_its_reading(void **state)
{
	const struct hj_now now = at(T0);
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r;
	struct hj_rollup_bus *b;
	double old, new;

	add_point(&d, 1, false);
	add_point(&d, 2, true);
	assert_int_equal(hj_rollup_new(MINUTE, &d, &r), 0);
	assert_int_equal(get_bus(r, "north", T0, &b), 0);
	assert_int_equal(add(r, b, 1, T0 + 1, 100), 0);
	assert_int_equal(add(r, b, 2, T0 + 1, 100), 0);
	assert_false(is_new(r, 2, 50000));
	assert_int_equal(hj_rollup_swap(r, 2, NAN, 50000, &now, &old, &new), HJ_TOTAL_AWAITED);
	assert_false(is_new(r, 1, 50000));
	assert_false(is_new(r, 2, 101));
	assert_false(is_new(r, 2, NAN));
	assert_true(is_new(r, 2, 50000.5));
	assert_int_equal(add(r, b, 2, T0 + 2, 50000.5), 0);
	assert_false(is_new(r, 2, 50000.5));
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

/* ---- closed labels ---- */

static void close_label(struct hj_rollup *r, struct hj_rollup_bus *b, int64_t label_ms)
{
	const struct hj_now now = at(label_ms + 2 * MINUTE);
	struct hj_closed c;

	assert_int_equal(add(r, b, 1, label_ms, 1), 0);
	hj_rollup_upto(r, b, label_ms + MINUTE, &now);
	assert_int_equal(hj_rollup_take(r, &now, &c), 1);
	assert_int_equal(c.label_ms, label_ms);
	hj_stats_done(&c.stats);
}

/* Each second minute is a stretch of its own. Beyond the bound the two nearest join: what comes for the label between
 * is late then, and no label is closed twice. */
static void stretches_of_closed_labels_join(void **state)
{
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r;
	struct hj_rollup_bus *b;
	int64_t near = T0 + 1000 * MINUTE;

	add_point(&d, 1, false);
	assert_int_equal(hj_rollup_new(MINUTE, &d, &r), 0);
	assert_int_equal(get_bus(r, "north", T0, &b), 0);
	for (int64_t i = 0; i < HJ_ROLLUP_CLOSED_MAX - 1; i++)
		close_label(r, b, T0 + 10 * i * MINUTE);
	close_label(r, b, near);
	close_label(r, b, near + 2 * MINUTE);
	for (int64_t i = 0; i < HJ_ROLLUP_CLOSED_MAX - 1; i++)
		assert_int_equal(add(r, b, 1, T0 + 10 * i * MINUTE, 1), HJ_ROLLUP_LATE);
	for (int64_t i = 0; i < 3; i++)
		assert_int_equal(add(r, b, 1, near + i * MINUTE, 1), HJ_ROLLUP_LATE);
	/* What is void may come again, and only that. */
	hj_rollup_forget(r, near + MINUTE);
	assert_int_equal(add(r, b, 1, near, 1), HJ_ROLLUP_LATE);
	assert_int_equal(add(r, b, 1, near + MINUTE, 1), 0);
	hj_rollup_forget(r, T0 + 5 * MINUTE);
	assert_int_equal(add(r, b, 1, T0, 1), HJ_ROLLUP_LATE);
	assert_int_equal(add(r, b, 1, T0 + 10 * MINUTE, 1), 0);
	hj_rollup_forget(r, T0);
	hj_rollup_forget(r, T0);
	assert_int_equal(add(r, b, 1, T0, 1), 0);
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

/* A clock that was ahead for a while has closed labels there. What lies between is still to come, however many
 * outages there were before. */
static void the_time_before_a_wrong_clocks_is_not_closed(void **state)
{
	for (int64_t outages = HJ_ROLLUP_CLOSED_MAX - 2; outages < HJ_ROLLUP_CLOSED_MAX + 4; outages++) {
		struct hj_dictionary d = { 0 };
		struct hj_rollup *r;
		struct hj_rollup_bus *b;
		int64_t today = T0 + outages * 24 * 60 * MINUTE;

		add_point(&d, 1, false);
		assert_int_equal(hj_rollup_new(MINUTE, &d, &r), 0);
		assert_int_equal(get_bus(r, "north", T0, &b), 0);
		for (int64_t i = 0; i < outages; i++)
			close_label(r, b, T0 + i * 24 * 60 * MINUTE);
		close_label(r, b, today + 4 * 60 * MINUTE); /* four hours ahead */
		for (int64_t i = 0; i < 4 * 60; i++)
			close_label(r, b, today + i * MINUTE);
		assert_int_equal(add(r, b, 1, today + 4 * 60 * MINUTE, 1), HJ_ROLLUP_LATE);
		assert_int_equal(add(r, b, 1, today + 60 * MINUTE, 1), HJ_ROLLUP_LATE);
		hj_rollup_free(r);
		hj_dictionary_done(&d);
	}
}

/* ---- checkpoints that are none ---- */

struct forged {
	unsigned version, totals, buses, closed, windows;
	const char *name;
	int64_t length_ms, label_ms, from_ms, window_ms, step_ms;
};

static const struct forged good = { .version = 1,
	.totals = 1,
	.buses = 1,
	.closed = 1,
	.windows = 1,
	.name = "north",
	.length_ms = MINUTE,
	.label_ms = T0,
	.from_ms = T0,
	.window_ms = MINUTE,
	.step_ms = MINUTE };

static void forge_bus(const struct forged *f, struct hj_buf *b)
{
	hj_buf_put_be(b, strlen(f->name), 1);
	hj_buf_put(b, f->name, strlen(f->name));
	hj_buf_put(b, "0123456789abcdef", HJ_ID_BYTES);
	hj_buf_put_be(b, 7, 8);
	hj_buf_put_be(b, T0, 8);
	hj_buf_put_be(b, T0, 8);
	hj_buf_put_be(b, f->closed, 1);
	for (unsigned i = 0; i < f->closed; i++) {
		hj_buf_put_be(b, (uint64_t)(T0 - (i * 2 + 1) * MINUTE), 8);
		hj_buf_put_be(b, (uint64_t)(T0 - i * 2 * MINUTE), 8);
	}
	hj_buf_put_be(b, f->windows, 1);
	for (unsigned i = 0; i < f->windows; i++) {
		hj_buf_put_be(b, (uint64_t)(f->label_ms + i * f->step_ms), 8);
		hj_buf_put_be(b, (uint64_t)f->window_ms, 4);
		hj_buf_put_be(b, (uint64_t)(f->from_ms + i * f->step_ms), 8);
		hj_buf_put_be(b, 0, 1);
		hj_buf_put_be(b, 0, 4); /* no points */
	}
}

static int decode(const struct forged *f, struct hj_rollup *r)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	const struct hj_now now = at(T0 + MINUTE);

	hj_buf_put_be(&b, f->version, 1);
	hj_buf_put_be(&b, (uint64_t)f->length_ms, 4);
	hj_buf_put_be(&b, (uint64_t)f->length_ms, 4);
	hj_buf_put_be(&b, (uint64_t)INT64_MIN, 8);
	hj_buf_put_be(&b, f->totals, 2);
	for (unsigned i = 0; i < f->totals; i++) {
		hj_buf_put_be(&b, 1000 + i, 4);
		hj_buf_put_double(&b, 100);
	}
	hj_buf_put_be(&b, f->buses, 1);
	for (unsigned i = 0; i < f->buses; i++)
		forge_bus(f, &b);
	return hj_rollup_decode(r, b.data, b.len, &now);
}

/* Refused as a whole, and the rollup is as new afterwards. */
static void what_no_rollup_has_written(void **state)
{
	struct hj_dictionary d = { 0 };
	struct hj_rollup *r;
	struct forged f;

	assert_int_equal(hj_rollup_new(MINUTE, &d, &r), 0);
#define REFUSED(change)                                                                                              \
	do {                                                                                                         \
		f = good;                                                                                            \
		change;                                                                                              \
		assert_int_equal(decode(&f, r), -EBADMSG);                                                           \
		assert_null(hj_rollup_at(r, 0));                                                                     \
	} while (0)
	REFUSED(f.version = 0);
	REFUSED(f.version = 3);
	REFUSED(f.length_ms = 0);
	REFUSED(f.totals = HJ_POINTS_MAX + 1);
	REFUSED(f.buses = 2); /* the same one */
	REFUSED(f.buses = HJ_ROLLUP_BUSES_MAX + 1);
	REFUSED(f.name = "");
	REFUSED(f.name = "a b");
	REFUSED(f.name = "much-longer-than-the-name-of-any-bus-that-could-ever-have-been-configured-here");
	REFUSED(f.closed = HJ_ROLLUP_CLOSED_MAX + 1);
	REFUSED(f.windows = HJ_ROLLUP_WINDOWS_MAX + 1);
	REFUSED(f.windows = 2; f.step_ms = 0);
	REFUSED(f.window_ms = 0);
	REFUSED(f.label_ms = HJ_TIME_MAX_MS + 1; f.from_ms = f.label_ms);
	REFUSED(f.label_ms = -HJ_TIME_MAX_MS - 1; f.from_ms = f.label_ms);
	REFUSED(f.from_ms = T0 - 1);
	REFUSED(f.from_ms = T0 + MINUTE);
	f = good;
	assert_int_equal(decode(&f, r), 0);
	assert_non_null(hj_rollup_find(r, "north"));
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

/* As many points as a gateway has, none of them of this one: there is no room for another. */
static void a_checkpoint_full_of_strangers(void **state)
{
	const struct hj_now now = at(T0 + MINUTE);
	struct hj_dictionary d = { 0 };
	struct forged f = good;
	struct hj_rollup *r;
	double old, new;

	add_point(&d, 1, true);
	assert_int_equal(hj_rollup_new(MINUTE, &d, &r), 0);
	f.totals = HJ_POINTS_MAX;
	assert_int_equal(decode(&f, r), 0);
	assert_int_equal(add(r, hj_rollup_find(r, "north"), 1, T0 + 1, 5), -EINVAL);
	assert_int_equal(hj_rollup_swap(r, 1, 100, 0, &now, &old, &new), -EINVAL);
	hj_rollup_free(r);
	hj_dictionary_done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buses_make_room),
		cmocka_unit_test(the_same_boot_goes_on),
		cmocka_unit_test(falls_are_told_once),
		cmocka_unit_test(only_totals_are_swapped),
		cmocka_unit_test(a_new_meter_is_known_by_its_reading),
		cmocka_unit_test(stretches_of_closed_labels_join),
		cmocka_unit_test(the_time_before_a_wrong_clocks_is_not_closed),
		cmocka_unit_test(what_no_rollup_has_written),
		cmocka_unit_test(a_checkpoint_full_of_strangers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
