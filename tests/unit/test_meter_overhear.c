/* A line that is only listened to: who asked, what was answered, and what nobody understands. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "hjgate/meter_overhear.h"

static struct hj_overhear o;
static struct hj_heard h;
static hj_usec now;

static int begin(void **state)
{
	(void)state;
	hj_overhear_init(&o, &hj_protocol_rtu);
	now = 1000;
	return 0;
}

static void hear(const uint8_t *p, size_t n)
{
	assert_int_equal(hj_overhear_feed(&o, p, n, now), n);
}

/* With its CRC. */
static void say(const uint8_t *p, size_t n)
{
	uint16_t crc = hj_modbus_crc(p, n);
	const uint8_t end[] = { (uint8_t)crc, (uint8_t)(crc >> 8) };

	hear(p, n);
	hear(end, 2);
}

#define SAY(...)  say((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))
#define NOTHING() assert_false(hj_overhear_next(&o, now, &h))

static void is(enum hj_heard_kind kind, size_t length)
{
	assert_true(hj_overhear_next(&o, now, &h));
	assert_int_equal(h.kind, kind);
	assert_int_equal(h.length, length);
}

static void a_request_and_its_answer(void **state)
{
	const uint8_t data[] = { 0x12, 0x34, 0x56, 0x78 };

	(void)state;
	SAY(3, 4, 0, 10, 0, 2);
	is(HJ_HEARD_REQUEST, 8);
	assert_int_equal(h.question.unit_id, 3);
	assert_int_equal(h.question.table, HJ_TABLE_INPUT);
	assert_int_equal(h.question.address, 10);
	assert_int_equal(h.question.count, 2);
	SAY(3, 4, 4, 0x12, 0x34, 0x56, 0x78);
	is(HJ_HEARD_ANSWER, 9);
	assert_int_equal(h.question.address, 10);
	assert_memory_equal(h.answer.data, data, 4);
	NOTHING();
	assert_int_equal(o.requests, 1);
	assert_int_equal(o.answers, 1);
}

static void pieces_that_come_slowly(void **state)
{
	(void)state;
	hear((const uint8_t[]){ 3, 4, 0, 10, 0 }, 5);
	NOTHING();
	now += HJ_OVERHEAR_PAUSE / 2;
	NOTHING();
	hear((const uint8_t[]){ 2 }, 1);
	NOTHING();
	now += HJ_OVERHEAR_PAUSE;
	is(HJ_HEARD_JUNK, 6); /* its end never came */
	assert_int_equal(o.junk, 6);
}

static void an_exception(void **state)
{
	(void)state;
	SAY(3, 3, 0, 10, 0, 2);
	is(HJ_HEARD_REQUEST, 8);
	SAY(3, 0x83, 2);
	is(HJ_HEARD_EXCEPTION, 5);
	assert_int_equal(h.answer.exception, 2);
}

static void writes_and_what_confirms_them(void **state)
{
	(void)state;
	SAY(9, 6, 0, 1, 0, 17);
	is(HJ_HEARD_REQUEST, 8);
	assert_int_equal(h.question.count, 0);
	SAY(9, 6, 0, 1, 0, 17);
	is(HJ_HEARD_ANSWER, 8);
	SAY(9, 16, 0, 1, 0, 2, 4, 1, 2, 3, 4);
	is(HJ_HEARD_REQUEST, 13);
	SAY(9, 16, 0, 1, 0, 2);
	is(HJ_HEARD_ANSWER, 8);
}

static void noise_before_a_request(void **state)
{
	(void)state;
	hear((const uint8_t[]){ 0xff, 0x00, 0x13 }, 3);
	SAY(3, 3, 0, 10, 0, 2);
	is(HJ_HEARD_JUNK, 3);
	is(HJ_HEARD_REQUEST, 8);
	NOTHING();
}

static void an_answer_to_another_request_is_none(void **state)
{
	(void)state;
	SAY(3, 3, 0, 10, 0, 2);
	is(HJ_HEARD_REQUEST, 8);
	SAY(4, 3, 4, 1, 2, 3, 4);
	NOTHING();
	now += HJ_OVERHEAR_PAUSE;
	is(HJ_HEARD_JUNK, 9);
}

static void more_noise_than_room(void **state)
{
	uint8_t noise[HJ_OVERHEAR_BYTES];

	(void)state;
	memset(noise, 0xa5, sizeof(noise));
	hear(noise, sizeof(noise));
	assert_int_equal(hj_overhear_feed(&o, noise, 1, now), 0);
	is(HJ_HEARD_JUNK, HJ_OVERHEAR_BYTES / 2);
	assert_int_equal(hj_overhear_feed(&o, noise, 1, now), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_request_and_its_answer, begin),
		cmocka_unit_test_setup(pieces_that_come_slowly, begin),
		cmocka_unit_test_setup(an_exception, begin),
		cmocka_unit_test_setup(writes_and_what_confirms_them, begin),
		cmocka_unit_test_setup(noise_before_a_request, begin),
		cmocka_unit_test_setup(an_answer_to_another_request_is_none, begin),
		cmocka_unit_test_setup(more_noise_than_room, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
