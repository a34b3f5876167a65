/* equipment.conf as a whole: its groups become the plan of a site, the buses' files say what its points are, and the
 * plan's own rules (src/judge) are told by the line that breaks them. */
#include "conf_equipment.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "equipment.conf"

/* ---- rows ---- */

void *conf_site_row(void **table, size_t size, size_t *count)
{
	char *list = realloc(*table, (*count + 1) * size);

	if (!list)
		return NULL;
	*table = list;
	return memset(list + size * (*count)++, 0, size);
}

int conf_site_point(struct hj_conf_site *s, const char *name, int line, size_t *ret)
{
	size_t count = s->plan.point_count;
	struct hj_conf_mention *m;
	struct hj_judge_point *p;

	*ret = HJ_JUDGE_NONE;
	if (!*name)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(s->plan.points[i].name, name)) {
			*ret = i;
			return 0;
		}
	m = conf_site_row((void **)&s->points, sizeof(*m), &count);
	p = m ? conf_site_row((void **)&s->plan.points, sizeof(*p), &s->plan.point_count) : NULL;
	if (!p)
		return -ENOMEM;
	m->line = line;
	hj_judge_point_init(p);
	p->name = conf_keep_text(&s->pool, name);
	*ret = s->plan.point_count - 1;
	return p->name ? 0 : -ENOMEM;
}

/* ---- codes ---- */

static bool has_code(const struct hj_conf_site *s, const char *code)
{
	for (size_t i = 0; i < s->plan.equipment_count; i++)
		if (!strcmp(s->equipment[i].code, code))
			return true;
	return false;
}

static void check_codes(struct conf_file *f, const struct hj_conf_site *s)
{
	for (size_t i = 0; i < s->plan.equipment_count; i++)
		for (size_t k = 0; k < i && s->equipment[i].code[0]; k++)
			if (!strcmp(s->equipment[i].code, s->equipment[k].code))
				conf_remedy(conf_error_at(f->errors, f->path, s->equipment[i].line,
				                    _("code = \"%s\": %s on line %d has it already"),
				                    s->equipment[i].code, s->plan.equipment[k].name,
				                    s->equipment[k].line),
				        _("write another code: platforms tell equipment apart by it"));
}

/* By the place in the file, past what is taken. */
static int give_codes(struct hj_conf_site *s)
{
	for (size_t i = 0; i < s->plan.equipment_count; i++) {
		char code[HJ_EQUIPMENT_NAME_MAX + 16] = "";

		for (size_t n = i + 1; !s->equipment[i].code[0]; n += HJ_JUDGE_EQUIPMENT_MAX) {
			snprintf(code, sizeof(code), "SB%zu", n);
			if (!has_code(s, code))
				s->equipment[i].code = conf_keep_text(&s->pool, code);
			if (!s->equipment[i].code)
				return -ENOMEM;
		}
	}
	return 0;
}

/* ---- what the buses say ---- */

static enum hj_meaning meaning_of(const struct hj_conf_point *p)
{
	static const struct {
		const char *unit;
		enum hj_meaning meaning;
	} units[] = {
		{ "A", HJ_MEANS_CURRENT },
		{ "mA", HJ_MEANS_CURRENT },
		{ "kW", HJ_MEANS_POWER },
		{ "W", HJ_MEANS_POWER },
		{ "kVA", HJ_MEANS_POWER },
		{ "℃", HJ_MEANS_TEMPERATURE },
		{ "°C", HJ_MEANS_TEMPERATURE },
		{ "pH", HJ_MEANS_PH },
		{ "Pa", HJ_MEANS_PRESSURE },
		{ "kPa", HJ_MEANS_PRESSURE },
		{ "MPa", HJ_MEANS_PRESSURE },
		{ "m3/h", HJ_MEANS_FLOW },
		{ "m³/h", HJ_MEANS_FLOW },
		{ "L/min", HJ_MEANS_FLOW },
		{ "L/s", HJ_MEANS_FLOW },
	};

	if (p->codec.type == HJ_TYPE_BIT)
		return HJ_MEANS_SWITCH;
	for (size_t i = 0; p->point.unit && i < hj_array_size(units); i++)
		if (!strcmp(units[i].unit, p->point.unit))
			return units[i].meaning;
	return HJ_MEANS_OTHER;
}

static void learn_point(struct hj_conf_site *s, size_t number, const struct hj_conf_point *p)
{
	enum hj_meaning meaning = meaning_of(p);

	s->points[number].found = true;
	s->points[number].total = p->point.total;
	s->plan.points[number].interval_ms = p->point.interval_ms;
	for (size_t i = 0; i < s->plan.equipment_count; i++)
		for (size_t k = 0; k < s->plan.equipment[i].sign_count; k++)
			if (s->plan.equipment[i].signs[k].point == number)
				s->plan.equipment[i].signs[k].meaning = meaning;
	for (size_t i = 0; i < s->plan.limit_count; i++)
		if (s->plan.limits[i].points[0] == number)
			s->plan.limits[i].meaning = meaning;
}

