/* equipment.conf, `limits` and `linkages`: what values may not do, and which treatment has to run while which
 * production runs. */
#include "conf_equipment.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* ---- limits ---- */

/* A group may ask several things of its value: each is a row. */
struct limit_text {
	struct hj_conf_site *site;
	char equipment[HJ_NAME_MAX + 1], point[HJ_POINT_NAME_MAX + 1];
	double upper, lower, rate, stuck, loss, unbalance;
	double hysteresis, least;
	int64_t lasting, clear, after;
	int32_t says;
	bool range, always;
	size_t phases[HJ_JUDGE_PHASES], phase_count;
};

static const struct conf_choice says[] = {
	{ "nothing", HJ_SAYS_NOTHING },
	{ "abnormal", HJ_SAYS_ABNORMAL },
	{ "bypassed", HJ_SAYS_BYPASSED },
	{ NULL, 0 },
};

/* Which key makes which row; `range` has no bound. */
static const struct {
	const char *key;
	enum hj_limit_kind kind;
	size_t offset;
	bool phases;
} kinds[] = {
	{ "upper", HJ_LIMIT_UPPER, offsetof(struct limit_text, upper), false },
	{ "lower", HJ_LIMIT_LOWER, offsetof(struct limit_text, lower), false },
	{ "rate", HJ_LIMIT_RATE, offsetof(struct limit_text, rate), false },
	{ "stuck", HJ_LIMIT_STUCK, offsetof(struct limit_text, stuck), false },
	{ "loss", HJ_LIMIT_PHASE_LOSS, offsetof(struct limit_text, loss), true },
	{ "unbalance", HJ_LIMIT_UNBALANCE, offsetof(struct limit_text, unbalance), true },
};

static int add_phase(struct conf_file *f, const config_setting_t *item, void *text)
{
	struct limit_text *t = text;
	const char *name = config_setting_get_string(item), *why = NULL;
	char value[CONF_VALUE_LEN];

	if (!name || conf_check_point_name(name, &why) < 0) {
		conf_remedy(conf_error(f, item, _("%s is no name of a point"), conf_value(item, value)),
		        _("write %s, in \"quotes\""), _(CONF_POINT_HINT));
		return 0;
	}
	if (t->phase_count == HJ_JUDGE_PHASES)
		return 0;
	return conf_site_point(t->site, name, (int)config_setting_source_line(item), &t->phases[t->phase_count++]);
}

#define AT(member)    CONF_AT(struct limit_text, member)
#define VALUE(member) AT(member), .least = -CONF_VALUE_MOST, .most = CONF_VALUE_MOST, .preset = NAN
#define HOLD(member)  AT(member), .least = 0, .most = CONF_HOLD_MOST_S, .preset = CONF_UNSET_S
static const struct conf_key limit_keys[] = {
	{ "equipment", CONF_STRING, 0, AT(equipment), .check = conf_check_name, .hint = CONF_EQUIPMENT_HINT },
	{ "point", CONF_STRING, 0, AT(point), .check = conf_check_point_name, .hint = CONF_POINT_HINT },
	{ "phases", CONF_ARRAY, 0, .least = HJ_JUDGE_PHASES, .most = HJ_JUDGE_PHASES, .item = add_phase,
	        .hint = N_("the points of three phases") },
	{ "upper", CONF_FLOAT, 0, VALUE(upper) },
	{ "lower", CONF_FLOAT, 0, VALUE(lower) },
	{ "rate", CONF_FLOAT, 0, VALUE(rate) },
	{ "stuck", CONF_FLOAT, 0, VALUE(stuck) },
	{ "range", CONF_BOOL, 0, AT(range) },
	{ "loss", CONF_FLOAT, 0, VALUE(loss) },
	{ "unbalance", CONF_FLOAT, 0, VALUE(unbalance) },
	{ "hysteresis", CONF_FLOAT, 0, VALUE(hysteresis) },
	{ "least", CONF_FLOAT, 0, VALUE(least) },
	{ "lasting", CONF_INT, 0, HOLD(lasting) },
	{ "clear", CONF_INT, 0, HOLD(clear) },
	{ "always", CONF_BOOL, 0, AT(always) },
	{ "after", CONF_INT, 0, HOLD(after) },
	{ "says", CONF_ENUM, 0, AT(says), .choices = says, .preset = HJ_SAYS_UNSET },
};
#undef AT
#undef HOLD

/* The tables are read in their order, wherever they stand: equipment is known by now. */
static void unknown_equipment(
        struct conf_file *f, const struct hj_conf_site *s, const config_setting_t *at, const char *name)
{
	struct conf_near near = { .name = name };
	struct hj_conf_error *e = conf_error(f, at, _("\"%s\": there is no equipment of that name"), name);

