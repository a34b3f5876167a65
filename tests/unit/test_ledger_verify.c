/* What is done to a file behind its owner's back is found, and is called what it is. The file is changed as a
 * database, by SQL, so that everything but the seals and chains stays right. */
/* long because: one file, and each way to change it. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sqlite3.h>
#include <cmocka.h>

#include "hjgate/ledger_verify.h"

#define DAY0 1795017600000LL
#define ROWS 300

static char folder[64], path[96], copy[96];
static struct hj_keyring *keyring;
static char head_digits[HJ_LEDGER_HEAD_DIGITS + 1];
static uint64_t head_seq;

static void append(struct hj_ledger *l, int i)
{
	static const uint8_t kinds[] = { HJ_KIND_MINUTE, HJ_KIND_MINUTE, HJ_KIND_MINUTE, HJ_KIND_HOUR, HJ_KIND_LOG };
	struct hj_head head = { .kind = kinds[i % 5], .label_ms = DAY0 + i * 600000LL, .length_ms = 60000 };
	char body[400];

	memset(body, i, sizeof(body));
	assert_int_equal(hj_ledger_append(l, &head, body, 30 + (size_t)i % 300), 0);
}

static void fill(struct hj_ledger *l, int from, int to)
{
	uint64_t rows;
	char value[32];

	for (int i = from; i < to; i++) {
		append(l, i);
		snprintf(value, sizeof(value), "value at %d", i);
		assert_int_equal(hj_ledger_put(l, "set.interval", value, strlen(value)), 0);
		assert_int_equal(hj_ledger_put_clear(l, "owed.county", value, strlen(value)), 0);
		if (i == 60)
			assert_int_equal(hj_ledger_cut_kind(l, HJ_KIND_MINUTE, 30, &rows), 0);
		assert_int_equal(hj_ledger_commit(l), 0);
	}
}

static void run(const char *command)
{
	assert_int_equal(system(command), 0);
}

static void copy_file(const char *from, const char *to)
{
	char command[512];

	snprintf(command, sizeof(command), "cp %s %s; rm -f %s-wal", from, to, to);
	run(command);
}

static int set_up(void **state)
{
	struct hj_ledger *l;

	strcpy(folder, "/tmp/hjverify-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.db", folder);
	snprintf(copy, sizeof(copy), "%s/b.db", folder);
	assert_int_equal(hj_keyring_new_at(folder, true, &keyring), 0);
	assert_int_equal(hj_ledger_open(path, keyring, &l, NULL), 0);
	fill(l, 1, 200);
	hj_ledger_close(l);
	assert_int_equal(hj_ledger_open(path, keyring, &l, NULL), 0);
	head_seq = hj_ledger_last(l) - 20;
	assert_int_equal(hj_ledger_head(l, head_seq, head_digits), 0);
	fill(l, 200, ROWS + 1);
	hj_ledger_close(l);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	hj_keyring_free(keyring);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

/* ---- looking ---- */

static struct hj_finding found[1000];
static size_t found_count;

static void note(const struct hj_finding *f, void *userdata)
{
	if (found_count < hj_array_size(found))
		found[found_count++] = *f;
}

static struct hj_verify_look verify_span(const char *file, int64_t begin_ms, int64_t end_ms)
{
	struct hj_verify_look look;
	struct hj_verify *v;
	struct hj_ledger *l;
	int r;

	found_count = 0;
	assert_int_equal(hj_ledger_open_readonly(file, keyring, &l), 0);
	assert_int_equal(hj_verify_new(l, begin_ms, end_ms, note, NULL, &v), 0);
	while ((r = hj_verify_step(v, 100)) > 0)
		;
	assert_int_equal(r, 0);
	hj_verify_head(v, head_seq, head_digits);
	look = *hj_verify_look(v);
	hj_verify_free(v);
	hj_ledger_close(l);
	return look;
}

static struct hj_verify_look verify(const char *file)
{
	return verify_span(file, INT64_MIN, INT64_MAX);
}

/* On a copy, which is then held against what is expected: one finding of this sort there, whatever else. */
static bool finds(const char *sql, enum hj_finding_what what, uint64_t seq, const char *key)
{
	sqlite3 *db;
	char *error = NULL;
	bool there = false;

	copy_file(path, copy);
	assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	assert_true(sqlite3_total_changes(db) > 0);
	sqlite3_close(db);
	verify(copy);
	for (size_t i = 0; i < found_count; i++) {
		there |= found[i].what == what && found[i].seq == seq && (!key || !strcmp(found[i].key, key));
	}
	for (size_t i = 0; i < found_count && !there; i++)
		print_message("%s: found %s %d seq %llu other %llu %s\n", sql, hj_finding_name(found[i].what),
		        found[i].kind, (unsigned long long)found[i].seq, (unsigned long long)found[i].other,
		        found[i].key);
	return there;
}

