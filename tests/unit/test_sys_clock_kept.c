/* Who keeps the clock: what the kernel says is believed, and where it may not be asked nobody keeps it, unless
 * hjgate-kept says so. The kernel is this file's. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/timex.h>
#include <unistd.h>
#include <cmocka.h>

#include "hjgate/clock_watch.h"

static int state, status;
static long tick, freq;

int adjtimex(struct timex *t)
{
	assert_int_equal(t->modes, 0); /* nobody sets anything here */
	if (state < 0) {
		errno = EPERM;
		return -1;
	}
	t->status = status;
	t->maxerror = 7000;
	t->tick = tick;
	t->freq = freq;
	return state;
}

static void test_the_kernel_is_believed(void **unused)
{
	struct hj_clock_kept kept;

	state = TIME_OK;
	status = STA_PLL;
	hj_clock_kept(&kept);
	assert_true(kept.synchronised);
	assert_int_equal(kept.error_ms, 7);
	status = STA_UNSYNC;
	assert_false(hj_clock_synchronised());
	state = TIME_ERROR;
	status = 0;
	assert_false(hj_clock_synchronised());
	state = TIME_INS; /* a leap second is no error */
	assert_true(hj_clock_synchronised());
}

/* As under ProtectClock= of systemd. */
static void test_a_refusal_is_no_yes(void **unused)
{
	struct hj_clock_kept kept;

	state = -1;
	hj_clock_kept(&kept);
	assert_true(kept.by_file);
	assert_int_equal(kept.synchronised, access(HJ_CLOCK_KEPT_FILE, F_OK) == 0);
}

/* A crystal that is 250 ppm off, as chrony puts it right: ticks for 200 ppm, the frequency for the rest. */
static void test_ticks_are_drift_too(void **unused)
{
	long hz = sysconf(_SC_CLK_TCK);
	struct hj_clock_kept kept;

	state = TIME_OK;
	status = STA_PLL;
	tick = 1000000 / hz + 200 / hz;
	freq = 50 * 65536;
	hj_clock_kept(&kept);
	assert_false(kept.by_file);
	assert_true(fabs(kept.ppm - 250) < 0.001);
	assert_int_equal(hj_clock_48h_ms(kept.ppm), 43200);
	tick = freq = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_kernel_is_believed),
		cmocka_unit_test(test_a_refusal_is_no_yes),
		cmocka_unit_test(test_ticks_are_drift_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
