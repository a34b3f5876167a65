/* What is taken out of a bundle, and what is left as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../services/cli/bundle.h"

static const char secrets[][HJ_MN_MAX + 1] = { "123456", "", "q7Zk1x" };

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
		{ "url = \"https://a/k\"; proxy=\"http://u:p@b\";", "url = \"***********\"; proxy=\"************\";" },
		{ "pwm = 3; the pw is masked", "pwm = 3; the pw is masked" },
		{ "{\"text\": \"##0050PW=12\", \"n\": \"no password: 3\"}",
		        "{\"text\": \"##0050PW=**\", \"n\": \"no password: *\"}" },
		{ "{\"text\": \"PW=1\\\"2\"}", "{\"text\": \"PW=****\"}" },
		{ "pw", "pw" },
		{ "pw=", "pw=" },
		{ "pw = \"", "pw = \"" },
		{ "", "" },
	};

	for (size_t i = 0; i < hj_array_size(list); i++) {
		char text[160];

		strcpy(text, list[i][0]);
		bundle_scrub(secrets, hj_array_size(secrets), text, strlen(text));
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
		bundle_scrub(secrets, hj_array_size(secrets), copy, n);
		assert_null(memmem(copy, n, "1234", 4));
		assert_null(memmem(copy, n, "q7Z", 3));
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_become_stars),
		cmocka_unit_test(any_end_will_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
