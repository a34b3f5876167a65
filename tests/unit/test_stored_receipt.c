/* Receipts in the store: kept with what is owed, made into records, over a restart and after an earlier version. */
#include "stored_world.h"

#define WINDOW_MS      60000LL
#define HOUR_MS        3600000LL
#define RETENTION_DAYS 100

static struct stored *s;

static void restart(void)
{
	stored_free(s);
	s = open_store(RETENTION_DAYS);
}

static int set_up(void **state)
{
	s = make_world("receipt", RETENTION_DAYS);
	return s ? 0 : -1;
}

static int tear_down(void **state)
{
	stored_free(s);
	return remove_world();
}

static void add_logs(int count)
{
	for (int i = 0; i < count; i++)
		assert_int_equal(commit_queue(s, HJ_KIND_LOG, hj_now().wall_ms, 0, "{}", 2, NULL, NULL), 0);
}

static struct hj_receipt sent(uint64_t seq, int64_t qn_ms)
{
	return (struct hj_receipt){ .from = seq,
		.to = seq,
		.packets = 1,
		.qn_ms = qn_ms,
		.qn_last_ms = qn_ms,
		.sent_ms = qn_ms,
		.acked_ms = qn_ms + 40 };
}

static void confirm_with_receipt(struct uplink *u, uint64_t seq)
{
	struct hj_receipt one = sent(seq, HOUR_MS + (int64_t)seq * WINDOW_MS);

	receipt_take(s, u, &one);
	owed_confirm(s, u, seq, seq);
}

struct receipts_seen {
	uint64_t next;
	unsigned records;
};

static int see_receipt(const struct hj_receipt *one, void *userdata)
{
	struct receipts_seen *seen = userdata;

	assert_int_equal(one->from, seen->next);
	assert_int_equal(one->qn_ms, HOUR_MS + (int64_t)seen->next * WINDOW_MS);
	seen->next++;
	return 0;
}

static int see_receipt_record(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct receipts_seen *seen = userdata;
	char uplink[HJ_NAME_MAX + 1];
	const void *packed;
	size_t length;

	seen->records++;
	assert_int_equal(hj_receipt_body_decode(body, n, uplink, &packed, &length), 0);
	assert_string_equal(uplink, "county");
	assert_int_equal(hj_receipts_each(packed, length, see_receipt, seen), 0);
	assert_int_equal(head->label_ms, HOUR_MS + ((int64_t)seen->next - 1) * WINDOW_MS + 40);
	return 0;
}

/* A list is kept with what is owed; a full one becomes a record that nobody is owed. */
static void test_receipts_outlive(void **state)
{
	struct receipts_seen seen = { .next = 1 };
	struct uplink *u;

	assert_int_equal(owed_get(s, "county", &u), 0);
	add_logs(150);
	assert_int_equal(commit_now(s), 0);
	confirm_with_receipt(u, 1);
	confirm_with_receipt(u, 1); /* the answer was lost: told again */
	confirm_with_receipt(u, 2);
	assert_int_equal(u->receipts.count, 2);
	assert_int_equal(commit_now(s), 0);
	restart();
	u = owed_find(s, "county");
	assert_int_equal(u->receipts.count, 2);
	for (uint64_t seq = 3; seq <= 150; seq++)
		confirm_with_receipt(u, seq);
	assert_int_equal(commit_now(s), 0);
	restart();
	u = owed_find(s, "county");
	hj_ledger_read(s->ledger, 1, UINT64_MAX, 1u << HJ_KIND_RECEIPT, see_receipt_record, &seen);
	assert_true(seen.records >= 2);
	assert_int_equal(hj_receipts_each(u->receipts.packed.data, u->receipts.packed.len, see_receipt, &seen), 0);
	assert_int_equal(seen.next, 151);
	assert_int_equal(hj_seqset_total(&u->owed), 0); /* the records of receipts are not owed */
	assert_int_equal(u->receipts_lost, 0);
}

static int note_newest(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	*(struct hj_head *)userdata = *head;
	return 0;
}

/* The clock, and QNs with it, are years behind the records that go out: who asks for receipts since a record's label
 * finds them. */
static void test_receipts_of_a_clock_behind(void **state)
{
	int64_t label_ms = hj_now().wall_ms;
	struct hj_head newest = { 0 };
	struct uplink *u;

	assert_int_equal(owed_get(s, "county", &u), 0);
	for (int i = 0; i < 8; i++)
		assert_int_equal(commit_queue(s, HJ_KIND_MINUTE, label_ms + i, 60000, "{}", 2, NULL, NULL), 0);
	assert_int_equal(commit_now(s), 0);
	restart();
	u = owed_find(s, "county");
	for (uint64_t seq = 1; seq <= 8; seq++)
		confirm_with_receipt(u, seq);
	assert_int_equal(commit_now(s), 0);
	hj_ledger_read(s->ledger, 1, UINT64_MAX, 1u << HJ_KIND_RECEIPT, note_newest, &newest);
	assert_true(newest.label_ms == label_ms + 7);
}

/* As version 1 of the store wrote it: a set, how many were confirmed and when, and nothing behind. Who was never seen
 * to ask is taken to ask now. */
static void test_owed_without_receipts(void **state)
{
	struct hj_seqset set = { .ranges = { { 3, 9 } }, .count = 1 };
	struct hj_buf old = { 0 };
	struct uplink *u;

	add_logs(10);
	assert_int_equal(commit_now(s), 0);
	assert_int_equal(hj_seqset_encode(&set, &old), 0);
	hj_buf_put_be(&old, 17, 8);
	hj_buf_put_be(&old, 4711, 8);
	assert_int_equal(hj_ledger_put(s->ledger, "owed.city", old.data, old.len), 0);
	hj_buf_put(&old, "\377", 1); /* and with what is no receipt: the rest stands */
	assert_int_equal(hj_ledger_put(s->ledger, "owed.county", old.data, old.len), 0);
	assert_int_equal(commit_now(s), 0);
	hj_buf_done(&old);
	restart();
	u = owed_find(s, "city");
	assert_true(u && u->confirmed == 17 && u->confirmed_ms == 4711 && hj_seqset_total(&u->owed) == 7);
	assert_true(u->asked_ms > hj_now().wall_ms - HOUR_MS);
	u = owed_find(s, "county");
	assert_true(u && u->confirmed == 17 && u->receipts.count == 0 && hj_seqset_total(&u->owed) == 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_receipts_outlive, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_receipts_of_a_clock_behind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_owed_without_receipts, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
