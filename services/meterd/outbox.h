/* Numbered samples until they are on the disk. Numbers are those of one boot (a random id): 1, 2, ... */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/clock.h"
#include "hjgate/sample.h"

#define OUTBOX_MOST 4096 /* samples; the oldest give way */

/* Thousands of them wait for a store that is away: no byte is left between. */
struct outbox_item {
	double value;
	uint64_t time_ms : 48; /* HJ_TIME_MAX_MS fits */
	uint64_t point : 16;
	char flag;
} __attribute__((packed));

struct outbox {
	struct outbox_item *ring;
	size_t size, head, count;
	uint64_t first;    /* number of the oldest kept */
	uint64_t accepted; /* stored has taken every number below this one */
	uint64_t durable;  /* and has these on the disk */
	int64_t ahead_ms;  /* of the clock by which all of them are stamped */
	uint64_t lost;     /* gave way before stored had taken them, over all boots */
};

void outbox_init(struct outbox *o);
void outbox_done(struct outbox *o);
void outbox_add(struct outbox *o, const struct hj_sample *s); /* never fails: what has no room is lost and counted */
/* Before a sample is added, and before they are offered: where the clock was set since, what is kept is stamped by
 * the new time. So all of it is always by one clock, and outbox.ahead_ms says by which. */
void outbox_heed_clock(struct outbox *o, const struct hj_now *now);
uint64_t outbox_next(const struct outbox *o); /* the number that the next sample gets */
bool outbox_get(const struct outbox *o, uint64_t number, struct hj_sample *ret);
void outbox_set(struct outbox *o, uint64_t number, const struct hj_sample *s);

/* Stored's word: it expects `next`. False where that does not fit (it wants what is gone, or what never was): then
 * the samples go on under a new boot, from number 1. */
bool outbox_accept(struct outbox *o, uint64_t next);
void outbox_durable(struct outbox *o, uint64_t number);
void outbox_renumber(struct outbox *o);
