/* `hjgate store` on files of a program that is stopped, as root calls it. */
#include <errno.h>

#include "../../services/cli/handover.h"
#include "cli_said.h"
#include "hjgate/ledger.h"

#define DAEMON 65534 /* whose the folder is */
#define ROWS   40
#define PAGE   1024

static char folder[256];

static const char *at(const char *name)
{
	static char paths[4][300];
	static int next;

	next = (next + 1) % 4;
	snprintf(paths[next], sizeof(paths[next]), "%s/%s", folder, name);
	return paths[next];
}

static void make_ledger(const char *name)
{
	struct hj_ledger *l;

	assert_int_equal(hj_ledger_open(at(name), NULL, &l, NULL), 0);
	for (int i = 0; i < ROWS; i++) {
		struct hj_head head = {
			.kind = HJ_KIND_MINUTE, .label_ms = 1795017600000LL + i * 60000, .length_ms = 60000
		};
		char body[200];

		memset(body, i, sizeof(body));
		assert_int_equal(hj_ledger_append(l, &head, body, sizeof(body)), 0);
	}
	assert_int_equal(hj_ledger_commit(l), 0);
	hj_ledger_close(l);
}

/* The first page, so that it is no database any more. */
static void spoil(const char *name)
{
	static const char nothing[100];
	int fd = open(at(name), O_WRONLY);

	assert_int_equal(pwrite(fd, nothing, sizeof(nothing), 0), sizeof(nothing));
	close(fd);
}

static void is_the_daemons(const char *name)
{
	struct stat st;

	assert_int_equal(stat(at(name), &st), 0);
	assert_int_equal(st.st_uid, DAEMON);
	assert_int_equal(st.st_gid, DAEMON);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void what_is_repaired_is_the_daemons(void **state)
{
	static const char *const names[] = { "records.db", "events.db" };

	for (size_t i = 0; i < hj_array_size(names); i++) {
		char line[400], keys[32];

		make_ledger(names[i]);
		spoil(names[i]);
		snprintf(line, sizeof(line), "store repair %s", at(names[i]));
		assert_int_equal(hear(cli_store, true, line), 0);
		is_the_daemons(names[i]);
		snprintf(keys, sizeof(keys), "%s.keys", names[i]);
		is_the_daemons(keys);
	}
}

/* A new file had been begun by then. */
static void so_it_is_where_that_failed(void **state)
{
	make_ledger("records.db");
	spoil("records.db");
	assert_int_equal(mkdir(at("records.db.keys"), 0755), 0);
	assert_int_equal(mkdir(at("records.db.keys.part"), 0755), 0);
	assert_int_not_equal(hear(cli_store, true, "store repair"), 0);
	is_the_daemons("records.db");
}

/* Root is led nowhere: what is a link, or is called by another name as well, stays whose it was. */
static void no_link_is_followed(void **state)
{
	struct stat st;

	write_file("mine", "mine");
	write_file("yours", "yours");
	assert_int_equal(link(at("../../../mine"), at("records.db")), 0);
	assert_int_equal(symlink(at("../../../mine"), at("records.db-wal")), 0);
	assert_int_equal(rename(at("../../../yours"), at("records.db.keys")), 0);
	assert_int_equal(cli_hand_over(at("records.db")), -EPERM);
	is_the_daemons("records.db.keys");
	assert_int_equal(stat(at("../../../mine"), &st), 0);
	assert_int_equal(st.st_uid, 0);
}

static int setup(void **state)
{
	if (make_root("store") < 0)
		return -1;
	path_of("var/lib/hjgate", folder);
	return chown(folder, geteuid() ? geteuid() : DAEMON, geteuid() ? getegid() : DAEMON);
}

static int teardown(void **state)
{
	return remove_root();
}

int main(void)
{
	const struct CMUnitTest of_root[] = {
		cmocka_unit_test_setup_teardown(what_is_repaired_is_the_daemons, setup, teardown),
		cmocka_unit_test_setup_teardown(so_it_is_where_that_failed, setup, teardown),
		cmocka_unit_test_setup_teardown(no_link_is_followed, setup, teardown),
	};

	return geteuid() ? 0 : cmocka_run_group_tests(of_root, NULL, NULL);
}
