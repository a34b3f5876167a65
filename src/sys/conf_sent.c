/* What an uplink sends under which code: the points of its list, or every point that has a factor. */
#include "conf_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct hj_conf_point *find_point(const struct hj_conf *c, const char *name)
{
	for (size_t i = 0; i < c->bus_count; i++)
		for (size_t j = 0; j < c->buses[i].meter_count; j++)
			for (size_t k = 0; k < c->buses[i].meters[j].point_count; k++)
				if (!strcmp(c->buses[i].meters[j].points[k].point.name, name))
					return &c->buses[i].meters[j].points[k];
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
		const struct hj_conf_point *p = find_point(c, f->point);
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
