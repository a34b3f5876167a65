/* A root folder of the test's own with an /etc/hjgate/buses.d, for the tests of what a bus's file may say. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "shell.h"

#include "hjgate/cleanup.h"

static char root[] = "/tmp/hjgate-test-conf-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s%s", root, name);
	return path;
}

static void put(const char *name, const char *text)
{
	put_text(path_of(name), text);
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(root))
		return -1;
	return mkdir(path_of("/etc"), 0700) || mkdir(path_of("/etc/hjgate"), 0700) ||
	       mkdir(path_of("/etc/hjgate/buses.d"), 0700);
}

static int teardown(void **state)
{
	static const char *const names[] = { "/etc/hjgate/buses.d/a.conf", "/etc/hjgate/buses.d/b.conf",
		"/etc/hjgate/buses.d", "/etc/hjgate", "/etc", "" };
	int r = 0;

	(void)state;
	for (size_t i = 0; i < hj_array_size(names); i++)
		r = remove(path_of(names[i]));
	return r;
}
