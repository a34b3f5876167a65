/* See fibre.h. A program that is killed leaves what it had allocated; its descriptors and its SQLite connections are
 * closed, since the kernel would do so, and nothing of it runs again. */
/* long because: who runs when, and what becomes of whom, is one machine */
#undef _FORTIFY_SOURCE /* its longjmp() wants one stack */
#include "fibre.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <systemd/sd-event.h>
#include <ucontext.h>
#include <unistd.h>

#include "hjgate/cleanup.h"

#define STACK_BYTES  (1u << 20)
#define FDS          1024
#define EVENTS_MOST  4096
#define READY_MOST   64
#define SOCKETS      3
#define FIRST_SOCKET 3
#define KEPT_FROM    16
#define TURNS_MOST   200000 /* without the clock moving: somebody turns in a circle */

struct program {
	bool used, runs, is_command, entered, ready;
	/* where it waits */
	int epoll;
	struct pollfd *fds;
	unsigned fd_count;
	hj_usec deadline;
	jmp_buf here;
	char service[16], instance[32], ident[48], root[48], output[256];
	const char *words[12];
	void *object;
	int (*main)(int argc, char **argv);
	int status;
	ucontext_t context;
	void *stack;
	sd_event *event;
	int sockets[SOCKETS], socket_count;
};

struct happening {
	hj_usec at;
	uint64_t order;
	world_fn fn;
	void *data;
};

struct program *program_now;

static struct program programs[PROGRAMS_MOST];
static struct program *owner[FDS];
static struct {
	world_fn fn;
	void *data;
} watchers[FDS];
static uint64_t heard[FDS / 64]; /* of the watched: a bit each */
static struct happening heap[EVENTS_MOST];
static size_t heap_count;
static uint64_t heap_order, random_states[CHANCES];
static unsigned random_now;
static jmp_buf home;
static int master = -1;
static bool stopping;
static void (*when_ran)(void);
/* What the kernel said the last time, which holds until something stirs it: nobody else has a hand in these
 * descriptors. */
static struct epoll_event said[READY_MOST];
static long said_count;
static bool stirred = true;

_Noreturn static void broken(const char *what)
{
	fprintf(stderr, "tests/world: %s\n", what);
	abort();
}

/* ---- chance ---- */

uint64_t chance(uint64_t most)
{
	uint64_t z = (random_states[random_now] += 0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return most ? (z ^ z >> 31) % most : 0;
}

unsigned chance_use(unsigned which)
{
	unsigned before = random_now;

	random_now = which;
	return before;
}

bool one_in(uint64_t n)
{
	return n && chance(n) == 0;
}

uint64_t between(uint64_t a, uint64_t b)
{
	return a + chance(b - a + 1);
}

/* ---- what happens when: a heap, in the order in which it was wanted where it is for the same time ---- */

static bool earlier(const struct happening *a, const struct happening *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void heap_sink(size_t i)
{
	for (;;) {
		size_t least = i, l = 2 * i + 1;
		struct happening h = heap[i];

		for (size_t k = l; k < l + 2 && k < heap_count; k++)
			if (earlier(&heap[k], &heap[least]))
				least = k;
		if (least == i)
			return;
		heap[i] = heap[least];
		heap[least] = h;
		i = least;
	}
}

void sched_at(hj_usec at, world_fn fn, void *data)
{
	size_t i = heap_count++;

	if (heap_count > EVENTS_MOST)
		broken("too much is to happen");
	heap[i] = (struct happening){ at, heap_order++, fn, data };
	while (i && earlier(&heap[i], &heap[(i - 1) / 2])) {
		struct happening h = heap[i];

		heap[i] = heap[(i - 1) / 2];
		heap[(i - 1) / 2] = h;
		i = (i - 1) / 2;
	}
}

void sched_in(hj_usec after, world_fn fn, void *data)
{
	sched_at(world_now.mono + after, fn, data);
}

static void do_nothing(void *data)
{
	(void)data;
}

void sched_forget(void *data)
{
	for (size_t i = 0; i < heap_count; i++)
		if (heap[i].data == data)
			heap[i].fn = do_nothing;
}

static bool happen(void)
{
	bool any = false;

	while (heap_count && heap[0].at <= world_now.mono) {
		struct happening h = heap[0];

		heap[0] = heap[--heap_count];
		heap_sink(0);
		h.fn(h.data);
		any = stirred = true;
	}
	return any;
}

/* ---- descriptors ---- */

static void raw_close(int fd)
{
	syscall(SYS_close, fd);
}

void fd_stirs(void)
{
	stirred = true;
}

void fd_made(int fd)
{
	stirred = true;
	if (fd >= FDS)
		broken("too many descriptors");
	if (fd >= 0)
		owner[fd] = program_now;
}

void fd_closed(int fd)
{
	if (fd < 0 || fd >= FDS)
		return;
	stirred = true;
	owner[fd] = NULL;
	tfd_forget(fd);
	for (size_t i = 0; i < PROGRAMS_MOST; i++)
		if (programs[i].epoll == fd)
			programs[i].epoll = -1;
}

void sched_watch(int fd, world_fn readable, void *data)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = PROGRAMS_MOST + (uint64_t)fd };

	stirred = true;
	watchers[fd].fn = readable;
	watchers[fd].data = data;
	if (epoll_ctl(master, EPOLL_CTL_ADD, fd, &e) < 0)
		broken("cannot watch a descriptor");
}

