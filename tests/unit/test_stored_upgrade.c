/* A store that the version before wrote (tests/data/ledger-1.db: 136 records with minutes, hours, a log, a state, a
 * cut; two uplinks that owe different ones; points and settings) becomes one of this version: with nothing lost,
 * nothing changed, and wherever the power fails meanwhile. */
/* long because: the old file, and all that must be true of what becomes of it. */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../crash/kernel.h"
#include "hjgate/ledger_verify.h"
#include "stored_world.h"

#define OLD       "tests/data/ledger-1.db"
#define RETENTION 4000 /* days */
#define DIED      9

static int ops_left; /* until the process dies; 0 = never */
static int ops;

/* ---- the disk ---- */

static bool strikes(void)
{
	return ++ops == ops_left;
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at)
{
	if (strikes()) {
		kernel_pwrite(fd, data, n / 2, at);
		_exit(DIED);
	}
	return kernel_pwrite(fd, data, n, at);
}

int fdatasync(int fd)
{
	if (strikes())
		_exit(DIED);
	return (int)syscall(SYS_fdatasync, fd);
}

/* ---- the old file, read without us ---- */

static void copy_old(void)
{
	char path[256], command[600];

	path_of("var/lib/hjgate/records.db", path);
	snprintf(command, sizeof(command), "cp %s %s && rm -f %s-wal", OLD, path, path);
	assert_int_equal(system(command), 0);
}

static sqlite3 *open_old(void)
{
	sqlite3 *db;

	assert_int_equal(
	        sqlite3_open_v2("file:" OLD "?immutable=1", &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL),
	        SQLITE_OK);
	return db;
}

struct comparing {
	sqlite3_stmt *sql;
	unsigned rows;
};

static int compare_row(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct comparing *c = userdata;
	struct hj_head old;

	if (sqlite3_step(c->sql) != SQLITE_ROW)
		return 1; /* the ones that came after it was this version */
	assert_int_equal(head->seq, sqlite3_column_int64(c->sql, 0));
	assert_int_equal(head->kind, sqlite3_column_int64(c->sql, 1));
	assert_int_equal(head->label_ms, sqlite3_column_int64(c->sql, 2));
	assert_int_equal(
	        hj_head_decode(sqlite3_column_blob(c->sql, 3), (size_t)sqlite3_column_bytes(c->sql, 3), &old), 0);
	old.seq = head->seq;
	assert_memory_equal(&old, head, sizeof(old));
	assert_int_equal(n, sqlite3_column_bytes(c->sql, 4));
	assert_memory_equal(body, sqlite3_column_blob(c->sql, 4), n);
	c->rows++;
	return 0;
}

static unsigned compare_rows(struct hj_ledger *l)
{
	sqlite3 *db = open_old();
	struct comparing c = { 0 };

	assert_int_equal(
	        sqlite3_prepare_v2(db, "SELECT seq, kind, label, head, body FROM row ORDER BY seq", -1, &c.sql, NULL),
	        SQLITE_OK);
	assert_int_equal(hj_ledger_read(l, 1, UINT64_MAX, 0, compare_row, &c), 0);
	sqlite3_finalize(c.sql);
	sqlite3_close(db);
	return c.rows;
}

/* Every value of `state` that is not the ledger's own, as it was. */
static unsigned compare_state(struct hj_ledger *l)
{
	sqlite3 *db = open_old();
	sqlite3_stmt *sql;
	unsigned values = 0;

	assert_int_equal(
	        sqlite3_prepare_v2(db, "SELECT key, value FROM state WHERE key NOT LIKE 'ledger.%'", -1, &sql, NULL),
	        SQLITE_OK);
	while (sqlite3_step(sql) == SQLITE_ROW) {
		struct hj_buf value = { 0 };

		assert_int_equal(hj_ledger_get(l, (const char *)sqlite3_column_text(sql, 0), &value), 0);
		assert_int_equal(value.len, sqlite3_column_bytes(sql, 1));
		assert_memory_equal(value.data, sqlite3_column_blob(sql, 1), value.len);
		hj_buf_done(&value);
		values++;
	}
	sqlite3_finalize(sql);
	sqlite3_close(db);
	return values;
}

/* ---- tests ---- */

static struct hj_ledger *open_records(struct hj_keyring **ret_keyring)
{
	struct hj_ledger *l;
	char path[256];
	bool damaged;

	path_of("var/lib/hjgate/records.db", path);
	assert_int_equal(hj_keyring_new(root, true, ret_keyring), 0);
	assert_int_equal(hj_ledger_open(path, *ret_keyring, &l, &damaged), 0);
	assert_false(damaged);
	return l;
}

