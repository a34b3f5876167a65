/* Modbus TCP: frames byte for byte as V1.0b shows them, and what is made of answers that come late, in pieces, twice,
 * to nobody, or not as Modbus at all. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_mbap.h"

static const struct hj_question TWO = { .unit_id = 5, .table = HJ_TABLE_HOLDING, .address = 4, .count = 2 };
static const struct hj_question OTHER = { .unit_id = 5, .table = HJ_TABLE_HOLDING, .address = 90, .count = 2 };

/* An answer of two registers to this transaction. */
static size_t answer(uint8_t *to, unsigned transaction, unsigned unit, unsigned first, unsigned second)
{
	const uint8_t frame[] = { (uint8_t)(transaction >> 8), (uint8_t)transaction, 0, 0, 0, 7, (uint8_t)unit, 3, 4,
		(uint8_t)(first >> 8), (uint8_t)first, (uint8_t)(second >> 8), (uint8_t)second };

	memcpy(to, frame, sizeof(frame));
	return sizeof(frame);
}

static struct hj_mbap asked(const struct hj_question *q)
{
	struct hj_mbap m = { 0 };
	uint8_t to[HJ_FRAME_MAX];

	assert_true(hj_mbap_begin(&m, q, to) > 0);
	return m;
}

static void asks_as_the_standard_says(void **state)
{
	static const uint8_t data[] = { 0x12, 0x34, 0xab, 0xcd };
	static const struct {
		struct hj_question q;
		size_t n;
		uint8_t frame[20];
	} rows[] = {
		{ TWO, 12, { 0, 1, 0, 0, 0, 6, 5, 3, 0, 4, 0, 2 } },
		{ { .unit_id = 247, .table = HJ_TABLE_COIL, .address = 300, .count = 11 }, 12,
		        { 0, 1, 0, 0, 0, 6, 247, 1, 1, 44, 0, 11 } },
		{ { .unit_id = 255, .table = HJ_TABLE_INPUT, .address = 7, .count = 1 }, 12,
		        { 0, 1, 0, 0, 0, 6, 255, 4, 0, 7, 0, 1 } }, /* a device reached directly */
		{ { .unit_id = 1, .table = HJ_TABLE_HOLDING, .address = 1, .count = 2, .function = 16, .data = data },
		        17, { 0, 1, 0, 0, 0, 11, 1, 16, 0, 1, 0, 2, 4, 0x12, 0x34, 0xab, 0xcd } },
	};

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		struct hj_mbap m = { 0 };
		uint8_t to[HJ_FRAME_MAX];

		assert_int_equal(hj_mbap_begin(&m, &rows[i].q, to), rows[i].n);
		assert_memory_equal(to, rows[i].frame, rows[i].n);
	}
}

static void asks_nothing_that_does_not_exist(void **state)
{
	static const struct hj_question rows[] = {
		{ .unit_id = 0, .table = HJ_TABLE_HOLDING, .count = 1 },
		{ .unit_id = 248, .table = HJ_TABLE_HOLDING, .count = 1 },
		{ .unit_id = 254, .table = HJ_TABLE_HOLDING, .count = 1 },
		{ .unit_id = 1, .table = HJ_TABLE_HOLDING, .count = 126 },
		{ .unit_id = 1, .table = HJ_TABLE_INPUT, .address = 65535, .count = 2 },
		{ .unit_id = 1, .table = HJ_TABLE_DATA, .count = 1 },
	};
	struct hj_mbap m = { 0 };
	uint8_t to[HJ_FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		assert_int_equal(hj_mbap_begin(&m, &rows[i], to), -EINVAL);
		assert_false(m.pending);
	}
}

static void an_answer_comes_in_any_pieces(void **state)
{
	uint8_t frame[32];
	size_t n = answer(frame, 1, 5, 0x1234, 0xabcd);

	(void)state;
	for (size_t cut = 1; cut < n; cut++) {
		struct hj_mbap m = asked(&TWO);

		assert_int_equal(hj_mbap_feed(&m, frame, cut), 0);
		assert_int_equal(hj_mbap_feed(&m, frame + cut, n - cut), 1);
		assert_int_equal(m.outcome, 0);
		assert_int_equal(m.answer.length, 4);
		assert_memory_equal(m.answer.data, frame + 9, 4);
		assert_int_equal(m.received_length, n);
		assert_int_equal(m.junk, 0);
	}
}

static void a_device_reached_directly_answers_as_itself(void **state)
{
	const struct hj_question direct = { .unit_id = 255, .table = HJ_TABLE_HOLDING, .address = 4, .count = 2 };
	struct hj_mbap m = asked(&direct);
	uint8_t frame[32];
	size_t n = answer(frame, 1, 255, 1, 2);

	(void)state;
	assert_int_equal(hj_mbap_feed(&m, frame, n), 1);
	assert_int_equal(m.outcome, 0);
	m = asked(&direct);
	n = answer(frame, 1, 1, 1, 2);
	assert_int_equal(hj_mbap_feed(&m, frame, n), 1);
	assert_int_equal(m.outcome, -EBADMSG);
	assert_int_equal(hj_protocol_rtu.encode(&direct, frame), -EINVAL); /* of a line there is none */
}

static void a_late_answer_is_never_taken_for_the_next(void **state)
{
	struct hj_mbap m = asked(&TWO);
	uint8_t bytes[64], to[HJ_FRAME_MAX];
	size_t late, n;

	(void)state;
	hj_mbap_give_up(&m);
	hj_mbap_begin(&m, &OTHER, to);
	late = answer(bytes, 1, 5, 1, 2); /* fits OTHER in everything but the transaction */
	assert_int_equal(hj_mbap_feed(&m, bytes, late), 0);
	assert_int_equal(m.junk, late);
	assert_true(m.junk_is_late && m.late_whole);
	assert_true(hj_question_same(&m.late, &TWO));
	n = answer(bytes, 2, 5, 3, 4);
	assert_int_equal(hj_mbap_feed(&m, bytes, n), 1);
	assert_int_equal(m.answer.data[3], 4);
	hj_mbap_told(&m);
	assert_false(m.junk || m.junk_is_late || m.late_whole);
}

