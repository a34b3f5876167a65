/* Where hjgate's files are: below a root, so that the whole suite can run in a folder without privileges. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/service.h"

int hj_path(const char *root, enum hj_dir dir, const char *rest, char ret[HJ_PATH_MAX])
{
	static const char *const dirs[] = {
		[HJ_DIR_ETC] = "/etc/hjgate",
		[HJ_DIR_RUN] = "/run/hjgate",
		[HJ_DIR_STATE] = "/var/lib/hjgate",
		[HJ_DIR_SHARE] = HJ_DATADIR "/hjgate",
	};
	char path[HJ_PATH_MAX];
	int n;

	n = snprintf(path, sizeof(path), "%s%s%s%s", root ? root : "", dirs[dir], rest && *rest ? "/" : "",
	        rest ? rest : "");
	if (n < 0 || n >= HJ_PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(ret, path, (size_t)n + 1);
	return 0;
}
