/* long because: each struct of a judge is walked field by field, and each table row by row */
/* What a judge thinks and waits for, as bytes that outlive a restart. Each row has the name of what it is of, so that
 * it finds its place in a plan that has changed; one that has none any more ends what it had concluded. One walk over
 * the fields writes and reads: what is written is what is read. */
#include "judge_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/buf.h"
#include "hjgate/clock.h"

#define VERSION        4
#define VERSION_SINCE  3 /* says not for how long equipment was seen running since its meter was read */
#define VERSION_METER  2   /* says not whose total or power was counted last */
#define VERSION_SIGNS8 1   /* likewise; each piece of equipment has all the signs that there may be */
#define NAME_MOST      512 /* bytes, of a row */
#define ROWS_MOST      (HJ_JUDGE_LINKS_MAX * HJ_JUDGE_MEMBERS_MAX) /* of a table: none has more than that of groups */

/* `to` NULL: reading. */
struct codec {
	const struct hj_judge_plan *plan;
	struct hj_buf *to;
	struct hj_reader in;
	unsigned version;
	int r;
	bool filled[ROWS_MOST]; /* rows of the table that is read */
};

/* ---- fields ---- */

static void put(struct codec *c, int r)
{
	c->r = c->r < 0 ? c->r : r;
}

static void walk_ms(struct codec *c, int64_t *v)
{
	if (c->to)
		put(c, hj_buf_put_be(c->to, (uint64_t)*v, 8));
	else
		*v = (int64_t)hj_get_be(&c->in, 8);
	/* In Beijing the day that 1970 begins in begins before it. */
	if (*v != NEVER && *v != BEFORE && (*v < -HJ_MS_PER_DAY || *v > HJ_TIME_MAX_MS))
		c->in.failed = 1;
}

static void walk_real(struct codec *c, double *v)
{
	if (c->to)
		put(c, hj_buf_put_double(c->to, *v));
	else
		*v = hj_get_double(&c->in);
}

