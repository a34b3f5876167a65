/* Files for people to take away. The name comes last, after the bytes are on the disk: rename() is the one step that
 * shows them. A signal that ends the command takes the part with it. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "outfile.h"
#include "output.h"

#define PUSH_BYTES (1u << 20) /* between two nudges to the disk */

static const int ending[] = { SIGINT, SIGTERM, SIGHUP };
static char doomed[PATH_MAX]; /* the part that a signal takes away; "" = none */

static void on_end(int sig)
{
	if (doomed[0])
		unlink(doomed);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void guard(const char *part)
{
	doomed[0] = '\0';
	hj_text_copy(doomed, sizeof(doomed), part);
	for (size_t i = 0; i < hj_array_size(ending); i++) {
		struct sigaction now;

		/* Who called us with nohup wants it to go on. */
		if (sigaction(ending[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			signal(ending[i], *part ? on_end : SIG_DFL);
	}
}

static int open_part(struct outfile *o, unsigned mode)
{
	struct stat st;
	int fd, r;

	guard(o->part); /* before it is there: a signal may come at any moment after */
	/* Never through a link, nor into a pipe: a stick is anybody's, and root may be writing. */
	fd = open(o->part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode);
	r = fd < 0 ? -errno : fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ? -EINVAL : 0;
	o->f = r < 0 ? NULL : fdopen(fd, "w");
	if (o->f)
		return 0;
	guard("");
	if (fd >= 0)
		close(fd);
	if (r < 0)
		return r == -ENXIO ? -EINVAL : r; /* a pipe that nobody reads, or a device that is not there */
	unlink(o->part);
	return -ENOMEM;
}

int outfile_open(struct outfile *o, const char *path, unsigned mode)
{
	struct stat st;

	*o = (struct outfile){ 0 };
	if (!path) {
		o->f = stdout;
		return 0;
	}
	if (snprintf(o->part, sizeof(o->part), "%s" HJ_PART, path) >= (int)sizeof(o->part))
		return -ENAMETOOLONG;
	hj_text_copy(o->path, sizeof(o->path), path);
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	signal(SIGXFSZ, SIG_IGN);
	return open_part(o, mode);
}

static int flush(struct outfile *o)
{
	if (ferror(o->f))
		return errno ? -errno : -EIO;
	return fflush(o->f) ? -errno : 0;
}

int outfile_turn(struct outfile *o)
{
	off_t at;
	int r = flush(o);

	if (r < 0 || !o->path[0])
		return r;
	at = ftello(o->f);
	if (at > 0 && (uint64_t)at >= o->pushed + PUSH_BYTES) {
		sync_file_range(fileno(o->f), (off_t)o->pushed, at - (off_t)o->pushed, SYNC_FILE_RANGE_WRITE);
		o->pushed = (uint64_t)at;
	}
	return 0;
}

int outfile_sync_folder(const char *path)
{
	int r = hj_sync_parent(path);

	return r == -EINVAL ? 0 : r; /* some file systems of sticks know no such thing */
}

int outfile_commit(struct outfile *o)
{
	int r = flush(o);

	if (!o->path[0])
		return r;
	if (r >= 0 && fsync(fileno(o->f)) < 0)
		r = -errno;
	if (fclose(o->f) != 0 && r >= 0)
		r = -errno;
	o->f = NULL;
	if (r >= 0 && rename(o->part, o->path) < 0)
		r = -errno;
	if (r >= 0)
		r = outfile_sync_folder(o->path);
	if (r < 0)
		unlink(o->part);
	guard("");
	return r;
}

void outfile_abort(struct outfile *o)
{
	if (!o->f || !o->path[0])
		return;
	fclose(o->f);
	o->f = NULL;
	unlink(o->part);
	guard("");
}

int outfile_failed(const struct cli *cli, const char *path, int r)
{
	static const struct {
		int error;
		const char *text;
	} words[] = {
		{ ENOSPC, N_("there is no room left; nothing was kept of it: make room, or take another place") },
		{ EDQUOT, N_("there is no room left; nothing was kept of it: make room, or take another place") },
		{ EFBIG, N_("the file system takes no file of that size; nothing was kept of it") },
		{ EIO, N_("the disk or stick failed, or was pulled out; nothing was kept of it") },
		{ ENODEV, N_("the disk or stick failed, or was pulled out; nothing was kept of it") },
		{ ENXIO, N_("the disk or stick failed, or was pulled out; nothing was kept of it") },
		{ EROFS, N_("it can only be read from: take another place") },
		{ ELOOP, N_("there is a link in its place: take it away, or take another name") },
	};
	const char *why = strerror(-r);

	if (!path)
		return cli_output_refused(cli, r);
	for (size_t i = 0; i < hj_array_size(words); i++)
		if (words[i].error == -r)
			why = _(words[i].text);
	return cli_refused(cli, _("cannot write %s: %s"), path, why);
}

/* ---- what can be carried away ---- */

/* "1" in the file `name` of the folder. */
static bool says_one(const char *folder, const char *name)
{
	char path[PATH_MAX], text[2] = "";
	_cleanup_fd_ int fd = -1;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, text, 1) == 1 && text[0] == '1';
}

bool outfile_device_is_removable(const char *sysfs, unsigned major, unsigned minor)
{
	char link[PATH_MAX], where[PATH_MAX], *slash;

	snprintf(link, sizeof(link), "%s/dev/block/%u:%u", sysfs, major, minor);
	if (!realpath(link, where))
		return false; /* no disk: a network, memory */
	if (strstr(where, "/usb") || says_one(where, "removable"))
		return true;
	/* A partition has it one folder above. */
	slash = strrchr(where, '/');
	if (!slash)
		return false;
	*slash = '\0';
	return says_one(where, "removable");
}

bool outfile_is_removable(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);
	struct stat st;

	if (!copy || (stat(path, &st) < 0 && stat(dirname(copy), &st) < 0))
		return false;
	return outfile_device_is_removable("/sys", major(st.st_dev), minor(st.st_dev));
}
