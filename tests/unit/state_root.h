/* A root folder of the test's own, with what a daemon that keeps its state needs to find in it: the folders, and the
 * boot id of the running system. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "hjgate/cleanup.h"

#define BOOT_ID "11111111-1111-1111-1111-111111111111\n"

static char root[64];

static inline void path_of(const char *rest, char to[256])
{
	snprintf(to, 256, "%s/%s", root, rest);
}

static inline void write_file(const char *rest, const char *text)
{
	char path[256];
	FILE *f;

	path_of(rest, path);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* The name is for whoever finds the folder of a test that died. */
static inline int make_root(const char *name)
{
	static const char *const folders[] = { "run", "run/hjgate", "var", "var/lib", "var/lib/hjgate" };
	char path[256];

	snprintf(root, sizeof(root), "/tmp/hj%s-XXXXXX", name);
	if (!mkdtemp(root))
		return -1;
	for (size_t i = 0; i < hj_array_size(folders); i++) {
		path_of(folders[i], path);
		if (mkdir(path, 0755) < 0)
			return -1;
	}
	write_file("run/hjgate/boot-id", BOOT_ID);
	return 0;
}

static inline int remove_root(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}
