/* Files that programs will want to read: those of the configuration itself, and those that it names. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_look.h"
#include "cli.h"

#define GROUP "hjgate"

/* Where the user or the group is not there hjgate is not installed, and nobody knows. */
static bool may_read(const struct stat *st, const char *user)
{
	const struct passwd *who = getpwnam(user);
	const struct group *group = getgrnam(GROUP);

	if (!who || !group || st->st_mode & S_IROTH)
		return true;
	return (st->st_uid == who->pw_uid && st->st_mode & S_IRUSR) ||
	       (st->st_gid == group->gr_gid && st->st_mode & S_IRGRP);
}

void check_look_at_mode(const char *file, const char *user, const char *root, struct hj_conf_errors *n)
{
	struct stat st;

	if (*root || stat(file, &st) < 0 || may_read(&st, user))
		return;
	check_note(n, file, 0, _("its program cannot read it: it is not readable for the group hjgate"),
	        _("chown root:hjgate and chmod 0640 the file"));
}

/* What this user may not look for is not told. */
void check_look_at_named(const struct check_named *f, const char *root, struct hj_conf_errors *n)
{
	char rest[HJ_PATH_MAX], path[HJ_PATH_MAX], what[256];

	if (!*f->name)
		return;
	snprintf(rest, sizeof(rest), "%s%s%s", f->folder, *f->folder ? "/" : "", f->name);
	if (*f->name == '/')
		hj_text_copy(path, sizeof(path), f->name);
	else if (hj_path(root, HJ_DIR_ETC, rest, path) < 0)
		return;
	if (!access(path, F_OK) || errno != ENOENT)
		return;
	snprintf(what, sizeof(what), _("%s = \"%s\": the file %s is not there now"), f->key, f->name, path);
	check_note(n, f->file, hj_conf_key_line(f->file, f->group, f->key), what,
	        _("put it there, or correct its path"));
}
