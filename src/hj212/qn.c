/* QNs: see hj212_qn.h. The clock is followed to wherever it stands, near or far, with one exception: one that cannot
 * be right (a boot without a battery says 2000) leaves QNs where they are, which is nearer to the truth. */
#include "hjgate/hj212_qn.h"
#include "hjgate/cleanup.h"

#include <errno.h>
#include <string.h>

static bool is_none(const struct hj212_qn_span *s)
{
	return !s->to || s->to < s->from;
}

static bool is_sayable(int64_t ms)
{
	return ms > 0 && ms <= HJ_TIME_MAX_MS; /* beyond that 17 digits cannot say it */
}

/* A silence is no step of the clock: the time that has passed since the newest does not count. */
static bool is_near(const struct hj212_qn *q, struct hj_now now)
{
	hj_usec silent = q->at && now.mono > q->at ? now.mono - q->at : 0;

	return q->now.to && now.wall_ms >= q->now.from - HJ212_QN_APART &&
	       now.wall_ms - q->now.to <= HJ212_QN_APART + (int64_t)(silent / HJ_USEC_PER_MS);
}

static bool may_follow(const struct hj212_qn *q, int64_t wall_ms)
{
	return hj_clock_plausible(wall_ms) || !hj_clock_plausible(q->now.to);
}

static void remember(struct hj212_qn *q, struct hj212_qn_span s)
{
	if (is_none(&s))
		return;
	if (q->left_count == HJ212_QN_LEFT)
		memmove(q->left, q->left + 1, --q->left_count * sizeof(*q->left));
	q->left[q->left_count++] = s;
}

/* One that was left becomes part of this one where `next` has reached it, or where this one begins near its end. */
static int64_t join(struct hj212_qn *q, int64_t next)
{
	for (unsigned i = 0; i < q->left_count;) {
		const struct hj212_qn_span s = q->left[i];

		if (s.from > next || s.to < q->now.from - HJ212_QN_APART) {
			i++;
			continue;
		}
		q->now.from = hj_min(q->now.from, s.from);
		q->now.to = hj_max(q->now.to, s.to);
		next = hj_max(next, q->now.to + 1);
		memmove(q->left + i, q->left + i + 1, (--q->left_count - i) * sizeof(*q->left));
		i = 0; /* another may be within reach now */
	}
	return next;
}

/* What is kept was another stretch's: while the clock goes to and fro, the text on the disk may count less of it. */
static void begin(struct hj212_qn *q, struct hj_now now)
{
	const struct hj212_qn_span before = q->now;

	q->now = (struct hj212_qn_span){ now.wall_ms, now.wall_ms - 1 };
	(void)join(q, now.wall_ms); /* first, so that what is come back to is not forgotten for it */
	remember(q, before);
	q->at = now.mono;
	if (before.to && q->kept.to)
		q->kept = HJ212_QN_NONE;
}

int64_t hj212_qn_look(struct hj212_qn *q, struct hj_now now)
{
	bool counts = is_sayable(now.wall_ms);

	if (counts && !is_near(q, now)) {
		counts = may_follow(q, now.wall_ms);
		if (counts)
			begin(q, now);
	}
	return join(q, hj_max(counts ? now.wall_ms : 0, q->now.to + 1));
}

bool hj212_qn_is_kept(const struct hj212_qn *q, int64_t ms)
{
	return !q->kept.to || (ms >= q->kept.from && ms <= q->kept.to);
}

int hj212_qn_next(struct hj212_qn *q, struct hj_now now, int64_t *ret_ms)
{
	int64_t next = hj212_qn_look(q, now);

	if (!hj212_qn_is_kept(q, next) || next > HJ_TIME_MAX_MS)
		return -EAGAIN;
	q->now.to = next;
	q->at = now.mono;
	*ret_ms = next;
	return 0;
}

int64_t hj212_qn_used(const struct hj212_qn *q)
{
	const struct hj212_qn_span *newest =
	        is_none(&q->now) && q->left_count ? &q->left[q->left_count - 1] : &q->now;

	return is_none(newest) ? 0 : newest->to;
}
