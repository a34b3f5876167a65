/* The folder of what is kept, /var/lib/hjgate/config, is its owner's alone. The one above is a daemon's, which may
 * rename whatever is in it at any moment: between a look at the folder and its use another could have taken its name.
 * So it is opened once, looked at as what was opened, and reached by that descriptor alone as long as a command runs;
 * the paths that others get begin with it. What is put into /etc/hjgate, as root, comes from there and nowhere else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "apply.h"

#define FOLDER      "config"
#define FOLDER_MODE 0700
#define NOBODY      ((uid_t)-1)

/* A command works below one root. */
static struct {
	char root[HJ_PATH_MAX];
	int fd;
} held = { .fd = -1 };

void apply_kept_done(void)
{
	hj_closep(&held.fd);
	held.fd = -1;
}

static bool is_held(const char *root)
{
	struct stat st;

	return held.fd >= 0 && !strcmp(held.root, root) && fstat(held.fd, &st) == 0 && st.st_nlink;
}

/* What another could have put in its place is not believed. */
static int check_owner(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return st.st_uid == geteuid() && !(st.st_mode & 077) ? 0 : -EPERM;
}

static int hold(const char *root, bool make)
{
	_cleanup_fd_ int fd = -1;
	char path[HJ_PATH_MAX];
	int r;

	if (is_held(root))
		return check_owner(held.fd);
	r = make ? hj_state_folder(root, FOLDER, FOLDER_MODE, path) : hj_path(root, HJ_DIR_STATE, FOLDER, path);
	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP || errno == ENOTDIR ? -EPERM : -errno;
	r = check_owner(fd);
	if (r < 0)
		return r;
	apply_kept_done();
	if (!hj_text_copy(held.root, sizeof(held.root), root))
		return -ENAMETOOLONG;
	held.fd = fd;
	fd = -1;
	return 0;
}

static int held_path(const char *name, char ret[HJ_PATH_MAX])
{
	int n = snprintf(ret, HJ_PATH_MAX, "/proc/self/fd/%d%s%s", held.fd, *name ? "/" : "", name);

	return n < HJ_PATH_MAX ? 0 : -ENAMETOOLONG;
}

int apply_kept_path(const char *root, const char *name, char ret[HJ_PATH_MAX])
{
	int r = hold(root, true);

	return r < 0 ? r : held_path(name, ret);
}

int apply_kept_find(const char *root, const char *name, char ret[HJ_PATH_MAX])
{
	int r = hold(root, false);

	return r < 0 ? r : held_path(name, ret);
}

/* ---- for people ---- */

const char *apply_kept_known(const char *root, const char *name, char path[HJ_PATH_MAX])
{
	if (apply_kept_path(root, name, path) < 0)
		return name;
	apply_kept_shown(root, path, HJ_PATH_MAX);
	return path;
}

void apply_kept_shown(const char *root, char *text, size_t size)
{
	char below[HJ_PATH_MAX], folder[HJ_PATH_MAX], all[2 * HJ_PATH_MAX];
	char *at = held.fd >= 0 && held_path("", below) >= 0 ? strstr(text, below) : NULL;

	if (!at || hj_path(root, HJ_DIR_STATE, FOLDER, folder) < 0)
		return;
	snprintf(all, sizeof(all), "%.*s%s%s", (int)(at - text), text, folder, at + strlen(below));
	hj_text_copy(text, size, all);
}

void apply_kept_show_errors(const char *root, struct hj_conf_errors *l)
{
	for (size_t i = 0; i < l->count; i++) {
		apply_kept_shown(root, l->list[i].file, sizeof(l->list[i].file));
		apply_kept_shown(root, l->list[i].what, sizeof(l->list[i].what));
	}
}

/* ---- back into its place ---- */

/* Whose files are never taken: the daemon's that the folder above belongs to. Others are, since they are copies of
 * what is in /etc/hjgate, where secrets belong to the one program that reads them. Who owns that folder may write
 * there what he likes. */
static uid_t doubtful(const char *root)
{
	struct stat above, etc;
	char path[HJ_PATH_MAX];

	if (fstatat(held.fd, "..", &above, 0) < 0 || above.st_uid == geteuid())
		return NOBODY;
	if (hj_path(root, HJ_DIR_ETC, "", path) >= 0 && !stat(path, &etc) && above.st_uid == etc.st_uid)
		return NOBODY;
	return above.st_uid;
}

static int check_one(const char *path, uid_t no)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return -errno;
	return st.st_uid == no ? -EPERM : 0;
}

/* The file, and each folder on the way to it. */
static int check_file(const char *kept, const char *name, uid_t no)
{
	char path[HJ_PATH_MAX];
	int r = hj_path(kept, HJ_DIR_ETC, name, path);

	for (char *slash = path + strlen(kept) - 1; r >= 0 && (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		r = check_one(path, no);
		*slash = '/';
	}
	return r < 0 ? r : check_one(path, no);
}

int apply_kept_put(const char *root, unsigned number)
{
	_cleanup_(apply_tree_done) struct apply_tree t = { .count = 0 };
	char kept[HJ_PATH_MAX];
	int r = apply_kept_root(root, number, kept);
	uid_t no = r < 0 ? NOBODY : doubtful(root);

	r = r < 0 ? r : apply_tree_list(kept, &t);
	for (size_t i = 0; i < t.count && r >= 0; i++)
		r = check_file(kept, t.names[i], no);
	return r < 0 ? r : apply_tree_put(kept, root);
}
