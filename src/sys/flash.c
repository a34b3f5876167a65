/* See flash.h. JEDEC's eMMC 5.0 estimates its own wear in two bytes, 1 for up to 10 % to 11 for more than 100 %; the
 * kernel shows them as "0x01 0x02". */
#include "hjgate/flash.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hjgate/cleanup.h"

#define ESTIMATE_MOST 11
#define PERCENT_EACH  10

static int parse(const char *text, int *ret_percent)
{
	unsigned a, b;

	if (sscanf(text, "0x%2x 0x%2x", &a, &b) != 2)
		return -ENODATA;
	a = hj_max(a, b);
	if (a < 1 || a > ESTIMATE_MOST) /* 0: not defined */
		return -ENODATA;
	*ret_percent = (int)a * PERCENT_EACH;
	return 0;
}

int hj_flash_used(const char *sysfs, unsigned major, unsigned minor, int *ret_percent)
{
	/* A partition has it one folder above. */
	static const char *const places[] = { "device", "../device" };
	char path[PATH_MAX], text[32];

	for (size_t i = 0; i < hj_array_size(places); i++) {
		_cleanup_fd_ int fd = -1;
		ssize_t n;

		if (snprintf(path, sizeof(path), "%s/dev/block/%u:%u/%s/life_time", sysfs, major, minor, places[i]) >=
		        (int)sizeof(path))
			return -ENODATA;
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
		if (n < 0)
			continue;
		text[n] = '\0';
		return parse(text, ret_percent);
	}
	return -ENODATA;
}
