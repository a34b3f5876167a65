/* hjgate.Alert: Send, Status, Test. Nothing is said to anybody unless a channel is configured. */
#include "alertd.h"
#include "hjgate/event.h"
#include "hjgate/idl.h"

#include <string.h>

/* ---- Send ---- */

static const char *const phases[] = { "moment", "begin", "end" };

struct send_params {
	int64_t id, begin, end, count;
	const char *code, *class, *key, *phase;
	json_t *values;
};

/* Why it is no event that we could tell; NULL: it is one. */
static const char *refuse(const struct send_params *p)
{
	size_t i = 0;

	while (i < hj_array_size(phases) && strcmp(phases[i], p->phase) != 0)
		i++;
	if (p->id <= 0)
		return "an id is 1 or more";
	if (i == hj_array_size(phases))
		return "a phase is moment, begin or end";
	if (!hj_event_find(p->code))
		return "no such code";
	return NULL;
}

static int on_send(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct send_params p = { .end = INT64_MIN };
	const struct hj_param table[] = {
		{ "id", HJ_PARAM_INT, true, &p.id },
		{ "code", HJ_PARAM_STRING, true, &p.code },
		{ "class", HJ_PARAM_STRING, true, &p.class },
		{ "key", HJ_PARAM_STRING, true, &p.key },
		{ "begin", HJ_PARAM_INT, true, &p.begin },
		{ "end", HJ_PARAM_INT, false, &p.end },
		{ "phase", HJ_PARAM_STRING, true, &p.phase },
		{ "values", HJ_PARAM_OBJECT, false, &p.values },
		{ "count", HJ_PARAM_INT, false, &p.count },
	};
	const char *bad, *why;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	why = refuse(&p);
	if (why)
		return hj_ipc_reply(call, json_pack("{s:s, s:s}", "outcome", "refused", "why", why));
	return hj_ipc_reply(call, json_pack("{s:s, s:s}", "outcome", "unwanted", "why", "there is no channel"));
}

/* ---- Status, Test ---- */

static int on_status(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	const char *bad;

	if (hj_params_read(parameters, NULL, 0, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	return hj_ipc_reply(call, json_pack("{s:b, s:[]}", "dry_run", 0, "channels"));
}

static int on_test(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	const char *channel = NULL, *bad;
	const struct hj_param table[] = { { "channel", HJ_PARAM_STRING, false, &channel } };

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (channel)
		return hj_ipc_fail(call, "hjgate.Alert.NoSuchChannel", json_pack("{s:s}", "channel", channel));
	return hj_ipc_reply(call, json_pack("{s:[]}", "tested"));
}

static const struct hj_ipc_method methods[] = {
	{ "Send", HJ_PEER, on_send },
	{ "Status", HJ_ANY_RIGHT, on_status },
	{ "Test", HJ_CHANGE, on_test },
	{ NULL, 0, NULL },
};

const struct hj_ipc_interface alertd_interface = {
	.name = "hjgate.Alert",
	.description = hj_idl_hjgate_Alert,
	.methods = methods,
};
