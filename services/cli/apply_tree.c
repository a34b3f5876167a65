/* The files below etc/hjgate of a root, compared and copied. A copy is written beside, brought to the disk and
 * renamed, so that a file is whole at every moment; modes and owners go with it, so that a secret stays as unreadable
 * as it was. What cannot be read fails the whole: half a configuration is none. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "apply.h"
#include "stick_order.h"

#define FILES_MAX  2048
#define DEPTH_MAX  4
#define PIECE      (32u << 10)
#define OWN_FOLDER 0700
#define FACTORS    "factors.conf" /* the package's own */

static int path_of(const char *root, const char *name, char ret[HJ_PATH_MAX])
{
	return hj_path(root, HJ_DIR_ETC, name, ret);
}

/* ---- listing ---- */

static bool ends(const char *name, const char *with)
{
	size_t n = strlen(name), m = strlen(with);

	return n >= m && !strcmp(name + n - m, with);
}

/* Editors, package managers and our own examples leave files that nobody reads. */
static bool counts(const char *name)
{
	static const char *const not [] = { "~", ".example", HJ_PART, ".dpkg-old", ".dpkg-new", ".dpkg-dist",
		".dpkg-tmp", ".rpmsave", ".rpmnew", "-opkg", "-opkg.backup", ".swp", ".bak" };

	for (size_t i = 0; i < hj_array_size(not ); i++)
		if (ends(name, not [i]))
			return false;
	return name[0] != '.' && !strpbrk(name, "\n");
}

static int add_name(struct apply_tree *t, const char *name)
{
	char **names = t->count < FILES_MAX ? realloc(t->names, (t->count + 1) * sizeof(*names)) : NULL;

	if (!names)
		return t->count < FILES_MAX ? -ENOMEM : -E2BIG;
	t->names = names;
	names[t->count] = strdup(name);
	return names[t->count++] ? 0 : -ENOMEM;
}

static int list_folder(const char *root, const char *folder, unsigned depth, struct apply_tree *t);

static int list_entry(const char *root, const char *name, unsigned depth, struct apply_tree *t)
{
	char path[HJ_PATH_MAX];
	struct stat st;
	int r = path_of(root, name, path);

	if (r < 0)
		return r;
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!strcmp(name, STICK_KEY_FILE)) /* a key is no setting: going back brings no older one, and takes none */
		return 0;
	if (S_ISDIR(st.st_mode))
		return list_folder(root, name, depth + 1, t);
	return S_ISREG(st.st_mode) || S_ISLNK(st.st_mode) ? add_name(t, name) : 0;
}

static int list_folder(const char *root, const char *folder, unsigned depth, struct apply_tree *t)
{
	char path[HJ_PATH_MAX], name[HJ_PATH_MAX];
	struct dirent *e;
	int r = path_of(root, folder, path);
	DIR *d = r < 0 || depth > DEPTH_MAX ? NULL : opendir(path);

	if (!d)
		return r < 0 || depth > DEPTH_MAX ? r : errno == ENOENT ? 0 : -errno;
	while (r >= 0 && (e = readdir(d))) {
		if (!counts(e->d_name))
			continue;
		r = snprintf(name, sizeof(name), "%s%s%s", folder, *folder ? "/" : "", e->d_name) < HJ_PATH_MAX
		            ? list_entry(root, name, depth, t)
		            : -ENAMETOOLONG;
	}
	closedir(d);
	return r;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int apply_tree_list(const char *root, struct apply_tree *ret)
{
	struct apply_tree t = { .count = 0 };
	int r = list_folder(root, "", 0, &t);

	if (r < 0) {
		apply_tree_done(&t);
		return r;
	}
	if (t.count)
		qsort(t.names, t.count, sizeof(*t.names), compare);
	*ret = t;
	return 0;
}

void apply_tree_done(struct apply_tree *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->names[i]);
	free(t->names);
	*t = (struct apply_tree){ .count = 0 };
}

/* ---- comparing ---- */

static int same_link(const char *a, const char *b)
{
	char x[HJ_PATH_MAX], y[HJ_PATH_MAX];
	ssize_t n = readlink(a, x, sizeof(x)), m = readlink(b, y, sizeof(y));

	return n < 0 || m < 0 ? -errno : n == m && !memcmp(x, y, (size_t)n);
}

