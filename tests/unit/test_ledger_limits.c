/* What a ledger does not take, and when: each is refused by its own word, nothing of it is written, and what was
 * there goes on. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../src/sys/ledger_impl.h"

#define DAY0 1795017600000LL

static char folder[32], path[64];
static struct hj_ledger *l;

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/hjlimits-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/records.db", folder);
	return hj_ledger_open(path, NULL, &l, NULL);
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	hj_ledger_close(l);
	l = NULL;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static int append(unsigned kind, size_t n)
{
	static char body[HJ_LEDGER_BODY_MAX + 1];
	struct hj_head head = { .kind = (uint8_t)kind, .label_ms = DAY0, .length_ms = 60000 };

	return hj_ledger_append(l, &head, body, n);
}

static void rows_that_are_none(void **state)
{
	(void)state;
	assert_int_equal(append(HJ_KIND_MINUTE, HJ_LEDGER_BODY_MAX + 1), -EMSGSIZE);
	assert_int_equal(append(0, 5), -EINVAL);
	assert_int_equal(append(HJ_KIND_MOST + 1, 5), -EINVAL);
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(hj_ledger_last(l), 0);
	assert_int_equal(append(HJ_KIND_MINUTE, HJ_LEDGER_BODY_MAX), 0);
	assert_int_equal(append(HJ_KIND_MOST, 0), 0);
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(hj_ledger_rows(l), 2);
}

static void values_that_are_none(void **state)
{
	static char longer[HJ_LEDGER_KEY_MAX + 2], much[HJ_LEDGER_STATE_MAX + 1];
	const char *const keys[] = { "", longer, "ledger.seal", "ledger.mine" };
	int (*const puts[])(struct hj_ledger * l, const char *key, const void *value, size_t n) = { hj_ledger_put,
		hj_ledger_put_clear };
	struct hj_buf b = { 0 };

	(void)state;
	memset(longer, 'k', sizeof(longer) - 1);
	for (size_t i = 0; i < 2; i++) {
		for (size_t k = 0; k < hj_array_size(keys); k++)
			assert_int_equal(puts[i](l, keys[k], "x", 1), -EINVAL);
		assert_int_equal(puts[i](l, "mine", much, sizeof(much)), -EMSGSIZE);
		assert_int_equal(puts[i](l, "mine", "", 0), 0); /* empty is a value */
		assert_int_equal(hj_ledger_commit(l), 0);
		assert_int_equal(hj_ledger_get(l, "mine", &b), 0);
		assert_int_equal(b.len, 0);
		assert_int_equal(puts[i](l, "mine", NULL, 0), 0);
		assert_int_equal(hj_ledger_commit(l), 0);
		assert_int_equal(hj_ledger_get(l, "mine", &b), -ENOENT);
		assert_int_equal(puts[i](l, "mine", NULL, 0), 0); /* to take away what is not there is nothing */
		assert_int_equal(hj_ledger_commit(l), 0);
	}
	longer[HJ_LEDGER_KEY_MAX] = '\0';
	assert_int_equal(hj_ledger_put(l, longer, much, HJ_LEDGER_STATE_MAX), 0);
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(hj_ledger_get(l, longer, &b), 0);
	assert_int_equal(b.len, HJ_LEDGER_STATE_MAX);
	hj_buf_done(&b);
}

