/* One Append: numbers are checked, points get their numbers, samples go into the windows and to those who watch. A
 * sample that was counted before is passed over, so whatever is repeated after a loss of the connection is in one
 * record. */
#include "stored.h"

#include <errno.h>
#include <string.h>

#include "hjgate/log.h"

/* Only what is new is not kept: all else of the Append is taken. */
static void refuse(struct stored *s, const struct append *a, const struct hj_sample *sample)
{
	if (!s->room.refused++)
		hj_error("bus %s: %s is a new point, and there is room for %d: new ones are not kept until "
		         "points that are read no more are %d days away",
		        a->bus, a->points[sample->point].name, HJ_POINTS_MAX, STORED_OWED_DAYS);
}

static int number_points(struct stored *s, struct append *a)
{
	for (size_t i = 0; i < a->point_count; i++) {
		int r = dictionary_number(s, &a->points[i]);

		if (r < 0 && r != -ENOSPC)
			return r;
		if (r < 0)
			a->points[i].number = STORED_POINT_NONE;
	}
	for (size_t i = 0; i < a->sample_count; i++) {
		uint32_t number = a->points[a->samples[i].point].number;

		if (number == STORED_POINT_NONE)
			refuse(s, a, &a->samples[i]);
		a->samples[i].point = number;
	}
	maintain_mark(s, a->samples, a->sample_count);
	return 0;
}

static struct live *find_live(struct stored *s, const struct append *a)
{
	for (size_t i = 0; i < s->live_count; i++)
		if (!strcmp(s->live[i].bus, a->bus))
			return &s->live[i];
	return NULL;
}

/* The number that is due. A start of a meterd that is not known here may begin anywhere: what came before went to a
 * file that is gone. Unless it was only shown: then it begins where it began to be. */
static uint64_t expected_next(struct stored *s, struct hj_rollup_bus *b, const struct append *a)
{
	const struct live *l = find_live(s, a);
	struct hj_rollup_look look;

	hj_rollup_look(b, &look);
	if (memcmp(look.boot, a->boot, HJ_ID_BYTES)) {
		hj_rollup_boot(b, a->boot);
		hj_rollup_count_from(
		        b, l && !memcmp(l->boot, a->boot, HJ_ID_BYTES) ? hj_min(l->first, a->first) : a->first);
		hj_rollup_look(b, &look);
	}
	return look.counted + 1;
}

/* Whoever counts by what is shown must know which is the new meter's first reading. Its total takes that for what it
 * is when it is counted; not all that is shown is. */
static void note_swap(struct stored *s, const struct hj_sample *sample)
{
	size_t i;

	if (!hj_rollup_is_new_meter(s->rollup, sample))
		return;
	i = dictionary_index(s, sample->point);
	if (i < s->points.count && !s->by_point[i].swapped_ms)
		s->by_point[i].swapped_ms = sample->time_ms;
}

static void note_newest(struct stored *s, const struct hj_sample *sample)
{
	size_t i = dictionary_index(s, sample->point);

	note_swap(s, sample);
	if (i < s->points.count)
		s->by_point[i].newest = *sample;
}

/* Too many windows at once: what is complete goes into its records first. */
static int add(struct stored *s, struct hj_rollup_bus *b, const struct hj_sample *sample)
{
	struct hj_now now;
	int r;

	if (sample->point == STORED_POINT_NONE) {
		hj_rollup_count(b, 1); /* else it would be offered for ever */
		return 0;
	}
	r = hj_rollup_add(s->rollup, b, sample);

	if (r != -ENOBUFS)
		return r;
	now = hj_now();
	hj_rollup_upto(s->rollup, b, sample->time_ms, &now);
	window_process(s);
	return hj_rollup_add(s->rollup, b, sample);
}

static int add_all(struct stored *s, struct hj_rollup_bus *b, const struct append *a, size_t skip, size_t *ret_taken)
{
	int r = 0;
	size_t i = skip;

	for (; i < a->sample_count; i++) {
		note_swap(s, &a->samples[i]);
		r = add(s, b, &a->samples[i]);
		if (r < 0)
			break;
	}
	*ret_taken = i - skip;
	return r < 0 ? r : 0;
}

