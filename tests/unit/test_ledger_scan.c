/* Rows are found in what is left of a database: whatever lies in pages that are whole comes back as it was, and what
 * was never promised does not come back. The database is SQLite's own; what a row's pages are, its bytes say. */
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

#include "../../src/sys/ledger_scan.h"
#include "hjgate/cleanup.h"

#define PAGE       1024
#define FRAME      (24 + PAGE)
#define COMMITS    60
#define IN_LOG     25 /* of these, the newest, are in the log only */
#define PER_COMMIT 7
#define ROWS       (COMMITS * PER_COMMIT)
#define BODY_MOST  4000
#define SEEDS      300
#define MARK       8 /* bytes: a row's number, again and again */

static char folder[64], path[96], log_path[104], work[96], work_log[104];
static uint8_t *file_bytes, *log_bytes;
static size_t file_n, log_n;
static size_t log_after[COMMITS]; /* bytes of the log after each commit */
static bool hit_file[4096], hit_log[4096];
static uint32_t seed;

static uint32_t dice(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static size_t body_of(int row, char body[BODY_MOST])
{
	size_t n = (size_t)(row * 7919 % 13 ? 40 + row * 7919 % 700 : 1000 + row * 31 % 2900) / MARK * MARK;
	char mark[sizeof("<-2147483648>")];

	snprintf(mark, sizeof(mark), "<%06d>", row);
	for (size_t i = 0; i < n; i += MARK)
		memcpy(body + i, mark, MARK);
	return n;
}

static uint8_t *slurp(const char *from, size_t *ret_n)
{
	struct stat st;
	int fd = open(from, O_RDONLY);
	uint8_t *bytes;

	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	bytes = malloc((size_t)st.st_size + 1);
	assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
	close(fd);
	*ret_n = (size_t)st.st_size;
	return bytes;
}

static void spill(const char *to, const uint8_t *bytes, size_t n)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

static void insert(sqlite3 *db, int row)
{
	sqlite3_stmt *sql;
	char body[BODY_MOST];
	size_t n = body_of(row, body);

	assert_int_equal(
	        sqlite3_prepare_v2(db, "INSERT INTO row VALUES(?, 1, ?, zeroblob(76), ?)", -1, &sql, NULL), 0);
	sqlite3_bind_int(sql, 1, row);
	sqlite3_bind_int64(sql, 2, 1795017600000LL + row);
	sqlite3_bind_blob(sql, 3, body, (int)n, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(sql), SQLITE_DONE);
	sqlite3_finalize(sql);
}

static int set_up(void **state)
{
	struct stat st;
	sqlite3 *db;

	strcpy(folder, "/tmp/hjscan-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.db", folder);
	snprintf(log_path, sizeof(log_path), "%s-wal", path);
	snprintf(work, sizeof(work), "%s/b.db", folder);
	snprintf(work_log, sizeof(work_log), "%s-wal", work);
	assert_int_equal(sqlite3_open(path, &db), 0);
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	assert_int_equal(
	        sqlite3_exec(db,
	                "PRAGMA locking_mode=EXCLUSIVE; PRAGMA page_size=1024; PRAGMA journal_mode=WAL;"
	                "PRAGMA wal_autocheckpoint=0;"
	                "CREATE TABLE row(seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, label INTEGER NOT NULL,"
	                " head BLOB NOT NULL, body BLOB NOT NULL);"
	                "CREATE TABLE state(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;",
	                NULL, NULL, NULL),
	        0);
	for (int c = 0; c < COMMITS; c++) {
		char sql[128];

		sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
		for (int i = 1; i <= PER_COMMIT; i++)
			insert(db, c * PER_COMMIT + i);
		snprintf(sql, sizeof(sql), "REPLACE INTO state VALUES('owed.%d', 'at %d'); COMMIT", c % 40, c);
		assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), 0);
		if (c == COMMITS - IN_LOG - 1)
			sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
		log_after[c] = stat(log_path, &st) == 0 ? (size_t)st.st_size : 0;
	}
	sqlite3_close(db);
	file_bytes = slurp(path, &file_n);
	log_bytes = slurp(log_path, &log_n);
	assert_true(log_n > FRAME * 30 && file_n > 50 * PAGE);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	free(file_bytes);
	free(log_bytes);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

