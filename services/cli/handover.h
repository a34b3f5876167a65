/* Files that root makes in a folder of the daemons'. */
#pragma once

/* The file at `path`, and what a ledger has beside it under the same name, belongs to the owner of the folder, and
 * nobody else reads it. A ledger must be closed before: to close any descriptor of its file is to lose the lock.
 * -errno of the first that could not be given. */
int cli_hand_over(const char *path);
