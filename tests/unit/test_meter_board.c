/* What a SCADA reads: values in their places, codes where there are none, and never a value that has grown old. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_board.h"

enum slot { LEVEL, ENERGY, DOOR, CURRENT, FAN, STATE, SLOTS };

#define NOW   ((hj_usec)1000000)
#define LATER (NOW + 500)

/* Float at 0 and 1, one register free, uint32 at 3 and 4, int16 at the very end; two coils, 8 apart. */
static const struct hj_board_slot placed[SLOTS] = {
	[LEVEL] = { .codec = { .type = HJ_TYPE_INT16, .scale = 0.1 }, .address = 65535 },
	[ENERGY] = { .codec = { .type = HJ_TYPE_UINT32, .order = HJ_ORDER_CDAB, .scale = 1 }, .address = 3 },
	[DOOR] = { .codec = { .type = HJ_TYPE_BIT, .scale = 1 }, .address = 15 },
	[CURRENT] = { .codec = { .type = HJ_TYPE_FLOAT32, .scale = 1 }, .address = 0, .value = 77, .until = LATER },
	[FAN] = { .codec = { .type = HJ_TYPE_BIT, .scale = 1 }, .address = 7 },
	[STATE] = { .codec = { .type = HJ_TYPE_UINT16, .scale = 1 }, .address = 5 },
};

static struct hj_board board;

static int fill(void **state)
{
	(void)state;
	if (hj_board_init(&board, placed, SLOTS) < 0 || hj_board_valid(&board, NOW))
		return -1;
	hj_board_set(&board, LEVEL, 12.5, LATER);
	hj_board_set(&board, CURRENT, 12.5, LATER);
	hj_board_set(&board, ENERGY, 0x12345678, LATER);
	hj_board_set(&board, FAN, 1, LATER);
	hj_board_set(&board, DOOR, 0, LATER);
	return 0;
}

static int clear(void **state)
{
	(void)state;
	hj_board_done(&board);
	return 0;
}

struct look {
	enum hj_table table;
	uint16_t address, count;
	int result;
	const char *bytes;
};

static void look_up(const struct look *rows, size_t n, hj_usec now)
{
	for (size_t i = 0; i < n; i++) {
		const struct hj_image_span at = { rows[i].table, rows[i].address, rows[i].count };
		size_t bytes = hj_table_is_bits(at.table) ? (at.count + 7u) / 8 : 2u * at.count;
		uint8_t to[256];

		memset(to, 0xee, sizeof(to));
		assert_int_equal(hj_board_read(&board, &at, now, to), rows[i].result);
		if (rows[i].result == 0)
			assert_memory_equal(to, rows[i].bytes, bytes);
		assert_int_equal(to[bytes], 0xee);
	}
}

static void values_are_in_their_places(void **state)
{
	static const struct look rows[] = {
		{ HJ_TABLE_HOLDING, 0, 2, 0, "\x41\x48\0\0" },
		{ HJ_TABLE_INPUT, 0, 2, 0, "\x41\x48\0\0" },
		{ HJ_TABLE_INPUT, 0, 6, 0, "\x41\x48\0\0\0\0\x56\x78\x12\x34\xff\xff" }, /* STATE has never come */
		{ HJ_TABLE_HOLDING, 1, 3, 0, "\0\0\0\0\x56\x78" },                       /* from half to half */
		{ HJ_TABLE_HOLDING, 4, 1, 0, "\x12\x34" },
		{ HJ_TABLE_HOLDING, 65535, 1, 0, "\0\x7d" },
		{ HJ_TABLE_HOLDING, 2, 1, -ENXIO, NULL },
		{ HJ_TABLE_HOLDING, 6, 100, -ENXIO, NULL },
		{ HJ_TABLE_HOLDING, 5, 1, -ENODATA, NULL },
		{ HJ_TABLE_HOLDING, 5, 100, -ENODATA, NULL },
		{ HJ_TABLE_COIL, 7, 1, 0, "\1" },
		{ HJ_TABLE_DISCRETE, 0, 16, 0, "\x80\0" },
		{ HJ_TABLE_COIL, 7, 9, 0, "\1\0" },
		{ HJ_TABLE_COIL, 15, 1, 0, "\0" },
		{ HJ_TABLE_COIL, 0, 7, -ENXIO, NULL },
		{ HJ_TABLE_COIL, 16, 1, -ENXIO, NULL },
	};

	(void)state;
	look_up(rows, hj_array_size(rows), NOW);
	assert_int_equal(hj_board_valid(&board, NOW), 5);
}

static void what_is_old_is_no_value(void **state)
{
	static const struct look rows[] = {
		{ HJ_TABLE_HOLDING, 0, 2, -ENODATA, NULL },
		{ HJ_TABLE_HOLDING, 0, 6, 0, "\x7f\xc0\0\0\0\0\x56\x78\x12\x34\xff\xff" },
		{ HJ_TABLE_COIL, 7, 1, -ENODATA, NULL },
		{ HJ_TABLE_COIL, 7, 9, -ENODATA, NULL }, /* a bit has no code: none of them is told */
		{ HJ_TABLE_COIL, 8, 8, 0, "\x80" },
	};

	(void)state;
	hj_board_set(&board, ENERGY, 0x12345678, LATER + 1);
	hj_board_set(&board, DOOR, 1, LATER + 1);
	look_up(rows, hj_array_size(rows), LATER);
	assert_int_equal(hj_board_valid(&board, LATER), 2);
}

static void a_meter_that_fails_takes_its_value_back(void **state)
{
	static const struct look gone[] = { { HJ_TABLE_INPUT, 0, 2, -ENODATA, NULL } },
	                         back[] = { { HJ_TABLE_INPUT, 0, 2, 0, "\x42\xc8\0\0" } };

	(void)state;
	hj_board_set(&board, CURRENT, NAN, HJ_USEC_NEVER);
	look_up(gone, 1, NOW);
	hj_board_set(&board, CURRENT, 100, LATER);
	look_up(back, 1, NOW);
}

static void an_empty_board_has_nothing(void **state)
{
	const struct hj_image_span at = { HJ_TABLE_HOLDING, 0, 125 };
	struct hj_board none;
	uint8_t to[250];

	(void)state;
	assert_int_equal(hj_board_init(&none, NULL, 0), 0);
	assert_int_equal(hj_board_read(&none, &at, NOW, to), -ENXIO);
	assert_int_equal(hj_board_valid(&none, NOW), 0);
	hj_board_done(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(values_are_in_their_places, fill, clear),
		cmocka_unit_test_setup_teardown(what_is_old_is_no_value, fill, clear),
		cmocka_unit_test_setup_teardown(a_meter_that_fails_takes_its_value_back, fill, clear),
		cmocka_unit_test_setup_teardown(an_empty_board_has_nothing, fill, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
