/* Texts in GBK and back. */
#include <dlfcn.h>
#include <errno.h>
#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/charset.h"

/* Images without the C library's modules: the conversion to, or from, this is not there. */
static const char *missing;

iconv_t iconv_open(const char *to, const char *from)
{
	static iconv_t (*real)(const char *to, const char *from);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "iconv_open");
	if (!missing || strcmp(to, missing))
		return real(to, from);
	errno = EINVAL;
	return (iconv_t)-1;
}

static void a_system_without_gbk(void **state)
{
	static const char *const lack[] = { "GBK", "UTF-8" };
	struct hj_charset *c = NULL;

	for (size_t i = 0; i < 2; i++) {
		missing = lack[i];
		assert_false(hj_charset_known(HJ_ENCODING_GBK));
		assert_true(hj_charset_known(HJ_ENCODING_UTF8));
		assert_int_equal(hj_charset_new(HJ_ENCODING_GBK, &c), -ENOENT);
		assert_null(c);
	}
	missing = NULL;
	assert_true(hj_charset_known(HJ_ENCODING_GBK));
	assert_null(hj_charset_encoder(NULL).put);
}

static void utf8_needs_nothing(void **state)
{
	struct hj_charset *c;
	struct hj_buf to = { 0 };

	assert_true(hj_charset_known(HJ_ENCODING_UTF8));
	assert_int_equal(hj_charset_new(HJ_ENCODING_UTF8, &c), 0);
	assert_null(c);
	assert_null(hj_charset_encoder(c).put);
	assert_int_equal(hj_charset_decode(c, "清洗", 6, &to), 0);
	assert_int_equal(to.len, 6);
	hj_charset_free(c);
	hj_buf_done(&to);
}

static void a_character_each(void **state)
{
	_cleanup_(hj_charset_freep) struct hj_charset *c = NULL;
	struct hj_encoder e;
	char to[HJ_ENCODED_MAX];

	assert_int_equal(hj_charset_new(HJ_ENCODING_GBK, &c), 0);
	e = hj_charset_encoder(c);
	assert_int_equal(e.put(e.userdata, "清", 3, to), 2);
	assert_memory_equal(to, "\xC7\xE5", 2);
	assert_int_equal(e.put(e.userdata, "a", 1, to), 1);
	assert_memory_equal(to, "a", 1);
	assert_int_equal(e.put(e.userdata, "\xF0\x9F\x98\x80", 4, to), 1); /* GBK has no smile */
	assert_memory_equal(to, "?", 1);
	assert_int_equal(e.put(e.userdata, "\xE6\xB8", 2, to), 1); /* half of one */
	assert_memory_equal(to, "?", 1);
	assert_int_equal(e.put(e.userdata, "洗", 3, to), 2); /* and the next is right */
	assert_memory_equal(to, "\xCF\xB4", 2);
	assert_int_equal(hj_charset_ascii.put(NULL, "洗", 3, to), 1);
	assert_memory_equal(to, "?", 1);
}

static void what_came_is_shown(void **state)
{
	_cleanup_(hj_charset_freep) struct hj_charset *c = NULL;
	_cleanup_(hj_buf_done) struct hj_buf to = { 0 };
	char many[600];

	assert_int_equal(hj_charset_new(HJ_ENCODING_GBK, &c), 0);
	assert_int_equal(hj_charset_decode(c, "//\xC7\xE5\xCF\xB4//\xFF!\xC7", 11, &to), 0);
	assert_int_equal(hj_buf_put(&to, "", 1), 0);
	assert_string_equal(to.data, "//清洗//?!?");
	to.len = 0;
	for (size_t i = 0; i < sizeof(many); i += 2)
		memcpy(many + i, "\xC7\xE5", 2);
	assert_int_equal(hj_charset_decode(c, many, sizeof(many), &to), 0);
	assert_int_equal(to.len, sizeof(many) / 2 * 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_needs_nothing),
		cmocka_unit_test(a_character_each),
		cmocka_unit_test(what_came_is_shown),
		cmocka_unit_test(a_system_without_gbk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
