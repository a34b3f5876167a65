/* The system's calls that wait, that make descriptors, or that reach out of the machine, answered in the program
 * itself and so before libc; those for time and for files are tests/crash's. What the world itself calls goes to the
 * kernel. */
/* long because: a call is a few lines, and they belong into one list */
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <modbus/modbus.h>
#include <openssl/rand.h>
#include <netinet/in.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "fibre.h"
#include "hjgate/cleanup.h"

#define TIMERS 128
#define STORES 32
#define FDS    1024

static int made(int fd)
{
	fd_made(fd);
	return fd;
}

/* ---- waiting ---- */

int epoll_create1(int flags)
{
	return made((int)syscall(SYS_epoll_create1, flags));
}

static bool has_rung(int epoll);
static int take_rung(int epoll, struct epoll_event *events, int most);

static int wait_epoll(int epoll, struct epoll_event *events, int most, int64_t usec)
{
	hj_usec deadline = fibre_wait_until(usec);
	int n;

	/* Whether something is there already the world finds out with all others'. */
	do {
		if (program_now && usec != 0 && !has_rung(epoll))
			fibre_wait(epoll, NULL, 0, deadline);
		n = fibre_asks(epoll) ? (int)syscall(SYS_epoll_wait, epoll, events, most, 0) : 0;
		if (n > 0)
			fd_stirs(); /* what was to be told once is not told again */
		n += n < 0 ? 0 : take_rung(epoll, events + n, most - n);
	} while (n == 0 && program_now && world_now.mono < deadline &&
	         deadline != HJ_USEC_NEVER); /* woken by the world: the caller looks round */
	return n;
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int ms)
{
	return wait_epoll(epoll, events, most, ms < 0 ? -1 : ms * 1000LL);
}

int epoll_pwait(int epoll, struct epoll_event *events, int most, int ms, const sigset_t *mask)
{
	return epoll_wait(epoll, events, most, ms);
}

static int64_t usec_of(const struct timespec *t)
{
	return t ? (int64_t)t->tv_sec * 1000000 + (t->tv_nsec + 999) / 1000 : -1;
}

int epoll_pwait2(int epoll, struct epoll_event *events, int most, const struct timespec *t, const sigset_t *mask)
{
	return wait_epoll(epoll, events, most, usec_of(t));
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *t, const sigset_t *mask)
{
	struct timespec none = { 0 };
	hj_usec deadline = fibre_wait_until(usec_of(t));
	int n = (int)syscall(SYS_ppoll, fds, count, &none, NULL, 0);

	while (n == 0 && program_now && world_now.mono < deadline) {
		fibre_wait(-1, fds, (unsigned)count, deadline);
		none = (struct timespec){ 0 };
		n = (int)syscall(SYS_ppoll, fds, count, &none, NULL, 0);
	}
	return n;
}

int poll(struct pollfd *fds, nfds_t count, int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	return ppoll(fds, count, ms < 0 ? NULL : &t, NULL);
}

int __poll_chk(struct pollfd *fds, nfds_t count, int ms, size_t size);
int __poll_chk(struct pollfd *fds, nfds_t count, int ms, size_t size)
{
	return poll(fds, count, ms);
}

int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *t, const sigset_t *mask, size_t size);
int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *t, const sigset_t *mask, size_t size)
{
	return ppoll(fds, count, t, mask);
}

static int sleep_until(hj_usec deadline)
{
	while (program_now && world_now.mono < deadline)
		fibre_wait(-1, NULL, 0, deadline);
	return 0;
}

int nanosleep(const struct timespec *t, struct timespec *left)
{
	return sleep_until(fibre_wait_until(usec_of(t)));
}

int clock_nanosleep(clockid_t id, int flags, const struct timespec *t, struct timespec *left)
{
	return sleep_until(flags & TIMER_ABSTIME ? world_booted + (hj_usec)usec_of(t) : fibre_wait_until(usec_of(t)));
}

int usleep(useconds_t usec)
{
	return sleep_until(fibre_wait_until(usec));
}

/* ---- timers: the system knows nothing of them, what it says of others is completed ---- */

static struct timer {
	int fd, epoll; /* that it is watched by; -1: none */
	epoll_data_t data;
	bool wall, armed, cancels, cancelled, fired;
	int64_t at; /* usec of its clock */
} timers[TIMERS];
static size_t timers_most; /* of which there ever were */
static struct timer *timer_of[FDS];

int timerfd_create(int clock, int flags)
{
	int fd = (int)syscall(SYS_eventfd2, 0, EFD_NONBLOCK | EFD_CLOEXEC);

	for (size_t i = 0; fd >= 0 && i < TIMERS; i++)
		if (!timer_of[timers[i].fd] || timer_of[timers[i].fd] != &timers[i]) {
			timers[i] = (struct timer){ .fd = fd,
				.epoll = -1,
				.wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM };
			timer_of[fd] = &timers[i];
			timers_most = hj_max(timers_most, i + 1);
			return made(fd);
		}
	abort();
}