/* ---- damage ---- */

static void spoil(uint8_t *bytes, size_t n, size_t from, size_t to, bool zero)
{
	for (size_t i = from; i < to && i < n; i++)
		bytes[i] = zero ? 0 : (uint8_t)(bytes[i] ^ (1 + dice(255)));
}

/* Marks every page or frame that a span of bytes touches. */
static void hit(bool *hits, size_t from, size_t to, size_t begin, size_t size)
{
	for (size_t i = from; i < to; i++)
		if (i >= begin)
			hits[(i - begin) / size] = true;
}

static void damage_file(uint8_t *bytes, size_t *n)
{
	size_t from = dice((uint32_t)*n), to = from + 1;

	switch (dice(5)) {
	case 0: /* some bytes */
		break;
	case 1: /* pages emptied */
		from = from / PAGE * PAGE;
		to = from + PAGE * (1 + dice(6));
		break;
	case 2:
		hit(hit_file, from, *n, 0, PAGE);
		*n = from;
		return;
	case 3: /* the header */
		from = 0;
		to = dice(2) ? 100 : PAGE;
		break;
	case 4:
		return;
	}
	to = hj_min(to, *n);
	hit(hit_file, from, to, 0, PAGE);
	spoil(bytes, *n, from, to, dice(2));
}

static void damage_log(uint8_t *bytes, size_t *n)
{
	size_t from = dice((uint32_t)*n), to = from + 1;

	switch (dice(5)) {
	case 0:
		break;
	case 1:
		to = from + FRAME * (1 + dice(6));
		break;
	case 2:
		hit(hit_log, from, log_n, 32, FRAME);
		*n = from;
		return;
	case 3: /* its header: proves nothing of the first frame */
		from = 0;
		to = 32;
		break;
	case 4:
		return;
	}
	to = hj_min(to, *n);
	hit(hit_log, from, to, 32, FRAME);
	spoil(bytes, *n, from, to, dice(2));
}

/* ---- what has to come back ---- */

static bool has_mark(const uint8_t *p, size_t n, int row)
{
	char mark[sizeof("<-2147483648>")];

	snprintf(mark, sizeof(mark), "<%06d>", row);
	return memmem(p, n, mark, MARK);
}

/* The newest commit all of whose frames are whole. */
static int newest_whole(void)
{
	for (int c = COMMITS - 1; c >= COMMITS - IN_LOG; c--) {
		size_t from = log_after[c - 1] > 32 ? (log_after[c - 1] - 32) / FRAME : 0;
		size_t to = (log_after[c] - 32) / FRAME;
		bool whole = from > 0 || c > COMMITS - IN_LOG;

		for (size_t f = from; f < to; f++)
			whole = whole && !hit_log[f];
		if (whole)
			return c;
	}
	return COMMITS - IN_LOG - 1;
}

static bool is_outside(int row)
{
	for (size_t i = 0; i * PAGE < file_n; i++)
		if (hit_file[i] && has_mark(file_bytes + i * PAGE, PAGE, row))
			return false;
	for (size_t i = 0; 32 + i * FRAME < log_n; i++)
		if (hit_log[i] && has_mark(log_bytes + 32 + i * FRAME, FRAME, row))
			return false;
	return true;
}

static int seen[ROWS + 1];

static int see(enum hj_page_tree tree, uint64_t rowid, const struct hj_column *columns, int count, void *userdata)
{
	char body[BODY_MOST];
	size_t n;

	if (tree != HJ_PAGE_TABLE || count != 5 || rowid < 1 || rowid > ROWS || columns[1].type != HJ_COLUMN_INT ||
	        columns[4].type != HJ_COLUMN_BYTES)
		return 0;
	n = body_of((int)rowid, body);
	if (columns[4].n != n || memcmp(columns[4].bytes, body, n) ||
	        columns[2].number != 1795017600000LL + (int64_t)rowid)
		return 0;
	seen[rowid]++;
	return 1;
}