static void test_everything_is_there(void **state)
{
	struct hj_keyring *k;
	struct hj_ledger *l;
	uint8_t id[HJ_ID_BYTES] = { 0 };

	copy_old();
	for (int round = 0; round < 2; round++) {
		l = open_records(&k);
		assert_int_equal(hj_ledger_seal_found(l)->state, round ? HJ_SEAL_GOOD : HJ_SEAL_NEW);
		assert_int_equal(compare_rows(l), 135);
		assert_int_equal(compare_state(l), 9);
		assert_int_equal(hj_ledger_first(l), 13);
		assert_int_equal(hj_ledger_last(l), 147);
		assert_int_equal(hj_ledger_rows(l), 135);
		assert_int_equal(hj_ledger_plain_upto(l), 147);
		if (round)
			assert_memory_equal(id, hj_ledger_store_id(l), HJ_ID_BYTES);
		memcpy(id, hj_ledger_store_id(l), HJ_ID_BYTES);
		hj_ledger_close(l);
		hj_keyring_free(k);
	}
}

static uint64_t owed(struct stored *s, const char *name)
{
	struct uplink *u = owed_find(s, name);

	assert_non_null(u);
	return hj_seqset_total(&u->owed);
}

/* As the store itself sees it; and it goes on from there. */
static void test_the_store_goes_on(void **state)
{
	struct hj_buf value = { 0 };
	struct stored *s;

	copy_old();
	for (int round = 0; round < 2; round++) {
		s = open_store(RETENTION);
		assert_int_equal(s->points.count, 3);
		assert_string_equal(hj_dictionary_find(&s->points, 1)->name, "oven.energy");
		assert_int_equal(owed(s, "county"), 85 + round);
		assert_int_equal(owed(s, "city"), 49 + round);
		assert_true(hj_seqset_has(&owed_find(s, "county")->owed, 81));
		assert_false(hj_seqset_has(&owed_find(s, "county")->owed, 80));
		assert_int_equal(hj_ledger_get(s->ledger, "set.uplink.county.password", &value), 0);
		assert_int_equal(
		        commit_queue(s, HJ_KIND_LOG, hj_now().wall_ms, 0, "{\"text\":\"on\"}", 13, NULL, NULL), 0);
		assert_int_equal(commit_now(s), 0);
		assert_int_equal(compare_rows(s->ledger), 135);
		stored_free(s);
	}
	assert_memory_equal(value.data, "Hj-2026-pwHj-2026-pw", 20);
	hj_buf_done(&value);
}

/* ---- a changed row of the old version ---- */

struct following {
	struct hj_ledger *l;
	uint8_t mac[HJ_KIND_MOST + 1][HJ_MAC_BYTES];
	unsigned broken;
};

static int follow(const struct hj_ledger_row *row, void *userdata)
{
	struct following *f = userdata;
	uint8_t want[HJ_MAC_BYTES];

	assert_int_equal(hj_ledger_row_mac(f->l, row, f->mac[row->kind], want), 0);
	f->broken += row->mac && memcmp(want, row->mac, HJ_MAC_BYTES);
	memcpy(f->mac[row->kind], row->mac ? row->mac : want, HJ_MAC_BYTES);
	return 0;
}

static unsigned broken_links(struct hj_ledger *l)
{
	struct following f = { .l = l };

	for (int kind = 1; kind <= HJ_KIND_MOST; kind++) {
		struct hj_ledger_tail cut;

		if (hj_ledger_cut_at(l, kind, &cut))
			memcpy(f.mac[kind], cut.mac, HJ_MAC_BYTES);
	}
	assert_int_equal(hj_ledger_each_row(l, 1, UINT64_MAX, follow, &f), 0);
	return f.broken;
}

static void append_minute(struct hj_ledger *l)
{
	struct hj_head head = { .kind = HJ_KIND_MINUTE, .label_ms = 1764086400000 };

	assert_int_equal(hj_ledger_append(l, &head, "new", 3), 0);
	assert_int_equal(hj_ledger_commit(l), 0);
}

