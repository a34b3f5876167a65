/* Rests of silent units and the purse that pays for them: see meter_quarantine.h. Money is kept in millionths of a
 * microsecond, so that a share of any span is exact. Pure; a bus has few units, so they are searched. */
#include "hjgate/meter_quarantine.h"

#include <errno.h>
#include <stdlib.h>

#include "hjgate/cleanup.h"

#define MILLION      1000000
#define WAITED(w)    ((w)*9 / 10)                  /* a silence of so long had all the time that was given */
#define ANSWER_SPARE 8                             /* a part of what answers needed is added to it */
#define CALM_FEW     2                             /* units at rest that each must be tried within 30 s */
#define ELAPSED_MAX  (7 * 86400 * HJ_USEC_PER_SEC) /* by then everything is full; keeps the product in its type */

static int64_t price(hj_usec span)
{
	return (int64_t)(span * MILLION);
}

static int64_t grown(int64_t from, hj_usec since, hj_usec now, int64_t ppm, int64_t most)
{
	hj_usec elapsed = now > since ? hj_min(now - since, (hj_usec)ELAPSED_MAX) : 0;

	return hj_min(from + (int64_t)elapsed * ppm, most);
}

static int64_t purse_most(const struct hj_quarantine *q)
{
	return price(q->whole) + HJ_QUARANTINE_SAVED * price(HJ_QUARANTINE_TRY);
}

static void fill(struct hj_quarantine *q, hj_usec now)
{
	q->purse = grown(q->purse, q->filled, now, HJ_QUARANTINE_PURSE_PPM, purse_most(q));
	q->filled = hj_max(q->filled, now);
}

static void credit(struct hj_quarantine *q, struct hj_unit *u, hj_usec now)
{
	/* The count of units divides the span, not the share, which is too small a number for it. */
	int64_t most = q->credit_most * (int64_t)q->count;

	u->credit = grown(u->credit * (int64_t)q->count, u->credited, now, HJ_QUARANTINE_CREDIT_PPM, most) /
	            (int64_t)q->count;
	u->credited = hj_max(u->credited, now);
}

int hj_quarantine_init(
        struct hj_quarantine *q, size_t units, hj_usec besides, hj_usec timeout, unsigned tries, hj_usec now)
{
	hj_usec whole = besides + timeout, least = hj_max(besides + HJ_QUARANTINE_ANSWER, HJ_QUARANTINE_TRY);

	*q = (struct hj_quarantine){ .count = units, .whole = whole, .filled = now };
	q->units = calloc(units ? units : 1, sizeof(*q->units));
	if (!q->units)
		return -ENOMEM;
	/* The first question is repeated, those after it are not. */
	q->credit_most = ((int64_t)tries + HJ_QUARANTINE_FAILURES - 1) * price(whole);
	q->purse = CALM_FEW * price(HJ_QUARANTINE_TRY);
	for (size_t i = 0; i < units; i++)
		q->units[i] = (struct hj_unit){
			.credit = q->credit_most, .credited = now, .least = hj_min(least, HJ_QUARANTINE_TRY_MOST)
		};
	return 0;
}

void hj_quarantine_done(struct hj_quarantine *q)
{
	free(q->units);
	*q = (struct hj_quarantine){ 0 };
}

bool hj_quarantine_has(const struct hj_quarantine *q, size_t unit)
{
	return q->units[unit].resting;
}

/* ---- whose turn it is ---- */

/* One that wake_all() has woken is due at once, and once: a try of which nobody says what became of it (the port was
 * gone) is no reason for the next. */
static hj_usec due_of(const struct hj_unit *u)
{
	hj_usec rest = u->tried && !u->rest ? HJ_QUARANTINE_REST_FIRST : u->rest;

	return u->heard ? 0 : u->tried + rest;
}

static hj_usec whole_of(const struct hj_quarantine *q, const struct hj_unit *u)
{
	return u->whole ? u->whole : q->whole;
}

static const struct hj_unit *first_due(const struct hj_quarantine *q)
{
	const struct hj_unit *found = NULL;

	for (size_t i = 0; i < q->count && q->resting; i++)
		if (q->units[i].resting && (!found || due_of(&q->units[i]) < due_of(found)))
			found = &q->units[i];
	return found;
}

/* A unit that is slow from the start is never found by short tries alone. It is of no use where the learned time-out
 * is short. Where few are at rest the purse saves up for whole ones by itself; where many are, they would spend it
 * first. */
static bool wants_whole(const struct hj_quarantine *q, const struct hj_unit *u)
{
	return q->resting > CALM_FEW && u->cost >= WAITED(u->least) &&
	       u->tries % HJ_QUARANTINE_WHOLE_EACH == HJ_QUARANTINE_WHOLE_EACH - 1;
}

/* Never more than the purse can hold: whoever has answered once after seconds would be waited for in vain, and all
 * who are due after it. */
