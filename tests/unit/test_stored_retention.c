/* What retention takes and what it leaves, on a store without sockets. */
#include "stored_world.h"

#define RETENTION_DAYS 100
#define A_MINUTE_MS    60000 /* so that what is old enough is so in the millisecond it is made */

static int set_up(void **state)
{
	if (make_root("retain") < 0)
		return -1;
	sd_event_new(&loop);
	*state = open_store(RETENTION_DAYS);
	return 0;
}

static int tear_down(void **state)
{
	stored_free(*state);
	return remove_world();
}

static void add(struct stored *s, int count, int days_ago)
{
	static const char body[] = "{\"text\":\"a line of the log\"}";

	for (int i = 0; i < count; i++)
		assert_int_equal(
		        commit_queue(s, HJ_KIND_LOG, hj_now().wall_ms - days_ago * HJ_MS_PER_DAY - A_MINUTE_MS, 0,
		                body, sizeof(body) - 1, NULL, NULL),
		        0);
	assert_int_equal(commit_now(s), 0);
}

static int count_cut(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	snprintf(userdata, 128, "%.*s", (int)n, (const char *)body);
	return 0;
}

static void test_too_old(void **state)
{
	struct stored *s = *state;
	struct uplink *u;
	char body[128] = "";

	assert_int_equal(owed_get(s, "county", &u), 0);
	add(s, 10, 200);
	add(s, 10, 100); /* old enough, but only just: it waits for others of its day */
	add(s, 10, 1);
	assert_int_equal(hj_seqset_total(&u->owed), 30);
	assert_false(retention_run(s));
	assert_int_equal(hj_ledger_first(s->ledger), 21);
	assert_int_equal(hj_seqset_total(&u->owed), 10); /* what is gone cannot be owed */
	hj_ledger_read(s->ledger, 1, UINT64_MAX, 1u << HJ_KIND_CUT, count_cut, body);
	assert_string_equal(body, "{\"from\":1,\"to\":20,\"records\":20}");
	assert_false(retention_run(s));
	assert_int_equal(hj_ledger_first(s->ledger), 21);
}

static void test_too_large(void **state)
{
	struct stored *s = *state;
	struct uplink *u;

	add(s, 5, 20);
	assert_int_equal(owed_get(s, "county", &u), 0);
	add(s, 5, 10);
	s->conf.retention_mb = 0;
	retention_run(s);
	assert_int_equal(hj_ledger_first(s->ledger), 6); /* owed, and younger than 30 days */
	retention_run(s);
	assert_int_equal(hj_ledger_first(s->ledger), 6);
	owed_confirm(s, u, 6, 10);
	retention_run(s);
	assert_true(hj_ledger_first(s->ledger) > 10);
}

static void test_slices(void **state)
{
	struct stored *s = *state;
	int rounds = 1;

	add(s, 1200, 300);
	while (retention_run(s))
		rounds++;
	assert_int_equal(rounds, 3);
	assert_int_equal(hj_ledger_first(s->ledger), 1201); /* the record of the first cut */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_too_old, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_large, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_slices, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
