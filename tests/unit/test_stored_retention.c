/* What retention takes and what it leaves, on a store without sockets. */
#include "stored_world.h"

#define RETENTION_DAYS 100
#define A_MINUTE_MS    60000 /* so that what is old enough is so in the millisecond it is made */

static int set_up(void **state)
{
	*state = make_world("retain", RETENTION_DAYS);
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	stored_free(*state);
	return remove_world();
}

static void add(struct stored *s, enum hj_kind kind, int count, int days_ago)
{
	static const char body[] = "{\"text\":\"a line of the log\"}";

	for (int i = 0; i < count; i++)
		assert_int_equal(commit_queue(s, kind, hj_now().wall_ms - days_ago * HJ_MS_PER_DAY - A_MINUTE_MS, 0,
		                         body, sizeof(body) - 1, NULL, NULL),
		        0);
	assert_int_equal(commit_now(s), 0);
}

static int count_row(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	++*(int *)userdata;
	return 0;
}

static int kept(struct stored *s, enum hj_kind kind)
{
	int n = 0;

	assert_int_equal(hj_ledger_read(s->ledger, 1, UINT64_MAX, HJ_LEDGER_HEADS | 1u << kind, count_row, &n), 0);
	return n;
}

static void run(struct stored *s)
{
	for (int i = 0; retention_run(s); i++)
		assert_true(i < 100);
}

static int take_body(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	snprintf(userdata, 256, "%.*s", (int)n, (const char *)body);
	return 0;
}

static void test_too_old(void **state)
{
	struct stored *s = *state;
	char body[256] = "";

	add(s, HJ_KIND_MINUTE, 10, 200);
	add(s, HJ_KIND_HOUR, 5, 200);    /* three times as long */
	add(s, HJ_KIND_MINUTE, 10, 100); /* old enough, but only just: it waits for others of its day */
	add(s, HJ_KIND_DAY, 2, 2000);    /* for ever */
	add(s, HJ_KIND_LOG, 2, 301);
	add(s, HJ_KIND_RECEIPT, 3, 31);
	add(s, HJ_KIND_RECEIPT, 3, 29);
	add(s, HJ_KIND_MINUTE, 10, 1);
	run(s);
	assert_int_equal(kept(s, HJ_KIND_MINUTE), 10);
	assert_int_equal(kept(s, HJ_KIND_HOUR), 5);
	assert_int_equal(kept(s, HJ_KIND_DAY), 2);
	assert_int_equal(kept(s, HJ_KIND_LOG), 0);
	assert_int_equal(kept(s, HJ_KIND_RECEIPT), 3);
	assert_int_equal(kept(s, HJ_KIND_CUT), 3);
	hj_ledger_read(s->ledger, 1, UINT64_MAX, 1u << HJ_KIND_CUT, take_body, body);
	assert_non_null(strstr(body, "{\"kind\":\"log\",\"from\":28,\"to\":29,\"records\":2,"));
	assert_non_null(strstr(body, "\"why\":\"term\"}"));
	assert_int_equal(s->forced.count, 0); /* by its term: no event */
}

/* An uplink that is gone for ever: what it owes goes with its term, is counted, and is owed no longer; what is
 * younger than 30 days stays, and stays owed, also that of other kinds. */
static void test_unsent(void **state)
{
	struct stored *s = *state;
	struct uplink *u, *well;

	assert_int_equal(owed_get(s, "gone", &u), 0);
	assert_int_equal(owed_get(s, "well", &well), 0);
	s->forced_told_at = hj_now().mono; /* so that what is to be told can be looked at */
	add(s, HJ_KIND_MINUTE, 10, 150);
	add(s, HJ_KIND_HOUR, 1, 150);
	add(s, HJ_KIND_MINUTE, 10, 149);
	add(s, HJ_KIND_HOUR, 1, 20);
	add(s, HJ_KIND_MINUTE, 10, 20);
	owed_confirm(s, well, 1, UINT64_MAX - 1);
	run(s);
	assert_int_equal(kept(s, HJ_KIND_MINUTE), 10);
	assert_int_equal(kept(s, HJ_KIND_HOUR), 2);
	assert_int_equal(hj_seqset_total(&u->owed), 11);
	assert_int_equal(u->unsent.count, 21);
	assert_int_equal(well->unsent.count, 0);
	assert_true(u->unsent.begin_ms < u->unsent.end_ms);
	retention_tell(s, true);
	assert_int_equal(u->unsent.count, 0);
	/* The same after a start. */
	stored_free(s);
	*state = s = open_store(RETENTION_DAYS);
	assert_int_equal(hj_seqset_total(&owed_find(s, "gone")->owed), 11);
}

