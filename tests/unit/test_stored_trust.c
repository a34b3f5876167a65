/* Whose word the clock is trusted by, where the kernel may not be asked (ProtectClock= of systemd) and hjgate-kept's
 * file is looked for instead; and by the box's own clock. The clock and that file are this file's. */
#include <errno.h>
#include <fcntl.h>
#include <sys/timex.h>
#include <unistd.h>

#include "hjgate/clock_watch.h"
#include "stored_served.h"

#define SECOND 1000LL
#define HOUR   (3600 * SECOND)
#define NOON   1795017600000LL /* 2026-11-19 */
#define KEPT   400             /* days */

static int64_t wall_ms, mono_ms;
static bool has_file;

struct hj_now hj_now(void)
{
	return (struct hj_now){ .wall_ms = wall_ms, .mono = (hj_usec)mono_ms * HJ_USEC_PER_MS };
}

int adjtimex(struct timex *t)
{
	(void)t;
	errno = EPERM;
	return -1;
}

int access(const char *path, int mode)
{
	if (strcmp(path, HJ_CLOCK_KEPT_FILE) != 0)
		return faccessat(AT_FDCWD, path, mode, 0);
	errno = ENOENT;
	return has_file ? 0 : -1;
}

static enum hj_trust trusted(struct stored *s)
{
	struct hj_now now = hj_now();

	trust_heed(s, &now);
	return s->trust.source;
}

static void later(int64_t ms)
{
	wall_ms += ms;
	mono_ms += ms;
}

static struct stored *begin(enum hj_clock_trust by)
{
	struct stored *s;

	wall_ms = NOON;
	mono_ms = 100 * SECOND;
	s = make_world("stored_trust", KEPT);
	assert_non_null(s);
	s->conf.clock_trust = by;
	return s;
}

static void end(struct stored *s)
{
	stored_free(s);
	remove_world();
	has_file = false;
}

static void a_file_of_before_is_no_word(void **state)
{
	struct stored *s;

	has_file = true;
	s = begin(HJ_CLOCK_NTP);
	assert_int_equal(trusted(s), HJ_TRUST_NTP);
	later(60 * SECOND);
	wall_ms += HOUR; /* by hand; hjgate-kept has not looked yet */
	assert_int_equal(trusted(s), HJ_TRUST_NONE);
	has_file = false;
	later(2 * SECOND);
	assert_int_equal(trusted(s), HJ_TRUST_NONE);
	later(24 * HOUR);
	assert_int_equal(trusted(s), HJ_TRUST_NONE);
	end(s);
}

static void a_daemon_that_sets_it_keeps_it(void **state)
{
	struct stored *s;

	has_file = true;
	s = begin(HJ_CLOCK_NTP);
	later(60 * SECOND);
	wall_ms -= HOUR;
	assert_int_equal(trusted(s), HJ_TRUST_NONE);
	later(2 * SECOND);
	assert_int_equal(trusted(s), HJ_TRUST_NTP);
	end(s);
}

/* What the box's own clock says of itself as the store comes up: the wall clock is plausible all along. Below a root
 * it is trusted where nothing else is said. */
static enum hj_trust with_rtc(const char *says)
{
	static const char *const folders[] = { "sys", "sys/class", "sys/class/rtc", "sys/class/rtc/rtc0" };
	enum hj_trust at_first;
	struct stored *s;
	char path[256];

	assert_int_equal(make_root("stored_trust"), 0);
	for (size_t i = 0; i < hj_array_size(folders); i++) {
		path_of(folders[i], path);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	write_file("sys/class/rtc/rtc0/since_epoch", says);
	sd_event_new(&loop);
	s = open_store(KEPT);
	at_first = trusted(s);
	later(60 * SECOND);
	wall_ms += HOUR; /* somebody sets it */
	assert_int_equal(trusted(s), HJ_TRUST_RTC);
	end(s);
	return at_first;
}

static void a_dead_battery_is_not_trusted(void **state)
{
	assert_int_equal(with_rtc("1795017600\n"), HJ_TRUST_RTC);
	assert_int_equal(with_rtc("7\n"), HJ_TRUST_NONE);
	assert_int_equal(with_rtc("946684800\n"), HJ_TRUST_NONE);
	assert_int_equal(with_rtc(""), HJ_TRUST_NONE);
	assert_int_equal(with_rtc("99999999999999999999\n"), HJ_TRUST_NONE);
}

static void assert_told(int fd, const char *trust)
{
	char answer[512], expected[32];

	hear_store(fd, answer, sizeof(answer));
	snprintf(expected, sizeof(expected), "\"trust\":\"%s\"", trust);
	assert_non_null(strstr(answer, "\"records\":[]"));
	assert_non_null(strstr(answer, expected));
}

/* Without a record to send, and while the disk is away, too. */
static void uplinks_hear_whose_word_it_is(void **state)
{
	struct stored *s;
	int fd;

	has_file = true;
	s = begin(HJ_CLOCK_NTP);
	serve_store(s);
	fd = say_to_store(HJ_PEER, "Read", "{\"uplink\":\"county\",\"live\":true}", true);
	assert_told(fd, "ntp");
	wall_ms += HOUR; /* by hand */
	assert_int_equal(trusted(s), HJ_TRUST_NONE);
	assert_told(fd, "none");
	disk_close(s);
	later(2 * SECOND);
	assert_int_equal(trusted(s), HJ_TRUST_NTP);
	assert_told(fd, "ntp");
	close(fd);
	serve_no_more();
	end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_of_before_is_no_word),
		cmocka_unit_test(a_daemon_that_sets_it_keeps_it),
		cmocka_unit_test(a_dead_battery_is_not_trusted),
		cmocka_unit_test(uplinks_hear_whose_word_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
