/* What the flash and the kernel say of wear and of bytes written. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "hjgate/flash.h"
#include "hjgate/written.h"
#include "state_root.h"

/* A disk 179:0 with a partition 179:2, as the kernel lays it out. */
static int set_up(void **state)
{
	char command[1024];

	if (make_root("flash") < 0)
		return -1;
	snprintf(command, sizeof(command),
	        "cd %s && mkdir -p dev/block devices/card devices/mmcblk0/mmcblk0p2 && "
	        "ln -s ../card devices/mmcblk0/device && ln -s ../../devices/mmcblk0 dev/block/179:0 && "
	        "ln -s ../../devices/mmcblk0/mmcblk0p2 dev/block/179:2",
	        root);
	return system(command) ? -1 : 0;
}

static int tear_down(void **state)
{
	return remove_root();
}

static void says(const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/devices/card/life_time", root);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void test_used(void **state)
{
	int percent = -7;

	assert_int_equal(hj_flash_used(root, 179, 2, &percent), -ENODATA); /* no such file */
	says("0x01 0x03\n");
	assert_int_equal(hj_flash_used(root, 179, 0, &percent), 0);
	assert_int_equal(percent, 30);
	says("0x0b 0x01\n");
	assert_int_equal(hj_flash_used(root, 179, 2, &percent), 0);
	assert_int_equal(percent, 110);
	percent = -7;
	says("0x00 0x00\n"); /* not defined */
	assert_int_equal(hj_flash_used(root, 179, 2, &percent), -ENODATA);
	says("0x0c 0x01\n");
	assert_int_equal(hj_flash_used(root, 179, 2, &percent), -ENODATA);
	says("");
	assert_int_equal(hj_flash_used(root, 179, 2, &percent), -ENODATA);
	says("worn out, far beyond what anybody expected of it, and more\n");
	assert_int_equal(hj_flash_used(root, 179, 2, &percent), -ENODATA);
	assert_int_equal(hj_flash_used(root, 8, 1, &percent), -ENODATA);
	assert_int_equal(percent, -7);
}

/* The kernel counts what this process writes to a disk; where the folder is in memory it counts nothing. */
static void test_written(void **state)
{
	static char block[1 << 20];
	int64_t before, after;
	char path[512];
	int count = hj_written_open(), fd, r = hj_written(count, &before);

	if (r == -EOPNOTSUPP)
		skip();
	assert_int_equal(r, 0);
	snprintf(path, sizeof(path), "%s/block", root);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, block, sizeof(block)), sizeof(block));
	assert_int_equal(fsync(fd), 0);
	close(fd);
	assert_int_equal(hj_written(count, &after), 0);
	assert_true(after == before || after - before >= (int64_t)sizeof(block));
	close(count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_used, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_written, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
