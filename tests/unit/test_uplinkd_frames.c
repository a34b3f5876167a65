/* The ring of frames: what it keeps, what becomes of each, and that it stays within its bounds whatever comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../services/uplinkd/frames.h"

static struct hj_now at(int64_t ms)
{
	return (struct hj_now){ .wall_ms = 1000000 + ms, .mono = (hj_usec)ms * HJ_USEC_PER_MS };
}

static void put(struct frames *f, bool out, const char *text, int64_t ms)
{
	frames_put(f, out, text, strlen(text), at(ms));
}

static const struct frames_one *newest(const struct frames *f)
{
	return frames_at(f, f->count - 1);
}

static void text_is_what_json_takes(void **state)
{
	static const char odd[] = "\xff\x00z\xc3\xa9\xe6\xb8\x85\xed\xa0\x80\r\n";
	bool exact = true;
	char *text = frames_text(odd, sizeof(odd) - 1, &exact);

	assert_string_equal(text, "??z\xc3\xa9\xe6\xb8\x85???");
	assert_false(exact);
	free(text);
	text = frames_text("##1\r\n", 5, &exact);
	assert_string_equal(text, "##1");
	assert_true(exact);
	free(text);
	text = frames_text("##1\n", 4, &exact);
	assert_string_equal(text, "##1");
	assert_false(exact);
	free(text);
}

#define QN    "20160801085857223"
#define OTHER "20160801085857224"

static void an_upload_and_its_answer(void **state)
{
	struct frames f = { 0 };

	put(&f, true, "##QN=" QN ";CN=2051\r\n", 0);
	frames_fate(&f, HJ212_FATE_WAITS, QN, 0, at(0));
	put(&f, true, "##QN=" OTHER ";CN=2051\r\n", 1);
	frames_fate(&f, HJ212_FATE_WAITS, OTHER, 0, at(1));
	put(&f, true, "##QN=" QN ";CN=2051\r\n", 10000); /* again, byte for byte */
	assert_int_equal(f.count, 2);
	assert_int_equal(frames_at(&f, 0)->resent, 1);
	assert_int_equal(frames_at(&f, 0)->resent_ms, 1010000);
	put(&f, false, "##QN=" QN ";CN=9014\r\n", 10035);
	frames_fate(&f, HJ212_FATE_ACKNOWLEDGES, NULL, 1, at(10035));
	frames_fate(&f, HJ212_FATE_ACKNOWLEDGED, QN, 1, at(10035));
	assert_int_equal(frames_at(&f, 0)->fate, HJ212_FATE_ACKNOWLEDGED);
	assert_int_equal(frames_at(&f, 0)->after_ms, 10035);
	assert_int_equal(frames_at(&f, 1)->fate, HJ212_FATE_WAITS);
	assert_int_equal(newest(&f)->fate, HJ212_FATE_ACKNOWLEDGES);
	/* What is settled stays so. */
	frames_fate(&f, HJ212_FATE_CUT_OFF, QN, 0, at(20000));
	frames_fate(&f, HJ212_FATE_CUT_OFF, OTHER, 0, at(20000));
	assert_int_equal(frames_at(&f, 0)->fate, HJ212_FATE_ACKNOWLEDGED);
	assert_int_equal(frames_at(&f, 1)->fate, HJ212_FATE_CUT_OFF);
	frames_done(&f);
}

static void another_password_is_another_frame(void **state)
{
	struct frames f = { 0 };

	put(&f, true, "##QN=" QN ";PW=1\r\n", 0);
	frames_fate(&f, HJ212_FATE_WAITS, QN, 0, at(0));
	put(&f, true, "##QN=" QN ";PW=2\r\n", 5);
	assert_int_equal(f.count, 2);
	assert_int_equal(frames_at(&f, 0)->fate, HJ212_FATE_REPLACED);
	assert_int_equal(newest(&f)->fate, HJ212_FATE_WAITS);
	frames_fate(&f, HJ212_FATE_DENIED, QN, 3, at(6));
	assert_int_equal(newest(&f)->code, 3);
	put(&f, true, "##QN=" QN ";PW=1\r\n", 7); /* at once, since it was refused for its password */
	assert_int_equal(f.count, 3);
	assert_int_equal(frames_at(&f, 1)->fate, HJ212_FATE_DENIED);
	assert_int_equal(newest(&f)->fate, HJ212_FATE_WAITS);
	frames_done(&f);
}

