/* What a meter of a bus makes of its model: the model's points under the meter's name, those that its own `points`
 * change, those that `only` names or else all; then the factors. */
#include "conf_bus.h"

#include <errno.h>
#include <string.h>

void conf_models_done(struct conf_models *m)
{
	for (size_t i = 0; i < m->count; i++)
		conf_model_done(&m->list[i]);
	free(m->list);
	*m = (struct conf_models){ 0 };
}

const struct conf_point_text *conf_model_point(const struct conf_model *m, const char *name)
{
	for (size_t i = 0; m && name && i < m->m.point_count; i++)
		if (!strcmp(m->texts[i].name, name))
			return &m->texts[i];
	return NULL;
}

/* ---- which ---- */

/* NULL where there is none of that name; without points where it is wrong. -ENOMEM. */
static int find_model(struct conf_file *f, struct conf_models *models, const char *id, const struct conf_model **ret)
{
	struct conf_model *list, *m;
	int r;

	*ret = NULL;
	for (size_t i = 0; i < models->count; i++)
		if (!strcmp(models->list[i].m.id, id)) {
			*ret = &models->list[i];
			return 0;
		}
	list = realloc(models->list, (models->count + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	models->list = list;
	m = &list[models->count];
	*m = (struct conf_model){ 0 };
	hj_text_copy(m->m.id, sizeof(m->m.id), id);
	r = f->root ? conf_model_load(f->root, id, m, f->errors) : -ENOENT;
	if (r == -ENOMEM)
		return r;
	if (r != -ENOENT)
		*ret = &list[models->count++];
	return 0;
}

static bool goes_with(const struct hj_conf_model *m, enum hj_bus_kind kind)
{
	return m->kind == HJ_BUS_rtu ? hj_bus_type(kind)->traits & HJ_BUS_UNITS : m->kind == kind;
}

int conf_model_use(
        struct conf_file *f, const config_setting_t *meter, struct conf_models *models, struct conf_meter_text *to)
{
	const config_setting_t *s = config_setting_get_member(meter, "model");
	const char *id = s ? config_setting_get_string(s) : NULL;
	const struct conf_model *m;
	struct hj_conf_error *e;
	int r;

	to->only = config_setting_get_member(meter, "only");
	if (!s)
		return 0;
	to->model_bad = true;
	if (!id || !hj_name_valid(id))
		return 0; /* said when the table is read */
	r = find_model(f, models, id, &m);
	if (r < 0)
		return r;
	if (!m) {
		conf_model_suggest(conf_error(f, s, _("model = \"%s\": there is no such model"), id), f->root, id);
	} else if (m->texts && !goes_with(&m->m, to->bus->kind)) {
		e = conf_error(f, s, _("model = \"%s\" does not go with a bus of type \"%s\""), id,
		        hj_bus_type(to->bus->kind)->name);
		conf_remedy(e, _("put the meter on a bus that it speaks, or correct the type of the bus"));
	} else if (m->texts) {
		to->model = m;
		to->model_bad = false;
	}
	return 0;
}

/* ---- its points ---- */

/* What is wrong with it from now on is in the bus's file, where `item` is. */
static int keep_model_point(struct conf_file *f, const config_setting_t *item, const struct conf_point_text *from,
        struct conf_meter_text *to)
{
	struct conf_point_text t = *from;

	t.p.line = to->m.line;
	return conf_point_keep(f, item, &t, to);
}

static int fill_points(struct conf_file *f, const config_setting_t *item, struct conf_meter_text *to)
{
	for (size_t i = 0; to->model && !to->only && i < to->model->m.point_count; i++) {
		const struct conf_point_text *t = &to->model->texts[i];
		int r = conf_point_find(&to->m, t->name) ? 0 : keep_model_point(f, item, t, to);

		if (r < 0)
			return r;
	}
	return 0;
}

static void suggest_point(struct hj_conf_error *e, const char *name, const struct hj_conf_point *points, size_t n,
        const char *otherwise)
{
	struct conf_near near = { .name = name };

	conf_point_near(&near, points, n);
	if (near.best)
		conf_remedy(e, _("did you mean %s?"), near.best);
	else
		conf_remedy(e, "%s", otherwise);
}

int conf_model_only(struct conf_file *f, const config_setting_t *item, void *meter_text)
{
	struct conf_meter_text *to = meter_text;
	const char *name = config_setting_get_string(item);
	const struct conf_point_text *t;

	if (to->model_bad)
		return 0;
	if (!to->model || !name) {
		conf_remedy(conf_error(f, item, _("only: names of points of the model are wanted here")),
		        _("write model = \"...\"; and names of its points in \"quotes\""));
		return 0;
	}
	t = conf_model_point(to->model, name);
	if (!t)
		suggest_point(conf_error(f, item, _("only: model %s has no point \"%s\""), to->model->m.id, name),
		        name, to->model->m.points, to->model->m.point_count,
		        _("hjgate models NAME shows the points of a model"));
	else if (!conf_point_find(&to->m, name))
		return keep_model_point(f, item, t, to);
	return 0;
}

int conf_model_factor(struct conf_file *f, const config_setting_t *item, void *meter_text)
{
	struct conf_meter_text *to = meter_text;
	const char *name = config_setting_name(item), *factor = config_setting_get_string(item), *why = NULL;
	struct hj_conf_point *p;
	int r = to->model_bad ? 0 : fill_points(f, item, to);

	if (r < 0 || to->model_bad)
		return r;
	p = conf_point_find(&to->m, name);
	if (!p) {
		suggest_point(conf_error(f, item, _("factors: this meter has no point \"%s\""), name), name,
		        to->m.points, to->m.point_count, _("write names of its points, without the meter's"));
	} else if (!factor || strlen(factor) > HJ_FACTOR_MAX || hj_factor_check(factor, &why) < 0) {
		conf_remedy(conf_error(f, item, _("factors: %s has no factor of the platform here"), name),
		        _("write %s, in \"quotes\""), _("the platform's code of 1 to 16 letters A-Z a-z and digits"));
	} else {
		p->point.factor = conf_keep_text(&to->bus->pool, factor);
		if (!p->point.factor)
			return -ENOMEM;
		p->line = (int)config_setting_source_line(item);
	}
	return 0;
}

int conf_model_fill(struct conf_file *f, const config_setting_t *meter, struct conf_meter_text *to)
{
	const struct hj_conf_limits *limits = to->model ? &to->model->m.limits : NULL;
	int r = fill_points(f, meter, to);

	if (r < 0 || !limits)
		return r;
	if (!config_setting_get_member(meter, "max_registers"))
		to->m.limits.max_registers = limits->max_registers;
	if (!config_setting_get_member(meter, "barriers")) {
		memcpy(to->m.limits.barriers, limits->barriers, sizeof(limits->barriers));
		to->m.limits.barrier_count = limits->barrier_count;
	}
	return 0;
}