static int64_t need(const struct hj_quarantine *q, const struct hj_unit *u)
{
	int64_t costs = price(wants_whole(q, u) ? whole_of(q, u) : hj_min(u->cost, u->least));

	return u->heard ? INT64_MIN : hj_min(costs, purse_most(q));
}

bool hj_quarantine_next(struct hj_quarantine *q, hj_usec now, size_t *ret_unit, hj_usec *ret_cost)
{
	const struct hj_unit *found = first_due(q);
	struct hj_unit *u;
	int64_t others;

	fill(q, now);
	if (!found || due_of(found) > now || q->purse < need(q, found))
		return false;
	u = &q->units[found - q->units];
	others = (int64_t)hj_min(q->resting - 1, (size_t)HJ_QUARANTINE_SAVED) * price(HJ_QUARANTINE_TRY);
	*ret_unit = (size_t)(found - q->units);
	*ret_cost = u->least;
	if (u->heard || wants_whole(q, u) || q->purse - others >= price(whole_of(q, u)))
		*ret_cost = whole_of(q, u);
	u->tried = now;
	u->tries++;
	u->heard = false;
	return true;
}

hj_usec hj_quarantine_due(const struct hj_quarantine *q)
{
	const struct hj_unit *u = first_due(q);
	int64_t missing;
	hj_usec paid;

	if (!u)
		return HJ_USEC_NEVER;
	missing = need(q, u) == INT64_MIN ? 0 : need(q, u) - q->purse;
	if (missing <= 0)
		return due_of(u);
	paid = q->filled + (hj_usec)(missing + HJ_QUARANTINE_PURSE_PPM - 1) / HJ_QUARANTINE_PURSE_PPM;
	return hj_max(paid, due_of(u));
}

/* ---- what became of a question ---- */

/* All were silent, which is more likely to be the cable than the units: when one is back, so may be the others. */
static void wake_all(struct hj_quarantine *q)
{
	for (size_t i = 0; i < q->count; i++)
		q->units[i].tried = q->units[i].rest = 0;
}

void hj_quarantine_answered(struct hj_quarantine *q, size_t unit, hj_usec needs)
{
	struct hj_unit *u = &q->units[unit];

	if (u->resting && q->resting == q->count)
		wake_all(q);
	q->resting -= u->resting;
	u->resting = false;
	u->heard = false;
	u->failures = 0;
	u->tries = 0;
	u->least = hj_max(needs + needs / ANSWER_SPARE, HJ_QUARANTINE_TRY);
}

void hj_quarantine_silent(struct hj_quarantine *q, size_t unit, hj_usec cost, hj_usec now)
{
	struct hj_unit *u = &q->units[unit];
	int64_t due = price(cost), own;

	fill(q, now);
	credit(q, u, now);
	u->cost = cost;
	own = u->resting ? 0 : hj_min(u->credit, due);
	u->credit -= own;
	q->purse -= due - own;
}

void hj_quarantine_excused(struct hj_quarantine *q, size_t unit, hj_usec cost)
{
	struct hj_unit *u = &q->units[unit];
	int64_t back = hj_min(price(cost), q->credit_most - u->credit);

	u->credit += back;
	q->purse -= back;
}

bool hj_quarantine_affords(struct hj_quarantine *q, hj_usec cost, hj_usec now)
{
	fill(q, now);
	return q->purse >= price(cost) + (int64_t)q->resting * price(HJ_QUARANTINE_TRY);
}

bool hj_quarantine_may_repeat(struct hj_quarantine *q, size_t unit, hj_usec cost, hj_usec now)
{
	struct hj_unit *u = &q->units[unit];

	if (u->resting || u->failures)
		return false;
	credit(q, u, now);
	return u->credit >= price(cost) || hj_quarantine_affords(q, cost, now);
}

void hj_quarantine_failed(struct hj_quarantine *q, size_t unit, bool silent, hj_usec now)
{
	struct hj_unit *u = &q->units[unit];
	bool trusted;

	credit(q, u, now);
	trusted = u->credit >= price(q->whole);
	u->failures++;
	u->tried = now;
	if (u->resting) {
		u->rest = u->rest ? hj_min(2 * u->rest, (hj_usec)HJ_QUARANTINE_REST_MOST) : HJ_QUARANTINE_REST_FIRST;
		return;
	}
	if (u->failures < HJ_QUARANTINE_FAILURES && (trusted || !silent))
		return;
	u->resting = true;
	u->times++;
	u->tries = 0;
	u->rest = trusted ? HJ_QUARANTINE_REST_FIRST : HJ_QUARANTINE_REST_MOST;
	q->resting++;
}

/* What answers later than the whole time-out is not helped by another one as long. */
void hj_quarantine_heard(struct hj_quarantine *q, size_t unit, hj_usec whole)
{
	struct hj_unit *u = &q->units[unit];

	u->whole = hj_max(q->whole, whole);
	u->heard = u->resting && u->cost < WAITED(u->whole);
}
