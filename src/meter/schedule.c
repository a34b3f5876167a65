/* Due times: see meter_schedule.h. A due time is always the one before it plus a whole number of intervals, so that a
 * slow answer delays nothing but itself. What is due is asked by deadline, which is a request's next due time: a scan
 * of many slow points never makes a point of a short interval wait for all of it. The fast lane goes before both, at
 * most one request later than it is due; only where it leaves so little time that a slow request has waited for most
 * of its interval do the two take turns. Pure; a bus has few requests, so they are searched, not kept in a heap. */
#include "hjgate/meter_schedule.h"

#include <errno.h>
#include <stdlib.h>

#include "hjgate/cleanup.h"

#define PATIENCE    (2 * HJ_USEC_PER_SEC)
#define MARGIN_PART 4 /* of an interval */
#define SPREAD_PART 2
#define LATE_PART   4 /* less than this left */
#define SPARE_PART  4 /* of what may be busy at the end */
#define SMOOTH      4 /* answers */

int64_t hj_schedule_origin(const struct hj_now *now)
{
	return (int64_t)now->mono - (now->wall_ms + HJ_BEIJING_MS) * (int64_t)HJ_USEC_PER_MS;
}

/* The first place on the grid after `now`. */
static hj_usec next_on_grid(int64_t origin, const struct hj_slot *slot, hj_usec now)
{
	int64_t interval = (int64_t)slot->interval, begin = origin + (int64_t)slot->phase;
	int64_t past = ((int64_t)now - begin) % interval; /* since the newest place; below 0 before the first */

	return now + (hj_usec)((past < 0 ? 0 : interval) - past);
}

static hj_usec lead_of(hj_usec interval)
{
	return hj_min(interval / MARGIN_PART, (hj_usec)HJ_SCHEDULE_LEAD);
}

/* The first of so many, and those after it spread behind it. What a total grew by is told by its newest reading in a
 * window, so that belongs to its end; all else to its begin. */
static hj_usec phase_of(const struct hj_schedule *s, size_t i, bool at_end)
{
	hj_usec interval = s->slots[i].interval, margin = hj_min(interval / MARGIN_PART, (hj_usec)HJ_SCHEDULE_MARGIN);
	hj_usec spread = hj_min(interval / SPREAD_PART, (hj_usec)HJ_SCHEDULE_SPREAD);

	if (!at_end)
		return margin + spread * i / s->count;
	spread = hj_min(spread, lead_of(interval) / SPREAD_PART);
	return interval - lead_of(interval) + spread * i / s->count;
}

/* In the middle of an interval there may be no such place left in it. */
static void put(struct hj_schedule *s, size_t i, bool at_end, hj_usec now)
{
	struct hj_slot *slot = &s->slots[i], whole = { .interval = slot->interval };

	slot->at_end = at_end;
	slot->phase = phase_of(s, i, at_end);
	slot->due = next_on_grid(s->origin, slot, now);
	if (slot->due >= next_on_grid(s->origin, &whole, now))
		slot->soon = hj_min(slot->soon, now);
}

static bool belongs_at_end(const struct hj_slot *slot, hj_usec takes)
{
	hj_usec most = lead_of(slot->interval) / 2;

	if (!slot->total || slot->fast)
		return false;
	/* Back there only where there is time to spare: places do not change from window to window. */
	return takes <= (slot->took && !slot->at_end ? most - most / SPARE_PART : most);
}

/* A bus that is busy for long would answer some of them after the end, and a window would be without its reading. So
 * it counts what is asked as often as this, or more often. */
void hj_schedule_place(struct hj_schedule *s, hj_usec now)
{
	hj_usec takes = 0;

	for (size_t first = 0, end; first < s->count; first = end) {
		hj_usec interval = s->slots[s->by_interval[first]].interval;

		for (end = first; end < s->count && s->slots[s->by_interval[end]].interval == interval; end++) {
			const struct hj_slot *slot = &s->slots[s->by_interval[end]];

			takes += hj_max(slot->takes, slot->took);
		}
		for (size_t k = first; k < end; k++) {
			size_t i = s->by_interval[k];
			bool at_end = belongs_at_end(&s->slots[i], takes);

			if (!s->slots[i].phase || at_end != s->slots[i].at_end)
				put(s, i, at_end, now);
		}
	}
}

static int compare_interval(const void *a, const void *b, void *slots)
{
	const struct hj_slot *of = slots;
	hj_usec x = of[*(const size_t *)a].interval, y = of[*(const size_t *)b].interval;

	return (x > y) - (x < y);
}

