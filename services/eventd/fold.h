/* A flood of one (code, key) is folded: above FOLD_MOST events a minute they are counted in a following row instead
 * of written one by one. A span that flaps keeps its last end back while it flaps, so that it ends as it should. A
 * flood of moments of one code with ever other keys is folded, too, unless its class is info: above FOLD_CODE_MOST
 * they go under one key. */
#pragma once

#include <stdint.h>

#include "hjgate/clock.h"
#include "row.h"

#define FOLD_MOST      60  /* events a minute of one (code, key) */
#define FOLD_CODE_MOST 240 /* moments a minute of one code; beyond them the key is FOLD_SEVERAL */
#define FOLD_CODES_MAX 24  /* codes watched at a time */
#define FOLD_SEVERAL   "several"
#define FOLD_WINDOW    (60 * HJ_USEC_PER_SEC)
#define FOLD_WRITE     (10 * HJ_USEC_PER_SEC) /* a count waits at most this long in RAM */
#define FOLD_RATES_MAX 64                     /* (code, key) watched at a time */

struct rate {
	char code[EVENT_CODE_MAX + 1], key[EVENT_KEY_MAX + 1];
	hj_usec window, used; /* start of the minute being counted; last use */
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
	hj_usec window;
	unsigned moments;
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
/* The next row to be written for what was folded; false when there is none (more). The caller owns *ret. */
bool folds_take(struct folds *f, struct row *ret);
/* All was taken that could be: the rest, whose event is not on disk yet, is tried again later. */
void folds_wait(struct folds *f, hj_usec now);
