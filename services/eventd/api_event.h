/* An event as clients see it: hjgate.Event.varlink. */
#pragma once

#include <jansson.h>

#include "book.h"

json_t *event_to_json(const struct event *e); /* NULL: out of memory */
