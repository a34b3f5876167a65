/* Frames of CJ/T 188-2004 as vendors' documents, public descriptions of the standard and open-source programs show
 * them; each says where it was found. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_codec.h"
#include "hjgate/meter_protocol.h"
#include "station_bytes.h"

#define P (&hj_protocol_cjt188)

/* "CJ/T 188 water meter protocol explained", hftangyu.com 563; the text prints 08 for the sum of the answer, which
 * is 13, as the adapter of foxedge has it. */
#define WATER                                                                                                        \
	"FE FE FE FE 68 10 44 33 22 11 00 33 78 81 16 1F 90 00 00 77 66 55 2C 00 77 66 55 2C 31 01 22 11 05 15 20 "  \
	"21 84 13 16"
/* A meter of heat and cold that is asked as 20H and answers as 25H, with a running number of its own: the template
 * of a LoRaWAN node. */
#define HEAT                                                                                                         \
	"68 25 12 19 24 18 27 31 00 81 2E 1F 90 03 11 74 02 00 05 88 27 44 05 05 00 00 00 00 17 00 00 00 00 35 08 "  \
	"56 71 00 2C 79 26 00 64 26 00 66 47 07 11 52 17 03 09 25 20 00 05 2A 16"

static void asks_as_documents_show(void **state)
{
	static const struct {
		const char *station;
		uint32_t identifier;
		const char *frame;
	} rows[] = {
		{ "78330011223344", 0x10901f, "68 10 44 33 22 11 00 33 78 01 03 1F 90 00 80 16" },
		/* the same meter, whatever its type */
		{ "78330011223344", 0x901f, "68 AA 44 33 22 11 00 33 78 01 03 1F 90 00 1A 16" },
		/* a vendor that sends the identifier the other way round, with running number 0 where it shows 1:
		 * "CJ/T-188 meters of heat and cold explained, 2" */
		{ "40314132", 0x201f90, "68 20 32 41 31 40 00 00 00 01 03 90 1F 00 1F 16" },
		{ NULL, 0x810a, "68 AA AA AA AA AA AA AA AA 03 03 0A 81 00 49 16" },
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

struct row {
	const char *station;
	uint32_t identifier;
	uint8_t at, length;
	double scale, value;
	const char *frame;
};

static const struct row rows[] = {
	{ "78330011223344", 0x10901f, 0, 4, 0.01, 556677, WATER }, /* m3 so far */
	{ "78330011223344", 0x10901f, 5, 4, 0.01, 556677, WATER }, /* on the day of account */
	{ "78330011223344", 0x901f, 0, 4, 0.01, 556677, WATER },   /* of any type */
	{ "312718241912", 0x20901f, 0, 4, 0.01, 274.11, HEAT },    /* heat on the day of account, kWh */
	{ "312718241912", 0x20901f, 5, 4, 0.01, 54427.88, HEAT },  /* heat so far: 054427.88 */
	{ "312718241912", 0x20901f, 10, 4, 0.01, 0, HEAT },        /* power */
	{ "312718241912", 0x20901f, 20, 4, 0.01, 7156.08, HEAT },  /* m3 so far */
	{ "312718241912", 0x20901f, 25, 3, 0.01, 26.79, HEAT },    /* water in, degrees */
	{ "312718241912", 0x20901f, 28, 3, 0.01, 26.64, HEAT },    /* and out */
	{ "312718241912", 0x20901f, 31, 3, 1, 74766, HEAT },       /* hours worked */
	/* as a driver's comment has it: a meter with its vendor's code, wake-up of two bytes, SER 4 */
	{ "78330007061326", 0x10901f, 0, 4, 0.01, 68,
	        "FE FE 68 10 26 13 06 07 00 33 78 81 16 1F 90 04 00 68 00 00 2C 00 00 00 00 2C 00 00 00 00 00 00 00 "
	        "00 "
	        "00 73 16" },
	/* the identifier the other way round */
	{ "2020120218", 0x101f90, 0, 4, 0.01, 2,
	        "FE FE FE 68 10 18 02 12 20 20 00 00 81 16 90 1F 00 00 02 00 00 2C 00 02 00 00 2C 00 00 00 00 00 00 "
	        "00 00 "
	        "FF 85 16" },
	/* thirteen wake-up bytes, type 25H, as a test of a platform sends them */
	{ "11110059200991", 0x20901f, 5, 4, 0.01, 3,
	        "FE FE FE FE FE FE FE FE FE FE FE FE FE 68 25 91 09 20 59 00 11 11 81 2E 1F 90 12 00 00 00 00 05 00 "
	        "03 "
	        "00 00 05 00 00 00 00 17 00 00 00 00 35 27 00 00 00 2C 60 14 00 74 14 00 46 54 00 51 49 09 22 04 10 "
	        "20 "
	        "00 00 6D 16" },
};

static void reads_what_documents_show(void **state)
{
	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		struct hj_question q = question(P, rows[i].station, rows[i].identifier);
		struct hj_codec c = {
			.type = HJ_TYPE_BCD, .order = HJ_ORDER_DCBA, .length = rows[i].length, .scale = rows[i].scale
		};
		struct hj_answer a;
		double value;

		assert_int_equal(take(P, &q, rows[i].frame, &a), 0);
		assert_true(rows[i].at + rows[i].length <= a.length);
		assert_int_equal(hj_codec_decode(&c, a.data + rows[i].at, &value), 0);
		assert_true(value == rows[i].value);
	}
}

/* The unit stands behind its number: 2CH m3, 05H kWh, 17H kW, 35H m3/h. */
static void keeps_units_and_state(void **state)
{
	struct hj_question q = question(P, "78330011223344", 0x10901f);
	struct hj_answer a;

	(void)state;
	assert_int_equal(take(P, &q, WATER, &a), 0);
	assert_int_equal(a.length, 19);
	assert_int_equal(a.data[4], 0x2c);
	assert_int_equal(a.data[9], 0x2c);
	assert_int_equal(a.data[17] | a.data[18] << 8, 0x8421);
	q = question(P, "312718241912", 0x20901f);
	assert_int_equal(take(P, &q, HEAT, &a), 0);
	assert_int_equal(a.length, 43);
	assert_int_equal(a.data[4], 0x05);
	assert_int_equal(a.data[14], 0x17);
	assert_int_equal(a.data[19], 0x35);
	assert_int_equal(a.data[24], 0x2c);
}

static void tells_who_is_there(void **state)
{
	struct hj_question q = question(P, NULL, P->station_identifier);
	struct hj_answer a;
	static const uint8_t station[] = { 0x44, 0x33, 0x22, 0x11, 0x00, 0x33, 0x78 };
	uint8_t digits[HJ_STATION_BYTES];

	(void)state;
	hj_station_parse("78330011223344", digits);
	assert_int_equal(take(P, &q, "68 10 44 33 22 11 00 33 78 83 03 0A 81 00 DE 16", &a), 0);
	assert_int_equal(a.length, P->station_bytes);
	assert_memory_equal(a.data, station, sizeof(station));
	assert_memory_equal(a.station, digits, sizeof(digits));
	assert_int_equal(take(P, &q, "68 10 44 33 22 11 00 33 78 C3 03 00 02 00 95 16", &a), -EREMOTEIO);
	assert_memory_equal(a.station, digits, sizeof(digits));
}

static void words_a_refusal(void **state)
{
	struct hj_question q = question(P, "78330011223344", 0x10d120);
	struct hj_answer a;

	(void)state;
	assert_int_equal(take(P, &q, "68 10 44 33 22 11 00 33 78 C1 03 00 02 00 93 16", &a), -EREMOTEIO);
	assert_int_equal(a.exception, 2);
	assert_string_equal(a.why, "refused");
	assert_int_equal(take(P, &q, "68 10 44 33 22 11 00 33 78 C1 03 00 04 84 19 16", &a), -EREMOTEIO);
	assert_int_equal(a.exception, 0x8404);
	assert_string_equal(a.why, "refused, its battery is low");
}

static void refuses_what_is_no_answer(void **state)
{
	static const struct {
		const char *frame, *why;
	} bad[] = {
		{ "68 10 44 33 22 11 00 33 78 81 08 1F 90 00 00 77 66 55 2C 00 16", "wrong sum" },
		{ "68 10 44 33 22 11 00 33 78 81 08 1F 90 00 00 77 66 55 2C 63 00", "no end of the answer" },
		{ "68 10 45 33 22 11 00 33 78 81 08 1F 90 00 00 77 66 55 2C 64 16", "answer of another station" },
		{ "68 20 44 33 22 11 00 33 78 81 08 1F 90 00 00 77 66 55 2C 73 16",
		        "answer of a meter of another type" },
		{ "68 10 44 33 22 11 00 33 78 81 08 2F 90 00 00 77 66 55 2C 73 16", "answer to another question" },
		{ "68 10 44 33 22 11 00 33 78 01 03 1F 90 00 80 16", "answer to another question" }, /* our own */
		{ "68 10 44 33 22 11 00 33 78 81 02 1F 90 FF 16", "answer without its identifier" },
		{ "68 10 44 33 22 11 00 33 78 C1 01 00 8F 16", "refusal of a wrong length" },
		{ "68 10 44 33 22 11 00 33 78 81 08 1F 90 00", "answer broke off" },
	};
	struct hj_question q = question(P, "78330011223344", 0x10901f);
	struct hj_answer a;
	uint8_t frame[HJ_FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < hj_array_size(bad); i++) {
		assert_int_equal(P->decode(&q, frame, hex(bad[i].frame, frame), &a), -EBADMSG);
		assert_string_equal(a.why, bad[i].why);
		assert_int_equal(a.length, 0);
	}
	q.address = 0x0110901f;
	assert_int_equal(P->encode(&q, frame), -EINVAL);
	q = question(P, "78330011223344", 0x10901f);
	q.table = HJ_TABLE_INPUT;
	assert_int_equal(P->encode(&q, frame), -EINVAL);
}

static void knows_what_could_be_confused(void **state)
{
	struct hj_question a = question(P, "1", 0x10901f), b = question(P, "1", 0x10d120),
	                   c = question(P, "2", 0x10901f), typeless = question(P, "1", 0x901f),
	                   heat = question(P, "1", 0x20901f), who = question(P, "1", P->station_identifier);

	(void)state;
	assert_false(P->confusable(&a, &a, false));
	assert_false(P->confusable(&a, &b, false));
	assert_true(P->confusable(&a, &b, true));
	assert_false(P->confusable(&a, &c, true));
	assert_false(P->confusable(&a, &who, true));
	assert_true(P->confusable(&a, &typeless, false));
	assert_false(P->confusable(&a, &heat, false));
	assert_true(P->confusable(&heat, &typeless, true));
}

static void hears_another_master(void **state)
{
	struct hj_question q = question(P, "78330011223344", 0x10901f), heard;
	uint8_t frame[HJ_FRAME_MAX];
	int n = P->encode(&q, frame);

	(void)state;
	assert_int_equal(P->foreign(frame, (size_t)n, &heard), n);
	assert_true(hj_question_same(&q, &heard));
	n = (int)hex(WATER, frame);
	assert_int_equal(P->foreign(frame, (size_t)n, &heard), 0);
	n = (int)hex("68 10 44 33 22 11 00 33 78 04 04 17 A0 00 55 00 16", frame); /* opens a valve */
	frame[n - 2] = 0;
	for (int i = 0; i < n - 2; i++)
		frame[n - 2] = (uint8_t)(frame[n - 2] + frame[i]);
	assert_int_equal(P->foreign(frame, (size_t)n, &heard), n);
	assert_int_equal(heard.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_as_documents_show),
		cmocka_unit_test(reads_what_documents_show),
		cmocka_unit_test(keeps_units_and_state),
		cmocka_unit_test(tells_who_is_there),
		cmocka_unit_test(words_a_refusal),
		cmocka_unit_test(refuses_what_is_no_answer),
		cmocka_unit_test(knows_what_could_be_confused),
		cmocka_unit_test(hears_another_master),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
