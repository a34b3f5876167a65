/* Which daemon may call what. All of them are in the group that may connect to NAME.peer, so the method is looked up
 * in the table of its interface: the users whose programs call it. The kernel says who connected (SO_PEERCRED). One
 * daemon that was taken then cannot do what is another's: a meterd confirms no record and reads no password.
 *
 * Not asked is root, and who is of the server's own user, since he could do to its files and memory what he likes:
 * that is everybody below a root and under `hjgate run`. Where a user of the row is not there at all the programs are
 * not installed as they are to be, and nobody can say who is who: then the socket's mode alone decides, as it did. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server_private.h"

/* 1; 0: there is none of that name; -errno: nobody can say now. */
static int find_user(const char *name, uid_t *ret)
{
	struct passwd pw, *found = NULL;
	char space[1024];
	int r = getpwnam_r(name, &pw, space, sizeof(space), &found);

	if (found)
		*ret = found->pw_uid;
	/* By getpwnam(3) these mean that it was not found. */
	return found ? 1 : !r || r == ENOENT || r == ESRCH || r == EBADF || r == EPERM ? 0 : -r;
}

static int check_row(const struct hj_ipc_peer *row, uid_t uid)
{
	bool all = true;

	for (const char *const *user = row->users; *user; user++) {
		uid_t one;
		int r = find_user(*user, &one);

		if (r < 0 || (r && one == uid))
			return hj_min(r, 0);
		all = all && r;
	}
	return all ? -EPERM : 0;
}

int hj_ipc_peer_check(
        const struct hj_ipc_interface *interface, const struct hj_ipc_method *m, struct hj_ipc_call *call)
{
	const struct hj_ipc_peer *row = interface->peers;
	uint32_t bit = 1;
	int r;

	if (call->right != HJ_PEER || !row || !call->uid || call->uid == geteuid())
		return 0;
	for (; row->method && strcmp(row->method, m->name) != 0; row++)
		bit <<= 1;
	if (!row->method)
		return m->rights & HJ_LOOK ? 0 : -EPERM;
	if (call->connection->may & bit)
		return 0;
	r = check_row(row, call->uid);
	if (r >= 0)
		call->connection->may |= bit;
	return r;
}

/* Ours never bring it about: somebody ought to know of it. */
int hj_ipc_peer_refuse(struct hj_ipc_call *call, const char *method)
{
	struct hj_ipc_server *s = call->connection->server;
	char user[64];

	hj_ipc_call_name(call, user, sizeof(user));
	snprintf(s->why, sizeof(s->why), "%s may not call %s", user, method);
	s->counts.refused++;
	if (s->on_refused)
		s->on_refused(call->right, s->why, s->userdata);
	return hj_ipc_fail(call, HJ_IPC_ERROR_USER, json_pack("{s:s, s:s}", "user", user, "method", method));
}
