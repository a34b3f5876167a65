/* What must not be shown is not, wherever it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/hj212_mask.h"

static void passwords_are_masked(void **state)
{
	static const char *const list[][2] = {
		{ "QN=1;CN=1072;PW=123456;MN=1;CP=&&NewPW=654321&&",
		        "QN=1;CN=1072;PW=******;MN=1;CP=&&NewPW=******&&" },
		{ "CN=1072;PW=1;MN=2;CP=&&PW=abcdef;x=1&&", "CN=1072;PW=*;MN=2;CP=&&PW=******;x=1&&" },
		{ "##0087PW=123456;MN=1", "##0087PW=******;MN=1" },
		{ "PW=123456", "PW=******" },
		{ "pw=123456;newpw=1,x", "pw=******;newpw=*,x" },
		{ "CP=&&SKCreateTime=20260101000000;NewSK=00ff&&", "CP=&&SKCreateTime=20260101000000;NewSK=****&&" },
		{ "CP=&&PW=123456,PW=654321&&", "CP=&&PW=******,PW=******&&" },
		{ "CN=9014 QnRtn=3;PW=12\r\nPW=3", "CN=9014 QnRtn=3;PW=**\r\nPW=*" },
		{ "PW=PW=1", "PW=****" },
		{ "a=1;XPW=123", "a=1;XPW=123" },
		{ "PW=;MN=1", "PW=;MN=1" },
		{ "PW", "PW" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		char text[128];

		strcpy(text, list[i][0]);
		hj212_mask(text, strlen(text));
		assert_string_equal(text, list[i][1]);
		hj212_mask(text, strlen(text));
		assert_string_equal(text, list[i][1]);
	}
}

/* Bytes that are no text, and a frame that is cut anywhere: nothing behind n is looked at. */
static void any_bytes_will_do(void **state)
{
	static const char frame[] = "##0050\0\xff;PW=12\x80\x00"
	                            "34;MN=1;CP=&&NewPW=987654&&";

	for (size_t n = 0; n < sizeof(frame); n++) {
		char *copy = malloc(n ? n : 1);

		memcpy(copy, frame, n);
		hj212_mask(copy, n);
		assert_null(memmem(copy, n, "9876", 4));
		assert_null(memmem(copy, n, "PW=1", 4));
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passwords_are_masked),
		cmocka_unit_test(any_bytes_will_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
