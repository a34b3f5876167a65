/* How an event stands in the journal of systemd: the message id of its code, by which `journalctl -x` finds what the
 * catalog says of it and `journalctl MESSAGE_ID=` all of its kind; and the names of the fields for its values. */
#pragma once

#include <stddef.h>

#include "hjgate/event.h"

#define HJ_JOURNAL_ID_LEN    33 /* with the '\0' */
#define HJ_JOURNAL_FIELD_MAX 64 /* bytes, as the journal allows */

/* 128 bits of the code and nothing else: an id never changes, and none has to be written down anywhere. -EIO */
int hj_journal_id(const char *code, char ret[HJ_JOURNAL_ID_LEN]);
/* "meter" -> "HJ_METER"; what the journal does not allow becomes '_'. */
void hj_journal_field(const char *name, char ret[HJ_JOURNAL_FIELD_MAX + 1]);
/* "meter {meter}" -> "meter @HJ_METER@": what journalctl fills in by itself. */
void hj_journal_text(const char *text, char *to, size_t size);
/* The code's entry of the catalog, in the language that is set. -ENOSPC, -EIO */
int hj_journal_entry(const struct hj_event_type *type, char *to, size_t size);
