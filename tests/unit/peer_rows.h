/* Each method that is for daemons alone has its row of users, and each row is of a method of that interface. */
#pragma once

#include "hjgate/ipc_server.h"
#include "state_root.h"

static inline bool has_row(const struct hj_ipc_interface *i, const char *method)
{
	const struct hj_ipc_peer *row = i->peers;

	while (row->method && strcmp(row->method, method) != 0)
		row++;
	return row->method;
}

static inline void assert_peers_are_whole(const struct hj_ipc_interface *i)
{
	size_t rows = 0, of_methods = 0;

	for (const struct hj_ipc_peer *row = i->peers; row->method; row++)
		rows++;
	for (const struct hj_ipc_method *m = i->methods; m->name; m++) {
		of_methods += has_row(i, m->name);
		if ((m->rights & HJ_PEER) && !(m->rights & HJ_LOOK) && !has_row(i, m->name))
			fail_msg("%s.%s has no row of users", i->name, m->name);
	}
	assert_int_equal(of_methods, rows);
	assert_true(rows <= HJ_IPC_PEER_ROWS_MAX);
}
