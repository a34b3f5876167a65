/* Of what is being worked on (the event "maintenance" is open) nobody is alerted. Pure. */
#pragma once

#include "book.h"

/* Whether what this row of the ledger says, at that time, was about something that was being worked on then. seq: of
 * the event's first row; what had begun before the work is not held. */
bool outbox_holds(const struct book *b, const struct row *row, uint64_t seq, int64_t time_ms);
/* The work is over by this row: the next event behind `after` that began meanwhile and is still open, or NULL. */
const struct event *outbox_released(const struct book *b, const struct row *end, uint64_t after);
