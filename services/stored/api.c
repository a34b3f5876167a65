/* hjgate.Store, the methods that change something: Append (answered at once), Put and Setting (answered when on the
 * disk); Confirm and Resend are in api_owed.c, Swap is in api_swap.c. What streams is in api_stream.c and api_read.c.
 * Input is checked whole before anything of it is used. */
#include "stored.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "api.h"
#include "hjgate/idl.h"
#include "hjgate/record_json.h"

#define SETTING_PREFIX "set."
#define SETTING_NAME   64 /* bytes */

int api_fail(struct hj_ipc_call *call, int r, const char *what, int64_t most)
{
	if (r == -ENOSPC || r == -EMSGSIZE || r == -ENOBUFS)
		return hj_ipc_fail(call, "hjgate.Store.TooMany",
		        json_pack("{s:s, s:I}", "what", what, "most", (json_int_t)most));
	return hj_ipc_fail(
	        call, "hjgate.Store.DiskTrouble", json_pack("{s:s}", "text", strerror(r == -EDQUOT ? ENOSPC : -r)));
}

/* ---- Append ---- */

struct append_params {
	const char *bus, *boot;
	int64_t first, upto, ahead;
	json_t *points, *samples;
};

static int bad_sample(struct hj_ipc_call *call, size_t index)
{
	return hj_ipc_fail(call, "hjgate.Store.BadSample", json_pack("{s:I}", "index", (json_int_t)index));
}

/* The name of what is wrong, or NULL. *ret_bad: the first bad sample, or their count. */
static const char *read_append(const struct append_params *p, struct append *a, size_t *ret_bad)
{
	*ret_bad = a->sample_count;
	if (!hj_name_valid(p->bus))
		return "bus";
	if (hj_id_parse(p->boot, a->boot) < 0)
		return "boot";
	if (p->first < 1)
		return "first";
	if (p->upto < 0 || p->upto > HJ_TIME_MAX_MS)
		return "upto";
	for (size_t i = 0; i < a->point_count; i++)
		if (hj_point_from_json(json_array_get(p->points, i), &a->points[i]) < 0)
			return "points";
	for (size_t i = 0; i < a->sample_count; i++) {
		if (hj_sample_from_json(json_array_get(p->samples, i), &a->samples[i]) >= 0 &&
		        a->samples[i].point < a->point_count)
			continue;
		*ret_bad = i;
		break;
	}
	return NULL;
}

static int append(struct stored *s, struct hj_ipc_call *call, const struct append_params *p)
{
	_cleanup_free_ struct hj_point *points = NULL;
	_cleanup_free_ struct hj_sample *samples = NULL;
	struct append a = { .bus = p->bus,
		.first = (uint64_t)p->first,
		.upto_ms = p->upto,
		.ahead_ms = p->ahead,
		.has_ahead = p->ahead != INT64_MIN };
	const char *bad;
	size_t bad_index;
	uint64_t next = 0;
	int r;

	a.point_count = json_array_size(p->points);
	a.sample_count = json_array_size(p->samples);
	if (a.sample_count > HJ_SAMPLES_PER_APPEND)
		return api_fail(call, -ENOSPC, "samples", HJ_SAMPLES_PER_APPEND);
	if (a.point_count > HJ_POINTS_MAX)
		return api_fail(call, -ENOSPC, "points", HJ_POINTS_MAX);
	a.points = points = calloc(a.point_count + 1, sizeof(*points));
	a.samples = samples = calloc(a.sample_count + 1, sizeof(*samples));
	if (!points || !samples)
		return -ENOMEM;
	bad = read_append(p, &a, &bad_index);
	if (bad)
		return hj_ipc_fail_parameter(call, bad);
	if (bad_index < a.sample_count)
		return bad_sample(call, bad_index);
	r = intake_append(s, &a, &next);
	if (r < 0 && !next)
		return r == -ENOMEM ? r : api_fail(call, r, "buses or points", HJ_POINTS_MAX);
	return hj_ipc_reply(call, json_pack("{s:I}", "next", (json_int_t)next));
}

static int on_append(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct append_params p = { .ahead = INT64_MIN };
	const struct hj_param table[] = {
		{ "bus", HJ_PARAM_STRING, true, &p.bus },
		{ "boot", HJ_PARAM_STRING, true, &p.boot },
		{ "first", HJ_PARAM_INT, true, &p.first },
		{ "upto", HJ_PARAM_INT, true, &p.upto },
		{ "ahead", HJ_PARAM_INT, false, &p.ahead },
		{ "points", HJ_PARAM_ARRAY, true, &p.points },
		{ "samples", HJ_PARAM_ARRAY, true, &p.samples },
	};
	const char *bad;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	return append(userdata, call, &p);
}

