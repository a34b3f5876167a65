/* A file that is written whole is on the disk when that is over: with its newest content, whenever the power goes. */
#include "../crash/disk.h"
#include "hjgate/service.h"
#include "state_root.h"

#define CUTS 64

static void read_file(const char *path, char *ret, size_t size)
{
	FILE *f = fopen(path, "re");

	assert_non_null(f);
	ret[fread(ret, 1, size - 1, f)] = '\0';
	fclose(f);
}

static void the_newest_is_there_after_a_cut(void **state)
{
	char path[256], text[32], found[32];

	for (unsigned i = 0; i < CUTS; i++) {
		path_of("var/lib/hjgate", path);
		disk_begin(path);
		path_of("var/lib/hjgate/state", path);
		snprintf(text, sizeof(text), "%u", i);
		assert_int_equal(hj_write_whole(path, text, strlen(text), 0600), 0);
		snprintf(text, sizeof(text), "%u again", i);
		assert_int_equal(hj_write_whole(path, text, strlen(text), 0600), 0);
		disk_arm(i, 0);
		disk_cut();
		disk_restore();
		read_file(path, found, sizeof(found));
		assert_string_equal(found, text);
		disk_end();
	}
}

static int set_up(void **state)
{
	return make_root("whole");
}

static int tear_down(void **state)
{
	return remove_root();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_newest_is_there_after_a_cut) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