void conf_site_learn(struct hj_conf_site *s, const struct hj_conf_bus *b)
{
	for (size_t i = 0; i < b->meter_count; i++)
		for (size_t k = 0; k < b->meters[i].point_count; k++) {
			const struct hj_conf_point *p = &b->meters[i].points[k];

			for (size_t n = 0; n < s->plan.point_count && p->codec.type != HJ_TYPE_TEXT; n++)
				if (!strcmp(s->plan.points[n].name, p->point.name))
					learn_point(s, n, p);
		}
}

/* ---- the whole ---- */

static void check_points(const struct hj_conf_site *s, struct hj_conf_errors *errors)
{
	for (size_t i = 0; i < s->plan.point_count; i++)
		if (!s->points[i].found)
			conf_remedy(
			        conf_error_at(errors, s->file, s->points[i].line,
			                _("point \"%s\": no bus has a value of that name"), s->plan.points[i].name),
			        _("write METER.POINT as in a file of buses.d"));
}

/* Of a switch it is clear from where on it runs; a point that is not known is taken for one. */
static void check_thresholds(struct hj_conf_site *s, struct hj_conf_errors *errors)
{
	for (size_t i = 0; i < s->plan.equipment_count; i++)
		for (size_t k = 0; k < s->plan.equipment[i].sign_count; k++) {
			struct hj_judge_sign *sign = &s->plan.equipment[i].signs[k];

			if (!isnan(sign->running) || sign->meaning == HJ_MEANS_SWITCH)
				continue;
			if (s->points[sign->point].found)
				conf_remedy(conf_error_at(errors, s->file, s->equipment[i].sign_lines[k],
				                    _("point \"%s\": nothing says from which value on it runs"),
				                    s->plan.points[sign->point].name),
				        _("write running = ...; in the point's unit: only a switch needs none"));
			sign->meaning = HJ_MEANS_SWITCH;
		}
}

/* Of a point whose bus could not be read nothing is known: it is taken to come often enough. */
static void fill_intervals(struct hj_conf_site *s)
{
	for (size_t i = 0; i < s->plan.point_count; i++)
		if (!s->points[i].found && s->plan.points[i].silent_ms > 0)
			s->plan.points[i].interval_ms =
			        hj_min(s->plan.points[i].silent_ms, (int64_t)HJ_INTERVAL_MIN_MS);
}

static void check_totals(const struct hj_conf_site *s, struct hj_conf_errors *errors)
{
	for (size_t i = 0; i < s->plan.equipment_count; i++) {
		size_t energy = s->plan.equipment[i].energy;

		if (energy != HJ_JUDGE_NONE && s->points[energy].found && !s->points[energy].total)
			conf_remedy(conf_error_at(errors, s->file, s->equipment[i].line,
			                    _("energy = \"%s\": it is no register that only counts up"),
			                    s->plan.points[energy].name),
			        _("write total = true; at the point, or power = \"%s\"; here"),
			        s->plan.points[energy].name);
	}
}

static int line_of(const struct hj_conf_site *s, const struct hj_judge_fault *fault)
{
	size_t i = fault->index;

	switch (fault->table) {
	case HJ_TABLE_POINT:
		return i < s->plan.point_count ? s->points[i].line : 0;
	case HJ_TABLE_EQUIPMENT:
		if (i >= s->plan.equipment_count)
			return 0;
		return fault->sign < HJ_JUDGE_SIGNS_MAX ? s->equipment[i].sign_lines[fault->sign]
		                                        : s->equipment[i].line;
	case HJ_TABLE_LIMIT:
		return i < s->plan.limit_count ? s->limit_lines[i] : 0;
	default:
		return i < s->plan.link_count ? s->link_lines[i] : 0;
	}
}