static void cuts_of_nothing(void **state)
{
	struct hj_ledger_tail tail;
	uint64_t rows = 7;

	(void)state;
	for (int i = 0; i < 6; i++)
		assert_int_equal(append(i % 2 ? HJ_KIND_MINUTE : HJ_KIND_HOUR, 5), 0);
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(hj_ledger_cut_kind(l, (enum hj_kind)0, 5, &rows), -EINVAL);
	assert_int_equal(hj_ledger_cut_kind(l, (enum hj_kind)(HJ_KIND_MOST + 1), 5, &rows), -EINVAL);
	assert_int_equal(rows, 7);
	assert_int_equal(hj_ledger_cut_kind(l, HJ_KIND_LOG, 5, &rows), 0); /* there is none of it */
	assert_int_equal(rows, 0);
	assert_false(hj_ledger_cut_at(l, HJ_KIND_LOG, &tail));
	assert_int_equal(hj_ledger_cut_kind(l, HJ_KIND_MINUTE, 4, &rows), 0);
	assert_int_equal(rows, 2);
	assert_false(hj_ledger_cut_at(l, HJ_KIND_MINUTE, &tail)); /* it is not committed */
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_true(hj_ledger_cut_at(l, HJ_KIND_MINUTE, &tail));
	assert_int_equal(tail.seq, 4);
	assert_int_equal(hj_ledger_cut_kind(l, HJ_KIND_MINUTE, 4, &rows), 0); /* again */
	assert_int_equal(rows, 0);
	assert_int_equal(hj_ledger_cut(l, 1000, &rows), 0); /* more than there is: all of it */
	assert_int_equal(rows, 4);
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(hj_ledger_rows(l), 0);
	assert_false(hj_ledger_cut_at(l, (enum hj_kind)0, &tail));
	assert_false(hj_ledger_cut_at(l, (enum hj_kind)(HJ_KIND_MOST + 1), &tail));
}

static int nested;

static int read_again(const struct hj_ledger_row *row, void *userdata)
{
	nested = hj_ledger_each_row(l, 1, 5, read_again, NULL);
	return 1;
}

static int count_row(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	++*(unsigned *)userdata;
	return 0;
}

static void in_the_middle_of_something(void **state)
{
	static const uint8_t key[HJ_KEY_BYTES] = "a key";
	struct hj_ledger_segment s;
	unsigned rows = 0;

	(void)state;
	assert_int_equal(append(HJ_KIND_LOG, 5), 0);
	assert_int_equal(hj_ledger_rotate(l), -EBUSY);
	assert_int_equal(hj_ledger_begin_generation(l, 3), -EBUSY);
	assert_int_equal(hj_ledger_unlock(l), -EBUSY);
	assert_int_equal(hj_ledger_recover(l, key), -EBUSY);
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(hj_ledger_recover(l, key), -EKEYREJECTED);
	assert_int_equal(hj_ledger_each_row(l, 1, 5, read_again, NULL), 0); /* stopped by its reader */
	assert_int_equal(nested, -EBUSY);
	assert_int_equal(hj_ledger_read(l, 5, 4, 0, count_row, &rows), 0);
	assert_int_equal(hj_ledger_read(l, 2, UINT64_MAX, 0, count_row, &rows), 0);
	assert_int_equal(hj_ledger_read_labels(l, 0, DAY0, DAY0, 0, count_row, &rows), 0);
	assert_int_equal(rows, 0);
	assert_true(hj_ledger_segment_at(l, 0, &s));
	assert_false(hj_ledger_segment_at(l, 1, &s));
	/* Never back, and not beyond what can be counted. */
	assert_int_equal(hj_ledger_begin_generation(l, 0), -EINVAL);
	assert_int_equal(hj_ledger_begin_generation(l, UINT16_MAX + 1), -EINVAL);
	assert_int_equal(hj_ledger_begin_generation(l, 2), 0);
	assert_int_equal(hj_ledger_begin_generation(l, 2), -EINVAL);
	assert_int_equal(hj_ledger_generation(l), 2);
}

