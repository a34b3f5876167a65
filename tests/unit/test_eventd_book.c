/* The pieces of eventd: rows there and back, the book of events in RAM, the folding of floods. */
/* long because: three small pieces that are made of the same rows */
#include "../../services/eventd/api_event.h"
#include "../../services/eventd/fold.h"
#include "../../services/eventd/held.h"
#include "hjgate/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct row make(enum row_is is, const char *code, const char *key, int64_t time_ms)
{
	struct row r = { .is = is, .time_ms = time_ms };

	hj_text_copy(r.code, sizeof(r.code), code);
	hj_text_copy(r.key, sizeof(r.key), key);
	return r;
}

/* ---- rows ---- */

static void a_row_comes_back(void **state)
{
	struct row r = make(ROW_BEGIN, "meter-lost", "meter north.oven", 1000), back;
	struct hj_head head = { .label_ms = 1000, .trust = HJ_TRUST_NTP };
	_cleanup_(hj_buf_done) struct hj_buf body = { 0 };

	r.values = strdup("{\"meter\":\"oven \\\"A\\\"\",\"bus\":\"烘\"}");
	r.count = 3;
	assert_int_equal(row_encode(&r, &body), 0);
	assert_int_equal(row_decode(&head, body.data, body.len, &back), 0);
	assert_int_equal(back.is, ROW_BEGIN);
	assert_int_equal(back.time_ms, 1000);
	assert_int_equal(back.trust, HJ_TRUST_NTP);
	assert_int_equal(back.count, 3);
	assert_string_equal(back.code, "meter-lost");
	assert_string_equal(back.key, "meter north.oven");
	assert_string_equal(back.values, r.values);
	assert_null(back.cause);
	row_done(&back);
	row_done(&r);
}

static void a_bad_row_is_refused(void **state)
{
	static const char *const bad[] = { "", "{", "[]", "{}", "{\"is\":3}", "{\"is\":\"never\"}",
		"{\"is\":\"end\"}x" };
	struct hj_head head = { 0 };
	struct row back;

	for (size_t i = 0; i < hj_array_size(bad); i++)
		assert_int_equal(row_decode(&head, bad[i], strlen(bad[i]), &back), -EBADMSG);
}

/* ---- the book ---- */

static void put(struct book *b, uint64_t seq, struct row r)
{
	int error;

	book_apply(b, seq, &r, &error);
	assert_int_equal(error, 0);
	book_trim(b);
}

static void open_ones_outlive_the_newest(void **state)
{
	struct book b = { .newest = 3, .keep_open = true };
	char lost[] = "{\"lost\":7}";
	struct row end = { .is = ROW_END, .of = 1, .time_ms = 900, .values = lost };

	put(&b, 1, make(ROW_BEGIN, "meter-lost", "m", 10));
	for (uint64_t i = 2; i <= 20; i++)
		put(&b, i, make(ROW_MOMENT, "samples-late", "b", (int64_t)i));
	assert_int_equal(b.count, 4);
	assert_int_equal(b.open, 1);
	assert_int_equal(b.floor, 17);
	assert_non_null(book_find_open(&b, "meter-lost", "m"));
	assert_null(book_find_open(&b, "meter-lost", "n"));
	assert_null(book_find(&b, 17));
	assert_non_null(book_find(&b, 18));
	put(&b, 21, end);
	assert_null(book_find(&b, 1)); /* it has ended and is older than the newest three */
	assert_int_equal(b.open, 0);
	assert_int_equal(b.count, 3);
	book_done(&b);
}

static void an_end_adds_what_it_knows(void **state)
{
	struct book b = { .newest = 3, .keep_open = true };
	struct row begin = make(ROW_BEGIN, "outbox-full", "b", 10);
	char lost[] = "{\"lost\":7}", rat[] = "a rat", first[] = "{\"bus\":\"b\",\"lost\":0}";
	struct row end = { .is = ROW_END, .of = 1, .time_ms = 900, .count = 2, .values = lost };
	struct row cause = { .is = ROW_CAUSE, .of = 1, .cause = rat };
	struct event *e;
	json_t *j;

	begin.values = first;
	put(&b, 1, begin);
	put(&b, 2, end);
	put(&b, 3, cause);
	e = book_find(&b, 1);
	assert_false(event_is_open(e));
	assert_int_equal(e->end_ms, 900);
	assert_int_equal(e->count, 3);
	j = event_to_json(e);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(j, "values"), "lost")), 7);
	assert_string_equal(json_string_value(json_object_get(json_object_get(j, "values"), "bus")), "b");
	assert_string_equal(json_string_value(json_object_get(j, "cause")), "a rat");
	assert_string_equal(json_string_value(json_object_get(j, "class")), "fault");
	json_decref(j);
	book_done(&b);
}

