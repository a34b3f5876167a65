/* Samples that were read before the time was known, as they lie in a `pending` record: of one bus and one start of
 * its meterd, consecutive numbers, each with its time on the clock that only goes on (CLOCK_BOOTTIME of the kernel
 * boot in the record's head) and the interval that its point had then: it may be another when the time comes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hjgate/buf.h"
#include "hjgate/point.h"
#include "hjgate/record.h"
#include "hjgate/sample.h"

#define HJ_PENDING_BYTES     (16u << 10) /* of the samples of one record: as JSON they fit into a message */
#define HJ_PENDING_INTERVALS 32          /* different ones in one record */

struct hj_pending {
	char bus[HJ_NAME_MAX + 1];
	uint8_t boot[HJ_ID_BYTES]; /* of the meterd's start */
	uint64_t first;            /* number of the first sample */
	uint32_t count;
	int64_t ahead_ms; /* of the untrusted wall clock when they came */
	int64_t begin_ms; /* what the samples' times are packed against; BOOTTIME */
	int64_t upto_ms;  /* every sample of the bus taken before this has been offered; BOOTTIME */
	uint32_t intervals[HJ_PENDING_INTERVALS]; /* ms */
	unsigned interval_count;
	bool plain; /* of version 1: its samples have no interval */
	struct hj_buf samples;
};

void hj_pending_done(struct hj_pending *p);
/* The next sample; its time_ms is on BOOTTIME. -ERANGE: too far from begin_ms (24 days), or one interval too many:
 * begin another record. */
int hj_pending_add(struct hj_pending *p, const struct hj_sample *s, uint32_t interval_ms);
int hj_pending_encode(const struct hj_pending *p, struct hj_buf *to);
/* Strict. The samples are copied: hj_pending_done(). -EBADMSG, -ENOMEM. */
int hj_pending_decode(const void *data, size_t n, struct hj_pending *ret);
/* Sample i, of 0..count - 1: in order, *at is 0 before the first. The interval is 0 where it is not known. */
void hj_pending_next(const struct hj_pending *p, size_t *at, struct hj_sample *ret, uint32_t *ret_interval_ms);
void hj_pending_drop(struct hj_pending *p, uint32_t n); /* the first n, of count at most */
