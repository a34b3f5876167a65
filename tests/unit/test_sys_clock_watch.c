/* Each setting of the clock is told, once, and only when the next one would be noticed too. The kernel's timer is
 * this file's: a descriptor that becomes readable when the clock is set, as the real one does. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "hjgate/clock_watch.h"

static int timer = -1; /* the kernel's */
static int refuses;    /* arming it, with this errno */
static bool comes_due; /* what should never happen */
static unsigned armed, told, armed_when_told;

int timerfd_create(clockid_t clock, int flags)
{
	assert_int_equal(clock, CLOCK_REALTIME);
	timer = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return timer;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *to, struct itimerspec *was)
{
	assert_int_equal(fd, timer);
	assert_int_equal(flags, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
	assert_true(to->it_value.tv_sec > 4000000000LL); /* never */
	armed++;
	errno = refuses;
	return refuses ? -1 : 0;
}

ssize_t read(int fd, void *to, size_t n)
{
	ssize_t r = syscall(SYS_read, fd, to, n);

	if (fd != timer || r < 0 || comes_due)
		return r;
	errno = ECANCELED; /* so the kernel says that the clock was set */
	return -1;
}

static void note(void *userdata)
{
	told++;
	armed_when_told = armed;
}

static void set_the_clock(void)
{
	const uint64_t one = 1;

	assert_int_equal(write(timer, &one, sizeof(one)), sizeof(one));
}

static sd_event_source *watch(sd_event **ret)
{
	sd_event_source *source = NULL;

	refuses = 0;
	comes_due = false;
	armed = told = armed_when_told = 0;
	assert_true(sd_event_new(ret) >= 0);
	assert_int_equal(hj_clock_watch(*ret, note, NULL, &source), 0);
	assert_int_equal(armed, 1);
	return source;
}

static void run(sd_event *event)
{
	while (sd_event_run(event, 0) > 0)
		;
}

static void each_setting_is_told(void **state)
{
	sd_event *event;
	sd_event_source *source = watch(&event);

	run(event);
	assert_int_equal(told, 0);
	for (unsigned i = 1; i <= 3; i++) {
		set_the_clock();
		run(event);
		assert_int_equal(told, i);
		assert_int_equal(armed_when_told, i + 1);
	}
	/* Set again while it is armed: it is armed all the same. */
	refuses = ECANCELED;
	set_the_clock();
	run(event);
	assert_int_equal(told, 4);
	refuses = 0;
	set_the_clock();
	run(event);
	assert_int_equal(told, 5);
	sd_event_source_disable_unref(source);
	sd_event_unref(event);
}

/* A timer that is of no use any more does not wake us for ever. */
static void what_cannot_be_watched_is_let_go(void **state)
{
	for (unsigned due = 0; due < 2; due++) {
		sd_event *event;
		sd_event_source *source = watch(&event);
		int enabled;

		refuses = due ? 0 : EINVAL;
		comes_due = due;
		set_the_clock();
		run(event);
		assert_int_equal(told, 1);
		assert_true(sd_event_source_get_enabled(source, &enabled) >= 0);
		assert_int_equal(enabled, SD_EVENT_OFF);
		set_the_clock();
		run(event);
		assert_int_equal(told, 1);
		sd_event_source_disable_unref(source);
		sd_event_unref(event);
	}
}

static void a_kernel_that_cannot(void **state)
{
	sd_event_source *source = NULL;
	sd_event *event;

	assert_true(sd_event_new(&event) >= 0);
	refuses = EINVAL;
	assert_int_equal(hj_clock_watch(event, note, NULL, &source), -EINVAL);
	assert_null(source);
	assert_int_equal(write(timer, "12345678", 8), -1); /* it is closed */
	sd_event_unref(event);
}

/* How wrong a clock goes in two days, whichever way. */
static void forty_eight_hours(void **state)
{
	assert_int_equal(hj_clock_48h_ms(0), 0);
	assert_int_equal(hj_clock_48h_ms(1), 173);
	assert_int_equal(hj_clock_48h_ms(-20), 3456);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_setting_is_told),
		cmocka_unit_test(what_cannot_be_watched_is_let_go),
		cmocka_unit_test(a_kernel_that_cannot),
		cmocka_unit_test(forty_eight_hours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
