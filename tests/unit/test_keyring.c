/* The KEK: made once whoever starts first, whole or not at all, and never used where it is none. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

#include "hjgate/keyring.h"
#include "state_root.h"

#define PROGRAMS 8 /* that start together */
#define ROUNDS   20
#define SETTLES  2100000 /* usec until the times of a file are trusted */

static int set_up(void **state)
{
	return make_root("keyring");
}

static int tear_down(void **state)
{
	return remove_root();
}

static void put_kek(const char *where, char fill, size_t n)
{
	char path[256];
	int fd;

	path_of(where, path);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0400);
	assert_true(fd >= 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(write(fd, &fill, 1), 1);
	close(fd);
}

static struct hj_keyring *ring(bool make)
{
	struct hj_keyring *k;

	assert_int_equal(hj_keyring_new(root, make, &k), 0);
	return k;
}

static void test_made_once(void **state)
{
	uint8_t first[HJ_FINGERPRINT_BYTES];
	char path[256];
	struct stat st;

	for (int i = 0; i < 3; i++) {
		struct hj_keyring *k = ring(true);

		assert_null(hj_keyring_fingerprint(k));
		assert_int_equal(hj_keyring_look(k), 1);
		assert_int_equal(hj_keyring_look(k), 0);
		assert_string_equal(hj_keyring_source(k), "file");
		assert_string_equal(hj_keyring_refused(k), "");
		if (i)
			assert_memory_equal(first, hj_keyring_fingerprint(k), sizeof(first));
		memcpy(first, hj_keyring_fingerprint(k), sizeof(first));
		hj_keyring_free(k);
	}
	path_of("var/lib/hjgate/kek", path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0400);
	assert_int_equal(st.st_size, HJ_KEY_BYTES);
	assert_int_equal(st.st_nlink, 1);
}

static void test_looking_makes_none(void **state)
{
	struct hj_keyring *k = ring(false);
	uint8_t wrapped[HJ_WRAPPED_BYTES], key[HJ_KEY_BYTES] = { 1 };

	assert_int_equal(hj_keyring_look(k), -ENOKEY);
	assert_string_equal(hj_keyring_source(k), "none");
	assert_int_equal(hj_keyring_wrap(k, "x", 1, key, wrapped), -ENOKEY);
	hj_keyring_free(k);
}

/* The disk is not there yet: no key is missing, and none is made elsewhere. */
static void test_no_folder(void **state)
{
	struct hj_keyring *k = ring(true), *looking = ring(false);
	char folder[256], elsewhere[256];

	path_of("var/lib/hjgate", folder);
	path_of("var/lib/elsewhere", elsewhere);
	assert_int_equal(rename(folder, elsewhere), 0);
	assert_int_equal(hj_keyring_look(k), -ENODEV);
	assert_int_equal(hj_keyring_look(looking), -ENOKEY);
	assert_int_equal(rename(elsewhere, folder), 0);
	assert_int_equal(hj_keyring_look(k), 1);
	hj_keyring_free(looking);
	hj_keyring_free(k);
}

static void start_together(void)
{
	uint8_t seen[PROGRAMS][HJ_FINGERPRINT_BYTES];
	int go[2], said[2];

	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(said), 0);
	for (int i = 0; i < PROGRAMS; i++) {
		if (fork())
			continue;
		struct hj_keyring *k = ring(true);
		char c;

		close(go[1]);
		(void)!read(go[0], &c, 1); /* until all are here */
		if (hj_keyring_look(k) < 0 || write(said[1], hj_keyring_fingerprint(k), 8) != 8)
			_exit(1);
		child_leave(0);
	}
	close(go[0]);
	close(go[1]);
	for (int i = 0, status; i < PROGRAMS; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
		assert_int_equal(read(said[0], seen[i], 8), 8);
		assert_memory_equal(seen[i], seen[0], 8);
	}
	close(said[0]);
	close(said[1]);
}

/* None, or one that is no key: either way all get the same one. */
static void test_programs_that_start_together(void **state)
{
	char path[256];

	path_of("var/lib/hjgate/kek", path);
	for (int round = 0; round < ROUNDS; round++) {
		if (round % 2)
			put_kek("var/lib/hjgate/kek", 'x', 5);
		else
			unlink(path);
		start_together();
	}
}

/* What a power cut leaves in the middle of making it is in nobody's way. */
static void test_left_in_the_middle(void **state)
{
	struct hj_keyring *k = ring(true);
	char path[256];

	put_kek("var/lib/hjgate/kek.part", 'x', 7);
	assert_int_equal(hj_keyring_look(k), 1);
	path_of("var/lib/hjgate/kek.part", path);
	assert_true(access(path, F_OK) < 0);
	hj_keyring_free(k);
}