int hj_schedule_init(
        struct hj_schedule *s, const struct hj_timing *timings, size_t count, int64_t origin, hj_usec now)
{
	*s = (struct hj_schedule){ .count = count, .origin = origin };
	s->slots = calloc(count ? count : 1, sizeof(*s->slots));
	s->by_interval = calloc(count ? count : 1, sizeof(*s->by_interval));
	if (!s->slots || !s->by_interval) {
		hj_schedule_done(s);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		const struct hj_timing *t = &timings[i];

		if (!t->interval_ms) {
			hj_schedule_done(s);
			return -EINVAL;
		}
		s->by_interval[i] = i;
		s->slots[i] = (struct hj_slot){ .meter = t->meter,
			.interval = t->interval_ms * HJ_USEC_PER_MS,
			.fast = t->fast_ms * HJ_USEC_PER_MS,
			.takes = t->takes,
			.total = t->total,
			.look = t->fast_ms ? now : HJ_USEC_NEVER,
			.soon = now };
	}
	qsort_r(s->by_interval, count, sizeof(*s->by_interval), compare_interval, s->slots);
	hj_schedule_place(s, now);
	return 0;
}

void hj_schedule_done(struct hj_schedule *s)
{
	free(s->slots);
	free(s->by_interval);
	*s = (struct hj_schedule){ 0 };
}

/* ---- what comes first ---- */

static hj_usec wanted_at(const struct hj_slot *slot)
{
	return hj_min(slot->due, slot->soon);
}

static hj_usec fast_at(const struct hj_slot *slot)
{
	hj_usec at = wanted_at(slot);

	return hj_min(at, slot->look);
}

static struct hj_slot *missed(const struct hj_schedule *s, const struct hj_quarantine *q, hj_usec now)
{
	for (size_t i = 0; i < s->count && q->resting; i++)
		if (s->slots[i].due <= now && hj_quarantine_has(q, s->slots[i].meter))
			return &s->slots[i];
	return NULL;
}

static struct hj_slot *first_fast(const struct hj_schedule *s, const struct hj_quarantine *q, hj_usec now)
{
	struct hj_slot *found = NULL;

	for (size_t i = 0; i < s->count; i++) {
		struct hj_slot *slot = &s->slots[i];

		if (slot->fast && fast_at(slot) <= now && !hj_quarantine_has(q, slot->meter) &&
		        (!found || fast_at(slot) < fast_at(found)))
			found = slot;
	}
	return found;
}

static struct hj_slot *first_slow(const struct hj_schedule *s, const struct hj_quarantine *q, hj_usec now)
{
	struct hj_slot *found = NULL;

	for (size_t i = 0; i < s->count; i++) {
		struct hj_slot *slot = &s->slots[i];

		if (!slot->fast && wanted_at(slot) <= now && !hj_quarantine_has(q, slot->meter) &&
		        (!found || wanted_at(slot) + slot->interval < wanted_at(found) + found->interval))
			found = slot;
	}
	return found;
}

/* Any request of a meter will do to see whether it lives; they take turns, since it may not know one of them. */
static struct hj_slot *to_try(struct hj_schedule *s, size_t meter)
{
	struct hj_slot *found = NULL;

	for (size_t i = 0; i < s->count; i++)
		if (s->slots[i].meter == meter && (!found || s->slots[i].tried < found->tried))
			found = &s->slots[i];
	return found;
}

/* ---- turns ---- */

/* The next due time after `now`; how many were passed over. */
static uint64_t pass(hj_usec *due, hj_usec interval, hj_usec now)
{
	uint64_t passed = (now - *due) / interval;

	*due += (passed + 1) * interval;
	return passed;
}

static enum hj_turn take(struct hj_schedule *s, struct hj_slot *slot, hj_usec now, struct hj_due *ret)
{
	bool wanted = wanted_at(slot) <= now, on_grid = slot->due <= now;

	*ret = (struct hj_due){ .slot = (size_t)(slot - s->slots), .on_grid = on_grid, .due = fast_at(slot) };
	if (on_grid) {
		ret->due = slot->due;
		s->overruns += pass(&slot->due, slot->interval, now);
	}
	if (slot->look <= now)
		pass(&slot->look, slot->fast, now);
	if (wanted) /* a look is nothing that somebody waits for */
		slot->soon = HJ_USEC_NEVER;
	s->was_fast = slot->fast;
	return wanted ? HJ_TURN_ASK : HJ_TURN_LOOK;
}

static enum hj_turn try_one(struct hj_schedule *s, size_t meter, hj_usec cost, hj_usec now, struct hj_due *ret)
{
	struct hj_slot *slot = to_try(s, meter);

