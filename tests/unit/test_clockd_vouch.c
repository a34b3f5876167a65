/* Stored is told that the platform vouches for the clock until it takes it, with a clock, a loop and a stored of the
 * test's own. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/clockd/clockd.h"
#include "hjgate/ipc_client.h"
#include "hjgate/now.h"

#define SECOND HJ_USEC_PER_SEC
#define HOUR   (3600 * SECOND)

static struct timer {
	bool on;
	hj_usec at;
	sd_event_time_handler_t fn;
} timers[2];

static struct {
	hj_usec mono;
	int64_t ahead_ms;
	size_t timers;
	unsigned clients, freed, told;
	bool down, no_memory, ended;
	const struct hj_ipc_client_events *events;
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
	struct timer *t = &timers[world.timers++];

	assert_true(world.timers <= hj_array_size(timers));
	*t = (struct timer){ .on = true, .at = usec, .fn = fn };
	*ret = (sd_event_source *)t;
	return 0;
}

int sd_event_source_set_time(sd_event_source *source, uint64_t usec)
{
	((struct timer *)source)->at = usec;
	return 0;
}

int sd_event_source_set_enabled(sd_event_source *source, int how)
{
	((struct timer *)source)->on = how != SD_EVENT_OFF;
	return 0;
}

sd_event_source *sd_event_source_disable_unref(sd_event_source *source)
{
	return NULL;
}

int sd_event_exit(sd_event *event, int code)
{
	world.ended = true;
	return 0;
}

int hj_report_new(sd_event *event, const char *root, const char *source, struct hj_report **ret)
{
	return 0;
}

void hj_report_free(struct hj_report *r) {}

int hj_ipc_client_new(sd_event *event, const char *path, const struct hj_ipc_client_events *events, void *userdata,
        struct hj_ipc_client **ret)
{
	world.clients++;
	world.events = events;
	*ret = (struct hj_ipc_client *)&world; /* is only handed back */
	return 0;
}

void hj_ipc_client_free(struct hj_ipc_client *c)
{
	world.freed += c != NULL;
}

bool hj_ipc_client_is_up(const struct hj_ipc_client *c)
{
	return !world.down;
}

int hj_ipc_client_call(struct hj_ipc_client *c, const char *method, json_t *parameters, int flags, hj_ipc_reply_fn fn,
        void *userdata)
{
	assert_string_equal(method, "hjgate.Store.ClockSet");
	json_decref(parameters);
	if (world.no_memory)
		return -ENOMEM;
	world.told++;
	world.reply = fn;
	return 0;
}

/* ---- what happens ---- */

static struct clockd *begin(void)
{
	struct hj_service s = { .root = "/nonexistent" };
	struct clockd *c = NULL;

	memset(&world, 0, sizeof(world));
	world.mono = 1000 * SECOND;
	world.ahead_ms = 1795622400000;
	assert_int_equal(clockd_new(&s, &c), 0);
	clockd_vouch(c);
	clockd_busy(c);
	assert_int_equal(world.clients, 1);
	return c;
}

static void answer(struct clockd *c, const char *error)
{
	hj_ipc_reply_fn fn = world.reply;

	assert_non_null(fn);
	world.reply = NULL;
	fn(error, NULL, false, c);
}

/* A stored that says `error` to whatever it is told meanwhile. */
static void wait_for(struct clockd *c, hj_usec span, const char *error)
{
	hj_usec end = world.mono + span;

	while (!world.ended) {
		struct timer *next = NULL;

		for (size_t i = 0; i < world.timers; i++)
			if (timers[i].on && timers[i].at <= end && (!next || timers[i].at < next->at))
				next = &timers[i];
		if (!next)
			break;
		next->on = false;
		world.mono = hj_max(world.mono, next->at);
		next->fn((sd_event_source *)next, world.mono, c);
		if (world.reply && error)
			answer(c, error);
	}
	world.mono = end;
}

/* ---- cases ---- */

static void told_and_idle(void **state)
{
	struct clockd *c = begin();

	world.events->up(c);
	answer(c, NULL);
	assert_int_equal(world.told, 1);
	assert_null(c->stored);
	wait_for(c, 11 * SECOND, NULL);
	assert_true(world.ended);
	clockd_free(c);
}

static void told_until_it_takes_it(void **state)
{
	struct clockd *c = begin();

	world.events->up(c);
	answer(c, "hjgate.Store.DiskTrouble"); /* not loaded yet */
	wait_for(c, 1200 * SECOND, "hjgate.Store.DiskTrouble");
	assert_false(world.ended);
	assert_in_range(world.told, 100, 125);
	/* It goes, and comes back. */
	world.down = true;
	wait_for(c, 600 * SECOND, NULL);
	assert_false(world.ended);
	world.down = false;
	world.told = 0;
	world.no_memory = true;
	world.events->up(c);
	world.no_memory = false;
	wait_for(c, 10 * SECOND, NULL);
	assert_int_equal(world.told, 1);
	answer(c, NULL);
	assert_null(c->stored);
	wait_for(c, 11 * SECOND, NULL);
	assert_true(world.ended);
	assert_int_equal(world.told, 1);
	clockd_free(c);
}

static void not_for_ever(void **state)
{
	struct clockd *c = begin();

	world.down = true;
	for (int i = 0; i < 12 && !world.ended; i++) {
		clockd_busy(c); /* somebody looks now and then: that prolongs nothing */
		wait_for(c, 299 * SECOND, NULL);
	}
	assert_false(world.ended);
	wait_for(c, 30 * SECOND, NULL);
	assert_true(world.ended);
	clockd_free(c);
}

static void what_stored_does_not_know_is_final(void **state)
{
	struct clockd *c = begin();

	world.events->up(c);
	answer(c, "org.varlink.service.InvalidParameter");
	assert_null(c->stored);
	wait_for(c, 9 * SECOND, NULL);
	assert_int_equal(world.told, 1);
	clockd_free(c);
}

/* The platform did not say that it is this time. */
static void a_step_in_between_ends_it(void **state)
{
	struct clockd *c = begin();

	world.events->up(c);
	answer(c, "hjgate.Store.DiskTrouble");
	world.ahead_ms += 3600000;
	wait_for(c, 10 * SECOND, NULL);
	assert_int_equal(world.told, 1);
	assert_null(c->stored);
	/* The next word holds. */
	clockd_vouch(c);
	world.events->up(c);
	assert_int_equal(world.told, 2);
	answer(c, NULL);
	assert_null(c->stored);
	clockd_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_and_idle),
		cmocka_unit_test(told_until_it_takes_it),
		cmocka_unit_test(not_for_ever),
		cmocka_unit_test(what_stored_does_not_know_is_final),
		cmocka_unit_test(a_step_in_between_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
