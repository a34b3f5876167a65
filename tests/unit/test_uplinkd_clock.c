/* When the platform is asked what time it is, with a clock, a loop and a clockd of the test's own. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/uplinkd/uplinkd.h"
#include "hjgate/clock_watch.h"
#include "hjgate/ipc_client.h"
#include "hjgate/log.h"
#include "hjgate/now.h"

#define SECOND HJ_USEC_PER_SEC
#define HOUR   (3600 * SECOND)

static struct {
	hj_usec mono;
	int64_t ahead_ms;
	bool kept, away; /* by a time daemon; the platform */
	bool mute;       /* an edition that cannot ask */
	unsigned asked, answered, said_mute;
	int exe_rtn;
	/* what the program wants to be called for */
	hj_usec timer_at;
	sd_event_time_handler_t timer;
	hj_clock_set_fn set;
	const struct hj_ipc_client_events *clockd;
	hj_ipc_reply_fn reply;
} world;

struct hj_now hj_now(void)
{
	return (struct hj_now){ .wall_ms = world.ahead_ms + (int64_t)(world.mono / HJ_USEC_PER_MS),
		.mono = world.mono };
}

int sd_event_add_time(sd_event *event, sd_event_source **ret, clockid_t clock, uint64_t usec, uint64_t accuracy,
        sd_event_time_handler_t fn, void *userdata)
{
	world.timer = fn;
	return 0;
}

int sd_event_source_set_time(sd_event_source *source, uint64_t usec)
{
	world.timer_at = usec;
	return 0;
}

int sd_event_source_set_enabled(sd_event_source *source, int how)
{
	return 0;
}

int hj_clock_watch(sd_event *event, hj_clock_set_fn fn, void *userdata, sd_event_source **ret)
{
	world.set = fn;
	return 0;
}

bool hj_clock_synchronised(void)
{
	return world.kept;
}

int hj_ipc_client_new(sd_event *event, const char *path, const struct hj_ipc_client_events *events, void *userdata,
        struct hj_ipc_client **ret)
{
	world.clockd = events;
	*ret = (struct hj_ipc_client *)&world; /* is only handed back */
	return 0;
}

void hj_ipc_client_free(struct hj_ipc_client *c) {}

int hj_ipc_client_call(struct hj_ipc_client *c, const char *method, json_t *parameters, int flags, hj_ipc_reply_fn fn,
        void *userdata)
{
	assert_string_equal(method, "hjgate.Clock.Set");
	json_decref(parameters);
	world.reply = fn;
	return 0;
}

bool uplinkd_is_up(const struct uplinkd *u)
{
	return !world.away;
}

void uplinkd_pump(struct uplinkd *u) {}

int hj212_session_ask_clock(struct hj212_session *s)
{
	if (world.mute)
		return -EOPNOTSUPP;
	world.asked++;
	return 0;
}

void hj_log(enum hj_log_level level, const char *format, ...)
{
	world.said_mute += level == HJ_LOG_NOTICE && strstr(format, "2005") != NULL;
}

int hj212_session_answer(struct hj212_session *s, unsigned id, int exe_rtn, struct hj_now now)
{
	world.answered++;
	world.exe_rtn = exe_rtn;
	return 0;
}

int hj_log_error(int r, const char *format, ...)
{
	return r;
}

/* ---- what happens ---- */

static void wait_for(struct uplinkd *u, hj_usec span)
{
	hj_usec end = world.mono + span;

	while (world.timer_at <= end) {
		world.mono = hj_max(world.mono, world.timer_at);
		world.timer_at = HJ_USEC_NEVER; /* once */
		world.timer(NULL, world.mono, u);
	}
	world.mono = end;
}

static void step(struct uplinkd *u, int64_t ms)
{
	world.ahead_ms += ms;
	if (u)
		world.set(u);
}

/* CN 1012, which clockd takes or refuses; by_ms: what it steps. The kernel may tell of that sooner or later. */
static void say(struct uplinkd *u, const char *error, json_t *reply, int64_t by_ms, bool told_late)
{
	struct hj212_request q = { .id = 7, .cn = 1012, .time_ms = 1795622400000 };

	assert_int_equal(clock_set(u, &q), 0);
	world.clockd->up(u);
	step(told_late ? NULL : u, by_ms);
	world.reply(error, reply, false, u);
	if (told_late)
		world.set(u);
}

static void word(struct uplinkd *u, const char *error, int64_t by_ms, bool told_late)
{
	say(u, error, NULL, by_ms, told_late);
}

/* Connected, asked, and set by the platform's word. */
static void begin(struct uplinkd *u)
{
	memset(u, 0, sizeof(*u));
	memset(&world, 0, sizeof(world));
	strcpy(u->name, "county");
	world.mono = 1000 * SECOND;
	world.ahead_ms = 1795622400000;
	world.timer_at = HJ_USEC_NEVER;
	assert_int_equal(clock_new(u, "county"), 0);
	clock_up(u);
	assert_int_equal(world.asked, 1);
	word(u, NULL, 86400000, false);
	assert_int_equal(world.exe_rtn, HJ212_EXE_DONE);
}

/* ---- cases ---- */

static void asked_once_a_day(void **state)
{
	struct uplinkd u;

	begin(&u);
	wait_for(&u, 24 * HOUR - SECOND);
	clock_up(&u);
	assert_int_equal(world.asked, 1);
	wait_for(&u, SECOND);
	assert_int_equal(world.asked, 2);
}

