/* A passphrase's way back to what a lost KEK locked. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sqlite3.h>
#include <cmocka.h>

#include "hjgate/ledger.h"

static char folder[64], path[96], kek[96];
static const uint8_t right[HJ_KEY_BYTES] = { 1, 2, 3 }, wrong[HJ_KEY_BYTES] = { 1, 2, 4 };
static const struct hj_ledger_recovery way = { .salt = { 9 }, .n = HJ_SCRYPT_N, .r = HJ_SCRYPT_R, .p = HJ_SCRYPT_P };

static int set_up(void **state)
{
	strcpy(folder, "/tmp/hjrecover-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/records.db", folder);
	snprintf(kek, sizeof(kek), "%s/kek", folder);
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

static void append(struct hj_ledger *l, const char *body)
{
	struct hj_head head = { .kind = HJ_KIND_LOG, .label_ms = 1 };

	assert_int_equal(hj_ledger_append(l, &head, body, strlen(body)), 0);
	assert_int_equal(hj_ledger_commit(l), 0);
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

static void test_used(void **state)
{
	struct hj_ledger *l = open_it();
	struct hj_ledger_recovery found;

	append(l, "before");
	assert_int_equal(hj_ledger_recover(l, right), -EKEYREJECTED); /* none was set */
	assert_false(hj_ledger_recovery_at(l, 0, &found));
	assert_int_equal(hj_ledger_recovery_set(l, &way, right), 0);
	assert_true(
	        hj_ledger_recovery_at(l, 0, &found) && found.known && found.n == HJ_SCRYPT_N && found.salt[0] == 9);
	assert_int_equal(hj_ledger_recover(l, right), 0); /* nothing is locked */
	hj_ledger_close(l);

	unlink(kek); /* for ever */
	l = open_it();
	append(l, "meanwhile");
	assert_int_equal(count(l), 1);
	assert_true(hj_ledger_recovery_at(l, 0, &found) && !found.known);
	assert_int_equal(hj_ledger_recover(l, wrong), -EKEYREJECTED);
	assert_int_equal(count(l), 1);
	assert_int_equal(hj_ledger_recover(l, right), 2);
	assert_int_equal(count(l), 2);
	assert_int_equal(hj_ledger_locked_slots(l), 0);
	hj_ledger_close(l);

	l = open_it(); /* what was opened is wrapped by the KEK that is here: no passphrase any more */
	assert_int_equal(count(l), 2);
	assert_int_equal(hj_ledger_seal_found(l)->state, HJ_SEAL_GOOD);
	hj_ledger_close(l);

	unlink(kek); /* and the same passphrase is the way back from there, too, though nobody gave it again */
	l = open_it();
	assert_int_equal(count(l), 0);
	assert_int_equal(hj_ledger_recover(l, right), 4);
	assert_int_equal(count(l), 2);
	hj_ledger_close(l);
}

static void test_set_anew(void **state)
{
	struct hj_ledger *l = open_it();
	struct hj_ledger_recovery found;

	append(l, "one");
	assert_int_equal(hj_ledger_recovery_set(l, &way, right), 0);
	assert_int_equal(hj_ledger_recovery_set(l, &way, wrong), 0);
	assert_int_equal(hj_ledger_recover(l, right), -EKEYREJECTED);
	assert_int_equal(hj_ledger_recover(l, wrong), 0);
	assert_false(hj_ledger_recovery_at(l, 1, &found));
	hj_ledger_close(l);
}

static void alter(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_true(sqlite3_changes(db) > 0);
	sqlite3_close(db);
}

/* What lies in the file is anybody's: it opens nothing, and ends nothing. */
static void test_changed_ways(void **state)
{
	static const char *const changes[] = {
		"UPDATE state SET value = x'' WHERE key LIKE 'ledger.recovery.%'",
		"UPDATE state SET value = value || x'00' WHERE key LIKE 'ledger.recovery.%'",
		"UPDATE state SET value = substr(value, 1, 60) || x'0000' || substr(value, 63) WHERE key LIKE "
		"'ledger.rec%'",
		"UPDATE state SET value = x'00' WHERE key LIKE 'ledger.key.%'",
	};

	for (size_t i = 0; i < hj_array_size(changes); i++) {
		struct hj_ledger *l = open_it();

		append(l, "one");
		assert_int_equal(hj_ledger_recovery_set(l, &way, right), 0);
		hj_ledger_close(l);
		alter(changes[i]);
		unlink(kek);
		l = open_it();
		assert_int_equal(count(l), 0);
		assert_true(hj_ledger_recover(l, right) <= 0);
		append(l, "goes on");
		assert_int_equal(count(l), 1);
		hj_ledger_close(l);
		tear_down(NULL);
		set_up(NULL);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_used),
		T(test_set_anew),
		T(test_changed_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
