/* hjgate.Uplink.Reset: a person takes back what the platform has set. What the platform asks for meanwhile is told to
 * wait, so that nothing of before comes back by a change that was built upon it. */
#include "uplinkd.h"

#include <errno.h>

#include "hjgate/log.h"
#include "hjgate/now.h"

static json_t *names_of(const struct uplinkd *u)
{
	json_t *list = json_array();
	struct feed_change c;

	for (unsigned i = 0; feed_changed(u->feed, &u->configured, hj212_session_settings(u->session), i, &c); i++)
		json_array_append_new(list, json_string(c.name));
	return list;
}

static void on_reset(struct uplinkd *u, unsigned id, int exe_rtn)
{
	struct hj212_settings before = *hj212_session_settings(u->session);
	struct hj_ipc_call *call = hj_steal(u->resetting);
	unsigned waiting = u->waiting.id;
	char by[64];

	u->waiting.id = 0;
	u->settle_wanted = false;
	if (waiting)
		hj212_session_answer(u->session, waiting, HJ212_EXE_BUSY, hj_now());
	if (exe_rtn != HJ212_EXE_DONE) {
		hj_ipc_fail(call, "hjgate.Failed",
		        json_pack("{s:i, s:s}", "errno", EIO, "text", "stored did not take it: nothing is changed"));
	} else {
		hj_ipc_call_name(call, by, sizeof(by));
		hj_notice("uplink %s: %s took back what the platform had set", u->name, by);
		feed_tell_changes(u->feed, by, &before, &u->configured);
		hj_ipc_reply(call, json_pack("{s:o}", "changed", names_of(u)));
		hj212_session_set(u->session, &u->configured);
		platform_settings_changed(u, &before);
	}
	hj_ipc_call_unref(call);
	uplinkd_pump(u);
}

int api_reset(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct uplinkd *u = userdata;
	const char *bad = NULL;
	int r;

	if (hj_params_read(parameters, NULL, 0, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (!u->session)
		return -ENOTCONN;
	if (u->resetting || u->waiting.id)
		return hj_ipc_fail(call, HJ_IPC_ERROR_BUSY, NULL);
	u->resetting = hj_ipc_call_ref(call);
	r = feed_reset(u->feed, on_reset);
	if (r >= 0)
		return 0;
	u->resetting = hj_ipc_call_unref(u->resetting);
	return r == -EBUSY ? hj_ipc_fail(call, HJ_IPC_ERROR_BUSY, NULL) : r;
}
