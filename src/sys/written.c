/* See written.h. */
#include "hjgate/written.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hjgate/cleanup.h"

int hj_written_open(void)
{
	int fd = open("/proc/self/io", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int hj_written(int fd, int64_t *ret_bytes)
{
	static const char key[] = "\nwrite_bytes: ";
	char text[512], *at, *end;
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -EOPNOTSUPP;
	text[n] = '\0';
	at = strstr(text, key);
	if (!at)
		return -EOPNOTSUPP;
	*ret_bytes = strtoll(at + strlen(key), &end, 10);
	return *end == '\n' ? 0 : -EOPNOTSUPP;
}
