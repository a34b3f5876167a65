/* A disk that forgets: what the programs below it (SQLite, the ledger, whoever writes a file) give to the system's
 * calls is noted in order, and what a disk with a volatile cache would hold is known at any moment. When the power
 * goes, each write since the last sync of its file is kept, lost or torn (some of its sectors), and of what was done
 * to names since the last sync of a folder a first part is kept, all by the seed.
 *
 * The programs do not notice that the power has gone: they write on, and none of it counts. Whoever drives them asks
 * disk_gone(), ends them, and begins again after disk_restore(). One process, one thread, one folder. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DISK_SECTOR 512 /* bytes that are written whole or not at all */

/* What is below this folder is on the disk, and what is there now is safe. */
void disk_begin(const char *folder);
void disk_end(void);

/* The power goes at the operation (write, sync, a change of a name or a size) after so many more; 0: not. */
void disk_arm(uint64_t seed, uint64_t operations);
bool disk_gone(void);
void disk_cut(void); /* now, between two operations */
/* After the power has gone and everything is closed: the folder as the disk holds it. */
void disk_restore(void);

/* A sync answers and does nothing: a disk that lies. */
void disk_lie(bool lies);
/* Writes fail with this (ENOSPC, EIO); 0: they do not. */
void disk_refuse(int error);
/* Counts only, remembers nothing: for long runs. */
void disk_count_only(bool only);

struct disk_counts {
	uint64_t operations, writes, bytes, syncs;
	uint64_t kept, lost, torn; /* writes, by the cuts */
};
extern struct disk_counts disk_counts;
