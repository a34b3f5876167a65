/* Where a file lies, watched: whether its folder is still on the file system that it was on. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct hj_place {
	dev_t device;
	bool known;
};

/* Before the file is opened or made. -ENODEV: there is no such file, and its folder is on another file system than at
 * the last call: the one before has gone, and left bare the folder that it was mounted on. A file made there would be
 * hidden as soon as it is back, and all that was promised meanwhile with it. 0 in every other case. */
int hj_place_check(struct hj_place *p, const char *path);
