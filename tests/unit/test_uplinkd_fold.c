/* A min_interval above the base window, and what becomes of its records when it is changed. */
#include "uplinkd_feed_world.h"

static void set_interval(struct uplinkd *u, unsigned minutes)
{
	struct hj212_settings s = *hj212_session_settings(u->session);

	s.min_interval = minutes;
	hj212_session_set(u->session, &s);
	feed_interval_changed(u->feed);
}

static void what_was_held_goes_when_the_interval_is_the_base_window(void **state)
{
	static const int64_t sent[] = { 0, 1 };
	struct uplinkd u;

	begin(&u, 15);
	record(0, 1, true);
	record(1, 1, true);
	look(&u);
	assert_int_equal(world.sent_count, 0);
	set_interval(&u, 1);
	settle(&u);
	assert_int_equal(world.sent[0].lane, LANE_LIVE); /* no budget holds it */
	assert_sent(sent, 2);
	assert_nothing_owed();
	end(&u);
}

static void come(struct uplinkd *u, int64_t from, int64_t to)
{
	for (int64_t minute = from; minute < to; minute++) {
		record(minute, 1, true);
		look(u);
	}
}

static void what_was_held_goes_in_the_new_interval(void **state)
{
	static const struct {
		unsigned before, after;
		int64_t changed, end; /* minutes */
		int64_t sent[4];      /* after the change */
		unsigned count;
	} rows[] = {
		{ 2, 3, 3, 9, { 0, 3, 6 }, 3 },
		{ 3, 2, 5, 10, { 2, 4, 6, 8 }, 4 },
		{ 5, 3, 7, 9, { 3, 6 }, 2 },
		{ 2, 4, 3, 8, { 0, 4 }, 2 },
	};
	static const int64_t first[] = { 0 };

	for (size_t i = 0; i < hj_array_size(rows); i++) {
		struct uplinkd u;

		begin(&u, rows[i].before);
		come(&u, 0, rows[i].changed);
		assert_sent(first, 1);
		set_interval(&u, rows[i].after);
		settle(&u);
		come(&u, rows[i].changed, rows[i].end);
		assert_sent(rows[i].sent, rows[i].count);
		assert_nothing_owed();
		end(&u);
	}
}

static void history_keeps_the_interval_it_began_with(void **state)
{
	static const int64_t twos[] = { 0, 2, 4, 6, 8, 10 };
	static const unsigned others[] = { 3, 5, 1 };
	struct uplinkd u;

	for (size_t i = 0; i < hj_array_size(others); i++) {
		begin(&u, 2);
		for (int64_t minute = 0; minute < 12; minute++)
			record(minute, 1, false);
		world.wall_ms += 10000;
		assert_int_equal(feed_history(u.feed, 1, 2051, START_MS, START_MS + 11 * MINUTE_MS), 0);
		for (unsigned turn = 0; turn < 3; turn++) {
			pull(&u); /* the second one is asked for */
			if (turn < 2 && world.call_count)
				answer_one();
		}
		set_interval(&u, others[i]);
		settle(&u);
		assert_sent(twos, hj_array_size(twos));
		assert_true(world.history_done);
		assert_int_equal(world.history_records, hj_array_size(twos));
		end(&u);
	}
}

static void history_of_the_base_window_stays_so(void **state)
{
	int64_t minutes[40];
	struct uplinkd u;

	begin(&u, 1);
	for (int64_t minute = 0; minute < 40; minute++) {
		record(minute, 1, false);
		minutes[minute] = minute;
	}
	assert_int_equal(feed_history(u.feed, 1, 2051, START_MS, START_MS + 39 * MINUTE_MS), 0);
	pull(&u);
	answer_one();
	set_interval(&u, 10);
	settle(&u);
	assert_sent(minutes, 40);
	assert_true(world.history_done);
	end(&u);
}

/* Of a base window that is not the site's any more: they would lie in two intervals. */
static void a_record_that_is_no_part_of_an_interval_goes_by_itself(void **state)
{
	static const int64_t alone[] = { 0, 5 }, both[] = { 0, 5, 12 };
	struct uplinkd u;

	begin(&u, 6);
	record(0, 5, true);
	record(5, 5, true);
	look(&u);
	assert_sent(alone, 2);
	assert_nothing_owed();
	for (int64_t minute = 12; minute < 18; minute++)
		record(minute, 1, false);
	world.wall_ms += 10000;
	assert_int_equal(feed_history(u.feed, 1, 2051, START_MS, START_MS + 17 * MINUTE_MS), 0);
	settle(&u);
	assert_sent(both, 3);
	assert_int_equal(world.history_records, 3);
	end(&u);
}

/* Records of a clock that nobody vouched for are owed to nobody, and no history either. */
static void what_nobody_has_dated_is_no_history(void **state)
{
	struct uplinkd u;

	for (unsigned trusted = 0; trusted < 2; trusted++) {
		begin(&u, 1);
		world.trust = trusted ? "rtc" : "none";
		record(0, 1, false);
		assert_int_equal(feed_history(u.feed, 1, 2051, START_MS, START_MS + MINUTE_MS), 0);
		settle(&u);
		assert_int_equal(world.sent_count, trusted);
		assert_true(world.history_done);
		end(&u);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_held_goes_when_the_interval_is_the_base_window),
		cmocka_unit_test(what_was_held_goes_in_the_new_interval),
		cmocka_unit_test(history_keeps_the_interval_it_began_with),
		cmocka_unit_test(history_of_the_base_window_stays_so),
		cmocka_unit_test(a_record_that_is_no_part_of_an_interval_goes_by_itself),
		cmocka_unit_test(what_nobody_has_dated_is_no_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
