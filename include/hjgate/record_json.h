/* Records, points and samples as they cross the local sockets (hjgate.Store.varlink). */
#pragma once

#include <jansson.h>

#include "hjgate/equipment.h"
#include "hjgate/point.h"
#include "hjgate/receipt.h"
#include "hjgate/record.h"
#include "hjgate/sample.h"

struct hj_record {
	struct hj_head head;
	struct hj_stats stats;          /* statistics kinds */
	json_t *body;                   /* every other kind */
	struct hj_equipment *equipment; /* of a body of kind status or runtime; none where it says something else */
	size_t equipment_count;
};
void hj_record_done(struct hj_record *r);

/* A ledger row. -EBADMSG: its body does not decode (JSON bodies: or memory ran out, which jansson does not tell
 * apart); -ENOMEM: try again. */
int hj_record_to_json(const struct hj_head *head, const void *body, size_t n, json_t **ret);
/* The same record as text, appended, without a tree: records are read by the hundred thousand. Of statistics only the
 * points that `wants` says 1 to (NULL: all); 0 passes one over, and below 0 the rest, which is then not looked at. 1;
 * 0 where it wants none of them, and nothing is appended; -EBADMSG, -ENOMEM, -EMSGSIZE likewise. */
typedef int (*hj_record_wants_fn)(uint32_t point, void *userdata);
int hj_record_write_json(const struct hj_head *head, const void *body, size_t n, hj_record_wants_fn wants,
        void *userdata, struct hj_buf *to);
int hj_record_from_json(json_t *j, struct hj_record *ret); /* -EBADMSG, -ENOMEM */

/* What a body of kind status or runtime says. -EBADMSG, -ENOMEM. */
int hj_equipment_from_json(enum hj_kind kind, const json_t *body, struct hj_equipment **ret, size_t *ret_count);

json_t *hj_point_to_json(const struct hj_point *p, bool with_number);
int hj_point_from_json(json_t *j, struct hj_point *ret); /* -EBADMSG; number 0 where absent */

json_t *hj_sample_to_json(const struct hj_sample *s);      /* [point, time, value, flag] */
int hj_sample_from_json(json_t *j, struct hj_sample *ret); /* -EBADMSG */

json_t *hj_receipt_to_json(const struct hj_receipt *r); /* [from, to, qn, sent, acknowledged, packets, last qn] */
int hj_receipt_from_json(const json_t *j, struct hj_receipt *ret);     /* -EBADMSG */
int hj_receipts_to_json(const void *packed, size_t n, json_t *list);   /* appended. -EBADMSG, -ENOMEM */
int hj_receipt_body_to_json(const void *body, size_t n, json_t **ret); /* the same */
int hj_pending_body_to_json(
        const void *body, size_t n, json_t **ret); /* samples are stamped by the untrusted clock */
