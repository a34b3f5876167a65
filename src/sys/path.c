/* Where hjgate's files are: below a root, so that the whole suite can run in a folder without privileges. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hjgate/cleanup.h"
#include "hjgate/service.h"

int hj_path(const char *root, enum hj_dir dir, const char *rest, char ret[HJ_PATH_MAX])
{
	static const char *const dirs[] = {
		[HJ_DIR_ETC] = "/etc/hjgate",
		[HJ_DIR_RUN] = "/run/hjgate",
		[HJ_DIR_STATE] = "/var/lib/hjgate",
		[HJ_DIR_SHARE] = HJ_DATADIR "/hjgate",
	};
	char path[HJ_PATH_MAX];
	int n;

	n = snprintf(path, sizeof(path), "%s%s%s%s", root ? root : "", dirs[dir], rest && *rest ? "/" : "",
	        rest ? rest : "");
	if (n < 0 || n >= HJ_PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(ret, path, (size_t)n + 1);
	return 0;
}

int hj_make_folders(const char *path, mode_t mode)
{
	char part[HJ_PATH_MAX];

	if (strlen(path) >= sizeof(part))
		return -ENAMETOOLONG;
	for (const char *end = path; end; end = *end ? strchr(end, '/') : NULL) {
		size_t n;

		end++;
		n = strcspn(end, "/") + (size_t)(end - path);
		memcpy(part, path, n);
		part[n] = '\0';
		if (mkdir(part, mode) < 0 && errno != EEXIST && errno != EISDIR)
			return -errno;
	}
	return 0;
}

int hj_state_folder(const char *root, const char *rest, mode_t mode, char ret[HJ_PATH_MAX])
{
	char path[HJ_PATH_MAX];
	int r = hj_path(root, HJ_DIR_STATE, NULL, path);

	if (r >= 0 && access(path, F_OK) < 0)
		r = -errno;
	r = r < 0 ? r : hj_path(root, HJ_DIR_STATE, rest, path);
	r = r < 0 ? r : hj_make_folders(path, mode);
	if (r >= 0)
		memcpy(ret, path, sizeof(path));
	return r;
}

int hj_sync_folder(const char *folder)
{
	_cleanup_fd_ int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int hj_sync_parent(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);

	return copy ? hj_sync_folder(dirname(copy)) : -ENOMEM;
}

int hj_write_whole(const char *path, const void *data, size_t n, mode_t mode)
{
	char part[HJ_PATH_MAX + sizeof(HJ_PART)];
	_cleanup_fd_ int fd = -1;
	int r = 0;

	if (snprintf(part, sizeof(part), "%s" HJ_PART, path) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	/* Never through a link: root writes into folders that are others'. */
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	for (size_t at = 0; at < n && r >= 0;) {
		ssize_t wrote = write(fd, (const char *)data + at, n - at);

		r = wrote < 0 ? -errno : 0;
		at += wrote < 0 ? 0 : (size_t)wrote;
	}
	if (r >= 0 && (fdatasync(fd) < 0 || rename(part, path) < 0))
		r = -errno;
	if (r < 0)
		unlink(part);
	return r < 0 ? r : hj_sync_parent(path); /* a new name is on the disk when its folder is */
}
