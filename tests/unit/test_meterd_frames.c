/* The ring of frames against a plain list: what is kept are the newest, whole and in order, however long they are,
 * and whoever reads along misses none that is kept. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../services/meterd/frames.h"

#define FRAMES_LEAST (FRAMES_BYTES / 700) /* of the longest frames so many are kept at least */
#define SHORT_LEAST  2400                 /* of questions for two registers, the most usual ones */

static struct bus_answer make(unsigned i)
{
	struct bus_answer a = { .sent_length = 8 + i * 7 % (BUS_FRAME_MAX - 8),
		.received_length = i * 13 % BUS_FRAME_MAX };

	memset(a.sent, (int)i, a.sent_length);
	memset(a.received, (int)(i + 1), a.received_length);
	a.is.exception = (int)(i % UINT16_MAX); /* a water meter's has 16 bits */
	a.is.why = "as the test wants it";
	return a;
}

static void add(struct frames *f, unsigned i)
{
	const struct hj_question q = {
		.unit_id = (uint8_t)(i % 247 + 1), .table = HJ_TABLE_INPUT, .address = i, .count = 3
	};
	struct bus_answer a = make(i);

	frames_add(f, 1000 + i, i, &q, &a, i % 5 != 0);
}

static void check(const struct frame *got, unsigned i)
{
	struct bus_answer a = make(i);

	assert_int_equal(got->number, i);
	assert_int_equal(got->time_us, 1000 + i);
	assert_int_equal(got->address, i);
	assert_int_equal(got->unit_id, i % 247 + 1);
	assert_int_equal(got->exception, i % UINT16_MAX);
	assert_true(!got->error == (i % 5 != 0));
	assert_int_equal(got->sent_length, a.sent_length);
	assert_int_equal(got->received_length, a.received_length);
	assert_memory_equal(got->sent, a.sent, a.sent_length);
	assert_memory_equal(got->received, a.received, a.received_length);
}

static void keeps_the_newest(void **state)
{
	struct frames_cursor along = { .number = 1 };
	struct frames f = { 0 };
	struct frame got;
	unsigned seen = 0;

	(void)state;
	assert_false(frames_next(&f, &along, &got));
	srandom(11);
	for (unsigned i = 1; i <= 20000; i++) {
		add(&f, i);
		if (i % 997 == 0) { /* all that is kept, and from the middle */
			struct frames_cursor c = { 0 }, newest = frames_newest(&f, 10);
			unsigned n = 0;

			for (; frames_next(&f, &c, &got); n++)
				check(&got, (unsigned)(i + 1 - f.count + n));
			assert_int_equal(n, f.count);
			assert_true(i < FRAMES_LEAST || n >= FRAMES_LEAST);
			for (n = 0; frames_next(&f, &newest, &got); n++)
				check(&got, i - 9 + n);
			assert_int_equal(n, 10);
		}
		while (random() % 3 && frames_next(&f, &along, &got))
			check(&got, ++seen);
		assert_true(i - seen < FRAMES_LEAST);
	}
	/* Who was away for longer than the ring lasts goes on with the oldest. */
	for (unsigned i = 20001; i <= 30000; i++)
		add(&f, i);
	assert_true(frames_next(&f, &along, &got));
	check(&got, (unsigned)(30001 - f.count));
	frames_done(&f);
}

static void keeps_many_short_ones(void **state)
{
	const struct hj_question q = { .unit_id = 1, .table = HJ_TABLE_HOLDING, .count = 2 };
	const struct bus_answer a = { .sent_length = 8, .received_length = 9 };
	struct frames f = { 0 };

	(void)state;
	for (unsigned i = 0; i < 3 * SHORT_LEAST; i++)
		frames_add(&f, i, 0, &q, &a, true);
	assert_true(f.count >= SHORT_LEAST);
	frames_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(keeps_the_newest),
		cmocka_unit_test(keeps_many_short_ones) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
