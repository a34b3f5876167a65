/* What is known of requests that a meter refuses because of the registers in them (exception 2 or 3): where they are
 * asked apart, and which points are refused even alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/clock.h"
#include "hjgate/register.h"

#define HJ_SPLIT_LASTS (86400 * HJ_USEC_PER_SEC) /* then it is tried together again */

struct hj_want;
struct hj_request;

struct hj_split {
	uint16_t meter;
	enum hj_table table;
	uint32_t from, to; /* the request that was refused: from <= address < to */
	uint32_t last;     /* address of the last point in it */
	uint32_t cut;      /* no request holds a point before it and one from it on; 0: one point, refused alone */
	hj_usec since;
};

struct hj_splits {
	struct hj_split *list;
	size_t count;
	uint8_t *in_question; /* per want: asked apart now, to find what is refused */
	size_t wants;
};

int hj_splits_init(struct hj_splits *s, size_t wants); /* -ENOMEM */
void hj_splits_done(struct hj_splits *s);

/* May points from address `first` to address `last`, which end before `to`, be asked in one request? */
bool hj_splits_allow(
        const struct hj_splits *s, uint16_t meter, enum hj_table table, uint32_t first, uint32_t last, uint32_t to);

enum hj_split_next {
	HJ_SPLIT_NONE,
	HJ_SPLIT_AGAIN, /* plan anew and ask the points of this request again, at once */
	HJ_SPLIT_PLAN,  /* plan anew: the culprit is found, and what was asked apart for nothing is asked together */
};
/* This request was refused; without memory nothing is learned from it. */
enum hj_split_next hj_splits_refused(struct hj_splits *s, const struct hj_request *q, const struct hj_want *wants,
        const size_t *order, hj_usec now);
/* This request was answered. */
enum hj_split_next hj_splits_answered(
        struct hj_splits *s, const struct hj_request *q, const struct hj_want *wants, const size_t *order);
/* What was learned a day ago is forgotten. True: plan anew. */
bool hj_splits_expire(struct hj_splits *s, hj_usec now);
