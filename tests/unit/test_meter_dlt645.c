/* Frames of DL/T 645-2007 as vendors' documents, the public descriptions of the standard and open-source tests show
 * them; each says where it was found. Values are brought from them to what people read on the meter. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_codec.h"
#include "hjgate/meter_protocol.h"
#include "station_bytes.h"

#define P (&hj_protocol_dlt645)

/* ---- what is asked ---- */

static void asks_as_documents_show(void **state)
{
	static const struct {
		const char *station;
		uint32_t identifier;
		const char *frame;
	} rows[] = {
		/* "DL645 97/07 with examples", icode9.com 712469 */
		{ "102030425", 0x00010000, "68 25 04 03 02 01 00 68 11 04 33 33 34 33 E1 16" },
		/* "DLT645-2007 frames explained": energy, voltage, current, power */
		{ "161", 0x00010000, "68 61 01 00 00 00 00 68 11 04 33 33 34 33 14 16" },
		{ "161", 0x02010100, "68 61 01 00 00 00 00 68 11 04 33 34 34 35 17 16" },
		{ "161", 0x02020100, "68 61 01 00 00 00 00 68 11 04 33 34 35 35 18 16" },
		{ "161", 0x02030000, "68 61 01 00 00 00 00 68 11 04 33 33 36 35 18 16" },
		/* DL/T 645-2007, 7.4: reading the address, of a meter that is alone */
		{ NULL, 0xffffffff, "68 AA AA AA AA AA AA 68 13 00 DF 16" },
	};

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		struct hj_question q = question(P, rows[i].station, rows[i].identifier);
		uint8_t frame[HJ_FRAME_MAX], expected[HJ_FRAME_MAX] = { 0xfe, 0xfe, 0xfe, 0xfe };
		size_t n = 4 + hex(rows[i].frame, expected + 4);

		assert_int_equal(P->encode(&q, frame), n);
		assert_memory_equal(frame, expected, n);
	}
}

/* 5.2.2: read by the last digits of an address, with AA for all before them; by this question the firmware of a
 * concentrator searches. */
static void asks_by_the_last_digits(void **state)
{
	struct hj_question q = question_last(P, "05", 0x0001ff00);
	uint8_t frame[HJ_FRAME_MAX], expected[HJ_FRAME_MAX];
	size_t n = hex("FE FE FE FE 68 05 AA AA AA AA AA 68 11 04 33 32 34 33 08 16", expected);

	(void)state;
	assert_int_equal(P->encode(&q, frame), n);
	assert_memory_equal(frame, expected, n);
}

static void refuses_questions_of_others(void **state)
{
	struct hj_question q = question(P, "161", 0x00010000);
	uint8_t frame[HJ_FRAME_MAX];

	(void)state;
	q.table = HJ_TABLE_HOLDING;
	assert_int_equal(P->encode(&q, frame), -EINVAL);
	q = question(P, "161", 0x00010000);
	q.count = 2;
	assert_int_equal(P->encode(&q, frame), -EINVAL);
	q = question(P, "1000000000161", 0x00010000); /* 13 digits */
	assert_int_equal(P->encode(&q, frame), -EINVAL);
	q = question(P, "161", P->station_identifier); /* 7.4: of all stations only */
	assert_int_equal(P->encode(&q, frame), -EINVAL);
	q = question(P, "161", 0x00010000);
	q.station[3] = 0x1b;
	assert_int_equal(P->encode(&q, frame), -EINVAL);
}

/* ---- what is answered ---- */

struct row {
	const char *station;
	uint32_t identifier;
	uint8_t at, length;
	enum hj_type type;
	double scale, value; /* NAN: no value */
	const char *frame;
};

