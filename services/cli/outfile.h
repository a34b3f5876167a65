/* A file that is there whole or not at all: written as FILE.part, brought to the disk, then given its name. A stick
 * pulled out, a full disk and Ctrl-C leave no half file under the name that was asked for. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli.h"

struct outfile {
	FILE *f;             /* NULL: not open */
	char path[PATH_MAX]; /* "" = standard output, which has no name to be given */
	char part[PATH_MAX];
	uint64_t pushed; /* bytes that the disk has been asked to take */
};

/* path NULL: standard output. mode: of the file. -errno. */
int outfile_open(struct outfile *o, const char *path, unsigned mode);
/* Bytes written so far are handed to the disk bit by bit, so that the end is no long wait, for us or for whoever
 * syncs something else. -errno of any write so far. */
int outfile_turn(struct outfile *o);
/* The end. What fails leaves nothing behind: -errno. */
int outfile_commit(struct outfile *o);
void outfile_abort(struct outfile *o);

/* Says why it could not be written, and what to do; the exit status. path NULL: standard output. */
int outfile_failed(const struct cli *cli, const char *path, int r);

/* Does this path (of a file that need not be there yet) lie on something that can be carried away? */
bool outfile_is_removable(const char *path);
/* The same by the device's number, below `sysfs` ("/sys"). */
bool outfile_device_is_removable(const char *sysfs, unsigned major, unsigned minor);

/* Brings the names in the folder of `path` to the disk. -errno. */
int outfile_sync_folder(const char *path);
