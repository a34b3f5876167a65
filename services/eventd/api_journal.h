/* Events in the journal of systemd. */
#pragma once

#include "book.h"

/* The row is on the disk; e is the event as it is now. Says nothing where no journal listens. */
void journal_event(const struct event *e, enum row_is is);
