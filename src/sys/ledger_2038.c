/* Files that were written after 2038-01-19, for an SQLite that does not know of such times. That of Debian 12 on
 * 32-bit ARM has a time_t of 4 bytes, and its C library refuses it every stat() of such a file (EOVERFLOW): a box
 * whose clock said 2040, rightly or not, opened no records any more, even when it was right again. SQLite wants the
 * size of the file and which it is, no times. So it is handed the kernel's own call, which cuts the time off and is
 * of the same form. An SQLite that asks by another name, as Debian 13's, knows such times and is left alone. */
#include "ledger_impl.h"

#if defined(__arm__)

#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the C library calls them for a time_t of 4 bytes; its headers have the others. */
int stat_short(const char *, void *) __asm__("stat64");
int lstat_short(const char *, void *) __asm__("lstat64");
int fstat_short(int, void *) __asm__("fstat64");

static int stat_kernel(const char *path, void *ret)
{
	return (int)syscall(SYS_stat64, path, ret);
}

static int lstat_kernel(const char *path, void *ret)
{
	return (int)syscall(SYS_lstat64, path, ret);
}

static int fstat_kernel(int fd, void *ret)
{
	return (int)syscall(SYS_fstat64, fd, ret);
}

void ledger_bear_2038(void)
{
	static const struct {
		const char *name;
		sqlite3_syscall_ptr its, ours;
	} calls[] = {
		{ "stat", (sqlite3_syscall_ptr)stat_short, (sqlite3_syscall_ptr)stat_kernel },
		{ "lstat", (sqlite3_syscall_ptr)lstat_short, (sqlite3_syscall_ptr)lstat_kernel },
		{ "fstat", (sqlite3_syscall_ptr)fstat_short, (sqlite3_syscall_ptr)fstat_kernel },
	};
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	for (size_t i = 0; vfs && vfs->iVersion >= 3 && i < hj_array_size(calls); i++)
		if (vfs->xGetSystemCall(vfs, calls[i].name) == calls[i].its)
			vfs->xSetSystemCall(vfs, calls[i].name, calls[i].ours);
}

#else

void ledger_bear_2038(void)
{
}

#endif
