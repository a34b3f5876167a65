/* What a program notes of what it reads: each file with what is in it and in what it includes, that one is absent,
 * which there are; and only between its start and its work. */
#include "state_root.h"

#include "../../src/sys/conf_table.h"
#include "hjgate/conf_seen.h"

static int setup(void **state)
{
	static const char *const folders[] = { "etc", "etc/hjgate", "etc/hjgate/buses.d" };
	char path[256];

	if (make_root("seen") < 0)
		return -1;
	for (size_t i = 0; i < hj_array_size(folders); i++) {
		path_of(folders[i], path);
		if (mkdir(path, 0755) < 0)
			return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	hj_conf_seen_begin();
	hj_conf_seen_end();
	return remove_root();
}

static void open_file(const char *folder, const char *name)
{
	struct hj_conf_errors errors = { 0 };
	struct conf_file f;

	conf_file_open(&f, root, folder, name, &errors);
	conf_file_done(&f);
	hj_conf_errors_done(&errors);
}

/* False: it was not read. */
static bool find(const char *file, uint64_t *ret_digest)
{
	const char *seen;

	for (size_t i = 0; (seen = hj_conf_seen(i, ret_digest)); i++)
		if (!strcmp(seen, file))
			return true;
	return false;
}

static bool is_as_seen(const char *file)
{
	uint64_t seen = 1, now = 2;

	assert_true(find(file, &seen));
	assert_int_equal(hj_conf_digest(root, file, &now), 0);
	return seen == now;
}

static void a_file_as_it_was_read(void **state)
{
	uint64_t digest;

	hj_conf_seen_begin();
	write_file("etc/hjgate/buses.d/north.conf", "format = 1;\nbaud = 4800;\n");
	open_file("buses.d", "north.conf");
	assert_true(is_as_seen("buses.d/north.conf"));
	write_file("etc/hjgate/buses.d/north.conf", "format = 1;\nbaud = 9600;\n");
	assert_false(is_as_seen("buses.d/north.conf"));
	open_file("buses.d", "north.conf"); /* once more: it runs by what it read first */
	assert_false(is_as_seen("buses.d/north.conf"));
	write_file("etc/hjgate/buses.d/north.conf", "format = 1;\nbaud = 4800;\n");
	assert_true(is_as_seen("buses.d/north.conf"));
	hj_conf_seen_begin();
	assert_false(find("buses.d/north.conf", &digest));
}

/* In it is also what it includes, and what is wrong in it. */
static void what_it_includes(void **state)
{
	hj_conf_seen_begin();
	write_file("etc/hjgate/buses.d/south.conf", "format = 1;\n@include \"more.inc\"\n");
	write_file("etc/hjgate/buses.d/more.inc", "baud = 4800;\n");
	write_file("etc/hjgate/hjgate.conf", "format = ;\n");
	open_file("buses.d", "south.conf");
	open_file("", "hjgate.conf");
	assert_true(is_as_seen("buses.d/south.conf"));
	assert_true(is_as_seen("hjgate.conf"));
	write_file("etc/hjgate/buses.d/more.inc", "baud = 9600;\n");
	assert_false(is_as_seen("buses.d/south.conf"));
	write_file("etc/hjgate/hjgate.conf", "format = 1;\n");
	assert_false(is_as_seen("hjgate.conf"));
}

static void what_is_not_there(void **state)
{
	uint64_t digest = 1;

	hj_conf_seen_begin();
	open_file("", "factors.conf");
	assert_true(find("factors.conf", &digest));
	assert_int_equal(digest, 0);
	assert_true(is_as_seen("factors.conf"));
	write_file("etc/hjgate/factors.conf", "");
	assert_false(is_as_seen("factors.conf"));
}

static void which_there_are(void **state)
{
	char **names, path[256];
	size_t n;

	hj_conf_seen_begin();
	assert_int_equal(hj_conf_names(root, "buses.d", &names, &n), 0);
	hj_conf_names_free(names, n);
	assert_true(is_as_seen("buses.d/*.conf"));
	write_file("etc/hjgate/buses.d/new.conf", "");
	assert_false(is_as_seen("buses.d/*.conf"));
	path_of("etc/hjgate/buses.d/new.conf", path);
	unlink(path);
	assert_true(is_as_seen("buses.d/*.conf"));
}

/* What it looks at later, for others, and what lies elsewhere are not what it runs by. */
static void what_does_not_count(void **state)
{
	char **names;
	size_t n;
	uint64_t digest;

	hj_conf_seen_begin();
	write_file("run/hjgate/plan.conf", "format = 1;\n");
	{
		struct hj_conf_errors errors = { 0 };
		struct conf_file f;
		char folder[256];

		path_of("run/hjgate", folder);
		assert_int_equal(conf_file_open_at(&f, root, folder, "plan.conf", &errors), 0);
		conf_file_done(&f);
	}
	assert_null(hj_conf_seen(0, &digest));
	hj_conf_seen_end();
	open_file("buses.d", "north.conf");
	assert_int_equal(hj_conf_names(root, "buses.d", &names, &n), 0);
	hj_conf_names_free(names, n);
	assert_null(hj_conf_seen(0, &digest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_as_it_was_read),
		cmocka_unit_test(what_it_includes),
		cmocka_unit_test(what_is_not_there),
		cmocka_unit_test(which_there_are),
		cmocka_unit_test(what_does_not_count),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
