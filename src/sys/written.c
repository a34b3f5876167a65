/* See written.h. */
#include "hjgate/written.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hjgate/cleanup.h"

int hj_written(int64_t *ret_bytes)
{
	static const char key[] = "\nwrite_bytes: ";
	_cleanup_fd_ int fd = open("/proc/self/io", O_RDONLY | O_CLOEXEC);
	char text[512], *at, *end;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return -EOPNOTSUPP;
	text[n] = '\0';
	at = strstr(text, key);
	if (!at)
		return -EOPNOTSUPP;
	*ret_bytes = strtoll(at + strlen(key), &end, 10);
	return *end == '\n' ? 0 : -EOPNOTSUPP;
}
