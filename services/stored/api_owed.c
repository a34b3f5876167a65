/* Confirm and Resend: an uplink owes less, or more. Confirm is answered at once, Resend when it is on the disk. */
#include <errno.h>
#include <string.h>

#include "api.h"

#define RANGES_MAX 1024

static int fail_uplink(struct hj_ipc_call *call, int r, const char *name)
{
	if (r == -EINVAL)
		return hj_ipc_fail(call, "hjgate.Store.NoSuchUplink", json_pack("{s:s}", "uplink", name));
	return api_fail(call, r, "uplinks", STORED_UPLINKS_MAX);
}

static int read_ranges(json_t *list, struct hj_range *ranges)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		int64_t from, to;
		const struct hj_param table[] = {
			{ "from", HJ_PARAM_INT, true, &from },
			{ "to", HJ_PARAM_INT, true, &to },
		};
		const char *bad;

		if (!json_is_object(json_array_get(list, i)) ||
		        hj_params_read(json_array_get(list, i), table, hj_array_size(table), &bad) < 0 || from < 1 ||
		        to < from)
			return -EINVAL;
		ranges[i] = (struct hj_range){ (uint64_t)from, (uint64_t)to };
	}
	return 0;
}

struct confirming {
	struct stored *s;
	struct uplink *u;
};

static void take_receipt(const struct hj_receipt *one, void *userdata)
{
	const struct confirming *c = userdata;

	receipt_take(c->s, c->u, one);
}

int api_confirm(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	struct hj_range ranges[RANGES_MAX];
	const char *name, *bad;
	struct confirming c = { .s = s };
	struct uplink *u;
	json_t *list, *receipts = NULL;
	const struct hj_param table[] = {
		{ "uplink", HJ_PARAM_STRING, true, &name },
		{ "ranges", HJ_PARAM_ARRAY, true, &list },
		{ "receipts", HJ_PARAM_ARRAY, false, &receipts },
	};
	int r;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (json_array_size(list) > RANGES_MAX)
		return api_fail(call, -ENOSPC, "ranges", RANGES_MAX);
	if (read_ranges(list, ranges) < 0)
		return hj_ipc_fail_parameter(call, "ranges");
	if (api_each_receipt(receipts, RANGES_MAX, NULL, NULL) < 0)
		return hj_ipc_fail_parameter(call, "receipts");
	if (!s->loaded)
		return api_fail(call, disk_trouble(s), "records", 0);
	r = owed_get(s, name, &u);
	if (r < 0)
		return fail_uplink(call, r, name);
	c.u = u;
	owed_note_asked(s, u);
	api_each_receipt(receipts, RANGES_MAX, take_receipt, &c);
	for (size_t i = 0; i < json_array_size(list); i++)
		owed_confirm(s, u, ranges[i].from, ranges[i].to);
	return hj_ipc_reply(call, json_pack("{s:I}", "waiting", (json_int_t)hj_seqset_total(&u->owed)));
}

/* Who waits for a resend; records as counted when it was asked for. */
struct resending {
	struct stored *s;
	struct hj_ipc_call *call;
	char uplink[HJ_NAME_MAX + 1];
	int64_t span[2];
	uint64_t records;
};

static void done_resend(int r, uint64_t seq, void *waiter)
{
	struct resending *w = waiter;
	char by[64];

	hj_ipc_call_name(w->call, by, sizeof(by));
	if (r >= 0)
		tell_resend(w->s, w->uplink, by, w->span, w->records);
	api_done(w->call, r, "records", json_pack("{s:I}", "records", (json_int_t)w->records));
	free(w);
}

static int read_kinds(json_t *names, unsigned *ret)
{
	unsigned kinds = 0;

	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		enum hj_kind kind;

		if (!name || hj_kind_parse(name, &kind) < 0)
			return -EINVAL;
		kinds |= 1u << kind;
	}
	*ret = kinds;
	return 0;
}

static int resend(struct stored *s, struct hj_ipc_call *call, struct uplink *u, const int64_t span[2], unsigned kinds)
{
	_cleanup_free_ struct resending *w = calloc(1, sizeof(*w));
	int r = disk_trouble(s);

	if (!w)
		return -ENOMEM;
	r = r < 0 ? r : owed_resend(s, u, span[0], span[1], kinds, &w->records);
	if (r < 0)
		return api_fail(call, r, "records", 0);
	w->s = s;
	w->call = call;
	hj_text_copy(w->uplink, sizeof(w->uplink), u->name);
	memcpy(w->span, span, sizeof(w->span));
	r = commit_stage(s, NULL, NULL, done_resend, w);
	if (r < 0)
		return api_fail(call, r, "changes at a time", STORED_STAGED_MAX);
	hj_ipc_call_ref(call);
	hj_steal(w);
	commit_urgent(s);
	read_owed_again(s, u);
	return 0;
}

int api_resend(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	unsigned kinds = 1u << HJ_KIND_MINUTE | 1u << HJ_KIND_HOUR | 1u << HJ_KIND_DAY;
	const char *name, *bad;
	json_t *names = NULL;
	int64_t span[2];
	struct uplink *u;
	const struct hj_param table[] = {
		{ "uplink", HJ_PARAM_STRING, true, &name },
		{ "begin", HJ_PARAM_INT, true, &span[0] },
		{ "end", HJ_PARAM_INT, true, &span[1] },
		{ "kinds", HJ_PARAM_ARRAY, false, &names },
	};

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (span[0] < 0 || span[0] > HJ_TIME_MAX_MS)
		return hj_ipc_fail_parameter(call, "begin");
	if (span[1] < 0 || span[1] > HJ_TIME_MAX_MS)
		return hj_ipc_fail_parameter(call, "end");
	if (names && read_kinds(names, &kinds) < 0)
		return hj_ipc_fail_parameter(call, "kinds");
	if (!s->loaded)
		return api_fail(call, disk_trouble(s), "records", 0);
	u = owed_find(s, name);
	return u ? resend(s, call, u, span, kinds) : fail_uplink(call, -EINVAL, name);
}
