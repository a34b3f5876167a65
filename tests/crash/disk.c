/* See disk.h. The system's calls that change a file are answered here, in the program itself, and so before libc: for
 * SQLite as for our own code. The real file is always as the programs see it; beside it `safe` is what the disk
 * holds, and `waiting` what it has not been told to keep. A fault of this file is a false alarm or a missed one, so
 * it is held to what a disk may do and no more: a file's data and its name are synced apart. */
/* long because: the system's calls and what the disk makes of them share all of their state */
#undef _FORTIFY_SOURCE
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel.h"

#define FDS          1024
#define NAMES        64 /* files below the folder at a time */
#define PATH_BYTES   512
#define FORGET_EVERY 64 /* files made */
#define SEEN_BYTES                                                                                                   \
	((size_t)1 << (sizeof(void *) > 4 ? 28 : 20)) /* of a file at most; further on the kernel is asked */

struct write {
	struct write *next;
	uint64_t at;
	size_t n;
	bool resize; /* to `at` bytes; no data */
	uint8_t data[];
};

struct file {
	struct file *next;
	uint8_t *data; /* what is safe of it: `held` bytes, then zeros up to `size` */
	uint64_t held, room, size;
	struct write *waiting, **end;
	bool is_live;
	uint64_t dead; /* that came before it, and are no more: each would have had its chance */
	/* The real one, as far as its end, without a call of the system for each page; NULL: not open, or not so. */
	uint8_t *seen;
	uint64_t seen_size;
	ino_t seen_inode;
};

struct names {
	struct name {
		char path[PATH_BYTES];
		struct file *file;
	} list[NAMES];
	size_t count;
};

enum deed_kind { LINK, UNLINK, RENAME };
struct deed {
	struct deed *next;
	enum deed_kind kind;
	struct file *file;
	char path[PATH_BYTES], to[PATH_BYTES];
};

struct disk_counts disk_counts;

static char folder[PATH_BYTES];
static size_t folder_length;
static struct file *files, *by_fd[FDS], *seen_by_fd[FDS];
static bool folder_by_fd[FDS];
static struct names seen, safe;
static struct deed *deeds, **deeds_end = &deeds;
static uint64_t random_state, operations_left, files_made;
static bool gone, lies, count_only;
static int refusing;

/* A world with programs of its own wants to know whose descriptors these are. */
__attribute__((weak)) void fd_made(int fd);
__attribute__((weak)) void fd_closed(int fd);
__attribute__((weak)) void fd_stirs(void);

static void fault(const char *what)
{
	fprintf(stderr, "tests/crash/disk: %s\n", what);
	abort();
}

static void *must(void *p)
{
	if (!p)
		fault("no memory");
	return p;
}

/* ---- chance ---- */