/* Where no source is named: "DLT645-2007 frames explained", as above. */
static const struct row rows[] = {
	/* icode9.com 712469: 1206.42 kWh */
	{ "102030425", 0x00010000, 0, 4, HJ_TYPE_BCD, 0.01, 1206.42,
	        "68 25 04 03 02 01 00 68 91 08 33 33 34 33 75 39 45 33 8B 16" },
	{ "161", 0x00010000, 0, 4, HJ_TYPE_BCD, 0.01, 0.26,
	        "68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16" },
	{ "161", 0x02010100, 0, 2, HJ_TYPE_BCD, 0.1, 100.1, "68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 10 16" },
	{ "161", 0x02020100, 0, 3, HJ_TYPE_BCD_SIGNED, 0.001, 4.999,
	        "68 61 01 00 00 00 00 68 91 07 33 34 35 35 CC 7C 33 16 16" },
	{ "161", 0x02030000, 0, 3, HJ_TYPE_BCD_SIGNED, 0.0001, 0.2512,
	        "68 61 01 00 00 00 00 68 91 07 33 33 36 35 45 58 33 6B 16" },
	/* a block of three voltages, as firmware comments of an ESP gateway show it: 230.3 V, 0, 0 */
	{ "181226034194", 0x0201ff00, 0, 2, HJ_TYPE_BCD, 0.1, 230.3,
	        "FE FE FE FE 68 94 41 03 26 12 18 68 91 0A 33 32 34 35 36 56 33 33 33 33 B9 16" },
	{ "181226034194", 0x0201ff00, 4, 2, HJ_TYPE_BCD, 0.1, 0,
	        "FE FE FE FE 68 94 41 03 26 12 18 68 91 0A 33 32 34 35 36 56 33 33 33 33 B9 16" },
	/* of three currents: 0.188 A, 0, 0 */
	{ "181226034194", 0x0202ff00, 0, 3, HJ_TYPE_BCD_SIGNED, 0.001, 0.188,
	        "FE FE FE FE 68 94 41 03 26 12 18 68 91 0D 33 32 35 35 BB 34 33 33 33 33 33 33 33 B9 16" },
	/* a meter of one phase fills the two that it has not with FF: 225.6 V and no value */
	{ "201000000012", 0x0201ff00, 0, 2, HJ_TYPE_BCD, 0.1, 225.6,
	        "68 12 00 00 00 10 20 68 91 0A 33 32 34 35 89 55 32 32 32 32 21 16" },
	{ "201000000012", 0x0201ff00, 2, 2, HJ_TYPE_BCD, 0.1, NAN,
	        "68 12 00 00 00 10 20 68 91 0A 33 32 34 35 89 55 32 32 32 32 21 16" },
	/* ours: -0.2512 kW, the top bit is the sign */
	{ "161", 0x02030000, 0, 3, HJ_TYPE_BCD_SIGNED, 0.0001, -0.2512,
	        "68 61 01 00 00 00 00 68 91 07 33 33 36 35 45 58 B3 EB 16" },
	/* ours: the greatest demand, 1.2345 kW, and when it was (05:06 on 2026-03-04), the identifier's eight bytes
	 */
	{ "161", 0x01010000, 0, 3, HJ_TYPE_BCD, 0.0001, 1.2345,
	        "68 61 01 00 00 00 00 68 91 0C 33 33 34 34 78 56 34 39 38 37 36 59 D6 16" },
	{ "161", 0x01010000, 7, 1, HJ_TYPE_BCD, 1, 26,
	        "68 61 01 00 00 00 00 68 91 0C 33 33 34 34 78 56 34 39 38 37 36 59 D6 16" },
	/* ours: more frames follow (B1H): what the first has is good, what it has not is none */
	{ "161", 0x00010000, 0, 4, HJ_TYPE_BCD, 0.01, 0.26,
	        "68 61 01 00 00 00 00 68 B1 08 33 33 34 33 59 33 33 33 AA 16" },
	/* ours: any number of wake-up bytes, and a spur before them */
	{ "161", 0x02010100, 0, 2, HJ_TYPE_BCD, 0.1, 100.1,
	        "FE 68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 10 16" },
	{ "161", 0x02010100, 0, 2, HJ_TYPE_BCD, 0.1, 100.1,
	        "00 FE FE 68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 10 16" },
};

static void reads_what_documents_show(void **state)
{
	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		struct hj_question q = question(P, rows[i].station, rows[i].identifier);
		struct hj_codec c = {
			.type = rows[i].type, .order = HJ_ORDER_DCBA, .length = rows[i].length, .scale = rows[i].scale
		};
		struct hj_answer a;
		double value;

		assert_int_equal(take(P, &q, rows[i].frame, &a), 0);
		assert_true(rows[i].at + rows[i].length <= a.length);
		if (rows[i].value != rows[i].value) {
			assert_int_equal(hj_codec_decode(&c, a.data + rows[i].at, &value), -EDOM);
			continue;
		}
		assert_int_equal(hj_codec_decode(&c, a.data + rows[i].at, &value), 0);
		assert_true(value == rows[i].value);
	}
}

