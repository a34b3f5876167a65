/* The skeleton of every daemon, so that each main() reads: options, config (--check stops here), objects, API, ready,
 * loop.
 *
 * 	int main(int argc, char **argv)
 * 	{
 * 		struct hj_service s = { .name = "stored", .about = N_("keeps the records"), .interfaces = ... };
 * 		r = hj_service_init(&s, argc, argv); options, log, signals, loop, watchdog; > 0: done, exit 0
 * 		r = hj_conf_load_main(...)
 * 		if (s.check_only) ...
 * 		r = stored_new(&s, &conf, &stored);
 * 		r = hj_service_listen(&s, stored); takes LISTEN_FDS: NAME.look, NAME.change, NAME.peer
 * 		return hj_service_run(&s);		  READY=1, loop, STOPPING=1; the exit status
 * 	}
 *
 * SIGTERM and SIGINT leave the loop. Without LISTEN_FDS a daemon says so and what to do, and exits 2. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "hjgate/ipc_server.h"

#define HJ_EXIT_OK        0
#define HJ_EXIT_REFUSED   1
#define HJ_EXIT_USAGE     2
#define HJ_EXIT_TEMPORARY 111

#define HJ_PATH_MAX 256 /* bytes; a socket's path must fit sun_path (107), checked where it is made */

struct hj_service {
	/* set by main() */
	const char *name;                                 /* "meterd" */
	const char *about;                                /* N_(), for --help */
	bool templated;                                   /* takes an instance as its argument: hjgate-meterd north */
	const struct hj_ipc_interface *const *interfaces; /* NULL-terminated */
	void (*spare)(void *userdata); /* gives back what its work can do without; once a minute. NULL: nothing */
	bool has_adhoc; /* takes --adhoc: serves one command, and keeps nothing, until that has left */
	/* set by hj_service_init() */
	const char *root;     /* "" when not given */
	const char *instance; /* NULL unless templated */
	bool check_only, adhoc;
	sd_event *event;
	struct hj_ipc_server *server;
	void *userdata; /* of hj_service_listen() */
	char ident[64]; /* "meterd@north": before each log line and each socket's name */
};

/* 0; 1 when the work is done (--help, --version); -EINVAL for wrong usage, which it has said. */
int hj_service_init(struct hj_service *s, int argc, char **argv);
/* -ENOTSOCK when no socket was handed over. Every failure is logged. */
int hj_service_listen(struct hj_service *s, void *userdata);
int hj_service_run(struct hj_service *s);
void hj_service_done(struct hj_service *s);
/* The exit status after a step gave r: HJ_EXIT_USAGE where the same start would fail again, else
 * HJ_EXIT_TEMPORARY. */
static inline int hj_service_exit(int r)
{
	if (r >= 0)
		return HJ_EXIT_OK;
	return r == -EINVAL || r == -ENOTSOCK ? HJ_EXIT_USAGE : HJ_EXIT_TEMPORARY;
}
void hj_service_locale(void); /* gettext for this process; hj_service_init() calls it, the command does too */
void hj_service_status(const char *format, ...) _printf_(1, 2); /* STATUS= for systemctl status */

/* ROOT + "/etc/hjgate" and so on, each with `rest` behind it. -ENAMETOOLONG. */
enum hj_dir { HJ_DIR_ETC, HJ_DIR_RUN, HJ_DIR_STATE, HJ_DIR_SHARE };
int hj_path(const char *root, enum hj_dir dir, const char *rest, char ret[HJ_PATH_MAX]);
/* Makes the folder of an absolute path and those above it, where they are absent. -errno. */
int hj_make_folders(const char *path, mode_t mode);
/* A folder of one's own below /var/lib/hjgate, made where absent; -ENOENT where that itself is absent, which the unit
 * or `hjgate run` makes. */
int hj_state_folder(const char *root, const char *rest, mode_t mode, char ret[HJ_PATH_MAX]);
/* Brings the names in this folder, or in the one that `path` lies in, to the disk. -errno; -EINVAL where the file
 * system knows no such thing. */
int hj_sync_folder(const char *folder);
int hj_sync_parent(const char *path);
/* The file anew, whole or not at all, on the disk when this is over: by way of PATH.part. -errno. */
#define HJ_PART ".part"
int hj_write_whole(const char *path, const void *data, size_t n, mode_t mode);