int epoll_ctl(int epoll, int what, int fd, struct epoll_event *e)
{
	struct timer *t = fd >= 0 && fd < FDS ? timer_of[fd] : NULL;

	fd_stirs();
	if (!t)
		return (int)syscall(SYS_epoll_ctl, epoll, what, fd, e);
	t->epoll = what == EPOLL_CTL_DEL ? -1 : epoll;
	if (e)
		t->data = e->data;
	return 0;
}

static void ring(struct timer *t)
{
	t->fired = true;
	fibre_wake(t->epoll);
}

static int64_t now_of(const struct timer *t)
{
	return t->wall ? world_now.wall_ms * 1000 + (int64_t)(world_now.mono % HJ_USEC_PER_MS)
	               : (int64_t)(world_now.mono - world_booted);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *before)
{
	struct timer *t = timer_of[fd];
	int64_t usec = usec_of(&value->it_value);

	t->fired = t->cancelled = false;
	t->armed = usec != 0;
	t->cancels = flags & TFD_TIMER_CANCEL_ON_SET;
	t->at = flags & TFD_TIMER_ABSTIME ? usec : now_of(t) + usec;
	return 0;
}

ssize_t read(int fd, void *to, size_t n)
{
	struct timer *t = fd >= 0 && fd < FDS ? timer_of[fd] : NULL;

	if (!t) {
		fd_stirs();
		return syscall(SYS_read, fd, to, n);
	}
	if (t->cancelled || !t->fired) {
		errno = t->cancelled ? ECANCELED : EAGAIN;
		t->fired = t->cancelled = false;
		return -1;
	}
	t->fired = false;
	*(uint64_t *)to = 1;
	return sizeof(uint64_t);
}

void tfd_forget(int fd)
{
	timer_of[fd] = NULL;
}

static struct timer *each(struct timer *t)
{
	for (; t < timers + timers_most; t++)
		if (timer_of[t->fd] == t && t->armed && !t->fired)
			return t;
	return NULL;
}

static bool has_rung(int epoll)
{
	return take_rung(epoll, NULL, 0) > 0;
}

/* How many; those that there is room for are told. */
static int take_rung(int epoll, struct epoll_event *events, int most)
{
	int n = 0;

	for (const struct timer *t = timers; t < timers + timers_most; t++)
		if (t->fired && t->epoll == epoll && timer_of[t->fd] == t && (!events || n < most)) {
			if (events)
				events[n] = (struct epoll_event){ .events = EPOLLIN, .data = t->data };
			n++;
		}
	return n;
}

hj_usec tfd_next(void)
{
	hj_usec next = HJ_USEC_NEVER;

	for (struct timer *t = each(timers); t; t = each(t + 1)) {
		int64_t left = hj_max(t->at - now_of(t), (int64_t)0);

		next = hj_min(next, world_now.mono + (hj_usec)left);
	}
	return next;
}

void tfd_fire(void)
{
	for (struct timer *t = each(timers); t; t = each(t + 1))
		if (t->at <= now_of(t)) {
			t->armed = false;
			ring(t);
		}
}

void world_step_clock(int64_t by_ms)
{
	world_now.wall_ms += by_ms;
	for (size_t i = 0; i < timers_most; i++)
		if (timer_of[timers[i].fd] == &timers[i] && timers[i].cancels && !timers[i].fired) {
			timers[i].cancelled = true;
			ring(&timers[i]);
		}
}

/* ---- descriptors ---- */

int signalfd(int fd, const sigset_t *mask, int flags)
{
	return made((int)syscall(SYS_signalfd4, fd, mask, 8, flags));
}

int eventfd(unsigned count, int flags)
{
	return made((int)syscall(SYS_eventfd2, count, flags));
}

/* A program that is killed keeps none: a year of such lives is more than the kernel lets one user have. */
int inotify_init1(int flags)
{
	return made((int)syscall(SYS_inotify_init1, flags));
}

int socket(int domain, int type, int protocol)
{
	return made((int)syscall(SYS_socket, domain, type, protocol));
}

int accept4(int fd, struct sockaddr *from, socklen_t *n, int flags)
{
	return made((int)syscall(SYS_accept4, fd, from, n, flags));
}

int pipe2(int ends[2], int flags)
{
	int r = (int)syscall(SYS_pipe2, ends, flags);

	if (!r) {
		made(ends[0]);
		made(ends[1]);
	}
	return r;
}

int connect(int fd, const struct sockaddr *to, socklen_t n)
{
	fd_stirs();
	if (to->sa_family == AF_INET)
		return world_connect(fd, ntohs(((const struct sockaddr_in *)to)->sin_port));
	return (int)syscall(SYS_connect, fd, to, n);
}

ssize_t recv(int fd, void *to, size_t n, int flags)
{
	fd_stirs();
	return syscall(SYS_recvfrom, fd, to, n, flags, NULL, NULL);
}

ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
	fd_stirs();
	return syscall(SYS_recvmsg, fd, m, flags);
}