void sched_unwatch(int fd)
{
	stirred = true;
	epoll_ctl(master, EPOLL_CTL_DEL, fd, NULL);
	watchers[fd].fn = NULL;
	heard[fd / 64] &= ~(1ULL << fd % 64);
}

/* ---- turns ---- */

/* A context is for the first step onto a stack only: to change it later would be a call of the system each time, for
 * signals that nobody blocks. */
static void enter(struct program *p)
{
	p->ready = false;
	program_now = p;
	if (!_setjmp(home)) {
		if (p->entered)
			_longjmp(p->here, 1);
		p->entered = true;
		setcontext(&p->context);
	}
	program_now = NULL;
}

static void leave(struct program *p)
{
	if (!_setjmp(p->here))
		_longjmp(home, 1);
}

hj_usec fibre_wait_until(int64_t usec)
{
	return usec < 0 ? HJ_USEC_NEVER : world_now.mono + (hj_usec)usec;
}

void fibre_wait(int epoll, void *fds, unsigned count, hj_usec deadline)
{
	struct program *p = program_now;
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = (uint64_t)(p - programs) };

	if (epoll >= 0 && p->epoll != epoll) {
		if (epoll_ctl(master, EPOLL_CTL_ADD, epoll, &e) < 0 && errno != EEXIST)
			broken("cannot watch a program");
		p->epoll = epoll;
		stirred = true;
	}
	p->fds = fds;
	p->fd_count = count;
	p->deadline = deadline;
	leave(p);
}

void fibre_wake(int epoll)
{
	for (size_t i = 0; epoll >= 0 && i < PROGRAMS_MOST; i++)
		if (programs[i].runs && programs[i].epoll == epoll && !programs[i].fd_count)
			programs[i].ready = true;
}

/* False: its epoll has nothing to tell, which is known without asking. */
bool fibre_asks(int epoll)
{
	const struct program *p = program_now;

	if (stirred || !p || p->epoll != epoll)
		return true;
	for (long i = 0; i < said_count; i++)
		if (said[i].data.u64 == (uint64_t)(p - programs))
			return true;
	return false;
}

static void look_at_polls(void)
{
	for (size_t i = 0; i < PROGRAMS_MOST; i++) {
		struct program *p = &programs[i];
		struct timespec none = { 0 };

		if (p->runs && p->fd_count && syscall(SYS_ppoll, p->fds, p->fd_count, &none, NULL, 0) > 0)
			p->ready = true;
	}
}

static void look(void)
{
	if (stirred)
		said_count = syscall(SYS_epoll_wait, master, said, READY_MOST, 0);
	for (long i = 0; i < said_count; i++) {
		uint64_t which = said[i].data.u64;

		if (which >= PROGRAMS_MOST)
			heard[(which - PROGRAMS_MOST) / 64] |= 1ULL << (which - PROGRAMS_MOST) % 64;
		else if (!programs[which].fd_count) /* one that polls waits for nothing else */
			programs[which].ready = true;
	}
	if (stirred || said_count > 0)
		look_at_polls();
	stirred = false;
}