/* The texts come from the plan's tables, where each has one %s at most. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void tell_fault(
        const struct hj_conf_site *s, const struct hj_judge_fault *fault, struct hj_conf_errors *errors)
{
	char what[256];
	struct hj_conf_error *e;

	if (fault->name)
		snprintf(what, sizeof(what), _(fault->what), fault->name);
	else
		hj_text_copy(what, sizeof(what), _(fault->what));
	e = conf_error_at(errors, s->file, line_of(s, fault), "%s: %s", fault->key, what);
	conf_remedy(e, "%s", _(fault->remedy));
}
#pragma GCC diagnostic pop

void conf_site_settle(struct hj_conf_site *s, bool whole, struct hj_conf_errors *errors)
{
	struct hj_judge_fault fault;

	if (!s->file[0])
		return;
	if (whole)
		check_points(s, errors);
	check_thresholds(s, errors);
	check_totals(s, errors);
	fill_intervals(s);
	hj_judge_plan_fill(&s->plan);
	if (hj_judge_plan_check(&s->plan, &fault) < 0)
		tell_fault(s, &fault, errors);
}

void hj_conf_site_done(struct hj_conf_site *s)
{
	free(s->plan.points);
	free(s->plan.equipment);
	free(s->plan.limits);
	free(s->plan.links);
	free(s->equipment);
	free(s->points);
	free(s->limit_lines);
	free(s->link_lines);
	conf_pool_done(&s->pool);
	*s = (struct hj_conf_site){ 0 };
}

/* ---- the file ---- */

static const struct conf_key site_keys[] = {
	{ "equipment", CONF_LIST, CONF_REQUIRED, .least = 1, .most = HJ_JUDGE_EQUIPMENT_MAX,
	        .item = conf_equipment_add },
	{ "limits", CONF_LIST, 0, .least = 0, .most = HJ_JUDGE_LIMITS_MAX, .item = conf_limit_add },
	{ "linkages", CONF_LIST, 0, .least = 0, .most = HJ_JUDGE_LINKS_MAX, .item = conf_link_add },
};

int conf_site_read(struct conf_file *f, struct hj_conf_site *s)
{
	int r;

	hj_text_copy(s->file, sizeof(s->file), f->path);
	r = conf_table_read(f, config_root_setting(&f->config), N_("file"), site_keys, hj_array_size(site_keys), s);
	if (r < 0)
		return r;
	check_codes(f, s);
	return give_codes(s);
}

/* Closes the file. */
static int read_site(struct conf_file *f, int r, struct hj_conf_site *s)
{
	if (r >= 0)
		r = conf_site_read(f, s);
	conf_file_done(f);
	return r;
}

int conf_site_load(const char *root, struct hj_conf_site *s, struct hj_conf_errors *errors)
{
	struct conf_file f;
	int r = conf_file_open(&f, root, "", FILE_NAME, errors);

	return read_site(&f, r, s);
}

/* One bus at a time: what libconfig needs for one is needed once. What is wrong with a bus its own meterd says. */
static bool learn_all(const char *root, struct hj_conf_site *s)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors unsaid = { 0 };
	char **names = NULL;
	size_t count = 0;
	bool whole = hj_conf_names(root, HJ_CONF_BUSES, &names, &count) >= 0;

	for (size_t i = 0; i < count; i++) {
		struct hj_conf_bus b = { 0 };

		if (hj_conf_load_bus(root, names[i], &b, &unsaid) < 0) {
			whole = false;
			continue;
		}
		conf_site_learn(s, &b);
		hj_conf_bus_done(&b);
	}
	hj_conf_names_free(names, count);
	return whole;
}

static int finish(const char *root, int r, size_t before, struct hj_conf_site *s, struct hj_conf_site *ret,
        struct hj_conf_errors *errors)
{
	if (r >= 0 && conf_error_total(errors) == before)
		conf_site_settle(s, learn_all(root, s), errors);
	if (r >= 0 && conf_error_total(errors) > before)
		r = -EINVAL;
	if (r < 0) {
		hj_conf_site_done(s);
		return r;
	}
	*ret = *s;
	return 0;
}

int hj_conf_load_equipment(const char *root, struct hj_conf_site *ret, struct hj_conf_errors *errors)
{
	size_t before = conf_error_total(errors);
	struct hj_conf_site s = { .file = "" };
	int r = conf_site_load(root, &s, errors);

	return finish(root, r, before, &s, ret, errors);
}

int hj_conf_load_equipment_at(
        const char *root, const char *path, struct hj_conf_site *ret, struct hj_conf_errors *errors)
{
	const char *slash = strrchr(path, '/');
	size_t before = conf_error_total(errors), n = slash ? (size_t)(slash - path) : 0;
	struct hj_conf_site s = { .file = "" };
	char folder[HJ_PATH_MAX] = ".";
	struct conf_file f;
	int r;

	if (n >= sizeof(folder))
		return -ENAMETOOLONG;
	if (slash)
		snprintf(folder, sizeof(folder), "%.*s", (int)hj_max(n, (size_t)1), path);
	r = conf_file_open_at(&f, root, folder, slash ? slash + 1 : path, errors);
	r = read_site(&f, r, &s);
	return finish(root, r, before, &s, ret, errors);
}

bool hj_conf_has_equipment(const char *root)
{
	char path[HJ_PATH_MAX];

	return conf_path(root, "", FILE_NAME, path) >= 0 && !access(path, F_OK);
}