static int same_bytes(const char *a, const char *b)
{
	_cleanup_fd_ int x = open(a, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_fd_ int y = open(b, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char p[4096], q[4096];
	ssize_t n, m;

	if (x < 0 || y < 0)
		return -errno;
	do {
		n = read(x, p, sizeof(p));
		m = read(y, q, sizeof(q));
		if (n < 0 || m < 0)
			return -errno;
	} while (n == m && n > 0 && !memcmp(p, q, (size_t)n));
	return n == 0 && m == 0;
}

int apply_tree_same_file(const char *a, const char *b, const char *name)
{
	char x[HJ_PATH_MAX], y[HJ_PATH_MAX];
	struct stat s, t;
	int r = path_of(a, name, x);
	bool in_a, in_b;

	r = r < 0 ? r : path_of(b, name, y);
	if (r < 0)
		return r;
	in_a = lstat(x, &s) == 0;
	in_b = lstat(y, &t) == 0;
	if (!in_a || !in_b)
		return in_a == in_b;
	if ((s.st_mode & S_IFMT) != (t.st_mode & S_IFMT) || (S_ISREG(s.st_mode) && s.st_size != t.st_size))
		return 0;
	return S_ISLNK(s.st_mode) ? same_link(x, y) : same_bytes(x, y);
}

static int all_of_are_in(const char *a, const char *b)
{
	_cleanup_(apply_tree_done) struct apply_tree t = { .count = 0 };
	int r = apply_tree_list(a, &t);

	if (r < 0)
		return r;
	r = 1;
	for (size_t i = 0; i < t.count && r > 0; i++)
		r = apply_tree_same_file(a, b, t.names[i]);
	return r;
}

int apply_tree_same(const char *a, const char *b)
{
	int r = all_of_are_in(a, b);

	return r > 0 ? all_of_are_in(b, a) : r;
}

/* ---- copying ---- */

/* The folders of a file, each as the one that it is a copy of. */
static int make_folders_like(const char *from, const char *to, const char *name)
{
	char source[HJ_PATH_MAX], target[HJ_PATH_MAX], folder[HJ_PATH_MAX];
	struct stat st;
	int r;

	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - name), name);
		r = path_of(from, folder, source);
		r = r < 0 ? r : path_of(to, folder, target);
		if (r < 0)
			return r;
		if (lstat(source, &st) < 0)
			return -errno;
		if (!S_ISDIR(st.st_mode))
			return -ENOTDIR;
		if (mkdir(target, OWN_FOLDER) < 0) {
			if (errno == EEXIST)
				continue;
			return -errno;
		}
		if (chown(target, st.st_uid, st.st_gid) < 0 && geteuid() == 0)
			return -errno;
		if (chmod(target, st.st_mode & 07777) < 0)
			return -errno;
	}
	return 0;
}

static int copy_bytes(int in, int out)
{
	char piece[PIECE];
	ssize_t n;

	while ((n = read(in, piece, sizeof(piece))) > 0)
		for (ssize_t at = 0, wrote; at < n; at += wrote) {
			wrote = write(out, piece + at, (size_t)(n - at));
			if (wrote < 0)
				return -errno;
		}
	return n < 0 ? -errno : 0;
}

