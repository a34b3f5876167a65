/* Linked into each program of the world: what is handed over as descriptors 3 to 5 makes room for the next program at
 * once, since here they all live in one process. */
#include <fcntl.h>
#include <unistd.h>

#include "hjgate/ipc_server.h"

void fd_made(int fd);

#define KEPT_FROM 16 /* descriptors below are handed over */

int __real_hj_ipc_server_add(struct hj_ipc_server *s, int fd, enum hj_right right);
int __wrap_hj_ipc_server_add(struct hj_ipc_server *s, int fd, enum hj_right right);

int __wrap_hj_ipc_server_add(struct hj_ipc_server *s, int fd, enum hj_right right)
{
	int to = fcntl(fd, F_DUPFD_CLOEXEC, KEPT_FROM);

	dup2(KEPT_FROM - 1, fd); /* nobody else's meanwhile */
	fd_made(to);
	return __real_hj_ipc_server_add(s, to, right);
}