static void test_untouched(void **state)
{
	struct hj_verify_look look = verify(path);

	for (size_t i = 0; i < found_count; i++)
		print_message("found %s %d seq %llu %s\n", hj_finding_name(found[i].what), found[i].kind,
		        (unsigned long long)found[i].seq, found[i].key);
	assert_int_equal(look.found, 0);
	assert_int_equal(look.good, 1);
	assert_int_equal(look.oldest_head, head_seq);
	assert_int_equal(look.last, ROWS);
	assert_true(look.whole && look.locked == 0 && look.plain == 0);
	look = verify_span(path, DAY0 + 100 * 600000LL, DAY0 + 150 * 600000LL);
	assert_int_equal(look.found, 0);
	assert_int_equal(look.rows, 50);
	assert_false(look.whole);
}

static void test_changed(void **state)
{
	assert_true(
	        finds("UPDATE row SET body = zeroblob(length(body)) WHERE seq = 101", HJ_FOUND_CHANGED, 101, NULL));
	assert_true(finds("UPDATE row SET mac = zeroblob(16) WHERE seq = 101", HJ_FOUND_CHANGED, 101, NULL));
	assert_int_equal(found_count, 1); /* and its neighbours are not blamed */
	assert_true(finds("UPDATE row SET mac = NULL WHERE seq = 101", HJ_FOUND_CHANGED, 101, NULL));
	assert_true(finds("UPDATE row SET mac = zeroblob(16) WHERE seq = 300", HJ_FOUND_CHANGED, 300, NULL));
	assert_true(finds(
	        "UPDATE row SET head = x'0201' || substr(head, 3, 5) || x'7f' || substr(head, 9) WHERE seq = 101",
	        HJ_FOUND_CHANGED, 101, NULL));
	assert_true(finds("UPDATE row SET label = label + 1 WHERE seq = 101", HJ_FOUND_CHANGED, 101, NULL));
	assert_true(finds("UPDATE row SET kind = 2 WHERE seq = 101", HJ_FOUND_CHANGED, 101, NULL));
	assert_true(finds("UPDATE row SET kind = 77 WHERE seq = 101", HJ_FOUND_CHANGED, 101, NULL));
	assert_true(finds("UPDATE row SET body = (SELECT body FROM row WHERE seq = 102) WHERE seq = 101",
	        HJ_FOUND_CHANGED, 101, NULL));
}

static void test_missing(void **state)
{
	assert_true(finds("DELETE FROM row WHERE seq = 101", HJ_FOUND_REMOVED, 102, NULL));
	assert_int_equal(found_count, 1);
	assert_true(
	        finds("DELETE FROM row WHERE seq = 31", HJ_FOUND_REMOVED, 32, NULL)); /* the first that was not cut */
	assert_true(finds("DELETE FROM row WHERE seq = 3", HJ_FOUND_REMOVED, 8, NULL)); /* the very first hour */
	assert_true(finds("DELETE FROM row WHERE kind = 2", HJ_FOUND_TRUNCATED, 0, NULL));
	assert_true(finds("DELETE FROM row WHERE seq > 290", HJ_FOUND_TRUNCATED, 290, NULL));
	assert_true(finds("DELETE FROM row", HJ_FOUND_TRUNCATED, 30, NULL));
}

static void test_put_in(void **state)
{
	assert_true(finds("INSERT INTO row SELECT 1000, kind, label, head, body, mac FROM row WHERE seq = 101",
	        HJ_FOUND_INSERTED, 1000, NULL));
	assert_true(finds("INSERT INTO row SELECT 5, kind, label, head, body, mac FROM row WHERE seq = 101",
	        HJ_FOUND_CHANGED, 5, NULL));
	/* Two rows exchanged. */
	assert_true(finds("UPDATE row SET seq = 9999 WHERE seq = 101; UPDATE row SET seq = 101 WHERE seq = 150;"
	                  "UPDATE row SET seq = 150 WHERE seq = 9999",
	        HJ_FOUND_MOVED, 101, NULL));
}

