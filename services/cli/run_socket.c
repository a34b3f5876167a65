/* What must be there before a program starts: the folders, the lock (one `hjgate run` a root), and every socket. A
 * socket is bound for its owner alone and opened to its group afterwards, before it listens: nobody gets in
 * meanwhile. The sockets stay open here, so that the clients of a program that died wait for its successor. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "hjgate/log.h"
#include "hjgate/now.h"
#include "run.h"

#define BACKLOG      128
#define FOLDER_MODE  0755
#define OWNER_UMASK  0177
#define SOCKET_MODE  0660
#define LOCK_MODE    0600 /* whoever may open it could hold it */
#define BOOT_ID_MODE 0644

int run_folders_make(struct run *run)
{
	static const enum hj_dir folders[] = { HJ_DIR_RUN, HJ_DIR_STATE };
	char path[HJ_PATH_MAX];
	int r;

	for (size_t i = 0; i < hj_array_size(folders); i++) {
		r = hj_path(run->root, folders[i], NULL, path);
		if (!r)
			r = hj_make_folders(path, FOLDER_MODE);
		if (r < 0)
			return hj_log_error(r, "cannot make %s%s", run->root,
			        folders[i] == HJ_DIR_RUN ? "/run/hjgate" : "/var/lib/hjgate");
	}
	return 0;
}

static int unix_address(const char *path, struct sockaddr_un *ret)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(to.sun_path)) {
		hj_error("%s is too long for a socket (%zu characters at most): choose a shorter --root", path,
		        sizeof(to.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	memcpy(to.sun_path, path, strlen(path) + 1);
	*ret = to;
	return 0;
}

/* Someone else's sockets, systemd's most likely: to unlink them would cut them off. */
static bool served_by_another(const struct run *run)
{
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	char path[HJ_PATH_MAX];
	struct sockaddr_un to;

	if (hj_path(run->root, HJ_DIR_RUN, "stored.look", path) < 0 || unix_address(path, &to) < 0)
		return false;
	return !connect(fd, (struct sockaddr *)&to, sizeof(to));
}

int run_lock(struct run *run)
{
	char path[HJ_PATH_MAX], who[32] = "";
	int r;

	r = hj_path(run->root, HJ_DIR_RUN, "run.lock", path);
	if (r < 0)
		return r;
	run->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, LOCK_MODE);
	if (run->lock < 0)
		return hj_log_error(-errno, "cannot open %s", path);
	if (flock(run->lock, LOCK_EX | LOCK_NB) < 0) {
		if (read(run->lock, who, sizeof(who) - 1) < 0)
			who[0] = '\0';
		hj_error("hjgate run is here already (pid %.*s, %s): stop that one first", (int)strcspn(who, "\n"),
		        who, path);
		return -EBUSY;
	}
	if (served_by_another(run)) {
		hj_error("the sockets in %s/run/hjgate are served already: stop that first (systemctl stop "
		         "hjgate.target)",
		        run->root);
		return -EBUSY;
	}
	/* Only the message above reads it: a pid that is not written costs nothing else. */
	snprintf(who, sizeof(who), "%d\n", (int)getpid());
	if (ftruncate(run->lock, 0) < 0 || write(run->lock, who, strlen(who)) < 0)
		hj_warn("cannot write %s: %m", path);
	return 0;
}

/* Below a root this stands for the machine: a new run is a new boot. Renamed, so that nobody reads half of it. */
int run_boot_id_write(const struct run *run)
{
	char path[HJ_PATH_MAX], temporary[HJ_PATH_MAX], text[2 * HJ_ID_BYTES + 2];
	_cleanup_fd_ int fd = -1;
	uint8_t id[HJ_ID_BYTES];
	int r;

	if (!*run->root)
		return 0;
	r = hj_random(id, sizeof(id));
	if (!r)
		r = hj_path(run->root, HJ_DIR_RUN, "boot-id", path);
	if (!r)
		r = hj_path(run->root, HJ_DIR_RUN, "boot-id.new", temporary);
	if (r < 0)
		return r;
	hj_id_format(id, text);
	strcat(text, "\n");
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, BOOT_ID_MODE);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || rename(temporary, path) < 0)
		return hj_log_error(errno ? -errno : -EIO, "cannot write %s", path);
	return 0;
}

