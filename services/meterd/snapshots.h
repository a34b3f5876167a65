/* The frames around the first error of each kind of each meter, on disk, where they outlive a restart. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "frames.h"

#include "hjgate/service.h"

#define SNAPSHOTS_MOST      64 /* files of one bus; the oldest gives way */
#define SNAPSHOT_BEFORE     32 /* frames with the one that failed */
#define SNAPSHOT_AFTER      32
#define SNAPSHOT_AGAIN_DAYS 30 /* a file older than this is taken anew at the next such error */
#define SNAPSHOTS_PENDING   8  /* errors whose later frames are still awaited */
#define SNAPSHOT_NAME_MAX   96 /* bytes: METER.KIND */

struct snapshot_pending {
	char name[SNAPSHOT_NAME_MAX];
	int64_t time_ms;
	uint64_t first, last; /* frames */
};

struct snapshots {
	char folder[HJ_PATH_MAX];
	struct snapshot_pending pending[SNAPSHOTS_PENDING];
	size_t pending_count;
	bool failed; /* the disk did not take the newest: said once */
};

/* Makes the folder FRAMES below the bus's own; without it nothing is saved, which is said. */
void snapshots_init(struct snapshots *s, const char *root, const char *bus);
/* An exchange of this meter failed: its frame is the newest of the ring. */
void snapshots_error(struct snapshots *s, const struct frames *f, const char *meter, const char *error, int exception,
        int64_t now_ms);
/* After each frame: writes what has all its frames; `all`: whatever it has. */
void snapshots_write(struct snapshots *s, const struct frames *f, bool all);

struct snapshot_file {
	char name[SNAPSHOT_NAME_MAX];
	int64_t time_ms; /* when it was written */
	int64_t bytes;
};
/* Newest first; how many there are, SNAPSHOTS_MOST at most. */
size_t snapshots_list(const struct snapshots *s, struct snapshot_file ret[SNAPSHOTS_MOST]);
/* The text of one: a line a frame. -ENOENT. The caller frees. */
int snapshots_read(const struct snapshots *s, const char *name, char **ret);
