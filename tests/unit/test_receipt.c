/* Receipts there and back: the usual minute, what is split, folded, passed over, out of order; how many bytes a day
 * of them takes; and what is not taken. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hjgate/clock.h"
#include "hjgate/receipt.h"

#define T0 1795017600000LL

static void assert_same(const struct hj_receipt *a, const struct hj_receipt *b)
{
	assert_true(a->from == b->from && a->to == b->to && a->packets == b->packets && a->qn_ms == b->qn_ms &&
	            a->qn_last_ms == b->qn_last_ms && a->sent_ms == b->sent_ms && a->acked_ms == b->acked_ms &&
	            a->unanswered == b->unanswered);
}

struct seen {
	struct hj_receipt list[64];
	unsigned count;
};

static int note(const struct hj_receipt *one, void *userdata)
{
	struct seen *s = userdata;

	s->list[s->count++] = *one;
	return s->count == 64;
}

static struct hj_receipt usual(uint64_t seq, int64_t qn_ms)
{
	return (struct hj_receipt){ .from = seq,
		.to = seq,
		.packets = 1,
		.qn_ms = qn_ms,
		.qn_last_ms = qn_ms,
		.sent_ms = qn_ms + 1,
		.acked_ms = qn_ms + 83 };
}

static void test_there_and_back(void **state)
{
	struct hj_receipts list = { 0 }, again;
	struct seen seen = { 0 };
	struct hj_receipt all[] = {
		usual(100, T0),
		usual(101, T0 + 60000),
		{ 102, 102, 0, 0, 0, 0, T0 + 60100, false },                                 /* passed over */
		usual(103, T0 + 120000),                                                     /* follows it */
		{ 104, 133, 1, T0 + 180000, T0 + 180000, T0 + 180002, T0 + 190000, false },  /* folded */
		{ 134, 134, 3, T0 + 240000, T0 + 240007, T0 + 240000, T0 + 240500, true },   /* split */
		usual(90, T0 + 250000),                                                      /* sent again */
		{ 140, 141, 1, T0 - 86400000, T0 - 86400000, T0 - 1000, T0 - 100000, true }, /* the clock went back */
		{ UINT64_C(1) << 62, UINT64_C(1) << 62, 1, 0, 0, HJ_TIME_MAX_MS, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < hj_array_size(all); i++)
		assert_int_equal(hj_receipts_add(&list, &all[i]), 0);
	assert_int_equal(list.count, hj_array_size(all));
	assert_int_equal(hj_receipts_each(list.packed.data, list.packed.len, note, &seen), 0);
	assert_int_equal(seen.count, hj_array_size(all));
	for (size_t i = 0; i < hj_array_size(all); i++)
		assert_same(&seen.list[i], &all[i]);
	assert_int_equal(hj_receipts_decode(list.packed.data, list.packed.len, &again), 0);
	assert_int_equal(again.count, list.count);
	assert_int_equal(again.packed.len, list.packed.len);
	assert_memory_equal(again.packed.data, list.packed.data, list.packed.len);
	/* It goes on where it was. */
	assert_int_equal(hj_receipts_add(&again, &all[0]), 0);
	assert_int_equal(hj_receipts_add(&list, &all[0]), 0);
	assert_memory_equal(again.packed.data, list.packed.data, list.packed.len);
	hj_receipts_done(&list);
	hj_receipts_done(&again);
}

/* A day of minutes, of which each goes out in two packets some ms apart. */
static void test_a_day_is_small(void **state)
{
	struct hj_receipts one = { 0 }, two = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 1440; i++) {
		struct hj_receipt r = usual(1 + i, T0 + (int64_t)(i * 60000 + i * 7919 % 1500));

		assert_int_equal(hj_receipts_add(&one, &r), 0);
		r.packets = 2;
		r.qn_last_ms += 61;
		assert_int_equal(hj_receipts_add(&two, &r), 0);
	}
	assert_true(one.packed.len <= 7 * 1440 + 16);
	assert_true(two.packed.len <= 9 * 1440 + 16);
	hj_receipts_done(&one);
	hj_receipts_done(&two);
}

