/* What becomes of a platform's word: the clock is right, is slewed or is stepped, and stays right. */
#include <fcntl.h>

#include "clockd_world.h"

static void a_right_clock_is_left_alone(void **state)
{
	assert_string_equal(say(0), "right");
	assert_string_equal(say(-1000), "right");
	assert_string_equal(say(1000), "right");
	assert_int_equal(steps + slews + events, 0);
	assert_int_equal(vouched, 3);
}

static void a_little_is_slewed_and_more_is_stepped(void **state)
{
	wall_us -= 3000000;
	assert_string_equal(say(0), "slewed");
	assert_int_equal(slew_us, 3000000);
	pass(2 * HOUR);
	assert_int_equal(error_ms(), 0);
	assert_string_equal(say(0), "right");
	wall_us -= DAY * 1000;
	assert_string_equal(say(0), "stepped");
	assert_int_equal(error_ms(), 0);
	assert_true(slews == 1 && steps == 1 && events == 2);
}

/* A word that was 4 s late, then one that is right: the slew is not to go on. */
static void a_late_words_slew_is_stopped(void **state)
{
	assert_string_equal(say(-4000), "slewed");
	pass(MINUTE);
	assert_string_equal(say(0), "slewed");
	pass(8 * HOUR);
	assert_in_range(error_ms() + 1000, 0, 2000);
	assert_string_equal(say(0), "right");
	assert_int_equal(clockd->drift.corrected_ms, 0); /* what was done, and back */
}

static void a_slew_that_leaves_it_right_goes_on(void **state)
{
	wall_us -= 2000000;
	assert_string_equal(say(0), "slewed");
	pass(40 * MINUTE);
	assert_string_equal(say(0), "right");
	assert_true(slews == 1 && slew_us > 0);
	pass(HOUR);
	assert_int_equal(error_ms(), 0);
	assert_string_equal(say(0), "right");
	assert_int_equal(clockd->drift.behind_ms, 0);
}

/* What was begun before a time daemon came would work against it; its own slews are its own. */
static void a_time_daemon_has_no_slew_against_it(void **state)
{
	wall_us -= 4000000;
	assert_string_equal(say(0), "slewed");
	synchronised = true;
	wall_us += 4000000;
	begin_again();
	pass(MINUTE);
	assert_string_equal(say(0), "right");
	assert_int_equal(slew_us, 0);
	slew_us = 100000;
	assert_string_equal(say(0), "right");
	assert_string_equal(say(60000), "KeptByDaemon");
	assert_int_equal(slew_us, 100000);
}

static void what_the_kernel_refuses_changes_nothing(void **state)
{
	assert_string_equal(say(-4000), "slewed");
	denied = EPERM;
	assert_string_equal(say(60000), "NotPermitted");
	assert_string_equal(say(3000), "NotPermitted");
	assert_int_equal(slew_us, -4000000);
	assert_int_equal(clockd->drift.corrected_ms, -4000);
	assert_true(clockd->slewing);
}

/* A right word is for the box's own clock, too: it drifts, and what could not be written is made good. */
static void the_boxs_own_clock_follows_each_word(void **state)
{
	rtc_result = -EBUSY;
	wall_us -= DAY * 1000;
	assert_string_equal(say(0), "stepped");
	assert_int_equal(rtc_ms, 0);
	rtc_result = 1;
	pass(DAY);
	assert_string_equal(say(0), "right");
	assert_int_equal(rtc_ms, true_us / 1000);
	pass(DAY);
	wall_us -= 2000000;
	assert_string_equal(say(0), "slewed");
	assert_int_equal(rtc_ms, true_us / 1000); /* what will be right */
	assert_int_equal(rtc_asked, 3);

	denied = EPERM;
	assert_string_equal(say(60000), "NotPermitted");
	synchronised = true; /* the kernel writes it */
	assert_string_equal(say(0), "right");
	assert_int_equal(rtc_asked, 3);
}

