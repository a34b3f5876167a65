/* Events in RAM: those still open and the newest ones; or, while older ones are looked up, the newest that match.
 * Pure: it is fed rows in the order of the ledger and knows nothing of where they come from. */
#pragma once

#include "row.h"

struct event {
	uint64_t id;
	int64_t begin_ms, end_ms; /* end: NO_END while it is open */
	uint64_t count;
	int64_t last_ms; /* when the newest of those happened that were only counted; NO_END = none were */
	enum hj_trust trust, end_trust; /* of the clock by which they are */
	bool spans;
	char code[EVENT_CODE_MAX + 1], key[EVENT_KEY_MAX + 1], source[EVENT_SOURCE_MAX + 1];
	char *values, *cause; /* NULL = none */
};
#define NO_END INT64_MIN

struct event *event_copy(const struct event *e); /* NULL: out of memory */
void event_free(struct event *e);
bool event_is_open(const struct event *e);

#define FILTER_CODES_MAX 16
struct filter {
	int64_t begin_ms, end_ms; /* begin <= the event's begin < end */
	bool open_only;
	uint64_t id;      /* 0 = any */
	unsigned classes; /* bits, 1 << class; 0 = any */
	char codes[FILTER_CODES_MAX][EVENT_CODE_MAX + 1];
	size_t code_count; /* 0 = any */
};
bool filter_takes(const struct filter *f, const struct event *e);
bool filter_may_take(const struct filter *f, const struct event *e); /* by what of it never changes */

struct book {
	struct event **events; /* by id */
	size_t count, size;
	size_t newest;               /* how many are kept; */
	bool keep_open;              /* the open ones beside those, up to BOOK_OPEN_MAX */
	const struct filter *filter; /* what is taken at all; NULL = all */
	size_t open;
	uint64_t floor;     /* every event with a greater id is here */
	uint64_t untracked; /* open ones given up because there were too many */
};
#define BOOK_OPEN_MAX 2048

/* What the row changed, or NULL where the event is not here. -ENOMEM in *ret_error. Takes nothing out: book_trim()
 * does, when the caller is done with what changed. */
struct event *book_apply(struct book *b, uint64_t seq, const struct row *row, int *ret_error);
void book_trim(struct book *b);
struct event *book_find(const struct book *b, uint64_t id);
struct event *book_find_open(const struct book *b, const char *code, const char *key);
void book_done(struct book *b);
