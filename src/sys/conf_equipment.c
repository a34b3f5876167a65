/* equipment.conf, `equipment`: which equipment there is and by which values it is judged. Whoever writes name, role,
 * point and one threshold gets the rest by its process (src/judge). */
#include "conf_equipment.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static const struct conf_choice roles[] = {
	{ "production", HJ_ROLE_PRODUCTION },
	{ "treatment", HJ_ROLE_TREATMENT },
	{ NULL, 0 },
};
/* Left out: production of which anything says that it runs counts as running, treatment only where everything does.
 */
enum together { TOGETHER_BY_ROLE, TOGETHER_ANY, TOGETHER_ALL };
static const struct conf_choice togethers[] = { { "any", TOGETHER_ANY }, { "all", TOGETHER_ALL }, { NULL, 0 } };

/* What one sign's keys say. */
struct sign_text {
	char point[HJ_POINT_NAME_MAX + 1];
	struct hj_judge_sign s;
};
/* What the group says before it becomes rows. */
struct equipment_text {
	struct hj_conf_site *site;
	char name[HJ_NAME_MAX + 1], code[HJ_EQUIPMENT_NAME_MAX + 1];
	char title[HJ_CONF_TITLE_MAX + 1], process[HJ_NAME_MAX + 1];
	char power[HJ_POINT_NAME_MAX + 1], energy[HJ_POINT_NAME_MAX + 1];
	int32_t role, together;
	int64_t running_after, idle_after, stopped_after, silent_after;
	struct sign_text one; /* in the group itself */
	struct hj_judge_sign signs[HJ_JUDGE_SIGNS_MAX];
	int lines[HJ_JUDGE_SIGNS_MAX];
	size_t sign_count;
};

static int check_code(const char *text, const char **ret_why)
{
	if (!strncmp(text, "SB", 2) && text[2] && hj_equipment_valid(HJ_KIND_STATUS, text, 0))
		return 0;
	return conf_refuse(ret_why, N_("it is no name of equipment in a frame"));
}

static int check_process(const char *text, const char **ret_why)
{
	return hj_judge_process(text) ? 0 : conf_refuse(ret_why, N_("it is no process that is known"));
}

/* ---- signs ---- */

#define SIGN_KEYS(is_required)                                                                                       \
	{ "point", CONF_STRING, is_required, AT(point), .check = conf_check_point_name, .hint = CONF_POINT_HINT },   \
	        { "running", CONF_FLOAT, 0, AT(s.running), .least = -CONF_VALUE_MOST, .most = CONF_VALUE_MOST,       \
		        .preset = NAN },                                                                             \
	        { "idle", CONF_FLOAT, 0, AT(s.idle), .least = -CONF_VALUE_MOST, .most = CONF_VALUE_MOST,             \
		        .preset = NAN },                                                                             \
	        { "hysteresis", CONF_FLOAT, 0, AT(s.hysteresis), .least = -CONF_VALUE_MOST, .most = CONF_VALUE_MOST, \
		        .preset = NAN },                                                                             \
	{                                                                                                            \
		"falling", CONF_BOOL, 0, AT(s.falling)                                                               \
	}

#define AT(member) CONF_AT(struct sign_text, member)
static const struct conf_key sign_keys[] = { SIGN_KEYS(CONF_REQUIRED) };
#undef AT

/* A value of zero has to end every state, or it would run for ever. */
static void check_band(struct conf_file *f, const config_setting_t *item, const struct hj_judge_sign *s)
{
	double least = isnan(s->idle) ? s->running : s->idle;

	if (s->falling || !(least > 0) || !(s->hysteresis >= least))
		return;
	conf_remedy(conf_error(f, conf_member(item, "hysteresis"),
	                    _("hysteresis = %g reaches from %g below zero: what has begun would never end"),
	                    s->hysteresis, least),
	        _("write a smaller one than %g, or leave it out"), least);
}

static int keep_sign(
        struct conf_file *f, const config_setting_t *item, struct equipment_text *t, const struct sign_text *said)
{
	struct hj_judge_sign *s = &t->signs[t->sign_count];
	int line = (int)config_setting_source_line(item);

	hj_judge_sign_init(s);
	s->running = said->s.running;
	s->idle = said->s.idle;
	s->hysteresis = said->s.hysteresis;
	s->falling = said->s.falling;
	check_band(f, item, s);
	t->lines[t->sign_count++] = line;
	return conf_site_point(t->site, said->point, line, &s->point);
}

static int add_sign(struct conf_file *f, const config_setting_t *item, void *text)
{
	struct equipment_text *t = text;
	struct sign_text said = { .point = "" };
	int r = conf_table_read(f, item, N_("point"), sign_keys, hj_array_size(sign_keys), &said);

	if (r < 0 || !said.point[0] || t->sign_count == HJ_JUDGE_SIGNS_MAX)
		return r;
	return keep_sign(f, item, t, &said);
}

/* ---- equipment ---- */

