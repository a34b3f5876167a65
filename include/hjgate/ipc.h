/* The local protocol: Varlink's wire format over AF_UNIX SOCK_STREAM. One JSON object a message, ended by a NUL byte:
 * {"method","parameters","more"?,"oneway"?} in, {"parameters","continues"?} or {"error","parameters"} out. Strict: a
 * duplicate key, a depth above HJ_IPC_DEPTH_MAX or invalid UTF-8 is refused. Times are integers, ms UTC. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "hjgate/buf.h"

#define HJ_IPC_MESSAGE_MAX     (256u << 10) /* bytes with the NUL */
#define HJ_IPC_CONNECTIONS_MAX 32           /* of NAME.look and of NAME.change, each */
#define HJ_IPC_PEERS_MAX       144          /* of NAME.peer: 16 buses with up to 3 and 16 uplinks with up to 6 */
#define HJ_IPC_REPLIES_MAX     16           /* queued for one client; one more and it is dropped */
#define HJ_IPC_DEPTH_MAX       16

/* Values in one message, the members of objects and arrays counted: each takes up to 120 bytes once it is parsed,
 * however short it was. The most that anybody says: on NAME.look the heads of a verification, 4096; on the other two
 * 1024 ranges and as many receipts; in answers pages of some 60 KB. */
#define HJ_IPC_VALUES_LOOK  4608
#define HJ_IPC_VALUES_ASKED 16384
#define HJ_IPC_VALUES_MAX   65536

#define HJ_IPC_ERROR_PARAMETER "org.varlink.service.InvalidParameter" /* {"parameter": name} */
#define HJ_IPC_ERROR_METHOD    "org.varlink.service.MethodNotFound"   /* {"method": name} */
#define HJ_IPC_ERROR_BUSY      "hjgate.Busy"                          /* one client too many */
#define HJ_IPC_ERROR_DENIED    "org.varlink.service.PermissionDenied"
#define HJ_IPC_ERROR_USER      "hjgate.WrongUser" /* {"user", "method"}: a method for other daemons */

/* A message out of a stream. Feed bytes with hj_ipc_frame_put(); -EMSGSIZE when a message grows past the bound. */
struct hj_ipc_frame {
	struct hj_buf in;
	size_t scanned;
	unsigned most_values; /* of one message; 0: HJ_IPC_VALUES_MAX */
};
int hj_ipc_frame_put(struct hj_ipc_frame *f, const void *data, size_t n);
/* 1: *ret_message holds the next message (caller's reference); 0: none whole yet; -EBADMSG: a whole one that is not
 * one JSON object (it has been taken away; *ret_why, may be NULL, says where: line, column, what); -E2BIG: the same
 * for one of too many values, which was not parsed. */
int hj_ipc_frame_next(struct hj_ipc_frame *f, json_t **ret_message, char ret_why[160]);
/* Whether hj_ipc_frame_next() would give something, good or bad. */
bool hj_ipc_frame_waits(struct hj_ipc_frame *f);
void hj_ipc_frame_done(struct hj_ipc_frame *f);

/* Compact JSON and the NUL, appended. -EMSGSIZE above HJ_IPC_MESSAGE_MAX. */
int hj_ipc_encode(const json_t *message, struct hj_buf *to);

static inline void hj_json_decref_p(json_t **j)
{
	json_decref(*j);
	*j = NULL;
}
#define _cleanup_json_ _cleanup_(hj_json_decref_p)

/* One parameter by table: what it is called, of which type, where it goes. */
enum hj_param_type { HJ_PARAM_STRING, HJ_PARAM_INT, HJ_PARAM_NUMBER, HJ_PARAM_BOOL, HJ_PARAM_ARRAY, HJ_PARAM_OBJECT };
struct hj_param {
	const char *name;
	enum hj_param_type type;
	bool required;
	/* const char **, int64_t *, double *, bool *, json_t ** (borrowed); untouched where it is absent or null */
	void *to;
};
/* 0, or -EINVAL with *ret_bad the name of the first that is missing, unknown or of the wrong type. */
int hj_params_read(json_t *parameters, const struct hj_param *table, size_t n, const char **ret_bad);