static void too_many_open_are_bounded(void **state)
{
	struct book b = { .newest = 3, .keep_open = true };
	char key[32];

	for (uint64_t i = 1; i <= BOOK_OPEN_MAX + 5; i++) {
		snprintf(key, sizeof(key), "%d", (int)i);
		put(&b, i, make(ROW_BEGIN, "meter-lost", key, 10));
	}
	assert_int_equal(b.open, BOOK_OPEN_MAX);
	assert_int_equal(b.untracked, 5);
	book_done(&b);
}

/* ---- what is held ---- */

/* What is told while alertd is away is looked at later, when the work is over. */
static void what_comes_after_the_work_is_not_held(void **state)
{
	struct book b = { .newest = 10, .keep_open = true };
	struct row end = { .is = ROW_END, .of = 1, .time_ms = 2000 }, lost;

	put(&b, 1, make(ROW_BEGIN, "maintenance", "meter oven", 1000));
	lost = make(ROW_BEGIN, "meter-lost", "meter north.oven", 500);
	assert_true(outbox_holds(&b, &lost, 2, 500));
	put(&b, 3, end);
	assert_true(outbox_holds(&b, &lost, 2, 1000));
	assert_true(outbox_holds(&b, &lost, 2, 1999));
	assert_false(outbox_holds(&b, &lost, 4, 2000));
	assert_false(outbox_holds(&b, &lost, 4, 999)); /* the clock was set back behind the end */
	book_done(&b);
}

/* ---- floods ---- */

static struct rate *moment(struct folds *f, const char *code, const char *key, int64_t time_ms, hj_usec now)
{
	struct row r = make(ROW_MOMENT, code, key, time_ms);

	return folds_event(f, &r, now);
}

static struct rate *begin(struct folds *f, const char *code, const char *key, int64_t time_ms, hj_usec now)
{
	struct row r = make(ROW_BEGIN, code, key, time_ms);

	return folds_event(f, &r, now);
}

static struct rate *end(struct folds *f, const char *code, const char *key, int64_t time_ms, hj_usec now)
{
	struct row r = make(ROW_END, code, key, time_ms);
	struct rate *rate;

	r.values = strdup("{}");
	rate = folds_end(f, &r, now);
	row_done(&r);
	return rate;
}

static void a_flood_is_counted(void **state)
{
	struct folds f;
	struct row r;

	folds_init(&f);
	for (int i = 0; i < FOLD_MOST; i++) {
		assert_null(moment(&f, "samples-late", "b", i, 1000));
		folds_written(&f, "samples-late", "b", 100 + (uint64_t)i);
	}
	assert_int_equal(f.write_at, HJ_USEC_NEVER);
	for (int i = 0; i < 5; i++)
		assert_non_null(moment(&f, "samples-late", "b", 70 + i, 2000));
	assert_null(moment(&f, "samples-late", "other", 1, 2000));
	assert_int_equal(f.write_at, 2000 + FOLD_WRITE);
	assert_true(folds_take(&f, HJ_USEC_NEVER, &r));
	assert_int_equal(r.is, ROW_COUNT);
	assert_int_equal(r.of, 159);
	assert_int_equal(r.count, 5);
	assert_int_equal(r.time_ms, 74);
	assert_false(folds_take(&f, HJ_USEC_NEVER, &r));
	/* A new minute is written again. */
	assert_null(moment(&f, "samples-late", "b", 1, 1000 + FOLD_WINDOW));
	folds_done(&f);
}

