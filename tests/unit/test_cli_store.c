/* `hjgate store` on files of a program that is stopped, as root calls it. */
#include <errno.h>

#include "../../services/cli/handover.h"
#include "cli_said.h"
#include <jansson.h>
#include "hjgate/ledger.h"

#define DAEMON 65534 /* whose the folder is */
#define ROWS   200
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

/* The remedy is one that can be typed as it stands. */
static void the_remedy_names_the_file(void **state)
{
	static const cli_fn fns[] = { cli_store, cli_verify };
	static const char *const words[] = { "store dump", "verify" };
	char line[400], remedy[400];

	make_ledger("records.db");
	make_ledger("events.db");
	spoil("records.db");
	spoil("events.db");
	for (size_t i = 0; i < hj_array_size(fns); i++) {
		assert_int_equal(hear(fns[i], false, words[i]), HJ_EXIT_REFUSED);
		assert_non_null(strstr(said, "hjgate store repair (with the program stopped)"));
		snprintf(line, sizeof(line), "%s %s", words[i], at("events.db"));
		snprintf(
		        remedy, sizeof(remedy), "hjgate store repair %s (with the program stopped)", at("events.db"));
		assert_int_equal(hear(fns[i], false, line), HJ_EXIT_REFUSED);
		assert_non_null(strstr(said, remedy));
	}
}

/* Nobody is owed an event. */
static void uplinks_are_owed_records(void **state)
{
	static const char *const names[] = { "records.db", "events.db" };
	char line[400];

	for (size_t i = 0; i < hj_array_size(names); i++) {
		make_ledger(names[i]);
		assert_int_equal(truncate(at(names[i]), 6 * PAGE), 0); /* the seal of its state is gone */
		snprintf(line, sizeof(line), "store repair %s", at(names[i]));
		assert_int_equal(hear(cli_store, false, line), 0);
		assert_int_equal(strstr(said, "What uplinks owed") != NULL, i == 0);
	}
}

static void nothing_to_repair_is_json_too(void **state)
{
	json_t *j;

	make_ledger("records.db");
	assert_int_equal(hear(cli_store, true, "store repair"), 0);
	j = json_loads(said, 0, NULL);
	assert_true(json_is_object(j) && json_integer_value(json_object_get(j, "records")) == 0);
	json_decref(j);
	assert_int_equal(hear(cli_store, false, "store repair"), 0);
	assert_non_null(strstr(said, "nothing to repair"));
}

static void a_span_that_ends_before_it_begins_is_none(void **state)
{
	make_ledger("records.db");
	assert_int_equal(hear(cli_store, false, "store dump --from 2026-11-26 --to 2026-11-25"), HJ_EXIT_USAGE);
	assert_non_null(strstr(said, "--from is not before --to"));
}

static void a_full_disk_is_no_store_that_does_not_open(void **state)
{
	make_ledger("records.db");
	assert_int_equal(hear_file(cli_store, false, "/dev/full", "store dump"), HJ_EXIT_REFUSED);
	assert_null(strstr(said, "cannot open"));
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
		cmocka_unit_test_setup_teardown(the_remedy_names_the_file, setup, teardown),
		cmocka_unit_test_setup_teardown(uplinks_are_owed_records, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_to_repair_is_json_too, setup, teardown),
		cmocka_unit_test_setup_teardown(a_span_that_ends_before_it_begins_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_disk_is_no_store_that_does_not_open, setup, teardown),
	};

	return geteuid() ? 0 : cmocka_run_group_tests(of_root, NULL, NULL);
}
