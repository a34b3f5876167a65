/* Why alertd's outbox cannot be written is what the kernel said: a full disk is no broken one. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../services/alertd/alertd.h"
#include "hjgate/cleanup.h"

static int write_line(struct alertd *a)
{
	_cleanup_(hj_buf_done) struct hj_buf line = { 0 };

	assert_int_equal(hj_buf_put(&line, "{}\n", 3), 0);
	return outbox_write(a, &line, true);
}

static void test_full(void **state)
{
	struct alertd a = { .fd = open("/dev/full", O_WRONLY | O_CLOEXEC) };

	(void)state;
	assert_true(a.fd >= 0);
	assert_int_equal(write_line(&a), -ENOSPC);
	close(a.fd);
}

static void test_cannot_be_made(void **state)
{
	struct alertd a = { .fd = -1, .path = "/nowhere/alerts/outbox" };

	(void)state;
	assert_int_equal(write_line(&a), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_cannot_be_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
