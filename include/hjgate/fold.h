/* Minute records to an hour's or a day's. Kept in memory only: a window that is not held (hj_fold_at) is made again
 * from the ledger by whoever adds to it: first what of it is closed (hj_fold_mark), then its minutes. A point is
 * closed once per window; minutes that come for what is closed are refused and counted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/cleanup.h"
#include "hjgate/record.h"

#define HJ_FOLD_WINDOWS_MAX 8 /* held at a time; when all wait, minutes of a further one are refused */

struct hj_fold;

int hj_fold_new(int64_t length_ms, struct hj_fold **ret);
void hj_fold_free(struct hj_fold *f);
HJ_DEFINE_CLEANUP(struct hj_fold *, hj_fold_free)
void hj_fold_set_normal_part(struct hj_fold *f, unsigned percent); /* for flag N; 1..100, HJ_NORMAL_PART as made */

/* Adds one minute's (or supplement's) statistics. -ENOMEM. */
int hj_fold_add(struct hj_fold *f, int64_t label_ms, int64_t minute_ms, const struct hj_stats *minute);
/* These points of this window are in a record already: what was folded for them goes, and they are refused from here
 * on. */
int hj_fold_mark(struct hj_fold *f, int64_t label_ms, const struct hj_stats *closed);

bool hj_fold_holds(const struct hj_fold *f, uint32_t point); /* it is in no record of one of the windows yet */

/* The oldest window that has points to give: 1 and its label, or 0. Others: hj_fold_at. */
int hj_fold_oldest(const struct hj_fold *f, int64_t *ret_label_ms);
/* Takes the points of this window out that `keep` (may be NULL) does not hold back: their number is ret->count, 0 =
 * none. */
typedef bool (*hj_fold_keep_fn)(uint32_t point, void *userdata);
int hj_fold_take(struct hj_fold *f, int64_t label_ms, hj_fold_keep_fn keep, void *userdata, struct hj_stats *ret);
bool hj_fold_at(const struct hj_fold *f, size_t i, int64_t *ret_label_ms); /* windows by age; false after the last */
/* Forgets windows that ended before this time; what they still hold is lost, so take it first, and what comes for
 * them later is refused. */
void hj_fold_forget(struct hj_fold *f, int64_t before_ms);
/* Forgets windows that end after this time: what is in them is to be read again. */
void hj_fold_reread(struct hj_fold *f, int64_t after_ms);
int64_t hj_fold_length(const struct hj_fold *f);
uint64_t hj_fold_refused(const struct hj_fold *f); /* statistics of a point that came after its window was closed */
