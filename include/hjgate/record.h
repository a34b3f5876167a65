/* A record: what is kept, and what a platform gets. A closed record never changes. Its key is (store id, seq); its
 * head says what it is, its body is packed (minute, hour, day, pending, receipt) or one JSON object (every other
 * kind). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/buf.h"
#include "hjgate/stats.h"

enum hj_kind {
	HJ_KIND_MINUTE = 1, /* the base window */
	HJ_KIND_HOUR = 2,
	HJ_KIND_DAY = 3,
	HJ_KIND_STATUS = 4,   /* equipment states, CN 2021 */
	HJ_KIND_RUNTIME = 5,  /* equipment running hours, CN 2041 */
	HJ_KIND_POWERON = 6,  /* CN 2081: {"begin": ms, "end": ms} of the power failure */
	HJ_KIND_LOG = 7,      /* CN 3020: {"text": "..."} */
	HJ_KIND_PENDING = 8,  /* read before the time was known, packed: hjgate/pending.h; hidden from uplinks */
	HJ_KIND_CUT = 9,      /* what retention took: {"from": seq, "to": seq, "records": n} */
	HJ_KIND_RECEIPT = 10, /* what platforms have acknowledged, packed: hjgate/receipt.h */
	HJ_KIND_VOID = 11,    /* what lies before it with a later label than its own: {"after": ms, "records": n} */
};
/* Bits: what platforms are told. */
#define HJ_KINDS_OWED                                                                                                \
	((2u << HJ_KIND_MOST) - 2 - (1u << HJ_KIND_PENDING) - (1u << HJ_KIND_CUT) - (1u << HJ_KIND_RECEIPT) -        \
	        (1u << HJ_KIND_VOID))
#define HJ_KIND_MOST 11

const char *hj_kind_name(enum hj_kind kind);            /* "minute"; "unknown" for no kind */
int hj_kind_parse(const char *name, enum hj_kind *ret); /* -EINVAL */
bool hj_kind_is_statistics(enum hj_kind kind);

enum hj_trust { HJ_TRUST_NONE = 0, HJ_TRUST_RTC = 1, HJ_TRUST_PLATFORM = 2, HJ_TRUST_NTP = 3 };
const char *hj_trust_name(enum hj_trust trust);           /* "none", "rtc", "platform", "ntp"; "unknown" */
int hj_trust_parse(const char *name, enum hj_trust *ret); /* -EINVAL */

#define HJ_RECORD_FORMAT     2 /* what is written */
#define HJ_RECORD_FORMAT_OLD 1 /* of rows that were never sealed */
#define HJ_ALGORITHM_NONE    0
#define HJ_ALGORITHM_GCM     1 /* AES-256-GCM: nonce | ciphertext | tag */
#define HJ_ID_BYTES          16

/* Packed big-endian in this order; HJ_HEAD_BYTES long. seq is the row's key and not packed. */
struct hj_head {
	uint64_t seq;
	uint8_t format;      /* HJ_RECORD_FORMAT */
	uint8_t algorithm;   /* of the seal; 0 = none */
	uint8_t kind;        /* enum hj_kind */
	uint8_t trust;       /* enum hj_trust, at the time of closing */
	uint16_t key_id;     /* of the data key; 0 = none */
	uint32_t length_ms;  /* of the window; 0 where there is none */
	int64_t label_ms;    /* start of the window, or the moment; UTC */
	int64_t boottime_ms; /* CLOCK_BOOTTIME when it was closed */
	uint8_t boot_id[HJ_ID_BYTES];
};
#define HJ_HEAD_BYTES     42
#define HJ_HEAD_BYTES_OLD 76 /* with a key id of 4 bytes, and 32 that were never used */

int hj_head_encode(const struct hj_head *h, struct hj_buf *to);      /* appends HJ_HEAD_BYTES */
int hj_head_decode(const void *data, size_t n, struct hj_head *ret); /* both formats; -EBADMSG; seq is left 0 */
