/* The keys of a ledger as the protocol shows them: hjgate.Store and hjgate.Event have the same methods for theirs. */
#pragma once

#include <jansson.h>

#include "hjgate/ledger.h"

/* The answer of Key; NULL: no memory. */
json_t *hj_key_state(struct hj_ledger *l, struct hj_keyring *k);
/* The parameters of KeyRecoverySet and KeyRecover. -EINVAL, and *ret_bad names the wrong one. */
int hj_key_read_set(
        json_t *parameters, struct hj_ledger_recovery *ret, uint8_t ret_key[HJ_KEY_BYTES], const char **ret_bad);
int hj_key_read_key(json_t *parameters, uint8_t ret_key[HJ_KEY_BYTES], const char **ret_bad);
void hj_key_hex(const uint8_t *bytes, size_t n, char *ret);    /* 2n digits and a NUL */
int hj_key_from_hex(const char *text, uint8_t *ret, size_t n); /* exactly n bytes; -EINVAL */
