/* SHA-256 of what comes bit by bit. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "hjgate/cleanup.h"

#define HJ_HASH_BYTES_256 32

struct hj_hash;
int hj_hash_new(struct hj_hash **ret); /* -ENOMEM */
void hj_hash_free(struct hj_hash *h);
HJ_DEFINE_CLEANUP(struct hj_hash *, hj_hash_free)
int hj_hash_put(struct hj_hash *h, const void *data, size_t n);
/* In lower-case hexadecimal; h can only be freed then. */
int hj_hash_end(struct hj_hash *h, char ret[2 * HJ_HASH_BYTES_256 + 1]);