static void scan(void)
{
	struct ledger_scan *s;

	memset(seen, 0, sizeof(seen));
	assert_int_equal(ledger_scan_open(work, &s), 0);
	for (uint64_t i = 0; i < ledger_scan_pictures(s); i++)
		assert_int_equal(ledger_scan_picture(s, i, see, NULL), 0);
	ledger_scan_close(s);
}

static void test_damage(void **state)
{
	uint8_t *file = malloc(file_n), *log = malloc(log_n);
	unsigned outside = 0, lost = 0;

	for (uint32_t i = 0; i < SEEDS; i++) {
		size_t fn = file_n, ln = log_n;
		int whole;

		seed = i + 1;
		memcpy(file, file_bytes, file_n);
		memcpy(log, log_bytes, log_n);
		memset(hit_file, 0, sizeof(hit_file));
		memset(hit_log, 0, sizeof(hit_log));
		damage_file(file, &fn);
		damage_log(log, &ln);
		if (fn < 3 * PAGE)
			continue; /* of nothing nothing comes back */
		spill(work, file, fn);
		spill(work_log, log, ln);
		scan();
		whole = newest_whole();
		for (int row = 1; row <= ROWS; row++) {
			if ((row - 1) / PER_COMMIT > whole || !is_outside(row)) {
				lost += !seen[row];
				continue;
			}
			outside++;
			if (!seen[row])
				fail_msg("seed %u: row %d lies outside the damage and is not found", seed, row);
		}
	}
	assert_true(outside > SEEDS * ROWS / 2);
	assert_true(lost > SEEDS); /* there was damage at all */
	free(file);
	free(log);
}

/* The last transaction lacks a frame, as after a power cut: nothing of it comes back, everything before it does. */
static void test_torn_end(void **state)
{
	size_t last = log_after[COMMITS - 2];

	spill(work, file_bytes, file_n);
	log_bytes[last + 24 + 500] ^= 1;
	spill(work_log, log_bytes, log_n);
	log_bytes[last + 24 + 500] ^= 1;
	scan();
	for (int row = 1; row <= ROWS; row++)
		assert_true(!seen[row] == ((row - 1) / PER_COMMIT == COMMITS - 1));
	spill(work_log, log_bytes, log_n - 1);
	scan();
	for (int row = 1; row <= ROWS; row++)
		assert_true(!seen[row] == ((row - 1) / PER_COMMIT == COMMITS - 1));
}

/* The newest picture of a state entry is met first. */
static int see_state(
        enum hj_page_tree tree, uint64_t rowid, const struct hj_column *columns, int count, void *userdata)
{
	char *value = userdata;

	if (tree != HJ_PAGE_INDEX || count != 2 || columns[0].type != HJ_COLUMN_TEXT || columns[0].n != 7 ||
	        memcmp(columns[0].bytes, "owed.19", 7))
		return 0;
	if (!*value)
		memcpy(value, columns[1].bytes, columns[1].n);
	return 1;
}

static void test_newest_first(void **state)
{
	char value[16] = "";
	struct ledger_scan *s;

	spill(work, file_bytes, file_n);
	spill(work_log, log_bytes, log_n);
	assert_int_equal(ledger_scan_open(work, &s), 0);
	for (uint64_t i = 0; i < ledger_scan_pictures(s); i++)
		assert_int_equal(ledger_scan_picture(s, i, see_state, value), 0);
	ledger_scan_close(s);
	assert_string_equal(value, "at 59");
	assert_int_equal(ledger_scan_open("/nonexistent/x.db", &s), -ENOENT);
	spill(work, (const uint8_t *)"no database", 11);
	unlink(work_log);
	assert_int_equal(ledger_scan_open(work, &s), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_torn_end),
		cmocka_unit_test(test_newest_first),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
