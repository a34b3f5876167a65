/* Whether a configuration file is another one than before, by what the file system says of it, without reading
 * what it means. A file that includes others changes with any of those that it may include: the plain files of its
 * folder. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "hjgate/fnv.h"
#include "run.h"

#define READ_MAX (64u << 10) /* bytes searched for an @include */

static uint64_t mix_file(uint64_t sum, int folder, const char *name)
{
	struct stat st;

	sum = hj_fnv(sum, name, strlen(name) + 1);
	if (fstatat(folder, name, &st, 0) < 0)
		return sum;
	sum = hj_fnv(sum, &st.st_mtim, sizeof(st.st_mtim));
	sum = hj_fnv(sum, &st.st_size, sizeof(st.st_size));
	return hj_fnv(sum, &st.st_ino, sizeof(st.st_ino));
}

static bool includes_others(int folder, const char *name)
{
	_cleanup_fd_ int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *text = malloc(READ_MAX);
	ssize_t n = fd < 0 || !text ? -1 : read(fd, text, READ_MAX);

	return n > 0 && memmem(text, (size_t)n, "@include", 8);
}

static bool is_included(const char *name)
{
	size_t n = strlen(name);

	return name[0] != '.' && !(n > 5 && !strcmp(name + n - 5, ".conf"));
}

/* A sum does not mind the order in which a folder is read. */
static uint64_t mix_included(int folder)
{
	int own = dup(folder);
	DIR *d = own < 0 ? NULL : fdopendir(own);
	struct dirent *e;
	uint64_t sum = 0;

	if (!d) {
		hj_closep(&own);
		return 0;
	}
	while ((e = readdir(d)))
		if (is_included(e->d_name))
			sum += mix_file(HJ_FNV_BEGIN, folder, e->d_name);
	closedir(d);
	return sum;
}

bool run_stamp_changed(const char *root, const char *folder, const char *name, uint64_t *stamp)
{
	_cleanup_fd_ int fd = -1;
	char path[HJ_PATH_MAX], file[HJ_NAME_MAX + 8];
	uint64_t now = HJ_FNV_BEGIN, before = *stamp;

	snprintf(file, sizeof(file), "%s.conf", name);
	if (!hj_path(root, HJ_DIR_ETC, folder, path))
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		now = mix_file(now, fd, file);
	if (fd >= 0 && includes_others(fd, file))
		now += mix_included(fd);
	*stamp = now;
	return now != before;
}
