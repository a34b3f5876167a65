/* Files and folders of a test's own, by the shell and by text. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SHELL_MOST 600 /* characters of a command */

/* The status of system(). */
__attribute__((format(printf, 1, 2))) static inline int sh(const char *format, ...)
{
	char command[SHELL_MOST];
	va_list ap;

	va_start(ap, format);
	vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	return system(command);
}

static inline void put_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}
