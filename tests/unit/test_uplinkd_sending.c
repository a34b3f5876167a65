/* When the next turn is due, with a clock of the test's own. What the rest of uplinkd would do is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/uplinkd/uplinkd.h"
#include "hjgate/now.h"

static struct {
	hj_usec now;
	bool budget_known, wants_realtime, dated;
} world;

struct hj_now hj_now(void)
{
	return (struct hj_now){ .wall_ms = 1795622400000, .mono = world.now };
}

bool uplinkd_is_up(const struct uplinkd *u)
{
	return true;
}

bool uplinkd_wants_realtime(const struct uplinkd *u)
{
	return world.wants_realtime;
}

bool feed_budget_known(const struct feed *f)
{
	return world.budget_known;
}

hj_usec feed_shy_deadline(const struct feed *f)
{
	return HJ_USEC_NEVER;
}

bool feed_is_dated(const struct feed *f)
{
	return world.dated;
}

hj_usec feed_values_from(const struct feed *f)
{
	return 0;
}

int64_t feed_waiting(const struct feed *f)
{
	return 1;
}

const struct hj212_phrase_newest *feed_newest(const struct feed *f, size_t *ret_count)
{
	*ret_count = 0;
	return NULL;
}

void feed_confirm(struct feed *f, uint64_t from, uint64_t to, const struct hj_receipt *how) {}
void feed_budget(struct feed *f) {}
void feed_qn(struct feed *f) {}
void feed_pull(struct feed *f) {}
void feed_shy_pull(struct feed *f) {}
void feed_fold_pull(struct feed *f) {}
void feed_history_pull(struct feed *f) {}
void event_backlog(struct uplinkd *u, bool grows, int64_t waiting) {}
void event_budget_spent(struct uplinkd *u, int64_t waiting) {}
void link_proved(struct link *l) {}
void trial_acked(struct uplinkd *u, uint32_t flight, bool unanswered) {}

bool trial_wants(const struct uplinkd *u, struct hj_now now)
{
	return false;
}

int trial_take(struct uplinkd *u, uint32_t flight, struct hj_now now, struct hj_buf *ret)
{
	return -1;
}

static void begin(struct uplinkd *u)
{
	struct hj212_settings settings = { .over_time = 10, .re_count = 3, .rtd_interval = 30, .pw = "123456" };
	struct job j = { .seq = 1, .cn = 2051 };

	memset(u, 0, sizeof(*u));
	world.now = 1000 * HJ_USEC_PER_SEC;
	world.budget_known = true;
	world.dated = true;
	u->identity = (struct hj212_identity){
		.edition = HJ212_2017, .mn = "010000A8900016F000169DC0", .st = "32", .window = 1
	};
	u->limits.rate = 60;
	assert_int_equal(flights_new(&u->flights, 1), 0);
	assert_int_equal(hj212_session_new(&u->identity, &settings, &u->session), 0);
	hj212_session_connected(u->session, hj_now());
	assert_int_equal(lanes_put(&u->lanes, LANE_BACKLOG, &j), 0);
}

static void end(struct uplinkd *u)
{
	lanes_done(&u->lanes);
	flights_done(&u->flights);
	hj212_session_free(u->session);
}

/* A turn takes time, too: the pause may be over when the next one is asked for. */
static void a_pause_that_ends_within_a_turn_is_no_stop(void **state)
{
	struct uplinkd u;

	begin(&u);
	u.limits.next_at = world.now + 50;
	assert_false(sending_turn(&u, hj_now()));
	assert_true(u.lanes.backlog_held);
	assert_true(sending_deadline(&u) == world.now + 50);
	world.now += 100;
	assert_true(sending_deadline(&u) <= world.now);
	end(&u);
}

/* Then the store's answer is waited for, and no turn would help. */
static void a_budget_that_is_not_known_wakes_nobody(void **state)
{
	struct uplinkd u;

	begin(&u);
	world.budget_known = false;
	assert_false(sending_turn(&u, hj_now()));
	assert_true(u.lanes.backlog_held);
	assert_true(sending_deadline(&u) == HJ_USEC_NEVER);
	end(&u);
}

/* Real-time data has the date of its sending: it waits for somebody who vouches for the clock, and wakes nobody. */
static void nothing_is_dated_by_a_clock_that_is_not_trusted(void **state)
{
	struct uplinkd u;

	begin(&u);
	world.wants_realtime = true;
	lanes_clear(&u.lanes, LANE_BACKLOG);
	for (unsigned dated = 0; dated < 2; dated++) {
		world.dated = dated;
		u.realtime_at = world.now;
		assert_true(sending_deadline(&u) == (dated ? world.now : HJ_USEC_NEVER));
		sending_turn(&u, hj_now());
		assert_int_equal(u.realtime_at > world.now, dated); /* it was its turn */
	}
	end(&u);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pause_that_ends_within_a_turn_is_no_stop),
		cmocka_unit_test(a_budget_that_is_not_known_wakes_nobody),
		cmocka_unit_test(nothing_is_dated_by_a_clock_that_is_not_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
