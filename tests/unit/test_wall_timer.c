/* A timer of the wall clock: comes due when that clock says so, once, whenever that is, and not before. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "hjgate/now.h"
#include "hjgate/wall_timer.h"

#define SOON_MS 30

#if defined(SYS_clock_gettime64) /* on 32 bits, where the other is of a time_t of 4 bytes */
#define GET_TIME  SYS_clock_gettime64
#define SET_TIMER SYS_timerfd_settime64
#else
#define GET_TIME  SYS_clock_gettime
#define SET_TIMER SYS_timerfd_settime
#endif

static unsigned rung;

/* ---- the wall clock, which is this file's to set ---- */

static int64_t ahead_s;
static int watched = -1; /* what becomes readable when it is set */

int clock_gettime(clockid_t clock, struct timespec *to)
{
	int r = (int)syscall(GET_TIME, clock, to);

	if (clock == CLOCK_REALTIME)
		to->tv_sec += (time_t)ahead_s;
	return r;
}

int timerfd_create(clockid_t clock, int flags)
{
	if (clock != CLOCK_REALTIME)
		return (int)syscall(SYS_timerfd_create, clock, flags);
	return watched = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *to, struct itimerspec *was)
{
	return fd == watched ? 0 : (int)syscall(SET_TIMER, fd, flags, to, was);
}

ssize_t read(int fd, void *to, size_t n)
{
	ssize_t r = syscall(SYS_read, fd, to, n);

	if (fd != watched || r < 0)
		return r;
	errno = ECANCELED;
	return -1;
}

static void set_clock(int64_t s, bool told)
{
	const uint64_t one = 1;

	ahead_s = s;
	if (told)
		assert_int_equal(write(watched, &one, sizeof(one)), sizeof(one));
}

static void ring(void *userdata)
{
	struct hj_wall_timer *t = userdata;

	assert_true(t->due_ms == HJ_WALL_NEVER);
	rung++;
}

static void run(sd_event *event, hj_usec usec)
{
	hj_usec end = hj_now().mono + usec;

	for (hj_usec now = hj_now().mono; now < end && !rung; now = hj_now().mono)
		assert_true(sd_event_run(event, end - now) >= 0);
}

static void it_comes_due_once(void **state)
{
	struct hj_wall_timer t;
	sd_event *event = NULL;
	int64_t due_ms;

	(void)state;
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(hj_wall_timer_init(&t, event, 1, ring, &t), 0);
	due_ms = hj_now().wall_ms + SOON_MS;
	assert_int_equal(hj_wall_timer_set(&t, due_ms), 0);
	run(event, 5 * HJ_USEC_PER_SEC);
	assert_int_equal(rung, 1);
	assert_true(hj_now().wall_ms >= due_ms);
	rung = 0;
	run(event, 2 * SOON_MS * HJ_USEC_PER_MS);
	assert_int_equal(rung, 0);
	assert_int_equal(hj_wall_timer_set(&t, hj_now().wall_ms - SOON_MS), 0); /* it is over: at once */
	run(event, 5 * HJ_USEC_PER_SEC);
	assert_int_equal(rung, 1);
	rung = 0;
	hj_wall_timer_done(&t);
	sd_event_unref(event);
}

/* Past 2038 and past what a box lives, on every machine. */
static void it_waits_for_any_time(void **state)
{
	static const int64_t late[] = { 2147483648000, 2208988800000, HJ_TIME_MAX_MS, HJ_WALL_NEVER };
	struct hj_wall_timer t;
	sd_event *event = NULL;

	(void)state;
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(hj_wall_timer_init(&t, event, 1, ring, &t), 0);
	for (size_t i = 0; i < sizeof(late) / sizeof(late[0]); i++) {
		assert_int_equal(hj_wall_timer_set(&t, late[i]), 0);
		run(event, HJ_USEC_PER_MS);
		assert_int_equal(rung, 0);
	}
	hj_wall_timer_done(&t);
	sd_event_unref(event);
}

/* An hour from now by a clock that is then set an hour on, or that was slewed: it is due when that clock says so. */
static void it_goes_by_the_clock_as_it_is_set(void **state)
{
	struct hj_wall_timer t;
	sd_event *event = NULL;

	(void)state;
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(hj_wall_timer_init(&t, event, 1, ring, &t), 0);
	assert_int_equal(hj_wall_timer_set(&t, hj_now().wall_ms + 3600000), 0);
	run(event, 5 * HJ_USEC_PER_MS);
	assert_int_equal(rung, 0);
	set_clock(3601, true);
	run(event, 5 * HJ_USEC_PER_SEC);
	assert_int_equal(rung, 1);
	rung = 0;
	/* It was to come soon, and the clock went back before it did without a word: not before its time. */
	assert_int_equal(hj_wall_timer_set(&t, hj_now().wall_ms + SOON_MS), 0);
	set_clock(3600, false);
	run(event, 2 * SOON_MS * HJ_USEC_PER_MS);
	assert_int_equal(rung, 0);
	set_clock(3602, true);
	run(event, 5 * HJ_USEC_PER_SEC);
	assert_int_equal(rung, 1);
	rung = 0;
	set_clock(0, true);
	run(event, 5 * HJ_USEC_PER_MS);
	assert_int_equal(rung, 0); /* it was for once */
	hj_wall_timer_done(&t);
	sd_event_unref(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_comes_due_once),
		cmocka_unit_test(it_waits_for_any_time),
		cmocka_unit_test(it_goes_by_the_clock_as_it_is_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