/* Of the unit nothing was heard, so it needs no more time; nor is it junk, since it was asked for. */
static void a_gateway_that_gives_up_late_says_nothing_of_the_unit(void **state)
{
	static const struct {
		uint8_t exception;
		bool late;
	} rows[] = { { 2, true }, { 6, true }, { 10, false }, { 11, false } };

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		const uint8_t frame[] = { 0, 1, 0, 0, 0, 3, 5, 0x83, rows[i].exception };
		struct hj_mbap m = asked(&TWO);

		hj_mbap_give_up(&m);
		assert_int_equal(hj_mbap_feed(&m, frame, sizeof(frame)), 0);
		assert_int_equal(m.late_whole, rows[i].late);
		assert_int_equal(m.junk, rows[i].late ? sizeof(frame) : 0);
		assert_false(m.lates[0].owed);
	}
}

static void both_in_one_piece_is_the_same(void **state)
{
	struct hj_mbap m = asked(&TWO);
	uint8_t bytes[64], to[HJ_FRAME_MAX];
	size_t n;

	(void)state;
	hj_mbap_begin(&m, &OTHER, to);
	n = answer(bytes, 1, 5, 1, 2);
	n += answer(bytes + n, 2, 5, 3, 4);
	n += answer(bytes + n, 2, 5, 9, 9); /* an answer that is said twice is one answer */
	assert_int_equal(hj_mbap_feed(&m, bytes, n), 1);
	assert_int_equal(m.answer.data[3], 4);
	assert_int_equal(m.junk, 2 * n / 3);
	assert_true(m.late_whole);
}

static void what_does_not_fit_is_no_answer(void **state)
{
	static const struct {
		uint8_t frame[16];
		size_t n;
		int outcome, exception;
	} rows[] = {
		{ { 0, 1, 0, 0, 0, 7, 6, 3, 4, 1, 2, 3, 4 }, 13, -EBADMSG, 0 },    /* another unit */
		{ { 0, 1, 0, 0, 0, 7, 5, 4, 4, 1, 2, 3, 4 }, 13, -EBADMSG, 0 },    /* another function */
		{ { 0, 1, 0, 0, 0, 5, 5, 3, 2, 1, 2 }, 11, -EBADMSG, 0 },          /* one register */
		{ { 0, 1, 0, 0, 0, 6, 5, 3, 4, 1, 2, 3 }, 12, -EBADMSG, 0 },       /* a byte less than it says */
		{ { 0, 1, 0, 0, 0, 8, 5, 3, 4, 1, 2, 3, 4, 5 }, 14, -EBADMSG, 0 }, /* one more */
		{ { 0, 1, 0, 0, 0, 3, 5, 0x83, 2 }, 9, -EREMOTEIO, 2 },
		{ { 0, 1, 0, 0, 0, 3, 5, 0x84, 2 }, 9, -EBADMSG, 0 },
	};

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		struct hj_mbap m = asked(&TWO);

		assert_int_equal(hj_mbap_feed(&m, rows[i].frame, rows[i].n), 1);
		assert_int_equal(m.outcome, rows[i].outcome);
		assert_int_equal(m.answer.exception, rows[i].exception);
		assert_non_null(m.answer.why);
	}
}

static void what_is_no_modbus_ends_the_connection(void **state)
{
	static const struct {
		uint8_t bytes[8];
		size_t n;
	} rows[] = {
		{ "HTTP/1", 6 },
		{ { 0, 1, 0, 1, 0, 7 }, 6 },   /* another protocol */
		{ { 0, 1, 0, 0, 0, 2 }, 6 },   /* a unit and a function alone */
		{ { 0, 1, 0, 0, 0, 255 }, 6 }, /* longer than any */
		{ { 0, 1, 0, 0, 4, 0 }, 6 },
	};

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		struct hj_mbap m = asked(&TWO);

		assert_int_equal(hj_mbap_feed(&m, rows[i].bytes, rows[i].n), -EPROTO);
	}
}

static void a_new_connection_owes_nothing(void **state)
{
	struct hj_mbap m = asked(&TWO);
	uint8_t bytes[32], to[HJ_FRAME_MAX];
	size_t n = answer(bytes, 1, 5, 1, 2);

	(void)state;
	hj_mbap_feed(&m, bytes, 9);
	hj_mbap_connected(&m);
	hj_mbap_begin(&m, &OTHER, to);
	assert_int_equal(m.transaction, 2);
	assert_int_equal(hj_mbap_feed(&m, bytes, n), 0); /* known as no answer, but of nobody who is waited for */
	assert_int_equal(m.junk, n);
	assert_false(m.junk_is_late);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_as_the_standard_says),
		cmocka_unit_test(asks_nothing_that_does_not_exist),
		cmocka_unit_test(an_answer_comes_in_any_pieces),
		cmocka_unit_test(a_device_reached_directly_answers_as_itself),
		cmocka_unit_test(a_late_answer_is_never_taken_for_the_next),
		cmocka_unit_test(a_gateway_that_gives_up_late_says_nothing_of_the_unit),
		cmocka_unit_test(both_in_one_piece_is_the_same),
		cmocka_unit_test(what_does_not_fit_is_no_answer),
		cmocka_unit_test(what_is_no_modbus_ends_the_connection),
		cmocka_unit_test(a_new_connection_owes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