static void tells_who_is_there(void **state)
{
	static const struct {
		const char *frame, *station;
	} found[] = {
		{ "FE FE FE FE 68 94 41 03 26 12 18 68 93 06 C7 74 36 59 45 4B EB 16", "181226034194" },
		{ "68 01 00 00 00 00 00 68 93 06 34 33 33 33 33 33 9D 16", "1" },
		{ "FE FE FE FE FE FE FE 68 12 90 78 56 34 12 68 93 06 45 C3 AB 89 67 45 07 16", "123456789012" },
		{ "FE FE FE FE 68 20 64 31 32 03 00 68 93 06 53 97 64 65 36 33 6F 16", "332316420" },
	};
	struct hj_question q = question(P, NULL, P->station_identifier);
	struct hj_answer a;

	(void)state;
	for (size_t i = 0; i < hj_array_size(found); i++) {
		uint8_t station[HJ_STATION_BYTES];

		assert_int_equal(take(P, &q, found[i].frame, &a), 0);
		assert_int_equal(a.length, P->station_bytes);
		hj_station_parse(found[i].station, station);
		for (size_t k = 0; k < a.length; k++)
			assert_int_equal(a.data[k], station[HJ_STATION_BYTES - 1 - k]);
		assert_memory_equal(a.station, station, sizeof(station));
	}
}

/* The station of an answer to the last digits of it is in the frame, whether the meter has what was asked or not. */
static void tells_who_answers(void **state)
{
	struct hj_question q = question_last(P, "94", 0x00010000);
	uint8_t station[HJ_STATION_BYTES];
	struct hj_answer a;

	(void)state;
	hj_station_parse("181226034194", station);
	assert_int_equal(take(P, &q, "68 94 41 03 26 12 18 68 91 08 33 33 34 33 59 33 33 33 50 16", &a), 0);
	assert_memory_equal(a.station, station, sizeof(station));
	assert_int_equal(take(P, &q, "68 94 41 03 26 12 18 68 D1 01 35 FF 16", &a), -EREMOTEIO);
	assert_memory_equal(a.station, station, sizeof(station));
}

static void words_a_refusal(void **state)
{
	/* "no such data", as three open-source test suites have it; the second is an answer to all stations */
	struct hj_question q = question(P, "201000000012", 0x03010000);
	struct hj_answer a;

	(void)state;
	assert_int_equal(take(P, &q, "68 12 00 00 00 10 20 68 D1 01 35 19 16", &a), -EREMOTEIO);
	assert_int_equal(a.exception, 2);
	assert_string_equal(a.why, "no such data");
	q = question(P, NULL, 0x03010000);
	assert_int_equal(take(P, &q, "FE FE FE FE 68 18 55 60 06 00 00 68 D1 01 35 AA 16", &a), -EREMOTEIO);
	q = question(P, "123456789012", 0x03010000);
	assert_int_equal(take(P, &q, "68 12 90 78 56 34 12 68 D1 01 35 8D 16", &a), -EREMOTEIO);
	assert_int_equal(take(P, &q, "68 12 90 78 56 34 12 68 D1 01 37 8F 16", &a), -EREMOTEIO);
	assert_string_equal(a.why, "wrong password, or not allowed");
	assert_int_equal(take(P, &q, "68 12 90 78 56 34 12 68 D1 01 33 8B 16", &a), -EREMOTEIO);
	assert_string_equal(a.why, "refused without a reason");
}

static void refuses_what_is_no_answer(void **state)
{
	static const struct {
		const char *frame, *why;
	} bad[] = {
		{ "68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 11 16", "wrong sum" },
		{ "68 61 01 00 00 00 00 68 91 06 33 34 34 35 35 43 10 16", "wrong sum" },
		{ "68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 10 17", "no end of the answer" },
		{ "68 62 01 00 00 00 00 68 91 06 33 34 34 35 34 43 11 16", "answer of another station" },
		{ "68 61 01 00 00 00 00 68 91 06 33 35 34 35 34 43 11 16", "answer to another question" },
		{ "68 61 01 00 00 00 00 68 11 04 33 34 34 35 17 16", "answer to another question" }, /* our own */
		{ "68 61 01 00 00 00 00 68 93 06 94 34 33 33 33 33 FE 16", "answer to another question" },
		{ "68 61 01 00 00 00 00 69 91 06 33 34 34 35 34 43 11 16", "not an answer" },
		{ "68 61 01 00 00 00 00 68 91 FF 33", "answer too long" },
		{ "68 61 01 00 00 00 00 68 91 02 33 34 2C 16", "answer without its identifier" },
		{ "68 61 01 00 00 00 00 68 D1 00 03 16", "refusal of a wrong length" },
		{ "68 61 01 00 00 00 00 68 91 06 33 34 34", "answer broke off" },
		{ "FE FE FE", "answer broke off" },
		{ "", "answer broke off" },
	};
	struct hj_question q = question(P, "161", 0x02010100);
	struct hj_answer a;
	uint8_t noise[40];
	const char *why = NULL;

	(void)state;
	for (size_t i = 0; i < hj_array_size(bad); i++) {
		uint8_t frame[HJ_FRAME_MAX];

		assert_int_equal(P->decode(&q, frame, hex(bad[i].frame, frame), &a), -EBADMSG);
		assert_string_equal(a.why, bad[i].why);
		assert_int_equal(a.length, 0);
	}
	memset(noise, 0, sizeof(noise));
	assert_int_equal(P->measure(&q, noise, sizeof(noise), &why), -EBADMSG);
	assert_string_equal(why, "not an answer");
}

