/* The ledger when calls fail that hardly ever do: of each place in it that asks for memory, the disk, SQLite or
 * OpenSSL, the first call fails once. Whoever asked is told, nothing is left behind, and what was committed before
 * is there when the file is opened the next time. */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/evp.h>

#include "call_faults.h"

#include "hjgate/clock.h"
#include "hjgate/ledger_backup.h"
#include "hjgate/ledger_salvage.h"
#include "hjgate/ledger_verify.h"

#if HEAP_REFUSES
MAY_FAIL(int, sqlite3_step, (sqlite3_stmt * s), (s), SQLITE_IOERR)
MAY_FAIL(int, sqlite3_exec,
        (sqlite3 * db, const char *sql, int (*fn)(void *, int, char **, char **), void *data, char **said),
        (db, sql, fn, data, said), SQLITE_IOERR)
MAY_FAIL(int, sqlite3_prepare_v2, (sqlite3 * db, const char *sql, int n, sqlite3_stmt **s, const char **tail),
        (db, sql, n, s, tail), SQLITE_IOERR)
MAY_FAIL(int, sqlite3_prepare_v3,
        (sqlite3 * db, const char *sql, int n, unsigned flags, sqlite3_stmt **s, const char **tail),
        (db, sql, n, flags, s, tail), SQLITE_IOERR)
MAY_FAIL(int, EVP_EncryptInit_ex,
        (EVP_CIPHER_CTX * c, const EVP_CIPHER *how, ENGINE *by, const unsigned char *key, const unsigned char *iv),
        (c, how, by, key, iv), 0)
MAY_FAIL(int, EVP_EncryptUpdate, (EVP_CIPHER_CTX * c, unsigned char *to, int *ret, const unsigned char *in, int n),
        (c, to, ret, in, n), 0)
MAY_FAIL(int, EVP_EncryptFinal_ex, (EVP_CIPHER_CTX * c, unsigned char *to, int *ret), (c, to, ret), 0)
MAY_FAIL(int, EVP_DecryptInit_ex,
        (EVP_CIPHER_CTX * c, const EVP_CIPHER *how, ENGINE *by, const unsigned char *key, const unsigned char *iv),
        (c, how, by, key, iv), 0)
MAY_FAIL(int, EVP_DecryptUpdate, (EVP_CIPHER_CTX * c, unsigned char *to, int *ret, const unsigned char *in, int n),
        (c, to, ret, in, n), 0)
MAY_FAIL(int, EVP_CIPHER_CTX_ctrl, (EVP_CIPHER_CTX * c, int what, int n, void *p), (c, what, n, p), 0)
MAY_FAIL(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_new, (void), (), NULL)
MAY_FAIL(EVP_MAC *, EVP_MAC_fetch, (OSSL_LIB_CTX * l, const char *name, const char *want), (l, name, want), NULL)
MAY_FAIL(EVP_MAC_CTX *, EVP_MAC_CTX_new, (EVP_MAC * m), (m), NULL)
MAY_FAIL(int, EVP_MAC_init, (EVP_MAC_CTX * c, const unsigned char *key, size_t n, const OSSL_PARAM *with),
        (c, key, n, with), 0)
MAY_FAIL(int, EVP_MAC_final, (EVP_MAC_CTX * c, unsigned char *to, size_t *ret, size_t n), (c, to, ret, n), 0)
MAY_FAIL(int, EVP_DigestInit_ex, (EVP_MD_CTX * c, const EVP_MD *how, ENGINE *by), (c, how, by), 0)
MAY_FAIL(int, EVP_DigestFinal_ex, (EVP_MD_CTX * c, unsigned char *to, unsigned *ret), (c, to, ret), 0)
MAY_FAIL(int, EVP_MAC_update, (EVP_MAC_CTX * c, const unsigned char *p, size_t n), (c, p, n), 0)
#endif

#define DAY0 1795017600000LL

static char folder[64], path[96], copy[96];

static int erase(const char *what)
{
	char command[160];

	snprintf(command, sizeof(command), "rm -rf %s%s", folder, what);
	return system(command);
}

static int append(struct hj_ledger *l, unsigned rows, const char *said)
{
	static const uint8_t kinds[] = { HJ_KIND_MINUTE, HJ_KIND_HOUR, HJ_KIND_MINUTE, HJ_KIND_LOG };
	char body[500];
	int r = 0;

	memset(body, 'x', sizeof(body));
	for (unsigned i = 0; i < rows && r >= 0; i++) {
		struct hj_head head = { .kind = kinds[i % 4], .label_ms = DAY0 + i * 3600000LL, .length_ms = 60000 };

		r = hj_ledger_append(l, &head, body, 100 + i * 10 % 400);
	}
	r = r < 0 ? r : hj_ledger_put(l, "set.said", said, strlen(said));
	r = r < 0 ? r : hj_ledger_put_clear(l, "owed.county", said, strlen(said));
	return r < 0 ? r : hj_ledger_commit(l);
}

