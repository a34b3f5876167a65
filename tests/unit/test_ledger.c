/* The ledger as its users see it, and what happens to it when the disk, the process or another version gets in the
 * way. */
/* long because: every way a disk, a process and a version can fail share one set of helpers. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sched.h>
#include <unistd.h>
#include <sqlite3.h>
#include <cmocka.h>

#include "child.h"

#include "hjgate/clock.h"
#include "hjgate/ledger.h"
#include "hjgate/ledger_salvage.h"

#define DAY0 (1795017600000LL) /* a Beijing midnight: 2026-11-19 00:00 */

static char folder[64], path[96];

static int set_up(void **state)
{
	strcpy(folder, "/tmp/hjledger-XXXXXX");
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
	bool damaged;

	assert_int_equal(hj_ledger_open(path, NULL, &l, &damaged), 0);
	assert_false(damaged);
	return l;
}

static int append(struct hj_ledger *l, int kind, int64_t label, const char *body)
{
	struct hj_head head = { .kind = (uint8_t)kind, .label_ms = label, .length_ms = 60000 };

	return hj_ledger_append(l, &head, body, strlen(body));
}

struct seen {
	uint64_t seq[5000];
	size_t count, stop_at;
	char last_body[64];
};

static int see(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct seen *s = userdata;

	if (s->count)
		assert_true(head->seq > s->seq[s->count - 1]);
	s->seq[s->count++] = head->seq;
	snprintf(s->last_body, sizeof(s->last_body), "%.*s", (int)n, (const char *)body);
	return s->stop_at && s->count == s->stop_at;
}

/* A clock that says 2040, or is right about it, on every machine: see ledger_2038.c. */
static void test_after_2038(void **state)
{
	static const struct timespec late[2] = { { .tv_sec = 2208988800 }, { .tv_sec = 2208988800 } };
	struct hj_ledger *l = open_it();
	char wal[128];

	snprintf(wal, sizeof(wal), "%s-wal", path);
	assert_int_equal(append(l, 1, DAY0, "before"), 0);
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, late, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, wal, late, 0), 0);
	assert_int_equal(append(l, 1, DAY0 + 60000, "while"), 0);
	assert_int_equal(hj_ledger_commit(l), 0);
	hj_ledger_close(l);
	assert_int_equal(utimensat(AT_FDCWD, path, late, 0), 0);
	l = open_it();
	assert_int_equal(append(l, 1, DAY0 + 120000, "after"), 0);
	assert_int_equal(hj_ledger_commit(l), 0);
	hj_ledger_close(l);
}

static void test_rows_and_state(void **state)
{
	struct hj_ledger *l = open_it();
	struct hj_buf value = { 0 };
	struct seen s = { 0 };
	uint8_t id[HJ_ID_BYTES];

	memcpy(id, hj_ledger_store_id(l), sizeof(id));
	assert_int_equal(append(l, HJ_KIND_MINUTE, DAY0, "one"), 0);
	assert_int_equal(append(l, HJ_KIND_LOG, DAY0, "two"), 0);
	assert_int_equal(hj_ledger_put(l, "open", "abc", 3), 0);
	assert_int_equal(hj_ledger_read(l, 0, UINT64_MAX, 0, see, &s), 0);
	assert_int_equal(s.count, 0); /* not committed yet */
	assert_true(hj_ledger_dirty(l));
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_false(hj_ledger_dirty(l));
	hj_ledger_close(l);

	l = open_it();
	assert_memory_equal(id, hj_ledger_store_id(l), sizeof(id));
	assert_int_equal(hj_ledger_first(l), 1);
	assert_int_equal(hj_ledger_last(l), 2);
	assert_int_equal(hj_ledger_read(l, 1, UINT64_MAX, 1u << HJ_KIND_LOG, see, &s), 0);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.seq[0], 2);
	assert_string_equal(s.last_body, "two");
	assert_int_equal(hj_ledger_get(l, "open", &value), 0);
	assert_string_equal(value.data, "abc");
	assert_int_equal(hj_ledger_get(l, "closed", &value), -ENOENT);
	assert_int_equal(hj_ledger_put(l, "ledger.store", "x", 1), -EINVAL);
	hj_buf_done(&value);
	hj_ledger_close(l);
}

