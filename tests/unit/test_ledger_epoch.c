/* Data keys by epoch, by a clock of the test's own. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "hjgate/ledger.h"
#include "hjgate/now.h"

static char folder[64], path[96];
static int64_t clock_ms;

struct hj_now hj_now(void)
{
	return (struct hj_now){ .wall_ms = clock_ms, .mono = 1 };
}

static int set_up(void **state)
{
	clock_ms = 1795017600000;
	strcpy(folder, "/tmp/hjepoch-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/records.db", folder);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static struct hj_ledger *open_it(void)
{
	struct hj_ledger *l;

	assert_int_equal(hj_ledger_open(path, NULL, &l, NULL), 0);
	return l;
}

static uint16_t append_by(struct hj_ledger *l, enum hj_trust trust)
{
	struct hj_head head = { .kind = HJ_KIND_MINUTE, .label_ms = clock_ms, .trust = trust };

	assert_int_equal(hj_ledger_append(l, &head, "body", 4), 0);
	return head.key_id;
}

static uint16_t append(struct hj_ledger *l)
{
	return append_by(l, HJ_TRUST_NTP);
}

static size_t count_slots(struct hj_ledger *l)
{
	struct hj_ledger_slot slot;
	size_t n = 0;

	while (hj_ledger_slot_at(l, n, &slot))
		n++;
	return n;
}

static int count_row(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	++*(unsigned *)userdata;
	return 0;
}

static unsigned count(struct hj_ledger *l)
{
	unsigned n = 0;

	assert_int_equal(hj_ledger_read(l, 1, UINT64_MAX, 0, count_row, &n), 0);
	return n;
}

static void test_ninety_days(void **state)
{
	struct hj_ledger *l = open_it();
	struct hj_buf value = { 0 };
	unsigned changes = 0;
	uint16_t key = 0;

	assert_int_equal(hj_ledger_put(l, "set.x", "kept", 4), 0);
	for (int day = 0; day < 400; day++) {
		uint16_t now = append(l);

		assert_int_equal(hj_ledger_commit(l), 0);
		changes += key && now != key;
		key = now;
		clock_ms += HJ_MS_PER_DAY;
		if (day % 37)
			continue;
		hj_ledger_close(l);
		l = open_it();
	}
	assert_int_equal(changes, 400 / HJ_LEDGER_EPOCH_DAYS);
	assert_int_equal(count_slots(l), 2 + 400 / HJ_LEDGER_EPOCH_DAYS);
	assert_int_equal(count(l), 400);
	assert_int_equal(hj_ledger_get(l, "set.x", &value), 0);
	assert_string_equal(value.data, "kept");
	hj_buf_done(&value);
	hj_ledger_close(l);
}

/* A clock that was years ahead once, or behind, makes one key more each time. */
static void test_wrong_clock(void **state)
{
	struct hj_ledger *l = open_it();

	append(l);
	clock_ms += 60 * 365 * HJ_MS_PER_DAY;
	append(l);
	append(l);
	clock_ms -= 60 * 365 * HJ_MS_PER_DAY;
	append(l);
	append(l);
	clock_ms += (HJ_LEDGER_EPOCH_DAYS - 1) * HJ_MS_PER_DAY;
	append(l);
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(count_slots(l), 4);
	assert_int_equal(count(l), 6);
	hj_ledger_close(l);
}

/* A box without a battery begins in 1970 each time, until it is told the time. */
static void test_clock_that_nobody_trusts(void **state)
{
	int64_t told_ms = clock_ms;

	for (int start = 0; start < 5; start++) {
		struct hj_ledger *l;

		clock_ms = start ? 1000 : told_ms;
		l = open_it();
		append_by(l, HJ_TRUST_NONE);
		clock_ms = told_ms + start * HJ_MS_PER_DAY;
		append(l);
		assert_int_equal(hj_ledger_commit(l), 0);
		assert_int_equal(count_slots(l), 2);
		hj_ledger_close(l);
	}
}

/* The key of all of it is gone: it goes on in the same file, and there is room for the keys of that. */
static void open_without_the_kek(void)
{
	struct hj_ledger *l;
	bool damaged;
	char kek[96];
	size_t slots;

	snprintf(kek, sizeof(kek), "%s/kek", folder);
	l = open_it();
	slots = count_slots(l);
	hj_ledger_close(l);
	for (size_t i = 1; i <= 2; i++) {
		assert_int_equal(unlink(kek), 0);
		assert_int_equal(hj_ledger_open(path, NULL, &l, &damaged), 0);
		assert_false(damaged);
		assert_int_equal(hj_ledger_locked_slots(l), slots + 2 * (i - 1));
		assert_int_equal(count_slots(l), slots + 2 * i);
		append(l);
		assert_int_equal(hj_ledger_commit(l), 0);
		assert_int_equal(count(l), 1);
		hj_ledger_close(l);
	}
}

/* A clock that jumps by years at each start uses all the keys up that a ledger has room for: then the last one goes
 * on, and everything still opens. */
static void test_more_keys_than_there_is_room_for(void **state)
{
	struct hj_ledger *l = open_it();
	struct hj_buf value = { 0 };
	size_t slots;

	assert_int_equal(hj_ledger_put(l, "set.x", "kept", 4), 0);
	for (int i = 0; i < 1100; i++) {
		append(l);
		clock_ms +=
		        i % 2 ? -HJ_LEDGER_EPOCH_DAYS * HJ_MS_PER_DAY : (HJ_LEDGER_EPOCH_DAYS + 1) * HJ_MS_PER_DAY;
	}
	assert_int_equal(hj_ledger_commit(l), 0);
	slots = count_slots(l);
	assert_true(slots > 1000 && slots < 1024);
	assert_int_equal(hj_ledger_rotate(l), -ENOSPC);
	append(l);
	assert_int_equal(hj_ledger_rotate(l), -EBUSY);
	assert_int_equal(hj_ledger_commit(l), 0);
	hj_ledger_close(l);
	l = open_it();
	assert_int_equal(hj_ledger_seal_found(l)->state, HJ_SEAL_GOOD);
	assert_int_equal(count_slots(l), slots);
	assert_int_equal(count(l), 1101);
	assert_int_equal(hj_ledger_get(l, "set.x", &value), 0);
	append(l);
	assert_int_equal(hj_ledger_commit(l), 0);
	hj_buf_done(&value);
	hj_ledger_close(l);
	open_without_the_kek();
}

/* The key of a transaction that failed is gone with it. */
static void test_rolled_back(void **state)
{
	struct hj_ledger *l = open_it();

	append(l);
	assert_int_equal(hj_ledger_commit(l), 0);
	clock_ms += HJ_LEDGER_EPOCH_DAYS * HJ_MS_PER_DAY;
	for (int i = 0; i < 5; i++) {
		append(l);
		assert_int_equal(count_slots(l), 3);
		hj_ledger_rollback(l);
		assert_int_equal(count_slots(l), 2);
	}
	append(l);
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(count_slots(l), 3);
	hj_ledger_close(l);
	l = open_it();
	assert_int_equal(hj_ledger_seal_found(l)->state, HJ_SEAL_GOOD);
	assert_int_equal(count(l), 2);
	hj_ledger_close(l);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_ninety_days),
		T(test_wrong_clock),
		T(test_clock_that_nobody_trusts),
		T(test_rolled_back),
		T(test_more_keys_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
