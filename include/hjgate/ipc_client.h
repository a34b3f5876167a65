/* The asking ends. `hj_ipc_client` lives on sd-event, connects by itself, and comes back with back-off (100 ms
 * doubling to 2 s) whenever the other end goes: daemons use it towards each other. `hj_ipc_ask` blocks: the command
 * and tests use it. */
#pragma once

#include <systemd/sd-event.h>

#include "hjgate/ipc.h"

struct hj_ipc_client;

/* After a loss every outstanding call has got its reply function called with error "hjgate.Disconnected", before
 * `down`. */
struct hj_ipc_client_events {
	void (*up)(void *userdata);   /* connected (again): say again what the other end must know */
	void (*down)(void *userdata); /* lost; trying again by itself */
};

int hj_ipc_client_new(sd_event *event, const char *path, const struct hj_ipc_client_events *events, void *userdata,
        struct hj_ipc_client **ret);
void hj_ipc_client_free(struct hj_ipc_client *c);
HJ_DEFINE_CLEANUP(struct hj_ipc_client *, hj_ipc_client_free)
bool hj_ipc_client_is_up(const struct hj_ipc_client *c);
void hj_ipc_client_drop(struct hj_ipc_client *c); /* closes the connection and starts over */

enum hj_ipc_flags { HJ_IPC_MORE = 1, HJ_IPC_ONEWAY = 2 };

/* error NULL: `parameters` is the answer; `continues`: more will come. Borrowed. */
typedef void (*hj_ipc_reply_fn)(const char *error, json_t *parameters, bool continues, void *userdata);

/* Steals parameters. Replies come in the order of the calls (as Varlink demands), so a call with HJ_IPC_MORE keeps
 * its connection to itself: open a client for each stream. -ENOTCONN while down, -ENOBUFS above HJ_IPC_CALLS_MAX or
 * when more than 4 messages' worth of bytes wait to be written. fn may be NULL with HJ_IPC_ONEWAY. */
#define HJ_IPC_CALLS_MAX 64
int hj_ipc_client_call(struct hj_ipc_client *c, const char *method, json_t *parameters, int flags, hj_ipc_reply_fn fn,
        void *userdata);

/* Blocking: one connection, one call at a time. */
struct hj_ipc_ask {
	int fd;
	struct hj_ipc_frame frame;
};
int hj_ipc_ask_open(const char *path, struct hj_ipc_ask *ret);
void hj_ipc_ask_close(struct hj_ipc_ask *a);
/* One answer, within timeout_ms (-ETIMEDOUT; -1 = for ever). Steals parameters. On an error reply: -EREMOTEIO, with
 * the whole reply object ({"error","parameters"}) in *ret. The caller frees *ret. */
int hj_ipc_ask(struct hj_ipc_ask *a, const char *method, json_t *parameters, int timeout_ms, json_t **ret);
/* Streaming: start, then take answers until *ret_continues is false. */
int hj_ipc_ask_more(struct hj_ipc_ask *a, const char *method, json_t *parameters);
int hj_ipc_ask_next(struct hj_ipc_ask *a, int timeout_ms, json_t **ret, bool *ret_continues);
