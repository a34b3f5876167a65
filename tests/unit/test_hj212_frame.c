/* Frames: the standard's, there and back, and what peers really send. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hj212_frames.h"
#include "hj212_listen.h"
#include "hjgate/cleanup.h"
#include "hjgate/hj212_frame.h"
#include "hjgate/hj212_message.h"

static struct examples examples;

/* One stream with one or no frame in it. */
static size_t one(const char *stream, bool any_crc, struct hj212_frame *ret)
{
	static struct heard h;
	static char copy[8192];
	static struct hj212_finder f;

	hear_alike(stream, strlen(stream), &h, any_crc);
	hj212_finder_init(&f);
	hj212_finder_put(&f, stream, strlen(stream));
	if (h.frames) {
		assert_int_equal(hj212_finder_end(&f, any_crc, ret), 1);
		memcpy(copy, ret->data, ret->n);
		ret->data = copy;
	}
	return h.frames;
}

static void assert_frame(const char *stream, const char *data, enum hj212_crc dialect, unsigned quirks)
{
	struct hj212_frame frame;

	assert_int_equal(one(stream, false, &frame), 1);
	assert_int_equal(frame.n, strlen(data));
	assert_memory_equal(frame.data, data, frame.n);
	assert_true(frame.crc_ok);
	assert_int_equal(frame.dialect, dialect);
	assert_int_equal(frame.quirks, quirks);
}

/* ---- the standard's frames ---- */

static void examples_are_found_and_made_again(void **state)
{
	for (size_t i = 0; i < examples.count; i++) {
		char again[HJ212_FRAME_MAX];
		struct hj212_frame frame;

		assert_int_equal(hj212_frame_decode(examples.frame[i], examples.n[i], &frame), examples.n[i]);
		assert_true(frame.crc_ok);
		assert_int_equal(frame.dialect, HJ212_CRC_ANNEXA);
		assert_int_equal(frame.quirks, 0);
		assert_int_equal(hj212_frame_encode(HJ212_CRC_ANNEXA, frame.data, frame.n, again, sizeof(again)),
		        examples.n[i]);
		assert_memory_equal(again, examples.frame[i], examples.n[i]);
	}
	assert_int_equal(examples.count, EXAMPLES_KNOWN);
}

/* ---- peers ---- */

static void encoded(char *to, size_t size, enum hj212_crc dialect, const char *data)
{
	int n = hj212_frame_encode(dialect, data, strlen(data), to, size - 1);

	assert_true(n > 0);
	to[n] = '\0';
}

static void the_other_checksums(void **state)
{
	char frame[HJ212_FRAME_MAX + 1];

	for (unsigned d = HJ212_CRC_ANNEXA; d < HJ212_CRC_NONE; d++) {
		encoded(frame, sizeof(frame), d, DATA);
		assert_frame(frame, DATA, d, 0);
	}
}

static void tails(void **state)
{
	assert_frame("##0087" DATA "3240\r\n", DATA, HJ212_CRC_ANNEXA, 0);
	assert_frame("##0087" DATA "3240\n", DATA, HJ212_CRC_ANNEXA, HJ212_QUIRK_TAIL);
	assert_frame("##0087" DATA "3240\r", DATA, HJ212_CRC_ANNEXA, HJ212_QUIRK_TAIL);
	assert_frame("##0087" DATA "3240", DATA, HJ212_CRC_ANNEXA, HJ212_QUIRK_TAIL);
	assert_frame("##0087" DATA "3240junk", DATA, HJ212_CRC_ANNEXA, HJ212_QUIRK_TAIL);
	assert_frame("##0087" DATA "3240\rjunk", DATA, HJ212_CRC_ANNEXA, HJ212_QUIRK_TAIL);
}

static void wrong_lengths(void **state)
{
	assert_frame("##0093" DATA "3240\r\n", DATA, HJ212_CRC_ANNEXA, HJ212_QUIRK_LENGTH); /* 6 too great */
	assert_frame("##0099" DATA "3240\r\n", DATA, HJ212_CRC_ANNEXA, HJ212_QUIRK_LENGTH); /* the whole frame */
	assert_frame("##0091" DATA "3240\r\n", DATA, HJ212_CRC_ANNEXA, HJ212_QUIRK_LENGTH);
	assert_frame("##0080" DATA "3240\r\n", DATA, HJ212_CRC_ANNEXA, HJ212_QUIRK_LENGTH);
	assert_frame("##0000" DATA "3240\r\n", DATA, HJ212_CRC_ANNEXA, HJ212_QUIRK_LENGTH);
	assert_frame("##9999" DATA "3240\r\n", DATA, HJ212_CRC_ANNEXA, HJ212_QUIRK_LENGTH);
	assert_frame("##0093" DATA "3240", DATA, HJ212_CRC_ANNEXA, HJ212_QUIRK_LENGTH | HJ212_QUIRK_TAIL);
}

