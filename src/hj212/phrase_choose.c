/* Which of several numbers is told. A point that means another thing since has a new number, and a meter that was
 * renamed other points; their code at a platform may be the same, and a platform gets a code once in one upload. Now
 * that is the point that was read last; of a window that holds several of them it is what they have together, where
 * they followed one another. */
#include "phrase_choose.h"

#include <math.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/clock.h"
#include "hjgate/decimal.h"

#define BESIDES     4 /* a quarter of what is expected */
#define STALE_AFTER 2 /* intervals */
#define GONE_AFTER  (3600 * HJ_MS_PER_SEC)

bool phrase_is_told(const struct hj212_phrase_factor *f)
{
	return f->number && f->factor[0] && !f->unsent;
}

static bool has_same_code(const struct hj212_phrase_factor *a, const struct hj212_phrase_factor *b)
{
	return a->factor[0] && a->part == b->part && !strcmp(a->factor, b->factor);
}

bool phrase_rivals(const struct hj212_phrase_factor *a, const struct hj212_phrase_factor *b)
{
	return !strcmp(a->point, b->point) || has_same_code(a, b);
}

double phrase_scaled(const struct hj212_phrase_factor *f, double value)
{
	return f->scale == 1 || isnan(value) ? value : hj_decimal_product(value, f->scale);
}

bool phrase_goes_before(const struct hj212_phrase_factor *a, const struct hj212_phrase_factor *b)
{
	return a->configured == b->configured ? a->number > b->number : a->configured;
}

/* ---- a window ---- */

static const struct hj_stat *find_stat(const struct phrase_statistics *all, uint32_t number)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->stats[i].point == number)
			return &all->stats[i];
	return NULL;
}

static struct hj_stat scaled(const struct hj212_phrase_factor *f, const struct hj_stat *stat)
{
	struct hj_stat s = *stat;

	s.cou = phrase_scaled(f, s.cou);
	s.min = phrase_scaled(f, s.min);
	s.avg = phrase_scaled(f, s.avg);
	s.max = phrase_scaled(f, s.max);
	return s;
}

/* A point has one number at a time; of two points the samples say whether both were read all the time, which is no
 * more than what was expected of one and a few that were asked for besides. */
static bool followed(const struct hj212_phrase_factor *a, const struct hj_stat *x,
        const struct hj212_phrase_factor *b, const struct hj_stat *y)
{
	uint64_t expected = hj_max(x->expected, y->expected);

	if (strcmp(a->told, b->told) != 0)
		return false;
	return !strcmp(a->point, b->point) || (uint64_t)x->got + y->got <= expected + expected / BESIDES;
}

static void join_range(struct hj_stat *s, const struct hj_stat *other)
{
	double weight = s->got, more = other->got;

	if (!isfinite(other->avg) || (s->got && !other->got))
		return;
	if (!isfinite(s->avg) || (!s->got && other->got)) {
		s->min = other->min;
		s->avg = other->avg;
		s->max = other->max;
		return;
	}
	s->min = fmin(s->min, other->min);
	s->max = fmax(s->max, other->max);
	s->avg = weight + more > 0 ? (s->avg * weight + other->avg * more) / (weight + more)
	                           : (s->avg + other->avg) / 2;
	s->avg = fmin(fmax(s->avg, s->min), s->max);
}

/* As minutes are folded to an hour. N where they have the normal part together, or one by itself; else nobody knows
 * of which kind most of the others were, and the flag is that of `s`. */
static void join(struct hj_stat *s, const struct hj_stat *other, unsigned normal_part)
{
	join_range(s, other);
	if (isfinite(other->cou))
		s->cou = isfinite(s->cou) ? hj_decimal_sum(s->cou, other->cou) : other->cou;
	s->expected = hj_max(s->expected, other->expected);
	s->got += other->got;
	if (other->flag == HJ_FLAG_NORMAL ||
	        (normal_part && s->got && 100 * (uint64_t)s->got >= (uint64_t)normal_part * s->expected))
		s->flag = HJ_FLAG_NORMAL;
}

bool phrase_choose_statistics(const struct hj212_phrase_map *m, const struct hj212_phrase_factor *f,
        const struct phrase_statistics *all, struct hj_stat *ret)
{
	const struct hj_stat *own = find_stat(all, f->number);
	struct hj_stat s;

	if (!own)
		return false;
	s = scaled(f, own);
	for (size_t i = 0; f->shared && i < m->count; i++) {
		const struct hj212_phrase_factor *other = &m->list[i];
		bool is_rival = other != f && phrase_is_told(other) && has_same_code(other, f);
		const struct hj_stat *stat = is_rival ? find_stat(all, other->number) : NULL;

		if (stat && phrase_goes_before(other, f))
			return false;
		if (stat && followed(f, own, other, stat)) {
			struct hj_stat more = scaled(other, stat);

			join(&s, &more, m->normal_part);
		}
	}
	*ret = s;
	return true;
}

/* ---- now ---- */

static const struct hj212_phrase_newest *find_newest(const struct phrase_realtime *all, uint32_t number)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->newest[i].point == number)
			return &all->newest[i];
	return NULL;
}

/* A sample from the future (the clock went back) is not fresh either. */
static bool is_fresh(const struct hj212_phrase_factor *f, const struct hj212_phrase_newest *n, int64_t now_ms)
{
	int64_t most = (int64_t)STALE_AFTER * f->interval_ms;

	return n && now_ms - n->time_ms <= most && n->time_ms - now_ms <= most;
}

/* Of all that the store knows some is not configured any more: what nobody reads that was not configured when the map
 * was made, or for an hour, though something else was read. One that is configured is read, with a flag where no
 * answer comes. */
static bool is_gone(const struct hj212_phrase_map *m, const struct hj212_phrase_factor *f,
        const struct phrase_realtime *all, const struct hj212_phrase_newest *n)
{
	int64_t stale = (int64_t)STALE_AFTER * f->interval_ms;

	if (!m->all)
		return false;
	if (!n)
		return !f->configured && all->count;
	return all->last_ms - n->time_ms > (f->configured ? hj_max(GONE_AFTER, stale) : stale);
}

/* The one that was read last is the one that is there. */
static bool speaks_before(const struct hj212_phrase_factor *a, const struct hj212_phrase_newest *x,
        const struct hj212_phrase_factor *b, const struct hj212_phrase_newest *y, int64_t now_ms)
{
	bool fresh = is_fresh(a, x, now_ms);

	if (fresh != is_fresh(b, y, now_ms))
		return fresh;
	if (fresh && x->time_ms != y->time_ms)
		return x->time_ms > y->time_ms;
	return phrase_goes_before(a, b);
}

bool phrase_choose_realtime(const struct hj212_phrase_map *m, const struct hj212_phrase_factor *f,
        const struct phrase_realtime *all, const struct hj212_phrase_newest **ret)
{
	const struct hj212_phrase_newest *n = find_newest(all, f->number);

	if (is_gone(m, f, all, n))
		return false;
	for (size_t i = 0; f->shared && i < m->count; i++) {
		const struct hj212_phrase_factor *other = &m->list[i];
		const struct hj212_phrase_newest *x;

		if (other == f || !phrase_is_told(other) || !phrase_rivals(other, f))
			continue;
		x = find_newest(all, other->number);
		if (!is_gone(m, other, all, x) && speaks_before(other, x, f, n, all->now_ms))
			return false;
	}
	*ret = is_fresh(f, n, all->now_ms) ? n : NULL;
	return true;
}