	if (!slot)
		return HJ_TURN_NONE;
	*ret = (struct hj_due){ .slot = (size_t)(slot - s->slots), .due = now, .cost = cost };
	slot->tried = now;
	s->was_fast = false;
	return HJ_TURN_TRY;
}

/* A meter at rest costs no time, so each of its due times is told. */
static enum hj_turn miss(const struct hj_schedule *s, struct hj_slot *slot, struct hj_due *ret)
{
	*ret = (struct hj_due){ .slot = (size_t)(slot - s->slots), .on_grid = true, .due = slot->due };
	slot->due += slot->interval;
	return HJ_TURN_MISS;
}

enum hj_turn hj_schedule_next(struct hj_schedule *s, struct hj_quarantine *q, hj_usec now, struct hj_due *ret)
{
	struct hj_slot *slot = missed(s, q, now), *fast;
	hj_usec cost;
	size_t meter;

	if (slot)
		return miss(s, slot, ret);
	fast = first_fast(s, q, now);
	slot = first_slow(s, q, now);
	if (fast && !(slot && s->was_fast && now - wanted_at(slot) >= slot->interval - slot->interval / LATE_PART))
		return take(s, fast, now, ret);
	/* A try takes a free moment, where one comes soon. */
	if ((!slot || now >= hj_quarantine_due(q) + PATIENCE) && hj_quarantine_next(q, now, &meter, &cost))
		return try_one(s, meter, cost, now, ret);
	return slot ? take(s, slot, now, ret) : HJ_TURN_NONE;
}

enum hj_turn hj_schedule_closed(struct hj_schedule *s, const struct hj_quarantine *q, hj_usec now, struct hj_due *ret)
{
	struct hj_slot *slot = missed(s, q, now);

	if (slot)
		return miss(s, slot, ret);
	slot = first_fast(s, q, now);
	slot = slot ? slot : first_slow(s, q, now);
	return slot ? take(s, slot, now, ret) : HJ_TURN_NONE;
}

hj_usec hj_schedule_closed_due(const struct hj_schedule *s, const struct hj_quarantine *q)
{
	hj_usec next = HJ_USEC_NEVER;

	for (size_t i = 0; i < s->count; i++) {
		const struct hj_slot *slot = &s->slots[i];
		hj_usec at = hj_quarantine_has(q, slot->meter) ? slot->due : fast_at(slot);

		next = hj_min(next, at);
	}
	return next;
}

hj_usec hj_schedule_due(const struct hj_schedule *s, const struct hj_quarantine *q)
{
	hj_usec wanted = hj_schedule_closed_due(s, q), try = hj_quarantine_due(q);

	return hj_min(wanted, try);
}

void hj_schedule_soon(struct hj_schedule *s, size_t slot, hj_usec when)
{
	s->slots[slot].soon = hj_min(s->slots[slot].soon, when);
}

void hj_schedule_all_soon(struct hj_schedule *s, hj_usec now)
{
	for (size_t i = 0; i < s->count; i++)
		hj_schedule_soon(s, i, now);
}

void hj_schedule_revived(struct hj_schedule *s, size_t slot, hj_usec now)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->slots[i].meter == s->slots[slot].meter)
			hj_schedule_soon(s, i, now);
	s->slots[slot].soon = HJ_USEC_NEVER;
}

static void move(struct hj_schedule *s, struct hj_slot *slot, hj_usec now)
{
	hj_usec due = next_on_grid(s->origin, slot, now), moved;

	/* Its turn is still to come; just after the start of the machine there is no such place before it. */
	if (slot->due <= now && due >= slot->interval) {
		slot->due = due - slot->interval;
		return;
	}
	moved = due > slot->due ? due - slot->due : slot->due - due;
	if (slot->due <= now || moved > slot->interval / MARGIN_PART)
		slot->soon = hj_min(slot->soon, now);
	slot->due = due;
}

void hj_schedule_align(struct hj_schedule *s, int64_t origin, hj_usec now)
{
	if (llabs(origin - s->origin) < (int64_t)HJ_SCHEDULE_STEP)
		return;
	s->origin = origin;
	for (size_t i = 0; i < s->count; i++)
		move(s, &s->slots[i], now);
}

/* ---- how long it took ---- */

void hj_schedule_took(struct hj_schedule *s, size_t slot, hj_usec took)
{
	struct hj_slot *of = &s->slots[slot];

	of->took = of->took ? (of->took * (SMOOTH - 1) + took) / SMOOTH : took;
}