static int count(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	++*(unsigned *)userdata;
	return 0;
}

/* Then what is missing between any two rows is lost: at the end of a generation nobody knows how far it went. */
static bool one_generation;

/* A ledger's life from its making on. */
static int live(void *userdata)
{
	_cleanup_(hj_ledger_closep) struct hj_ledger *l = NULL;
	unsigned rows = 0;
	uint64_t cut;
	int r = hj_ledger_open(path, NULL, &l, NULL);

	r = r < 0 ? r : append(l, 12, "begun");
	r = r < 0 ? r : hj_ledger_rotate(l);
	r = r < 0 ? r : append(l, 4, "rotated");
	r = r < 0 ? r : hj_ledger_cut_kind(l, HJ_KIND_MINUTE, 4, &cut);
	r = r < 0 ? r : hj_ledger_commit(l);
	r = r < 0 || one_generation ? r : hj_ledger_begin_generation(l, 3);
	r = r < 0 ? r : append(l, 4, "again");
	r = r < 0 ? r : hj_ledger_read(l, 1, UINT64_MAX, 0, count, &rows);
	r = r < 0 ? r : hj_ledger_read_labels(l, 1, DAY0, DAY0 + 7200000, 0, count, &rows);
	return r < 0 ? r : (int)rows;
}

/* What the last life left is a file that opens, and is as its last commit left it. */
static void is_whole(void)
{
	struct hj_ledger *l;
	bool damaged;

	if (access(path, F_OK) < 0)
		return;
	assert_int_equal(hj_ledger_open(path, NULL, &l, &damaged), 0);
	assert_false(damaged);
	assert_true(hj_ledger_seal_found(l)->state <= HJ_SEAL_NEW);
	assert_int_equal(hj_ledger_unreadable(l), 0);
	hj_ledger_close(l);
}

/* As it is outside of a scenario: nothing is refused. */
static bool rest(void)
{
	bool watched = heap.watched;

	heap.watched = false;
	return watched;
}

static int live_anew(void *userdata)
{
	bool watched = rest();

	is_whole();
	assert_int_equal(erase("/*"), 0);
	heap.watched = watched;
	return live(userdata);
}

static void a_life(void **state)
{
	assert_true(live_anew(NULL) > 10);
	assert_true(heap_each_place(live_anew, NULL, 0) > 100);
}

/* ---- a file that is there ---- */

static void make_file(void)
{
	struct hj_ledger *l;
	char command[300];

	assert_int_equal(erase("/*"), 0);
	assert_true(live(NULL) > 0);
	assert_int_equal(hj_ledger_open(path, NULL, &l, NULL), 0);
	assert_int_equal(hj_salvage_keep_keys(l), 0); /* as each start does */
	hj_ledger_close(l);
	snprintf(command, sizeof(command), "mkdir %s/kept; cp %s/a.db* %s/kek %s/kept", folder, folder, folder,
	        folder);
	assert_int_equal(system(command), 0);
}

/* The file is as it was made; or damaged, so that a start sets it aside. */
static void put_back(bool damaged)
{
	char command[300];
	int fd;

	snprintf(command, sizeof(command), "rm -f %s/a.db* %s/b.db*; cp -p %s/kept/* %s", folder, folder, folder,
	        folder);
	assert_int_equal(system(command), 0);
	if (!damaged)
		return;
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0 && pwrite(fd, "damage!!", 8, 1024) == 8);
	close(fd);
}

static void note(const struct hj_finding *f, void *userdata)
{
	++*(unsigned *)userdata;
}

static int verify_it(void *userdata)
{
	_cleanup_(hj_keyring_freep) struct hj_keyring *keyring = NULL;
	_cleanup_(hj_ledger_closep) struct hj_ledger *l = NULL;
	_cleanup_(hj_verify_freep) struct hj_verify *v = NULL;
	char digits[HJ_LEDGER_HEAD_DIGITS + 1];
	unsigned found = 0;
	int r = hj_keyring_new_at(folder, false, &keyring);

	r = r < 0 ? r : hj_ledger_open_readonly(path, keyring, &l);
	r = r < 0 ? r : hj_ledger_head(l, hj_ledger_last(l), digits);
	r = r < 0 ? r : hj_verify_new(l, INT64_MIN, INT64_MAX, note, &found, &v);
	if (r >= 0)
		hj_verify_head(v, hj_ledger_last(l), digits);
	while (r >= 0 && (r = hj_verify_step(v, HJ_USEC_PER_SEC)) > 0)
		;
	/* A key that could not be read is no sign that anybody changed something. */
	return r < 0 ? r : (int)found;
}