/* A clock that went wrong does not make a list look as old as that. */
static void test_newest_is_the_latest(void **state)
{
	struct hj_receipts list = { 0 }, again;
	struct hj_receipt one = usual(1, T0), earlier = usual(2, T0 - 1000);

	assert_int_equal(hj_receipts_add(&list, &one), 0);
	assert_int_equal(hj_receipts_add(&list, &earlier), 0);
	assert_true(list.newest_ms == one.acked_ms);
	assert_int_equal(hj_receipts_decode(list.packed.data, list.packed.len, &again), 0);
	assert_true(again.newest_ms == one.acked_ms);
	hj_receipts_done(&again);
	hj_receipts_done(&list);
}

/* Nor does one that was wrong all the while: a QN is never below the one before. */
static void test_newest_by_its_qn(void **state)
{
	struct hj_receipts list = { 0 };
	struct hj_receipt one = usual(1, T0);

	one.sent_ms = one.acked_ms = 946684819000; /* 2000 */
	assert_int_equal(hj_receipts_add(&list, &one), 0);
	assert_true(list.newest_ms == one.qn_last_ms);
	hj_receipts_done(&list);
}

static void test_what_is_refused(void **state)
{
	struct hj_receipts list = { 0 };
	struct hj_receipt good = usual(5, T0), bad;
	struct seen seen = { 0 };

	(void)state;
#define REFUSED(change)                                                                                              \
	do {                                                                                                         \
		bad = good;                                                                                          \
		change;                                                                                              \
		assert_int_equal(hj_receipts_add(&list, &bad), -EBADMSG);                                            \
	} while (0)
	REFUSED(bad.from = 0);
	REFUSED(bad.to = 4);
	REFUSED(bad.to = UINT64_MAX);
	REFUSED(bad.packets = HJ_RECEIPT_PACKETS_MOST + 1);
	REFUSED(bad.packets = 0);
	REFUSED(bad.qn_last_ms++);
	REFUSED(bad.qn_ms = -1);
	REFUSED(bad.acked_ms = HJ_TIME_MAX_MS + 1);
	REFUSED(bad.sent_ms = -1);
	assert_int_equal(list.packed.len, 0);
	for (unsigned i = 0; i < HJ_RECEIPTS_MOST; i++)
		assert_int_equal(hj_receipts_add(&list, &good), 0);
	assert_int_equal(hj_receipts_add(&list, &good), -ENOSPC);
	/* Cut anywhere it is read up to there, or refused: never beyond. */
	hj_receipts_done(&list);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(hj_receipts_add(&list, &good), 0);
	for (size_t n = 0; n < list.packed.len; n++) {
		seen.count = 0;
		hj_receipts_each(list.packed.data, n, note, &seen);
		assert_true(seen.count < 3);
	}
	hj_receipts_done(&list);
}

static void test_body(void **state)
{
	struct hj_receipts list = { 0 };
	struct hj_receipt one = usual(7, T0);
	struct hj_buf body = { 0 };
	struct seen seen = { 0 };
	char uplink[HJ_NAME_MAX + 1];
	const void *packed;
	size_t n;

	(void)state;
	assert_int_equal(hj_receipts_add(&list, &one), 0);
	assert_int_equal(hj_receipt_body_encode("no such name", &list, &body), -EINVAL);
	assert_int_equal(hj_receipt_body_encode("county", &list, &body), 0);
	assert_int_equal(hj_receipt_body_decode(body.data, body.len, uplink, &packed, &n), 0);
	assert_string_equal(uplink, "county");
	assert_int_equal(hj_receipts_each(packed, n, note, &seen), 0);
	assert_int_equal(seen.count, 1);
	assert_same(&seen.list[0], &one);
	body.data[0]++;
	assert_int_equal(hj_receipt_body_decode(body.data, body.len, uplink, &packed, &n), -EBADMSG);
	body.data[0]--;
	body.data[2] = '/';
	assert_int_equal(hj_receipt_body_decode(body.data, body.len, uplink, &packed, &n), -EBADMSG);
	assert_int_equal(hj_receipt_body_decode(body.data, 3, uplink, &packed, &n), -EBADMSG);
	hj_buf_done(&body);
	hj_receipts_done(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_a_day_is_small),
		cmocka_unit_test(test_newest_is_the_latest),
		cmocka_unit_test(test_newest_by_its_qn),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