static void digits_of_the_crc(void **state)
{
	/* Its annex A checksum begins with a zero. */
	static const char data[] = "QN=20160801085857223;ST=32;CN=1012;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
	                           "CP=&&PolId=w01018;SystemTime=20160801085857&&";
	static const char lower[] = "QN=20160801085857223;ST=32;CN=1000;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
	                            "CP=&&OverTime=5;ReCount=3&&";
	char frame[512];

	snprintf(frame, sizeof(frame), "##0125%s880\r\n", data);
	assert_frame(frame, data, HJ212_CRC_ANNEXA, HJ212_QUIRK_CRC_SHORT);
	snprintf(frame, sizeof(frame), "##0131%s880\r\n", data);
	assert_frame(frame, data, HJ212_CRC_ANNEXA, HJ212_QUIRK_CRC_SHORT | HJ212_QUIRK_LENGTH);
	snprintf(frame, sizeof(frame), "##0107%scac1\r\n", lower);
	assert_frame(frame, lower, HJ212_CRC_ANNEXA, HJ212_QUIRK_CRC_LOWER);
}

/* Frames above the standard's limit have been seen: 1,025 and 1,623 bytes. */
static void long_data(void **state)
{
	static const size_t lengths[] = { 1024, 1025, 1623, HJ212_DATA_ACCEPT };
	static char data[HJ212_DATA_ACCEPT + 1], frame[HJ212_DATA_ACCEPT + 16];

	for (size_t i = 0; i < hj_array_size(lengths); i++) {
		size_t n = lengths[i];

		memset(data, 'x', n);
		memcpy(data, "CN=2051;CP=&&", 13);
		memcpy(data + n - 2, "&&", 3);
		snprintf(frame, sizeof(frame), "##%04zu%s%04X\r\n", n, data, hj212_crc_annexa(data, n));
		assert_frame(frame, data, HJ212_CRC_ANNEXA, n > HJ212_DATA_MAX ? HJ212_QUIRK_LONG : 0);
	}
	assert_int_equal(hj212_frame_encode(HJ212_CRC_ANNEXA, data, 1025, frame, sizeof(frame)), -EMSGSIZE);
	assert_int_equal(hj212_frame_encode(HJ212_CRC_ANNEXA, data, 87, frame, 98), -EMSGSIZE);
	assert_int_equal(hj212_frame_encode(HJ212_CRC_ANNEXA, data, 87, frame, 99), 99);
}

static void a_wrong_crc(void **state)
{
	struct hj212_frame frame;

	assert_int_equal(one("##0087" DATA "3241\r\n", false, &frame), 0);
	assert_int_equal(finder.dropped, 1);
	assert_int_equal(one("##0087" DATA "3241\r\n", true, &frame), 1);
	assert_false(frame.crc_ok);
	assert_int_equal(frame.crc, 0x3241);
	assert_int_equal(frame.dialect, HJ212_CRC_NONE);
	assert_int_equal(frame.quirks, 0);
	/* No CRC, and the line's end counted. */
	assert_int_equal(one("##0089" DATA "\r\n", false, &frame), 0);
	assert_int_equal(one("##0089" DATA "\r\n", true, &frame), 1);
	assert_int_equal(frame.n, 87);
	assert_int_equal(frame.quirks, HJ212_QUIRK_LENGTH | HJ212_QUIRK_CRC_SHORT);
	assert_int_equal(one("##0087" DATA "\r\n", true, &frame), 1);
	assert_int_equal(frame.quirks, HJ212_QUIRK_CRC_SHORT);
	assert_int_equal(one("##0093" DATA "ABCD\r\n", true, &frame), 1);
	assert_int_equal(frame.n, 87);
}

/* Text may hold anything as long as the length and the CRC are right. */
static void by_length_whatever_is_inside(void **state)
{
	static const char *const datas[] = {
		"CN=3020;CP=&&i21001-Info=//one\r\ntwo//&&",
		"CN=3020;CP=&&i21001-Info=//##0087//&&",
		"CN=3020;CP=&&i21001-Info=//##//&&",
		"CN=3020;CP=&&\r\n&&",
		"CN=3020;CP=&&12\r\n&&",
		"",
		"#",
	};
	char frame[256];

	for (size_t i = 0; i < hj_array_size(datas); i++) {
		encoded(frame, sizeof(frame), HJ212_CRC_ANNEXA, datas[i]);
		assert_frame(frame, datas[i], HJ212_CRC_ANNEXA, 0);
	}
}

static void one_frame_of_a_file(void **state)
{
	struct hj212_frame frame;

	assert_int_equal(hj212_frame_decode("##0087" DATA "3240", 97, &frame), 97);
	assert_true(frame.crc_ok);
	assert_int_equal(hj212_frame_decode("##0087" DATA "9999", 97, &frame), 97);
	assert_false(frame.crc_ok);
	assert_int_equal(hj212_frame_decode("##0087" DATA "3240", 50, &frame), 0);
	assert_int_equal(hj212_frame_decode("", 0, &frame), 0);
	assert_int_equal(hj212_frame_decode("hello", 5, &frame), -EBADMSG);
	assert_int_equal(hj212_frame_decode("##01x1", 6, &frame), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_are_found_and_made_again),
		cmocka_unit_test(the_other_checksums),
		cmocka_unit_test(tails),
		cmocka_unit_test(wrong_lengths),
		cmocka_unit_test(digits_of_the_crc),
		cmocka_unit_test(long_data),
		cmocka_unit_test(a_wrong_crc),
		cmocka_unit_test(by_length_whatever_is_inside),
		cmocka_unit_test(one_frame_of_a_file),
	};

	examples_load(&examples);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
