/* The frame finder: the standard's frames however the stream is cut, what peers really send, and what only harms. */
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
#include "hjgate/cleanup.h"
#include "hjgate/hj212_frame.h"
#include "hjgate/hj212_message.h"

#define DATA "QN=20160801085857223;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&&&"

static struct examples examples;
static struct hj212_finder finder;

/* ---- streams ---- */

/* What came out of a stream, as text to compare. */
struct heard {
	char text[256 << 10];
	size_t n, frames;
	uint64_t junk, dropped, work;
};

static void hear(struct heard *h, const struct hj212_frame *f)
{
	int n = snprintf(h->text + h->n, sizeof(h->text) - h->n, "%.*s|%d|%d|%04X|%u\n", (int)f->n, f->data,
	        f->crc_ok, (int)f->dialect, f->crc, f->quirks);

	h->n += (size_t)n;
	h->frames++;
	assert_true(h->n < sizeof(h->text));
}

static uint32_t seed;

static size_t random_cut(size_t most)
{
	seed = seed * 1664525 + 1013904223;
	return 1 + (seed >> 8) % most;
}

/* most = 1: byte by byte; else random cuts of up to `most`; the same stream must be heard alike. */
static void listen(struct heard *h, const char *stream, size_t n, size_t most, bool any_crc)
{
	struct hj212_frame frame;

	memset(h, 0, sizeof(*h));
	hj212_finder_init(&finder);
	for (size_t at = 0; at < n;) {
		size_t k = hj_min(random_cut(most), n - at);
		/* A copy of just that many bytes: the sanitizers see a read beyond. */
		_cleanup_free_ char *cut = malloc(k);

		assert_non_null(cut);
		memcpy(cut, stream + at, k);
		k = hj212_finder_put(&finder, cut, k);
		assert_true(k > 0);
		at += k;
		while (hj212_finder_next(&finder, any_crc, &frame) > 0)
			hear(h, &frame);
	}
	while (hj212_finder_end(&finder, any_crc, &frame) > 0)
		hear(h, &frame);
	h->junk = finder.junk;
	h->dropped = finder.dropped;
	h->work = finder.work;
}

static void hear_alike(const char *stream, size_t n, struct heard *whole, bool any_crc)
{
	static const size_t cuts[] = { 1, 2, 3, 7, 13, 50, 300, 1000 };
	static struct heard h;

	listen(whole, stream, n, n, any_crc);
	for (size_t i = 0; i < hj_array_size(cuts); i++) {
		listen(&h, stream, n, cuts[i], any_crc);
		assert_string_equal(h.text, whole->text);
		assert_int_equal(h.junk, whole->junk);
		assert_int_equal(h.dropped, whole->dropped);
	}
}

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