/* What it keeps of the file is given back, in the middle of a transaction, too, and read again where it is needed. */
static void test_spare(void **state)
{
	struct hj_ledger *l = open_it();
	struct seen s = { 0 };
	char body[1000];
	int64_t full;

	memset(body, 'x', sizeof(body) - 1);
	body[sizeof(body) - 1] = 0;
	for (int i = 0; i < 300; i++)
		assert_int_equal(append(l, HJ_KIND_MINUTE, DAY0 + i, body), 0);
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(append(l, HJ_KIND_MINUTE, DAY0 + 300, "not yet committed"), 0);
	full = sqlite3_memory_used();
	hj_ledger_spare(l);
	assert_true(sqlite3_memory_used() < full - (128 << 10));
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(hj_ledger_read(l, 1, UINT64_MAX, 0, see, &s), 0);
	assert_int_equal(s.count, 301);
	assert_string_equal(s.last_body, "not yet committed");
	hj_ledger_spare(NULL);
	hj_ledger_close(l);
}

static int count_keys(const char *key, const void *value, size_t n, void *userdata)
{
	assert_memory_equal(key, "owed.", 5);
	++*(int *)userdata;
	return 0;
}

static void test_each_and_rollback(void **state)
{
	struct hj_ledger *l = open_it();
	int n = 0;

	hj_ledger_put(l, "owed.county", "1", 1);
	hj_ledger_put(l, "owed.city", "2", 1);
	hj_ledger_put(l, "set.x", "3", 1);
	hj_ledger_put(l, "owec", "4", 1);
	assert_int_equal(hj_ledger_commit(l), 0);
	append(l, HJ_KIND_LOG, DAY0, "gone");
	hj_ledger_put(l, "owed.other", "5", 1);
	hj_ledger_rollback(l);
	assert_int_equal(hj_ledger_each(l, "owed.", count_keys, &n), 0);
	assert_int_equal(n, 2);
	append(l, HJ_KIND_LOG, DAY0, "stays");
	hj_ledger_put(l, "owed.city", NULL, 0);
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(hj_ledger_last(l), 1); /* the seq was given back */
	n = 0;
	hj_ledger_each(l, "owed.", count_keys, &n);
	assert_int_equal(n, 1);
	hj_ledger_close(l);
}

static void test_seq_only_grows(void **state)
{
	struct hj_ledger *l = open_it();
	uint64_t rows;

	for (int i = 0; i < 10; i++)
		append(l, HJ_KIND_MINUTE, DAY0, "x");
	hj_ledger_commit(l);
	assert_int_equal(hj_ledger_cut(l, 4, &rows), 0);
	assert_int_equal(rows, 4);
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(hj_ledger_first(l), 5);
	assert_int_equal(hj_ledger_cut(l, 99, &rows), 0);
	assert_int_equal(rows, 6);
	hj_ledger_commit(l);
	hj_ledger_close(l);
	l = open_it();
	assert_int_equal(hj_ledger_first(l), 0);
	assert_int_equal(hj_ledger_last(l), 10);
	append(l, HJ_KIND_MINUTE, DAY0, "x");
	hj_ledger_commit(l);
	assert_int_equal(hj_ledger_last(l), 11);
	assert_int_equal(hj_ledger_first(l), 11);
	assert_true(hj_ledger_used(l) > 0 && hj_ledger_used(l) <= hj_ledger_bytes(l));
	hj_ledger_close(l);
}

/* Ten days of rows, with late ones of days before among them, and the labels asked for in all ways. */
static void test_day_index(void **state)
{
	struct hj_ledger *l = open_it();
	int64_t label[3000];
	size_t n = 0;

	srand(5);
	for (; n < hj_array_size(label); n++) {
		label[n] = DAY0 + (int64_t)n * 288000 - (rand() % 10 ? 0 : rand() % 6 * HJ_MS_PER_DAY);
		append(l, n % 3 ? HJ_KIND_MINUTE : HJ_KIND_HOUR, label[n], "row");
		if (rand() % 20 == 0)
			assert_int_equal(hj_ledger_commit(l), 0);
		if (rand() % 300 == 0) {
			hj_ledger_commit(l);
			hj_ledger_close(l);
			l = open_it();
		}
	}
	hj_ledger_commit(l);
	for (int round = 0; round < 300; round++) {
		int64_t begin = DAY0 - 6 * HJ_MS_PER_DAY + rand() % 17 * HJ_MS_PER_DAY + rand() % 3 * 1000000;
		int64_t end = begin + rand() % 3 * HJ_MS_PER_DAY + rand() % 50000000;
		unsigned kinds = rand() % 2 ? 0 : 1u << HJ_KIND_HOUR;
		uint64_t after = rand() % 3 ? 0 : (uint64_t)rand() % 3000, want = 0,
		         limit = 1 + (uint64_t)rand() % 400, from;
		struct seen s = { 0 };

		for (size_t i = after ? after - 1 : 0; i < n; i++)
			want += label[i] >= begin && label[i] < end && (!kinds || i % 3 == 0);
		assert_int_equal(hj_ledger_read_labels(l, after, begin, end, kinds, see, &s), 0);
		assert_int_equal(s.count, want);
		s.count = 0;
		assert_int_equal(hj_ledger_find_newest(l, begin, end, kinds, limit, &from), 0);
		assert_int_equal(hj_ledger_read_labels(l, from, begin, end, kinds, see, &s), 0);
		if (!after)
			assert_int_equal(s.count, hj_min(want, limit));
	}
	hj_ledger_close(l);
}