	for (size_t i = 0; i < s->plan.equipment_count; i++)
		conf_near_try(&near, s->plan.equipment[i].name);
	if (near.best)
		conf_remedy(e, _("did you mean %s?"), near.best);
	else
		conf_remedy(e, _("write %s, in \"quotes\""), _(CONF_EQUIPMENT_HINT));
}

static int add_row(const struct limit_text *t, int line, size_t equipment, enum hj_limit_kind kind, double bound)
{
	struct hj_conf_site *s = t->site;
	size_t count = s->plan.limit_count;
	int *at = conf_site_row((void **)&s->limit_lines, sizeof(*at), &count);
	struct hj_judge_limit *l =
	        at ? conf_site_row((void **)&s->plan.limits, sizeof(*l), &s->plan.limit_count) : NULL;

	if (!l)
		return -ENOMEM;
	*at = line;
	hj_judge_limit_init(l);
	l->equipment = equipment;
	l->kind = kind;
	l->bound = bound;
	l->hysteresis = t->hysteresis;
	l->least = t->least;
	l->for_ms = conf_hold_ms(t->lasting);
	l->clear_ms = conf_hold_ms(t->clear);
	l->after_ms = conf_hold_ms(t->after);
	l->running = equipment != HJ_JUDGE_NONE && !t->always;
	l->says = (enum hj_limit_says)t->says;
	if (t->phase_count)
		memcpy(l->points, t->phases, sizeof(l->points));
	return t->phase_count ? 0 : conf_site_point(s, t->point, line, &l->points[0]);
}

static int add_rows(struct conf_file *f, const config_setting_t *item, struct limit_text *t, size_t equipment)
{
	int line = (int)config_setting_source_line(item), r = 0;
	bool phases = t->phase_count, any = false;

	for (size_t i = 0; i < hj_array_size(kinds) && r >= 0; i++) {
		double bound = *(const double *)((const char *)t + kinds[i].offset);

		if (isnan(bound))
			continue;
		any = true;
		if (kinds[i].phases != phases)
			conf_needless(f, item, kinds[i].key,
			        phases ? _("this is asked of one point, not of phases")
			               : _("this is asked of phases, not of one point"));
		else
			r = add_row(t, line, equipment, kinds[i].kind, bound);
	}
	if (t->range && r >= 0)
		r = add_row(t, line, equipment, HJ_LIMIT_RANGE, NAN);
	if (!any && !t->range)
		conf_remedy(conf_error(f, item, _("this limit asks nothing")),
		        phases ? _("write loss = ...; or unbalance = ...;")
		               : _("write at least one of upper, lower, rate, stuck and range"));
	return r;
}

int conf_limit_add(struct conf_file *f, const config_setting_t *item, void *site)
{
	struct limit_text t = { .site = site };
	bool one = config_setting_get_member(item, "point"), phases = config_setting_get_member(item, "phases");
	size_t equipment = HJ_JUDGE_NONE;
	int r = conf_table_read(f, item, N_("limit"), limit_keys, hj_array_size(limit_keys), &t);

	if (r < 0)
		return r;
	if (t.equipment[0]) {
		equipment = hj_judge_equipment_find(&t.site->plan, t.equipment);
		if (equipment == HJ_JUDGE_NONE)
			unknown_equipment(f, site, conf_member(item, "equipment"), t.equipment);
	}
	if (one == phases) {
		conf_remedy(conf_error(f, item, "%s",
		                    one ? _("point and phases: both say what it is about")
		                        : _("nothing says which value it is about")),
		        _("write point = \"METER.POINT\"; or phases = [ \"...\", \"...\", \"...\" ];"));
		return 0;
	}
	if (phases ? t.phase_count < HJ_JUDGE_PHASES : !t.point[0])
		return 0; /* which has been complained of */
	return add_rows(f, item, &t, equipment);
}

/* ---- linkages ---- */

struct link_text {
	struct hj_conf_site *site;
	const char *production[HJ_JUDGE_MEMBERS_MAX], *treatment[HJ_JUDGE_MEMBERS_MAX];
	size_t production_count, treatment_count;
	char load_production[HJ_POINT_NAME_MAX + 1], load_treatment[HJ_POINT_NAME_MAX + 1];
	int64_t enough, run_up, late, run_down, ahead, load_lasting;
	double load_least;
	bool while_idle;
};

static void add_member(
        struct conf_file *f, const config_setting_t *item, struct hj_conf_site *s, const char **list, size_t *count)
{
	const char *name = config_setting_get_string(item);
	char value[CONF_VALUE_LEN];