/* ---- answers that wait for the disk ---- */

void api_done(struct hj_ipc_call *call, int r, const char *what, json_t *answer)
{
	if (r < 0) {
		json_decref(answer);
		api_fail(call, r, what, 0);
	} else {
		hj_ipc_reply(call, answer);
	}
	hj_ipc_call_unref(call);
}

/* r and seq of the commit; the waiter is the call. */
static void done_put(int r, uint64_t seq, void *waiter)
{
	api_done(waiter, r, "records", json_pack("{s:I}", "seq", (json_int_t)seq));
}

/* What no frame could say is refused where it is said, and not found out at each platform. */
static int check_body(enum hj_kind kind, const json_t *body)
{
	struct hj_equipment *equipment;
	size_t count;
	int r;

	if (kind == HJ_KIND_LOG)
		return 0;
	r = hj_equipment_from_json(kind, body, &equipment, &count);
	if (r >= 0)
		free(equipment);
	return r;
}

static int on_put(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	const char *kind_name, *bad;
	_cleanup_free_ char *text = NULL;
	int64_t label;
	json_t *body;
	enum hj_kind kind;
	const struct hj_param table[] = {
		{ "kind", HJ_PARAM_STRING, true, &kind_name },
		{ "label", HJ_PARAM_INT, true, &label },
		{ "body", HJ_PARAM_OBJECT, true, &body },
	};
	int r;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (hj_kind_parse(kind_name, &kind) < 0 ||
	        (kind != HJ_KIND_LOG && kind != HJ_KIND_STATUS && kind != HJ_KIND_RUNTIME))
		return hj_ipc_fail_parameter(call, "kind");
	if (label < 0 || label > HJ_TIME_MAX_MS)
		return hj_ipc_fail_parameter(call, "label");
	r = check_body(kind, body);
	if (r == -EBADMSG)
		return hj_ipc_fail_parameter(call, "body");
	text = r < 0 ? NULL : json_dumps(body, JSON_COMPACT);
	if (!text)
		return -ENOMEM;
	if (strlen(text) > STORED_BODY_MAX)
		return api_fail(call, -EMSGSIZE, "bytes", STORED_BODY_MAX);
	r = commit_queue(s, kind, label, 0, text, strlen(text), done_put, call);
	if (r < 0)
		return r == -ENOMEM ? r : api_fail(call, -EDQUOT, "records", 0);
	hj_ipc_call_ref(call);
	commit_urgent(s);
	return 0;
}

/* ---- Setting ---- */

/* "It is not set" is said only where that is known. */
static int get_setting(struct stored *s, struct hj_ipc_call *call, const char *key)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	json_t *value = NULL;
	int r = disk_trouble(s);

	if (r < 0) /* -ENOENT among them: no folder */
		return api_fail(call, r, "settings", 0);
	r = hj_ledger_get(s->ledger, key, &b);
	if (r == -ENOKEY ||
	        r == -EBADMSG) /* nobody is to wait for a key: as long as it is locked, what is configured counts */
		r = -ENOENT;
	if (r < 0 && r != -ENOENT)
		return api_fail(call, r == -ENOSPC ? -EDQUOT : r, "settings", 0);
	if (r >= 0)
		value = json_stringn(b.data ? b.data : "", b.len);
	return hj_ipc_reply(call, json_pack("{s:o}", "value", value ? value : json_null()));
}

struct set {
	struct hj_ipc_call *call;
	char value[STORED_SETTING_MAX + 1];
	bool removed;
};

static void done_set(int r, uint64_t seq, void *waiter)
{
	struct set *w = waiter;

	api_done(w->call, r, "settings",
	        json_pack("{s:o}", "value", w->removed ? json_null() : json_string(w->value)));
	free(w);
}

