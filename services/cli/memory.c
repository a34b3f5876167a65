/* What a process takes of the machine's memory, from /proc. Where smaps_rollup may not be read (another user's
 * process), only the resident size is known, and the rest stays unknown rather than guessed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "memory.h"

static void close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

static FILE *open_proc(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return fopen(path, "re");
}

/* "Pss:                1234 kB" */
static int64_t value_of(pid_t pid, const char *file, const char *key)
{
	_cleanup_(close_file) FILE *f = open_proc(pid, file);
	char line[160];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			return strtoll(line + strlen(key), NULL, 10);
	return -1;
}

void cli_memory(pid_t pid, struct cli_memory *ret)
{
	ret->pss = value_of(pid, "smaps_rollup", "Pss:");
	ret->private_dirty = value_of(pid, "smaps_rollup", "Private_Dirty:");
	ret->rss = value_of(pid, "status", "VmRSS:");
}

pid_t cli_parent_named(pid_t pid, const char *name)
{
	pid_t parent = (pid_t)value_of(pid, "status", "PPid:");
	_cleanup_(close_file) FILE *f = parent > 1 ? open_proc(parent, "comm") : NULL;
	char comm[32] = "";

	if (!f || !fgets(comm, sizeof(comm), f))
		return 0;
	comm[strcspn(comm, "\n")] = '\0';
	return strcmp(comm, name) ? 0 : parent;
}
