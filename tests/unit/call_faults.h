/* Calls that fail when they are told to, beside the heap's (heap_faults.h): those of this program itself to the disk,
 * SQLite, OpenSSL and the like, one at a time. What they would have done is not done. */
#pragma once

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "heap_faults.h"

__attribute__((unused)) static int call_error = EIO; /* what is said of it; by none under a sanitizer */

#if HEAP_REFUSES

/* On 32-bit ARM the headers give what has a time in it to a call of another name. */
static inline const char *call_symbol(const char *name)
{
#if defined(__arm__)
	if (!strcmp(name, "fstat64"))
		return "__fstat64_time64";
#endif
	return name;
}

/* The call `name`, which answers `refused` when its turn has come. Those that have a form with checks are as they are
 * declared. */
#define MAY_FAIL(type, name, parameters, arguments, refused)                                                         \
	HEAP_CALL MAY_FAIL_AS_DECLARED(type, name, parameters, arguments, refused)
#define MAY_FAIL_AS_DECLARED(type, name, parameters, arguments, refused)                                             \
	type name parameters                                                                                         \
	{                                                                                                            \
		static type(*real) parameters;                                                                       \
                                                                                                                     \
		if (heap_is_ours(__builtin_return_address(0)) && heap_refuses()) {                                   \
			errno = call_error;                                                                          \
			return refused;                                                                              \
		}                                                                                                    \
		if (!real) {                                                                                         \
			bool watched = heap.watched;                                                                 \
                                                                                                                     \
			heap.watched = false;                                                                        \
			*(void **)&real = dlsym(RTLD_NEXT, call_symbol(#name));                                      \
			heap.watched = watched;                                                                      \
		}                                                                                                    \
		return real arguments;                                                                               \
	}

MAY_FAIL(int, fsync, (int fd), (fd), -1)
MAY_FAIL(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n), -1)
MAY_FAIL_AS_DECLARED(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n), -1)
MAY_FAIL(int, rename, (const char *a, const char *b), (a, b), -1)
MAY_FAIL(int, renameat, (int a, const char *x, int b, const char *y), (a, x, b, y), -1)
MAY_FAIL(int, linkat, (int a, const char *x, int b, const char *y, int flags), (a, x, b, y, flags), -1)
MAY_FAIL(int, flock, (int fd, int how), (fd, how), -1)
MAY_FAIL(int, fstat64, (int fd, struct stat64 *to), (fd, to), -1)
MAY_FAIL_AS_DECLARED(ssize_t, pread64, (int fd, void *p, size_t n, off64_t at), (fd, p, n, at), -1)
MAY_FAIL(FILE *, fopen64, (const char *path, const char *mode), (path, mode), NULL)

int open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & (O_CREAT | __O_TMPFILE))
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if (heap_is_ours(__builtin_return_address(0)) && heap_refuses()) {
		errno = call_error;
		return -1;
	}
	return openat64(AT_FDCWD, path, flags, mode);
}

#endif