static void test_stop_and_nesting(void **state)
{
	struct hj_ledger *l = open_it();
	struct seen s = { .stop_at = 3 };

	for (int i = 0; i < 10; i++)
		append(l, HJ_KIND_MINUTE, DAY0, "x");
	hj_ledger_commit(l);
	assert_int_equal(hj_ledger_read(l, 1, 10, 0, see, &s), 0);
	assert_int_equal(s.count, 3);
	s = (struct seen){ 0 };
	assert_int_equal(hj_ledger_read(l, 4, 6, 0, see, &s), 0);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.seq[0], 4);
	hj_ledger_close(l);
}

static void test_one_opener(void **state)
{
	struct hj_ledger *l = open_it(), *second = NULL;
	bool damaged;

	assert_int_equal(hj_ledger_open(path, NULL, &second, &damaged), -EBUSY);
	assert_false(damaged);
	hj_ledger_close(l);
}

/* ---- crash: a child appends and says, by a pipe, what is committed; it is killed at any time ---- */

static void crash_child(int fd)
{
	struct hj_ledger *l;

	if (hj_ledger_open(path, NULL, &l, NULL) < 0)
		_exit(1);
	for (;;) {
		uint64_t last;
		char body[3000];

		memset(body, 'b', sizeof(body));
		for (int i = rand() % 5; i >= 0; i--) {
			struct hj_head head = { .kind = HJ_KIND_MINUTE, .label_ms = DAY0 };

			if (hj_ledger_append(l, &head, body, (size_t)rand() % sizeof(body)) < 0)
				_exit(2);
			last = head.seq;
		}
		hj_ledger_put(l, "upto", &last, sizeof(last));
		if (hj_ledger_commit(l) < 0 || write(fd, &last, sizeof(last)) != sizeof(last))
			_exit(3);
	}
}

static uint64_t run_and_kill(int milliseconds)
{
	int fds[2];
	pid_t pid;
	uint64_t said = 0, one;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		crash_child(fds[1]);
	close(fds[1]);
	usleep((useconds_t)milliseconds * 1000);
	kill(pid, SIGKILL);
	while (read(fds[0], &one, sizeof(one)) == sizeof(one))
		said = one;
	close(fds[0]);
	waitpid(pid, NULL, 0);
	return said;
}

static void test_killed_in_the_middle(void **state)
{
	uint64_t before = 0;

	srand(7);
	for (int round = 0, patience = 0; round < 15; round++, patience += before ? 0 : 40) {
		/* An emulated one is slow to begin. */
		uint64_t said = run_and_kill(5 + patience + rand() % 40), upto = 0;
		struct hj_ledger *l = open_it();
		struct hj_buf value = { 0 };
		struct seen *s = calloc(1, sizeof(*s));

		assert_true(hj_ledger_last(l) >= hj_max(said, before));
		if (hj_ledger_last(l)) {
			assert_int_equal(hj_ledger_get(l, "upto", &value), 0);
			memcpy(&upto, value.data, sizeof(upto));
		}
		assert_int_equal(upto, hj_ledger_last(l)); /* rows and state came together or not at all */
		before = upto > 2000 ? upto - 2000 : 0;
		assert_int_equal(hj_ledger_read(l, before + 1, UINT64_MAX, 0, see, s), 0);
		assert_int_equal(s->count, upto - before);
		before = upto;
		free(s);
		hj_buf_done(&value);
		hj_ledger_close(l);
	}
	assert_true(before > 0);
}

/* ---- the disk is full ---- */

