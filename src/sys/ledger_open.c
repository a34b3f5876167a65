/* Opening the ledger whatever state its file is in: what is damaged is set aside under a name of its own, for whoever
 * wants to look into it, and a new file is begun. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ledger_impl.h"

#define ASIDE_TRIES 100 /* names tried for a damaged file, a second apart */

static void sync_directory(const char *path)
{
	_cleanup_free_ char *folder = strdup(path);
	_cleanup_fd_ int fd = -1;
	char *slash = folder ? strrchr(folder, '/') : NULL;

	if (slash)
		slash[slash == folder] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		fsync(fd); /* what cannot be synced is found out by the first commit */
}

static int set_aside(const char *path)
{
	static const char *const companions[] = { "-wal", "-shm", "-journal" };
	char time14[HJ_TIME14_LEN + 1], from[PATH_MAX], to[PATH_MAX];
	int64_t now = time(NULL) * HJ_MS_PER_SEC;

	for (int i = 0; i < ASIDE_TRIES; i++) {
		hj_time14_format(now + i * HJ_MS_PER_SEC, time14);
		if (snprintf(to, sizeof(to), "%s.damaged-%s", path, time14) >= (int)sizeof(to))
			return -ENAMETOOLONG;
		if (access(to, F_OK) < 0)
			break;
	}
	/* The companions first: a new file must never meet the old one's WAL. */
	for (size_t i = 0; i < hj_array_size(companions); i++) {
		snprintf(from, sizeof(from), "%s%s", path, companions[i]);
		if (snprintf(to, sizeof(to), "%s.damaged-%s%s", path, time14, companions[i]) >= (int)sizeof(to))
			return -ENAMETOOLONG;
		if (rename(from, to) < 0 && errno != ENOENT)
			return -errno;
	}
	snprintf(to, sizeof(to), "%s.damaged-%s", path, time14);
	if (rename(path, to) < 0)
		return -errno;
	sync_directory(path);
	return 0;
}

int hj_ledger_open(const char *path, struct hj_ledger **ret, bool *ret_damaged)
{
	bool damage, fresh = access(path, F_OK) < 0;
	int r = ledger_file_open(path, ret, &damage);

	if (ret_damaged)
		*ret_damaged = damage;
	if (damage) {
		r = set_aside(path);
		if (r < 0)
			return r;
		fresh = true;
		r = ledger_file_open(path, ret, &damage);
	}
	if (r >= 0 && fresh)
		sync_directory(path);
	return r;
}
