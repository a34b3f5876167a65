/* The kernel's own calls, for what stands in the C library's place. Where a word has 32 bits a place in a file takes
 * two of them, and on ARM the first of the two has an even number. */
#pragma once

#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#if __SIZEOF_LONG__ == 4
#define KERNEL_PLACE(at) (long)(uint32_t)(at), (long)(uint32_t)((uint64_t)(at) >> 32)
#else
#define KERNEL_PLACE(at) (at)
#endif
#if defined(__arm__)
#define KERNEL_EVEN_PLACE(at) 0, KERNEL_PLACE(at)
#else
#define KERNEL_EVEN_PLACE(at) KERNEL_PLACE(at)
#endif
#if !defined(SYS_ftruncate64)
#define SYS_ftruncate64 SYS_ftruncate
#endif

static inline ssize_t kernel_pread(int fd, void *data, size_t n, off64_t at)
{
	return syscall(SYS_pread64, fd, data, n, KERNEL_EVEN_PLACE(at));
}

static inline ssize_t kernel_pwrite(int fd, const void *data, size_t n, off64_t at)
{
	return syscall(SYS_pwrite64, fd, data, n, KERNEL_EVEN_PLACE(at));
}

static inline int kernel_ftruncate(int fd, off64_t size)
{
	return (int)syscall(SYS_ftruncate64, fd, KERNEL_EVEN_PLACE(size));
}

static inline int kernel_fallocate(int fd, int mode, off64_t at, off64_t n)
{
	return (int)syscall(SYS_fallocate, fd, mode, KERNEL_PLACE(at), KERNEL_PLACE(n));
}
