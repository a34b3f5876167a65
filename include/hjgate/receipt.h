/* Receipts: under which QN a record went to a platform, when, and when the platform's 9014 for it came. Packed as
 * differences, five to nine bytes each, so that 30 days of them for every uplink cost little flash. A list is made by
 * adding one after the other, and is read whole. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hjgate/buf.h"
#include "hjgate/text.h"

struct hj_receipt {
	uint64_t from, to; /* the records, both included: more than one where they were folded into one upload */
	/* Packets that the upload was cut into. 0: nothing was sent, since nothing in it is for this platform; then
	 * only acked_ms is set. */
	uint32_t packets;
	int64_t qn_ms, qn_last_ms; /* QN of the first packet and of the last, as times */
	int64_t sent_ms;           /* the first packet was handed to the network */
	int64_t acked_ms; /* the 9014 of the last packet that was missing came */
	/* Nobody acknowledged: the platform was not asked, and acked_ms is when its TCP had the last packet. */
	bool unanswered;
};

#define HJ_RECEIPT_PACKETS_MOST 1024
#define HJ_RECEIPTS_MOST        4096 /* of one list */

/* Do the numbers agree with one another? -EBADMSG. */
int hj_receipt_check(const struct hj_receipt *r);

/* A list in the making. */
struct hj_receipts {
	struct hj_buf packed;
	struct hj_receipt last; /* that the next is told by its difference to */
	unsigned count;
	/* The latest acknowledgement of them, or QN: those stay where they are while a clock is years behind. */
	int64_t newest_ms;
};
void hj_receipts_done(struct hj_receipts *r); /* empty and usable again */
/* -EBADMSG; -ENOSPC above HJ_RECEIPTS_MOST; -ENOMEM. On an error the list is as it was. */
int hj_receipts_add(struct hj_receipts *r, const struct hj_receipt *one);

typedef int (*hj_receipt_fn)(const struct hj_receipt *one, void *userdata); /* > 0 stops, < 0 fails */
/* What was packed. -EBADMSG, or what fn gave; before the first wrong byte fn has been called. */
int hj_receipts_each(const void *packed, size_t n, hj_receipt_fn fn, void *userdata);
int hj_receipts_decode(const void *packed, size_t n, struct hj_receipts *ret); /* to be added to; -EBADMSG, -ENOMEM */

/* The body of a record of kind `receipt`: the uplink's name and a list. */
int hj_receipt_body_encode(const char *uplink, const struct hj_receipts *list, struct hj_buf *to);
/* Where the list lies in the body. -EBADMSG. */
int hj_receipt_body_decode(
        const void *body, size_t n, char ret_uplink[HJ_NAME_MAX + 1], const void **ret_packed, size_t *ret_n);
