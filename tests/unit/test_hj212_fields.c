/* Fields of a data area: the standard's grammar, and what its own examples and peers make of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hjgate/cleanup.h"
#include "hjgate/hj212_message.h"

/* The fields as "ITEM NAME=VALUE|". The area is a heap block of its size: the sanitizers see a read beyond. */
static void assert_fields(const char *area, const char *expected)
{
	size_t n = strlen(area);
	_cleanup_free_ char *exact = malloc(n ? n : 1);
	struct hj212_fields fields;
	struct hj212_field f;
	char text[512] = "";

	assert_non_null(exact);
	memcpy(exact, area, n);
	hj212_fields_init(&fields, (struct hj212_slice){ exact, n });
	for (size_t k = 0; hj212_fields_next(&fields, &f) > 0;)
		k += (size_t)snprintf(text + k, sizeof(text) - k, "%u %.*s=%.*s|", f.item, (int)f.name.n, f.name.p,
		        (int)f.value.n, f.value.p);
	assert_string_equal(text, expected);
	assert_int_equal(hj212_fields_next(&fields, &f), 0);
}

static void by_the_book(void **state)
{
	assert_fields("", "");
	assert_fields("QnRtn=1", "0 QnRtn=1|");
	assert_fields("DataTime=20160801085857;w01001-Rtd=7.1,w01001-Flag=N;w01018-Rtd=2.2",
	        "0 DataTime=20160801085857|1 w01001-Rtd=7.1|1 w01001-Flag=N|2 w01018-Rtd=2.2|");
	assert_fields("e01001-Rtd=1.1;e01001-Rtd=2.2", "0 e01001-Rtd=1.1|1 e01001-Rtd=2.2|");
}

static void as_peers_write_it(void **state)
{
	assert_fields(" PolId=w01018", "0 PolId=w01018|");
	assert_fields("PolId = w01018 ; Stime = 40 ", "0 PolId=w01018|1 Stime=40|");
	assert_fields("BeginTime=20160801000000,EndTime=20160801000000",
	        "0 BeginTime=20160801000000|0 EndTime=20160801000000|");
	assert_fields("a=1;", "0 a=1|");
	assert_fields(";;a=1;;,b=2,;c=3,,", "0 a=1|1 b=2|2 c=3|");
	assert_fields(" ", "");
	assert_fields(";", "");
	assert_fields("a=;b", "0 a=|1 =b|");
	assert_fields("=5", "0 ==5|");
	assert_fields("a=b=c", "0 a=b=c|");
	assert_fields("a=1;\r\nb=2\r\n", "0 a=1|1 b=2|");
	assert_fields("a/b=5,x/y", "0 a/b=5|0 =x/y|");
	assert_fields("DataTime=20160801085857001;Ua001a-Flag=N,Ua001a-Rtd=220",
	        "0 DataTime=20160801085857001|1 Ua001a-Flag=N|1 Ua001a-Rtd=220|");
}

static void text_is_one_value(void **state)
{
	assert_fields("i11001-Info=//清洗管路//", "0 i11001-Info=//清洗管路//|");
	assert_fields("i21001-Info=//a=1;b,c//;PolId=1", "0 i21001-Info=//a=1;b,c//|1 PolId=1|");
	assert_fields("//a=1;b//,c=2", "0 =//a=1;b//|0 c=2|");
	/* Not closed, or nothing in it. */
	assert_fields("i=//a;b=1", "0 i=//a|1 b=1|");
	assert_fields("i=////;b=1", "0 i=////|1 b=1|");
	assert_fields("i=//;b=1", "0 i=//|1 b=1|");
	assert_fields("i=//", "0 i=//|");
	assert_fields("i=///", "0 i=///|");
}

/* Separators are searched for eight bytes at a time: at each place of such a word, and beside bytes that are one bit
 * off. */
static void any_length_of_name_and_value(void **state)
{
	static const char near[] = "-:<\xAC\xBB\xBDx\xFF-<:";

	for (int n = 1; n < 20; n++)
		for (int k = 0; k < 20; k++) {
			char name[24], value[24], area[128], expected[160];

			for (int i = 0; i < 23; i++) {
				name[i] = near[i % (int)(sizeof(near) - 1)];
				value[i] = near[(i + n) % (int)(sizeof(near) - 1)];
			}
			snprintf(area, sizeof(area), "%.*s=%.*s,%.*s=%.*s;b=%.*s", n, name, k, value, k + 1, name, n,
			        value, k, value);
			snprintf(expected, sizeof(expected), "0 %.*s=%.*s|0 %.*s=%.*s|1 b=%.*s|", n, name, k, value,
			        k + 1, name, n, value, k, value);
			assert_fields(area, expected);
		}
}

static void written_again(void **state)
{
	static const char area[] = "DataTime=20160801085857;w01001-Rtd=7.1,w01001-Flag=N;i21001-Info=//a;b//,free";
	struct hj212_fields fields;
	struct hj212_field f;
	char text[sizeof(area) - 1];
	struct hj212_area a = { .p = text, .size = sizeof(text) };

	hj212_fields_init(&fields, HJ212_SLICE(area));
	while (hj212_fields_next(&fields, &f) > 0)
		assert_int_equal(hj212_area_put(&a, &f), 0);
	assert_int_equal(a.n, strlen(area));
	assert_memory_equal(text, area, a.n);
	/* No room: nothing is written. */
	a = (struct hj212_area){ .p = text, .size = 8 };
	f = (struct hj212_field){ HJ212_SLICE("Stime"), HJ212_SLICE("40"), 0 };
	assert_int_equal(hj212_area_put(&a, &f), 0);
	assert_int_equal(a.n, 8);
	f.item = 1;
	assert_int_equal(hj212_area_put(&a, &f), -EMSGSIZE);
	assert_int_equal(a.n, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_the_book),
		cmocka_unit_test(as_peers_write_it),
		cmocka_unit_test(text_is_one_value),
		cmocka_unit_test(any_length_of_name_and_value),
		cmocka_unit_test(written_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
