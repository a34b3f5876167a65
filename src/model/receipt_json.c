/* Receipts as JSON, in Confirm, in Receipts and as the body of a record: arrays, since there are many. */
#include "hjgate/record_json.h"

#include <errno.h>

#include "hjgate/clock.h"

enum { FROM, TO, QN, SENT, ACKNOWLEDGED, PACKETS, QN_LAST, MEMBERS };
#define UNANSWERED MEMBERS /* one more member, true, where nobody acknowledged */

static json_t *time_or_null(bool there, int64_t ms)
{
	return there ? json_integer(ms) : json_null();
}

json_t *hj_receipt_to_json(const struct hj_receipt *r)
{
	bool sent = r->packets;

	json_t *j = json_pack("[I, I, o, o, I, I, o]", (json_int_t)r->from, (json_int_t)r->to,
	        time_or_null(sent, r->qn_ms), time_or_null(sent, r->sent_ms), (json_int_t)r->acked_ms,
	        (json_int_t)r->packets, time_or_null(sent, r->qn_last_ms));

	if (!r->unanswered || json_array_append_new(j, json_true()) == 0)
		return j;
	json_decref(j); /* without it, it would say that somebody acknowledged */
	return NULL;
}

/* Null is 0: only where nothing was sent. */
int hj_receipt_from_json(const json_t *j, struct hj_receipt *ret)
{
	bool sent = json_integer_value(json_array_get(j, PACKETS)) != 0;
	int64_t value[MEMBERS];
	struct hj_receipt r;

	if (!json_is_array(j) || json_array_size(j) < MEMBERS || json_array_size(j) > MEMBERS + 1 ||
	        (json_array_size(j) > MEMBERS && !json_is_true(json_array_get(j, UNANSWERED))))
		return -EBADMSG;
	for (size_t i = 0; i < MEMBERS; i++) {
		const json_t *member = json_array_get(j, i);
		bool absent = !sent && json_is_null(member) && (i == QN || i == SENT || i == QN_LAST);

		value[i] = json_integer_value(member);
		if (!absent && (!json_is_integer(member) || value[i] < 0))
			return -EBADMSG;
	}
	if (value[PACKETS] > HJ_RECEIPT_PACKETS_MOST)
		return -EBADMSG;
	r = (struct hj_receipt){ .from = (uint64_t)value[FROM],
		.to = (uint64_t)value[TO],
		.packets = (uint32_t)value[PACKETS],
		.qn_ms = value[QN],
		.qn_last_ms = value[QN_LAST],
		.sent_ms = value[SENT],
		.acked_ms = value[ACKNOWLEDGED],
		.unanswered = json_array_size(j) > MEMBERS };
	if (hj_receipt_check(&r) < 0)
		return -EBADMSG;
	*ret = r;
	return 0;
}

static int add_one(const struct hj_receipt *one, void *userdata)
{
	return json_array_append_new(userdata, hj_receipt_to_json(one)) ? -ENOMEM : 0;
}

int hj_receipts_to_json(const void *packed, size_t n, json_t *list)
{
	return hj_receipts_each(packed, n, add_one, list);
}

int hj_receipt_body_to_json(const void *body, size_t n, json_t **ret)
{
	char uplink[HJ_NAME_MAX + 1];
	const void *packed;
	size_t length;
	json_t *list;
	int r = hj_receipt_body_decode(body, n, uplink, &packed, &length);

	if (r < 0)
		return r;
	list = json_array();
	r = list ? hj_receipts_to_json(packed, length, list) : -ENOMEM;
	if (r < 0) {
		json_decref(list);
		return r;
	}
	*ret = json_pack("{s:s, s:o}", "uplink", uplink, "receipts", list);
	return *ret ? 0 : -ENOMEM;
}
