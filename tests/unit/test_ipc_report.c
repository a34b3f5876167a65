/* Reports reach an eventd that is there, wait for one that is not, and are counted when they cannot wait any
 * longer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "child.h"

#include "hjgate/ipc_server.h"
#include "hjgate/now.h"
#include "hjgate/report.h"

#define WAIT_MS  60000
#define YEARS_MS (3 * 365 * HJ_MS_PER_DAY)
#define SEEN_MAX 256

struct world {
	sd_event *event;
	struct hj_ipc_server *server;
	struct hj_report *report;
	char root[32], path[96];
	unsigned count, refuse;
	struct {
		char code[32], key[32], phase[8];
		int64_t time, number;
	} seen[SEEN_MAX];
};

static int64_t wrong_ms; /* the wall clock */

struct hj_now hj_now(void)
{
	struct timespec wall, mono;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &mono);
	return (struct hj_now){ .wall_ms = wall.tv_sec * HJ_MS_PER_SEC + wall.tv_nsec / 1000000 + wrong_ms,
		.mono = (hj_usec)mono.tv_sec * HJ_USEC_PER_SEC + (hj_usec)mono.tv_nsec / 1000 };
}

static int take(struct hj_ipc_call *call, json_t *p, void *userdata)
{
	struct world *w = userdata;
	const char *code, *key, *phase, *source;
	json_int_t when = 0, number = -1;
	json_t *values;

	if (w->refuse) {
		w->refuse--;
		return hj_ipc_fail(call, "hjgate.Event.UnknownCode", NULL);
	}
	assert_int_equal(json_unpack(p, "{s:s, s:s, s:s, s:s, s?I, s:o}", "code", &code, "key", &key, "phase", &phase,
	                         "source", &source, "time", &when, "values", &values),
	        0);
	assert_string_equal(source, "meterd@north");
	json_unpack(values, "{s:I}", "count", &number);
	assert_in_range(w->count, 0, SEEN_MAX - 1);
	snprintf(w->seen[w->count].code, 32, "%s", code);
	snprintf(w->seen[w->count].key, 32, "%s", key);
	snprintf(w->seen[w->count].phase, 8, "%s", phase);
	w->seen[w->count].time = when;
	w->seen[w->count++].number = number;
	return hj_ipc_reply(call, json_pack("{s:i}", "id", 1));
}

static const struct hj_ipc_interface event_interface = {
	.name = "hjgate.Event",
	.description = "",
	.methods = (const struct hj_ipc_method[]){ { "Log", HJ_PEER, take }, { NULL, 0, NULL } },
};
static const struct hj_ipc_interface *const interfaces[] = { &event_interface, NULL };

static void serve(struct world *w)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", w->path);
	unlink(w->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(hj_ipc_server_new(w->event, interfaces, w, &w->server), 0);
	assert_int_equal(hj_ipc_server_add(w->server, fd, HJ_PEER), 0);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char folder[64];

	strcpy(w->root, "/tmp/hj-report-XXXXXX");
	assert_non_null(mkdtemp(w->root));
	snprintf(folder, sizeof(folder), "%s/run", w->root);
	mkdir(folder, 0755);
	snprintf(folder, sizeof(folder), "%s/run/hjgate", w->root);
	mkdir(folder, 0755);
	snprintf(w->path, sizeof(w->path), "%s/eventd.peer", folder);
	assert_true(sd_event_new(&w->event) >= 0);
	assert_int_equal(hj_report_new(w->event, w->root, "meterd@north", &w->report), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char folder[64];

	hj_report_free(w->report);
	hj_ipc_server_free(w->server);
	sd_event_unref(w->event);
	unlink(w->path);
	snprintf(folder, sizeof(folder), "%s/run/hjgate", w->root);
	rmdir(folder);
	snprintf(folder, sizeof(folder), "%s/run", w->root);
	rmdir(folder);
	rmdir(w->root);
	free(w);
	return 0;
}

static void turn_until_count(struct world *w, unsigned count)
{
	int64_t until = hj_now().wall_ms + WAIT_MS;

	while (w->count < count) {
		assert_true(hj_now().wall_ms < until);
		sd_event_run(w->event, 10000);
	}
	for (int i = 0; i < 10; i++)
		sd_event_run(w->event, 1000);
	assert_int_equal(w->count, count);
}

static void what_is_reported_before_eventd_is_there_waits(void **state)
{
	struct world *w = *state;
	int64_t before = hj_now().wall_ms;

	hj_report(w->report, "meter-lost", HJ_BEGIN, "meter oven", json_pack("{s:s}", "meter", "oven"));
	hj_report_at(w->report, "meter-lost", HJ_END, "meter oven", 12345, NULL);
	hj_report(NULL, "program-start", HJ_MOMENT, "", json_object());
	for (int i = 0; i < 20; i++)
		sd_event_run(w->event, 10000);
	serve(w);
	turn_until_count(w, 2);
	assert_string_equal(w->seen[0].code, "meter-lost");
	assert_string_equal(w->seen[0].phase, "begin");
	assert_string_equal(w->seen[0].key, "meter oven");
	assert_true(w->seen[0].time >= before && w->seen[0].time <= before + 1000);
	assert_string_equal(w->seen[1].phase, "end");
	assert_true(w->seen[1].time == 12345);
}

/* Told before the box knows the time, taken when it does: eventd would take the wrong time for a right one. */
static void the_clock_is_set_while_a_report_waits(void **state)
{
	struct world *w = *state;
	int64_t now_ms = hj_now().wall_ms;

	wrong_ms = -YEARS_MS;
	hj_report(w->report, "link-lost", HJ_BEGIN, "uplink county", NULL);
	hj_report_at(w->report, "total-reset", HJ_MOMENT, "oven.energy", now_ms - YEARS_MS - 60000, NULL);
	hj_report_sure(w->report, "power-failure", HJ_BEGIN, "power", 12345, NULL);
	wrong_ms = 0;
	hj_report_at(w->report, "link-lost", HJ_END, "uplink county", 23456, NULL);
	serve(w);
	turn_until_count(w, 4);
	assert_in_range(w->seen[0].time, now_ms - 100, now_ms + 1000);
	assert_in_range(w->seen[1].time, now_ms - 60100, now_ms - 59000);
	assert_int_equal(w->seen[2].time, 12345);
	assert_int_equal(w->seen[3].time, 23456);
}

static void too_many_lose_the_oldest_and_say_how_many(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < HJ_REPORTS_MAX + 10; i++)
		hj_report_at(w->report, "setting-changed", HJ_MOMENT, "x", 1000 + i, NULL);
	serve(w);
	turn_until_count(w, HJ_REPORTS_MAX + 1);
	assert_string_equal(w->seen[0].code, "reports-lost");
	assert_int_equal(w->seen[0].number, 10);
	for (int i = 0; i < HJ_REPORTS_MAX; i++)
		assert_int_equal(w->seen[i + 1].time, 1010 + i);
}

