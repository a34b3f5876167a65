/* The serving end, on sd-event. It takes listening sockets (never makes them), tells by their FD names what a client
 * may do, answers bad input with an error or the door, and drops a client that does not read. It also answers
 * org.varlink.service (GetInfo, GetInterfaceDescription) from the embedded .varlink files, and hjgate.Service. */
#pragma once

#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "hjgate/ipc.h"

/* By socket: NAME.look (group hjgate), NAME.change (group hjgate-admin), NAME.peer (the daemons' user). Bits. */
enum hj_right { HJ_LOOK = 1, HJ_CHANGE = 2, HJ_PEER = 4 };
#define HJ_ANY_RIGHT (HJ_LOOK | HJ_CHANGE | HJ_PEER)

/* A look waits for whoever else waits; it and what goes on for long take turns, so that neither keeps the other from
 * its own. A change waits for the daemons among each other. */
#define HJ_IPC_PRIORITY_PEER   SD_EVENT_PRIORITY_NORMAL
#define HJ_IPC_PRIORITY_CHANGE (SD_EVENT_PRIORITY_NORMAL + 5)
#define HJ_IPC_PRIORITY_LOOK   (SD_EVENT_PRIORITY_NORMAL + 10)
static inline int hj_ipc_priority(enum hj_right right)
{
	return right == HJ_PEER     ? HJ_IPC_PRIORITY_PEER
	       : right == HJ_CHANGE ? HJ_IPC_PRIORITY_CHANGE
	                            : HJ_IPC_PRIORITY_LOOK;
}

struct hj_ipc_server;
struct hj_ipc_call; /* one call being answered */

/* Must answer now or keep a reference (hj_ipc_call_ref) and answer later. A negative return becomes an error reply
 * "hjgate.Failed" {"errno", "text"}. `parameters` is borrowed and is always an object. */
typedef int (*hj_ipc_fn)(struct hj_ipc_call *call, json_t *parameters, void *userdata);

struct hj_ipc_method {
	const char *name; /* "Append" */
	int rights;       /* which sockets may call it: bits of enum hj_right */
	hj_ipc_fn fn;
};

/* Whose daemons call a method by NAME.peer: users, ended by NULL. */
#define HJ_IPC_PEER_USERS_MAX 6
#define HJ_IPC_PEER_ROWS_MAX  32
struct hj_ipc_peer {
	const char *method;
	const char *users[HJ_IPC_PEER_USERS_MAX + 1];
};

struct hj_ipc_interface {
	const char *name;                    /* "hjgate.Store" */
	const char *description;             /* the embedded .varlink text: hj_idl_hjgate_Store */
	const struct hj_ipc_method *methods; /* ended by name NULL */
	/* Ended by method NULL. What has a row is for its users, for root and for the server's own; others get
	 * HJ_IPC_ERROR_USER. What has none is for all where all may call it who may look, else for nobody. NULL: no
	 * table, whoever may connect to NAME.peer. */
	const struct hj_ipc_peer *peers;
};

int hj_ipc_server_new(sd_event *event, const struct hj_ipc_interface *const *interfaces, void *userdata,
        struct hj_ipc_server **ret);
/* Takes the listening socket over; `right` is one bit. */
int hj_ipc_server_add(struct hj_ipc_server *s, int fd, enum hj_right right);
void hj_ipc_server_free(struct hj_ipc_server *s);
HJ_DEFINE_CLEANUP(struct hj_ipc_server *, hj_ipc_server_free)

struct hj_ipc_counts {
	uint64_t connections, messages, refused, dropped; /* since start; refused = bad messages, dropped = clients */
	unsigned now;
};
void hj_ipc_server_counts(const struct hj_ipc_server *s, struct hj_ipc_counts *ret);
/* Called with each message that was refused before a method saw it: for the event bad-input. The server's
 * userdata. */
void hj_ipc_server_on_refused(
        struct hj_ipc_server *s, void (*fn)(enum hj_right right, const char *why, void *userdata));
/* Called when the last client has left: for a program that serves one command only. */
void hj_ipc_server_on_empty(struct hj_ipc_server *s, void (*fn)(void *userdata));

/* Answers: each steals `parameters` (NULL = {}). hj_ipc_reply ends the call; hj_ipc_reply_more goes on ("continues"),
 * and gives -EPIPE where the client is gone and -EINVAL where it did not ask for "more". A call marked oneway gets
 * nothing. */
int hj_ipc_reply(struct hj_ipc_call *call, json_t *parameters);
int hj_ipc_reply_more(struct hj_ipc_call *call, json_t *parameters);
/* The same with parameters that are text already, an object of n bytes: for what is too much to be made a tree first.
 * -EINVAL: it is not one. */
int hj_ipc_reply_text(struct hj_ipc_call *call, const char *parameters, size_t n, bool continues);
int hj_ipc_fail(struct hj_ipc_call *call, const char *error, json_t *parameters);
int hj_ipc_fail_parameter(struct hj_ipc_call *call, const char *name);

struct hj_ipc_call *hj_ipc_call_ref(struct hj_ipc_call *call);
struct hj_ipc_call *hj_ipc_call_unref(struct hj_ipc_call *call); /* always NULL */
HJ_DEFINE_CLEANUP(struct hj_ipc_call *, hj_ipc_call_unref)

/* Ends the connection, for a client that has to begin anew. Nothing that was asked to be called is called any
 * more. */
void hj_ipc_call_hang_up(struct hj_ipc_call *call);

bool hj_ipc_call_gone(const struct hj_ipc_call *call);       /* the client has left: free what streams to it */
bool hj_ipc_call_more(const struct hj_ipc_call *call);       /* it asked for "more" */
unsigned hj_ipc_call_queued(const struct hj_ipc_call *call); /* replies not yet written: hold back above a few */
enum hj_right hj_ipc_call_right(const struct hj_ipc_call *call);
uid_t hj_ipc_call_uid(const struct hj_ipc_call *call); /* SO_PEERCRED: who asked, for the event */
/* The same as a name; "uid N" where the system knows none. */
void hj_ipc_call_name(const struct hj_ipc_call *call, char *to, size_t size);
/* Called once, from the loop, when nothing is queued any more (soon, where nothing is), or when the client has
 * left. */
void hj_ipc_call_on_drain(
        struct hj_ipc_call *call, void (*fn)(struct hj_ipc_call *call, void *userdata), void *userdata);
/* Called once, instead of what on_drain() was given, when the client has left before the call was answered. */
void hj_ipc_call_on_left(
        struct hj_ipc_call *call, void (*fn)(struct hj_ipc_call *call, void *userdata), void *userdata);
