/* A bounded, sorted list of disjoint seq ranges: what one uplink still owes its platform. Two outages leave two gaps.
 * When the bound is reached the two nearest ranges are joined: then some records are sent again, never one lost. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/buf.h"

#define HJ_SEQSET_MAX 64 /* ranges */

struct hj_range {
	uint64_t from, to; /* both included */
};

struct hj_seqset {
	struct hj_range ranges[HJ_SEQSET_MAX + 1]; /* the last is spare, while two are being joined */
	size_t count;
	uint64_t joined; /* seqs added by joining, so far: they will be sent again */
};

void hj_seqset_add(struct hj_seqset *s, uint64_t from, uint64_t to);
void hj_seqset_remove(struct hj_seqset *s, uint64_t from, uint64_t to);
bool hj_seqset_has(const struct hj_seqset *s, uint64_t seq);
uint64_t hj_seqset_total(const struct hj_seqset *s);
/* The first member >= from; false where there is none. */
bool hj_seqset_next(const struct hj_seqset *s, uint64_t from, uint64_t *ret);

int hj_seqset_encode(const struct hj_seqset *s, struct hj_buf *to);
int hj_seqset_decode(const void *data, size_t n, struct hj_seqset *ret); /* -EBADMSG */
