/* The finder over a stream: the standard's frames with junk between however it is cut, what is broken, and what only
 * harms. */
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

/* ---- harm ---- */

/* A line's end belongs to the header before it, also where wrong CRCs are taken. */
static void a_cut_frame_takes_nothing_with_it(void **state)
{
	static struct heard h;
	static const char stream[] = "##0300QN=2016;##0087" DATA "3240\r\n##0087" DATA "9999\r\n";

	hear_alike(stream, strlen(stream), &h, true);
	assert_int_equal(h.frames, 2);
	assert_memory_equal(h.text, DATA "|1|", strlen(DATA "|1|"));
	assert_int_equal(h.junk, strlen("##0300QN=2016;"));
}

/* Lines inside long texts, while the buffer is moved under them. */
static void long_texts_with_lines(void **state)
{
	static char stream[80 << 10], data[4000];
	static struct heard h;
	size_t n = 0;

	for (int i = 0; i < 20; i++) {
		int k = snprintf(data, sizeof(data), "CN=3020;CP=&&i21001-Info=//one\r\n%0*d//&&", 2500 + 61 * i, i);

		n += (size_t)snprintf(stream + n, sizeof(stream) - n, "%.*s##%04d%s%04X\r\n", i,
		        "-------------------", k, data, hj212_crc_annexa(data, (size_t)k));
	}
	hear_alike(stream, n, &h, false);
	assert_int_equal(h.frames, 20);
}

/* A wrong length is found out once, not again with every byte that comes. */
static void a_wrong_length_is_tried_once(void **state)
{
	static char stream[6000];
	static struct heard h;

	memset(stream, 'x', sizeof(stream));
	memcpy(stream, "##2000", 6);
	memcpy(stream + 2006, "1234x", 5);
	listen(&h, stream, sizeof(stream), 1, false);
	assert_int_equal(h.frames, 0);
	assert_in_range(h.work, 2000, 3 * sizeof(stream));
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_with_junk_between),
		cmocka_unit_test(frames_without_tails_in_a_row),
		cmocka_unit_test(the_tail_comes_late),
		cmocka_unit_test(a_broken_frame_holds_up_nobody),
		cmocka_unit_test(a_cut_frame_takes_nothing_with_it),
		cmocka_unit_test(long_texts_with_lines),
		cmocka_unit_test(a_wrong_length_is_tried_once),
		cmocka_unit_test(work_is_bounded),
		cmocka_unit_test(harm_passes),
		cmocka_unit_test(the_buffer_never_fills_up_for_good),
	};

	examples_load(&examples);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
