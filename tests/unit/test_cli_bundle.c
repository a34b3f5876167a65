/* What is taken out of a bundle, and what is left as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../services/cli/bundle.h"
#include "state_root.h"

static const char secrets[][HJ_MN_MAX + 1] = { "123456", "", "q7Zk1x" };

static void assert_scrubbed(const char *from, const char *expected)
{
	char text[320];

	strcpy(text, from);
	bundle_scrub(secrets, hj_array_size(secrets), text, strlen(text));
	assert_string_equal(text, expected);
}

static void secrets_become_stars(void **state)
{
	static const char *const list[][2] = {
		{ "##0087QN=1;PW=654321;MN=2;CP=&&NewPW=abc&&", "##0087QN=1;PW=******;MN=2;CP=&&NewPW=***&&" },
		{ "pw = \"123456\";\nport = 9000;\n", "pw = \"******\";\nport = 9000;\n" },
		{ "pw=\"a b;c\" # old", "pw=\"*****\" # old" },
		{ "{\"pw\": \"x1\", \"old_pw\":\"y\", \"n\": 1}", "{\"pw\": \"**\", \"old_pw\":\"*\", \"n\": 1}" },
		{ "password: hunter2 and more", "password: ******* and more" },
		{ "old \"123456\" new 123456, 123456", "old \"******\" new ******, ******" },
		{ "value 1123456 and 0.1234567 and 20261123456", "value 1123456 and 0.1234567 and 20261123456" },
		{ "the login q7Zk1x was refused", "the login ****** was refused" },
		{ "wrong password: refused", "wrong password: *******" },
		{ "url = \"https://a/k\"; proxy=\"http://u:p@b\";",
		        "url = \"***********\"; proxy=\"************\";" },
		{ "pwm = 3; the pw is masked", "pwm = 3; the pw is masked" },
		{ "{\"text\": \"##0050PW=12\", \"n\": \"no password: 3\"}",
		        "{\"text\": \"##0050PW=**\", \"n\": \"no password: *\"}" },
		{ "{\"text\": \"PW=1\\\"2\"}", "{\"text\": \"PW=****\"}" },
		{ "pw", "pw" },
		{ "pw=", "pw=" },
		{ "pw = \"", "pw = \"" },
		{ "PassWD = \"abc\"; pwd: x", "PassWD = \"***\"; pwd: *" },
		{ "pw = \"a\\\"b\";", "pw = \"****\";" },
		{ "{\"text\": \"pw: a\\\"b\"}", "{\"text\": \"pw: ****\"}" },
		{ "url = \"https://a/?\"\n\t\"key=1\";\nat = 1;", "url = \"***********\"\n\t\"*****\";\nat = 1;" },
		/* a password under a wrong key, as an event and a log tell it */
		{ "root changed PW of uplinks.d/county.conf from - to 7h3k9p",
		        "root changed PW of uplinks.d/county.conf from ***********" },
		{ "a: uplinks.d/county.conf: passwort is 7h3k9p now, before -",
		        "a: uplinks.d/county.conf: passwort is ********************" },
		{ "{\"key\": \"uplinks.d/county.conf tls.PIN\", \"text\": \"root changed tls.PIN of "
		  "uplinks.d/county.conf "
		  "from 7h\\\"3 to -\", \"values\": {\"key\":\"tls.PIN\",\"old\":\"7h\\\"3\",\"new\":\"-\"}}",
		        "{\"key\": \"uplinks.d/county.conf tls.PIN\", \"text\": \"root changed tls.PIN of "
		        "uplinks.d/county.conf from **********\", \"values\": "
		        "{\"key\":\"tls.PIN\",\"old\":\"*****\",\"new\":\"*\"}}" },
		{ "root changed port of uplinks.d/county.conf from 1 to 2",
		        "root changed port of uplinks.d/county.conf from 1 to 2" },
		{ "root changed meters.oven.ct of buses.d/north.conf from 1 to 2",
		        "root changed meters.oven.ct of buses.d/north.conf from 1 to 2" },
		{ "root changed channels.a.TOKEN of alerts.conf from 1 to 2",
		        "root changed channels.a.TOKEN of alerts.conf from ******" },
		{ "buses.d/north.conf: meters.oven.ct is 2 now, before 1",
		        "buses.d/north.conf: meters.oven.ct is 2 now, before 1" },
		{ "", "" },
	};

	for (size_t i = 0; i < hj_array_size(list); i++)
		assert_scrubbed(list[i][0], list[i][1]);
}

