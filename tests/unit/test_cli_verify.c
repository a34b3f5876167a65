/* What `hjgate verify` says of what could not be proved: of events as of records, and of the manifest of a backup. */
#include "../../services/cli/verify.h"
#include "cli_said.h"

static bool is_backup, unlike, unproven;
static int locked, rows = 40, locked_events = 7;
static bool whole = true;

static json_t *verdict(int n)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:b}", "rows", rows, "found", 0, "first", 1, "last", 40,
	        "good", 1, "newest_head", 40, "locked", n, "whole", whole);
}

static int show(struct cli *cli, int argc, char **argv)
{
	struct verify *v = calloc(1, sizeof(*v));
	int status;

	assert_non_null(v);
	v->events = calloc(1, sizeof(*v));
	assert_non_null(v->events);
	v->cli = v->events->cli = cli;
	v->findings = json_array();
	v->events->findings = json_array();
	v->verdict = verdict(locked);
	v->events->verdict = verdict(locked_events);
	v->events->of_events = true;
	v->is_backup = is_backup;
	v->unlike_manifest = unlike;
	v->unproven = unproven;
	status = verify_show(v);
	verify_done(v);
	free(v);
	return status;
}

static void locked_events_are_told(void **state)
{
	assert_int_equal(hear(show, false, "verify"), 0);
	assert_non_null(strstr(said, "- 7 records: their key is not here"));
	locked_events = 1;
	assert_int_equal(hear(show, false, "verify"), 0);
	locked_events = 7;
	assert_non_null(strstr(said, "- 1 record: its key is not here"));
}

/* A copy in foreign hands: that nothing speaks against it is no proof. */
static void records_without_any_key_are_not_called_verified(void **state)
{
	locked = 40;
	assert_int_equal(hear(show, false, "verify"), 0);
	locked = 0;
	assert_null(strstr(said, "verified: 40 records"));
	assert_non_null(strstr(said, "nothing proved: 40 records"));
}

/* A span of another year is not verified by there being nothing in it; an empty file is. */
static void a_span_without_records_is_not_called_verified(void **state)
{
	rows = 0;
	assert_int_equal(hear(show, false, "verify"), 0);
	assert_non_null(strstr(said, "verified: 0 records"));
	whole = false;
	assert_int_equal(hear(show, false, "verify"), 0);
	assert_null(strstr(said, "verified: 0"));
	assert_non_null(strstr(said, "nothing was looked at"));
	rows = 40;
	whole = true;
}

static void a_manifest_is_told(void **state)
{
	static const struct {
		bool is_backup, unlike, unproven;
		const char *word;
	} cases[] = {
		{ false, false, false, NULL },
		{ true, false, false, "proven" },
		{ true, false, true, "unproven" },
		{ true, true, false, "differs" },
	};

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		const char *word;
		json_t *j;

		is_backup = cases[i].is_backup;
		unlike = cases[i].unlike;
		unproven = cases[i].unproven;
		assert_int_equal(hear(show, true, "verify"), unlike ? HJ_EXIT_REFUSED : 0);
		j = json_loads(said, 0, NULL);
		assert_non_null(j);
		word = json_string_value(json_object_get(j, "manifest"));
		assert_int_equal(word != NULL, cases[i].word != NULL);
		if (word)
			assert_string_equal(word, cases[i].word);
		json_decref(j);
	}
}

static int setup(void **state)
{
	return make_root("verify");
}

static int teardown(void **state)
{
	return remove_root();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(locked_events_are_told),
		cmocka_unit_test(records_without_any_key_are_not_called_verified),
		cmocka_unit_test(a_span_without_records_is_not_called_verified),
		cmocka_unit_test(a_manifest_is_told),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