static void test_wrong_length(void **state)
{
	static const size_t lengths[] = { 0, 1, 31, 33, 64 };
	char pattern[256];
	glob_t g;

	for (size_t i = 0; i < hj_array_size(lengths); i++) {
		struct hj_keyring *k = ring(true);

		put_kek("var/lib/hjgate/kek", 'x', lengths[i]);
		assert_int_equal(hj_keyring_look(k), 1);
		assert_string_equal(hj_keyring_source(k), "file");
		hj_keyring_free(k);
		k = ring(false);
		put_kek("var/lib/hjgate/kek", 'x', lengths[i]);
		assert_int_equal(hj_keyring_look(k), -ENOKEY);
		assert_non_null(strstr(hj_keyring_refused(k), "var/lib/hjgate/kek"));
		hj_keyring_free(k);
	}
	path_of("var/lib/hjgate/kek.refused-*", pattern); /* whoever knows how to mend it finds it */
	assert_int_equal(glob(pattern, 0, NULL, &g), 0);
	globfree(&g);
}

/* The one from outside wraps, the other still opens. */
static void test_brought_from_outside(void **state)
{
	uint8_t wrapped[HJ_WRAPPED_BYTES], key[HJ_KEY_BYTES] = { 1, 2, 3 }, back[HJ_KEY_BYTES], beside[8], brought[8];
	struct hj_keyring *k = ring(true);
	char path[256];

	assert_int_equal(hj_keyring_look(k), 1);
	memcpy(beside, hj_keyring_fingerprint(k), 8);
	assert_int_equal(hj_keyring_wrap(k, "aad", 3, key, wrapped), 0);
	path_of("run/hjgate/key", path);
	assert_int_equal(mkdir(path, 0755), 0);
	put_kek("run/hjgate/key/kek", 'k', HJ_KEY_BYTES);
	assert_int_equal(hj_keyring_look(k), 1);
	assert_string_equal(hj_keyring_source(k), "ramfs");
	memcpy(brought, hj_keyring_fingerprint(k), 8);
	assert_memory_not_equal(beside, brought, 8);
	assert_int_equal(hj_keyring_unwrap(k, beside, "aad", 3, wrapped, back), 0);
	assert_memory_equal(back, key, sizeof(key));
	assert_int_equal(hj_keyring_unwrap(k, beside, "axd", 3, wrapped, back), -EBADMSG);
	assert_int_equal(hj_keyring_unwrap(k, brought, "aad", 3, wrapped, back), -EBADMSG);
	assert_int_equal(hj_keyring_unwrap(k, key, "aad", 3, wrapped, back), -ENOKEY);
	put_kek("run/hjgate/key/kek", 'k', 31);
	assert_int_equal(hj_keyring_look(k), 1); /* the other one wraps again */
	assert_string_equal(hj_keyring_source(k), "file");
	assert_non_null(strstr(hj_keyring_refused(k), "run/hjgate/key/kek"));
	hj_keyring_free(k);
}

static bool is_opened(int watch)
{
	char events[4096];

	return read(watch, events, sizeof(events)) > 0;
}

/* Looked for each minute, read where it is another file only; and a change shows at once, however small. */
static void test_same_file_is_not_read(void **state)
{
	struct hj_keyring *k = ring(true);
	int watch = inotify_init1(IN_NONBLOCK);
	char path[256];

	assert_int_equal(hj_keyring_look(k), 1);
	path_of("var/lib/hjgate/kek", path);
	assert_true(inotify_add_watch(watch, path, IN_OPEN) >= 0);
	assert_int_equal(hj_keyring_look(k), 0);
	assert_true(is_opened(watch));
	usleep(SETTLES);
	assert_int_equal(hj_keyring_look(k), 0);
	assert_true(is_opened(watch));
	for (int i = 0; i < 10; i++)
		assert_int_equal(hj_keyring_look(k), 0);
	assert_false(is_opened(watch));
	path_of("run/hjgate/key", path);
	assert_int_equal(mkdir(path, 0700), 0);
	put_kek("run/hjgate/key/kek", 'k', HJ_KEY_BYTES);
	assert_int_equal(hj_keyring_look(k), 1);
	assert_string_equal(hj_keyring_source(k), "ramfs");
	put_kek("run/hjgate/key/kek", 'l', HJ_KEY_BYTES);
	assert_int_equal(hj_keyring_look(k), 1);
	close(watch);
	hj_keyring_free(k);
}

static void let_open(bool files)
{
	static struct rlimit before;
	struct rlimit none;

	if (!files)
		assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, files ? &before : &none), 0);
}

/* However often that fails: it is looked into again, not passed over as one that is known. */
static void test_a_new_one_that_cannot_be_read_yet(void **state)
{
	struct hj_keyring *k = ring(true);
	char path[256];

	assert_int_equal(hj_keyring_look(k), 1);
	path_of("run/hjgate/key", path);
	assert_int_equal(mkdir(path, 0700), 0);
	put_kek("run/hjgate/key/kek", 'k', HJ_KEY_BYTES);
	for (int i = 0; i < 2; i++) {
		let_open(false);
		assert_int_equal(hj_keyring_look(k), 0); /* what is known serves */
		let_open(true);
		usleep(i ? 0 : SETTLES);
	}
	assert_int_equal(hj_keyring_look(k), 1);
	assert_string_equal(hj_keyring_source(k), "ramfs");
	hj_keyring_free(k);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_made_once),
		T(test_looking_makes_none),
		T(test_no_folder),
		T(test_programs_that_start_together),
		T(test_left_in_the_middle),
		T(test_wrong_length),
		T(test_brought_from_outside),
		T(test_same_file_is_not_read),
		T(test_a_new_one_that_cannot_be_read_yet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
