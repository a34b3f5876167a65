/* Changes of switches and states. All values pass change_seen(), whether they were asked for or pushed, so that a
 * change is one event and not two. A switch that chatters would fill the ledger and push out what matters: of one
 * point so many changes are told in a window, the others at its end together, with their number, so that none is
 * hidden. After a start the first value is no change: what it was before is not known. */
#include "change.h"

#include "meterd.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_watched(const struct hj_conf_point *p)
{
	return p->event || p->fast_ms;
}

static int by_point(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	return (x->point > y->point) - (x->point < y->point);
}

int change_new(struct meterd *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->point_count; i++)
		n += is_watched(m->points[i]);
	m->changes = (struct changes){ 0 };
	if (!n)
		return 0;
	m->changes.list = calloc(n, sizeof(*m->changes.list));
	if (!m->changes.list)
		return -ENOMEM;
	for (size_t i = 0; i < m->point_count; i++)
		if (is_watched(m->points[i]))
			m->changes.list[m->changes.count++] = (struct change){ .point = (uint16_t)i, .last = NAN };
	return 0;
}

void change_free(struct meterd *m)
{
	free(m->changes.list);
	m->changes = (struct changes){ 0 };
}

static void tell(struct meterd *m, const struct change *c, const char *code, double from, int64_t time_ms)
{
	const char *name = m->points[c->point]->point.name;
	char key[HJ_POINT_NAME_MAX + sizeof("point ")];

	snprintf(key, sizeof(key), "point %s", name);
	hj_report_at(m->report, code, HJ_MOMENT, key, time_ms,
	        json_pack("{s:s, s:f, s:f, s:I}", "point", name, "from", from, "to", c->last, "count",
	                (json_int_t)(c->held ? c->held : 1)));
}

static void seen_change(struct meterd *m, struct change *c, double from, int64_t time_ms)
{
	if (c->told < CHANGES_TOLD_MOST) {
		c->told++;
		tell(m, c, "switch-changed", from, time_ms);
		return;
	}
	if (!c->held++)
		c->held_from = from;
	c->held_ms = time_ms;
}

static struct change *find(const struct meterd *m, size_t point)
{
	const struct change wanted = { .point = (uint16_t)point };

	return m->changes.count ? bsearch(&wanted, m->changes.list, m->changes.count, sizeof(wanted), by_point)
	                        : NULL;
}

bool change_differs(const struct meterd *m, size_t point, double value)
{
	const struct change *c = find(m, point);

	return c && !isnan(value) && !isnan(c->last) && c->last != value;
}

bool change_seen(struct meterd *m, size_t point, double value, int64_t time_ms)
{
	struct change *c = find(m, point);
	double before;

	if (!c || isnan(value))
		return false;
	before = c->last;
	c->last = value;
	if (isnan(before) || before == value)
		return false;
	if (m->points[point]->event)
		seen_change(m, c, before, time_ms);
	return true;
}

void change_window(struct meterd *m)
{
	for (size_t i = 0; i < m->changes.count; i++) {
		struct change *c = &m->changes.list[i];

		if (c->held)
			tell(m, c, "switch-chattered", c->held_from, c->held_ms);
		c->told = 0;
		c->held = 0;
	}
}
