/* What is hardly meant about codes: one that nobody knows, a unit that is another than its code's, values that are
 * longer than its type. Whoever has a platform with codes of its own must be able to go on, so these are warnings,
 * each with its place and with what makes it silent. */
#include "conf_table.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/unit.h"

#define SITE "factors.d/site.conf"

/* One code in use. */
struct use {
	const struct hj_factors *table;
	const struct hj_conf_point *p;
	const char *factor, *file;
	int line, edition;
	int decimals;     /* that the uplink says; -1 = none */
	const char *unit; /* what it is sent in; NULL: a scale makes one that only a person knows */
	bool unit_said;   /* by the uplink: it is not converted to the code's */
	struct hj_conf_errors *to;
};

/* The same of the same place once: several uplinks may send it. */
static struct hj_conf_error *warn(const struct use *u, const char *key, const char *what)
{
	int line = conf_line(u->to, u->file, u->line, key);

	for (size_t i = 0; i < u->to->count; i++) {
		const struct hj_conf_error *e = &u->to->list[i];

		if (e->line == line && !strcmp(e->file, u->file) && !strcmp(e->what, what))
			return NULL;
	}
	return conf_error_at(u->to, u->file, line, "%s", what);
}

/* ---- is it known ---- */

static void unknown_item(const struct use *u, const struct hj_factor *near)
{
	struct hj_conf_error *e;
	char what[256];

	snprintf(what, sizeof(what), _("factor \"%s\" of %s: HJ 212-2017 has no such code"), u->factor,
	        u->p->point.name);
	e = warn(u, "factor", what);
	if (near)
		conf_remedy(e, _("near it is %s (%s, %s); a code that the platform gave is declared in %s"),
		        near->code, near->zh, near->en, SITE);
	else
		conf_remedy(e, _("hjgate factors lists them; a code that the platform gave is declared in %s"), SITE);
}

static void no_device(const struct use *u, const struct hj_factor *row)
{
	size_t stem = strspn(row->code, "0123456789abcdefghijklmnopqrstuvwyz"); /* all but x and ? */
	struct hj_conf_error *e;
	char what[256];

	snprintf(what, sizeof(what), _("factor \"%s\" of %s: the number of the device is missing"), u->factor,
	        u->p->point.name);
	e = warn(u, "factor", what);
	conf_remedy(e, _("write %.*s%s for the first one"), (int)stem, row->code,
	        strlen(row->code) - stem == 2 ? "01" : "0");
}

static void not_in_layers(const struct use *u, const struct hj_factor *row)
{
	struct hj_conf_error *e;
	char what[256];

	if (row)
		snprintf(what, sizeof(what), _("factor \"%s\" of %s: no module is declared as \"%s\""), u->factor,
		        u->p->point.name, u->factor + hj_factor_letters(row));
	else
		snprintf(what, sizeof(what), _("factor \"%s\" of %s: nothing measured is declared with its letters"),
		        u->factor, u->p->point.name);
	e = warn(u, "factor", what);
	if (row)
		conf_remedy(e, _("correct it, or add { module = \"%s\"; } to the list modules in %s"),
		        u->factor + hj_factor_letters(row), row->file);
	else
		conf_remedy(e, _("correct it, or add { letters = \"...\"; } to the list measured in %s"), SITE);
}

static void strange(const struct use *u)
{
	struct hj_conf_error *e;
	char what[256];

	snprintf(what, sizeof(what),
	        _("factor \"%s\" of %s is no code of HJ 212-2017 and not of the guideline's form"), u->factor,
	        u->p->point.name);
	e = warn(u, "factor", what);
	conf_remedy(e,
	        _("if the platform gave it, write factors = ( { code = \"%s\"; unit = \"...\"; type = \"N4.2\"; } "
	          "); in %s"),
	        u->factor, SITE);
}

static void other_edition(const struct use *u, const struct hj_factor *row)
{
	bool old = !strcmp(row->old, u->factor);
	struct hj_conf_error *e;
	char what[256];

	if (!row->old[0] || (u->edition == HJ_EDITION_2005) == old || !u->edition)
		return;
	if (old)
		snprintf(what, sizeof(what), _("factor \"%s\" of %s is of HJ/T 212-2005, the uplink's edition is %d"),
		        u->factor, u->p->point.name, u->edition);
	else
		snprintf(what, sizeof(what), _("factor \"%s\" of %s is of HJ 212-2017, the uplink's edition is 2005"),
		        u->factor, u->p->point.name);
	e = warn(u, "factor", what);
	conf_remedy(e, _("write factor = \"%s\"; in the uplink's list of factors"), old ? row->code : row->old);
}

static void check_known(const struct use *u)
{
	const struct hj_factor *row;

	switch (hj_factor_judge(u->table, u->factor, &row)) {
	case HJ_FACTOR_NO_ITEM:
		unknown_item(u, row);
		break;
	case HJ_FACTOR_NO_DEVICE:
		no_device(u, row);
		break;
	case HJ_FACTOR_NO_LETTERS:
		not_in_layers(u, NULL);
		break;
	case HJ_FACTOR_NO_MODULE:
		not_in_layers(u, row);
		break;
	case HJ_FACTOR_STRANGE:
		strange(u);
		break;
	case HJ_FACTOR_KNOWN:
	case HJ_FACTOR_KNOWN_2005:
		other_edition(u, row);
		break;
	case HJ_FACTOR_GUIDELINE: /* its tables are not here */
		break;
	}
}

/* ---- does the point go with it ---- */

