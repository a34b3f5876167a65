/* The programs of a world, unmodified, in one process and one thread: each is a shared object whose main() runs on a
 * stack of its own, and where it would wait (epoll, poll, a sleep) the next one runs. When nobody has anything to do
 * the clock of tests/crash/clock.h is turned to what is due first. So a month passes in seconds, and the same seed
 * gives the same month. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../crash/clock.h"

#define PROGRAMS_MOST 16
#define CHANCES       16

/* ---- what happens when ---- */
typedef void (*world_fn)(void *data);
void sched_init(void); /* before any descriptor is opened */
void sched_seed(uint64_t seed);
void sched_at(hj_usec at, world_fn fn, void *data); /* mono */
void sched_in(hj_usec after, world_fn fn, void *data);
void sched_forget(void *data); /* what was to happen to it does not */
void sched_watch(int fd, world_fn readable, void *data);
void sched_unwatch(int fd);
/* Until then, or until sched_stop(). */
void sched_run(hj_usec until);
void sched_stop(void);
void sched_after(void (*fn)(void));       /* called when programs have run, or the clock has moved */
uint64_t chance(uint64_t most);           /* 0 .. most - 1, by the seed */
bool one_in(uint64_t n);                  /* true so seldom; 0: never */
uint64_t between(uint64_t a, uint64_t b); /* a .. b */
/* Each of several things is decided by chances of its own, so that one that is left out changes nothing of the
 * others. The one before is what is returned. */
unsigned chance_use(unsigned which);
void world_step_clock(int64_t by_ms);

/* ---- programs ---- */
struct program;
/* Its main() with `--root root` and its instance; the sockets are made below root. */
struct program *program_start(const char *service, const char *instance, const char *root);
/* A command of hjgate; what it prints goes into a file. */
struct program *program_command(const char *const *words, const char *root, const char *output);
bool program_runs(const struct program *p); /* NULL: no */
int program_status(const struct program *p);
void program_stop(struct program *p); /* as SIGTERM */
void program_kill(struct program *p); /* as SIGKILL; p is gone */
const char *program_name(const struct program *p);

/* ---- what the calls of the system ask of the world ---- */
extern struct program *program_now;                                      /* NULL: the world itself */
void fibre_wait(int epoll, void *fds, unsigned count, hj_usec deadline); /* fds: struct pollfd */
hj_usec fibre_wait_until(int64_t usec);                                  /* < 0: never */
void fibre_wake(int epoll); /* who waits there */
bool fibre_asks(int epoll); /* whether the kernel has to be asked what is there */
void fd_made(int fd);
void fd_closed(int fd);
void fd_stirs(void); /* one of them may be ready that was not, or the other way round */
/* platform.c: -1 and errno, or 0 */
int world_connect(int fd, unsigned port);
/* line.c */
int world_line_open(const char *port);
void tfd_fire(void);
hj_usec tfd_next(void);
void tfd_forget(int fd);
void sql_forget(const struct program *p);
void *event_of(struct program *p, void *set); /* sd_event */
int listen_of(struct program *p, char ***ret_names);