/* The KEK was late so often that there is no room for one more key: the file is waited for, it is not damaged. */
static void keys_without_room(void **state)
{
	struct hj_ledger_segment s;
	char kek[64], away[64];
	bool damaged = true;

	(void)state;
	assert_int_equal(append(HJ_KIND_MINUTE, 8), 0);
	assert_true(hj_ledger_segment_at(l, 0, &s));
	while (l->segment_count < LEDGER_SEGMENTS_MAX) {
		s.lo++;
		s.linked = true;
		assert_int_equal(ledger_new_segment(l, &s), 0);
	}
	assert_int_equal(hj_ledger_commit(l), 0);
	hj_ledger_close(l);
	l = NULL;
	snprintf(kek, sizeof(kek), "%s/kek", folder);
	snprintf(away, sizeof(away), "%s/away", folder);
	assert_int_equal(rename(kek, away), 0);
	assert_int_equal(hj_ledger_open(path, NULL, &l, &damaged), -ENOKEY);
	assert_false(damaged);
	assert_int_equal(rename(away, kek), 0);
	assert_int_equal(hj_ledger_open(path, NULL, &l, &damaged), 0);
	assert_false(damaged);
	assert_int_equal(hj_ledger_rows(l), 1);
	assert_int_equal(append(HJ_KIND_MINUTE, 8), 0);
	assert_int_equal(hj_ledger_commit(l), 0);
}

static void files_that_are_not_looked_at(void **state)
{
	struct hj_keyring *k;
	struct hj_ledger *other;
	char odd[96];

	(void)state;
	assert_int_equal(hj_keyring_new_at(folder, true, &k), 0);
	snprintf(odd, sizeof(odd), "%s/what?.db", folder);
	assert_int_equal(hj_ledger_open_readonly(odd, k, &other), -ENOENT);
	assert_int_equal(hj_ledger_open_readonly("tests/data/ledger-1.db", k, &other), -ESTALE);
	hj_keyring_free(k);
}

/* SQLite is given a URI: a stick may be called "STICK#1". */
static void any_name_is_looked_at(void **state)
{
	static const char *const names[] = { "STICK#1.db", "50%.db", "what?.db", "a%23b.db", "a?immutable=0&b#c.db" };
	struct hj_keyring *k;
	struct hj_ledger *other;
	char odd[96];

	(void)state;
	assert_int_equal(hj_keyring_new_at(folder, true, &k), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(odd, sizeof(odd), "%s/%s", folder, names[i]);
		assert_int_equal(hj_ledger_open(odd, k, &other, NULL), 0);
		hj_ledger_close(other);
		assert_int_equal(hj_ledger_open_readonly(odd, k, &other), 0);
		hj_ledger_close(other);
		snprintf(odd, sizeof(odd), "/%s/%s", folder, names[i]); /* "//": no host */
		assert_int_equal(hj_ledger_open_readonly(odd, k, &other), 0);
		hj_ledger_close(other);
	}
	hj_keyring_free(k);
}

/* What SQLite says in the words of the system: the store tells by them whether it waits, goes on or gives up. */
static void words_of_sqlite(void **state)
{
	static const struct {
		int said, means;
	} rows[] = {
		{ SQLITE_OK, 0 },
		{ SQLITE_ROW, 0 },
		{ SQLITE_DONE, 0 },
		{ SQLITE_NOMEM, -ENOMEM },
		{ SQLITE_IOERR_NOMEM, -EIO },
		{ SQLITE_FULL, -ENOSPC },
		{ SQLITE_READONLY_DBMOVED, -EROFS },
		{ SQLITE_BUSY, -EBUSY },
		{ SQLITE_LOCKED, -EBUSY },
		{ SQLITE_PERM, -EACCES },
		{ SQLITE_TOOBIG, -EMSGSIZE },
		{ SQLITE_IOERR_FSYNC, -EIO },
		{ SQLITE_CANTOPEN, -EIO },
		{ SQLITE_CORRUPT_VTAB, -EUCLEAN },
		{ SQLITE_NOTADB, -EUCLEAN },
		{ SQLITE_ERROR, -EUCLEAN },
		{ SQLITE_MISUSE, -EIO },
	};

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++)
		assert_int_equal(ledger_errno(NULL, rows[i].said), rows[i].means);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(rows_that_are_none),
		T(values_that_are_none),
		T(cuts_of_nothing),
		T(in_the_middle_of_something),
		T(keys_without_room),
		T(files_that_are_not_looked_at),
		T(any_name_is_looked_at),
		cmocka_unit_test(words_of_sqlite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