/* More bad rows than are kept for comparing. */
static void test_many(void **state)
{
	assert_true(finds("UPDATE row SET body = zeroblob(length(body))", HJ_FOUND_CHANGED, 200, NULL));
	assert_true(finds("UPDATE row SET seq = -seq WHERE seq > 60; UPDATE row SET seq = 1 - seq WHERE seq < 0",
	        HJ_FOUND_CHANGED, 200, NULL));
}

static void test_state(void **state)
{
	assert_true(finds("UPDATE state SET value = zeroblob(length(value)) WHERE key = 'set.interval'",
	        HJ_FOUND_STATE, 0, "set.interval"));
	assert_true(finds("UPDATE state SET value = substr(value, 1, 17) || 'owes nothing' WHERE key = 'owed.county'",
	        HJ_FOUND_STATE, 0, "owed.county"));
	assert_true(finds("DELETE FROM state WHERE key = 'owed.county'", HJ_FOUND_STATE, 0, ""));
	assert_true(finds("UPDATE state SET value = substr(value, 1, 30) || zeroblob(length(value) - 30)"
	                  " WHERE key = 'ledger.key.0.1'",
	        HJ_FOUND_SLOT, 0, "ledger.key.0.1"));
	assert_true(finds("DELETE FROM state WHERE key = 'ledger.key.0.1'", HJ_FOUND_SLOT, 0, "ledger.key.0.1"));
	assert_true(finds("DELETE FROM state WHERE key = 'ledger.seal'", HJ_FOUND_SEAL, 0, NULL));
	assert_true(finds("UPDATE state SET value = zeroblob(length(value)) WHERE key = 'ledger.seal'", HJ_FOUND_SEAL,
	        0, NULL));
	assert_true(finds("UPDATE state SET value = zeroblob(length(value)) WHERE key = 'ledger.cut.1'",
	        HJ_FOUND_STATE, 0, NULL));
	assert_true(finds("UPDATE span SET hi = lo", HJ_FOUND_INDEX, 3, NULL));
	assert_true(found_count < 10);
}

static void sql_on_copy(const char *sql)
{
	sqlite3 *db;
	char *error = NULL;

	assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	sqlite3_close(db);
}

/* Every row is there and right, but whoever asks for the log's is given none. */
static void test_an_index_that_hides_rows(void **state)
{
	bool rare = false, told_by_sqlite = false;

	copy_file(path, copy);
	sql_on_copy("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'kind <> 1', 'kind > 90')"
	            " WHERE name = 'rare'");
	sql_on_copy("REINDEX rare");
	sql_on_copy("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'kind > 90', 'kind <> 1')"
	            " WHERE name = 'rare'");
	verify(copy);
	for (size_t i = 0; i < found_count; i++) {
		/* A head stands on the newest row of each kind, which that index finds. */
		assert_true(found[i].what == HJ_FOUND_INDEX || found[i].what == HJ_FOUND_REWRITTEN);
		rare |= !strcmp(found[i].key, "rare");
		told_by_sqlite |= strstr(found[i].key, "missing from index rare") != NULL;
	}
	assert_true(rare && told_by_sqlite);
}

/* An older value of one setting, an older file as a whole. */
static void test_old_ones(void **state)
{
	char sql[512], old[160];
	struct hj_verify_look look;

	snprintf(old, sizeof(old), "%s/old.db", folder);
	copy_file(path, old);
	/* The value of another time: it opens, and only all of it together shows it. */
	{
		struct hj_ledger *l;

		assert_int_equal(hj_ledger_open(old, keyring, &l, NULL), 0);
		assert_int_equal(hj_ledger_put(l, "set.interval", "older", 5), 0);
		assert_int_equal(hj_ledger_commit(l), 0);
		hj_ledger_close(l);
	}
	snprintf(sql, sizeof(sql),
	        "ATTACH '%s' AS o; UPDATE state SET value = (SELECT value FROM o.state WHERE key = 'set.interval')"
	        " WHERE key = 'set.interval'",
	        old);
	assert_true(finds(sql, HJ_FOUND_STATE, 0, ""));
	/* The whole file of an hour ago is what it was, and only a head from outside tells. */
	head_seq += 200;
	look = verify(path);
	assert_int_equal(look.found, 1);
	assert_int_equal(found[0].what, HJ_FOUND_ROLLED_BACK);
	head_seq -= 200;
	head_digits[0] ^= 1;
	look = verify(path);
	assert_int_equal(found[0].what, HJ_FOUND_REWRITTEN);
	head_digits[0] ^= 1;
}