static bool turn(void)
{
	bool any = false;

	look();
	for (size_t i = 0; i < hj_array_size(heard); i++)
		while (heard[i]) {
			size_t fd = 64 * i + (size_t)__builtin_ctzll(heard[i]);

			heard[i] &= heard[i] - 1;
			any = true;
			if (watchers[fd].fn)
				watchers[fd].fn(watchers[fd].data);
		}
	for (size_t i = 0; i < PROGRAMS_MOST; i++) {
		struct program *p = &programs[i];

		if (p->runs && (p->ready || p->deadline <= world_now.mono)) {
			any = true;
			stirred |= p->is_command || !p->entered;
			enter(p);
		}
	}
	return any;
}

static void pass_to(hj_usec at)
{
	hj_usec ms;

	if (at <= world_now.mono)
		return;
	/* The wall clock has milliseconds: what is left over is not lost. */
	ms = at / HJ_USEC_PER_MS - world_now.mono / HJ_USEC_PER_MS;
	world_now.mono = at;
	world_now.wall_ms += (int64_t)ms;
}

static hj_usec next_due(void)
{
	hj_usec at = tfd_next();

	if (heap_count)
		at = hj_min(at, heap[0].at);
	for (size_t i = 0; i < PROGRAMS_MOST; i++)
		if (programs[i].runs)
			at = hj_min(at, programs[i].deadline);
	return at;
}

void sched_run(hj_usec until)
{
	unsigned turns = 0;

	stopping = false;
	while (!stopping) {
		hj_usec at;

		if (happen() && when_ran)
			when_ran();
		tfd_fire();
		if (stopping)
			return;
		if (turn()) {
			if (when_ran)
				when_ran();
			if (++turns > TURNS_MOST)
				broken("somebody turns in a circle");
			continue;
		}
		turns = 0;
		at = next_due();
		if (at > until) {
			pass_to(until);
			return;
		}
		pass_to(at);
	}
}

void sched_after(void (*fn)(void))
{
	when_ran = fn;
}

void sched_stop(void)
{
	stopping = true;
}

void sched_seed(uint64_t seed)
{
	for (unsigned i = 0; i < CHANCES; i++)
		random_states[i] = (seed * CHANCES + i) * 0xd1342543de82ef95 + 1;
}

void sched_init(void)
{
	for (int fd = FIRST_SOCKET; fd < KEPT_FROM; fd++)
		if (fcntl(fd, F_GETFD) < 0 && dup2(STDIN_FILENO, fd) < 0)
			broken("no descriptors");
	master = (int)syscall(SYS_epoll_create1, EPOLL_CLOEXEC);
	for (size_t i = 0; i < PROGRAMS_MOST; i++)
		programs[i].epoll = -1;
}

/* ---- programs ---- */

bool program_runs(const struct program *p)
{
	return p && p->runs;
}

int program_status(const struct program *p)
{
	return p->status;
}

const char *program_name(const struct program *p)
{
	return p->ident;
}

void *event_of(struct program *p, void *set)
{
	if (set)
		p->event = set;
	return p->event;
}

/* One copy of the object for each place, so that each has variables of its own. */
static void load(struct program *p)
{
	char from[300], to[300], exe[200];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	const char *sym = "main", *dir = getenv("HJ_WORLD_OBJECTS");
	struct stat st;

	exe[n > 0 ? n : 0] = '\0';
	if (strrchr(exe, '/'))
		*strrchr(exe, '/') = '\0';
	snprintf(to, sizeof(to), "%s/so.%zu.%s", p->root, (size_t)(p - programs), p->service);
	if (stat(to, &st) < 0) {
		int in, out;

		snprintf(from, sizeof(from), "%s/%s.so", dir ? dir : exe, p->service);
		if (dir && access(from, R_OK) < 0)
			snprintf(from, sizeof(from), "%s/%s.so", exe, p->service);
		in = (int)syscall(SYS_openat, AT_FDCWD, from, O_RDONLY);
		out = (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT, 0700);
		if (in < 0 || out < 0 || fstat(in, &st) < 0 ||
		        sendfile(out, in, NULL, (size_t)st.st_size) != st.st_size)
			broken("cannot copy a program");
		raw_close(in);
		raw_close(out);
	}
	p->object = dlopen(to, RTLD_NOW | RTLD_LOCAL);
	if (p->object)
		*(void **)&p->main = dlsym(p->object, sym);
	if (!p->object || !p->main)
		broken(dlerror());
}

