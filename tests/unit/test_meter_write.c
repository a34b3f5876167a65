/* Questions that write: the frames of the application protocol's own examples, what answers them, and what is
 * refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_protocol.h"

static const uint8_t on[] = { 1 }, three[] = { 0x00, 0x03 }, bits[] = { 0xcd, 0x01 },
                     words[] = { 0x00, 0x0a, 0x01, 0x02 };

/* Unit 17 and the examples of V1.1b3 6.5, 6.6, 6.11 and 6.12, without the CRC. */
static const struct {
	struct hj_question q;
	const char *sent, *answer;
} cases[] = {
	{ { .unit_id = 17, .table = HJ_TABLE_COIL, .address = 0xac, .count = 1, .function = 5, .data = on },
	        "\x11\x05\x00\xac\xff\x00", "\x11\x05\x00\xac\xff\x00" },
	{ { .unit_id = 17, .table = HJ_TABLE_HOLDING, .address = 1, .count = 1, .function = 6, .data = three },
	        "\x11\x06\x00\x01\x00\x03", "\x11\x06\x00\x01\x00\x03" },
	{ { .unit_id = 17, .table = HJ_TABLE_COIL, .address = 0x13, .count = 10, .function = 15, .data = bits },
	        "\x11\x0f\x00\x13\x00\x0a\x02\xcd\x01", "\x11\x0f\x00\x13\x00\x0a" },
	{ { .unit_id = 17, .table = HJ_TABLE_HOLDING, .address = 1, .count = 2, .function = 16, .data = words },
	        "\x11\x10\x00\x01\x00\x02\x04\x00\x0a\x01\x02", "\x11\x10\x00\x01\x00\x02" },
};

static size_t sealed(const char *head, size_t n, uint8_t to[HJ_FRAME_MAX])
{
	uint16_t crc;

	memcpy(to, head, n);
	crc = hj_modbus_crc(to, n);
	to[n] = (uint8_t)crc;
	to[n + 1] = (uint8_t)(crc >> 8);
	return n + 2;
}

static size_t sent_length(const struct hj_question *q)
{
	return q->function == 15 ? 9 : q->function == 16 ? 11 : 6;
}

static void writes_as_the_standard_shows(void **state)
{
	(void)state;
	for (size_t i = 0; i < hj_array_size(cases); i++) {
		uint8_t frame[HJ_FRAME_MAX], want[HJ_FRAME_MAX];
		size_t n = sealed(cases[i].sent, sent_length(&cases[i].q), want);

		assert_int_equal(hj_protocol_rtu.encode(&cases[i].q, frame), n);
		assert_memory_equal(frame, want, n);
	}
}

static void takes_the_echo_and_nothing_else(void **state)
{
	const char *why = NULL;

	(void)state;
	for (size_t i = 0; i < hj_array_size(cases); i++) {
		uint8_t frame[HJ_FRAME_MAX], other[HJ_FRAME_MAX];
		size_t n = sealed(cases[i].answer, 6, frame);
		struct hj_answer a;

		for (size_t part = 0; part < n; part++)
			assert_int_equal(hj_protocol_rtu.measure(&cases[i].q, frame, part, &why), 0);
		assert_int_equal(hj_protocol_rtu.measure(&cases[i].q, frame, n, &why), n);
		assert_int_equal(hj_protocol_rtu.decode(&cases[i].q, frame, n, &a), 0);
		assert_int_equal(a.length, 0);
		for (size_t at = 2; at < 6; at++) {
			memcpy(other, frame, 6);
			other[at] ^= 0x40;
			sealed((const char *)other, 6, other);
			assert_int_equal(hj_protocol_rtu.decode(&cases[i].q, other, n, &a), -EBADMSG);
		}
	}
}

static void hears_an_exception(void **state)
{
	uint8_t frame[HJ_FRAME_MAX];
	struct hj_answer a;
	size_t n = sealed("\x11\x86\x02", 3, frame);

	(void)state;
	assert_int_equal(hj_protocol_rtu.decode(&cases[1].q, frame, n, &a), -EREMOTEIO);
	assert_int_equal(a.exception, 2);
	assert_int_equal(hj_protocol_rtu.decode(&cases[0].q, frame, n, &a), -EBADMSG);
}

static void refuses_what_cannot_be_written(void **state)
{
	static const struct hj_question bad[] = {
		{ .unit_id = 1, .table = HJ_TABLE_INPUT, .count = 1, .function = 6, .data = three },
		{ .unit_id = 1, .table = HJ_TABLE_DISCRETE, .count = 1, .function = 5, .data = on },
		{ .unit_id = 1, .table = HJ_TABLE_HOLDING, .count = 2, .function = 6, .data = words },
		{ .unit_id = 1, .table = HJ_TABLE_HOLDING, .count = 1, .function = 5, .data = on },
		{ .unit_id = 1, .table = HJ_TABLE_HOLDING, .count = 124, .function = 16, .data = words },
		{ .unit_id = 1, .table = HJ_TABLE_COIL, .count = 1969, .function = 15, .data = bits },
		{ .unit_id = 1, .table = HJ_TABLE_HOLDING, .count = 1, .function = 6 },
		{ .unit_id = 1, .table = HJ_TABLE_HOLDING, .count = 1, .function = 3, .data = three },
	};
	uint8_t frame[HJ_FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < hj_array_size(bad); i++)
		assert_int_equal(hj_protocol_rtu.encode(&bad[i], frame), -EINVAL);
}

static void is_taken_for_no_other_question(void **state)
{
	struct hj_question other = cases[1].q, read = cases[1].q;

	(void)state;
	other.address++;
	read.function = 0;
	assert_false(hj_protocol_rtu.confusable(&cases[1].q, &other, false));
	assert_true(hj_protocol_rtu.confusable(&cases[1].q, &other, true));
	assert_false(hj_protocol_rtu.confusable(&cases[1].q, &read, true));
	assert_false(hj_question_same(&cases[1].q, &read));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_as_the_standard_shows),
		cmocka_unit_test(takes_the_echo_and_nothing_else),
		cmocka_unit_test(hears_an_exception),
		cmocka_unit_test(refuses_what_cannot_be_written),
		cmocka_unit_test(is_taken_for_no_other_question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