static void a_stream_with_junk_between(void **state)
{
	static const struct hj212_slice junk[] = { HJ212_SLICE(""), HJ212_SLICE("#"), HJ212_SLICE("##"),
		HJ212_SLICE("###"), HJ212_SLICE("\r\n"), HJ212_SLICE("##12"), HJ212_SLICE("##0101"),
		HJ212_SLICE("hello\r\n"), HJ212_SLICE("##0300QN=2016;&&"), HJ212_SLICE("\0\1\2\xff"),
		HJ212_SLICE("##9999"), HJ212_SLICE("&&1C80\r\n"), HJ212_SLICE("##0000") };
	static char stream[128 << 10];
	static struct heard h;
	size_t n = 0, kinds = hj_array_size(junk);

	for (size_t round = 0; round < kinds; round++)
		for (size_t i = 0; i < examples.count; i++) {
			const struct hj212_slice *j = &junk[(i + round) % kinds];

			memcpy(stream + n, j->p, j->n);
			n += j->n;
			memcpy(stream + n, examples.frame[i], examples.n[i]);
			n += examples.n[i];
			assert_true(n < sizeof(stream) - 2048);
			if (i + 1 < examples.count)
				continue;
			hear_alike(stream, n, &h, false);
			assert_int_equal(h.frames, examples.count);
			assert_true(h.junk > 0);
			for (size_t e = 0, at = 0; e < examples.count; e++) {
				assert_memory_equal(h.text + at, examples.frame[e] + 6, examples.n[e] - 12);
				at = (size_t)(strchr(h.text + at, '\n') + 1 - h.text);
			}
			n = 0;
		}
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

static void frames_without_tails_in_a_row(void **state)
{
	static struct heard h;
	static const char stream[] = "##0087" DATA "3240##0087" DATA "3240##0093" DATA "3240##0087" DATA "3240";

	hear_alike(stream, strlen(stream), &h, false);
	assert_int_equal(h.frames, 4);
	assert_int_equal(h.junk, 0);
}

/* The tail comes after the frame was taken for whole: it is no junk. */
static void the_tail_comes_late(void **state)
{
	struct hj212_frame frame;

	hj212_finder_init(&finder);
	hj212_finder_put(&finder, "##0087" DATA "3240", 6 + 87 + 4);
	assert_int_equal(hj212_finder_next(&finder, false, &frame), 0);
	assert_int_equal(hj212_finder_end(&finder, false, &frame), 1);
	hj212_finder_put(&finder, "\r\n", 2);
	assert_int_equal(hj212_finder_end(&finder, false, &frame), 0);
	assert_int_equal(finder.junk, 0);
	/* And what is not whole waits for the rest, whoever says that nothing follows. */
	hj212_finder_put(&finder, "##0087" DATA, 60);
	assert_int_equal(hj212_finder_end(&finder, false, &frame), 0);
	hj212_finder_put(&finder, &("##0087" DATA "3240\r\n")[60], 6 + 87 + 6 - 60);
	assert_int_equal(hj212_finder_end(&finder, false, &frame), 1);
	assert_int_equal(frame.quirks, 0);
	assert_int_equal(finder.junk, 0);
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

/* A length grown in transit, or a frame cut off, does not hold up the frames behind it. */
static void a_broken_frame_holds_up_nobody(void **state)
{
	static const char *const broken[] = { "##3087" DATA "3240\r\n", "##0187" DATA "9999\r\n",
		"##1000QN=2016080\r\n", "##0500QN=20160801085857223;ST=91", "##0087" DATA "9999",
		"##0087" DATA "99" };
	struct hj212_frame frame;

	for (size_t i = 0; i < hj_array_size(broken); i++) {
		hj212_finder_init(&finder);
		hj212_finder_put(&finder, broken[i], strlen(broken[i]));
		for (int k = 0; k < 2; k++)
			hj212_finder_put(&finder, "##0087" DATA "3240\r\n", 6 + 87 + 6);
		/* The first may be the broken one itself, healed. */
		assert_int_equal(hj212_finder_next(&finder, false, &frame), 1);
		assert_int_equal(hj212_finder_next(&finder, false, &frame), 1);
		assert_int_equal(frame.n, 87);
	}
}

/* Text may hold anything as long as the length and the CRC are right. */
static void by_length_whatever_is_inside(void **state)
{
	static const char *const datas[] = {
		"CN=3020;CP=&&i21001-Info=//one\r\ntwo//&&",
		"CN=3020;CP=&&i21001-Info=//##0087//&&",
		"CN=3020;CP=&&i21001-Info=//##//&&",
		"CN=3020;CP=&&\r\n&&",
		"",
		"#",
	};
	char frame[256];

	for (size_t i = 0; i < hj_array_size(datas); i++) {
		encoded(frame, sizeof(frame), HJ212_CRC_ANNEXA, datas[i]);
		assert_frame(frame, datas[i], HJ212_CRC_ANNEXA, 0);
	}
}

/* ---- harm ---- */

static uint64_t work_per_byte(const char *unit, size_t most)
{
	static char stream[64 << 10];
	static struct heard h;
	size_t n = strlen(unit), k = 0;

	while (k + n <= sizeof(stream)) {
		memcpy(stream + k, unit, n);
		k += n;
	}
	listen(&h, stream, k, most, false);
	return h.work / k;
}

static void work_is_bounded(void **state)
{
	static const char *const units[] = {
		"#",
		"##",
		"##9999",
		"##4000",
		"##0000",
		"##0001",
		"##40921234\r\n",
		"##40921234\r\nX",
		"##0006&&1234\r\n",
		"##4090ABCDX\n",
		"##4080QN=1&&1234",
		"##0010##0000ABCD\r\n",
		"##2000 1234 \r",
		"##0100&&",
		"##40961C80",
		"##1000FFFF",
		"##4096\n",
		"##4094ABCDEF",
	};

	for (size_t i = 0; i < hj_array_size(units); i++) {
		assert_true(work_per_byte(units[i], 1) <= 16);
		assert_true(work_per_byte(units[i], 5000) <= 16);
	}
}

/* After the harm is over, frames come through again. */
static void harm_passes(void **state)
{
	static char stream[80 << 10];
	static struct heard h;
	size_t n = 0;

	while (n < 40000)
		n += (size_t)sprintf(stream + n, "##40921234\r\nX");
	for (int i = 0; i < 200; i++)
		n += (size_t)sprintf(stream + n, "##0087" DATA "3240\r\n");
	listen(&h, stream, n, 100, false);
	assert_in_range(h.frames, 150, 200);
}

static void the_buffer_never_fills_up_for_good(void **state)
{
	static char stream[64 << 10];
	static struct heard h;

	memset(stream, 'a', sizeof(stream));
	memcpy(stream, "##4096", 6);
	memcpy(stream + sizeof(stream) - 99, "##0087" DATA "3240\r\n", 99);
	listen(&h, stream, sizeof(stream), 3000, false);
	assert_int_equal(h.frames, 1);
	assert_int_equal(h.junk, sizeof(stream) - 99);
	/* Who never takes a frame out is told that nothing more fits. */
	hj212_finder_init(&finder);
	assert_int_equal(hj212_finder_put(&finder, stream, sizeof(stream)), HJ212_FINDER_BYTES);
	assert_int_equal(hj212_finder_put(&finder, stream, 1), 0);
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
		cmocka_unit_test(a_stream_with_junk_between),
		cmocka_unit_test(the_other_checksums),
		cmocka_unit_test(tails),
		cmocka_unit_test(frames_without_tails_in_a_row),
		cmocka_unit_test(the_tail_comes_late),
		cmocka_unit_test(wrong_lengths),
		cmocka_unit_test(digits_of_the_crc),
		cmocka_unit_test(long_data),
		cmocka_unit_test(a_wrong_crc),
		cmocka_unit_test(a_broken_frame_holds_up_nobody),
		cmocka_unit_test(by_length_whatever_is_inside),
		cmocka_unit_test(work_is_bounded),
		cmocka_unit_test(harm_passes),
		cmocka_unit_test(the_buffer_never_fills_up_for_good),
		cmocka_unit_test(one_frame_of_a_file),
	};

	examples_load(&examples);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