/* A typing error in the year is not taken, unless nothing is known of the year. */
static void a_date_decades_ahead_is_refused(void **state)
{
	const int64_t year = 365 * DAY, y2045 = 2366841600000LL;

	assert_string_equal(say_time(y2045), "NoSuchTime");
	assert_string_equal(say_time(NOVEMBER + 15 * year + DAY), "NoSuchTime");
	assert_int_equal(steps + slews + vouched, 0);
	assert_string_equal(say_time(NOVEMBER + 10 * year), "stepped");
	assert_string_equal(say(0), "stepped"); /* and back */
	wall_us = 978307200000000LL;            /* 2001 */
	assert_string_equal(say(0), "stepped");
	assert_int_equal(error_ms(), 0);
}

static void where_times_are_short_they_end(void **state)
{
	const int64_t end = 2147483648000LL, y2001 = 978307200000LL, y2037 = end - DAY;

	assert_false(clockd_is_date(y2037, end, 4));
	assert_true(clockd_is_date(y2037, end - 1, 4));
	assert_true(clockd_is_date(y2037, end, 8));
	assert_false(clockd_is_date(y2001, end, 4)); /* nothing is known; but it would not start again */
	assert_true(clockd_is_date(y2001, end, 8));
	assert_true(clockd_is_date(end, end + DAY, 4)); /* it has got there by itself */
	assert_true(clockd_is_date(y2001, NOVEMBER, 4));
}

/* A person sets a clock that keeps time an hour ahead, and the platform puts that right: it is no drift. */
static void what_somebody_else_sets_is_no_drift(void **state)
{
	double ppm;

	assert_string_equal(say(0), "right");
	pass(12 * HOUR);
	wall_us += HOUR * 1000;
	begin_again();
	assert_string_equal(say(0), "stepped");
	assert_int_equal(drift_measured_ms(&clockd->drift), 0);
	pass(12 * HOUR);
	begin_again();
	assert_string_equal(say(0), "right");
	pass(12 * HOUR);
	assert_string_equal(say(0), "right");
	assert_true(drift_ppm(&clockd->drift, &ppm));
	assert_true(ppm == 0);
	assert_int_equal(drift_measured_ms(&clockd->drift), DAY);
}

/* Our own steps and slews begin nothing anew. */
static void what_clockd_sets_is_measured_on(void **state)
{
	wall_us -= DAY * 1000;
	assert_string_equal(say(0), "stepped");
	pass(HOUR);
	wall_us -= 900000;
	assert_string_equal(say(0), "right");
	pass(HOUR);
	assert_string_equal(say(3000), "slewed");
	pass(8 * HOUR);
	assert_string_equal(say(60000), "stepped");
	pass(HOUR);
	assert_string_equal(say(0), "stepped");
	pass(HOUR);
	assert_string_equal(say(0), "right");
	assert_in_range(
	        drift_measured_ms(&clockd->drift), 12 * HOUR, 12 * HOUR + 5000); /* a slew moves both clocks */
}

/* What was kept before the difference of the clocks was: it is measured on. */
static void an_older_file_is_gone_on_with(void **state)
{
	char boot[2 * HJ_ID_BYTES + 1], text[512];

	hj_id_format(clockd->boot_id, boot);
	clockd_free(clockd);
	snprintf(text, sizeof(text),
	        "{\"how\":\"right\",\"heard\":%lld,\"offset\":0,\"boot\":\"%s\",\"begun\":true,\"first_mono\":1000,"
	        "\"last_mono\":2000,\"first_offset\":0,\"behind\":0,\"corrected\":0}",
	        NOVEMBER, boot);
	write_file("var/lib/hjgate/clock/clock.json", text);
	begin();
	assert_string_equal(say(0), "right");
	assert_int_equal(drift_measured_ms(&clockd->drift), HOUR - 1000);
	begin_again();
	assert_true(clockd->drift.ahead_known);
	assert_int_equal(clockd->drift.ahead_ms, NOVEMBER + 500 - HOUR);
}

/* A platform that says the time each second, or each quarter of a minute, when clockd has ended meanwhile. */
static void the_same_word_is_written_once_an_hour(void **state)
{
	for (int i = 0; i <= 7200; i++, pass(1000))
		assert_string_equal(say(0), "right");
	assert_int_equal(syncs, 3);
	for (int i = 0; i < 250; i++, pass(15000)) {
		begin_again();
		assert_string_equal(say(0), "right");
	}
	assert_int_equal(syncs, 4);
	assert_int_equal(clockd->heard_ms, true_us / 1000 - 15000);
	synchronised = true;
	for (int i = 0; i < 60; i++, pass(1000))
		assert_string_equal(say(60000), "KeptByDaemon");
	assert_int_equal(syncs, 5);
}