static void a_flood_with_ever_other_keys_is_counted_as_one(void **state)
{
	struct rate *rate = NULL;
	unsigned written = 0;
	struct folds f;
	struct row r;

	folds_init(&f);
	for (int i = 0; i < 2000; i++) {
		char key[16];

		snprintf(key, sizeof(key), "bus %d", i);
		r = make(ROW_MOMENT, "samples-late", key, i);
		rate = folds_event(&f, &r, 1000);
		written += !rate;
		if (!rate)
			folds_written(&f, r.code, r.key, 100 + (uint64_t)i);
		assert_string_equal(r.key, i < FOLD_CODE_MOST ? key : FOLD_SEVERAL);
	}
	assert_int_equal(written, FOLD_CODE_MOST + FOLD_MOST);
	assert_true(folds_take(&f, HJ_USEC_NEVER, &r));
	assert_int_equal(r.count, 2000 - written);
	assert_int_equal(r.time_ms, 1999);
	assert_string_equal(r.key, FOLD_SEVERAL);
	/* What has a begin and an end stays apart, and so does what eventd finds changed in the configuration. */
	for (int i = 0; i < 2000; i++) {
		char key[16];

		snprintf(key, sizeof(key), "%d", i);
		r = make(ROW_MOMENT, "config-value", key, i);
		strcpy(r.source, "eventd");
		assert_null(folds_event(&f, &r, 1000));
		assert_string_equal(r.key, key);
		assert_null(begin(&f, "meter-lost", key, i, 1000));
	}
	assert_null(moment(&f, "samples-late", "bus x", 1, 1000 + FOLD_WINDOW)); /* a new minute */
	folds_done(&f);
}

/* Nobody is kept from having info told; but what is more than some hundreds a day of one code is one event with a
 * count, however long it goes on and however slowly, so that the ledger keeps what is worse. */
static void info_is_told_so_often_a_day(void **state)
{
	static const hj_usec step = 10 * HJ_USEC_PER_SEC, hour = 3600 * HJ_USEC_PER_SEC;
	uint64_t counted = 0, written = 0, follow = 0;
	hj_usec now = 1000;
	struct folds f;
	struct row r;

	folds_init(&f);
	for (int i = 0; i < 2 * 24 * 3600 / 10; i++, now += step) {
		char key[16];

		snprintf(key, sizeof(key), "record %d", i % 11);
		r = make(ROW_MOMENT, "data-exported", key, i);
		if (!folds_event(&f, &r, now)) {
			written++;
			folds_written(&f, r.code, r.key, 1000 + written);
		}
		if (i % 100 == 0) /* what is worse, and what else is info, is told meanwhile as ever */
			assert_null(moment(&f, "store-damaged", "x", i, now));
		if (i % 100 == 0)
			assert_null(moment(&f, "key-rotated", "x", i, now));
		assert_null(moment(&f, "switch-changed", key, i, now)); /* a pump that comes and goes */
		if (f.write_at > now)
			continue;
		for (; folds_take(&f, now, &r); follow++)
			counted += r.count;
		folds_wait(&f, now);
	}
	assert_int_equal(written, 2 * (FOLD_DAY_MOST + 1));
	assert_in_range(follow, 24, 2 * 24 * 6 + 2);
	while (folds_take(&f, HJ_USEC_NEVER, &r))
		counted += r.count;
	assert_int_equal(counted + written, 2 * 24 * 3600 / 10);
	assert_null(moment(&f, "data-exported", "record 1", 1, now + 24 * hour));
	folds_done(&f);
}

static void a_flapping_span_ends_as_it_should(void **state)
{
	struct folds f;
	struct row r;

	folds_init(&f);
	for (int i = 0; i < FOLD_MOST; i++) {
		assert_null(end(&f, "meter-lost", "m", i, 1000));
		assert_null(begin(&f, "meter-lost", "m", i, 1000));
		folds_written(&f, "meter-lost", "m", 7);
	}
	/* The sixtieth begin stands: its end is kept back, and what flaps meanwhile is counted. */
	for (int i = 0; i < 3; i++) {
		assert_non_null(end(&f, "meter-lost", "m", 100 + i, 2000));
		assert_non_null(begin(&f, "meter-lost", "m", 200 + i, 2000));
	}
	assert_true(folds_take(&f, HJ_USEC_NEVER, &r));
	assert_int_equal(r.is, ROW_COUNT); /* it is open at last */
	assert_int_equal(r.count, 3);
	row_done(&r);
	assert_non_null(end(&f, "meter-lost", "m", 300, 2000));
	assert_true(folds_take(&f, HJ_USEC_NEVER, &r));
	assert_int_equal(r.is, ROW_END);
	assert_int_equal(r.time_ms, 300);
	assert_string_equal(r.values, "{}");
	assert_string_equal(r.key, "m");
	row_done(&r);
	/* What begins after that is an event of its own, however often it flapped before. */
	assert_null(begin(&f, "meter-lost", "m", 301, 2000));
	folds_done(&f);
}