/* Appends until a commit fails; gives what it failed with. */
static int fill(struct hj_ledger *l)
{
	static char body[60000];

	memset(body, 'f', sizeof(body));
	for (int i = 0; i < 1000; i++) {
		struct hj_head head = { .kind = HJ_KIND_MINUTE, .label_ms = DAY0 };
		int r = hj_ledger_append(l, &head, body, sizeof(body)), c = hj_ledger_commit(l);

		if (r < 0)
			assert_int_equal(c, r);
		if (c < 0)
			return c;
	}
	return 0;
}

static void check_after_failure(struct hj_ledger *l, uint64_t last)
{
	struct seen s = { 0 };

	assert_int_equal(hj_ledger_last(l), last);
	assert_int_equal(hj_ledger_read(l, 1, UINT64_MAX, 0, see, &s), 0);
	assert_int_equal(s.count, last);
	assert_false(hj_ledger_dirty(l));
}

static void test_no_room_by_limit(void **state)
{
	struct rlimit before, small;
	struct hj_ledger *l = open_it();
	uint64_t last;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = (struct rlimit){ .rlim_cur = 3 << 20, .rlim_max = before.rlim_max };
	setrlimit(RLIMIT_FSIZE, &small);
	assert_true(fill(l) < 0);
	last = hj_ledger_last(l);
	assert_true(last > 5);
	check_after_failure(l, last);
	assert_true(fill(l) < 0);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(append(l, HJ_KIND_LOG, DAY0, "room again"), 0);
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_true(hj_ledger_last(l) > last);
	hj_ledger_close(l);
	l = open_it();
	assert_true(hj_ledger_last(l) > last);
	hj_ledger_close(l);
}

/* In a child with a mount namespace of its own, where that is allowed: a real ENOSPC. */
static void full_disk_child(void)
{
	struct hj_ledger *l;
	char ballast[96];
	uint64_t last;
	int fd;

	snprintf(ballast, sizeof(ballast), "%s/ballast", folder);
	fd = open(ballast, O_CREAT | O_WRONLY, 0600);
	if (fd < 0 || posix_fallocate(fd, 0, 1 << 20) || hj_ledger_open(path, NULL, &l, NULL) < 0)
		_exit(1);
	if (fill(l) != -ENOSPC)
		_exit(2);
	last = hj_ledger_last(l);
	if (last < 5 || fill(l) != -ENOSPC || hj_ledger_last(l) < last)
		_exit(3);
	unlink(ballast);
	close(fd);
	last = hj_ledger_last(l);
	if (append(l, HJ_KIND_LOG, DAY0, "room again") < 0 || hj_ledger_commit(l) < 0 ||
	        hj_ledger_last(l) != last + 1)
		_exit(4);
	hj_ledger_close(l);
	if (hj_ledger_open(path, NULL, &l, NULL) < 0 || hj_ledger_last(l) != last + 1)
		_exit(5);
	child_leave(0);
}

static void test_no_room_on_disk(void **state)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		        mount("tmpfs", folder, "tmpfs", 0, "size=4m") < 0)
			_exit(77);
		full_disk_child();
	}
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- damage, and other people's files ---- */

static size_t count_aside(void)
{
	glob_t g;
	char pattern[128];
	size_t n;

	snprintf(pattern, sizeof(pattern), "%s.damaged-*[0-9]", path);
	n = glob(pattern, 0, NULL, &g) ? 0 : g.gl_pathc;
	if (n)
		globfree(&g);
	return n;
}

static void write_at(off_t where, size_t n)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	char junk[4096];

	memset(junk, 0xa5, sizeof(junk));
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, junk, n, where), n);
	close(fd);
}

/* Each time the next generation, whose seqs can never meet those of what was set aside. */
static void expect_new_beginning(uint32_t generation)
{
	uint64_t before = generation * HJ_LEDGER_GENERATION;
	struct hj_ledger *l;
	bool damaged = false;

	assert_int_equal(hj_ledger_open(path, NULL, &l, &damaged), 0);
	assert_true(damaged);
	assert_int_equal(hj_ledger_last(l), before);
	assert_int_equal(hj_ledger_first(l), 0);
	assert_int_equal(append(l, HJ_KIND_LOG, DAY0, "anew"), 0);
	assert_int_equal(hj_ledger_commit(l), 0);
	hj_ledger_close(l);
	l = open_it();
	assert_int_equal(hj_ledger_last(l), before + 1);
	assert_int_equal(hj_ledger_generation(l), generation);
	hj_ledger_close(l);
}

