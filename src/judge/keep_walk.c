/* See keep_walk.h: each struct of a judge, field by field. */
#include "keep_walk.h"

#include <stdio.h>
#include <string.h>

#include "hjgate/clock.h"

/* ---- fields ---- */

void keep_put(struct codec *c, int r)
{
	c->r = c->r < 0 ? c->r : r;
}

void keep_ms(struct codec *c, int64_t *v)
{
	if (c->to)
		keep_put(c, hj_buf_put_be(c->to, (uint64_t)*v, 8));
	else
		*v = (int64_t)hj_get_be(&c->in, 8);
	/* In Beijing the day that 1970 begins in begins before it. */
	if (*v != NEVER && *v != BEFORE && (*v < -HJ_MS_PER_DAY || *v > HJ_TIME_MAX_MS))
		c->in.failed = 1;
}

static void walk_real(struct codec *c, double *v)
{
	if (c->to)
		keep_put(c, hj_buf_put_double(c->to, *v));
	else
		*v = hj_get_double(&c->in);
}

/* A number below most. */
static unsigned walk_small(struct codec *c, unsigned v, unsigned most)
{
	if (c->to) {
		keep_put(c, hj_buf_put_be(c->to, v, 1));
		return v;
	}
	v = hj_get_byte(&c->in);
	if (v >= most)
		c->in.failed = 1;
	return v < most ? v : 0;
}

static void walk_flag(struct codec *c, bool *v)
{
	*v = walk_small(c, *v, 2);
}

void keep_number(struct codec *c, uint64_t *v)
{
	if (c->to)
		keep_put(c, hj_buf_put_be(c->to, *v, 8));
	else
		*v = hj_get_be(&c->in, 8);
}

static void walk_state(struct codec *c, enum hj_state *v)
{
	*v = (enum hj_state)walk_small(c, (unsigned)*v, HJ_STATES);
}

static void walk_window(struct codec *c, struct window *w)
{
	uint64_t samples = w->samples;

	keep_ms(c, &w->from_ms);
	keep_ms(c, &w->to_ms);
	keep_number(c, &samples);
	w->samples = (unsigned)samples;
	walk_real(c, &w->least);
	walk_real(c, &w->most);
}

static void walk_alarm(struct codec *c, struct alarm *a)
{
	walk_flag(c, &a->wrong);
	walk_flag(c, &a->on);
	keep_ms(c, &a->begin_ms);
	keep_ms(c, &a->well_ms);
	keep_ms(c, &a->due_ms);
	keep_number(c, &a->number);
}

/* ---- names ---- */

void keep_put_name(struct codec *c, const char *name)
{
	size_t n = strlen(name);

	keep_put(c, hj_buf_put_be(c->to, n, 2));
	keep_put(c, hj_buf_put(c->to, name, n));
}

bool keep_get_name(struct codec *c, char name[KEEP_NAME_MOST])
{
	size_t n = (size_t)hj_get_be(&c->in, 2);
	const void *bytes = n < KEEP_NAME_MOST ? hj_get_bytes(&c->in, n) : NULL;

	if (!bytes) {
		c->in.failed = 1;
		return false;
	}
	memcpy(name, bytes, n);
	name[n] = '\0';
	return true;
}

const char *keep_point_name(const struct hj_judge_plan *p, size_t i)
{
	return i == HJ_JUDGE_NONE ? "" : p->points[i].name;
}

/* ---- rows ---- */

void keep_point(struct codec *c, struct point *p)
{
	char flag = (char)p->flag;

	keep_ms(c, &p->newest_ms);
	keep_ms(c, &p->heard_ms);
	walk_real(c, &p->value);
	flag = (char)walk_small(c, (unsigned char)flag, UINT8_MAX);
	if (!hj_flag_valid(flag))
		c->in.failed = 1;
	p->flag = (enum hj_flag)flag;
	walk_flag(c, &p->lost);
	walk_flag(c, &p->held);
	walk_alarm(c, &p->missing);
}

static void walk_edge(struct codec *c, struct edge *e)
{
	keep_ms(c, &e->since_ms);
	e->sign = (uint8_t)walk_small(c, e->sign, HJ_JUDGE_SIGNS_MAX);
}

