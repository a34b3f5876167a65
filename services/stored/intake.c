/* One Append: numbers are checked, points get their numbers, samples go into the windows and to those who watch. A
 * sample that was counted before is passed over, so whatever is repeated after a loss of the connection is in one
 * record. */
#include "stored.h"

#include <errno.h>
#include <string.h>

static int number_points(struct stored *s, struct append *a)
{
	for (size_t i = 0; i < a->point_count; i++) {
		int r = dictionary_number(s, &a->points[i]);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < a->sample_count; i++)
		a->samples[i].point = a->points[a->samples[i].point].number;
	return 0;
}

/* The number that is due. A start of a meterd that is not known here may begin anywhere: what came before went to a
 * file that is gone. */
static uint64_t expected_next(struct hj_rollup_bus *b, const struct append *a)
{
	struct hj_rollup_look look;

	hj_rollup_look(b, &look);
	if (memcmp(look.boot, a->boot, HJ_ID_BYTES)) {
		hj_rollup_boot(b, a->boot);
		hj_rollup_count_from(b, a->first);
		hj_rollup_look(b, &look);
	}
	return look.counted + 1;
}

static void note_newest(struct stored *s, const struct hj_sample *sample)
{
	size_t i = dictionary_index(s, sample->point);

	if (i < s->points.count)
		s->by_point[i].newest = *sample;
}

/* Too many windows at once: what is complete goes into its records first. */
static int add(struct stored *s, struct hj_rollup_bus *b, const struct hj_sample *sample)
{
	struct hj_now now;
	int r = hj_rollup_add(s->rollup, b, sample);

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
		r = add(s, b, &a->samples[i]);
		if (r < 0)
			break;
		note_newest(s, &a->samples[i]);
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

int intake_append(struct stored *s, struct append *a, uint64_t *ret_next)
{
	struct hj_now now = hj_now();
	struct hj_rollup_bus *b;
	struct hj_fallen fallen;
	size_t skip, taken = 0;
	uint64_t next;
	int r;

	if (s->queue_bytes > STORED_QUEUE_BYTES)
		return -EDQUOT;
	restamp(a, &now);
	r = hj_rollup_get(s->rollup, a->bus, &now, &b);
	r = r < 0 ? r : number_points(s, a);
	if (r < 0)
		return r;
	/* The stream for Durable is what shows that the meterd lives; one that has none is as present as its last
	 * word. */
	hj_rollup_connect(b, true, &now);
	if (!stream_hears(s, a->bus))
		hj_rollup_connect(b, false, &now);
	next = expected_next(b, a);
	*ret_next = next;
	if (a->first > next)
		return 0;
	skip = (size_t)hj_min(next - a->first, (uint64_t)a->sample_count);
	r = add_all(s, b, a, skip, &taken);
	*ret_next = next + taken;
	stream_samples(s, a->samples + skip, taken);
	while (hj_rollup_fallen(s->rollup, &fallen))
		tell_reset(s, &fallen);
	if (r >= 0)
		hj_rollup_upto(s->rollup, b, a->upto_ms, &now);
	if (taken)
		commit_request(s, STORED_COMMIT_EVERY);
	window_process(s);
	return r == -ENOBUFS ? 0 : r; /* the rest is taken when it is offered again */
}
