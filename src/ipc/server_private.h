/* Shared by server.c (listening), connection.c (bytes), call.c (calls and answers) and peer.c (whose they may be);
 * nobody else includes it. */
#pragma once

#include "hjgate/ipc_server.h"

struct connection;

struct listener {
	struct hj_ipc_server *server;
	struct listener *next;
	int fd;
	enum hj_right right;
	unsigned now; /* connections that came through it */
	sd_event_source *io, *pause;
};

struct hj_ipc_server {
	sd_event *event;
	const struct hj_ipc_interface *const *interfaces;
	void *userdata;
	struct listener *listeners;
	struct connection *connections;
	struct hj_ipc_counts counts;
	uint64_t stirs; /* counts: by it who stirred later is known */
	void (*on_refused)(enum hj_right right, const char *why, void *userdata);
	void (*on_empty)(void *userdata);
	char why[160]; /* the newest refusal, for on_refused */
};

struct connection {
	struct hj_ipc_server *server;
	struct listener *listener;
	struct connection *before, *next;
	int fd;
	uid_t uid;
	uint32_t may; /* rows of its interface's peers that it has passed */
	sd_event_source *io;
	struct hj_ipc_frame frame;
	struct hj_buf out;
	unsigned queued;          /* messages that begin or go on in `out` */
	struct hj_ipc_call *call; /* the one being answered; the next message waits until it is */
	uint64_t stirred;         /* of the server's stirs: when something came or went */
	bool reads;               /* bytes are waited for: then epoll says what it has of them */
	bool eof;                 /* nothing more will come */
	bool doomed;              /* it is shut down and ends at the next turn of the loop */
	bool working;             /* messages are being taken: whoever ends a call need not ask for a turn */
	bool kick;                /* a turn is asked for */
};

struct hj_ipc_call {
	unsigned refs;
	struct connection *connection; /* NULL once it is answered or the client is gone */
	enum hj_right right;
	uid_t uid;
	bool more, oneway, dispatching;
	void (*drain)(struct hj_ipc_call *call, void *userdata);
	void *drain_userdata;
	void (*left)(struct hj_ipc_call *call, void *userdata);
	void *left_userdata;
};

int hj_ipc_connection_new(struct listener *l, int fd, uid_t uid);
void hj_ipc_connection_free(struct connection *c);
void hj_ipc_connection_end(struct connection *c); /* at once, with its call: from the loop only */
int hj_ipc_connection_send(struct connection *c, const json_t *message);
int hj_ipc_connection_send_text(struct connection *c, const char *parameters, size_t n, bool continues);
void hj_ipc_connection_want(struct connection *c);  /* asks for a turn of the loop */
void hj_ipc_connection_go_on(struct connection *c); /* a call has ended: the next message may be taken */
void hj_ipc_connection_doom(struct connection *c);

void hj_ipc_dispatch(struct connection *c, json_t *message);
void hj_ipc_refuse(struct connection *c, const char *why);
void hj_ipc_call_leave(struct hj_ipc_call *call, bool tell);
void hj_ipc_call_drained(struct hj_ipc_call *call);
/* -EPERM: it is for other daemons' users; another -errno: nobody can say now. */
int hj_ipc_peer_check(
        const struct hj_ipc_interface *interface, const struct hj_ipc_method *m, struct hj_ipc_call *call);
int hj_ipc_peer_refuse(struct hj_ipc_call *call, const char *method); /* answers it */

extern const struct hj_ipc_interface hj_ipc_service; /* service.c: hjgate.Service, of every program */