static void make_sockets(struct program *p)
{
	static const char *const rights[SOCKETS] = { "look", "change", "peer" };

	for (int i = 0; i < SOCKETS; i++) {
		struct sockaddr_un to = { .sun_family = AF_UNIX };
		int fd = (int)syscall(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		snprintf(to.sun_path, sizeof(to.sun_path), "%s/run/hjgate/%s.%s", p->root, p->ident, rights[i]);
		syscall(SYS_unlink, to.sun_path);
		if (bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0 || listen(fd, 16) < 0)
			broken("cannot make a socket");
		p->sockets[i] = fd;
		owner[fd] = p;
	}
	p->socket_count = SOCKETS;
}

/* Into the places where they are handed over; they are the program's before another one runs. */
int listen_of(struct program *p, char ***ret_names)
{
	static const char *const rights[SOCKETS] = { "look", "change", "peer" };
	char **names = calloc(SOCKETS + 1, sizeof(*names));

	for (int i = 0; names && i < p->socket_count; i++) {
		char name[64];

		dup2(p->sockets[i], FIRST_SOCKET + i);
		raw_close(p->sockets[i]);
		owner[p->sockets[i]] = NULL;
		snprintf(name, sizeof(name), "%s.%s", p->ident, rights[i]);
		names[i] = strdup(name);
	}
	*ret_names = names;
	return p->socket_count;
}

static void release(struct program *p)
{
	sql_forget(p);
	for (int fd = KEPT_FROM; fd < FDS; fd++)
		if (owner[fd] == p)
			close(fd);
	if (p->object)
		dlclose(p->object);
	munmap(p->stack, STACK_BYTES);
	p->object = p->stack = NULL;
	p->event = NULL;
	p->runs = p->used = false;
	p->epoll = -1;
	p->fd_count = 0;
}

static void run(void)
{
	struct program *p = program_now;
	char *argv[16] = { (char *)"hjgate", (char *)"--root", p->root };
	int argc = 3, out = -1, before = -1;

	if (p->is_command) {
		out = (int)syscall(SYS_openat, AT_FDCWD, p->output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		before = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, KEPT_FROM);
		fflush(stdout);
		dup2(out, STDOUT_FILENO);
		for (int i = 0; p->words[i]; i++)
			argv[argc++] = (char *)p->words[i];
	} else if (p->instance[0]) {
		argv[argc++] = p->instance;
	}
	optind = 0;
	p->status = p->main(argc, argv);
	if (p->is_command) {
		fflush(stdout);
		dup2(before, STDOUT_FILENO);
		raw_close(before);
		raw_close(out);
	}
	p->runs = false;
	leave(p);
}

static struct program *place(void)
{
	for (size_t i = 0; i < PROGRAMS_MOST; i++)
		if (!programs[i].used)
			return &programs[i];
	broken("too many programs");
}

static struct program *begin(const char *service, const char *instance, const char *root)
{
	struct program *p = place();

	*p = (struct program){ .used = true, .runs = true, .epoll = -1, .ready = true, .deadline = HJ_USEC_NEVER };
	snprintf(p->service, sizeof(p->service), "%s", service);
	snprintf(p->root, sizeof(p->root), "%s", root);
	snprintf(p->instance, sizeof(p->instance), "%s", instance ? instance : "");
	snprintf(p->ident, sizeof(p->ident), "%s%s%s", service, instance ? "@" : "", instance ? instance : "");
	p->stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	load(p);
	getcontext(&p->context);
	p->context.uc_stack.ss_sp = p->stack;
	p->context.uc_stack.ss_size = STACK_BYTES;
	makecontext(&p->context, run, 0);
	return p;
}

struct program *program_start(const char *service, const char *instance, const char *root)
{
	struct program *p = begin(service, instance, root);

	make_sockets(p);
	return p;
}

struct program *program_command(const char *const *words, const char *root, const char *output)
{
	struct program *p = begin("cli", NULL, root);

	p->is_command = true;
	snprintf(p->output, sizeof(p->output), "%s", output);
	for (size_t i = 0; words[i] && i < hj_array_size(p->words) - 1; i++)
		p->words[i] = words[i];
	return p;
}

void program_stop(struct program *p)
{
	if (!program_runs(p))
		return;
	if (p->event)
		sd_event_exit(p->event, 0);
	p->ready = true;
}

void program_kill(struct program *p)
{
	if (p && p->used)
		release(p);
}