/* Byte by byte: more is to come until the last one is there, and what follows it is not taken. */
static void finds_the_end(void **state)
{
	struct hj_question q = question(P, "161", 0x02010100);
	uint8_t frame[HJ_FRAME_MAX];
	size_t n = hex("FE FE 68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 10 16", frame);
	const char *why = NULL;

	(void)state;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(P->measure(&q, frame, i, &why), 0);
	assert_int_equal(P->measure(&q, frame, n, &why), n);
	memset(frame + n, 0x68, 5);
	assert_int_equal(P->measure(&q, frame, n + 5, &why), n);
}

static void knows_what_could_be_confused(void **state)
{
	struct hj_question a = question(P, "161", 0x02010100), b = question(P, "161", 0x02010200),
	                   c = question(P, "162", 0x02010100), all = question(P, NULL, 0x02010100),
	                   who = question(P, "161", P->station_identifier);

	(void)state;
	assert_false(P->confusable(&a, &a, false));
	assert_false(P->confusable(&a, &a, true));
	assert_false(P->confusable(&a, &b, false)); /* an answer names its identifier ... */
	assert_true(P->confusable(&a, &b, true));   /* ... a refusal does not */
	assert_false(P->confusable(&a, &who, true));
	assert_false(P->confusable(&a, &c, false));
	assert_false(P->confusable(&a, &c, true));
	assert_true(P->confusable(&a, &all, false));
	assert_true(P->confusable(&all, &a, false));
}

/* What another master asks is known by its bytes: a meter's answer is not, nor is half a request. */
static void hears_another_master(void **state)
{
	struct hj_question q = question(P, "161", 0x02010100), heard;
	uint8_t frame[HJ_FRAME_MAX];
	int n = P->encode(&q, frame);

	(void)state;
	assert_int_equal(P->foreign(frame, (size_t)n, &heard), n);
	assert_true(hj_question_same(&q, &heard));
	assert_int_equal(P->foreign(frame + 3, (size_t)n - 3, &heard), n - 3);
	assert_int_equal(P->foreign(frame, (size_t)n - 1, &heard), 0);
	frame[n - 2] ^= 1;
	assert_int_equal(P->foreign(frame, (size_t)n, &heard), 0);
	q = question(P, NULL, P->station_identifier);
	n = P->encode(&q, frame);
	assert_int_equal(P->foreign(frame, (size_t)n, &heard), n);
	assert_true(hj_question_same(&q, &heard));
	n = (int)hex("68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 10 16", frame);
	assert_int_equal(P->foreign(frame, (size_t)n, &heard), 0);
	n = (int)hex("68 61 01 00 00 00 00 68 1C 00 4E 16", frame); /* a switch-off: asks for nothing */
	assert_int_equal(P->foreign(frame, (size_t)n, &heard), n);
	assert_int_equal(heard.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_as_documents_show),
		cmocka_unit_test(asks_by_the_last_digits),
		cmocka_unit_test(refuses_questions_of_others),
		cmocka_unit_test(reads_what_documents_show),
		cmocka_unit_test(tells_who_is_there),
		cmocka_unit_test(tells_who_answers),
		cmocka_unit_test(words_a_refusal),
		cmocka_unit_test(refuses_what_is_no_answer),
		cmocka_unit_test(finds_the_end),
		cmocka_unit_test(knows_what_could_be_confused),
		cmocka_unit_test(hears_another_master),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