/* Answers repeat the QN of what they answer: they are no copies of one another. */
/* What lies behind a frame in memory is none of it. */
static void a_frame_that_ends_with_its_qn(void **state)
{
	static const char bytes[] = "##0020QN=" QN "99";
	struct frames f = { 0 };

	frames_put(&f, false, bytes, sizeof(bytes) - 3, at(0));
	assert_string_equal(newest(&f)->qn, QN);
	frames_put(&f, false, bytes, sizeof(bytes) - 4, at(0));
	assert_string_equal(newest(&f)->qn, "");
	frames_done(&f);
}

static void answers_are_no_copies(void **state)
{
	struct frames f = { 0 };

	put(&f, false, "##QN=" QN ";CN=1061\r\n", 0);
	frames_fate(&f, HJ212_FATE_TAKEN, NULL, 1, at(0));
	put(&f, true, "##QN=" QN ";CN=9011\r\n", 0);
	put(&f, true, "##QN=" QN ";CN=9011\r\n", 1);
	assert_int_equal(f.count, 3);
	assert_int_equal(frames_at(&f, 0)->fate, HJ212_FATE_TAKEN);
	assert_int_equal(newest(&f)->fate, HJ212_FATE_NONE);
	frames_done(&f);
}

static void every_fate_has_a_name(void **state)
{
	for (int i = 1; i < HJ212_FATES; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(
			        frames_fate_name((enum hj212_fate)i), frames_fate_name((enum hj212_fate)k));
	assert_string_equal(frames_fate_name((enum hj212_fate)99), "");
}

/* ---- bounds ---- */

/* Each frame is as it was put, they lie in order and apart, and all of them within the block. */
static void check_all(const struct frames *f, size_t total)
{
	const struct frames_one *one;
	size_t bytes = 0;
	uint64_t number = f->number - f->count;

	assert_in_range(f->count, 1, FRAMES_MOST);
	for (unsigned i = 0; (one = frames_at(f, i)); i++) {
		const char *p = frames_bytes(f, one);

		assert_int_equal(one->number, ++number);
		assert_true(one->at + one->n <= FRAMES_BYTES);
		for (size_t k = 0; k < one->n; k++)
			if ((unsigned char)p[k] != (unsigned char)one->number)
				fail_msg("frame %d has changed at %zu", (int)one->number, k);
		bytes += one->n;
	}
	assert_true(bytes <= FRAMES_BYTES);
	assert_true(f->number == total);
}

static void the_newest_are_kept_within_bounds(void **state)
{
	static char frame[FRAMES_BYTES + 1];
	struct frames f = { 0 };
	uint32_t seed = 1;

	for (unsigned i = 1; i <= 20000; i++) {
		size_t n;

		seed = seed * 1664525u + 1013904223u;
		n = i % 100 == 0 ? FRAMES_BYTES - seed % 3 : 1 + (seed >> 16) % (i % 7 == 0 ? 4108 : 400);
		memset(frame, (int)i, n);
		frames_put(&f, i & 1, frame, n, at(i));
		check_all(&f, i);
	}
	frames_put(&f, true, frame, sizeof(frame), at(0)); /* longer than all of it */
	assert_int_equal(f.number, 20000);
	frames_done(&f);
	assert_null(frames_at(&f, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_what_json_takes),
		cmocka_unit_test(an_upload_and_its_answer),
		cmocka_unit_test(another_password_is_another_frame),
		cmocka_unit_test(a_frame_that_ends_with_its_qn),
		cmocka_unit_test(answers_are_no_copies),
		cmocka_unit_test(every_fate_has_a_name),
		cmocka_unit_test(the_newest_are_kept_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