static void test_not_a_database(void **state)
{
	write_at(0, 3000);
	expect_new_beginning(1);
	assert_int_equal(count_aside(), 1);
}

static void test_damaged_pages(void **state)
{
	struct hj_ledger *l = open_it();

	for (int i = 0; i < 300; i++)
		append(l, HJ_KIND_MINUTE, DAY0, "a row of some length, so that there are pages to damage");
	hj_ledger_commit(l);
	hj_ledger_close(l);
	write_at(8 * 1024, 4096);
	expect_new_beginning(1);
	write_at(0, 100);
	expect_new_beginning(2);
	assert_int_equal(count_aside(), 2);
}

/* One that was put back belongs to a later generation, and nothing that was set aside tells of it: the file itself
 * does, where it still can. */
static void test_damage_of_a_later_generation(void **state)
{
	char keys[128], kept[128], command[256];
	struct hj_ledger *l = open_it();

	assert_int_equal(hj_ledger_begin_generation(l, 5), 0);
	for (int i = 0; i < 300; i++)
		append(l, HJ_KIND_MINUTE, DAY0, "a row of some length, so that there are pages to damage");
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_true(hj_ledger_last(l) > 5 * HJ_LEDGER_GENERATION);
	assert_int_equal(hj_salvage_keep_keys(l), 0);
	hj_ledger_close(l);
	snprintf(keys, sizeof(keys), "%s.keys", path);
	snprintf(kept, sizeof(kept), "%s/kept", folder);
	assert_int_equal(rename(keys, kept), 0);
	write_at(16 * 1024, 4096);
	expect_new_beginning(6);
	assert_int_equal(count_aside(), 1);
	/* Where its first pages are gone the copy of its keys does. */
	snprintf(command, sizeof(command), "rm -f %s.damaged*", path);
	assert_int_equal(system(command), 0);
	assert_int_equal(rename(kept, keys), 0);
	write_at(0, 4096);
	expect_new_beginning(6);
}

static void test_empty_file_is_no_damage(void **state)
{
	write_at(0, 0);
	hj_ledger_close(open_it());
}

static void test_bad_row_is_passed_over(void **state)
{
	struct hj_ledger *l = open_it();
	struct seen s = { 0 };
	sqlite3 *db;

	for (int i = 0; i < 5; i++)
		append(l, HJ_KIND_MINUTE, DAY0, "x");
	hj_ledger_commit(l);
	hj_ledger_close(l);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE row SET head = x'00' WHERE seq = 3", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	l = open_it();
	assert_int_equal(hj_ledger_read(l, 1, 5, 0, see, &s), 0);
	assert_int_equal(s.count, 4);
	assert_int_equal(hj_ledger_unreadable(l), 1);
	hj_ledger_close(l);
}

static void alter(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static size_t slurp(const char *file, char **ret)
{
	int fd = open(file, O_RDONLY);
	struct stat st;

	assert_true(fd >= 0);
	fstat(fd, &st);
	*ret = malloc((size_t)st.st_size);
	assert_int_equal(read(fd, *ret, (size_t)st.st_size), st.st_size);
	close(fd);
	return (size_t)st.st_size;
}

static void expect_untouched(int error)
{
	struct hj_ledger *l = NULL;
	char *before, *after;
	size_t n = slurp(path, &before);

	assert_int_equal(hj_ledger_open(path, NULL, &l, NULL), error);
	assert_int_equal(slurp(path, &after), n);
	assert_memory_equal(before, after, n);
	assert_int_equal(count_aside(), 0);
	free(before);
	free(after);
}

static void test_newer_version_is_left_alone(void **state)
{
	hj_ledger_close(open_it());
	alter("PRAGMA user_version=3");
	expect_untouched(-EOPNOTSUPP);
}

static void test_foreign_file_is_left_alone(void **state)
{
	alter("CREATE TABLE theirs(x)");
	expect_untouched(-EMEDIUMTYPE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_after_2038),
		T(test_rows_and_state),
		T(test_spare),
		T(test_each_and_rollback),
		T(test_seq_only_grows),
		T(test_day_index),
		T(test_stop_and_nesting),
		T(test_one_opener),
		T(test_killed_in_the_middle),
		T(test_no_room_by_limit),
		T(test_no_room_on_disk),
		T(test_not_a_database),
		T(test_damaged_pages),
		T(test_damage_of_a_later_generation),
		T(test_empty_file_is_no_damage),
		T(test_bad_row_is_passed_over),
		T(test_newer_version_is_left_alone),
		T(test_foreign_file_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
