/* CN 2021: the states of equipment are wanted. Whether the site has any the store knows: its newest record of them
 * goes out at once, as real-time data does after CN 2011. Where there is none the wish is kept, and the platform is
 * told that there is no data (ExeRtn=100). */
#include "feed_private.h"

#include <errno.h>

static void send_now(struct feed *f, struct hj_record *r)
{
	struct job j = { .cn = hj212_phrase_cn(r->head.kind), .label_ms = r->head.label_ms };

	if (r->head.trust == HJ_TRUST_NONE) /* its date is nobody's word */
		return;
	if (hj212_phrase_equipment(&f->u->map, r->head.kind, r->equipment, r->equipment_count, &j.items) < 0 ||
	        !j.items.len) {
		job_done(&j);
		return;
	}
	f->states.found = true;
	if (lanes_put(&f->u->lanes, LANE_HISTORY, &j) < 0)
		job_done(&j); /* the next change of them is told all the same */
}

static void on_newest(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct feed *f = userdata;
	const struct hj212_request *q = &f->states.request;
	int r;

	if (!error)
		feed_each_record(f, reply, send_now);
	if (continues)
		return;
	f->states.asking = false;
	r = error ? -ENOTCONN
	          : feed_commit(f, q->id, f->states.found ? HJ212_EXE_DONE : HJ212_EXE_NO_DATA,
	                    hj212_session_settings(f->u->session), &q->settings);
	if (r < 0)
		platform_committed(f->u, q->id, r == -EBUSY ? HJ212_EXE_BUSY : HJ212_EXE_SYSTEM);
}

int feed_states(struct feed *f, const struct hj212_request *q)
{
	json_t *parameters;
	int r;

	if (f->states.asking || f->commit.active)
		return -EBUSY;
	parameters = json_pack("{s:s, s:i, s:I, s:i, s:b}", "kind", hj_kind_name(HJ_KIND_STATUS), "begin", 0, "end",
	        (json_int_t)HJ_TIME_MAX_MS, "limit", 1, "newest", 1);
	r = hj_ipc_client_call(f->ask, "hjgate.Store.Query", parameters, HJ_IPC_MORE, on_newest, f);
	if (r < 0)
		return r;
	f->states.asking = true;
	f->states.found = false;
	f->states.request = *q;
	return 0;
}
