/* The folder of the configurations that are kept lies in a daemon's, which may exchange it for one of its own at any
 * moment: root puts nothing of that into /etc/hjgate. What is exchanged by the caller himself shows the worst moment;
 * where the test is root another user does it, as fast as he can. */
#include "../../services/cli/apply.h"
#include "state_root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANOTHER 65534 /* a user */
#define ROUNDS  100

static const char ours[] = "format = 1;\nbaud = 9600;\n", theirs[] = "format = 1;\nbaud = 4800; # theirs\n";

static void make(const char *rest, mode_t mode)
{
	char path[256];

	path_of(rest, path);
	assert_true(mkdir(path, mode) == 0 || errno == EEXIST);
}

static void make_tree(const char *folder)
{
	char rest[128];

	for (const char *const *part = (const char *const[]){ "", "/1", "/1/etc", "/1/etc/hjgate",
	             "/1/etc/hjgate/buses.d", NULL };
	        *part; part++) {
		snprintf(rest, sizeof(rest), "var/lib/hjgate/%s%s", folder, *part);
		make(rest, 0700);
	}
}

/* One configuration that was good, and one that somebody would like to be taken for it. */
static int setup(void **state)
{
	struct apply_kept k = { .number = 1, .by = "who" };

	if (make_root("held") < 0)
		return -1;
	make("etc", 0755);
	make("etc/hjgate", 0755);
	make("etc/hjgate/buses.d", 0755);
	write_file("etc/hjgate/buses.d/north.conf", ours);
	assert_int_equal(apply_kept_stage(root, 0), 0);
	assert_int_equal(apply_kept_keep(root, &k), 0);
	make_tree("theirs");
	write_file("var/lib/hjgate/theirs/1/etc/hjgate/buses.d/north.conf", theirs);
	write_file("var/lib/hjgate/theirs/1/etc/hjgate/link-hook", "#!/bin/sh\n");
	apply_kept_done();
	return 0;
}

static int teardown(void **state)
{
	apply_kept_done();
	return remove_root();
}

static void exchange(void)
{
	char a[256], b[256];

	path_of("var/lib/hjgate/config", a);
	path_of("var/lib/hjgate/theirs", b);
	assert_int_equal(syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE), 0);
}

static void assert_says(const char *rest, const char *text)
{
	char path[256], said[256] = "";
	FILE *f;

	path_of(rest, path);
	f = fopen(path, "re");
	assert_non_null(f);
	said[fread(said, 1, sizeof(said) - 1, f)] = '\0';
	fclose(f);
	assert_string_equal(said, text);
}

static void assert_nothing_of_theirs(void)
{
	char path[256];

	assert_says("etc/hjgate/buses.d/north.conf", ours);
	path_of("etc/hjgate/link-hook", path);
	assert_int_equal(access(path, F_OK), -1);
}

/* ---- it is exchanged once ---- */

static void what_was_looked_at_is_put_back(void **state)
{
	char kept[HJ_PATH_MAX];
	unsigned number;

	write_file("etc/hjgate/buses.d/north.conf", "half of it");
	assert_int_equal(apply_kept_root(root, 1, kept), 0);
	exchange();
	assert_int_equal(apply_tree_put(kept, root), 0);
	assert_nothing_of_theirs();

	write_file("etc/hjgate/buses.d/north.conf", "half of it");
	assert_int_equal(apply_state_write(root, APPLY_PUTTING, 1), 0);
	assert_int_equal(apply_settle(root, &number), 1);
	assert_nothing_of_theirs();
	exchange();
}

static void a_link_in_its_place(void **state)
{
	char a[256], b[256], path[HJ_PATH_MAX];

	apply_kept_done();
	path_of("var/lib/hjgate/config", a);
	path_of("var/lib/hjgate/moved", b);
	assert_int_equal(rename(a, b), 0);
	assert_int_equal(symlink("theirs", a), 0);
	assert_int_equal(apply_kept_path(root, "", path), -EPERM);
	assert_int_equal(apply_kept_put(root, 1), -EPERM);
	assert_int_equal(unlink(a), 0);
	assert_int_equal(rename(b, a), 0);
	assert_int_equal(apply_kept_put(root, 1), 0);
	assert_nothing_of_theirs();
}

