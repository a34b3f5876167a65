/* What a process takes of the machine's memory. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct cli_memory { /* KB; -1 = may not be seen */
	int64_t pss, private_dirty, rss;
};

/* pss and private_dirty need the same user or root; rss is everybody's to see. */
void cli_memory(pid_t pid, struct cli_memory *ret);

/* The parent if it is a process named `name`, else 0. */
pid_t cli_parent_named(pid_t pid, const char *name);
