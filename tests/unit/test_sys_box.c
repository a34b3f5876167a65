/* The box's own number: what a person configured, what its board says, or one made of the machine's id. The board and
 * the machine are this file's. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-id128.h>

#include <cmocka.h>

#include "hjgate/box.h"

static const char *board; /* NULL: it has no such file */
static size_t board_n;
static int machine; /* what asking for its id gives */

FILE *fopen64(const char *path, const char *mode)
{
	assert_string_equal(path, "/proc/device-tree/serial-number");
	if (board)
		return fmemopen((void *)(uintptr_t)board, board_n, "r");
	errno = ENOENT;
	return NULL;
}

int sd_id128_get_machine_app_specific(sd_id128_t application, sd_id128_t *ret)
{
	if (machine >= 0)
		memset(ret, 0xa5, sizeof(*ret));
	return machine;
}

static void assert_number(const char *configured, const char *text, size_t n, const char *wanted)
{
	char serial[HJ_SERIAL_MAX + 1] = "none";

	board = text;
	board_n = n;
	hj_box_serial(configured, serial);
	assert_string_equal(serial, wanted);
}

static void who_knows_it_best(void **state)
{
	(void)state;
	machine = 0;
	assert_number("HJ-7", "1000000042", 11, "HJ-7");
	assert_number("", "1000000042", 11, "1000000042");
	assert_number("", "1000000042\0\0\0\0", 14, "1000000042");
	/* Boards that say nothing: the machine's. */
	assert_number("", NULL, 0, "A5A5A5A5A5A5A5A5A5A5A5A5");
	assert_number("", "\0\0\0\0", 4, "A5A5A5A5A5A5A5A5A5A5A5A5");
	assert_number("", "0000000000000000", 17, "A5A5A5A5A5A5A5A5A5A5A5A5");
	assert_number("", "00 00\n", 7, "A5A5A5A5A5A5A5A5A5A5A5A5");
	machine = -ENOENT;
	assert_number("", NULL, 0, "");
	assert_number("HJ-7", NULL, 0, "HJ-7");
}

/* A board's that is longer than one of ours is cut, not refused. */
static void one_that_is_long(void **state)
{
	static char longer[200];

	(void)state;
	memset(longer, '7', sizeof(longer));
	assert_number("", longer, sizeof(longer), "777777777777777777777777");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_knows_it_best),
		cmocka_unit_test(one_that_is_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
