/* See report_once.h. The message is written by hand: neither a connection is kept nor a parser is needed. */
#include "hjgate/report_once.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "hjgate/now.h"
#include "hjgate/service.h"

static int leave(const char *root, const char *message)
{
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char path[HJ_PATH_MAX];
	int r;

	r = hj_path(root, HJ_DIR_RUN, "eventd.peer", path);
	if (r < 0 || strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	memcpy(to.sun_path, path, strlen(path) + 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	        send(fd, message, strlen(message) + 1, MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

int hj_report_once(const char *root, const char *source, const char *code, const char *key, const char *name,
        const char *value, const char *name2, const char *value2)
{
	char values[256], message[768];

	snprintf(values, sizeof(values), value2 ? "\"%s\":\"%s\",\"%s\":\"%s\"" : "\"%s\":\"%s\"", name, value, name2,
	        value2);
	snprintf(message, sizeof(message),
	        "{\"method\":\"hjgate.Event.Log\",\"oneway\":true,\"parameters\":{\"code\":\"%s\",\"phase\":"
	        "\"moment\","
	        "\"key\":\"%s\",\"source\":\"%s\",\"time\":%lld,\"values\":{%s}}}",
	        code, key, source, (long long)hj_now().wall_ms, values);
	return leave(root, message);
}