static void name_meter(const struct hj_judge_plan *p, const struct hj_judge_equipment *e, char *to)
{
	bool total = e->energy != HJ_JUDGE_NONE;

	snprintf(to, KEEP_NAME_MOST, "%s %s", total ? "energy" : "power",
	        keep_point_name(p, total ? e->energy : e->power));
}

/* What one meter has counted says nothing of what another one shows. */
static void walk_meter(struct codec *c, struct equipment *e)
{
	char name[KEEP_NAME_MOST] = "", was[KEEP_NAME_MOST];

	if (e->plan)
		name_meter(c->plan, e->plan, name);
	if (c->to)
		keep_put_name(c, name);
	else if (c->version > KEEP_VERSION_METER && keep_get_name(c, was) && strcmp(was, name) != 0) {
		e->meter_ms = BEFORE;
		e->meter = 0;
	}
}

static void walk_other_day(struct codec *c, struct other_day *day)
{
	keep_ms(c, &day->day_ms);
	walk_real(c, &day->hours_ms);
	walk_real(c, &day->energy);
}

void keep_day(struct codec *c, struct equipment *e)
{
	double *const reals[] = { &e->hours_ms, &e->waiting_ms, &e->waiting_run_ms, &e->energy, &e->waiting_energy,
		&e->waiting_run_energy, &e->meter };
	double *const since[] = { &e->since.known_ms, &e->since.run_ms, &e->since.waiting_ms,
		&e->since.waiting_run_ms };

	keep_ms(c, &e->day_ms);
	keep_ms(c, &e->counted_ms);
	for (size_t i = 0; i < hj_array_size(reals); i++)
		walk_real(c, reals[i]);
	keep_ms(c, &e->meter_ms);
	for (size_t i = 0; c->version > KEEP_VERSION_SINCE && i < hj_array_size(since); i++)
		walk_real(c, since[i]);
	walk_flag(c, &e->day_known);
	if (c->version > KEEP_VERSION_DAYS) {
		walk_flag(c, &e->doubted);
		walk_other_day(c, &e->told);
		walk_other_day(c, &e->left);
	}
	walk_meter(c, e);
	/* By other signs what was seen last, and not concluded, is not seen any more. */
	if (!c->to && e->raw == e->state)
		day_settle(e, e->state);
}

void keep_equipment(struct codec *c, struct equipment *e)
{
	unsigned signs = c->version == KEEP_VERSION_SIGNS8
	                         ? HJ_JUDGE_SIGNS_MAX
	                         : walk_small(c, c->to ? (unsigned)e->plan->sign_count : 0, HJ_JUDGE_SIGNS_MAX + 1);

	for (unsigned i = 0; i < signs; i++) {
		walk_state(c, &e->signs[i].level);
		walk_window(c, &e->signs[i].window);
	}
	walk_state(c, &e->raw);
	walk_state(c, &e->state);
	for (size_t i = 0; i < HJ_STATES; i++) {
		walk_edge(c, &e->up[i]);
		walk_edge(c, &e->down[i]);
	}
	keep_ms(c, &e->since_ms);
	keep_ms(c, &e->lost_ms);
	keep_ms(c, &e->released_ms);
	walk_flag(c, &e->silent);
	walk_flag(c, &e->maintained);
	keep_number(c, &e->number);
	keep_ms(c, &e->begin_ms);
	if (c->version <= KEEP_VERSION_DAYS)
		keep_day(c, e);
}

void keep_limit(struct codec *c, struct limit *l)
{
	walk_alarm(c, &l->alarm);
	walk_window(c, &l->window);
	walk_real(c, &l->value);
	keep_ms(c, &l->old_ms);
	keep_ms(c, &l->mid_ms);
	walk_real(c, &l->old);
	walk_real(c, &l->mid);
}

void keep_group(struct codec *c, struct group *g)
{
	walk_flag(c, &g->producing);
	walk_flag(c, &g->blind);
	walk_flag(c, &g->ran);
	walk_flag(c, &g->behind);
	walk_state(c, &g->treated);
	keep_ms(c, &g->producing_ms);
	keep_ms(c, &g->treated_ms);
	keep_ms(c, &g->run_down_ms);
	walk_flag(c, &g->load_low);
	keep_ms(c, &g->load_ms);
	for (size_t i = 0; i < LINK_ALARMS; i++)
		walk_alarm(c, &g->alarms[i]);
}
