/* Bytes as text: the RFC's examples, and nothing looser. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hjgate/base64.h"

static const struct {
	const char *bytes, *text;
} examples[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
};

static void the_examples_of_the_rfc(void **state)
{
	char text[HJ_BASE64_LEN(6)];
	uint8_t bytes[8];
	size_t n;

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		hj_base64_encode(examples[i].bytes, strlen(examples[i].bytes), text);
		assert_string_equal(text, examples[i].text);
		assert_int_equal(hj_base64_decode(text, strlen(text), bytes, &n), 0);
		assert_int_equal(n, strlen(examples[i].bytes));
		assert_memory_equal(bytes, examples[i].bytes, n);
	}
}

static void every_byte_comes_back(void **state)
{
	uint8_t bytes[256], again[256];
	char text[HJ_BASE64_LEN(256)];
	size_t n;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 167);
	for (size_t length = 0; length <= sizeof(bytes); length++) {
		hj_base64_encode(bytes, length, text);
		assert_int_equal(hj_base64_decode(text, strlen(text), again, &n), 0);
		assert_int_equal(n, length);
		assert_memory_equal(bytes, again, n);
	}
}

static void anything_else_is_refused(void **state)
{
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Zg==Zg==", "Zh==", "Zm9=", "====", "Z===", "Zm9v\n",
		"Zm 9", "Zm-_" };
	uint8_t bytes[16];
	size_t n;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(hj_base64_decode(bad[i], strlen(bad[i]), bytes, &n), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_the_rfc),
		cmocka_unit_test(every_byte_comes_back),
		cmocka_unit_test(anything_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
