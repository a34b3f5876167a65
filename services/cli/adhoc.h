/* A daemon for this command alone, where none runs: hjgate-meterd or hjgate-uplinkd with --adhoc. */
#pragma once

#include <sys/types.h>

#include "cli.h"
#include "hjgate/ipc_client.h"

struct cli_adhoc {
	const struct cli *cli;
	const char *daemon;    /* "uplinkd" */
	const char *instance;  /* "county" */
	const char *right;     /* which of its sockets: "look", "change" */
	bool verbose;          /* its log goes to standard error */
	struct hj_ipc_ask ask; /* the one connection, after cli_adhoc_start(): the caller closes it */
	pid_t pid;
};
/* Started with the command's root, and asked by a socket that nobody else can reach. 0, or the exit status, said
 * already; cli_adhoc_stop() in any case, after the connection has been closed. */
int cli_adhoc_start(struct cli_adhoc *a);
void cli_adhoc_stop(struct cli_adhoc *a);