/* JSON in a string: a webhook's template, and an event that tells of it. */
static void strings_in_strings_become_stars(void **state)
{
	static const char *const list[][2] = {
		{ "template = \"{\\\"token\\\": \\\"7h3k\\\", \\\"text\\\":\\\"{text}\\\"}\";",
		        "template = \"{\\\"token\\\": \\\"****\\\", \\\"text\\\":\\\"{text}\\\"}\";" },
		{ "{\\\"secret\\\":\\\"a b\\\\\\\"c\\\\\\\\\\\"}", "{\\\"secret\\\":\\\"************\\\"}" },
		{ "\\\"pw\\\": \\\"", "\\\"pw\\\": \\\"" },
		{ "\\\"pw\\\": \\\"a\\", "\\\"pw\\\": \\\"**" },
	};

	for (size_t i = 0; i < hj_array_size(list); i++)
		assert_scrubbed(list[i][0], list[i][1]);
}

/* Of an uplink's file only what is known stays. */
static void unknown_settings_become_stars(void **state)
{
	static const char *const list[][2] = {
		{ "PW = \"7h3\";\nport = 9000;\n", "PW = \"***\";\nport = 9000;\n" },
		{ "Passwort=123456; host = \"a\";", "Passwort=******; host = \"a\";" },
		{ "kennwort : \"a\" \"b;c\"; st=\"31\"", "kennwort : \"*\" \"***\"; st=\"31\"" },
		{ "login = { cn = \"9021\"; Pin=\"1\" };", "login = { cn = \"9021\"; Pin=\"*\" };" },
		{ "hours = \"22:00-06:00\"; # note: at night", "hours = \"22:00-06:00\"; # note: at night" },
		{ "suffixes = { Avg = \"Value\"; }; flags = { N = \"1\"; };",
		        "suffixes = { Avg = \"Value\"; }; flags = { N = \"1\"; };" },
		{ "PW =", "PW =" },
		{ "PW", "PW" },
		{ "PW = \"a\\\"b;c\";", "PW = \"******\";" },
		{ "PW = \"a\"\n  # and on\n\t\"b\";\nport = 1;", "PW = \"*\"\n  * *** **\n\t\"*\";\nport = 1;" },
		{ "PW /* the new one */ = \"a\";", "PW /* the new one */ = \"*\";" },
		{ "PW // new\n: /* ; */ \"a\";", "PW // new\n: /* ; */ \"*\";" },
		{ "pins = [ 1,\n 2 ];\nport = 1;", "pins = * **\n * *;\nport = 1;" },
		{ "PW = \"abc\nport = 9000;", "PW = \"***\nport = 9000;" }, /* its mark was forgotten */
		{ "port = 9000\nPW /* forgotten", "port = 9000\nPW /* forgotten" },
	};

	for (size_t i = 0; i < hj_array_size(list); i++) {
		char text[160];

		strcpy(text, list[i][0]);
		bundle_scrub_uplink(text, strlen(text));
		assert_string_equal(text, list[i][1]);
	}
}

/* Cut anywhere, nothing behind the end is touched; bytes that are no text are no trouble. */
static void any_end_will_do(void **state)
{
	static const char whole[] = "pw = \"123456\"\xff\0;PW=1;password: q7Zk1x 123456";

	for (size_t n = 0; n < sizeof(whole) - 6; n++) {
		char *copy = malloc(n ? n : 1);

		memcpy(copy, whole, n);
		bundle_scrub_uplink(copy, n);
		bundle_scrub(secrets, hj_array_size(secrets), copy, n);
		assert_null(memmem(copy, n, "1234", 4));
		assert_null(memmem(copy, n, "q7Z", 3));
		free(copy);
	}
}

/* Ended in the middle of a line: half a password is none that the scrubber knows. */
static void what_was_ended_ends_with_a_line(void **state)
{
	static const char *const words[] = { "sh", "-c", "printf 'whole\\nhalf 1234'; kill -9 $$", NULL };
	struct bundle *b = calloc(1, sizeof(*b));
	char path[256], text[64] = "";
	struct cli cli = { .root = root };
	FILE *f;

	assert_non_null(b);
	assert_int_equal(make_root("bundle"), 0);
	b->cli = &cli;
	snprintf(b->folder, sizeof(b->folder), "%s", root);
	snprintf(b->top, sizeof(b->top), "top");
	bundle_run(b, "said", words);
	assert_int_equal(b->count, 1);
	assert_true(b->parts[0].cut);
	path_of("top/said", path);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fread(text, 1, sizeof(text) - 1, f), 6);
	assert_string_equal(text, "whole\n");
	fclose(f);
	free(b);
	assert_int_equal(remove_root(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_become_stars),
		cmocka_unit_test(strings_in_strings_become_stars),
		cmocka_unit_test(unknown_settings_become_stars),
		cmocka_unit_test(any_end_will_do),
		cmocka_unit_test(what_was_ended_ends_with_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
