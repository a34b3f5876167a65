/* See ipc_pull.h. A pull that is over is freed at the end of a turn, since its client may leave in the middle of one.
 */
#include "hjgate/ipc_pull.h"

#include <errno.h>
#include <stdlib.h>

#define PARTS_AHEAD 2 /* messages queued for a client that has not read them yet */

struct hj_ipc_pull {
	struct hj_ipc_pull *next;
	struct hj_ipc_pulls *all;
	struct hj_ipc_call *call;
	hj_ipc_part_fn fn;
	void *userdata;
	bool draining, over;
};

static void pull_free(struct hj_ipc_pull *p)
{
	hj_ipc_call_unref(p->call);
	free(p->userdata);
	free(p);
}

static void drained(struct hj_ipc_call *call, void *userdata)
{
	struct hj_ipc_pull *p = userdata;

	p->draining = false;
	hj_ipc_pulls_turn(p->all);
}

static void left(struct hj_ipc_call *call, void *userdata)
{
	struct hj_ipc_pull *p = userdata;

	p->over = true;
	p->draining = false;
	hj_ipc_pulls_turn(p->all);
}

static void turn(struct hj_ipc_pull *p)
{
	while (!p->over && hj_ipc_call_queued(p->call) < PARTS_AHEAD) {
		json_t *part = NULL;
		enum hj_ipc_part kind = p->fn(p->call, p->userdata, &part);

		if (kind == HJ_IPC_PART_NONE)
			return;
		if (kind == HJ_IPC_PART_LAST) {
			hj_ipc_reply(p->call, part);
			p->over = true;
		} else if (hj_ipc_reply_more(p->call, part) < 0) {
			return; /* it is leaving, and left() comes */
		}
	}
	if (!p->over && !p->draining) {
		p->draining = true;
		hj_ipc_call_on_drain(p->call, drained, p);
	}
}

void hj_ipc_pulls_turn(struct hj_ipc_pulls *all)
{
	for (struct hj_ipc_pull *p = all->first; p; p = p->next)
		turn(p);
	for (struct hj_ipc_pull **at = &all->first; *at;) {
		struct hj_ipc_pull *p = *at;

		if (p->over) {
			*at = p->next;
			pull_free(p);
		} else {
			at = &p->next;
		}
	}
}

int hj_ipc_pull(struct hj_ipc_pulls *all, struct hj_ipc_call *call, hj_ipc_part_fn fn, void *userdata)
{
	struct hj_ipc_pull *p = calloc(1, sizeof(*p));

	if (!p) {
		free(userdata);
		return -ENOMEM;
	}
	*p = (struct hj_ipc_pull){
		.next = all->first, .all = all, .call = hj_ipc_call_ref(call), .fn = fn, .userdata = userdata
	};
	hj_ipc_call_on_left(call, left, p);
	all->first = p;
	hj_ipc_pulls_turn(all);
	return 0;
}

void hj_ipc_pulls_done(struct hj_ipc_pulls *all)
{
	while (all->first) {
		struct hj_ipc_pull *p = all->first;

		all->first = p->next;
		pull_free(p);
	}
}
