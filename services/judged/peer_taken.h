/* Whether eventd, or stored, has an entry of the outbox already: what to ask for one, and what the answer says. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "peer_outbox.h"

/* The parameters of Event.List or Store.Query that give all that could be this entry; NULL: it cannot be asked for.
 */
json_t *taken_query(enum lane lane, const json_t *entry, int64_t begin_ms);
/* Whether one answer to it has the entry. */
bool taken_has(enum lane lane, const json_t *answer, const json_t *entry);
