/* A copy of a ledger that goes on being written: in the end it is the ledger of that moment, row for row. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hjgate/ledger_backup.h"

static char folder[] = "/tmp/hj-copy-XXXXXX", path[64], copy[64];

static struct hj_ledger *open_it(void)
{
	struct hj_ledger *l;

	assert_int_equal(hj_ledger_open(path, NULL, &l, NULL), 0);
	return l;
}

static void append(struct hj_ledger *l, unsigned rows)
{
	char body[300];

	memset(body, 'x', sizeof(body));
	for (unsigned i = 0; i < rows; i++) {
		struct hj_head head = {
			.kind = HJ_KIND_MINUTE, .label_ms = 1795017600000 + i * 60000, .length_ms = 60000
		};

		assert_int_equal(hj_ledger_append(l, &head, body, sizeof(body)), 0);
	}
	assert_int_equal(hj_ledger_put(l, "cursor", &rows, sizeof(rows)), 0);
	assert_int_equal(hj_ledger_commit(l), 0);
}

static int count(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	assert_int_equal(n, 300);
	++*(uint64_t *)userdata;
	return 0;
}

static void what_is_committed_meanwhile_is_in_it(void **state)
{
	struct hj_ledger *l = open_it(), *again;
	struct hj_ledger_backup *b;
	uint64_t done = 0, all = 0, before = 0, rows = 0;
	char head[HJ_LEDGER_HEAD_DIGITS + 1], head_again[HJ_LEDGER_HEAD_DIGITS + 1];
	struct hj_keyring *keyring;
	int r, steps = 0;

	append(l, 3000);
	assert_int_equal(hj_ledger_backup_new(l, copy, &b), 0);
	assert_int_equal(hj_ledger_backup_new(l, copy, &b), -EBUSY);
	while (!(r = hj_ledger_backup_step(b, 16, &done, &all))) {
		assert_true(done >= before && done <= all);
		before = done;
		append(l, 5);
		steps++;
	}
	assert_int_equal(r, 1);
	assert_true(steps > 20);
	hj_ledger_backup_free(b);
	assert_int_equal(hj_ledger_head(l, hj_ledger_last(l), head), 0);

	assert_int_equal(hj_keyring_new_at(folder, false, &keyring), 0);
	assert_int_equal(hj_ledger_open_readonly(copy, keyring, &again), 0);
	assert_int_equal(hj_ledger_seal_found(again)->state, HJ_SEAL_GOOD);
	assert_int_equal(hj_ledger_last(again), hj_ledger_last(l));
	assert_int_equal(hj_ledger_head(again, hj_ledger_last(again), head_again), 0);
	assert_string_equal(head, head_again);
	assert_int_equal(hj_ledger_read(again, 1, UINT64_MAX, 0, count, &rows), 0);
	assert_int_equal(rows, 3000 + 5 * steps);
	hj_ledger_close(again);
	hj_keyring_free(keyring);
	hj_ledger_close(l);
	unlink(copy);
}

static void a_transaction_goes_first(void **state)
{
	struct hj_ledger *l = open_it();
	struct hj_ledger_backup *b;
	struct hj_head head = { .kind = HJ_KIND_MINUTE, .length_ms = 60000 };
	uint64_t done, all;

	assert_int_equal(hj_ledger_backup_new(l, copy, &b), 0);
	assert_int_equal(hj_ledger_append(l, &head, "x", 1), 0);
	assert_int_equal(hj_ledger_backup_step(b, 1, &done, &all), -EBUSY);
	hj_ledger_rollback(l);
	assert_int_equal(hj_ledger_backup_step(b, 1, &done, &all), 0);
	hj_ledger_close(l); /* before it is over */
	assert_int_equal(hj_ledger_backup_step(b, 1, &done, &all), -ECANCELED);
	hj_ledger_backup_free(b);
	unlink(copy);
}

static void only_who_has_the_key_can_sign(void **state)
{
	const struct iovec part = { (void *)"text", 4 };
	uint8_t one[HJ_SHA256_BYTES], two[HJ_SHA256_BYTES];
	struct hj_ledger *l = open_it(), *other;
	struct hj_mac *m;
	char elsewhere[64];

	assert_int_equal(hj_ledger_signer(l, &m), 0);
	assert_int_equal(hj_mac_whole(m, &part, 1, one), 0);
	hj_mac_free(m);
	snprintf(elsewhere, sizeof(elsewhere), "%s/other.db", folder);
	assert_int_equal(hj_ledger_open(elsewhere, NULL, &other, NULL), 0);
	assert_int_equal(hj_ledger_signer(other, &m), 0);
	assert_int_equal(hj_mac_whole(m, &part, 1, two), 0);
	hj_mac_free(m);
	assert_memory_not_equal(one, two, sizeof(one)); /* the same KEK, another file */
	hj_ledger_close(l);
	l = open_it();
	assert_int_equal(hj_ledger_signer(l, &m), 0);
	assert_int_equal(hj_mac_whole(m, &part, 1, two), 0);
	hj_mac_free(m);
	assert_memory_equal(one, two, sizeof(one));
	hj_ledger_close(other);
	hj_ledger_close(l);
}

static int setup(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/records.db", folder);
	snprintf(copy, sizeof(copy), "%s/copy.db", folder);
	return 0;
}

static int teardown(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_committed_meanwhile_is_in_it),
		cmocka_unit_test(a_transaction_goes_first),
		cmocka_unit_test(only_who_has_the_key_can_sign),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
