/* Receipts as they come in with Confirm, and those that are in no record of the disk yet: Query tells of the others.
 */
#include <errno.h>
#include <string.h>

#include "api.h"
#include "hjgate/record_json.h"

#define TOLD_MOST 1500 /* in one answer: 150 KiB of HJ_IPC_MESSAGE_MAX */

int api_each_receipt(
        json_t *list, size_t most, void (*fn)(const struct hj_receipt *one, void *userdata), void *userdata)
{
	struct hj_receipt one;

	if (json_array_size(list) > most)
		return -ENOSPC;
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (hj_receipt_from_json(json_array_get(list, i), &one) < 0)
			return -EINVAL;
		if (fn)
			fn(&one, userdata);
	}
	return 0;
}

/* Those of full lists that wait for the disk. */
static int add_queued(const struct stored *s, const struct uplink *u, json_t *list)
{
	int r = 0;

	for (const struct item *item = s->queue; item && r >= 0; item = item->next) {
		char uplink[HJ_NAME_MAX + 1];
		const void *packed;
		size_t n;

		if (item->head.kind != HJ_KIND_RECEIPT || json_array_size(list) > TOLD_MOST ||
		        hj_receipt_body_decode(item->body, item->n, uplink, &packed, &n) < 0 ||
		        strcmp(uplink, u->name))
			continue;
		r = hj_receipts_to_json(packed, n, list);
	}
	return r;
}

int api_receipts(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	_cleanup_json_ json_t *list = json_array();
	const char *name, *bad;
	const struct hj_param table[] = { { "uplink", HJ_PARAM_STRING, true, &name } };
	const struct uplink *u;
	int r;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (!s->loaded)
		return api_fail(call, disk_trouble(s), "receipts", 0);
	u = owed_find(s, name);
	if (!u)
		return hj_ipc_fail(call, "hjgate.Store.NoSuchUplink", json_pack("{s:s}", "uplink", name));
	r = list ? add_queued(s, u, list) : -ENOMEM;
	if (r >= 0 && json_array_size(list) <= TOLD_MOST)
		r = hj_receipts_to_json(u->receipts.packed.data, u->receipts.packed.len, list);
	if (r < 0)
		return r == -ENOMEM ? r : api_fail(call, r, "receipts", 0);
	return hj_ipc_reply(call, json_pack("{s:O}", "receipts", list));
}

/* ---- Seal ---- */

static int note_head(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	(void)body;
	(void)n;
	*(struct hj_head *)userdata = *head;
	return 1;
}

/* The ledger hands out what opens, and nothing else. */
int api_seal(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	struct hj_head head = { 0 }, opened = { 0 };
	const char *bad;
	int64_t seq;
	const struct hj_param table[] = { { "seq", HJ_PARAM_INT, true, &seq } };
	int r;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (seq < 1)
		return hj_ipc_fail_parameter(call, "seq");
	r = disk_trouble(s);
	r = r < 0 ? r : hj_ledger_read(s->ledger, (uint64_t)seq, (uint64_t)seq, HJ_LEDGER_HEADS, note_head, &head);
	r = r < 0 ? r : hj_ledger_read(s->ledger, (uint64_t)seq, (uint64_t)seq, 0, note_head, &opened);
	if (r < 0)
		return api_fail(call, r, "records", 0);
	if (!head.seq)
		return hj_ipc_fail_parameter(call, "seq");
	return hj_ipc_reply(call, json_pack("{s:I, s:I, s:b}", "algorithm", (json_int_t)head.algorithm, "key",
	                                  (json_int_t)head.key_id, "intact", opened.seq == head.seq));
}