static uint64_t chance(uint64_t most)
{
	uint64_t z = (random_state += 0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % most;
}

/* ---- files ---- */

static void forget_dead(void);

static struct file *file_new(void)
{
	struct file *f = must(calloc(1, sizeof(*f)));

	if (++files_made % FORGET_EVERY == 0)
		forget_dead();
	f->end = &f->waiting;
	f->next = files;
	files = f;
	return f;
}

static void file_hold(struct file *f, uint64_t bytes)
{
	if (bytes > f->room) {
		f->room = bytes * 2;
		f->data = must(realloc(f->data, f->room));
	}
	if (bytes > f->held) {
		memset(f->data + f->held, 0, bytes - f->held);
		f->held = bytes;
	}
}

static void file_put(struct file *f, uint64_t at, const uint8_t *data, size_t n)
{
	file_hold(f, at + n);
	memcpy(f->data + at, data, n);
	f->size = f->size > at + n ? f->size : at + n;
}

static void file_apply(struct file *f, const struct write *w)
{
	if (!w->resize) {
		file_put(f, w->at, w->data, w->n);
		return;
	}
	f->size = w->at;
	f->held = f->held < w->at ? f->held : w->at;
}

/* A sector at a time, as the disk would. */
static void file_tear(struct file *f, const struct write *w)
{
	for (uint64_t at = w->at, end = w->at + w->n; at < end;) {
		uint64_t next = (at / DISK_SECTOR + 1) * DISK_SECTOR;
		uint64_t upto = next < end ? next : end;

		if (chance(2))
			file_put(f, at, w->data + (at - w->at), (size_t)(upto - at));
		at = upto;
	}
}

static void file_forget(struct file *f)
{
	while (f->waiting) {
		struct write *w = f->waiting;

		f->waiting = w->next;
		free(w);
	}
	f->end = &f->waiting;
}

static void file_unsee(struct file *f)
{
	if (!f->seen)
		return;
	munmap(f->seen, SEEN_BYTES);
	f->seen = NULL;
	for (int fd = 0; fd < FDS; fd++)
		if (seen_by_fd[fd] == f)
			seen_by_fd[fd] = NULL;
}

/* What is written and read here and there, as SQLite does. */
static void file_see(struct file *f, int fd, const struct stat *st)
{
	if (f->seen && f->seen_inode != st->st_ino)
		file_unsee(f);
	if (!f->seen) {
		void *p = mmap(NULL, SEEN_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);

		if (p == MAP_FAILED)
			return;
		f->seen = p;
	}
	f->seen_inode = st->st_ino;
	f->seen_size = (uint64_t)st->st_size;
	for (int i = 0; i < FDS; i++) /* whoever writes, its size is known */
		if (by_fd[i] == f)
			seen_by_fd[i] = f;
}

static void shrunk(struct file *f, uint64_t size)
{
	if (f->seen_size > size)
		f->seen_size = size;
}

static bool file_sees(const struct file *f, off64_t at, size_t n)
{
	return f && f->seen && (uint64_t)at + n <= f->seen_size && (uint64_t)at + n <= SEEN_BYTES;
}

static void file_sync(struct file *f)
{
	for (const struct write *w = f->waiting; w; w = w->next)
		file_apply(f, w);
	file_forget(f);
}

/* ---- names ---- */

static struct name *find(struct names *n, const char *path)
{
	for (size_t i = 0; i < n->count; i++)
		if (!strcmp(n->list[i].path, path))
			return &n->list[i];
	return NULL;
}

static void unname(struct names *n, const char *path)
{
	struct name *at = find(n, path);

	if (at)
		*at = n->list[--n->count];
}

static void name(struct names *n, const char *path, struct file *f)
{
	struct name *at = find(n, path);

	if (!at) {
		if (n->count == NAMES)
			fault("too many files");
		at = &n->list[n->count++];
		snprintf(at->path, sizeof(at->path), "%s", path);
	}
	at->file = f;
}

static void mark(const struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		n->list[i].file->is_live = true;
}

/* What has no name, nor will have one, and is not open; but not the newest, which counts the dead before it. */
static void forget_dead(void)
{
	for (struct file *f = files; f; f = f->next)
		f->is_live = f->waiting;
	mark(&seen);
	mark(&safe);
	for (int fd = 0; fd < FDS; fd++)
		if (by_fd[fd])
			by_fd[fd]->is_live = true;
	for (const struct deed *d = deeds; d; d = d->next)
		if (d->file)
			d->file->is_live = true;
	for (struct file *f = files; f; f = f->next)
		while (f->next && !f->next->is_live) {
			struct file *dead = f->next;

			f->next = dead->next;
			f->dead += 1 + dead->dead;
			file_unsee(dead);
			free(dead->data);
			free(dead);
		}
}

static void do_deed(struct names *n, const struct deed *d)
{
	struct name *from;

	switch (d->kind) {
	case LINK:
		name(n, d->path, d->file);
		break;
	case UNLINK:
		unname(n, d->path);
		break;
	case RENAME:
		from = find(n, d->path);
		if (from) {
			name(n, d->to, from->file);
			unname(n, d->path);
		}
		break;
	}
}

static void forget_deeds(void)
{
	while (deeds) {
		struct deed *d = deeds;

		deeds = d->next;
		free(d);
	}
	deeds_end = &deeds;
}

static void sync_names(void)
{
	for (const struct deed *d = deeds; d; d = d->next)
		do_deed(&safe, d);
	forget_deeds();
}

static bool is_ours(const char *path)
{
	return folder_length && path && !strncmp(path, folder, folder_length) && path[folder_length] == '/';
}

/* ---- the power ---- */

/* Once the power is known to have gone, each write has its own luck; so that cuts are not all alike, how much luck
 * there is differs from cut to cut, and some lose everything or nothing. */
static void decide_file(struct file *f, uint64_t luck)
{
	for (const struct write *w = f->waiting; w; w = w->next) {
		if (chance(100) < luck) {
			file_apply(f, w);
			disk_counts.kept++;
		} else if (!w->resize && luck && chance(3) == 0) {
			file_tear(f, w);
			disk_counts.torn++;
		} else {
			disk_counts.lost++;
		}
	}
	file_forget(f);
}

void disk_cut(void)
{
	static const uint8_t lucks[] = { 0, 0, 20, 50, 50, 80, 100 };
	size_t count = 0;

	if (gone)
		return;
	gone = true;
	for (const struct deed *d = deeds; d; d = d->next)
		count++;
	count = chance(count + 1);
	for (const struct deed *d = deeds; d && count; d = d->next, count--)
		do_deed(&safe, d);
	forget_deeds();
	for (struct file *f = files; f; f = f->next) {
		decide_file(f, lucks[chance(sizeof(lucks))]);
		for (uint64_t n = f->dead; n; n--)
			chance(sizeof(lucks));
	}
}

/* One operation: false when it is none of the disk's any more. */
static bool tick(void)
{
	if (gone)
		return false;
	disk_counts.operations++;
	return !count_only;
}

static void tock(void)
{
	if (!gone && operations_left && !--operations_left)
		disk_cut();
}

static void note_write(struct file *f, uint64_t at, const void *data, size_t n)
{
	struct write *w;

	disk_counts.writes += !gone;
	disk_counts.bytes += gone ? 0 : n;
	if (!tick())
		return;
	w = must(calloc(1, sizeof(*w) + n));
	w->at = at;
	w->n = n;
	memcpy(w->data, data, n);
	*f->end = w;
	f->end = &w->next;
	tock();
}

static void note_size(struct file *f, uint64_t size)
{
	struct write *w;

	if (!tick())
		return;
	w = must(calloc(1, sizeof(*w)));
	w->at = size;
	w->resize = true;
	*f->end = w;
	f->end = &w->next;
	tock();
}

static void note_deed(enum deed_kind kind, const char *path, const char *to, struct file *f)
{
	struct deed *d;

	if (!tick())
		return;
	d = must(calloc(1, sizeof(*d)));
	d->kind = kind;
	d->file = f;
	snprintf(d->path, sizeof(d->path), "%s", path);
	snprintf(d->to, sizeof(d->to), "%s", to ? to : "");
	do_deed(&seen, d);
	*deeds_end = d;
	deeds_end = &d->next;
	tock();
}

static int note_sync(int fd)
{
	struct file *f = fd >= 0 && fd < FDS ? by_fd[fd] : NULL;
	bool names = fd >= 0 && fd < FDS && folder_by_fd[fd];

	if (!f && !names)
		return 0;
	disk_counts.syncs += !gone && f;
	if (!tick())
		return 1;
	tock(); /* the power may go before the sync has done anything */
	if (gone || lies)
		return 1;
	if (f)
		file_sync(f);
	else
		sync_names();
	return 1;
}

/* ---- the system's calls ---- */

static struct file *of(int fd)
{
	return fd >= 0 && fd < FDS ? by_fd[fd] : NULL;
}

static struct file *load(const char *path)
{
	struct file *f = file_new();
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
	uint8_t piece[65536];
	ssize_t n;

	while (fd >= 0 && (n = syscall(SYS_read, fd, piece, sizeof(piece))) > 0)
		file_put(f, f->size, piece, (size_t)n);
	if (fd >= 0)
		syscall(SYS_close, fd);
	name(&seen, path, f);
	name(&safe, path, f);
	return f;
}

static void opened(int fd, const char *path, int flags, bool fresh)
{
	struct name *known = find(&seen, path);
	struct stat st;

	if (fd >= FDS)
		fault("too many descriptors");
	if (!fstat(fd, &st) && S_ISDIR(st.st_mode)) {
		folder_by_fd[fd] = true;
		return;
	}
	if (fresh) {
		by_fd[fd] = file_new();
		note_deed(LINK, path, NULL, by_fd[fd]);
	} else {
		by_fd[fd] = known ? known->file : load(path);
		if (flags & O_TRUNC) {
			note_size(by_fd[fd], 0);
			shrunk(by_fd[fd], 0);
		}
	}
	if ((flags & O_RDWR || by_fd[fd]->seen) && !gone && !fstat(fd, &st))
		file_see(by_fd[fd], fd, &st);
}

static int open_any(const char *path, int flags, mode_t mode)
{
	bool ours = is_ours(path) || (folder_length && path && !strcmp(path, folder));
	bool fresh = ours && flags & O_CREAT && syscall(SYS_faccessat, AT_FDCWD, path, F_OK) < 0;
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);

	if (fd >= 0 && ours)
		opened(fd, path, flags, fresh);
	if (fd >= 0 && fd_made)
		fd_made(fd);
	return fd;
}