/* Whoever opens it to write goes on from what it finds, and notes that it was changed: that is told from then on. */
static void test_a_change_is_noted(void **state)
{
	struct hj_ledger *l;
	struct hj_verify_look look;
	bool noted = false;

	assert_true(finds("UPDATE state SET value = zeroblob(length(value)) WHERE key = 'ledger.seal'", HJ_FOUND_SEAL,
	        0, NULL));
	assert_int_equal(hj_ledger_open(copy, keyring, &l, NULL), 0);
	append(l, 5);
	assert_int_equal(hj_ledger_commit(l), 0);
	hj_ledger_close(l);
	look = verify(copy);
	for (size_t i = 0; i < found_count; i++)
		noted |= found[i].what == HJ_FOUND_NOTED;
	assert_true(noted && look.found == found_count);
}

/* While the store that owns it goes on, too: what is looked at then is the same. */
static void test_while_it_is_open(void **state)
{
	const struct hj_verify_look *look;
	struct hj_verify *v;
	struct hj_ledger *l;
	int r;

	copy_file(path, copy);
	assert_int_equal(hj_ledger_open(copy, keyring, &l, NULL), 0);
	found_count = 0;
	assert_int_equal(hj_verify_new(l, INT64_MIN, INT64_MAX, note, NULL, &v), 0);
	for (int i = 0; (r = hj_verify_step(v, 1)) > 0; i++)
		if (i % 3 == 0) {
			append(l, 1000 + i);
			assert_int_equal(hj_ledger_put(l, "set.interval", &i, sizeof(i)), 0);
			assert_int_equal(hj_ledger_commit(l), 0);
		}
	assert_int_equal(r, 0);
	look = hj_verify_look(v);
	assert_true(look->whole && look->rows > ROWS - 30);
	assert_int_equal(found_count, 0);
	hj_verify_free(v);
	/* Nobody has to listen: it is counted. */
	assert_int_equal(hj_verify_new(l, INT64_MAX, INT64_MIN, NULL, NULL, &v), 0);
	while ((r = hj_verify_step(v, 100)) > 0)
		;
	assert_int_equal(r, 0);
	assert_int_equal(hj_verify_look(v)->rows, 0);
	assert_false(hj_verify_look(v)->whole);
	hj_verify_free(v);
	hj_ledger_close(l);
}

/* One that is given up before its end leaves nothing: rows that are bad are kept until then. */
static void test_given_up(void **state)
{
	struct hj_verify *v;
	struct hj_ledger *l;

	assert_true(
	        finds("UPDATE row SET body = zeroblob(length(body)) WHERE seq > 100", HJ_FOUND_CHANGED, 101, NULL));
	assert_int_equal(hj_ledger_open_readonly(copy, keyring, &l), 0);
	assert_int_equal(hj_verify_new(l, INT64_MIN, INT64_MAX, NULL, NULL, &v), 0);
	while (hj_verify_look(v)->rows < 150)
		assert_int_equal(hj_verify_step(v, 1), 1);
	hj_verify_free(v);
	hj_ledger_close(l);
}

static void test_names(void **state)
{
	for (int i = 0; i < HJ_FOUND_COUNT; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(
			        hj_finding_name((enum hj_finding_what)i), hj_finding_name((enum hj_finding_what)k));
	assert_string_equal(hj_finding_name(HJ_FOUND_ROLLED_BACK), "rolled-back");
	assert_string_equal(hj_finding_name(HJ_FOUND_COUNT), "unknown");
}

static void test_heads(void **state)
{
	char digits[HJ_LEDGER_HEAD_DIGITS + 1];
	uint64_t seq;

	assert_int_equal(hj_head_parse("17:00112233445566778899aabbccddeeff", &seq, digits), 0);
	assert_int_equal(seq, 17);
	assert_string_equal(digits, "00112233445566778899aabbccddeeff");
	assert_int_equal(hj_head_parse("17:00112233445566778899AABBCCDDEEFF", &seq, digits), 0);
	assert_string_equal(digits, "00112233445566778899aabbccddeeff");
	assert_int_equal(hj_head_parse("17", &seq, digits), -EINVAL);
	assert_int_equal(hj_head_parse("0:00112233445566778899aabbccddeeff", &seq, digits), -EINVAL);
	assert_int_equal(hj_head_parse("17:0011", &seq, digits), -EINVAL);
	assert_int_equal(hj_head_parse(":00112233445566778899aabbccddeeff", &seq, digits), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_untouched),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_put_in),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_an_index_that_hides_rows),
		cmocka_unit_test(test_old_ones),
		cmocka_unit_test(test_a_change_is_noted),
		cmocka_unit_test(test_while_it_is_open),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_heads),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