/* What was done to the clock is kept at once: a measure without it would be wrong. */
static void what_is_set_is_written_at_once(void **state)
{
	assert_string_equal(say(0), "right");
	for (int i = 0; i < 2; i++) {
		assert_string_equal(say(60000), "stepped");
		begin_again();
		assert_int_equal(clockd->drift.corrected_ms, 60000);
		assert_string_equal(say(0), "stepped");
		begin_again();
		assert_int_equal(clockd->drift.corrected_ms, 0);
	}
	assert_int_equal(syncs, 5);
	pass(1000);
	wall_us += HOUR * 1000;
	assert_string_equal(say(3600000), "right"); /* somebody else has set it: the measure begins anew */
	pass(1000);
	assert_string_equal(say(3600000), "right");
	assert_int_equal(syncs, 6);
	wall_us -= HOUR * 1000;
	assert_string_equal(say(0), "right");
	assert_int_equal(syncs, 7);
}

/* What could not be written is written with the next word. */
static void what_is_not_kept_is_kept_later(void **state)
{
	char path[256];

	path_of("var/lib/hjgate/clock/clock.json.part", path);
	assert_string_equal(say(60000), "stepped");
	assert_int_equal(syncs, 1);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_string_equal(say(60000), "right");
	assert_int_equal(rmdir(path), 0);
	pass(1000);
	assert_string_equal(say(60000), "right");
	assert_int_equal(syncs, 2);
}

static const char *begin_with(const char *kept)
{
	static char said[2048];
	char path[256];
	int before = dup(2), to;
	ssize_t n;

	path_of("said", path);
	to = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(before >= 0 && to >= 0 && dup2(to, 2) == 2);
	clockd_free(clockd);
	if (kept)
		write_file("var/lib/hjgate/clock/clock.json", kept);
	begin();
	dup2(before, 2);
	close(before);
	n = pread(to, said, sizeof(said) - 1, 0);
	close(to);
	assert_true(n >= 0);
	said[n] = '\0';
	return said;
}

/* A file that is damaged is said to be, and begun anew. */
static void a_damaged_file_is_told(void **state)
{
	assert_null(strstr(begin_with(NULL), "clock.json"));
	assert_string_equal(say(60000), "stepped");
	assert_null(strstr(begin_with(NULL), "clock.json"));
	assert_true(clockd->drift.begun);
	assert_non_null(strstr(begin_with("{\n\"how\":\"right"), "clock.json, line 2: "));
	assert_false(clockd->drift.begun);
	assert_non_null(strstr(begin_with(""), "clock.json, line 1: "));
	assert_non_null(strstr(begin_with("[]"), "clock.json is not what clockd writes"));
	assert_string_equal(say(0), "stepped");
	assert_null(strstr(begin_with(NULL), "clock.json"));
	assert_true(clockd->drift.begun);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_right_clock_is_left_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(a_little_is_slewed_and_more_is_stepped, setup, teardown),
		cmocka_unit_test_setup_teardown(a_late_words_slew_is_stopped, setup, teardown),
		cmocka_unit_test_setup_teardown(a_slew_that_leaves_it_right_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(a_time_daemon_has_no_slew_against_it, setup, teardown),
		cmocka_unit_test_setup_teardown(the_boxs_own_clock_follows_each_word, setup, teardown),
		cmocka_unit_test_setup_teardown(a_date_decades_ahead_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(where_times_are_short_they_end, setup, teardown),
		cmocka_unit_test_setup_teardown(what_somebody_else_sets_is_no_drift, setup, teardown),
		cmocka_unit_test_setup_teardown(what_clockd_sets_is_measured_on, setup, teardown),
		cmocka_unit_test_setup_teardown(an_older_file_is_gone_on_with, setup, teardown),
		cmocka_unit_test_setup_teardown(the_same_word_is_written_once_an_hour, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_set_is_written_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_kept_is_kept_later, setup, teardown),
		cmocka_unit_test_setup_teardown(a_damaged_file_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(what_the_kernel_refuses_changes_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