static void check_unit(const struct use *u, const struct hj_factor *row)
{
	struct hj_conf_error *e;
	char what[256];

	double ratio;

	if (!u->unit || !row->unit[0] || !u->unit[0] || hj_factor_unit_same(row->unit, u->unit))
		return;
	if (!u->unit_said && hj_unit_ratio(u->unit, row->unit, &ratio) >= 0) /* it is converted when it is sent */
		return;
	snprintf(what, sizeof(what),
	        u->unit_said ? _("%s is sent in %s, its factor \"%s\" is in %s")
	                     : _("%s is in %s, its factor \"%s\" is in %s"),
	        u->p->point.name, u->unit, u->factor, row->unit);
	e = warn(u, "unit", what);
	conf_remedy(e, _("write unit = \"%s\"; with the scale that goes with it, or correct the factor"), row->unit);
}

/* A row of a model's register may say how far its values go. */
static void check_length(const struct use *u, const struct hj_factor *row)
{
	const struct hj_value_rules *rules = u->p->rules;
	double ends[] = { rules ? rules->least : -INFINITY, rules ? rules->most : INFINITY };
	char type[HJ_FACTOR_TYPE_LEN], what[256], text[HJ_NUMBER_LEN];
	int decimals = hj_factor_type_decimals(&row->type);

	hj_factor_type_format(&row->type, type);
	if (decimals >= 0 && u->decimals > decimals) {
		snprintf(what, sizeof(what), _("%s is sent with %d decimals, its factor \"%s\" is of type %s"),
		        u->p->point.name, u->decimals, u->factor, type);
		conf_remedy(warn(u, "decimals", what), _("write decimals = %d;, or leave it out"), decimals);
	}
	for (size_t i = 0; i < hj_array_size(ends) && decimals >= 0; i++) {
		if (!isfinite(ends[i]) || hj_number_format(ends[i], decimals, text) < 0 ||
		        hj_factor_type_fits(&row->type, text))
			continue;
		snprintf(what, sizeof(what), _("%s may be %s, which is longer than type %s of its factor \"%s\""),
		        u->p->point.name, text, type, u->factor);
		conf_remedy(warn(u, "range", what),
		        _("narrow its range, or declare the code with the platform's type in %s"), SITE);
	}
}

static void check_kind(const struct use *u, const struct hj_factor *row)
{
	const char *module = u->factor + hj_factor_letters(row);
	char what[256];

	if (row->type.letter == HJ_FACTOR_TEXT || row->type.letter == HJ_FACTOR_TIME) {
		snprintf(what, sizeof(what), _("factor \"%s\" of %s is a text, a point's value is a number"),
		        u->factor, u->p->point.name);
		conf_remedy(warn(u, "factor", what), _("correct the factor"));
	}
	if (row->layered && u->p->module && !module[1] && module[0] != u->p->module) {
		snprintf(what, sizeof(what), _("%s is of module %c, its factor \"%s\" of module %s"),
		        u->p->point.name, u->p->module, u->factor, module);
		conf_remedy(warn(u, "factor", what), _("correct one of the two"));
	}
}

static void check_use(const struct use *u)
{
	const struct hj_factor *row = hj_factor_find(u->table, u->factor);

	check_known(u);
	if (!row)
		return;
	check_unit(u, row);
	check_length(u, row);
	check_kind(u, row);
}

/* ---- all of them ---- */

/* Also before any uplink is configured: who sets up a bus wants to know. Its decimals are bounded when it is sent. */
static void check_bus(const struct hj_conf_bus *b, const struct hj_factors *t, struct hj_conf_errors *to)
{
	for (size_t m = 0; m < b->meter_count; m++)
		for (size_t i = 0; i < b->meters[m].point_count; i++) {
			const struct hj_conf_point *p = &b->meters[m].points[i];
			struct use u = { t, p, p->point.factor, b->file, p->line, 0, -1, p->point.unit, false, to };

			if (u.factor[0])
				check_use(&u);
		}
}

/* The unit that it has at the platform, as far as it is known. */
static const char *unit_of(const struct hj_conf_sent *s)
{
	if (s->listed && s->listed->unit[0])
		return s->listed->unit;
	return s->listed && s->listed->scale > 0 ? NULL : s->configured->point.unit;
}

static int check_uplink(const struct hj_conf *c, const struct hj_conf_uplink *up, const struct hj_factors *t,
        struct hj_conf_errors *to)
{
	_cleanup_free_ struct hj_conf_sent *sent = NULL;
	size_t n;
	int r = hj_conf_uplink_sent(c, up, &sent, &n);

	for (size_t i = 0; i < n && r >= 0; i++) {
		const struct hj_conf_sent *s = &sent[i];
		struct use u = { t, s->configured, s->factor, s->file, s->line, (int)up->edition,
			s->listed ? s->listed->decimals : -1, unit_of(s), s->listed && s->listed->unit[0], to };
		const struct hj_factor *row = hj_factor_find(t, s->factor);

		if (s->listed && s->listed->factor[0])
			check_use(&u);
		else if (row)
			other_edition(&u, row);
	}
	return r;
}

int hj_conf_check_factors(const struct hj_conf *c, const struct hj_factors *t, struct hj_conf_errors *warnings)
{
	int r = 0;

	for (size_t i = 0; i < c->bus_count; i++)
		check_bus(&c->buses[i], t, warnings);
	for (size_t i = 0; i < c->uplink_count && r >= 0; i++)
		r = check_uplink(c, &c->uplinks[i], t, warnings);
	return r;
}