/* Its word is worth nothing then: stored does not trust the clock, and what is read waits. */
static void a_step_by_others_is_asked_about(void **state)
{
	struct uplinkd u;

	begin(&u);
	wait_for(&u, 60 * SECOND);
	step(&u, -3000);
	assert_int_equal(world.asked, 1);
	wait_for(&u, 5 * SECOND);
	assert_int_equal(world.asked, 2);
	word(&u, NULL, 3000, true);
	wait_for(&u, 23 * HOUR);
	assert_int_equal(world.asked, 2);
	/* What is no step, and what only goes on. */
	step(&u, 400);
	step(&u, 0);
	wait_for(&u, 10 * SECOND);
	assert_int_equal(world.asked, 2);
}

/* Nor when it is told of before clockd's answer, nor after. */
static void the_platforms_own_step_is_not(void **state)
{
	struct uplinkd u;

	for (int late = 0; late < 2; late++) {
		begin(&u);
		word(&u, NULL, -7200000, late);
		wait_for(&u, 23 * HOUR);
		assert_int_equal(world.asked, 1);
	}
	/* What clockd refused was somebody else's. */
	begin(&u);
	word(&u, "hjgate.Clock.NotPermitted", -7200000, false);
	assert_int_equal(world.exe_rtn, HJ212_EXE_FAILED);
	wait_for(&u, 5 * SECOND);
	assert_int_equal(world.asked, 2);
}

/* A word that the link held up sets a clock back that was right; the next one, asked for soon, puts that right. */
static void a_word_that_may_be_late_is_asked_about(void **state)
{
	static const struct {
		json_int_t offset;
		unsigned asked;
	} rows[] = { { -20000, 2 }, { -2000, 2 }, { -1000, 1 }, { 20000, 1 }, { -7200000, 1 } };
	struct uplinkd u;

	for (size_t i = 0; i < hj_array_size(rows); i++) {
		json_t *reply = json_pack("{s:s, s:I}", "how", "stepped", "offset", rows[i].offset);

		begin(&u);
		say(&u, NULL, reply, rows[i].offset, false);
		wait_for(&u, 5 * SECOND);
		assert_int_equal(world.asked, rows[i].asked);
		json_decref(reply);
	}
}

/* And a link that holds up each of them does not make us ask for ever. */
static void words_that_are_all_late_are_bounded(void **state)
{
	json_t *reply = json_pack("{s:s, s:i}", "how", "stepped", "offset", -9000);
	struct uplinkd u;

	begin(&u);
	for (int i = 0; i < 24 * 60; i++) {
		say(&u, NULL, reply, -9000, false);
		wait_for(&u, 60 * SECOND);
	}
	assert_in_range(world.asked, 1 + 23, 1 + 25);
	json_decref(reply);
}

/* Nor does one that is made anew all the time. */
static void each_new_link_is_no_reason(void **state)
{
	json_t *reply = json_pack("{s:s, s:i}", "how", "stepped", "offset", -9000);
	struct uplinkd u;

	begin(&u);
	for (int i = 0; i < 24 * 12; i++) {
		unsigned asked = world.asked;

		clock_up(&u);
		if (world.asked > asked)
			say(&u, NULL, reply, -9000, false);
		wait_for(&u, 300 * SECOND);
	}
	assert_in_range(world.asked, 2, 1 + 2 * 25);
	json_decref(reply);
}

/* A cron job of another opinion: each steps the clock for ever. */
static void two_opinions_are_bounded(void **state)
{
	struct uplinkd u;

	begin(&u);
	for (int i = 0; i < 24 * 60; i++) {
		unsigned asked = world.asked;

		step(&u, 10000);
		wait_for(&u, 60 * SECOND);
		if (world.asked > asked)
			word(&u, NULL, -10000, i % 2);
	}
	assert_in_range(world.asked, 1 + 23, 1 + 25);
}

/* The next asking is due all the same, though a word that was refused came in between. */
static void it_is_not_forgotten(void **state)
{
	struct uplinkd u;

	begin(&u);
	step(&u, 10000);
	wait_for(&u, 5 * SECOND);
	step(&u, 10000);
	word(&u, "hjgate.Clock.NotPermitted", 0, false);
	wait_for(&u, HOUR - SECOND);
	assert_int_equal(world.asked, 2);
	wait_for(&u, SECOND);
	assert_int_equal(world.asked, 3);
	/* Without a link it is asked for with the next one. */
	world.away = true;
	step(&u, -5000);
	wait_for(&u, HOUR);
	assert_int_equal(world.asked, 3);
	world.away = false;
	clock_up(&u);
	assert_int_equal(world.asked, 4);
}

static void a_time_daemon_is_let_be(void **state)
{
	struct uplinkd u;

	begin(&u);
	world.kept = true;
	step(&u, 5000);
	wait_for(&u, 25 * HOUR);
	assert_int_equal(world.asked, 1);
}

/* The operator is to know why nobody sets the clock: once, and not where a time daemon does. */
static void an_edition_that_cannot_ask_says_so(void **state)
{
	struct uplinkd u;

	begin(&u);
	world.mute = true;
	u.clock.set_at = 0;
	world.kept = true;
	clock_up(&u);
	assert_int_equal(world.said_mute, 0);
	world.kept = false;
	clock_up(&u);
	clock_up(&u);
	wait_for(&u, 25 * HOUR);
	assert_int_equal(world.said_mute, 1);
	assert_int_equal(world.asked, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asked_once_a_day),
		cmocka_unit_test(a_step_by_others_is_asked_about),
		cmocka_unit_test(the_platforms_own_step_is_not),
		cmocka_unit_test(a_word_that_may_be_late_is_asked_about),
		cmocka_unit_test(words_that_are_all_late_are_bounded),
		cmocka_unit_test(each_new_link_is_no_reason),
		cmocka_unit_test(two_opinions_are_bounded),
		cmocka_unit_test(it_is_not_forgotten),
		cmocka_unit_test(a_time_daemon_is_let_be),
		cmocka_unit_test(an_edition_that_cannot_ask_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
