/* A flood of one (code, key) is folded: above FOLD_MOST events a minute they are counted in a following row instead
 * of written one by one. A span that flaps keeps its last end back while it flaps, so that it ends as it should. A
 * flood of moments of one code with ever other keys is folded, too: above FOLD_CODE_MOST a minute, or of class info
 * FOLD_DAY_MOST a day, they go under one key. Of info that is one event a day, so that no code of it, which whoever
 * may look, or a platform, can have told without end, pushes what is worse out of the ledger. Not so what the plant
 * did, and what eventd itself says, who changed what in the configuration: that is told one by one. */
#pragma once

#include <stdint.h>

#include "hjgate/clock.h"
#include "row.h"

#define FOLD_MOST      60  /* events a minute of one (code, key) */
#define FOLD_CODE_MOST 240 /* moments a minute of one code; beyond them the key is FOLD_SEVERAL */
#define FOLD_DAY_MOST  500 /* moments a day of one code of class info: 20 days at least until they are the ledger */
#define FOLD_CODES_MAX 48  /* codes watched at a time */
#define FOLD_SEVERAL   "several"
#define FOLD_WINDOW    (60 * HJ_USEC_PER_SEC)
#define FOLD_DAY       (24 * 3600 * HJ_USEC_PER_SEC)
#define FOLD_WRITE     (10 * HJ_USEC_PER_SEC)  /* a count waits at most this long in RAM; */
#define FOLD_DAY_WRITE (600 * HJ_USEC_PER_SEC) /* of a day's, which would be thousands of rows */
#define FOLD_RATES_MAX 64                     /* (code, key) watched at a time */

struct rate {
	char code[EVENT_CODE_MAX + 1], key[EVENT_KEY_MAX + 1];
	hj_usec window, used; /* start of the minute (or day) being counted; last use */
	hj_usec due;          /* what is folded is to be written; */
	bool of_day;          /* the rest of a day's info of one code */
	unsigned written;
	uint64_t id;     /* of the event it is folded into; 0 = not yet on disk */
	uint64_t folded; /* not yet in a row */
	int64_t time_ms; /* of the last folded */
	bool held;       /* an end is kept back: */
	int64_t held_ms;
	char *held_values;
};

struct code_rate {
	char code[EVENT_CODE_MAX + 1];
	hj_usec window, day;
	unsigned moments, today;
};

struct folds {
	struct code_rate codes[FOLD_CODES_MAX];
	size_t code_count;
	struct rate rates[FOLD_RATES_MAX];
	size_t count;
	hj_usec write_at; /* HJ_USEC_NEVER: nothing to be written */
};

void folds_init(struct folds *f);
void folds_done(struct folds *f);
struct rate *folds_find(struct folds *f, const char *code, const char *key); /* NULL: not watched */
/* A moment or a begin comes. NULL: write it (its key may have become FOLD_SEVERAL). Otherwise it is folded into that
 * rate's event. */
struct rate *folds_event(struct folds *f, struct row *row, hj_usec now);
/* An end comes. NULL: write it. Otherwise it is kept back, with the row's values. */
struct rate *folds_end(struct folds *f, struct row *row, hj_usec now);
/* The event is on disk as `id`. */
void folds_written(struct folds *f, const char *code, const char *key, uint64_t id);
/* The next row to be written for what was folded and is due; false when there is none (more). HJ_USEC_NEVER: all is
 * due. The caller owns *ret. */
bool folds_take(struct folds *f, hj_usec now, struct row *ret);
/* All was taken that could be: what is not due, or whose event is not on disk yet, is tried again later. */
void folds_wait(struct folds *f, hj_usec now);
