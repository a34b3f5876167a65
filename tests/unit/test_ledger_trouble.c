/* A disk that fails in the middle of a transaction that makes keys: nothing is written, what is there is neither
 * locked nor changed, and all goes on when the disk is well. */
#include "disk_faults.h"
#include "hjgate/ledger.h"
#include "state_root.h"

#define ENTRIES 600 /* more than SQLite keeps in memory */
#define TRIES   12

static struct hj_ledger *l;

static int set_up(void **state)
{
	char path[256], key[32], value[900] = "";

	if (make_root("trouble") < 0)
		return -1;
	path_of("var/lib/hjgate/records.db", path);
	assert_int_equal(hj_ledger_open(path, NULL, &l, NULL), 0);
	for (int i = 0; i < ENTRIES; i++) {
		snprintf(key, sizeof(key), "point.%d", i);
		assert_int_equal(hj_ledger_put(l, key, value, sizeof(value)), 0);
	}
	return hj_ledger_commit(l);
}

static int tear_down(void **state)
{
	faults_end();
	hj_ledger_close(l);
	return remove_root();
}

static int append(void)
{
	struct hj_head head = { .kind = HJ_KIND_MINUTE, .label_ms = 1795017600000LL, .trust = HJ_TRUST_NTP };

	return hj_ledger_append(l, &head, "body", 4);
}

static int note_row(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	*(unsigned *)userdata += body ? 1 : 1000;
	return 0;
}

static int rows(unsigned *ret)
{
	*ret = 0;
	return hj_ledger_read(l, 1, UINT64_MAX, HJ_LEDGER_LOCKED, note_row, ret);
}

static void keys_come_back_with_the_disk(void **state)
{
	unsigned n;

	for (unsigned skip = 0; skip < TRIES; skip++) {
		assert_int_equal(append(), 0);
		assert_int_equal(hj_ledger_commit(l), 0);
		faults_begin(EIO, ON_READ | ON_WRITE | ON_SYNC, 0, skip);
		assert_true(hj_ledger_rotate(l) < 0);
		append();
		hj_ledger_rollback(l);
		/* All of them, or that it does not know. */
		if (rows(&n) >= 0)
			assert_int_equal(n, skip + 1);
		assert_int_equal(hj_ledger_unreadable(l), 0);
		faults_end();
		assert_int_equal(hj_ledger_unlock(l), 0);
		assert_int_equal(hj_ledger_locked_slots(l), 0);
		assert_int_equal(rows(&n), 0);
		assert_int_equal(n, skip + 1);
	}
	assert_int_equal(hj_ledger_rotate(l), 0);
	assert_int_equal(append(), 0);
	assert_int_equal(hj_ledger_commit(l), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keys_come_back_with_the_disk, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
