/* What an uplink sends, under which code and in which form: the points of its list, or every point that has a
 * factor. What the list leaves open the point's bus file says, and what the code is: the standard's unit where the
 * point's is a power of ten apart, and the type that bounds the decimals. */
#include "conf_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/unit.h"

const struct hj_conf_point *hj_conf_find_point(
        const struct hj_conf *c, const char *name, const struct hj_conf_bus **ret_bus)
{
	for (size_t i = 0; i < c->bus_count; i++)
		for (size_t j = 0; j < c->buses[i].meter_count; j++)
			for (size_t k = 0; k < c->buses[i].meters[j].point_count; k++)
				if (!strcmp(c->buses[i].meters[j].points[k].point.name, name)) {
					if (ret_bus)
						*ret_bus = &c->buses[i];
					return &c->buses[i].meters[j].points[k];
				}
	return NULL;
}

/* How many there are at most. */
static size_t room_for(const struct hj_conf *c, const struct hj_conf_uplink *u)
{
	size_t n = 0;

	for (size_t i = 0; u->all_points && i < c->bus_count; i++)
		for (size_t j = 0; j < c->buses[i].meter_count; j++)
			n += c->buses[i].meters[j].point_count;
	return u->all_points ? n : u->factor_count;
}

static size_t take_bus(const struct hj_conf_bus *b, struct hj_conf_sent *to)
{
	size_t n = 0;

	for (size_t j = 0; j < b->meter_count; j++)
		for (size_t k = 0; k < b->meters[j].point_count; k++) {
			const struct hj_conf_point *p = &b->meters[j].points[k];

			if (p->point.factor[0])
				to[n++] = (struct hj_conf_sent){ p->point.factor, p, NULL, b->file, p->line };
		}
	return n;
}

static size_t take_listed(const struct hj_conf *c, const struct hj_conf_uplink *u, struct hj_conf_sent *to)
{
	size_t n = 0;

	for (size_t i = 0; i < u->factor_count; i++) {
		const struct hj_conf_factor *f = &u->factors[i];
		const struct hj_conf_point *p = hj_conf_find_point(c, f->point, NULL);
		const char *factor = f->factor[0] ? f->factor : p ? p->point.factor : "";

		if (p && factor[0])
			to[n++] = (struct hj_conf_sent){ factor, p, f, u->file, f->line };
	}
	return n;
}

int hj_conf_uplink_sent(
        const struct hj_conf *c, const struct hj_conf_uplink *u, struct hj_conf_sent **ret, size_t *ret_count)
{
	struct hj_conf_sent *list = calloc(room_for(c, u) + 1, sizeof(*list));
	size_t n = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; u->all_points && i < c->bus_count; i++)
		n += take_bus(&c->buses[i], list + n);
	if (!u->all_points)
		n = take_listed(c, u, list);
	*ret = list;
	*ret_count = n;
	return 0;
}

/* ---- in which form ---- */

int hj_conf_add_factors(const char *root, struct hj_conf *c)
{
	struct hj_conf_errors errors = { 0 };
	int r;

	hj_conf_factors_done(&c->factors);
	r = hj_conf_load_factors(root, &c->factors, &errors);
	hj_conf_errors_done(&errors);
	return r == -ENOMEM ? r : 0;
}

/* What the code says of a value that nobody has said more of. */
static void take_code(const struct hj_conf *c, const char *point_unit, struct hj_wanted *w)
{
	const char *code = w->factor[0] ? w->factor : w->own ? w->own : "";
	const struct hj_factor *row = code[0] ? hj_factor_find(&c->factors.table, code) : NULL;
	double ratio;

	if (!row)
		return;
	w->type = row->type;
	if (w->scale > 0 || (w->unit && w->unit[0]) || !row->unit[0] || !point_unit || !point_unit[0])
		return;
	if (hj_unit_ratio(point_unit, row->unit, &ratio) >= 0 && ratio != 1)
		w->code_unit = row->unit;
}

static void take_point(const struct hj_conf *c, const struct hj_conf_point *p, struct hj_wanted *w)
{
	w->own = p && p->point.factor ? p->point.factor : "";
	w->own_unit = p ? p->point.unit : NULL;
	w->total = p && p->point.total;
	w->decimals_said = w->decimals >= 0;
	if (p && w->decimals < 0)
		w->decimals = p->decimals;
	take_code(c, w->own_unit, w);
}

static int each_point(const struct hj_conf *conf, const struct hj_conf_uplink *u,
        int (*fn)(void *userdata, const struct hj_wanted *w), void *userdata)
{
	int r = 0;

	for (size_t b = 0; b < conf->bus_count; b++)
		for (size_t m = 0; m < conf->buses[b].meter_count; m++) {
			const struct hj_conf_meter *meter = &conf->buses[b].meters[m];

			for (size_t p = 0; p < meter->point_count && !r; p++) {
				const struct hj_conf_point *point = &meter->points[p];
				struct hj_wanted w = { .point = point->point.name,
					.factor = point->point.factor ? point->point.factor : "",
					.decimals = u->dialect.decimals };

				take_point(conf, point, &w);
				r = fn(userdata, &w);
			}
		}
	return r;
}

int hj_conf_uplink_points(const struct hj_conf *conf, const struct hj_conf_uplink *u,
        int (*fn)(void *userdata, const struct hj_wanted *w), void *userdata)
{
	int r = 0;

	if (u->all_points)
		return each_point(conf, u, fn, userdata);
	for (size_t i = 0; i < u->factor_count && !r; i++) {
		const struct hj_conf_factor *f = &u->factors[i];
		struct hj_wanted w = { .point = f->point,
			.factor = f->factor,
			.decimals = f->decimals,
			.scale = f->scale,
			.unit = f->unit,
			.st = strcmp(f->st, u->st) ? f->st : "" };

		if (w.decimals < 0)
			w.decimals = u->dialect.decimals;
		take_point(conf, hj_conf_find_point(conf, f->point, NULL), &w);
		r = fn(userdata, &w);
	}
	return r;
}