static void a_full_queue_in_the_middle_of_a_report_stays_in_order(void **state)
{
	struct world *w = *state;
	int i = 0;

	serve(w);
	hj_report_at(w->report, "setting-changed", HJ_MOMENT, "x", 1000 + i++, NULL);
	turn_until_count(w, 1);
	/* The first of these is under way at once, and is pushed out while it is. */
	for (; i < HJ_REPORTS_MAX + 3; i++)
		hj_report_at(w->report, "setting-changed", HJ_MOMENT, "x", 1000 + i, NULL);
	turn_until_count(w, HJ_REPORTS_MAX + 3);
	assert_int_equal(w->seen[1].time, 1001);
	assert_string_equal(w->seen[2].code, "reports-lost");
	assert_int_equal(w->seen[2].number, 2);
	assert_int_equal(w->seen[3].time, 1003);
	assert_int_equal(w->seen[w->count - 1].time, 1000 + i - 1);
}

static unsigned count_seen(const struct world *w, const char *phase, const char *key)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->count; i++)
		n += !strcmp(w->seen[i].phase, phase) && !strcmp(w->seen[i].key, key);
	return n;
}

/* An end that is not told leaves its event open for ever: moments go first, and what a later one says otherwise. */
static void ends_are_not_lost_to_a_flood(void **state)
{
	struct world *w = *state;
	char key[16];

	hj_report(w->report, "meter-lost", HJ_END, "meter oven", NULL);
	for (int i = 0; i < HJ_REPORTS_MAX + 9; i++)
		hj_report(w->report, "samples-late", HJ_MOMENT, "bus north", NULL);
	for (int i = 1; i < HJ_REPORTS_MAX; i++) {
		snprintf(key, sizeof(key), "meter %d", i);
		hj_report(w->report, "meter-lost", HJ_BEGIN, key, NULL);
	}
	hj_report(w->report, "meter-lost", HJ_END, "meter 7", NULL);
	hj_report(w->report, "meter-lost", HJ_BEGIN, "meter 7", NULL);
	hj_report(w->report, "meter-lost", HJ_END, "meter 9", NULL);
	serve(w);
	turn_until_count(w, HJ_REPORTS_MAX + 1);
	assert_string_equal(w->seen[0].code, "reports-lost");
	assert_int_equal(w->seen[0].number, HJ_REPORTS_MAX + 9 + 3);
	assert_string_equal(w->seen[1].key, "meter oven"); /* in the order in which they were said */
	assert_string_equal(w->seen[2].key, "meter 1");
	assert_string_equal(w->seen[HJ_REPORTS_MAX].key, "meter 9");
	assert_int_equal(count_seen(w, "end", "meter oven"), 1);
	assert_int_equal(count_seen(w, "begin", "meter 7"), 1);
	assert_int_equal(count_seen(w, "end", "meter 7"), 0);
	assert_int_equal(count_seen(w, "begin", "meter 9"), 0);
	assert_int_equal(count_seen(w, "end", "meter 9"), 1);
	assert_int_equal(count_seen(w, "begin", "meter 63"), 1);
}

