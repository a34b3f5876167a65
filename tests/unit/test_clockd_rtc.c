/* The box's own clock: it is written where it is off, and only there. A file stands for the device. */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../services/clockd/set.h"

#define NOVEMBER 1795017600000LL /* 2026-11-19 */

static char path[] = "/tmp/hj-rtc-XXXXXX";
static int64_t seconds; /* what it holds */
static int read_error, write_error;
static unsigned writes;

static int read_it(struct rtc_time *to)
{
	const time_t t = (time_t)seconds;
	struct tm tm;

	gmtime_r(&t, &tm);
	*to = (struct rtc_time){ tm.tm_sec, tm.tm_min, tm.tm_hour, tm.tm_mday, tm.tm_mon, tm.tm_year, 0, 0, 0 };
	errno = read_error;
	return read_error ? -1 : 0;
}

static int write_it(const struct rtc_time *from)
{
	struct tm tm = { .tm_sec = from->tm_sec,
		.tm_min = from->tm_min,
		.tm_hour = from->tm_hour,
		.tm_mday = from->tm_mday,
		.tm_mon = from->tm_mon,
		.tm_year = from->tm_year };

	writes++;
	errno = write_error;
	if (write_error)
		return -1;
	seconds = (int64_t)timegm(&tm);
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	struct rtc_time *t;
	va_list args;

	va_start(args, request);
	t = va_arg(args, struct rtc_time *);
	va_end(args);
	return request == RTC_RD_TIME ? read_it(t) : request == RTC_SET_TIME ? write_it(t) : -1;
}

static int setup(void **state)
{
	int fd;

	strcpy(path, "/tmp/hj-rtc-XXXXXX");
	fd = mkstemp(path);
	seconds = read_error = write_error = 0;
	writes = 0;
	return fd < 0 || close(fd);
}

static int teardown(void **state)
{
	return unlink(path);
}

static void what_is_off_is_written_in_utc(void **state)
{
	assert_int_equal(set_rtc(path, NOVEMBER + 600), 1);
	assert_int_equal(seconds, NOVEMBER / 1000 + 1); /* rounded */
	for (int off = -1; off <= 1; off++) {
		seconds = NOVEMBER / 1000 + off;
		assert_int_equal(set_rtc(path, NOVEMBER), 0);
	}
	assert_int_equal(writes, 1);
	for (int off = -2; off <= 2; off += 4) {
		seconds = NOVEMBER / 1000 + off;
		assert_int_equal(set_rtc(path, NOVEMBER), 1);
		assert_int_equal(seconds, NOVEMBER / 1000);
	}
	assert_int_equal(writes, 3);
}

/* One that has lost its power says so when it is read. */
static void what_cannot_be_read_is_written(void **state)
{
	seconds = NOVEMBER / 1000;
	read_error = EINVAL;
	assert_int_equal(set_rtc(path, NOVEMBER), 1);
	assert_int_equal(writes, 1);
}

static void what_fails_is_told(void **state)
{
	assert_int_equal(set_rtc(NULL, NOVEMBER), -ENOENT);
	assert_int_equal(set_rtc("/nowhere/rtc", NOVEMBER), -ENOENT);
	write_error = EIO;
	assert_int_equal(set_rtc(path, NOVEMBER), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_off_is_written_in_utc, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_written, setup, teardown),
		cmocka_unit_test_setup_teardown(what_fails_is_told, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
