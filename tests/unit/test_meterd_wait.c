/* Waiting on a descriptor is as long as it was asked for, below a second too, on every machine: see bus_wait.c. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../services/meterd/bus_wait.h"

#include "hjgate/now.h"

#define SHORT (HJ_USEC_PER_SEC / 33)

static void it_waits(void **state)
{
	hj_usec begun = hj_now().mono;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(bus_wait(ends[0], POLLIN, SHORT), 0);
	assert_true(hj_now().mono - begun >= SHORT);
	close(ends[0]);
	close(ends[1]);
}

static void it_tells_what_happened(void **state)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(bus_wait(ends[0], POLLIN, SHORT), POLLIN);
	close(ends[1]);
	assert_int_equal(bus_wait(ends[0], POLLIN, 0), POLLIN | POLLHUP);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_waits),
		cmocka_unit_test(it_tells_what_happened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
