/* Uplinks that somebody asks for, and those that are gone: when they are told of, and when their place is given away.
 */
#include <errno.h>

#include "stored_served.h"

#define RETENTION_DAYS 100

static struct stored *s;

static int set_up(void **state)
{
	s = make_world("uplinks", RETENTION_DAYS);
	return s ? 0 : -1;
}

static int tear_down(void **state)
{
	return no_more_world(s);
}

static void restart(void)
{
	stored_free(s);
	s = open_store(RETENTION_DAYS);
}

/* As if nobody had asked for so many days. */
static struct uplink *age(const char *name, int days)
{
	struct uplink *u;

	assert_int_equal(owed_get(s, name, &u), 0);
	u->asked_ms = hj_now().wall_ms - days * HJ_MS_PER_DAY;
	u->changed = true;
	return u;
}

static void add_logs(int count, int days_ago)
{
	for (int i = 0; i < count; i++)
		assert_int_equal(commit_queue(s, HJ_KIND_LOG, hj_now().wall_ms - days_ago * HJ_MS_PER_DAY, 0, "{}", 2,
		                         NULL, NULL),
		        0);
	assert_int_equal(commit_now(s), 0);
}

/* When it was asked for outlives the program, and goes with what is written anyway. */
static void test_asking_outlives(void **state)
{
	struct uplink *u = age("county", 10);
	int64_t at = u->asked_ms;

	u->confirmed = 17;
	assert_int_equal(commit_now(s), 0);
	restart();
	u = owed_find(s, "county");
	assert_true(u && u->asked_ms == at && u->confirmed == 17);
	assert_false(owed_is_old(s, u));
	assert_true(owed_is_old(s, age("county", STORED_UPLINK_OLD_DAYS + 1)));
	owed_note_asked(s, u);
	assert_false(owed_is_old(s, u));
}

static void test_who_reads_is_never_old(void **state)
{
	struct uplink *u = age("county", STORED_UPLINK_OLD_DAYS + 1);
	char answer[512];
	int fd;

	serve_store(s);
	fd = say_to_store(HJ_PEER, "Read", "{\"uplink\":\"county\",\"live\":true}", true);
	hear_store(fd, answer, sizeof(answer));
	assert_non_null(strstr(answer, "waiting"));
	age("county", STORED_UPLINK_OLD_DAYS + 1);
	assert_false(owed_is_old(s, u));
	age("county", STORED_UPLINK_OLD_DAYS + 1);
	add_logs(1, 0); /* what is written says so, too */
	assert_true(u->asked_ms > hj_now().wall_ms - HJ_MS_PER_DAY);
	age("county", STORED_UPLINK_OLD_DAYS + 1);
	close(fd);
	for (int i = 0; i < 100 && read_goes_on(s, u); i++)
		sd_event_run(loop, 10000);
	assert_false(owed_is_old(s, u)); /* it has only just left */
	age("county", STORED_UPLINK_OLD_DAYS + 1);
	assert_true(owed_is_old(s, u));
	fd = say_to_store(HJ_PEER, "Confirm", "{\"uplink\":\"county\",\"ranges\":[]}", false);
	hear_store(fd, answer, sizeof(answer));
	close(fd);
	assert_false(owed_is_old(s, u));
}

static void test_a_clock_makes_nobody_old(void **state)
{
	struct uplink *u = age("county", STORED_UPLINK_OLD_DAYS + 1);

	assert_true(owed_is_old(s, u));
	s->trust.source = HJ_TRUST_NONE;
	assert_false(owed_is_old(s, u));
}

/* Of one that is gone nobody is told what it did not get. */
static void test_only_those_that_ask_are_told(void **state)
{
	int fd = listen_as_eventd();

	age("gone", 0);
	age("well", 0);
	add_logs(3, 3 * RETENTION_DAYS + 10);
	age("gone", STORED_UPLINK_OLD_DAYS + 1);
	while (retention_run(s))
		;
	retention_tell(s, true);
	assert_true(is_told(fd, "\"uplink\":\"well\"", "\"uplink\":\"gone\""));
	assert_int_equal(owed_find(s, "gone")->unsent.count, 0);
	close(fd);
}

static int count_row(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	++*(uint64_t *)userdata;
	return 0;
}

/* A site renames its platforms for the thirty-third time. */
static void test_a_place_is_given_away(void **state)
{
	struct hj_receipt one = { .from = 1, .to = 1, .packets = 1, .qn_ms = 1000, .qn_last_ms = 1000 };
	uint64_t receipts = 0;
	struct uplink *u;
	char name[32];

	for (int i = 0; i < STORED_UPLINKS_MAX; i++) {
		snprintf(name, sizeof(name), "bureau%d", i);
		age(name, i == 5 ? STORED_UPLINK_OLD_DAYS + 1 : i == 7 ? STORED_UPLINK_OLD_DAYS + 9 : i % 20);
	}
	add_logs(10, 0);
	s->trust.source = HJ_TRUST_NONE;
	assert_int_equal(owed_get(s, "new", &u), -ENOSPC);
	s->trust.source = HJ_TRUST_RTC;
	receipt_take(s, owed_find(s, "bureau7"), &one);
	assert_int_equal(owed_get(s, "new", &u), 0);
	assert_int_equal(hj_seqset_total(&u->owed), 0);
	assert_int_equal(u->receipts.count, 0);
	assert_null(owed_find(s, "bureau7"));
	assert_int_equal(commit_now(s), 0);
	hj_ledger_read(s->ledger, 1, UINT64_MAX, HJ_LEDGER_HEADS | 1u << HJ_KIND_RECEIPT, count_row, &receipts);
	assert_int_equal(receipts, 1); /* what was acknowledged can be proved */
	restart();
	assert_int_equal(s->uplink_count, STORED_UPLINKS_MAX);
	assert_null(owed_find(s, "bureau7"));
	assert_non_null(owed_find(s, "new"));
	assert_int_equal(owed_get(s, "newer", &u), 0);
	/* It is back before the commit: then it begins anew, and what is on the disk is this one's. */
	age("newer", STORED_UPLINK_OLD_DAYS + 1);
	assert_int_equal(owed_get(s, "bureau5", &u), 0);
	assert_int_equal(commit_now(s), 0);
	restart();
	assert_non_null(owed_find(s, "bureau5"));
	assert_null(owed_find(s, "newer"));
	assert_int_equal(owed_get(s, "newest", &u), -ENOSPC);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_asking_outlives),
		T(test_who_reads_is_never_old),
		T(test_a_clock_makes_nobody_old),
		T(test_only_those_that_ask_are_told),
		T(test_a_place_is_given_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
