/* Connections of the buses that are reached by TCP. */
#pragma once

#include <errno.h>

#include "hjgate/clock.h"
#include "hjgate/conf.h"

/* A connected socket that does not block; -errno (BUS_SOCKET_NO_NAME where the name is not known). -ETIMEDOUT, too,
 * where it takes longer than a second: the attempt goes on, and the next call has what came of it. */
#define BUS_SOCKET_NO_NAME (-ENONET)
int bus_socket_connect(const char *host, int64_t port);

/* A server that ends a connection so soon after it was made has no place for us; later, it ends one that is idle. */
#define BUS_TURNED_WITHIN (2 * HJ_USEC_PER_SEC)

/* Why there is no connection, for people. */
const char *bus_socket_why(int error);

/* A peer that is gone is noticed without a word from it: keep-alives while nothing is said, a limit for what is not
 * acknowledged. Small requests leave at once. */
int bus_socket_keep(int fd);
