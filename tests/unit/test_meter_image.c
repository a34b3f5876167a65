/* The registers of an instrument that writes them: what reads back, and when a value is whole. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hjgate/meter_image.h"

#define MS HJ_USEC_PER_MS

static const struct hj_image_span spans[] = {
	{ HJ_TABLE_HOLDING, 100, 2 },
	{ HJ_TABLE_COIL, 7, 1 },
	{ HJ_TABLE_HOLDING, 0, 4 },
	{ HJ_TABLE_HOLDING, 2, 1 }, /* inside the one before */
	{ HJ_TABLE_HOLDING, 10, 1 },
	{ HJ_TABLE_COIL, 9, 1 },
	{ HJ_TABLE_HOLDING, 65535, 1 },
};

static struct hj_image make(void)
{
	struct hj_image image;

	assert_int_equal(hj_image_init(&image, spans, sizeof(spans) / sizeof(spans[0])), 0);
	/* holding 0-10, 100-101, 65535 and coils 7-9 */
	assert_int_equal(image.count, 11 + 2 + 1 + 3);
	return image;
}

static size_t put(struct hj_image *image, uint16_t address, uint16_t count, const char *data, hj_usec now)
{
	return hj_image_write(
	        image, &(struct hj_image_span){ HJ_TABLE_HOLDING, address, count }, (const uint8_t *)data, now);
}

static void what_was_written_reads_back(void **state)
{
	struct hj_image image = make();
	uint8_t to[32];

	(void)state;
	assert_int_equal(put(&image, 0, 2, "\x12\x34\x56\x78", 0), 2);
	assert_int_equal(hj_image_read(&image, &(struct hj_image_span){ HJ_TABLE_HOLDING, 0, 2 }, to), 0);
	assert_memory_equal(to, "\x12\x34\x56\x78", 4);
	assert_int_equal(hj_image_read(&image, &(struct hj_image_span){ HJ_TABLE_HOLDING, 0, 3 }, to), -ENODATA);
	assert_int_equal(hj_image_read(&image, &(struct hj_image_span){ HJ_TABLE_HOLDING, 10, 2 }, to), -ENXIO);
	assert_int_equal(hj_image_read(&image, &(struct hj_image_span){ HJ_TABLE_INPUT, 0, 2 }, to), -ENXIO);
	/* A block that reaches beyond what is here; and one that is all beyond. */
	assert_int_equal(put(&image, 100, 3, "\0\1\0\2\0\3", 0), 2);
	assert_int_equal(put(&image, 65535, 1, "\0\1", 0), 1);
	assert_int_equal(put(&image, 11, 3, "\0\1\0\2\0\3", 0), 0);
	hj_image_done(&image);
}

static void bits_are_packed(void **state)
{
	struct hj_image image = make();
	uint8_t to[2] = { 0xff, 0xff }, bits = 0x5; /* 7 on, 8 off, 9 on */
	const struct hj_image_span all = { HJ_TABLE_COIL, 7, 3 };

	(void)state;
	assert_int_equal(hj_image_write(&image, &all, &bits, 0), 3);
	assert_int_equal(hj_image_read(&image, &all, to), 0);
	assert_int_equal(to[0], 0x5);
	assert_int_equal(hj_image_read(&image, &(struct hj_image_span){ HJ_TABLE_COIL, 8, 2 }, to), 0);
	assert_int_equal(to[0], 0x2);
	hj_image_done(&image);
}

static bool whole(const struct hj_image *image, uint16_t address, uint16_t count, hj_usec now)
{
	static const struct hj_image_span value = { HJ_TABLE_HOLDING, 100, 2 };

	return hj_image_whole(image, &value, &(struct hj_image_span){ HJ_TABLE_HOLDING, address, count }, now);
}

static void a_value_is_whole_when_its_last_register_came(void **state)
{
	struct hj_image image = make();

	(void)state;
	assert_true(whole(&image, 100, 2, 0));
	assert_true(whole(&image, 90, 20, 0));
	assert_false(whole(&image, 102, 2, 0));
	/* two writes */
	put(&image, 100, 1, "\0\1", 1000 * MS);
	assert_false(whole(&image, 100, 1, 1000 * MS));
	put(&image, 101, 1, "\0\2", 1040 * MS);
	assert_true(whole(&image, 101, 1, 1040 * MS));
	/* the first half of the next report was lost: nothing is joined to that of the report before */
	put(&image, 101, 1, "\0\4", 2040 * MS);
	assert_false(whole(&image, 101, 1, 2040 * MS));
	/* never written */
	assert_false(hj_image_whole(&image, &(struct hj_image_span){ HJ_TABLE_HOLDING, 0, 4 },
	        &(struct hj_image_span){ HJ_TABLE_HOLDING, 3, 1 }, 0));
	/* another table */
	assert_false(hj_image_whole(&image, &(struct hj_image_span){ HJ_TABLE_COIL, 7, 1 },
	        &(struct hj_image_span){ HJ_TABLE_HOLDING, 7, 1 }, 0));
	hj_image_done(&image);
}

static void nothing_is_an_image_too(void **state)
{
	struct hj_image image;
	uint8_t to[2];

	(void)state;
	assert_int_equal(hj_image_init(&image, NULL, 0), 0);
	assert_int_equal(put(&image, 0, 1, "\0\1", 0), 0);
	assert_int_equal(hj_image_read(&image, &(struct hj_image_span){ HJ_TABLE_HOLDING, 0, 1 }, to), -ENXIO);
	hj_image_done(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_reads_back),
		cmocka_unit_test(bits_are_packed),
		cmocka_unit_test(a_value_is_whole_when_its_last_register_came),
		cmocka_unit_test(nothing_is_an_image_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
