/* Answers in parts to those who asked for "more", each as fast as its client reads, and the new ones as they come. Who
 * reads too slowly holds up nobody: the parts are made when there is room for them. */
#pragma once

#include "hjgate/ipc_server.h"

enum hj_ipc_part {
	HJ_IPC_PART_NONE, /* nothing now: asked again with the next turn */
	HJ_IPC_PART_MORE, /* one, and others may follow */
	HJ_IPC_PART_LAST, /* one, and that is all */
};
/* The next part into *ret. userdata: what is freed by free() with the pull. */
typedef enum hj_ipc_part (*hj_ipc_part_fn)(struct hj_ipc_call *call, void *userdata, json_t **ret);

struct hj_ipc_pulls {
	struct hj_ipc_pull *first;
};

/* Begins, and takes userdata over in any case. -ENOMEM. */
int hj_ipc_pull(struct hj_ipc_pulls *all, struct hj_ipc_call *call, hj_ipc_part_fn fn, void *userdata);
void hj_ipc_pulls_turn(struct hj_ipc_pulls *all); /* there may be something new */
void hj_ipc_pulls_done(struct hj_ipc_pulls *all);
