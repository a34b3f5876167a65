/* A folder that is on another file system than before, by way of a symbolic link; no mount, no privileges. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "hjgate/place.h"

static void test_another_file_system(void **state)
{
	char here[] = "/tmp/hjplace-XXXXXX", there[] = "/dev/shm/hjplace-XXXXXX", link[64], path[96], target[96];
	struct hj_place p = { 0 };
	struct stat a, b;

	if (!mkdtemp(there))
		skip();
	assert_non_null(mkdtemp(here));
	assert_int_equal(stat(here, &a) | stat(there, &b), 0);
	if (a.st_dev == b.st_dev)
		skip();
	snprintf(link, sizeof(link), "%s/state", here);
	snprintf(path, sizeof(path), "%s/records.db", link);
	assert_int_equal(hj_place_check(&p, path), 0); /* no folder at all */
	assert_false(p.known);
	assert_int_equal(symlink(there, link), 0);
	assert_int_equal(hj_place_check(&p, path), 0); /* the first one, and no file yet */
	assert_int_equal(hj_place_check(&p, path), 0);
	unlink(link);
	assert_int_equal(symlink(here, link), 0);
	assert_int_equal(hj_place_check(&p, path), -ENODEV);
	assert_int_equal(hj_place_check(&p, path), -ENODEV);
	/* Where the file is there, it has moved. */
	snprintf(target, sizeof(target), "%s/records.db", here);
	fclose(fopen(target, "w"));
	assert_int_equal(hj_place_check(&p, path), 0);
	unlink(target);
	assert_int_equal(hj_place_check(&p, path), 0);
	unlink(link);
	rmdir(here);
	rmdir(there);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_another_file_system) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
