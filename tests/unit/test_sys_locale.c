/* The language of the texts where no such locale was ever generated: C.UTF-8 carries them, and LANGUAGE names
 * which. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hjgate/service.h"

static void settle(const char *all, const char *messages, const char *lang)
{
	const char *const values[] = { all, messages, lang };
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	unsetenv("LANGUAGE");
	for (size_t i = 0; i < 3; i++)
		if (values[i])
			setenv(names[i], values[i], 1);
		else
			unsetenv(names[i]);
	setlocale(LC_ALL, "C");
	hj_service_locale();
}

static void a_language_that_was_never_generated(void **state)
{
	static const char *const rows[][4] = {
		{ "xx_YY.UTF-8", NULL, NULL, "xx_YY" }, { NULL, "xx_YY@euro", NULL, "xx_YY" },
		{ NULL, NULL, "xx_YY", "xx_YY" }, { "", "", "xx_YY.UTF-8", "xx_YY" },
		{ "zz_ZZ.UTF-8", "xx_YY.UTF-8", "C", "zz_ZZ" }, /* the first that says something */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		settle(rows[i][0], rows[i][1], rows[i][2]);
		assert_non_null(getenv("LANGUAGE"));
		assert_string_equal(getenv("LANGUAGE"), rows[i][3]);
		assert_string_equal(setlocale(LC_MESSAGES, NULL), "C.UTF-8");
		assert_string_equal(setlocale(LC_NUMERIC, NULL), "C"); /* numbers keep their point */
	}
}

static void what_the_system_has(void **state)
{
	static const char *const rows[] = { "C", "POSIX", "C.UTF-8", NULL };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		settle(NULL, NULL, rows[i]);
		assert_null(getenv("LANGUAGE"));
	}
	/* A person's own choice is kept. */
	settle(NULL, NULL, NULL);
	setenv("LANG", "xx_YY.UTF-8", 1);
	setenv("LANGUAGE", "de", 1);
	setlocale(LC_ALL, "C");
	hj_service_locale();
	assert_string_equal(getenv("LANGUAGE"), "de");
	/* An empty one, as some systems export it, is none. */
	setenv("LANGUAGE", "", 1);
	setlocale(LC_ALL, "C");
	hj_service_locale();
	assert_string_equal(getenv("LANGUAGE"), "xx_YY");
	/* One that cannot be, of C's family: nothing to fall back to, and no language of that name. */
	settle("C.nonsense", NULL, NULL);
	assert_null(getenv("LANGUAGE"));
	settle("POSIX.nonsense", NULL, NULL);
	assert_null(getenv("LANGUAGE"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_language_that_was_never_generated),
		cmocka_unit_test(what_the_system_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