int open64(const char *path, int flags, ...)
{
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return open_any(path, flags, mode);
}

int __open64_2(const char *path, int flags);
int __open64_2(const char *path, int flags)
{
	return open_any(path, flags, 0);
}

int close(int fd)
{
	if (fd_closed)
		fd_closed(fd);
	if (fd >= 0 && fd < FDS) {
		by_fd[fd] = seen_by_fd[fd] = NULL;
		folder_by_fd[fd] = false;
	}
	return (int)syscall(SYS_close, fd);
}

static bool refused(int fd)
{
	if (!refusing || !of(fd))
		return false;
	errno = refusing;
	return true;
}

static void stir(void)
{
	if (fd_stirs)
		fd_stirs();
}

static struct file *seen_of(int fd)
{
	return fd >= 0 && fd < FDS ? seen_by_fd[fd] : NULL;
}

static void grown(int fd, uint64_t size)
{
	struct file *f = seen_of(fd);

	if (f && size > f->seen_size)
		f->seen_size = size;
}

ssize_t pread64(int fd, void *data, size_t n, off64_t at)
{
	struct file *f = seen_of(fd);

	if (!file_sees(f, at, n))
		return kernel_pread(fd, data, n, at);
	memcpy(data, f->seen + at, n);
	return (ssize_t)n;
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at)
{
	struct file *f = seen_of(fd);
	ssize_t done;

	if (refused(fd))
		return -1;
	if (of(fd))
		note_write(of(fd), (uint64_t)at, data, n);
	if (file_sees(f, at, n)) {
		memcpy(f->seen + at, data, n);
		return (ssize_t)n;
	}
	done = kernel_pwrite(fd, data, n, at);
	if (done > 0)
		grown(fd, (uint64_t)(at + done));
	return done;
}

