/* See place.h. */
#include "hjgate/place.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int hj_place_check(struct hj_place *p, const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (!slash || snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path) >= (int)sizeof(folder))
		return 0;
	if (stat(folder, &st) < 0)
		return 0; /* whoever opens it finds out */
	if (p->known && st.st_dev != p->device && access(path, F_OK) < 0)
		return -ENODEV;
	p->device = st.st_dev;
	p->known = true;
	return 0;
}
