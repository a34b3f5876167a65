/* What the store gives as what judge takes: its points by their numbers, and records of windows as samples. A window
 * keeps the least, the average and the greatest value and not when they were: so a judgement over records knows that
 * something was so within a window and not for how long, and not in which order. */
#pragma once

#include "hjgate/cleanup.h"
#include "hjgate/judge.h"
#include "hjgate/record.h"
#include "hjgate/stats.h"

/* Which number of the store is which point of the plan. Numbers only grow, and may be far apart: the list is of those
 * that were met, and no longer than a store's. */
struct hj_judge_map {
	const struct hj_judge_plan *plan;
	struct hj_judge_number {
		uint32_t number;
		uint16_t place; /* in the plan */
	} * list;               /* sorted by number, HJ_POINTS_MAX at most */
	size_t count, size;
};
/* A name may have had several numbers; where there are too many the oldest give way. -ENOMEM. */
int hj_judge_map_learn(struct hj_judge_map *m, uint32_t number, const char *name);
size_t hj_judge_map_find(const struct hj_judge_map *m, uint32_t number); /* HJ_JUDGE_NONE */
void hj_judge_map_done(struct hj_judge_map *m);

/* Samples that are put in the order of their times before they are judged: several buses, or several windows' points
 * in one message. */
#define HJ_JUDGE_BATCH_MAX 16384
struct hj_judge_batch {
	struct hj_sample *samples;
	size_t count, size;
	uint64_t lost;    /* beyond HJ_JUDGE_BATCH_MAX, or without memory */
	int64_t label_ms; /* of the newest record in it; 0: none yet */
};
/* `point`: the place in the plan. */
void hj_judge_batch_add(struct hj_judge_batch *b, const struct hj_sample *s);
/* One point's window, in parts of `step_ms` at most, three at least; of one that began before after_ms only how it
 * was on the whole counts, at its end: its extremes may have been judged already. */
void hj_judge_batch_window(struct hj_judge_batch *b, size_t point, const struct hj_stat *s, int64_t label_ms,
        int64_t length_ms, int64_t step_ms, int64_t after_ms);
/* A record of windows: what lies before its label is fed first (gap_ms: as below). A total that is at more than its
 * window says it grew by has another meter. How many of its points are in the plan. */
size_t hj_judge_batch_record(struct hj_judge_batch *b, struct hj_judge *j, const struct hj_judge_map *m,
        const struct hj_head *head, const struct hj_stats *stats, int64_t step_ms, int64_t after_ms, int64_t gap_ms);
/* Those from before before_ms; the others wait. Where nothing was seen for longer than gap_ms nobody looked: then
 * what judge waits for does not go on (hj_judge_skip()). */
void hj_judge_batch_feed(struct hj_judge_batch *b, struct hj_judge *j, int64_t before_ms, int64_t gap_ms);
void hj_judge_batch_done(struct hj_judge_batch *b);

/* How far apart samples of this plan may be so that none of its points seems silent. */
int64_t hj_judge_step_ms(const struct hj_judge_plan *p);
