/* A command of hjgate called in the test's own process, and what it said on standard output and error. */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../services/cli/cli.h"
#include "state_root.h"

static char said[8192];

static inline int to_file(int fd, const char *path)
{
	int before = dup(fd), to = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

	assert_true(before >= 0 && to >= 0 && dup2(to, fd) == fd);
	close(to);
	return before;
}

/* `line` is split at its blanks. out: where standard output goes; NULL: to what is heard. The exit status. */
static inline int hear_file(cli_fn fn, bool json, const char *out, const char *line)
{
	struct cli cli = { .root = root, .json = json };
	char text[512], path[256], *argv[16] = { 0 };
	int argc = 0, status, before[2];
	size_t n;
	FILE *f;

	snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok(text, " "); word && argc < 15; word = strtok(NULL, " "))
		argv[argc++] = word;
	path_of("said", path);
	unlink(path);
	fflush(stdout);
	before[0] = to_file(1, out ? out : path);
	before[1] = to_file(2, path);
	status = fn(&cli, argc, argv);
	fflush(stdout);
	clearerr(stdout);
	for (int i = 0; i < 2; i++) {
		dup2(before[i], i + 1);
		close(before[i]);
	}
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(said, 1, sizeof(said) - 1, f);
	said[n] = '\0';
	fclose(f);
	return status;
}

static inline int hear(cli_fn fn, bool json, const char *line)
{
	return hear_file(fn, json, NULL, line);
}
