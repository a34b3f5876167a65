/* The events of a span, from the newest back: eventd gives no more than a page at once. */
#pragma once

#include <jansson.h>
#include <stdint.h>

typedef void (*cli_event_fn)(json_t *event, void *userdata);

/* Each event that began from begin_ms on and before end_ms (UTC), the newest page first and in it the oldest first.
 * Those of the millisecond at a page's edge may be given twice. 0, or -errno with the error reply as
 * cli_stream_quiet(). */
int cli_events_back(
        const char *root, int64_t begin_ms, int64_t end_ms, cli_event_fn take, void *userdata, json_t **ret_error);