static void test_too_large(void **state)
{
	struct stored *s = *state;
	struct uplink *u;

	add(s, HJ_KIND_MINUTE, 5, 40);
	add(s, HJ_KIND_HOUR, 5, 40);
	assert_int_equal(owed_get(s, "county", &u), 0);
	add(s, HJ_KIND_MINUTE, 5, 20);
	s->conf.retention_mb = 0;
	s->forced_told_at = hj_now().mono;
	assert_true(retention_run(s));
	assert_int_equal(kept(s, HJ_KIND_MINUTE), 5); /* minutes before hours */
	assert_int_equal(kept(s, HJ_KIND_HOUR), 5);
	assert_true(retention_run(s));
	assert_int_equal(kept(s, HJ_KIND_HOUR), 0);
	assert_int_equal(s->forced.count, 10);
	owed_confirm(s, u, 1, 1000);
	assert_false(retention_run(s)); /* never what is younger than 30 days */
	assert_int_equal(kept(s, HJ_KIND_MINUTE), 5);
}

/* A disk that is full takes what nobody waits for, whatever its age; never what is owed, nor what waits for its time.
 */
static void test_full(void **state)
{
	struct stored *s = *state;
	struct uplink *u;

	add(s, HJ_KIND_PENDING, 5, 3);
	add(s, HJ_KIND_MINUTE, 5, 3);
	assert_int_equal(owed_get(s, "county", &u), 0);
	add(s, HJ_KIND_MINUTE, 5, 2);
	s->forced_told_at = hj_now().mono;
	for (int i = 0; i < 4; i++) {
		retention_make_room(s);
		assert_int_equal(commit_now(s), 0);
	}
	assert_int_equal(kept(s, HJ_KIND_MINUTE), 5);
	assert_int_equal(kept(s, HJ_KIND_PENDING), 5);
	assert_int_equal(hj_seqset_total(&u->owed), 5);
	assert_int_equal(u->unsent.count, 0);
	assert_true(s->forced.count >= 5);
}

/* A label of 2090 in the middle, from a wrong clock, holds nothing up, and takes nothing with it. */
static void test_wrong_clock(void **state)
{
	struct stored *s = *state;
	struct uplink *u;

	add(s, HJ_KIND_MINUTE, 5, 150);
	add(s, HJ_KIND_MINUTE, 5, -20000);
	add(s, HJ_KIND_MINUTE, 5, 149);
	assert_int_equal(owed_get(s, "county", &u), 0);
	add(s, HJ_KIND_MINUTE, 5, -20000);
	add(s, HJ_KIND_MINUTE, 5, 10);
	run(s);
	assert_int_equal(kept(s, HJ_KIND_MINUTE), 10);
	assert_int_equal(hj_seqset_total(&u->owed), 10);
	retention_make_room(s);
	assert_int_equal(s->cut.kind, HJ_KIND_CUT); /* all else is owed */
	owed_confirm(s, u, u->owed.ranges[0].from + 5, UINT64_MAX - 1);
	retention_make_room(s);
	assert_int_equal(s->cut.kind, HJ_KIND_CUT); /* what is owed is first, and its age is not known */
}

/* Receipts of a moment ten years ahead: QNs come back with the clock, so later ones have labels that are right, and
 * show how old those before them are. While none has come nobody knows. */
static void test_receipts_of_a_clock_ahead(void **state)
{
	struct stored *s = *state;

	add(s, HJ_KIND_RECEIPT, 3, 33);
	add(s, HJ_KIND_RECEIPT, 2, -3650);
	run(s);
	assert_int_equal(kept(s, HJ_KIND_RECEIPT), 2);
	add(s, HJ_KIND_RECEIPT, 4, 32);
	add(s, HJ_KIND_RECEIPT, 3, 1);
	run(s);
	assert_int_equal(kept(s, HJ_KIND_RECEIPT), 3);
}

/* A clock that was wrong for longer than one commit takes: what lies behind it shows its age. */
static void test_wrong_long(void **state)
{
	struct stored *s = *state;

	add(s, HJ_KIND_MINUTE, 1200, -20000);
	run(s);
	assert_int_equal(kept(s, HJ_KIND_MINUTE), 1200); /* nobody knows how old they are */
	add(s, HJ_KIND_MINUTE, 5, 140);
	add(s, HJ_KIND_DAY, 2, 140);
	add(s, HJ_KIND_MINUTE, 5, 1);
	run(s);
	assert_int_equal(kept(s, HJ_KIND_MINUTE), 5);
	assert_int_equal(kept(s, HJ_KIND_DAY), 2);
}