ssize_t write(int fd, const void *data, size_t n)
{
	off64_t at = 0;
	ssize_t done;

	if (refused(fd))
		return -1;
	stir();
	if (of(fd)) {
		at = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
		note_write(of(fd), (uint64_t)at, data, n);
	}
	done = syscall(SYS_write, fd, data, n);
	if (done > 0)
		grown(fd, (uint64_t)(at + done));
	return done;
}

int ftruncate64(int fd, off64_t size)
{
	if (of(fd)) {
		note_size(of(fd), (uint64_t)size);
		shrunk(of(fd), (uint64_t)size);
	}
	if (kernel_ftruncate(fd, size) < 0)
		return -1;
	grown(fd, (uint64_t)size);
	return 0;
}

int fallocate64(int fd, int mode, off64_t at, off64_t n)
{
	struct stat st;

	if (refused(fd))
		return -1;
	if (!of(fd) || mode)
		return kernel_fallocate(fd, mode, at, n);
	if (fstat(fd, &st) < 0 || at + n <= st.st_size)
		return 0;
	note_size(of(fd), (uint64_t)(at + n));
	if (kernel_ftruncate(fd, at + n) < 0) /* here there is always room */
		return -1;
	grown(fd, (uint64_t)(at + n));
	return 0;
}

int fdatasync(int fd)
{
	return note_sync(fd) ? 0 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
	return note_sync(fd) ? 0 : (int)syscall(SYS_fsync, fd);
}