static void alter(const char *sql)
{
	char path[256];
	sqlite3 *db;

	path_of("var/lib/hjgate/records.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_changes(db), 1);
	sqlite3_close(db);
}

static void test_a_changed_old_row_shows(void **state)
{
	static const char *const changes[] = {
		"UPDATE row SET body = body || x'00' WHERE seq = 40",
		"UPDATE row SET body = 'x' WHERE seq = 13",
		"DELETE FROM row WHERE seq = 50",
		/* unsealed ones are believed up to the last old one, not beyond */
		"INSERT INTO row SELECT 200, kind, label, head, body, NULL FROM row WHERE seq = 40",
	};

	for (size_t i = 0; i < hj_array_size(changes); i++) {
		struct hj_keyring *k;
		struct hj_ledger *l;

		copy_old();
		l = open_records(&k);
		append_minute(l);
		assert_int_equal(broken_links(l), 0);
		hj_ledger_close(l);
		hj_keyring_free(k);
		alter(changes[i]);
		l = open_records(&k);
		assert_true(broken_links(l) || hj_ledger_seal_found(l)->state == HJ_SEAL_CHANGED);
		hj_ledger_close(l);
		hj_keyring_free(k);
	}
}

/* ---- what a verification says of it ---- */

struct said {
	unsigned found, changed, removed;
	uint64_t seq; /* of the oldest that was changed */
};

static void hear_finding(const struct hj_finding *f, void *userdata)
{
	struct said *s = userdata;

	s->found++;
	s->removed += f->what == HJ_FOUND_REMOVED;
	if (f->what == HJ_FOUND_CHANGED && (!s->changed++ || f->seq < s->seq))
		s->seq = f->seq;
}

static struct said verify_upgraded(const char *sql, struct hj_verify_look *ret)
{
	struct said s = { 0 };
	struct hj_keyring *k;
	struct hj_verify *v;
	struct hj_ledger *l;
	char path[256];
	int r;

	copy_old();
	l = open_records(&k);
	append_minute(l);
	hj_ledger_close(l);
	if (sql)
		alter(sql);
	path_of("var/lib/hjgate/records.db", path);
	assert_int_equal(hj_ledger_open_readonly(path, k, &l), 0);
	assert_int_equal(hj_verify_new(l, INT64_MIN, INT64_MAX, hear_finding, &s, &v), 0);
	while ((r = hj_verify_step(v, 100)) > 0)
		;
	assert_int_equal(r, 0);
	*ret = *hj_verify_look(v);
	hj_verify_free(v);
	hj_ledger_close(l);
	hj_keyring_free(k);
	return s;
}

/* Rows of the version before have no mac of their own: all of a kind are held together against what was noted when
 * they came over. */
static void test_old_rows_are_verified(void **state)
{
	struct hj_verify_look look;
	struct said s = verify_upgraded(NULL, &look);

	assert_int_equal(s.found, 0);
	assert_true(look.plain > 100 && look.plain < look.rows && look.whole);
	assert_int_equal(look.unchained, 0);
	s = verify_upgraded("UPDATE row SET body = body || x'00' WHERE seq = 40", &look);
	assert_true(s.changed >= 1);
	assert_true(s.seq >= 40 && s.seq <= 148);
	s = verify_upgraded("UPDATE row SET head = zeroblob(3) WHERE seq = 40", &look);
	assert_true(s.changed >= 1);
	assert_int_equal(s.seq, 40);
	s = verify_upgraded("DELETE FROM row WHERE seq = 50", &look);
	assert_true(s.found >= 1);
}

/* Old rows are cut in slices; the chain is followed from wherever they end. */
static void test_old_rows_are_cut(void **state)
{
	struct hj_keyring *k;
	struct hj_ledger *l;
	uint64_t rows;

	copy_old();
	l = open_records(&k);
	append_minute(l);
	for (uint64_t upto = 20; upto < 160; upto += 17) {
		assert_int_equal(hj_ledger_cut(l, upto, &rows), 0);
		assert_int_equal(hj_ledger_commit(l), 0);
		assert_int_equal(broken_links(l), 0);
	}
	assert_int_equal(hj_ledger_rows(l), 0);
	append_minute(l);
	assert_int_equal(broken_links(l), 0);
	hj_ledger_close(l);
	hj_keyring_free(k);
}

/* ---- the power fails at every write ---- */

static int open_apart(int left)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct hj_keyring *k;

		ops = 0;
		ops_left = left;
		hj_ledger_close(open_records(&k));
		ops_left = 0;
		_exit(0);
	}
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_power_fails_meanwhile(void **state)
{
	int deaths = 0, r;

	for (copy_old(); (r = open_apart(deaths + 1)) == DIED; copy_old()) {
		struct hj_keyring *k;
		struct hj_ledger *l = open_records(&k);

		assert_true(++deaths < 500);
		assert_int_equal(compare_rows(l), 135);
		assert_int_equal(compare_state(l), 9);
		assert_int_equal(broken_links(l), 0);
		hj_ledger_close(l);
		hj_keyring_free(k);
	}
	assert_int_equal(r, 0);
	printf("%d deaths\n", deaths);
	assert_true(deaths > 20);
}

static int set_up(void **state)
{
	sd_event_new(&loop);
	return make_root("upgrade");
}

static int tear_down(void **state)
{
	return remove_world();
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_everything_is_there),
		T(test_the_store_goes_on),
		T(test_a_changed_old_row_shows),
		T(test_old_rows_are_verified),
		T(test_old_rows_are_cut),
		T(test_power_fails_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
