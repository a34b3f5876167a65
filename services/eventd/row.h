/* What one row of the ledger of events says. Rows never change: an end, a person's word and a count are rows of their
 * own that refer to the event's first row. */
#pragma once

#include <stdint.h>

#include "hjgate/buf.h"
#include "hjgate/cleanup.h"
#include "hjgate/ledger.h"

#define EVENT_CODE_MAX   31  /* bytes */
#define EVENT_KEY_MAX    95  /* bytes */
#define EVENT_SOURCE_MAX 47  /* bytes */

/* ROW_MOMENT and ROW_BEGIN are events; their seq is the event's id. The others refer to one by `of`; ROW_SHIFT refers
 * to all rows from `of` to `upto` that came under a clock which nobody trusted. */
enum row_is { ROW_MOMENT, ROW_BEGIN, ROW_END, ROW_CAUSE, ROW_COUNT, ROW_SHIFT };

/* The kinds of the ledger are used so that events can be counted without reading what follows them. */
#define ROW_KIND_EVENT  HJ_KIND_LOG
#define ROW_KIND_FOLLOW HJ_KIND_STATUS
#define ROW_KIND_SHIFT  HJ_KIND_VOID

struct row {
	enum row_is is;
	int64_t time_ms;
	enum hj_trust trust;
	uint64_t of;    /* end, cause, count */
	uint64_t count; /* end, count: how many more times; a moment that stands for several: 0 = one */
	char code[EVENT_CODE_MAX + 1], key[EVENT_KEY_MAX + 1]; /* moment, begin */
	char source[EVENT_SOURCE_MAX + 1];
	int64_t ahead_ms; /* hj_clock_ahead() of the clock that time_ms is by, where nobody trusts it; 0 = not known
	                   */
	bool carried;     /* begin: written again by a cut, and people have been told */
	uint64_t upto;    /* shift: */
	int64_t by_ms;
	char *values; /* JSON object as text; NULL = none */
	char *cause;
};

void row_done(struct row *r);
bool row_is_event(const struct row *r);
int row_encode(const struct row *r, struct hj_buf *to);
int row_decode(const struct hj_head *head, const void *body, size_t n, struct row *ret); /* -EBADMSG, -ENOMEM */
/* What `more` has of the same name replaces what *values has; -ENOMEM. */
int values_merge(char **values, const char *more);