ssize_t send(int fd, const void *from, size_t n, int flags)
{
	fd_stirs();
	return syscall(SYS_sendto, fd, from, n, flags, NULL, 0);
}

ssize_t sendto(int fd, const void *from, size_t n, int flags, const struct sockaddr *to, socklen_t to_n)
{
	fd_stirs();
	return syscall(SYS_sendto, fd, from, n, flags, to, to_n);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	fd_stirs();
	return syscall(SYS_sendmsg, fd, m, flags);
}

int shutdown(int fd, int how)
{
	fd_stirs();
	return (int)syscall(SYS_shutdown, fd, how);
}

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	fd_stirs();
	return (int)syscall(SYS_inotify_add_watch, fd, path, mask);
}

int inotify_rm_watch(int fd, int watch)
{
	fd_stirs();
	return (int)syscall(SYS_inotify_rm_watch, fd, watch);
}

/* What TCP and a port can, what stands for them here cannot. */
int setsockopt(int fd, int level, int name, const void *value, socklen_t n)
{
	long r = syscall(SYS_setsockopt, fd, level, name, value, n);

	return level == IPPROTO_TCP || level == SOL_SOCKET ? 0 : (int)r;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *p;

	va_start(ap, request);
	p = va_arg(ap, void *);
	va_end(ap);
	return request == TIOCEXCL ? 0 : (int)syscall(SYS_ioctl, fd, request, p);
}

int tcflush(int fd, int queue)
{
	char bytes[512];

	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	return 0;
}

ssize_t getrandom(void *to, size_t n, unsigned flags)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = (uint8_t)chance(256);
	return (ssize_t)n;
}

/* ---- libraries ---- */

/* Keys and nonces too are the seed's: the heads of the chains go to the platforms. */
int RAND_bytes(unsigned char *to, int n)
{
	getrandom(to, (size_t)n, 0);
	return 1;
}

int RAND_priv_bytes(unsigned char *to, int n)
{
	return RAND_bytes(to, n);
}

int sd_event_default(sd_event **ret)
{
	sd_event *event = program_now ? event_of(program_now, NULL) : NULL;
	int r = 0;

	if (event) {
		*ret = sd_event_ref(event);
		return 0;
	}
	r = sd_event_new(&event);
	if (r >= 0 && program_now)
		event_of(program_now, event);
	*ret = event;
	return r;
}

int sd_listen_fds_with_names(int unset, char ***ret)
{
	return listen_of(program_now, ret);
}

int sd_notify(int unset, const char *state)
{
	return 0;
}

int mallopt(int what, int value)
{
	return 1;
}

int malloc_trim(size_t pad)
{
	return 0;
}

static struct store {
	sqlite3 *db;
	const struct program *owner;
} stores[STORES];

int sqlite3_open_v2(const char *path, sqlite3 **ret, int flags, const char *vfs)
{
	static int (*real)(const char *, sqlite3 **, int, const char *);
	int r;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sqlite3_open_v2");
	r = real(path, ret, flags, vfs);
	for (size_t i = 0; *ret && program_now && i < STORES; i++)
		if (!stores[i].db) {
			stores[i] = (struct store){ *ret, program_now };
			break;
		}
	return r;
}

static void forget_store(const sqlite3 *db)
{
	for (size_t i = 0; i < STORES; i++)
		if (stores[i].db == db)
			stores[i].db = NULL;
}

int sqlite3_close_v2(sqlite3 *db)
{
	static int (*real)(sqlite3 *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sqlite3_close_v2");
	forget_store(db);
	return real(db);
}

int sqlite3_close(sqlite3 *db)
{
	static int (*real)(sqlite3 *);
	int r;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sqlite3_close");
	r = real(db);
	if (r == SQLITE_OK)
		forget_store(db);
	return r;
}

/* As the kernel would: the files as they are, a transaction that was open without its end. */
void sql_forget(const struct program *p)
{
	for (size_t i = 0; i < STORES; i++) {
		sqlite3 *db = stores[i].db;
		sqlite3_stmt *s;
		int on = 1;

		if (!db || stores[i].owner != p)
			continue;
		sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
		while ((s = sqlite3_next_stmt(db, NULL)))
			sqlite3_finalize(s);
		sqlite3_close_v2(db);
	}
}

/* A serial port is one of the world's lines. */
struct _modbus {
	char port[256];
	int fd;
};

modbus_t *modbus_new_rtu(const char *port, int baud, char parity, int data, int stop)
{
	modbus_t *m = calloc(1, sizeof(*m));

	m->fd = -1;
	strncpy(m->port, port, sizeof(m->port) - 1);
	return m;
}

int modbus_connect(modbus_t *m)
{
	m->fd = world_line_open(m->port);
	return m->fd < 0 ? -1 : 0;
}

int modbus_get_socket(modbus_t *m)
{
	return m->fd;
}

void modbus_close(modbus_t *m)
{
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}

void modbus_free(modbus_t *m)
{
	free(m);
}
