/* What a point's group says of its values: the ratio of the transformers that goes into the scale, what is no value
 * or no plausible one, the dead band, and where a total starts again. */
#include "conf_bus.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "hjgate/decimal.h"

static double ratio_of(const struct hj_conf_meter *m, enum conf_ratio ratio)
{
	switch (ratio) {
	case RATIO_OF_PT:
		return m->pt;
	case RATIO_OF_CT:
		return m->ct;
	case RATIO_OF_BOTH:
		return hj_decimal_product(m->pt, m->ct);
	default:
		return 1;
	}
}

/* A bit is on or off, and a text has no number. */
static void check_numbers(struct conf_file *f, const config_setting_t *item, enum hj_type type)
{
	static const char *const keys[] = { "invalid", "range", "upper_limit", "lower_limit", "dead_band", "ratio",
		"wrap" },
	                         *const of_text[] = { "factor", "scale", "offset", "decimals", "total", "unit" };

	if (type != HJ_TYPE_BIT && type != HJ_TYPE_TEXT)
		return;
	for (size_t i = 0; i < hj_array_size(keys); i++)
		conf_needless(f, item, keys[i], _("a bit or a text is no number"));
	for (size_t i = 0; i < hj_array_size(of_text) && type == HJ_TYPE_TEXT; i++)
		conf_needless(f, item, of_text[i], _("a text is shown to people and has no value"));
}

static void check_range(struct conf_file *f, const config_setting_t *item, const struct conf_numbers *range)
{
	struct hj_conf_error *e;

	if (!range->count || range->list[0] < range->list[1])
		return;
	e = conf_error(f, conf_member(item, "range"), _("range: %g is not below %g"), range->list[0], range->list[1]);
	conf_remedy(e, _("write the least plausible value first, then the greatest"));
}

/* What lies outside of the range is no value, and so beyond no limit. */
static void check_limits(struct conf_file *f, const config_setting_t *item, const struct conf_value_text *t)
{
	const struct hj_value_limits *l = &t->limits;
	const double *range = t->range.list;
	struct hj_conf_error *e;
	bool upper;

	if (l->lower >= l->upper) {
		e = conf_error(f, conf_member(item, "lower_limit"), _("lower_limit: %g is not below upper_limit: %g"),
		        l->lower, l->upper);
		conf_remedy(e, _("write where the instrument begins to measure, and where it ends"));
		return;
	}
	upper = !isinf(l->upper) && t->range.count && l->upper >= range[1];
	if (!upper && (isinf(l->lower) || !t->range.count || l->lower > range[0]))
		return;
	e = conf_error(f, conf_member(item, upper ? "upper_limit" : "lower_limit"),
	        _("a limit that is not within range: [%g, %g] is never passed"), range[0], range[1]);
	conf_remedy(e, _("remove it, or make the range wider: beyond the range there is no value to be flagged"));
}

static int keep_rules(struct hj_conf_pool *pool, const struct conf_value_text *t, struct hj_conf_point *p)
{
	struct hj_value_rules rules;

	if (!t->invalid.count && !t->range.count && t->dead_band == 0 && isinf(t->limits.lower) &&
	        isinf(t->limits.upper))
		return 0;
	memset(&rules, 0, sizeof(rules)); /* its gaps, too: equal rules are equal bytes */
	for (size_t i = 0; i < t->invalid.count; i++)
		rules.invalid[i] = t->invalid.list[i];
	rules.invalid_count = (uint8_t)t->invalid.count;
	rules.least = t->range.count ? t->range.list[0] : -INFINITY;
	rules.most = t->range.count ? t->range.list[1] : INFINITY;
	rules.dead_band = t->dead_band;
	rules.limits = t->limits;
	p->rules = conf_keep(pool, &rules, sizeof(rules));
	return p->rules ? 0 : -ENOMEM;
}

/* Where the register itself starts again from 0: sure only of a whole register that counts up from 0. */
static double natural_wrap(const struct hj_codec *c)
{
	double counts = 0;

	if (c->type == HJ_TYPE_UINT16 || c->type == HJ_TYPE_UINT32)
		counts = ldexp(1, (int)(8 * hj_codec_bytes(c)));
	else if (c->type == HJ_TYPE_BCD)
		counts = pow(10, 2.0 * c->length);
	return c->bits || c->offset != 0 || c->scale < 0 ? 0 : hj_decimal_product(counts, c->scale);
}

int conf_value_settle(struct conf_file *f, const config_setting_t *item, const struct conf_meter_text *from,
        const struct conf_value_text *t, struct hj_conf_point *p)
{
	check_numbers(f, item, p->codec.type);
	check_range(f, item, &t->range);
	check_limits(f, item, t);
	if (!p->point.total && !conf_told(item, "total"))
		conf_needless(f, item, "wrap", _("only a total starts again"));
	p->ratio = ratio_of(&from->m, t->ratio);
	p->ratio_of = (uint8_t)t->ratio;
	p->codec.scale = hj_decimal_product(p->scale, p->ratio);
	if (p->point.total)
		p->point.wrap = t->wrap > 0 ? t->wrap : natural_wrap(&p->codec);
	return keep_rules(&from->bus->pool, t, p);
}
