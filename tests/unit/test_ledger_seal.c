/* What is sealed, what is chained, and what somebody at the file could do about it. */
/* long because: what is changed, and how it shows, share one file and one way to follow the chain. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sqlite3.h>
#include <cmocka.h>

#include "hjgate/clock.h"
#include "hjgate/ledger.h"

#define DAY0 (1795017600000LL) /* a Beijing midnight: 2026-11-19 00:00 */
#define ROWS 40

static char folder[64], path[96], kek[96];

static int set_up(void **state)
{
	strcpy(folder, "/tmp/hjseal-XXXXXX");
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
	bool damaged;

	assert_int_equal(hj_ledger_open(path, NULL, &l, &damaged), 0);
	assert_false(damaged);
	return l;
}

static void append(struct hj_ledger *l, int kind, const char *body)
{
	struct hj_head head = { .kind = (uint8_t)kind, .label_ms = DAY0, .length_ms = 60000 };

	assert_int_equal(hj_ledger_append(l, &head, body, strlen(body)), 0);
}

/* Minutes with an hour after each ten, and some state. */
static void fill(struct hj_ledger *l)
{
	char body[64];

	for (int i = 0; i < ROWS; i++) {
		snprintf(body, sizeof(body), "oven-power 18.%04d kW", i);
		append(l, i % 10 == 9 ? HJ_KIND_HOUR : HJ_KIND_MINUTE, body);
	}
	assert_int_equal(hj_ledger_put(l, "set.password", "hj-secret-1", 11), 0);
	assert_int_equal(hj_ledger_put(l, "point.1", "oven.power", 10), 0);
	assert_int_equal(hj_ledger_put_clear(l, "owed.county", "range-1-40", 10), 0);
	assert_int_equal(hj_ledger_commit(l), 0);
}

