/* What a verification says, as hjgate.Store.Verify tells it. */
#pragma once

#include <jansson.h>

#include "hjgate/ledger_verify.h"

json_t *hj_finding_to_json(const struct hj_finding *f);
json_t *hj_verdict_to_json(const struct hj_verify_look *k);
