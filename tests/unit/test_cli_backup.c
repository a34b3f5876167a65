/* The manifest of a backup comes from a stick: what it says is believed only as far as it can be. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../services/cli/manifest.h"

#define HEAD  "{\"format\":1,\"id\":\"hjgate-x-1\",\"site\":\"A B\",\"file\":\"records.db\",\"bytes\":3,\"sha256\":\""
#define HASH  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" /* of "abc" */
#define STORE "00112233445566778899aabbccddeeff"
#define TAIL                                                                                                         \
	"\",\"store\":\"" STORE                                                                                      \
	"\",\"first\":1,\"last\":9,\"head\":\"9:ab\",\"made\":1795665730642,\"version\":\"0.1.0\"}"

static char folder[] = "/tmp/hj-backup-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void it_comes_back_as_it_was(void **state)
{
	struct manifest m = { 0 }, again;
	const struct manifest_entry *e;

	assert_int_equal(manifest_add(&m, HEAD HASH TAIL, NULL), 0);
	assert_int_equal(manifest_write(&m, folder), 0);
	assert_int_equal(manifest_read(folder, &again), 0);
	assert_int_equal(again.count, 1);
	e = manifest_find(&again, "records.db");
	assert_non_null(e);
	assert_string_equal(e->text, m.entries[0].text);
	assert_string_equal(e->id, "hjgate-x-1");
	assert_string_equal(e->site, "A B");
	assert_string_equal(e->store, STORE);
	assert_int_equal(e->bytes, 3);
	assert_int_equal(e->last, 9);
	assert_null(manifest_find(&again, "events.db"));
	manifest_done(&m);
	manifest_done(&again);
}

static void every_other_byte_of_a_file_is_found(void **state)
{
	struct manifest m = { 0 };

	assert_int_equal(manifest_add(&m, HEAD HASH TAIL, NULL), 0);
	write_file("records.db", "abc");
	assert_int_equal(manifest_check_file(&m.entries[0], folder, NULL, NULL), 0);
	write_file("records.db", "abd");
	assert_int_equal(manifest_check_file(&m.entries[0], folder, NULL, NULL), -EBADMSG);
	write_file("records.db", "ab");
	assert_int_equal(manifest_check_file(&m.entries[0], folder, NULL, NULL), -EBADMSG);
	write_file("records.db", "abcd");
	assert_int_equal(manifest_check_file(&m.entries[0], folder, NULL, NULL), -EBADMSG);
	manifest_done(&m);
}

static void an_odd_entry_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"format\":1}",
		"{\"format\":2,\"id\":\"x\",\"site\":\"\",\"file\":\"records.db\",\"bytes\":3,\"sha256\":\"" HASH
		        TAIL,
		"{\"format\":1,\"id\":\"x\",\"site\":\"\",\"file\":\"../records.db\",\"bytes\":3,\"sha256\":\"" HASH
		        TAIL,
		"{\"format\":1,\"id\":\"x\",\"site\":\"\",\"file\":\".x\",\"bytes\":3,\"sha256\":\"" HASH TAIL,
		"{\"format\":1,\"id\":\"x\",\"site\":\"\",\"file\":\"records.db\",\"bytes\":-3,\"sha256\":\"" HASH
		        TAIL,
		"{\"format\":1,\"id\":\"x\",\"site\":\"\",\"file\":\"records.db\",\"bytes\":3,\"sha256\":\"ab" TAIL,
		"{\"format\":1,\"id\":\"x\",\"site\":\"A\\u001b[2J\",\"file\":\"records.db\",\"bytes\":3,\"sha256\":"
		"\"" HASH TAIL,
		"{\"format\":1,\"id\":\"x\",\"site\":\"A\\u007f\",\"file\":\"records.db\",\"bytes\":3,\"sha256\":"
		"\"" HASH TAIL,
		"{\"format\":1,\"id\":\"x\",\"site\":\"A\\u009b2J\",\"file\":\"records.db\",\"bytes\":3,\"sha256\":"
		"\"" HASH TAIL,
		"{\"format\":1,\"id\":\"x\",\"site\":\"\",\"file\":\"a\\nb\",\"bytes\":3,\"sha256\":\"" HASH TAIL,
		"{\"format\":1,\"id\":7,\"site\":\"\",\"file\":\"records.db\",\"bytes\":3,\"sha256\":\"" HASH TAIL,
		"{\"format\":1,\"format\":1,\"id\":\"x\",\"site\":\"\",\"file\":\"records.db\",\"bytes\":3,"
		"\"sha256\":\"" HASH TAIL,
	};
	struct manifest m = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(manifest_add(&m, bad[i], NULL), -EBADMSG);
	assert_int_equal(m.count, 0);
	assert_int_equal(manifest_add(&m, HEAD HASH TAIL, "xyz"), -EBADMSG);
	assert_int_equal(manifest_add(&m, HEAD HASH TAIL, NULL), 0);
	assert_int_equal(manifest_add(&m, HEAD HASH TAIL, NULL), -EBADMSG); /* twice */
	assert_int_equal(manifest_add(&m,
	                         "{\"format\":1,\"id\":\"other\",\"site\":\"\",\"file\":\"events.db\",\"bytes\":3,"
	                         "\"sha256\":\"" HASH TAIL,
	                         NULL),
	        -EBADMSG); /* of another backup */
	manifest_done(&m);
}

static void an_odd_manifest_is_refused(void **state)
{
	static const char *const bad[] = { "", "{", "[]", "{\"format\":1}", "{\"format\":1,\"entries\":[]}",
		"{\"format\":1,\"entries\":[7]}", "{\"format\":1,\"entries\":[{\"entry\":\"{}\"}]}",
		"{\"format\":9,\"entries\":[]}" };
	struct manifest m;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_file(MANIFEST_FILE, bad[i]);
		assert_int_equal(manifest_read(folder, &m), -EBADMSG);
	}
	assert_int_equal(manifest_read("/nonexistent", &m), -ENOENT);
}

static int setup(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
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
		cmocka_unit_test(it_comes_back_as_it_was),
		cmocka_unit_test(every_other_byte_of_a_file_is_found),
		cmocka_unit_test(an_odd_entry_is_refused),
		cmocka_unit_test(an_odd_manifest_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
