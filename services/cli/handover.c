/* A file that stayed root's could only be read by the daemons: they would record nothing. */
#include "handover.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "hjgate/cleanup.h"

/* Never through a link, nor what has a second name elsewhere: the folder is another user's. */
static int hand_over(const char *path, const struct stat *folder)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return -EPERM;
	if ((st.st_uid != folder->st_uid || st.st_gid != folder->st_gid) &&
	        fchown(fd, folder->st_uid, folder->st_gid) < 0 && st.st_uid != folder->st_uid)
		return -errno;
	return st.st_mode & 0177 && fchmod(fd, st.st_mode & 0600) < 0 ? -errno : 0;
}

int cli_hand_over(const char *path)
{
	static const char *const companions[] = { "", "-wal", "-shm", "-journal", ".keys" };
	char name[PATH_MAX], copy[PATH_MAX];
	struct stat folder;
	int r = 0, k;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return -ENAMETOOLONG;
	if (stat(dirname(copy), &folder) < 0)
		return -errno;
	for (size_t i = 0; i < hj_array_size(companions); i++) {
		k = snprintf(name, sizeof(name), "%s%s", path, companions[i]) < (int)sizeof(name)
		            ? hand_over(name, &folder)
		            : -ENAMETOOLONG;
		r = r < 0 ? r : k;
	}
	return r;
}