static void make(void)
{
	struct hj_ledger *l = open_it();

	fill(l);
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

static int count_row(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	*(unsigned *)userdata += body ? 1 : 1000;
	return 0;
}

/* Readable ones, and a thousand for each that is locked. */
static unsigned count(struct hj_ledger *l)
{
	unsigned n = 0;

	assert_int_equal(hj_ledger_read(l, 1, UINT64_MAX, HJ_LEDGER_LOCKED, count_row, &n), 0);
	return n;
}

/* ---- the chain, followed as a verification does ---- */

struct following {
	struct hj_ledger *l;
	uint8_t mac[HJ_KIND_MOST + 1][HJ_MAC_BYTES];
	unsigned rows, broken, changed;
};

static int follow(const struct hj_ledger_row *row, void *userdata)
{
	struct following *f = userdata;
	uint8_t want[HJ_MAC_BYTES], *before = f->mac[row->kind];
	struct hj_head head;

	f->rows++;
	f->changed += hj_ledger_row_open(f->l, row, &head, NULL) == -EBADMSG;
	assert_int_equal(hj_ledger_row_mac(f->l, row, before, want), 0);
	f->broken += row->mac && memcmp(want, row->mac, HJ_MAC_BYTES);
	memcpy(before, row->mac ? row->mac : want, HJ_MAC_BYTES);
	return 0;
}

static struct following follow_all(struct hj_ledger *l)
{
	struct following f = { .l = l };

	for (int kind = 1; kind <= HJ_KIND_MOST; kind++) {
		struct hj_ledger_tail cut;

		if (hj_ledger_cut_at(l, kind, &cut))
			memcpy(f.mac[kind], cut.mac, HJ_MAC_BYTES);
	}
	assert_int_equal(hj_ledger_each_row(l, 1, UINT64_MAX, follow, &f), 0);
	return f;
}

static bool whole(struct hj_ledger *l)
{
	struct following f = follow_all(l);

	return !f.broken && !f.changed && hj_ledger_seal_found(l)->state == HJ_SEAL_GOOD;
}

static void test_sound(void **state)
{
	struct hj_ledger *l;
	uint64_t rows;

	make();
	for (int round = 0; round < 3; round++) {
		l = open_it();
		assert_true(whole(l));
		assert_int_equal(count(l), ROWS + round * ROWS);
		assert_int_equal(hj_ledger_rows(l), ROWS + round * ROWS);
		assert_int_equal(hj_ledger_seal_found(l)->last, ROWS + round * ROWS);
		fill(l);
		hj_ledger_close(l);
	}
	l = open_it();
	assert_int_equal(hj_ledger_cut_kind(l, HJ_KIND_MINUTE, 33, &rows), 0);
	assert_int_equal(rows, 30);
	assert_int_equal(hj_ledger_cut_kind(l, HJ_KIND_HOUR, 10, &rows), 0);
	assert_int_equal(rows, 1);
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(hj_ledger_first(l), 20);
	assert_true(whole(l));
	hj_ledger_close(l);
	l = open_it();
	assert_true(whole(l));
	assert_int_equal(hj_ledger_rows(l), 4 * ROWS - 31);
	hj_ledger_close(l);
}

/* ---- in clear ---- */

static bool contains(const char *file, const char *text)
{
	char name[128];
	char *data;
	bool found;
	FILE *f;
	long n;

	snprintf(name, sizeof(name), "%s%s", path, file);
	f = fopen(name, "r");
	if (!f)
		return false;
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	data = malloc((size_t)n + 1);
	n = (long)fread(data, 1, (size_t)n, f);
	found = n > 0 && memmem(data, (size_t)n, text, strlen(text));
	free(data);
	fclose(f);
	return found;
}

static void test_nothing_in_clear(void **state)
{
	static const char *const secrets[] = { "oven", "18.00", "hj-secret" };
	struct hj_ledger *l = open_it();

	fill(l);
	for (size_t i = 0; i < hj_array_size(secrets); i++)
		assert_false(contains("", secrets[i]) || contains("-wal", secrets[i]));
	assert_true(contains("-wal", "range-1-40")); /* which ones are owed is no secret */
	hj_ledger_close(l);
	for (size_t i = 0; i < hj_array_size(secrets); i++)
		assert_false(contains("", secrets[i]));
	assert_true(contains("", "range-1-40"));
}

/* ---- changes by somebody else ---- */

static const struct change {
	const char *sql;
	unsigned readable; /* rows afterwards */
} changes[] = {
	/* one bit of a body, a head, a mac */
	{ "UPDATE row SET body = substr(body, 1, 20) || CASE substr(body, 21, 1) WHEN x'ff' THEN x'fe' ELSE x'ff' END || "
	  "substr(body, 22) WHERE seq = 5",
	        ROWS - 1 },
	{ "UPDATE row SET head = substr(head, 1, 8) || CASE substr(head, 9, 1) WHEN x'77' THEN x'76' ELSE x'77' END || "
	  "substr(head, 10) WHERE seq = 5",
	        ROWS - 1 },
	{ "UPDATE row SET mac = x'00112233445566778899aabbccddeeff' WHERE seq = 5", ROWS },
	{ "UPDATE row SET mac = NULL WHERE seq = 40", ROWS },
	{ "UPDATE row SET body = substr(body, 1, length(body) - 1) WHERE seq = 5", ROWS - 1 },
	{ "UPDATE row SET body = x'' WHERE seq = 5", ROWS - 1 },
	/* the columns beside the head */
	{ "UPDATE row SET label = label + 1 WHERE seq = 5", ROWS - 1 },
	{ "UPDATE row SET kind = 3 WHERE seq = 5", ROWS - 1 },
	/* one gone, moved, copied, exchanged; the newest gone */
	{ "DELETE FROM row WHERE seq = 5", ROWS - 1 },
	{ "DELETE FROM row WHERE seq = 1", ROWS - 1 },
	{ "DELETE FROM row WHERE seq = 39", ROWS - 1 },
	{ "DELETE FROM row WHERE seq = 40", ROWS - 1 },
	{ "DELETE FROM row WHERE seq > 20", 20 },
	{ "UPDATE row SET seq = 1000 WHERE seq = 5", ROWS - 1 },
	{ "INSERT INTO row SELECT 41, kind, label, head, body, mac FROM row WHERE seq = 5", ROWS },
	{ "UPDATE row SET seq = CASE seq WHEN 5 THEN -6 WHEN 6 THEN -5 END WHERE seq IN (5, 6);"
	  "UPDATE row SET seq = -seq WHERE seq < 0",
	        ROWS - 2 },
	{ "UPDATE row SET body = (SELECT body FROM row WHERE seq = 6) WHERE seq = 5", ROWS - 1 },
};

static void test_every_change_shows(void **state)
{
	for (size_t i = 0; i < hj_array_size(changes); i++) {
		struct hj_ledger *l;
		unsigned rows;

		make();
		alter(changes[i].sql);
		l = open_it();
		rows = count(l);
		if (rows != changes[i].readable || whole(l))
			print_error("change %zu: %u rows\n", i, rows);
		assert_int_equal(rows, changes[i].readable);
		assert_false(whole(l));
		hj_ledger_close(l);
		tear_down(NULL);
		set_up(NULL);
	}
}

/* After it was found, the daemon goes on: that it was found stays to be seen. */
static void test_found_is_noted(void **state)
{
	struct hj_ledger *l;

	make();
	alter("DELETE FROM row WHERE seq = 40");
	l = open_it();
	assert_int_equal(hj_ledger_seal_found(l)->state, HJ_SEAL_CHANGED);
	assert_true(hj_ledger_seal_found(l)->rows_differ && !hj_ledger_seal_found(l)->state_differs);
	append(l, HJ_KIND_HOUR, "after");
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(hj_ledger_last(l), ROWS + 1); /* its seq is not given twice */
	hj_ledger_close(l);
	l = open_it();
	assert_int_equal(hj_ledger_seal_found(l)->noted, HJ_SEAL_CHANGED);
	assert_true(hj_ledger_seal_found(l)->noted_commits > 0);
	assert_int_equal(follow_all(l).broken, 1); /* the one after the one that is missing */
	hj_ledger_close(l);
}

/* ---- state ---- */

static const char *const state_changes[] = {
	"UPDATE state SET value = substr(value, 1, 25) || CASE substr(value, 26, 1) WHEN x'ff' THEN x'00' ELSE x'ff' END || substr(value, 27) "
	"WHERE key = 'set.password'",
	"DELETE FROM state WHERE key = 'set.password'",
	"UPDATE state SET value = (SELECT value FROM state WHERE key = 'point.1') WHERE key = 'set.password'",
	"INSERT INTO state VALUES('set.other', x'00112233445566778899aabbccddeeff0011223344')",
	"UPDATE state SET value = CAST(value || '2' AS BLOB) WHERE key = 'owed.county'",
	"UPDATE state SET key = 'owed.city' WHERE key = 'owed.county'",
	"UPDATE state SET value = x'00' WHERE key = 'ledger.seal'",
	"DELETE FROM state WHERE key = 'ledger.seal'",
	"UPDATE state SET value = substr(value, 1, length(value) - 1) || CASE substr(value, -1) WHEN x'00' THEN x'01' ELSE x'00' END "
	"WHERE key LIKE 'ledger.key.0.2'",
	"UPDATE state SET value = substr(value, 1, 24) || CASE substr(value, 25, 1) WHEN x'ff' THEN x'00' ELSE x'ff' END || substr(value, 26) "
	"WHERE key LIKE 'ledger.segment.%'",
};

static void test_every_change_of_state_shows(void **state)
{
	for (size_t i = 0; i < hj_array_size(state_changes); i++) {
		struct hj_ledger *l;

		make();
		alter(state_changes[i]);
		l = open_it();
		if (hj_ledger_seal_found(l)->state == HJ_SEAL_GOOD)
			print_error("state change %zu\n", i);
		assert_int_not_equal(hj_ledger_seal_found(l)->state, HJ_SEAL_GOOD);
		hj_ledger_close(l);
		tear_down(NULL);
		set_up(NULL);
	}
}

/* A value put back to what it once was opens, but shows. */
static void test_old_value_shows(void **state)
{
	struct hj_ledger *l = open_it();
	struct hj_buf value = { 0 };

	assert_int_equal(hj_ledger_put(l, "set.password", "before", 6), 0);
	assert_int_equal(hj_ledger_commit(l), 0);
	hj_ledger_close(l);
	alter("CREATE TABLE kept AS SELECT * FROM state WHERE key = 'set.password'; UPDATE kept SET key = key");
	make();
	alter("UPDATE state SET value = (SELECT value FROM kept) WHERE key = 'set.password'");
	l = open_it();
	assert_int_equal(hj_ledger_seal_found(l)->state, HJ_SEAL_CHANGED);
	assert_true(hj_ledger_seal_found(l)->state_differs && !hj_ledger_seal_found(l)->rows_differ);
	assert_int_equal(hj_ledger_get(l, "set.password", &value), 0);
	assert_string_equal(value.data, "before");
	hj_buf_done(&value);
	hj_ledger_close(l);
}

static void test_changed_value_is_not_given(void **state)
{
	struct hj_ledger *l;
	struct hj_buf value = { 0 };

	make();
	alter(state_changes[0]);
	l = open_it();
	assert_int_equal(hj_ledger_get(l, "set.password", &value), -EBADMSG);
	assert_int_equal(hj_ledger_state_check(l, "set.password"), -EBADMSG);
	assert_int_equal(hj_ledger_get(l, "point.1", &value), 0);
	hj_buf_done(&value);
	hj_ledger_close(l);
}

/* ---- keys ---- */

static void move_kek(const char *to, bool back)
{
	char other[128];

	snprintf(other, sizeof(other), "%s/%s", folder, to);
	assert_int_equal(back ? rename(other, kek) : rename(kek, other), 0);
}

static void test_missing_key_and_its_return(void **state)
{
	struct hj_ledger *l;
	struct hj_buf value = { 0 };
	char head[HJ_LEDGER_HEAD_DIGITS + 1];

	make();
	move_kek("away", false);
	l = open_it(); /* it goes on under a fresh one */
	assert_int_equal(hj_ledger_seal_found(l)->state, HJ_SEAL_LOCKED);
	assert_int_equal(hj_ledger_locked_slots(l), 2);
	assert_int_equal(count(l), 1000 * ROWS);
	assert_true(hj_ledger_locked(l) == ROWS && !hj_ledger_unreadable(l));
	assert_int_equal(hj_ledger_get(l, "set.password", &value), -ENOKEY);
	assert_int_equal(hj_ledger_get(l, "owed.county", &value), 0);
	assert_string_equal(value.data, "range-1-40");
	append(l, HJ_KIND_MINUTE, "under the fresh key");
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(hj_ledger_head(l, ROWS, head), 0); /* needs no key */
	assert_int_equal(count(l), 1000 * ROWS + 1);
	hj_ledger_close(l);
	l = open_it();
	assert_int_equal(hj_ledger_seal_found(l)->state, HJ_SEAL_GOOD);
	assert_int_equal(count(l), 1000 * ROWS + 1);

	/* The old one comes in the place of the fresh one, without a restart: both are known now. */
	move_kek("fresh", false);
	move_kek("away", true);
	assert_int_equal(hj_ledger_unlock(l), 2);
	assert_int_equal(hj_ledger_locked_slots(l), 0);
	assert_int_equal(count(l), ROWS + 1);
	value.len = 0;
	assert_int_equal(hj_ledger_get(l, "set.password", &value), 0);
	assert_string_equal(value.data, "hj-secret-1");
	assert_true(whole(l));
	hj_ledger_close(l);
	l = open_it(); /* and all is wrapped under the one that is here */
	assert_int_equal(hj_ledger_locked_slots(l), 0);
	assert_int_equal(count(l), ROWS + 1);
	assert_true(whole(l));
	hj_buf_done(&value);
	hj_ledger_close(l);
}

static void test_wrong_length_of_key(void **state)
{
	struct hj_ledger *l;

	make();
	assert_int_equal(chmod(kek, 0600), 0);
	assert_int_equal(truncate(kek, 31), 0);
	l = open_it();
	assert_int_equal(count(l), 1000 * ROWS);
	append(l, HJ_KIND_MINUTE, "goes on");
	assert_int_equal(hj_ledger_commit(l), 0);
	hj_ledger_close(l);
}

static void test_rotation(void **state)
{
	struct hj_ledger *l = open_it();
	struct hj_ledger_slot slot;
	struct hj_buf value = { 0 };
	unsigned used = 0;

	fill(l);
	assert_int_equal(hj_ledger_rotate(l), 0);
	fill(l);
	assert_int_equal(hj_ledger_rotate(l), 0);
	append(l, HJ_KIND_MINUTE, "third key");
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(count(l), 2 * ROWS + 1);
	assert_true(hj_ledger_slot_at(l, 3, &slot) && slot.used && slot.open && slot.use == HJ_KEY_DATA);
	for (size_t i = 0; hj_ledger_slot_at(l, i, &slot); i++)
		used += slot.used;
	assert_int_equal(used, 2);
	hj_ledger_close(l);
	l = open_it();
	assert_true(whole(l));
	assert_int_equal(count(l), 2 * ROWS + 1);
	assert_int_equal(hj_ledger_get(l, "set.password", &value), 0);
	hj_buf_done(&value);
	hj_ledger_close(l);
}

/* A transaction that made a key and was rolled back leaves none behind. */
static void test_rotation_rolled_back(void **state)
{
	struct hj_ledger *l = open_it();
	struct hj_ledger_slot slot;

	fill(l);
	append(l, HJ_KIND_MINUTE, "gone");
	assert_int_equal(hj_ledger_rotate(l), -EBUSY);
	hj_ledger_rollback(l);
	assert_false(hj_ledger_slot_at(l, 2, &slot));
	assert_int_equal(hj_ledger_begin_generation(l, 1), 0);
	append(l, HJ_KIND_MINUTE, "of the next generation");
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(hj_ledger_last(l), HJ_LEDGER_GENERATION + 1);
	assert_int_equal(hj_ledger_begin_generation(l, 1), -EINVAL);
	assert_true(follow_all(l).broken == 0);
	hj_ledger_close(l);
	l = open_it();
	assert_true(whole(l));
	assert_int_equal(count(l), ROWS + 1);
	hj_ledger_close(l);
}

/* ---- a head given to others ---- */

static void test_head_stays(void **state)
{
	char before[HJ_LEDGER_HEAD_DIGITS + 1], after[HJ_LEDGER_HEAD_DIGITS + 1];
	struct hj_ledger *l = open_it();
	uint64_t rows;

	fill(l);
	assert_int_equal(hj_ledger_head(l, 35, before), 0);
	fill(l);
	assert_int_equal(hj_ledger_head(l, 35, after), 0);
	assert_string_equal(before, after);
	assert_int_equal(hj_ledger_head(l, 36, after), 0);
	assert_string_not_equal(before, after);
	hj_ledger_cut(l, 35, &rows);
	hj_ledger_commit(l);
	assert_int_equal(hj_ledger_head(l, 35, after), 0);
	assert_string_equal(before, after);
	hj_ledger_cut(l, 36, &rows);
	hj_ledger_commit(l);
	assert_int_equal(hj_ledger_head(l, 35, after), -ENODATA);
	assert_int_equal(hj_ledger_head(l, 1000, after), -ENODATA);
	hj_ledger_close(l);
}

/* ---- looking only ---- */

static size_t slurp(const char *suffix, char **ret)
{
	char name[128];
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	fd = open(name, O_RDONLY);
	*ret = NULL;
	if (fd < 0)
		return 0;
	fstat(fd, &st);
	*ret = malloc((size_t)st.st_size + 1);
	assert_int_equal(read(fd, *ret, (size_t)st.st_size), st.st_size);
	close(fd);
	return (size_t)st.st_size;
}

static void look_and_leave(unsigned rows)
{
	char *db[2], *wal[2];
	size_t db_n = slurp("", &db[0]), wal_n = slurp("-wal", &wal[0]);
	struct hj_keyring *k;
	struct hj_ledger *l;

	assert_int_equal(hj_keyring_new_at(folder, false, &k), 0);
	assert_int_equal(hj_ledger_open_readonly(path, k, &l), 0);
	assert_int_equal(count(l), rows);
	assert_true(whole(l));
	assert_in_range(hj_ledger_used(l), 1024, db_n + wal_n);
	assert_int_equal(hj_ledger_put(l, "x", "y", 1), -EROFS);
	assert_int_equal(hj_ledger_rotate(l), -EROFS);
	hj_ledger_close(l);
	hj_keyring_free(k);
	assert_int_equal(slurp("", &db[1]), db_n);
	assert_int_equal(slurp("-wal", &wal[1]), wal_n);
	assert_memory_equal(db[0], db[1], db_n);
	if (wal_n)
		assert_memory_equal(wal[0], wal[1], wal_n);
	for (int i = 0; i < 2; i++) {
		free(db[i]);
		free(wal[i]);
	}
}

static void test_readonly(void **state)
{
	struct hj_ledger *l, *second;
	char command[512];
	struct hj_keyring *k;

	make();
	look_and_leave(ROWS);
	/* With the WAL that a power cut leaves. */
	l = open_it();
	fill(l);
	assert_int_equal(hj_keyring_new_at(folder, false, &k), 0);
	assert_int_equal(hj_ledger_open_readonly(path, k, &second), -EBUSY);
	hj_keyring_free(k);
	snprintf(command, sizeof(command), "cp %s %s.x && cp %s-wal %s.x-wal", path, path, path, path);
	assert_int_equal(system(command), 0);
	hj_ledger_close(l);
	strcat(path, ".x");
	look_and_leave(2 * ROWS);
	look_and_leave(2 * ROWS);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_sound),
		T(test_nothing_in_clear),
		T(test_every_change_shows),
		T(test_found_is_noted),
		T(test_every_change_of_state_shows),
		T(test_old_value_shows),
		T(test_changed_value_is_not_given),
		T(test_missing_key_and_its_return),
		T(test_wrong_length_of_key),
		T(test_rotation),
		T(test_rotation_rolled_back),
		T(test_head_stays),
		T(test_readonly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