/* The clock was set while the samples were on their way: they are by the one before. */
static void restamp(struct append *a, const struct hj_now *now)
{
	int64_t ahead = a->ahead_ms, step = a->has_ahead ? hj_clock_step(&ahead, now) : 0;

	for (size_t i = 0; step && i < a->sample_count; i++)
		a->samples[i].time_ms = hj_time_moved(a->samples[i].time_ms, step);
	if (step)
		a->upto_ms = hj_time_moved(a->upto_ms, step);
}

/* ---- while there is no room, or it is not known what is counted ---- */

static struct live *get_live(struct stored *s, const struct append *a)
{
	struct live *l = find_live(s, a);

	if (!l && s->live_count < hj_array_size(s->live)) {
		l = &s->live[s->live_count++];
		*l = (struct live){ 0 };
		hj_text_copy(l->bus, sizeof(l->bus), a->bus);
	}
	if (l && (!l->first || memcmp(l->boot, a->boot, HJ_ID_BYTES))) {
		memcpy(l->boot, a->boot, HJ_ID_BYTES);
		l->first = l->next = a->first;
	}
	return l;
}

/* Nothing is counted: the number that is due stays what it was, and is asked for when there is room again. */
static int only_show(struct stored *s, struct append *a, uint64_t *ret_next)
{
	struct live *l = get_live(s, a);
	size_t skip;
	int r;

	if (!l)
		return -ENOSPC;
	r = number_points(s, a);
	if (r < 0)
		return r;
	skip = a->first < l->next ? (size_t)hj_min(l->next - a->first, (uint64_t)a->sample_count) : 0;
	for (size_t i = skip; i < a->sample_count; i++)
		note_newest(s, &a->samples[i]);
	stream_samples(s, a->samples + skip, a->sample_count - skip);
	l->first = hj_min(l->first, a->first);
	l->next = hj_max(l->next, a->first + a->sample_count);
	*ret_next = l->next;
	return 0;
}

int intake_append(struct stored *s, struct append *a, uint64_t *ret_next)
{
	struct hj_now now = hj_now();
	struct hj_rollup_bus *b;
	struct hj_fallen fallen;
	size_t skip, taken = 0;
	uint64_t next;
	int r;

	trust_heed(s, &now);
	restamp(a, &now);
	if (!s->loaded || s->queue_bytes > STORED_QUEUE_BYTES)
		return only_show(s, a, ret_next);
	r = hj_rollup_get(s->rollup, a->bus, &now, &b);
	r = r < 0 ? r : number_points(s, a);
	if (r < 0)
		return r;
	/* The stream for Durable is what shows that the meterd lives; one that has none is as present as its last
	 * word. */
	hj_rollup_connect(b, true, &now);
	if (!stream_hears(s, a->bus))
		hj_rollup_connect(b, false, &now);
	next = expected_next(s, b, a);
	*ret_next = next;
	if (a->first > next)
		return 0;
	skip = (size_t)hj_min(next - a->first, (uint64_t)a->sample_count);
	r = pending_wanted(s) ? pending_take(s, b, a, skip, &taken) : add_all(s, b, a, skip, &taken);
	*ret_next = next + taken;
	for (size_t i = skip; i < skip + taken; i++)
		note_newest(s, &a->samples[i]);
	stream_samples(s, a->samples + skip, taken);
	while (hj_rollup_fallen(s->rollup, &fallen))
		tell_reset(s, &fallen);
	if (r >= 0 && !pending_wanted(s))
		hj_rollup_upto(s->rollup, b, a->upto_ms, &now);
	if (taken)
		commit_request(s, STORED_COMMIT_EVERY);
	window_process(s);
	return r == -ENOBUFS ? 0 : r; /* the rest is taken when it is offered again */
}
