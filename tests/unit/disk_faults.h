/* A disk that fails when it is told to: the system calls of SQLite and of the store, between them and the kernel. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../crash/kernel.h"

enum {
	ON_READ = 1,
	ON_WRITE = 2,
	ON_GROW = 4, /* writes beyond the end, and room set aside */
	ON_SYNC = 8,
	ON_CREATE = 16, /* files that are not there */
	ON_OPEN = 32,
	ON_OPEN_WRITE = 64,
};

static struct {
	int error;                        /* 0 = the disk is well */
	unsigned ops, left, skip, struck; /* left: operations still to fail, 0 = all; skip: those before the first */
} faults;

static inline void faults_begin(int error, unsigned ops, unsigned times, unsigned skip)
{
	faults.error = error;
	faults.ops = ops;
	faults.left = times;
	faults.skip = skip;
}

static inline void faults_end(void)
{
	faults.error = 0;
}

static inline unsigned faults_struck(void)
{
	return faults.struck;
}

static bool strikes(unsigned op)
{
	if (!faults.error || !(faults.ops & op))
		return false;
	if (faults.skip) {
		faults.skip--;
		return false;
	}
	errno = faults.error;
	faults.struck++;
	if (faults.left && !--faults.left)
		faults.error = 0;
	return true;
}

ssize_t pread64(int fd, void *data, size_t n, off64_t at)
{
	return strikes(ON_READ) ? -1 : kernel_pread(fd, data, n, at);
}

static bool grows(int fd, off64_t end)
{
	struct stat st;

	return !fstat(fd, &st) && end > st.st_size;
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at)
{
	if (strikes(ON_WRITE) || (grows(fd, at + (off64_t)n) && strikes(ON_GROW)))
		return -1;
	return kernel_pwrite(fd, data, n, at);
}

int fdatasync(int fd)
{
	return strikes(ON_SYNC) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
	return strikes(ON_SYNC) ? -1 : (int)syscall(SYS_fsync, fd);
}

int ftruncate64(int fd, off64_t length)
{
	return strikes(ON_WRITE) ? -1 : kernel_ftruncate(fd, length);
}

int fallocate64(int fd, int mode, off64_t at, off64_t length)
{
	return strikes(ON_WRITE) || strikes(ON_GROW) ? -1 : kernel_fallocate(fd, mode, at, length);
}

int open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & O_CREAT)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if (strstr(path, "/var/lib/") || strstr(path, "/proc/self/fd/")) { /* a folder of the state that is held */
		if (strikes(ON_OPEN) || ((flags & O_ACCMODE) != O_RDONLY && strikes(ON_OPEN_WRITE)) ||
		        ((flags & O_CREAT) && access(path, F_OK) < 0 && strikes(ON_CREATE)))
			return -1;
	}
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