/* The disk refuses the event for longer than a count may wait: neither the count nor the end is forgotten. */
static void what_is_folded_waits_for_its_event(void **state)
{
	struct folds f;
	struct row r;

	folds_init(&f);
	for (int i = 0; i < FOLD_MOST; i++)
		assert_null(begin(&f, "meter-lost", "m", i, 1000));
	assert_non_null(end(&f, "meter-lost", "m", 100, 1000));
	assert_false(folds_take(&f, HJ_USEC_NEVER, &r));
	folds_wait(&f, 1000 + FOLD_WRITE);
	assert_int_equal(f.write_at, 1000 + 2 * FOLD_WRITE);
	folds_written(&f, "meter-lost", "m", 7);
	assert_true(folds_take(&f, HJ_USEC_NEVER, &r));
	assert_int_equal(r.is, ROW_END);
	assert_int_equal(r.of, 7);
	row_done(&r);
	assert_false(folds_take(&f, HJ_USEC_NEVER, &r));
	folds_wait(&f, 3000);
	assert_int_equal(f.write_at, HJ_USEC_NEVER);
	folds_done(&f);
}

/* The place of a rate whose end was taken back goes to another one (the sanitizer sees what stays behind). */
static void an_end_taken_back_leaves_nothing(void **state)
{
	char key[16];
	struct folds f;
	struct row r;

	folds_init(&f);
	for (int i = 0; i < FOLD_MOST; i++)
		assert_null(begin(&f, "meter-lost", "m", i, 1000));
	folds_written(&f, "meter-lost", "m", 7);
	assert_non_null(end(&f, "meter-lost", "m", 100, 1000));
	assert_non_null(begin(&f, "meter-lost", "m", 101, 1000));
	assert_true(folds_take(&f, HJ_USEC_NEVER, &r));
	assert_int_equal(r.is, ROW_COUNT);
	row_done(&r);
	for (int i = 0; i < FOLD_RATES_MAX; i++) {
		snprintf(key, sizeof(key), "%d", i);
		assert_null(moment(&f, "samples-late", key, 1, 2000));
	}
	assert_null(folds_find(&f, "meter-lost", "m"));
	folds_done(&f);
}

static void busy_rates_are_not_forgotten(void **state)
{
	char key[16];
	struct folds f;
	struct row r;
	int rows = 0;

	folds_init(&f);
	for (int i = 0; i < FOLD_RATES_MAX; i++) {
		snprintf(key, sizeof(key), "%d", i);
		assert_null(moment(&f, "bad-input", key, 1, 1000));
		folds_written(&f, "bad-input", key, (uint64_t)i + 1);
		assert_non_null(moment(&f, "bad-input", key, 2, 1000));
	}
	assert_null(moment(&f, "bad-input", "more", 1, 2000)); /* no place: written row by row */
	assert_null(moment(&f, "bad-input", "more", 2, 2000));
	while (folds_take(&f, HJ_USEC_NEVER, &r))
		rows++;
	assert_int_equal(rows, FOLD_RATES_MAX);
	assert_null(moment(&f, "bad-input", "more", 3, 2000));
	assert_non_null(moment(&f, "bad-input", "more", 4, 2000));
	folds_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_comes_back),
		cmocka_unit_test(a_bad_row_is_refused),
		cmocka_unit_test(open_ones_outlive_the_newest),
		cmocka_unit_test(an_end_adds_what_it_knows),
		cmocka_unit_test(too_many_open_are_bounded),
		cmocka_unit_test(what_comes_after_the_work_is_not_held),
		cmocka_unit_test(a_flood_is_counted),
		cmocka_unit_test(a_flood_with_ever_other_keys_is_counted_as_one),
		cmocka_unit_test(a_flapping_span_ends_as_it_should),
		cmocka_unit_test(info_is_told_so_often_a_day),
		cmocka_unit_test(what_is_folded_waits_for_its_event),
		cmocka_unit_test(an_end_taken_back_leaves_nothing),
		cmocka_unit_test(busy_rates_are_not_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
