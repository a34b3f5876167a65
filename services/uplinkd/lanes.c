/* Which record goes next: what is live before all else, however long the backlog is. Everything is bounded: what
 * finds no place here is still owed by the store and comes back as backlog. */
#include "lanes.h"

#include <errno.h>
#include <stdlib.h>

#include "hjgate/cleanup.h"

void job_done(struct job *j)
{
	hj_buf_done(&j->items);
	free(j->also);
	*j = (struct job){ 0 };
}

/* Where the i-th lies, 0 = what goes next. */
static unsigned place(const struct lane_queue *q, unsigned i)
{
	return (q->first + i) % LANE_JOBS;
}

/* By its time: what goes at once does not wait for a record that its window's delay holds. */
int lanes_put(struct lanes *l, enum lane lane, struct job *j)
{
	struct lane_queue *q = &l->queues[lane];

	unsigned at = q->count;

	if (q->count == LANE_JOBS)
		return -ENOBUFS;
	for (; at && q->jobs[place(q, at - 1)].not_before > j->not_before; at--)
		q->jobs[place(q, at)] = q->jobs[place(q, at - 1)];
	q->jobs[place(q, at)] = *j;
	q->count++;
	*j = (struct job){ 0 };
	return 0;
}

bool lanes_take(struct lanes *l, enum lane lane, struct job *ret)
{
	struct lane_queue *q = &l->queues[lane];

	if (!q->count)
		return false;
	*ret = q->jobs[q->first];
	q->jobs[q->first] = (struct job){ 0 };
	q->first = place(q, 1);
	q->count--;
	return true;
}

bool job_has(const struct job *j, uint64_t seq)
{
	for (unsigned i = 0; i < j->also_count; i++)
		if (seq >= j->also[i].from && seq <= j->also[i].to)
			return true;
	return j->seq == seq;
}

uint64_t job_least(const struct job *j)
{
	uint64_t least = j->seq;

	for (unsigned i = 0; i < j->also_count; i++)
		least = hj_min(least, j->also[i].from);
	return least;
}

uint64_t job_records(const struct job *j)
{
	uint64_t records = 0;

	for (unsigned i = 0; i < j->also_count; i++)
		records += j->also[i].to - j->also[i].from + 1;
	return records ? records : j->seq != 0;
}

uint64_t lanes_least(const struct lanes *l, enum lane lane)
{
	const struct lane_queue *q = &l->queues[lane];
	uint64_t least = 0;

	for (unsigned i = 0; i < q->count; i++) {
		uint64_t one = job_least(&q->jobs[place(q, i)]);

		least = one && (!least || one < least) ? one : least;
	}
	return least;
}

uint64_t lanes_records(const struct lanes *l, enum lane lane)
{
	const struct lane_queue *q = &l->queues[lane];
	uint64_t records = 0;

	for (unsigned i = 0; i < q->count; i++)
		records += job_records(&q->jobs[place(q, i)]);
	return records;
}

bool lanes_has(const struct lanes *l, uint64_t seq)
{
	for (int lane = LANE_LIVE; lane <= LANE_BACKLOG; lane++) {
		const struct lane_queue *q = &l->queues[lane];

		for (unsigned i = 0; i < q->count; i++)
			if (job_has(&q->jobs[place(q, i)], seq))
				return true;
	}
	return false;
}

unsigned lanes_count(const struct lanes *l, enum lane lane)
{
	return l->queues[lane].count;
}

void lanes_clear(struct lanes *l, enum lane lane)
{
	struct job j;

	while (lanes_take(l, lane, &j))
		job_done(&j);
}

void lanes_done(struct lanes *l)
{
	for (int lane = 0; lane < LANE_QUEUES; lane++)
		lanes_clear(l, (enum lane)lane);
}

hj_usec lanes_deadline(const struct lanes *l)
{
	const struct lane_queue *q = &l->queues[LANE_LIVE];

	return q->count ? q->jobs[q->first].not_before : HJ_USEC_NEVER;
}

static enum lane choose(const struct lanes *l, bool realtime_due, bool bulk, hj_usec now)
{
	bool live = lanes_deadline(l) <= now;
	bool history = l->queues[LANE_HISTORY].count, backlog = l->queues[LANE_BACKLOG].count && !l->backlog_held;

	if (realtime_due && (l->last != LANE_REALTIME || !(live || history || backlog || !bulk)))
		return LANE_REALTIME;
	if (live)
		return LANE_LIVE;
	if (!bulk)
		return LANE_NONE;
	if (history && (l->last_bulk != LANE_HISTORY || !backlog))
		return LANE_HISTORY;
	return backlog ? LANE_BACKLOG : LANE_NONE;
}

enum lane lanes_choose(struct lanes *l, bool realtime_due, bool bulk, hj_usec now)
{
	enum lane lane = choose(l, realtime_due, bulk, now);

	if (lane != LANE_NONE)
		l->last = lane;
	if (lane == LANE_HISTORY || lane == LANE_BACKLOG)
		l->last_bulk = lane;
	return lane;
}