/* People get the path that they can use. */
static void it_is_called_by_its_name(void **state)
{
	char path[HJ_PATH_MAX], text[2 * HJ_PATH_MAX], wanted[2 * HJ_PATH_MAX];

	assert_int_equal(apply_kept_path(root, APPLY_ASIDE, path), 0);
	snprintf(text, sizeof(text), "see %s/etc", path);
	apply_kept_shown(root, text, sizeof(text));
	snprintf(wanted, sizeof(wanted), "see %s/var/lib/hjgate/config/aside/etc", root);
	assert_string_equal(text, wanted);
}

/* ---- another user is at it ---- */

/* The folder above becomes his, and he exchanges what is in it without end. */
static pid_t another_exchanges(void)
{
	char path[256];
	pid_t pid;

	path_of("var/lib/hjgate", path);
	assert_int_equal(chown(path, ANOTHER, ANOTHER), 0);
	pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (chdir(path) < 0 || setgid(ANOTHER) < 0 || setuid(ANOTHER) < 0)
		_exit(2);
	for (;;)
		if (syscall(SYS_renameat2, AT_FDCWD, "config", AT_FDCWD, "theirs", RENAME_EXCHANGE) < 0)
			_exit(3);
}

/* It is refused, or it is ours, whenever it happens. */
static void nothing_of_another_is_taken(void **state)
{
	unsigned number, taken = 0, refused = 0;
	char path[256];
	pid_t pid;

	if (geteuid() != 0)
		skip();
	path_of("var/lib/hjgate/theirs", path);
	assert_int_equal(chown(path, ANOTHER, ANOTHER), 0);
	pid = another_exchanges();
	assert_true(pid > 0);
	for (int i = 0; i < ROUNDS; i++) {
		int r;

		write_file("etc/hjgate/buses.d/north.conf", ours);
		r = apply_state_write(root, APPLY_PUTTING, 1);
		write_file("etc/hjgate/buses.d/north.conf", r < 0 ? ours : "half of it");
		r = r < 0 ? r : apply_settle(root, &number);
		apply_kept_done();
		assert_true(r == -EPERM || r == 1);
		assert_nothing_of_theirs();
		taken += r == 1;
		refused += r < 0;
	}
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(taken + refused == ROUNDS);
}

/* A file of his in it, however it came there, is not taken; one of a third is, since secrets are their program's. */
static void his_files_are_not_taken(void **state)
{
	static const char kept[] = "var/lib/hjgate/config/1/etc/hjgate/buses.d/north.conf";
	char path[256], folder[256], above[256];
	struct stat st;

	if (geteuid() != 0)
		skip();
	path_of("var/lib/hjgate", above);
	assert_int_equal(chown(above, ANOTHER, ANOTHER), 0);
	path_of("var/lib/hjgate/config", path);
	assert_int_equal(stat(path, &st), 0);
	if (st.st_uid == ANOTHER) /* as the test before left it */
		exchange();
	path_of(kept, path);
	path_of("var/lib/hjgate/config/1/etc/hjgate/buses.d", folder);
	write_file("etc/hjgate/buses.d/north.conf", theirs);
	assert_int_equal(chown(path, ANOTHER, ANOTHER), 0);
	assert_int_equal(apply_kept_put(root, 1), -EPERM);
	assert_says("etc/hjgate/buses.d/north.conf", theirs);
	assert_int_equal(chown(path, 0, 0), 0);
	assert_int_equal(chown(folder, ANOTHER, ANOTHER), 0);
	assert_int_equal(apply_kept_put(root, 1), -EPERM);
	assert_says("etc/hjgate/buses.d/north.conf", theirs);
	assert_int_equal(chown(folder, 0, 0), 0);
	assert_int_equal(chown(path, ANOTHER - 1, 0), 0);
	assert_int_equal(apply_kept_put(root, 1), 0);
	assert_nothing_of_theirs();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_looked_at_is_put_back),
		cmocka_unit_test(a_link_in_its_place),
		cmocka_unit_test(it_is_called_by_its_name),
		cmocka_unit_test(nothing_of_another_is_taken),
		cmocka_unit_test(his_files_are_not_taken),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