static int bind_for_owner(int fd, const char *path)
{
	struct sockaddr_un to;
	mode_t before;
	int r;

	r = unix_address(path, &to);
	if (r < 0)
		return r;
	unlink(path);
	before = umask(OWNER_UMASK);
	r = bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
	umask(before);
	return r < 0 ? hj_log_error(r, "cannot make the socket %s", path) : 0;
}

/* Below a root, or where the groups are not there, the socket stays its owner's and his own group's. */
static int open_to_group(const struct run *run, const char *path, const char *group)
{
	struct group *g = *run->root ? NULL : getgrnam(group);

	if (g && chown(path, (uid_t)-1, g->gr_gid) < 0)
		return hj_log_error(-errno, "cannot give %s to the group %s", path, group);
	if (chmod(path, SOCKET_MODE) < 0)
		return hj_log_error(-errno, "cannot open %s to its group", path);
	return 0;
}

static const struct {
	const char *suffix, *group; /* NULL: the daemons' user only */
} socket_kinds[RUN_SOCKETS] = { { "look", "hjgate" }, { "change", "hjgate-admin" }, { "peer", NULL } };

static int socket_path(const struct run_program *p, int i, char ret[HJ_PATH_MAX])
{
	char file[sizeof(p->name) + 16];

	snprintf(file, sizeof(file), "%s.%s", p->name, socket_kinds[i].suffix);
	return hj_path(p->run->root, HJ_DIR_RUN, file, ret);
}

static int open_socket(const struct run_program *p, int i, int *ret)
{
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	char path[HJ_PATH_MAX];
	int r;

	if (fd < 0)
		return hj_log_error(-errno, "cannot make a socket");
	r = socket_path(p, i, path);
	if (!r)
		r = bind_for_owner(fd, path);
	if (!r && socket_kinds[i].group)
		r = open_to_group(p->run, path, socket_kinds[i].group);
	if (!r && listen(fd, BACKLOG) < 0)
		r = hj_log_error(-errno, "cannot listen on %s", path);
	if (r < 0)
		return r;
	*ret = fd;
	fd = -1;
	return 0;
}

int run_sockets_open(struct run_program *p)
{
	int r = 0;

	for (int i = 0; i < RUN_SOCKETS && !r; i++)
		r = open_socket(p, i, &p->sockets[i]);
	return r;
}

void run_sockets_close(struct run_program *p)
{
	char path[HJ_PATH_MAX];

	for (int i = 0; i < RUN_SOCKETS; i++) {
		if (p->sockets[i] < 0)
			continue;
		hj_closep(&p->sockets[i]);
		if (!socket_path(p, i, path))
			unlink(path);
	}
}

int run_socket_bind(struct run *run, int type, const char *name, char ret_path[HJ_PATH_MAX], int *ret)
{
	_cleanup_fd_ int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = hj_path(run->root, HJ_DIR_RUN, name, ret_path);

	if (r >= 0 && fd < 0)
		r = hj_log_error(-errno, "cannot make a socket");
	r = r < 0 ? r : bind_for_owner(fd, ret_path);
	if (r < 0)
		return r;
	*ret = fd;
	fd = -1;
	return 0;
}

int run_notify_open(struct run *run)
{
	int yes = 1, r = run_socket_bind(run, SOCK_DGRAM, "notify", run->notify_path, &run->notify);

	if (r >= 0 && setsockopt(run->notify, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) < 0)
		r = hj_log_error(-errno, "cannot make a socket");
	if (r >= 0)
		r = sd_event_add_io(run->event, NULL, run->notify, EPOLLIN, run_on_notify, run);
	return r < 0 ? r : 0;
}