int unlink(const char *path)
{
	int r = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);

	stir();
	if (!r && is_ours(path))
		note_deed(UNLINK, path, NULL, NULL);
	return r;
}

int rename(const char *from, const char *to)
{
	int r = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);

	stir();
	if (r || !is_ours(from))
		return r;
	if (!find(&seen, from))
		load(from);
	note_deed(RENAME, from, to, NULL);
	return 0;
}

int link(const char *from, const char *to)
{
	int r = (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);

	stir();
	if (!r && is_ours(to)) {
		struct name *known = find(&seen, from);

		note_deed(LINK, to, NULL, known ? known->file : load(from));
	}
	return r;
}

/* ---- driving it ---- */

static int load_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	if (type == FTW_F)
		load(path);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	if (type == FTW_F || type == FTW_SL)
		syscall(SYS_unlinkat, AT_FDCWD, path, 0);
	return 0;
}

void disk_begin(const char *where)
{
	disk_end();
	snprintf(folder, sizeof(folder), "%s", where);
	folder_length = strlen(folder);
	nftw(folder, load_one, 8, FTW_PHYS);
}

void disk_end(void)
{
	forget_deeds();
	while (files) {
		struct file *f = files;

		files = f->next;
		file_forget(f);
		file_unsee(f);
		free(f->data);
		free(f);
	}
	seen.count = safe.count = folder_length = 0;
	memset(by_fd, 0, sizeof(by_fd));
	memset(seen_by_fd, 0, sizeof(seen_by_fd));
	memset(folder_by_fd, 0, sizeof(folder_by_fd));
	operations_left = 0;
	gone = lies = count_only = false;
	refusing = 0;
}

void disk_arm(uint64_t seed, uint64_t operations)
{
	random_state = seed;
	operations_left = operations;
}

bool disk_gone(void)
{
	return gone;
}

void disk_lie(bool yes)
{
	lies = yes;
}

void disk_refuse(int error)
{
	refusing = error;
}

void disk_count_only(bool yes)
{
	count_only = yes;
}

static void lay_down(const struct name *n)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, n->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || kernel_ftruncate(fd, n->file->size) < 0 ||
	        kernel_pwrite(fd, n->file->data, n->file->held, 0) != (ssize_t)n->file->held)
		fault("cannot lay down what the disk holds");
	syscall(SYS_close, fd);
}

void disk_restore(void)
{
	if (!gone)
		fault("the power has not gone");
	for (int fd = 0; fd < FDS; fd++)
		if (by_fd[fd])
			fault("a file of before the cut is still open");
	for (struct file *f = files; f; f = f->next)
		file_unsee(f);
	nftw(folder, remove_one, 8, FTW_PHYS);
	for (size_t i = 0; i < safe.count; i++)
		lay_down(&safe.list[i]);
	seen = safe;
	operations_left = 0;
	gone = false;
}
