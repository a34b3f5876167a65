/* Whether a configuration file is another one than before, by what the file system says of it, without reading
 * what it means. A file that includes others changes with any of those that it may include: the plain files of its
 * folder; one of a bus that names a model, with any of the site's models. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "hjgate/fnv.h"
#include "run.h"

#define READ_MAX (64 << 10) /* bytes searched for a word */

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

/* One that is longer than what is searched is taken to have it. */
static bool has(int folder, const char *name, const char *word)
{
	_cleanup_fd_ int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *text = malloc(READ_MAX);
	ssize_t n = fd < 0 || !text ? -1 : read(fd, text, READ_MAX);

	return n == READ_MAX || (n > 0 && memmem(text, (size_t)n, word, strlen(word)));
}

static bool is_conf(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && !strcmp(name + n - 5, ".conf");
}

/* A sum does not mind the order in which a folder is read. */
static uint64_t mix_folder(int folder, const char *name, bool confs_too)
{
	int own = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = own < 0 ? NULL : fdopendir(own);
	struct dirent *e;
	uint64_t sum = 0;

	if (!d) {
		hj_closep(&own);
		return 0;
	}
	while ((e = readdir(d)))
		if (e->d_name[0] != '.' && (confs_too || !is_conf(e->d_name)))
			sum += mix_file(HJ_FNV_BEGIN, own, e->d_name);
	closedir(d);
	return sum;
}

static int open_folder(const char *root, const char *folder)
{
	char path[HJ_PATH_MAX];

	return hj_path(root, HJ_DIR_ETC, folder, path) < 0 ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool run_stamp_changed(const char *root, const char *folder, const char *name, uint64_t *stamp)
{
	_cleanup_fd_ int fd = open_folder(root, folder);
	char file[HJ_NAME_MAX + 8];
	uint64_t now = HJ_FNV_BEGIN, before = *stamp;
	bool includes;

	snprintf(file, sizeof(file), "%s.conf", name);
	if (fd >= 0) {
		now = mix_file(now, fd, file);
		includes = has(fd, file, "@include");
		now += includes ? mix_folder(fd, ".", false) : 0;
		/* What it includes may name a model, too. */
		if (folder && !strcmp(folder, "buses.d") && (includes || has(fd, file, "model")))
			now += mix_folder(fd, "../models", true);
	}
	*stamp = now;
	return now != before;
}

bool run_stamp_factors_changed(const char *root, uint64_t *stamp)
{
	_cleanup_fd_ int fd = open_folder(root, NULL);
	uint64_t now = HJ_FNV_BEGIN, before = *stamp;

	if (fd >= 0)
		now = mix_file(now, fd, "factors.conf") + mix_folder(fd, "factors.d", true);
	*stamp = now;
	return now != before;
}
