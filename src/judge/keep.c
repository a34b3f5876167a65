/* What a judge thinks and waits for, as bytes that outlive a restart. Each row has the name of what it is of, so that
 * it finds its place in a plan that has changed; one that has none any more ends what it had concluded. */
#include "keep_walk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a row is called ---- */

static void name_point(const struct hj_judge *j, size_t i, char *to)
{
	snprintf(to, KEEP_NAME_MOST, "%s", j->plan->points[i].name);
}

/* With its points: their levels mean nothing for others. */
static void name_equipment(const struct hj_judge *j, size_t i, char *to)
{
	const struct hj_judge_equipment *e = &j->plan->equipment[i];
	size_t n = (size_t)snprintf(to, KEEP_NAME_MOST, "%s", e->name);

	for (size_t k = 0; k < e->sign_count && n < KEEP_NAME_MOST; k++)
		n += (size_t)snprintf(to + n, KEEP_NAME_MOST - n, " %s", keep_point_name(j->plan, e->signs[k].point));
}

/* What it has run is the same equipment's, whatever it is judged by. */
static void name_day(const struct hj_judge *j, size_t i, char *to)
{
	snprintf(to, KEEP_NAME_MOST, "%s", j->plan->equipment[i].name);
}

static void name_limit(const struct hj_judge *j, size_t i, char *to)
{
	const struct hj_judge_limit *l = &j->plan->limits[i];

	snprintf(to, KEEP_NAME_MOST, "%s %s %g %s", hj_limit_kind_name(l->kind),
	        keep_point_name(j->plan, l->points[0]), l->bound,
	        l->equipment == HJ_JUDGE_NONE ? "" : j->plan->equipment[l->equipment].name);
}

static void name_group(const struct hj_judge *j, size_t i, char *to)
{
	const struct group *g = &j->groups[i];
	size_t n = 0;

	for (size_t k = 0; k < g->production_count && n < KEEP_NAME_MOST; k++)
		n += (size_t)snprintf(to + n, KEEP_NAME_MOST - n, "%s ", j->plan->equipment[g->production[k]].name);
	for (size_t k = 0; k < g->treatment_count && n < KEEP_NAME_MOST; k++)
		n += (size_t)snprintf(to + n, KEEP_NAME_MOST - n, ", %s", j->plan->equipment[g->treatment[k]].name);
}

/* ---- tables ---- */

/* Days come after the equipment whose they are. */
enum table { TABLE_POINT, TABLE_EQUIPMENT, TABLE_LIMIT, TABLE_GROUP, TABLE_DAY, TABLES };

static enum table tables_of(unsigned version)
{
	return version > KEEP_VERSION_DAYS ? TABLES : TABLE_DAY;
}

static size_t count_of(const struct hj_judge *j, enum table t)
{
	const size_t counts[TABLES] = { j->plan->point_count, j->plan->equipment_count, j->plan->limit_count,
		j->group_count, j->plan->equipment_count };

	return counts[t];
}

static void name_of(const struct hj_judge *j, enum table t, size_t i, char *to)
{
	static void (*const names[TABLES])(const struct hj_judge *, size_t, char *) = { name_point, name_equipment,
		name_limit, name_group, name_day };

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
		keep_point(c, row);
		break;
	case TABLE_EQUIPMENT:
		keep_equipment(c, row);
		break;
	case TABLE_LIMIT:
		keep_limit(c, row);
		break;
	case TABLE_DAY:
		keep_day(c, row);
		break;
	default:
		keep_group(c, row);
	}
}

static void *row_of(const struct hj_judge *j, enum table t, size_t i)
{
	switch (t) {
	case TABLE_POINT:
		return &j->points[i];
	case TABLE_EQUIPMENT:
	case TABLE_DAY:
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
		sizeof(struct group), sizeof(struct equipment) };

	return sizes[t];
}

/* ---- writing ---- */

int hj_judge_encode(const struct hj_judge *j, struct hj_buf *to)
{
	struct codec c = { .plan = j->plan, .to = to, .version = KEEP_VERSION };
	int64_t now = j->now_ms;
	uint64_t number = j->number;
	char name[KEEP_NAME_MOST];

	keep_put(&c, hj_buf_put_be(to, KEEP_VERSION, 1));
	keep_ms(&c, &now);
	keep_number(&c, &number);
	for (enum table t = 0; t < TABLES; t++) {
		keep_put(&c, hj_buf_put_be(to, count_of(j, t), 2));
		for (size_t i = 0; i < count_of(j, t); i++) {
			name_of(j, t, i, name);
			keep_put_name(&c, name);
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
	char other[KEEP_NAME_MOST];

	for (size_t i = 0; i < count_of(j, t) && i < KEEP_ROWS_MOST; i++) {
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
	char name[KEEP_NAME_MOST];
	union row row = { 0 };
	size_t i;

	if (!keep_get_name(c, name))
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
	if (c.version < KEEP_VERSION_SIGNS8 || c.version > KEEP_VERSION)
		return -EBADMSG;
	keep_ms(&c, &now);
	keep_number(&c, &number);
	if (apply) {
		j->now_ms = j->next_ms = now;
		j->number = number;
	}
	for (enum table t = 0; t < tables_of(c.version); t++) {
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