static int set_setting(struct stored *s, struct hj_ipc_call *call, const char *key, const char *value, bool later)
{
	_cleanup_free_ struct set *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->call = call;
	w->removed = !value;
	if (value && !hj_text_copy(w->value, sizeof(w->value), value))
		return api_fail(call, -EMSGSIZE, "bytes", STORED_SETTING_MAX);
	r = commit_stage(s, key, value, done_set, w);
	if (r < 0)
		return r == -ENOMEM ? r : api_fail(call, r, "settings at a time", STORED_STAGED_MAX);
	hj_ipc_call_ref(call);
	hj_steal(w);
	if (later)
		commit_request(s, STORED_COMMIT_EVERY);
	else
		commit_urgent(s);
	return 0;
}

static int on_setting(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	const char *name, *value = NULL, *bad;
	char key[HJ_LEDGER_KEY_MAX + 1];
	bool remove = false, later = false;
	const struct hj_param table[] = {
		{ "name", HJ_PARAM_STRING, true, &name },
		{ "value", HJ_PARAM_STRING, false, &value },
		{ "remove", HJ_PARAM_BOOL, false, &remove },
		{ "later", HJ_PARAM_BOOL, false, &later },
	};

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (!name[0] || strlen(name) > SETTING_NAME)
		return hj_ipc_fail_parameter(call, "name");
	if (value && remove)
		return hj_ipc_fail_parameter(call, "remove");
	snprintf(key, sizeof(key), SETTING_PREFIX "%s", name);
	if (value || remove)
		return set_setting(s, call, key, value, later);
	return get_setting(s, call, key);
}

static const struct hj_ipc_method methods[] = {
	{ "Append", HJ_PEER, on_append },
	{ "Durable", HJ_PEER, api_durable },
	{ "Watch", HJ_LOOK | HJ_CHANGE | HJ_PEER, api_watch },
	{ "Put", HJ_PEER, on_put },
	{ "Read", HJ_LOOK | HJ_CHANGE | HJ_PEER, api_read },
	{ "Confirm", HJ_PEER, api_confirm },
	{ "Receipts", HJ_LOOK | HJ_CHANGE | HJ_PEER, api_receipts },
	{ "Completeness", HJ_LOOK | HJ_CHANGE | HJ_PEER, api_completeness },
	{ "Seal", HJ_LOOK | HJ_CHANGE | HJ_PEER, api_seal },
	{ "Resend", HJ_CHANGE | HJ_PEER, api_resend },
	{ "Swap", HJ_CHANGE, api_swap },
	{ "Maintain", HJ_CHANGE, api_maintain },
	{ "MaintainEnd", HJ_CHANGE, api_maintain_end },
	{ "Maintained", HJ_LOOK | HJ_CHANGE | HJ_PEER, api_maintained },
	{ "Setting", HJ_PEER, on_setting },
	{ "Clock", HJ_LOOK | HJ_CHANGE | HJ_PEER, api_clock },
	{ "ClockSet", HJ_PEER, api_clock_set },
	{ "ClockAccept", HJ_CHANGE, api_clock_accept },
	{ "Query", HJ_LOOK | HJ_CHANGE | HJ_PEER, api_query },
	{ "Status", HJ_LOOK | HJ_CHANGE | HJ_PEER, api_status },
	{ "Key", HJ_LOOK | HJ_CHANGE, api_key },
	{ "KeyRotate", HJ_CHANGE, api_key_rotate },
	{ "KeyRecoverySet", HJ_CHANGE, api_key_recovery_set },
	{ "KeyRecover", HJ_CHANGE, api_key_recover },
	{ "Exported", HJ_LOOK | HJ_CHANGE, api_exported },
	{ "Backup", HJ_CHANGE, api_backup },
	{ "Verify", HJ_LOOK | HJ_CHANGE, api_verify },
	{ NULL, 0, NULL },
};

/* Whose daemons call them. Resend is a person's: no daemon calls it. */
static const struct hj_ipc_peer peers[] = {
	{ "Append", { "hjgate-meterd" } },
	{ "Durable", { "hjgate-meterd" } },
	{ "Put", { "hjgate-judged", "hjgate" } }, /* hjgate: eventd */
	{ "Read", { "hjgate-uplinkd" } }, /* who names an uplink there makes it one that is owed something */
	{ "Confirm", { "hjgate-uplinkd" } },
	{ "Resend", { NULL } },
	{ "Setting", { "hjgate-uplinkd" } },
	{ "ClockSet", { "hjgate-clockd" } },
	{ NULL, { NULL } },
};

const struct hj_ipc_interface stored_interface = {
	.name = "hjgate.Store",
	.description = hj_idl_hjgate_Store,
	.methods = methods,
	.peers = peers,
};
