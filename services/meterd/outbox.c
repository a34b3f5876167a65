/* The outbox: see outbox.h. A ring that grows by doubling and is given back when it has emptied, since most of the
 * time it holds what came since the last commit. A sample that stored has taken but not yet committed may give way
 * too: it is lost only if stored then asks for it again. */
#include "outbox.h"

#include <stdlib.h>

#define RING_FIRST 64   /* samples */
#define RING_KEPT  1024 /* a larger ring is given back when it is empty */

void outbox_init(struct outbox *o)
{
	*o = (struct outbox){ .first = 1, .accepted = 1 };
}

void outbox_done(struct outbox *o)
{
	free(o->ring);
	o->ring = NULL;
	o->size = o->count = 0;
}

uint64_t outbox_next(const struct outbox *o)
{
	return o->first + o->count;
}

static struct outbox_item *at(const struct outbox *o, size_t i)
{
	return &o->ring[(o->head + i) % o->size];
}

static bool grow(struct outbox *o)
{
	size_t size = o->size ? 2 * o->size : RING_FIRST;
	struct outbox_item *ring;

	if (o->size >= OUTBOX_MOST)
		return false;
	ring = malloc(size * sizeof(*ring));
	if (!ring)
		return false;
	for (size_t i = 0; i < o->count; i++)
		ring[i] = *at(o, i);
	free(o->ring);
	o->ring = ring;
	o->size = size;
	o->head = 0;
	return true;
}

static struct outbox_item item_of(const struct hj_sample *s)
{
	return (struct outbox_item){
		.value = s->value, .time_ms = (uint64_t)s->time_ms, .point = (uint16_t)s->point, .flag = (char)s->flag
	};
}

static void forget_oldest(struct outbox *o)
{
	o->head = (o->head + 1) % o->size;
	o->count--;
	o->first++;
}

void outbox_add(struct outbox *o, const struct hj_sample *s)
{
	if (o->count == o->size && !grow(o)) {
		if (o->first >= o->accepted)
			o->lost++;
		if (!o->count) { /* no memory at all */
			o->first++;
			return;
		}
		forget_oldest(o);
	}
	*at(o, o->count) = item_of(s);
	o->count++;
}

void outbox_heed_clock(struct outbox *o, const struct hj_now *now)
{
	int64_t step = hj_clock_step(&o->ahead_ms, now);

	for (size_t i = 0; step && i < o->count; i++)
		at(o, i)->time_ms = (uint64_t)hj_time_moved((int64_t)at(o, i)->time_ms, step);
}

bool outbox_get(const struct outbox *o, uint64_t number, struct hj_sample *ret)
{
	const struct outbox_item *item;

	if (number < o->first || number >= outbox_next(o))
		return false;
	item = at(o, (size_t)(number - o->first));
	*ret = (struct hj_sample){ item->point, (int64_t)item->time_ms, item->value, (enum hj_flag)item->flag };
	return true;
}

void outbox_set(struct outbox *o, uint64_t number, const struct hj_sample *s)
{
	if (number >= o->first && number < outbox_next(o))
		*at(o, (size_t)(number - o->first)) = item_of(s);
}

bool outbox_accept(struct outbox *o, uint64_t next)
{
	uint64_t wanted = next > o->durable ? next : o->durable + 1,
	         known = o->first < o->accepted ? o->first : o->accepted;

	if (next > outbox_next(o))
		return false;
	if (next >= o->first) {
		o->accepted = next;
		return true;
	}
	/* It forgot what had given way here in the meantime. What was lost before it took it is counted already. */
	if (wanted < known)
		o->lost += known - wanted;
	return false;
}

void outbox_durable(struct outbox *o, uint64_t number)
{
	if (number >= outbox_next(o))
		return;
	if (number > o->durable)
		o->durable = number;
	while (o->count && o->first <= number)
		forget_oldest(o);
	if (o->accepted < o->durable + 1)
		o->accepted = o->durable + 1;
	if (!o->count && o->size > RING_KEPT) {
		free(o->ring);
		o->ring = NULL;
		o->size = o->head = 0;
	}
}

void outbox_renumber(struct outbox *o)
{
	o->first = o->accepted = 1;
	o->durable = 0;
}