	if (!name)
		conf_remedy(conf_error(f, item, _("%s is no name of equipment"), conf_value(item, value)),
		        _("write %s, in \"quotes\""), _(CONF_EQUIPMENT_HINT));
	else if (hj_judge_equipment_find(&s->plan, name) == HJ_JUDGE_NONE)
		unknown_equipment(f, s, item, name);
	else if (*count < HJ_JUDGE_MEMBERS_MAX)
		list[(*count)++] = s->plan.equipment[hj_judge_equipment_find(&s->plan, name)].name;
}

static int add_production(struct conf_file *f, const config_setting_t *item, void *text)
{
	struct link_text *t = text;

	add_member(f, item, t->site, t->production, &t->production_count);
	return 0;
}

static int add_treatment(struct conf_file *f, const config_setting_t *item, void *text)
{
	struct link_text *t = text;

	add_member(f, item, t->site, t->treatment, &t->treatment_count);
	return 0;
}

#define AT(member)   CONF_AT(struct link_text, member)
#define HOLD(member) AT(member), .least = 0, .most = CONF_HOLD_MOST_S, .preset = CONF_UNSET_S
static const struct conf_key link_keys[] = {
	{ "production", CONF_ARRAY, CONF_REQUIRED, .least = 1, .most = HJ_JUDGE_MEMBERS_MAX, .item = add_production,
	        .hint = N_("the names of equipment") },
	{ "treatment", CONF_ARRAY, CONF_REQUIRED, .least = 1, .most = HJ_JUDGE_MEMBERS_MAX, .item = add_treatment,
	        .hint = N_("the names of equipment") },
	{ "enough", CONF_INT, CONF_ZERO, AT(enough), .least = 1, .most = HJ_JUDGE_MEMBERS_MAX },
	{ "while_idle", CONF_BOOL, 0, AT(while_idle) },
	{ "run_up", CONF_INT, 0, HOLD(run_up) },
	{ "late", CONF_INT, 0, HOLD(late) },
	{ "run_down", CONF_INT, 0, HOLD(run_down) },
	{ "ahead", CONF_INT, 0, HOLD(ahead) },
	{ "load_production", CONF_STRING, 0, AT(load_production), .check = conf_check_point_name,
	        .hint = CONF_POINT_HINT },
	{ "load_treatment", CONF_STRING, 0, AT(load_treatment), .check = conf_check_point_name,
	        .hint = CONF_POINT_HINT },
	{ "load_least", CONF_FLOAT, 0, AT(load_least), .least = 0, .most = CONF_VALUE_MOST, .preset = NAN },
	{ "load_lasting", CONF_INT, 0, HOLD(load_lasting) },
};
#undef AT
#undef HOLD

static int fill_link(struct link_text *t, int line, struct hj_judge_link *l)
{
	struct hj_conf_site *s = t->site;
	int r;

	hj_judge_link_init(l);
	l->production = conf_keep(&s->pool, t->production, sizeof(t->production[0]) * t->production_count);
	l->treatment = conf_keep(&s->pool, t->treatment, sizeof(t->treatment[0]) * t->treatment_count);
	l->production_count = t->production_count;
	l->treatment_count = t->treatment_count;
	l->enough = (size_t)t->enough;
	l->while_idle = t->while_idle;
	l->run_up_ms = conf_hold_ms(t->run_up);
	l->late_ms = conf_hold_ms(t->late);
	l->run_down_ms = conf_hold_ms(t->run_down);
	l->ahead_ms = conf_hold_ms(t->ahead);
	l->load_least = t->load_least;
	l->load_for_ms = conf_hold_ms(t->load_lasting);
	r = conf_site_point(s, t->load_production, line, &l->load_production);
	r = r < 0 ? r : conf_site_point(s, t->load_treatment, line, &l->load_treatment);
	return l->production && l->treatment ? r : -ENOMEM;
}

int conf_link_add(struct conf_file *f, const config_setting_t *item, void *site)
{
	struct hj_conf_site *s = site;
	struct link_text t = { .site = s };
	size_t count = s->plan.link_count;
	struct hj_judge_link *l;
	int *line, r = conf_table_read(f, item, N_("linkage"), link_keys, hj_array_size(link_keys), &t);

	if (r < 0 || !t.production_count || !t.treatment_count)
		return r;
	line = conf_site_row((void **)&s->link_lines, sizeof(*line), &count);
	l = line ? conf_site_row((void **)&s->plan.links, sizeof(*l), &s->plan.link_count) : NULL;
	if (!l)
		return -ENOMEM;
	*line = (int)config_setting_source_line(item);
	return fill_link(&t, *line, l);
}
