/* A clock that is set is an event; one that only goes on, or is moved a little, is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../services/eventd/eventd.h"
#include "hjgate/now.h"

static size_t steps(struct eventd *d, struct hj_now now)
{
	size_t n = 0;

	eventd_heed_clock(d, &now);
	assert_int_equal(eventd_flush(d), 0);
	for (size_t i = 0; i < d->book.count; i++)
		n += !strcmp(d->book.events[i]->code, "clock-stepped");
	return n;
}

static struct hj_now later(struct hj_now now, int64_t wall_ms, int64_t mono_ms)
{
	return (struct hj_now){ now.wall_ms + wall_ms, now.mono + (hj_usec)mono_ms * HJ_USEC_PER_MS };
}

static struct eventd *open_in(const char *root)
{
	struct eventd *d = NULL;
	sd_event *event = NULL;

	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(eventd_new(event, root, &d), 0);
	sd_event_unref(event);
	return d;
}

static void make_root(char root[HJ_PATH_MAX / 2])
{
	const char *folder = getenv("TMPDIR");
	char path[HJ_PATH_MAX];

	snprintf(root, HJ_PATH_MAX / 2, "%s/hj.XXXXXX", folder ? folder : "/tmp");
	assert_non_null(mkdtemp(root));
	for (const char *const *p =
	                (const char *const[]){ "var", "var/lib", "var/lib/hjgate", "run", "run/hjgate", NULL };
	        *p; p++) {
		snprintf(path, sizeof(path), "%s/%s", root, *p);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	snprintf(path, sizeof(path), "%s/run/hjgate/boot-id", root);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs("11111111-1111-1111-1111-111111111111\n", f);
	fclose(f);
}

static void tell(struct eventd *d, const char *code, enum row_is is, int64_t time_ms, bool sure)
{
	struct row row = { .is = is, .time_ms = time_ms, .trust = sure ? HJ_TRUST_RTC : HJ_TRUST_NONE };

	snprintf(row.code, sizeof(row.code), "%s", code);
	snprintf(row.key, sizeof(row.key), "it");
	assert_int_equal(eventd_log(d, &row, NULL), 0);
	assert_int_equal(eventd_flush(d), 0);
}

static const struct event *newest(const struct eventd *d, const char *code)
{
	for (size_t i = d->book.count; i-- > 0;)
		if (!strcmp(d->book.events[i]->code, code))
			return d->book.events[i];
	fail();
	return NULL;
}

/* Two clocks are read one after the other, and rounded. */
static bool is_near(int64_t ms, int64_t wanted_ms)
{
	return ms >= wanted_ms - 100 && ms <= wanted_ms + 100;
}

static void check_times(const struct eventd *d, int64_t late_ms, enum hj_trust trust)
{
	const struct event *power = newest(d, "power-failure"), *moment = newest(d, "samples-late"),
	                   *open = newest(d, "meter-lost");

	assert_int_equal(power->begin_ms, 5000000); /* it was known, and stays */
	assert_int_equal(power->trust, HJ_TRUST_RTC);
	assert_true(is_near(power->end_ms - 10000, late_ms));
	assert_int_equal(power->end_trust, trust);
	assert_true(is_near(moment->begin_ms - 20000, late_ms));
	assert_int_equal(moment->trust, trust);
	assert_true(is_near(open->begin_ms - 30000, late_ms));
	assert_true(event_is_open(open));
}

/* The clock begins in 1970, and an hour later somebody says what time it is. */
static void what_was_told_without_the_time_gets_it(void **state)
{
	char root[HJ_PATH_MAX / 2];
	struct hj_now now = hj_now();
	struct eventd *d;
	uint64_t rows;

	make_root(root);
	d = open_in(root);
	eventd_set_trust(d, HJ_TRUST_NONE, &now);
	tell(d, "power-failure", ROW_BEGIN, 5000000, true);
	tell(d, "power-failure", ROW_END, 10000, false);
	tell(d, "samples-late", ROW_MOMENT, 20000, false);
	tell(d, "meter-lost", ROW_BEGIN, 30000, false);
	check_times(d, 0, HJ_TRUST_NONE);
	rows = hj_ledger_rows(d->ledger);
	now = hj_now();
	now.wall_ms += 3600000;
	eventd_set_trust(d, HJ_TRUST_NTP, &now);
	check_times(d, 3600000, HJ_TRUST_NTP);
	assert_int_equal(hj_ledger_rows(d->ledger), rows + 1); /* nothing is rewritten */
	eventd_set_trust(d, HJ_TRUST_NTP, &now);
	assert_int_equal(hj_ledger_rows(d->ledger), rows + 1); /* and nothing is said twice */
	tell(d, "program-died", ROW_MOMENT, 40000, false);
	assert_int_equal(newest(d, "program-died")->begin_ms, 40000);
	eventd_free(d);
	d = open_in(root);
	check_times(d, 3600000, HJ_TRUST_NTP);
	assert_int_equal(newest(d, "program-died")->begin_ms, 40000);
	eventd_free(d);
}