/* The one under way is the oldest, and stays it when another gives way. */
static void one_that_is_under_way_is_told_once(void **state)
{
	struct world *w = *state;

	serve(w);
	hj_report(w->report, "setting-changed", HJ_MOMENT, "first", NULL);
	turn_until_count(w, 1);
	hj_report(w->report, "meter-lost", HJ_END, "meter oven", NULL);
	for (int i = 0; i < HJ_REPORTS_MAX + 2; i++)
		hj_report_at(w->report, "samples-late", HJ_MOMENT, "bus north", 1000 + i, NULL);
	turn_until_count(w, 1 + HJ_REPORTS_MAX + 1);
	assert_string_equal(w->seen[1].key, "meter oven");
	assert_int_equal(count_seen(w, "end", "meter oven"), 1);
	assert_int_equal(w->seen[2].number, 3);
	assert_int_equal(w->seen[3].time, 1003);
}

static void a_restart_of_eventd_loses_nothing(void **state)
{
	struct world *w = *state;

	serve(w);
	hj_report_at(w->report, "program-start", HJ_MOMENT, "", 1, NULL);
	turn_until_count(w, 1);
	hj_ipc_server_free(w->server);
	hj_report_at(w->report, "program-start", HJ_MOMENT, "", 2, NULL);
	hj_report_at(w->report, "program-start", HJ_MOMENT, "", 3, NULL);
	for (int i = 0; i < 10; i++)
		sd_event_run(w->event, 10000);
	serve(w);
	turn_until_count(w, 3);
	assert_int_equal(w->seen[2].time, 3);
}

static void a_refused_report_does_not_stop_the_others(void **state)
{
	struct world *w = *state;

	w->refuse = 1;
	serve(w);
	hj_report_at(w->report, "no-such-code", HJ_MOMENT, "", 1, NULL);
	hj_report_at(w->report, "program-start", HJ_MOMENT, "", 2, NULL);
	turn_until_count(w, 1);
	assert_int_equal(w->seen[0].time, 2);
}

static void bad_input_is_folded(void **state)
{
	struct world *w = *state;

	serve(w);
	assert_true(hj_report_bad_input(w->report, "county", "\x01\xff#"));
	for (int i = 0; i < 41; i++)
		assert_false(hj_report_bad_input(w->report, "county", "again"));
	assert_true(hj_report_bad_input(w->report, "city", "junk"));
	turn_until_count(w, 2);
	assert_string_equal(w->seen[0].code, "bad-input");
	assert_string_equal(w->seen[0].key, "county");
	assert_int_equal(w->seen[0].number, 1);
	/* Others need its slot before the minute is over: then the rest is told. */
	for (int i = 0; i < 8; i++) {
		char from[16];

		snprintf(from, sizeof(from), "other%d", i);
		hj_report_bad_input(w->report, from, "junk");
	}
	turn_until_count(w, 2 + 8 + 1);
	for (unsigned i = 2; i < w->count; i++)
		assert_int_equal(w->seen[i].number, strcmp(w->seen[i].key, "county") ? 1 : 41);
}

/* The last words are said with the loop over: another process listens. */
static void last_words_are_said(void **state)
{
	struct world *w = *state;
	int status;
	pid_t pid;

	hj_report_at(w->report, "program-stop", HJ_MOMENT, "", 1, NULL);
	hj_report_at(w->report, "program-stop", HJ_MOMENT, "", 2, NULL);
	pid = fork();
	if (!pid) {
		alarm(10);
		sd_event_new(&w->event);
		serve(w);
		while (w->count < 2)
			sd_event_run(w->event, 1000000);
		sd_event_run(w->event, 100000);
		child_leave((int)w->count);
	}
	for (int i = 0; i < 500 && access(w->path, F_OK) < 0; i++)
		usleep(10000);
	usleep(50000);
	hj_report_free(w->report);
	w->report = NULL;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 2);
}

static void last_words_do_not_wait_for_a_deaf_eventd(void **state)
{
	struct world *w = *state;
	hj_usec begin;

	hj_report_at(w->report, "program-stop", HJ_MOMENT, "", 1, NULL);
	serve(w); /* its loop does not turn meanwhile */
	begin = hj_now().mono;
	hj_report_free(w->report);
	w->report = NULL;
	assert_in_range(hj_now().mono - begin, 150 * HJ_USEC_PER_MS, 600 * HJ_USEC_PER_MS);
}

int main(void)
{
#define t(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		t(what_is_reported_before_eventd_is_there_waits),
		t(the_clock_is_set_while_a_report_waits),
		t(too_many_lose_the_oldest_and_say_how_many),
		t(a_full_queue_in_the_middle_of_a_report_stays_in_order),
		t(ends_are_not_lost_to_a_flood),
		t(one_that_is_under_way_is_told_once),
		t(a_restart_of_eventd_loses_nothing),
		t(a_refused_report_does_not_stop_the_others),
		t(bad_input_is_folded),
		t(last_words_are_said),
		t(last_words_do_not_wait_for_a_deaf_eventd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
