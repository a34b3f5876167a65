/* `hjgate run`, in parts: run.c (the command), run_suite.c (which programs; reload and stop), run_program.c (one of
 * them), run_socket.c (folders, the lock, sockets), run_control.c (what others ask of it), run_stamp.c (which file
 * changed), run_tell.c (what a program said; what eventd is told). */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "cli.h"

#define RUN_SOCKETS 3 /* look, change, peer */

struct run_kind {
	const char *name;   /* "meterd" */
	const char *folder; /* of its instances; NULL: there is one */
	unsigned tier;      /* whoever needs another has the higher one, and is stopped before it */
	const char *file;   /* of what is configured below etc/hjgate beside hjgate.conf; NULL: nothing */
	bool on_demand;     /* starts at the first connection and ends when it has nothing to do */
	bool needs_file;    /* without that there is none */
	bool of_buses;      /* it reads what the buses' files say, too */
	bool of_factors;    /* likewise, of factors */
};

enum run_state { RUN_DOWN, RUN_STARTING, RUN_UP, RUN_STOPPING };

struct run_program {
	struct run *run;
	struct run_program *next;
	const struct run_kind *kind;
	char name[HJ_NAME_MAX + 16]; /* "meterd@north" */
	const char *instance;        /* within name; NULL */
	int sockets[RUN_SOCKETS];
	pid_t pid; /* 0 while down */
	enum run_state state;
	bool wanted;                /* by the configuration */
	uint64_t back_off, started; /* usec */
	uint64_t sign;              /* of life: when it last said that it is well */
	uint64_t doubted;           /* the sign that was found too old at the last look */
	unsigned failures;          /* starts in a row that soon came to an end */
	uint64_t told;              /* when eventd was, of the newest death that it was told of */
	unsigned deaths;            /* that nobody asked for, in all */
	char how[64];               /* of the newest of them */
	sd_event_source *child, *timer;
	sd_event_source *knock[RUN_SOCKETS]; /* of one that waits for its first connection */
	uint64_t stamp;                      /* of its configuration: run_stamp_changed() */
	bool changed;                        /* that, at this reading */
	bool adhoc;                          /* for one command; not watched, not configured */
	const char *served;                  /* its --root where that is not where its sockets are; NULL */
};

struct run_client; /* run_control.c */

struct run {
	const char *root;
	bool verbose;
	char beside[PATH_MAX]; /* the folder of this command: programs are there, or where they are installed */
	char notify_path[HJ_PATH_MAX], control_path[HJ_PATH_MAX];
	sd_event *event;
	int lock, notify, control;
	struct run_client *clients;
	struct run_program *programs;
	uint64_t stamp; /* of hjgate.conf */
	uint64_t factors;
	bool stopping;
	pid_t checker; /* reads the configuration; 0 = none */
	bool check_again;
};

void run_find_folder(struct run *run); /* `beside` */

/* run_socket.c */
int run_folders_make(struct run *run);
int run_lock(struct run *run); /* -EBUSY: another serves this root, which is said */
int run_boot_id_write(const struct run *run);
int run_notify_open(struct run *run);
/* A socket of this type for the owner alone, bound; its path. */
int run_socket_bind(struct run *run, int type, const char *name, char ret_path[HJ_PATH_MAX], int *ret);
int run_sockets_open(struct run_program *p);
void run_sockets_close(struct run_program *p);

/* run_program.c */
int run_program_new(struct run *run, const struct run_kind *kind, const char *instance);
void run_program_free(struct run_program *p); /* takes it out of the list */
void run_program_start(struct run_program *p);
void run_program_begin(struct run_program *p); /* starts it, or waits for who asks for it */
void run_program_stop(struct run_program *p);  /* starts again when it is gone, unless unwanted or all stops */
void run_program_ready(struct run_program *p);
/* In the child: takes its sockets and becomes the program; never returns. */
void run_program_become(const struct run_program *p, pid_t parent);

/* run_suite.c */
int run_suite_start(struct run *run);
void run_suite_reload(struct run *run);
void run_suite_stop(struct run *run); /* step by step; ends the loop when nothing is left */
void run_suite_free(struct run *run);

/* verb: start, stop, restart. NULL, or why not. */
const char *run_suite_act(struct run *run, const char *verb, const char *name);

/* run_control.c */
int run_control_open(struct run *run);
void run_control_close(struct run *run);

/* run_stamp.c: whether folder/NAME.conf below etc/hjgate (folder NULL: there itself) is another than last time. */
bool run_stamp_changed(const char *root, const char *folder, const char *name, uint64_t *stamp);
/* Likewise of factors.conf and factors.d together. */
bool run_stamp_factors_changed(const char *root, uint64_t *stamp);

/* run_tell.c */
int run_on_notify(sd_event_source *source, int fd, uint32_t revents, void *userdata);
/* Texts without quotes and backslashes only. value2 may be NULL. */
void run_tell(const struct run *run, const char *code, const char *key, const char *name, const char *value,
        const char *name2, const char *value2);

uint64_t run_now(void);
