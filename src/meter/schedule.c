/* Due times and rests: see meter_schedule.h. A due time is always the one before it plus a whole number of intervals,
 * so that a slow answer delays nothing but itself. Pure; a bus has few requests, so they are searched, not kept in a
 * heap. */
#include "hjgate/meter_schedule.h"

#include <errno.h>
#include <stdlib.h>

#include "hjgate/cleanup.h"

static size_t most_overdue(const struct hj_schedule *s)
{
	size_t found = 0;

	for (size_t i = 1; i < s->count; i++)
		if (s->slots[i].due < s->slots[found].due)
			found = i;
	return found;
}

int hj_schedule_init(struct hj_schedule *s, const size_t *meters, const uint32_t *intervals_ms, size_t count,
        size_t meter_count, hj_usec now)
{
	*s = (struct hj_schedule){ .count = count, .meters = meter_count };
	s->slots = calloc(count ? count : 1, sizeof(*s->slots));
	s->rests = calloc(meter_count ? meter_count : 1, sizeof(*s->rests));
	if (!s->slots || !s->rests) {
		hj_schedule_done(s);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		hj_usec interval = intervals_ms[i] * HJ_USEC_PER_MS, spread = hj_min(interval, HJ_SCHEDULE_SPREAD);

		if (!interval || meters[i] >= meter_count) {
			hj_schedule_done(s);
			return -EINVAL;
		}
		s->slots[i] =
		        (struct hj_slot){ .meter = meters[i], .interval = interval, .due = now + spread * i / count };
	}
	return 0;
}

void hj_schedule_done(struct hj_schedule *s)
{
	free(s->slots);
	free(s->rests);
	*s = (struct hj_schedule){ 0 };
}

bool hj_schedule_resting(const struct hj_schedule *s, size_t slot)
{
	return s->rests[s->slots[slot].meter].failures >= HJ_SCHEDULE_FAILURES;
}

enum hj_turn hj_schedule_next(struct hj_schedule *s, hj_usec now, size_t *ret_slot, hj_usec *ret_due)
{
	struct hj_slot *slot;
	size_t i = most_overdue(s);
	hj_usec passed;

	if (!s->count || s->slots[i].due > now)
		return HJ_TURN_NONE;
	slot = &s->slots[i];
	*ret_slot = i;
	*ret_due = slot->due;
	/* A meter at rest costs no time, so each of its due times is told; for the others what was missed is over. */
	if (hj_schedule_resting(s, i) && now < s->rests[slot->meter].until) {
		slot->due += slot->interval;
		return HJ_TURN_MISS;
	}
	passed = (now - slot->due) / slot->interval;
	s->overruns += passed;
	slot->due += (passed + 1) * slot->interval;
	return HJ_TURN_ASK;
}

hj_usec hj_schedule_due(const struct hj_schedule *s)
{
	return s->count ? s->slots[most_overdue(s)].due : HJ_USEC_NEVER;
}

void hj_schedule_result(struct hj_schedule *s, size_t slot, bool answered, hj_usec now)
{
	struct hj_rest *r = &s->rests[s->slots[slot].meter];

	if (answered) {
		*r = (struct hj_rest){ 0 };
		return;
	}
	r->failures++;
	if (r->failures < HJ_SCHEDULE_FAILURES)
		return;
	r->rest = r->rest ? hj_min(2 * r->rest, HJ_SCHEDULE_REST_MOST) : HJ_SCHEDULE_REST_FIRST;
	r->until = now + r->rest;
}