static void verification(void **state)
{
	make_file();
	put_back(false);
	assert_int_equal(verify_it(NULL), 0);
	assert_true(heap_each_place(verify_it, NULL, 0) > 30);
}

static int copy_it(void *userdata)
{
	_cleanup_(hj_ledger_closep) struct hj_ledger *l = NULL;
	_cleanup_(hj_ledger_backup_freep) struct hj_ledger_backup *b = NULL;
	_cleanup_(hj_mac_freep) struct hj_mac *signer = NULL;
	uint64_t done, all;
	int r;

	unlink(copy);
	r = hj_ledger_open(path, NULL, &l, NULL);
	r = r < 0 ? r : hj_ledger_signer(l, &signer);
	r = r < 0 ? r : hj_ledger_backup_new(l, copy, &b);
	while (r >= 0 && !(r = hj_ledger_backup_step(b, 4, &done, &all)))
		;
	return r;
}

static void backup(void **state)
{
	make_file();
	put_back(false);
	assert_int_equal(copy_it(NULL), 1);
	assert_true(heap_each_place(copy_it, NULL, 0) > 20);
}

static bool says(struct hj_ledger *l, const char *key, const char *what)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };

	return hj_ledger_get(l, key, &b) >= 0 && b.len == strlen(what) && !memcmp(b.data, what, b.len);
}

#define CUT 2 /* rows that live() cuts */

/* What of the disk cannot be read is lost, and counted up to the newest row that is known of. */
static int put_together(void *userdata)
{
	static const char *const prefixes[] = { "point.", "set.", "owed.", HJ_SALVAGE_KEY, NULL };
	static const struct hj_salvage_rules rules = { prefixes, 1u << HJ_KIND_MINUTE, DAY0 };
	_cleanup_(hj_ledger_closep) struct hj_ledger *l = NULL;
	_cleanup_(hj_salvage_freep) struct hj_salvage *s = NULL;
	bool damaged, whole, watched = rest();
	int r;

	put_back(true);
	heap.watched = watched;
	r = hj_ledger_open(path, NULL, &l, &damaged);
	r = r < 0 ? r : hj_salvage_begin(l, &rules, HJ_USEC_PER_SEC, &s);
	while (r >= 0 && (r = hj_salvage_step(s, HJ_USEC_PER_SEC)) > 0)
		;
	r = r < 0 ? r : hj_salvage_keep_keys(l);
	if (r < 0 || hj_salvage_look(s)->phase != HJ_SALVAGE_OVER)
		return r < 0 ? r : -EAGAIN;
	watched = rest();
	whole = says(l, "owed.county", "again") && says(l, "set.said", "again");
	heap.watched = watched;
	return whole && hj_ledger_rows(l) + hj_salvage_look(s)->lost == hj_salvage_look(s)->last - CUT;
}

static void salvage(void **state)
{
	one_generation = true;
	make_file();
	one_generation = false;
	assert_true(put_together(NULL) > 0);
	assert_true(heap_each_place(put_together, NULL, 0) > 50);
}

static int change_keys(void *userdata)
{
	static const struct hj_ledger_recovery how = { .salt = "0123456789abcdef", .n = 16, .r = 1, .p = 1 };
	static const uint8_t key[HJ_KEY_BYTES] = "what scrypt would have said", kek[HJ_KEY_BYTES] = "another";
	_cleanup_(hj_keyring_freep) struct hj_keyring *keyring = NULL;
	_cleanup_(hj_ledger_closep) struct hj_ledger *l = NULL;
	bool watched = rest();
	int r;

	put_back(false);
	heap.watched = watched;
	r = hj_keyring_new_at(folder, true, &keyring);
	r = r < 0 ? r : hj_ledger_open(path, keyring, &l, NULL);
	r = r < 0 ? r : hj_keyring_add(keyring, kek);
	r = r < 0 ? r : hj_ledger_recovery_set(l, &how, key);
	r = r < 0 ? r : hj_ledger_unlock(l);
	r = r < 0 ? r : hj_ledger_recover(l, key);
	return r;
}

static void keys(void **state)
{
	make_file();
	assert_true(change_keys(NULL) >= 0);
	assert_true(heap_each_place(change_keys, NULL, 0) > 30);
}

static int set_up(void **state)
{
	/* In memory where there is such a place: nobody takes the power away here. */
	strcpy(folder, access("/dev/shm", W_OK) ? "/tmp/hj-calls-XXXXXX" : "/dev/shm/hj-calls-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/a.db", folder);
	snprintf(copy, sizeof(copy), "%s/b.db", folder);
	return 0;
}

static int tear_down(void **state)
{
	return erase("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_life),
		cmocka_unit_test(verification),
		cmocka_unit_test(backup),
		cmocka_unit_test(salvage),
		cmocka_unit_test(keys),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