static int copy_plain(const char *source, const char *part)
{
	_cleanup_fd_ int in = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), out = -1;
	struct stat st;
	int r;

	if (in < 0 || fstat(in, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EPERM;
	out = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return -errno;
	r = copy_bytes(in, out);
	if (r >= 0 && fchown(out, st.st_uid, st.st_gid) < 0 && geteuid() == 0)
		r = -errno;
	if (r >= 0 && (fchmod(out, st.st_mode & 0777) < 0 || fsync(out) < 0))
		r = -errno;
	return r;
}

static int copy_link(const char *source, const char *part)
{
	char to[HJ_PATH_MAX];
	ssize_t n = readlink(source, to, sizeof(to) - 1);

	if (n < 0)
		return -errno;
	to[n] = '\0';
	return symlink(to, part) < 0 ? -errno : 0;
}

/* The same in all that a copy takes over? */
static bool is_like(const char *source, const char *like)
{
	struct stat s, t;

	return !lstat(source, &s) && !lstat(like, &t) && S_ISREG(s.st_mode) && S_ISREG(t.st_mode) &&
	       s.st_mode == t.st_mode && s.st_uid == t.st_uid && s.st_gid == t.st_gid && same_bytes(source, like) > 0;
}

static int copy_to(const char *source, const char *like, const char *part)
{
	struct stat st;

	unlink(part);
	if (like && is_like(source, like))
		return link(like, part) < 0 ? -errno : 0;
	if (lstat(source, &st) < 0)
		return -errno;
	return S_ISLNK(st.st_mode) ? copy_link(source, part) : copy_plain(source, part);
}

int apply_tree_copy_file(const char *from, const char *to, const char *like, const char *name)
{
	char source[HJ_PATH_MAX], target[HJ_PATH_MAX], same[HJ_PATH_MAX], part[HJ_PATH_MAX + sizeof(HJ_PART)];
	int r = path_of(from, name, source);

	r = r < 0 ? r : path_of(to, name, target);
	if (r >= 0 && like)
		r = path_of(like, name, same);
	r = r < 0 ? r : make_folders_like(from, to, name);
	if (r < 0)
		return r;
	snprintf(part, sizeof(part), "%s" HJ_PART, target);
	r = copy_to(source, like ? same : NULL, part);
	if (r >= 0 && rename(part, target) < 0)
		r = -errno;
	/* Of two names of one file rename() leaves both. */
	if (r < 0 || like)
		unlink(part);
	return r;
}

/* The names of the files, brought to the disk. */
static int sync_folders(const char *root, const struct apply_tree *t)
{
	char path[HJ_PATH_MAX], last[HJ_PATH_MAX] = "";
	int r = 0;

	for (size_t i = 0; i < t->count && r >= 0; i++) {
		char *slash;

		r = path_of(root, t->names[i], path);
		slash = r < 0 ? NULL : strrchr(path, '/');
		if (!slash)
			continue;
		*slash = '\0';
		if (strcmp(path, last) != 0)
			r = hj_sync_folder(path);
		memcpy(last, path, sizeof(last));
	}
	return r < 0 || path_of(root, "", path) < 0 ? r : hj_sync_folder(path);
}

int apply_tree_copy(const char *from, const char *to, const char *like)
{
	_cleanup_(apply_tree_done) struct apply_tree t = { .count = 0 };
	char path[HJ_PATH_MAX];
	int r = apply_tree_list(from, &t);

	r = r < 0 ? r : path_of(to, "", path);
	r = r < 0 ? r : hj_make_folders(path, OWN_FOLDER);
	for (size_t i = 0; i < t.count && r >= 0; i++)
		r = apply_tree_copy_file(from, to, like, t.names[i]);
	return r < 0 ? r : sync_folders(to, &t);
}

static int remove_others(const char *from, const char *to)
{
	_cleanup_(apply_tree_done) struct apply_tree t = { .count = 0 };
	char path[HJ_PATH_MAX];
	int r = apply_tree_list(to, &t);

	for (size_t i = 0; i < t.count && r >= 0; i++) {
		r = path_of(from, t.names[i], path);
		if (r < 0 || !strcmp(t.names[i], FACTORS) ||
		        faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		r = path_of(to, t.names[i], path);
		if (r >= 0 && unlink(path) < 0 && errno != ENOENT)
			r = -errno;
	}
	return r < 0 ? r : sync_folders(to, &t);
}

int apply_tree_put(const char *from, const char *to)
{
	_cleanup_(apply_tree_done) struct apply_tree t = { .count = 0 };
	int r = apply_tree_list(from, &t);

	for (size_t i = 0; i < t.count && r >= 0; i++) {
		if (!strcmp(t.names[i], FACTORS) || apply_tree_same_file(from, to, t.names[i]) > 0)
			continue;
		r = apply_tree_copy_file(from, to, NULL, t.names[i]);
	}
	r = r < 0 ? r : sync_folders(to, &t);
	return r < 0 ? r : remove_others(from, to);
}