/* A disk that is full does not ask how old they are. */
static void test_full_of_wrong_dates(void **state)
{
	struct stored *s = *state;

	add(s, HJ_KIND_MINUTE, 600, -20000);
	for (int left = 600; left > 0; left -= 500) {
		retention_make_room(s);
		assert_int_equal(s->cut.rows, hj_min(left, 500));
		assert_true(s->cut.begin_ms <= hj_now().wall_ms && s->cut.end_ms <= hj_now().wall_ms);
		assert_int_equal(commit_now(s), 0);
	}
	assert_int_equal(kept(s, HJ_KIND_MINUTE), 0);
}

/* Of what went, the least and the greatest label are told: the clock had gone back, and had been wrong before. */
static void test_labels_out_of_order(void **state)
{
	struct stored *s = *state;
	int64_t now = hj_now().wall_ms;

	add(s, HJ_KIND_MINUTE, 2, -20000);
	add(s, HJ_KIND_MINUTE, 2, 8);
	add(s, HJ_KIND_MINUTE, 2, 9);
	add(s, HJ_KIND_MINUTE, 2, -20000);
	retention_make_room(s);
	assert_int_equal(s->cut.rows, 8);
	assert_true(s->cut.begin_ms < now - 9 * HJ_MS_PER_DAY);
	assert_true(s->cut.end_ms > s->cut.begin_ms && s->cut.end_ms < now - 7 * HJ_MS_PER_DAY);
}

/* What is younger than 30 days stays owed, also where something behind it has an older label: an hour has, whose
 * minutes come before it. */
static void test_older_behind(void **state)
{
	struct stored *s = *state;
	struct uplink *u;

	s->conf.retention_days = 30;
	assert_int_equal(owed_get(s, "county", &u), 0);
	add(s, HJ_KIND_MINUTE, 3, 100);
	add(s, HJ_KIND_MINUTE, 5, 20);
	add(s, HJ_KIND_STATUS, 2, 100);
	run(s);
	assert_int_equal(kept(s, HJ_KIND_MINUTE), 5);
	assert_int_equal(kept(s, HJ_KIND_STATUS), 2);
	assert_int_equal(hj_seqset_total(&u->owed), 7);
	assert_int_equal(owed_confirm(s, u, u->owed.ranges[0].from, UINT64_MAX - 1), 7);
	run(s);
	assert_int_equal(kept(s, HJ_KIND_STATUS), 0);
}

/* The clock leaps 200 days ahead: nothing goes at once, also after a start; the days come in a fourth of their time.
 */
static void test_wrong_date(void **state)
{
	struct stored *s = *state;
	int64_t ahead = 200 * HJ_MS_PER_DAY;

	add(s, HJ_KIND_MINUTE, 5, 150);
	s->age.ms -= ahead;
	s->age.kept_ms -= ahead;
	run(s);
	assert_int_equal(kept(s, HJ_KIND_MINUTE), 5);
	stored_free(s);
	*state = s = open_store(RETENTION_DAYS);
	assert_true(age_now(s) < hj_now().wall_ms - ahead + HJ_MS_PER_DAY);
	s->age.at -= 20 * HJ_MS_PER_DAY * HJ_USEC_PER_MS;
	run(s);
	assert_int_equal(kept(s, HJ_KIND_MINUTE), 5); /* 200 - 80 days behind */
	s->age.at -= 40 * HJ_MS_PER_DAY * HJ_USEC_PER_MS;
	run(s);
	assert_int_equal(kept(s, HJ_KIND_MINUTE), 0);
	assert_true(age_now(s) <= hj_now().wall_ms);
}

static void test_slices(void **state)
{
	struct stored *s = *state;
	int rounds = 0;

	add(s, HJ_KIND_MINUTE, 1200, 300);
	while (retention_run(s))
		rounds++;
	assert_int_equal(rounds, 3);
	assert_int_equal(kept(s, HJ_KIND_MINUTE), 0);
	assert_int_equal(kept(s, HJ_KIND_CUT), 3);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_too_old),
		T(test_unsent),
		T(test_too_large),
		T(test_full),
		T(test_wrong_clock),
		T(test_receipts_of_a_clock_ahead),
		T(test_wrong_long),
		T(test_full_of_wrong_dates),
		T(test_labels_out_of_order),
		T(test_older_behind),
		T(test_wrong_date),
		T(test_slices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