/* Twice set by a hand that nobody trusts: what was told under each clock moves by its own error. */
static void each_wrong_clock_has_its_own_error(void **state)
{
	struct row a = { .is = ROW_MOMENT, .ahead_ms = 1000 }, b = { .is = ROW_MOMENT, .ahead_ms = 900000 };
	struct shift shift = { 0 };
	struct shifts all = { 0 };
	int64_t ahead_ms = 0;
	struct row row;

	assert_true(shift_gather(&shift, &ahead_ms, 5, &a));
	a.ahead_ms += SHIFT_SAME_MS - 1;
	assert_true(shift_gather(&shift, &ahead_ms, 7, &a));
	assert_false(shift_gather(&shift, &ahead_ms, 8, &b));
	assert_int_equal(shift.from, 5);
	assert_int_equal(shift.upto, 7);
	assert_int_equal(ahead_ms, 1000);
	for (uint64_t i = 1; i <= SHIFTS_MAX + 3; i++) {
		row = (struct row){
			.is = ROW_SHIFT, .of = 10 * i, .upto = 10 * i + 5, .by_ms = (int64_t)i, .trust = HJ_TRUST_NTP
		};
		shifts_add(&all, &row);
	}
	row = (struct row){ .time_ms = 1000 };
	shifts_apply(&all, 10 * SHIFTS_MAX + 5, &row);
	assert_int_equal(row.time_ms, 1000 + SHIFTS_MAX);
	assert_int_equal(row.trust, HJ_TRUST_NTP);
	row = (struct row){ .time_ms = 1000 };
	shifts_apply(&all, 10 * SHIFTS_MAX + 6, &row); /* between two spans */
	assert_int_equal(row.trust, HJ_TRUST_NONE);
	row = (struct row){ .time_ms = 1000, .trust = HJ_TRUST_RTC };
	shifts_apply(&all, 10 * SHIFTS_MAX + 5, &row);
	assert_int_equal(row.time_ms, 1000);
}

static void a_step_is_told_once(void **state)
{
	char root[HJ_PATH_MAX / 2], path[HJ_PATH_MAX];
	const char *folder = getenv("TMPDIR");
	struct hj_now now = { .wall_ms = 1790000000000, .mono = 5 * HJ_USEC_PER_SEC };
	struct eventd *d = NULL;
	sd_event *event = NULL;

	(void)state;
	snprintf(root, sizeof(root), "%s/hj.XXXXXX", folder ? folder : "/tmp");
	assert_non_null(mkdtemp(root));
	for (const char *const *p = (const char *const[]){ "var", "var/lib", "var/lib/hjgate", NULL }; *p; p++) {
		snprintf(path, sizeof(path), "%s/%s", root, *p);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(eventd_new(event, root, &d), 0);
	assert_non_null(d->clock);
	d->clock_ahead_ms = now.wall_ms - (int64_t)(now.mono / HJ_USEC_PER_MS);
	assert_int_equal(steps(d, later(now, 60000, 60000)), 0);
	assert_int_equal(steps(d, later(now, 60900, 60000)), 0);
	assert_int_equal(steps(d, later(now, 4000900, 400000)), 1); /* an hour ahead */
	assert_int_equal(steps(d, later(now, 4001900, 401000)), 1);
	assert_int_equal(steps(d, later(now, 402000, 402000)), 2); /* and back */
	assert_string_equal(d->book.events[d->book.count - 1]->values,
	        "{\"from\":\"2026-09-21 23:20:02\",\"to\":\"2026-09-21 22:20:02\"}");
	eventd_free(d);
	sd_event_unref(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_told_without_the_time_gets_it),
		cmocka_unit_test(each_wrong_clock_has_its_own_error),
		cmocka_unit_test(a_step_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
