/* See secret_file.h. */
#include "secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hjgate/secret.h"
#include "hjgate/service.h"

static int open_in(const char *folder, const char *name)
{
	char path[HJ_PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

static int open_named(const char *root, const char *name)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	char ours[HJ_PATH_MAX];
	int fd;

	if (name[0] == '/')
		return open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (credentials) {
		fd = open_in(credentials, name);
		if (fd >= 0 || errno != ENOENT)
			return fd;
	}
	return hj_path(root, HJ_DIR_ETC, "secrets", ours) < 0 ? -1 : open_in(ours, name);
}

int secret_file_read(const char *root, const char *name, char ret[SECRET_MAX])
{
	_cleanup_fd_ int fd = open_named(root, name);
	char text[SECRET_MAX];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_mode & (S_IROTH | S_IWOTH))
		return -EPERM;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	memcpy(ret, text, sizeof(text));
	hj_wipe(text, sizeof(text));
	return *ret ? 0 : -ENODATA;
}

void secret_file_why(const char *what, const char *name, int error, char *to, size_t size)
{
	snprintf(to, size, "%s: file %s: %s", what, name,
	        error == -EPERM     ? "everybody may read it: chmod 400"
	        : error == -ENODATA ? "it is empty"
	                            : strerror(-error));
}