#define AT(member)   CONF_AT(struct equipment_text, member)
#define HOLD(member) AT(member), .least = 0, .most = CONF_HOLD_MOST_S, .preset = CONF_UNSET_S
static const struct conf_key equipment_keys[] = {
	{ "name", CONF_STRING, CONF_REQUIRED, AT(name), .check = conf_check_name,
	        .hint = N_("a name of 1 to 31 of a-z, 0-9 and -") },
	{ "code", CONF_STRING, 0, AT(code), .check = check_code,
	        .hint = N_("SB and up to 6 letters and digits, such as SB1") },
	{ "title", CONF_STRING, 0, AT(title), .check = conf_check_text, .hint = N_("a text for people") },
	{ "role", CONF_ENUM, CONF_REQUIRED, AT(role), .choices = roles },
	{ "process", CONF_STRING, 0, AT(process), .check = check_process,
	        .hint = N_("one of those in hjgate.conf(5), such as spraying or rto") },
	{ "points", CONF_LIST, 0, .least = 1, .most = HJ_JUDGE_SIGNS_MAX, .item = add_sign },
	{ "together", CONF_ENUM, 0, AT(together), .choices = togethers, .preset = TOGETHER_BY_ROLE },
	{ "running_after", CONF_INT, 0, HOLD(running_after) },
	{ "idle_after", CONF_INT, 0, HOLD(idle_after) },
	{ "stopped_after", CONF_INT, 0, HOLD(stopped_after) },
	{ "silent_after", CONF_INT, 0, AT(silent_after), .least = 1, .most = CONF_HOLD_MOST_S,
	        .preset = CONF_UNSET_S },
	{ "power", CONF_STRING, 0, AT(power), .check = conf_check_point_name, .hint = CONF_POINT_HINT },
	{ "energy", CONF_STRING, 0, AT(energy), .check = conf_check_point_name, .hint = CONF_POINT_HINT },
#undef AT
#define AT(member)                                                                                                   \
	.offset = offsetof(struct equipment_text, one.member), .size = sizeof(((struct sign_text *)0)->member)
	SIGN_KEYS(0),
};
#undef AT

/* One point in the group itself, or several in `points`. */
static int take_signs(struct conf_file *f, const config_setting_t *item, struct equipment_text *t)
{
	bool one = config_setting_get_member(item, "point"), many = config_setting_get_member(item, "points");

	if (one == many) {
		conf_remedy(conf_error(f, item, "%s",
		                    one ? _("point and points: both say by what it is judged")
		                        : _("nothing says by which value it is judged")),
		        _("write point = \"METER.POINT\"; and running = ...; or points = ( { ... }, { ... } );"));
		return 0;
	}
	return one && t->one.point[0] ? keep_sign(f, item, t, &t->one) : 0;
}

static void tell_silence(struct equipment_text *t)
{
	int64_t ms = conf_hold_ms(t->silent_after);

	for (size_t i = 0; i < t->sign_count && ms >= 0; i++) {
		struct hj_judge_point *p = &t->site->plan.points[t->signs[i].point];

		p->silent_ms = p->silent_ms < 0 ? ms : hj_min(p->silent_ms, ms);
	}
}

static int fill_row(const config_setting_t *item, struct equipment_text *t, struct hj_judge_equipment *e,
        struct hj_conf_equipment *beside)
{
	struct hj_conf_pool *pool = &t->site->pool;
	int line = (int)config_setting_source_line(item), r;

	hj_judge_equipment_init(e);
	e->name = conf_keep_text(pool, t->name);
	e->role = (enum hj_role)t->role;
	e->process = conf_keep_text(pool, t->process);
	memcpy(e->signs, t->signs, sizeof(e->signs));
	e->sign_count = t->sign_count;
	e->any = t->together == TOGETHER_BY_ROLE ? t->role == HJ_ROLE_PRODUCTION : t->together == TOGETHER_ANY;
	e->hold_ms[HJ_STATE_RUNNING] = conf_hold_ms(t->running_after);
	e->hold_ms[HJ_STATE_IDLE] = conf_hold_ms(t->idle_after);
	e->hold_ms[HJ_STATE_STOPPED] = conf_hold_ms(t->stopped_after);
	tell_silence(t);
	beside->line = line;
	memcpy(beside->sign_lines, t->lines, sizeof(beside->sign_lines));
	beside->code = conf_keep_text(pool, t->code);
	beside->title = t->title[0] ? conf_keep_text(pool, t->title) : e->name;
	r = conf_site_point(t->site, t->energy, line, &e->energy);
	r = r < 0 ? r : conf_site_point(t->site, t->power, line, &e->power);
	return e->name && e->process && beside->code && beside->title ? r : -ENOMEM;
}

int conf_equipment_add(struct conf_file *f, const config_setting_t *item, void *site)
{
	struct hj_conf_site *s = site;
	struct equipment_text t = { .site = s };
	struct hj_conf_equipment *beside;
	struct hj_judge_equipment *e;
	size_t count = s->plan.equipment_count;
	int r = conf_table_read(f, item, N_("piece of equipment"), equipment_keys, hj_array_size(equipment_keys), &t);

	r = r < 0 ? r : take_signs(f, item, &t);
	if (r < 0)
		return r;
	beside = conf_site_row((void **)&s->equipment, sizeof(*beside), &count);
	e = beside ? conf_site_row((void **)&s->plan.equipment, sizeof(*e), &s->plan.equipment_count) : NULL;
	return e ? fill_row(item, &t, e, beside) : -ENOMEM;
}