/* A number below most. */
static unsigned walk_small(struct codec *c, unsigned v, unsigned most)
{
	if (c->to) {
		put(c, hj_buf_put_be(c->to, v, 1));
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

static void walk_number(struct codec *c, uint64_t *v)
{
	if (c->to)
		put(c, hj_buf_put_be(c->to, *v, 8));
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

	walk_ms(c, &w->from_ms);
	walk_ms(c, &w->to_ms);
	walk_number(c, &samples);
	w->samples = (unsigned)samples;
	walk_real(c, &w->least);
	walk_real(c, &w->most);
}

static void walk_alarm(struct codec *c, struct alarm *a)
{
	walk_flag(c, &a->wrong);
	walk_flag(c, &a->on);
	walk_ms(c, &a->begin_ms);
	walk_ms(c, &a->well_ms);
	walk_ms(c, &a->due_ms);
	walk_number(c, &a->number);
}

/* ---- names ---- */

static void put_name(struct codec *c, const char *name)
{
	size_t n = strlen(name);

	put(c, hj_buf_put_be(c->to, n, 2));
	put(c, hj_buf_put(c->to, name, n));
}

static bool get_name(struct codec *c, char name[NAME_MOST])
{
	size_t n = (size_t)hj_get_be(&c->in, 2);
	const void *bytes = n < NAME_MOST ? hj_get_bytes(&c->in, n) : NULL;

	if (!bytes) {
		c->in.failed = 1;
		return false;
	}
	memcpy(name, bytes, n);
	name[n] = '\0';
	return true;
}

static const char *point_name(const struct hj_judge_plan *p, size_t i)
{
	return i == HJ_JUDGE_NONE ? "" : p->points[i].name;
}

/* ---- rows ---- */

static void walk_point(struct codec *c, struct point *p)
{
	char flag = (char)p->flag;

	walk_ms(c, &p->newest_ms);
	walk_ms(c, &p->heard_ms);
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
	walk_ms(c, &e->since_ms);
	e->sign = (uint8_t)walk_small(c, e->sign, HJ_JUDGE_SIGNS_MAX);
}

static void walk_day(struct codec *c, struct equipment *e)
{
	double *const reals[] = { &e->hours_ms, &e->waiting_ms, &e->waiting_run_ms, &e->energy, &e->waiting_energy,
		&e->waiting_run_energy, &e->meter };
	double *const since[] = { &e->since.known_ms, &e->since.run_ms, &e->since.waiting_ms,
		&e->since.waiting_run_ms };

	walk_ms(c, &e->day_ms);
	walk_ms(c, &e->counted_ms);
	for (size_t i = 0; i < hj_array_size(reals); i++)
		walk_real(c, reals[i]);
	walk_ms(c, &e->meter_ms);
	for (size_t i = 0; c->version > VERSION_SINCE && i < hj_array_size(since); i++)
		walk_real(c, since[i]);
	walk_flag(c, &e->day_known);
}

static void name_meter(const struct hj_judge_plan *p, const struct hj_judge_equipment *e, char *to)
{
	bool total = e->energy != HJ_JUDGE_NONE;

	snprintf(to, NAME_MOST, "%s %s", total ? "energy" : "power", point_name(p, total ? e->energy : e->power));
}

/* What one meter has counted says nothing of what another one shows. */
static void walk_meter(struct codec *c, struct equipment *e)
{
	char name[NAME_MOST] = "", was[NAME_MOST];

	if (e->plan)
		name_meter(c->plan, e->plan, name);
	if (c->to)
		put_name(c, name);
	else if (c->version > VERSION_METER && get_name(c, was) && strcmp(was, name) != 0) {
		e->meter_ms = BEFORE;
		e->meter = 0;
	}
}

static void walk_equipment(struct codec *c, struct equipment *e)
{
	unsigned signs = c->version == VERSION_SIGNS8
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
	walk_ms(c, &e->since_ms);
	walk_ms(c, &e->lost_ms);
	walk_ms(c, &e->released_ms);
	walk_flag(c, &e->silent);
	walk_flag(c, &e->maintained);
	walk_number(c, &e->number);
	walk_ms(c, &e->begin_ms);
	walk_day(c, e);
	walk_meter(c, e);
}

static void walk_limit(struct codec *c, struct limit *l)
{
	walk_alarm(c, &l->alarm);
	walk_window(c, &l->window);
	walk_real(c, &l->value);
	walk_ms(c, &l->old_ms);
	walk_ms(c, &l->mid_ms);
	walk_real(c, &l->old);
	walk_real(c, &l->mid);
}

static void walk_group(struct codec *c, struct group *g)
{
	walk_flag(c, &g->producing);
	walk_flag(c, &g->blind);
	walk_flag(c, &g->ran);
	walk_flag(c, &g->behind);
	walk_state(c, &g->treated);
	walk_ms(c, &g->producing_ms);
	walk_ms(c, &g->treated_ms);
	walk_ms(c, &g->run_down_ms);
	walk_flag(c, &g->load_low);
	walk_ms(c, &g->load_ms);
	for (size_t i = 0; i < LINK_ALARMS; i++)
		walk_alarm(c, &g->alarms[i]);
}

/* ---- what a row is called ---- */

static void name_point(const struct hj_judge *j, size_t i, char *to)
{
	snprintf(to, NAME_MOST, "%s", j->plan->points[i].name);
}

/* With its points: their levels mean nothing for others. */
static void name_equipment(const struct hj_judge *j, size_t i, char *to)
{
	const struct hj_judge_equipment *e = &j->plan->equipment[i];
	size_t n = (size_t)snprintf(to, NAME_MOST, "%s", e->name);

	for (size_t k = 0; k < e->sign_count && n < NAME_MOST; k++)
		n += (size_t)snprintf(to + n, NAME_MOST - n, " %s", point_name(j->plan, e->signs[k].point));
}

static void name_limit(const struct hj_judge *j, size_t i, char *to)
{
	const struct hj_judge_limit *l = &j->plan->limits[i];

	snprintf(to, NAME_MOST, "%s %s %g %s", hj_limit_kind_name(l->kind), point_name(j->plan, l->points[0]),
	        l->bound, l->equipment == HJ_JUDGE_NONE ? "" : j->plan->equipment[l->equipment].name);
}

static void name_group(const struct hj_judge *j, size_t i, char *to)
{
	const struct group *g = &j->groups[i];
	size_t n = 0;

	for (size_t k = 0; k < g->production_count && n < NAME_MOST; k++)
		n += (size_t)snprintf(to + n, NAME_MOST - n, "%s ", j->plan->equipment[g->production[k]].name);
	for (size_t k = 0; k < g->treatment_count && n < NAME_MOST; k++)
		n += (size_t)snprintf(to + n, NAME_MOST - n, ", %s", j->plan->equipment[g->treatment[k]].name);
}

/* ---- tables ---- */

enum table { TABLE_POINT, TABLE_EQUIPMENT, TABLE_LIMIT, TABLE_GROUP, TABLES };

static size_t count_of(const struct hj_judge *j, enum table t)
{
	const size_t counts[TABLES] = { j->plan->point_count, j->plan->equipment_count, j->plan->limit_count,
		j->group_count };

	return counts[t];
}

static void name_of(const struct hj_judge *j, enum table t, size_t i, char *to)
{
	static void (*const names[TABLES])(
	        const struct hj_judge *, size_t, char *) = { name_point, name_equipment, name_limit, name_group };

	to[0] = '\0';
	names[t](j, i, to);
}

/* A row of any table, read before its place is known. */
union row {
	struct point point;
	struct equipment equipment;
	struct limit limit;
	struct group group;
};

static void walk_row(struct codec *c, enum table t, void *row)
{
	switch (t) {
	case TABLE_POINT:
		walk_point(c, row);
		break;
	case TABLE_EQUIPMENT:
		walk_equipment(c, row);
		break;
	case TABLE_LIMIT:
		walk_limit(c, row);
		break;
	default:
		walk_group(c, row);
	}
}

static void *row_of(const struct hj_judge *j, enum table t, size_t i)
{
	switch (t) {
	case TABLE_POINT:
		return &j->points[i];
	case TABLE_EQUIPMENT:
		return &j->equipment[i];
	case TABLE_LIMIT:
		return &j->limits[i];
	default:
		return &j->groups[i];
	}
}

static size_t size_of(enum table t)
{
	static const size_t sizes[TABLES] = { sizeof(struct point), sizeof(struct equipment), sizeof(struct limit),
		sizeof(struct group) };

	return sizes[t];
}

/* ---- writing ---- */

int hj_judge_encode(const struct hj_judge *j, struct hj_buf *to)
{
	struct codec c = { .plan = j->plan, .to = to, .version = VERSION };
	int64_t now = j->now_ms;
	uint64_t number = j->number;
	char name[NAME_MOST];

	put(&c, hj_buf_put_be(to, VERSION, 1));
	walk_ms(&c, &now);
	walk_number(&c, &number);
	for (enum table t = 0; t < TABLES; t++) {
		put(&c, hj_buf_put_be(to, count_of(j, t), 2));
		for (size_t i = 0; i < count_of(j, t); i++) {
			name_of(j, t, i, name);
			put_name(&c, name);
			walk_row(&c, t, row_of(j, t, i));
		}
	}
	return c.r;
}

/* ---- reading ---- */

static void tell_end(struct hj_judge *j, enum hj_conclusion_code code, uint64_t number, int64_t begin_ms)
{
	struct hj_conclusion c;

	conclusion_init(j, code, &c);
	c.ended = true;
	c.number = number;
	c.begin_ms = begin_ms;
	c.end_ms = later(j->now_ms, begin_ms);
	j->tell(j->data, &c);
}

static void tell_alarm(struct hj_judge *j, enum hj_conclusion_code code, const struct alarm *a)
{
	if (a->on)
		tell_end(j, code, a->number, a->begin_ms);
}

/* What it is of is not in the plan any more. */
static void end_row(struct hj_judge *j, enum table t, const union row *row)
{
	if (t == TABLE_POINT)
		tell_alarm(j, HJ_CONCLUDES_MISSING, &row->point.missing);
	else if (t == TABLE_EQUIPMENT && row->equipment.number)
		tell_end(j, code_of_state(row->equipment.state), row->equipment.number, row->equipment.begin_ms);
	else if (t == TABLE_LIMIT)
		tell_alarm(j, row->limit.alarm.code, &row->limit.alarm);
	else if (t == TABLE_GROUP)
		for (enum link_alarm i = 0; i < LINK_ALARMS; i++)
			tell_alarm(j, code_of_link(i), &row->group.alarms[i]);
}

/* A point that nobody asks for could never be back. */
static bool has_place(const struct hj_judge *j, enum table t, size_t i)
{
	return t != TABLE_POINT || j->points[i].use_count;
}

/* Those that are called the same (two links of the same equipment, names that are cut) are told apart by their order.
 */
static size_t find_row(const struct hj_judge *j, struct codec *c, enum table t, const char *name)
{
	char other[NAME_MOST];

	for (size_t i = 0; i < count_of(j, t) && i < ROWS_MOST; i++) {
		if (c->filled[i])
			continue;
		name_of(j, t, i, other);
		if (strcmp(other, name) != 0)
			continue;
		c->filled[i] = true;
		return has_place(j, t, i) ? i : HJ_JUDGE_NONE;
	}
	return HJ_JUDGE_NONE;
}

/* The code of a limit's alarm stands first in its name. */
static enum hj_conclusion_code code_of_limit(const char *name)
{
	char kind[16] = "";
	enum hj_limit_kind k = HJ_LIMIT_UPPER;

	snprintf(kind, sizeof(kind), "%.*s", (int)hj_min(strcspn(name, " "), sizeof(kind) - 1), name);
	hj_limit_kind_parse(kind, &k);
	return HJ_CONCLUDES_UPPER + (enum hj_conclusion_code)k;
}

/* apply false: only whether it can be read. */
static void read_row(struct hj_judge *j, struct codec *c, enum table t, bool apply)
{
	char name[NAME_MOST];
	union row row = { 0 };
	size_t i;

	if (!get_name(c, name))
		return;
	i = find_row(j, c, t, name);
	if (i != HJ_JUDGE_NONE)
		memcpy(&row, row_of(j, t, i), size_of(t));
	else if (t == TABLE_LIMIT)
		row.limit.alarm.code = code_of_limit(name);
	walk_row(c, t, &row);
	if (!apply || c->in.failed)
		return;
	if (i == HJ_JUDGE_NONE)
		end_row(j, t, &row);
	else
		memcpy(row_of(j, t, i), &row, size_of(t));
}

static int read_all(struct hj_judge *j, const void *data, size_t n, bool apply)
{
	struct codec c = { .plan = j->plan, .in = { .p = data, .end = (const uint8_t *)data + n } };
	uint64_t number = 0;
	int64_t now = 0;

	c.version = hj_get_byte(&c.in);
	if (c.version < VERSION_SIGNS8 || c.version > VERSION)
		return -EBADMSG;
	walk_ms(&c, &now);
	walk_number(&c, &number);
	if (apply) {
		j->now_ms = j->next_ms = now;
		j->number = number;
	}
	for (enum table t = 0; t < TABLES; t++) {
		memset(c.filled, 0, sizeof(c.filled));
		for (size_t left = (size_t)hj_get_be(&c.in, 2); left && !c.in.failed; left--)
			read_row(j, &c, t, apply);
	}
	return c.in.failed || c.in.p != c.in.end ? -EBADMSG : 0;
}

/* What limits say of their equipment is counted there. */
static void count_broken(struct hj_judge *j)
{
	for (size_t i = 0; i < j->plan->equipment_count; i++)
		j->equipment[i].abnormal = j->equipment[i].bypassed = 0;
	for (size_t i = 0; i < j->plan->limit_count; i++) {
		const struct hj_judge_limit *l = &j->plan->limits[i];
		struct equipment *e = l->equipment == HJ_JUDGE_NONE ? NULL : &j->equipment[l->equipment];

		if (!e || !j->limits[i].alarm.on)
			continue;
		e->abnormal = (uint16_t)(e->abnormal + (l->says == HJ_SAYS_ABNORMAL));
		e->bypassed = (uint16_t)(e->bypassed + (l->says == HJ_SAYS_BYPASSED));
	}
}

int hj_judge_decode(struct hj_judge *j, const void *data, size_t n)
{
	int r = read_all(j, data, n, false);

	if (r < 0)
		return r;
	r = read_all(j, data, n, true);
	count_broken(j);
	/* What held it may be of another plan. */
	for (size_t i = 0; i < j->plan->equipment_count; i++)
		equipment_maintained(j, i);
	j->dirty = true;
	return r;
}
