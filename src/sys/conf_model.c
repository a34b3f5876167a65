/* models/NAME.conf: the register map of a kind of meter, written once for all sites. It is held to the same rules as
 * the points of a bus's file, by the same table, and alone: so an error in it has its own file and line, and what a
 * bus makes of a right one can only be wrong where the bus's file says so. */
#include "conf_bus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FOLDER "models"

/* ---- where they are ---- */

/* The site's own, those installed below the root, those of the system: the first that exists counts. */
static int folder_of(const char *root, size_t i, char ret[HJ_PATH_MAX])
{
	switch (i) {
	case 0:
		return hj_path(root, HJ_DIR_ETC, FOLDER, ret);
	case 1:
		return hj_path(root, HJ_DIR_SHARE, FOLDER, ret);
	case 2:
		return root && *root ? hj_path("", HJ_DIR_SHARE, FOLDER, ret) : -ENOENT;
	default:
		return -ERANGE;
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Takes `more` over, in any case. */
static int add_names(char ***names, size_t *count, char **more, size_t n)
{
	char **all = reallocarray(*names, *count + n + 1, sizeof(*all));

	if (!all) {
		hj_conf_names_free(more, n);
		return -ENOMEM;
	}
	*names = all;
	for (size_t i = 0; i < n; i++)
		all[(*count)++] = more[i];
	free(more);
	return 0;
}

static size_t each_once(char **names, size_t count)
{
	size_t n = 0;

	if (count)
		qsort(names, count, sizeof(*names), by_name);
	for (size_t i = 0; i < count; i++)
		if (hj_name_valid(names[i]) && (!n || strcmp(names[n - 1], names[i]) != 0))
			names[n++] = names[i];
		else
			free(names[i]);
	return n;
}

int hj_conf_model_names(const char *root, char ***ret_names, size_t *ret_count)
{
	char path[HJ_PATH_MAX], **names = NULL, **more;
	size_t count = 0, n;
	int r = 0;

	for (size_t i = 0; r != -ENOMEM && (r = folder_of(root, i, path)) != -ERANGE; i++) {
		if (r >= 0)
			r = conf_names_in(path, &more, &n);
		if (r >= 0)
			r = add_names(&names, &count, more, n);
	}
	if (r == -ENOMEM) {
		hj_conf_names_free(names, count);
		return r;
	}
	*ret_names = names;
	*ret_count = each_once(names, count);
	return 0;
}

void conf_model_suggest(struct hj_conf_error *e, const char *root, const char *id)
{
	struct conf_near near = { .name = id };
	char **names = NULL;
	size_t n = 0;

	if (root && hj_conf_model_names(root, &names, &n) >= 0)
		for (size_t i = 0; i < n; i++)
			conf_near_try(&near, names[i]);
	if (near.best)
		conf_remedy(e, _("did you mean %s?"), near.best);
	else if (!n)
		conf_remedy(e, _("none is installed: make install puts them there; or make models/%s.conf"), id);
	else
		conf_remedy(e, _("write one of the %zu that hjgate models lists, or make models/%s.conf"), n, id);
	hj_conf_names_free(names, n);
}

/* ---- keys ---- */

static const struct conf_choice protocols[] = {
	{ "modbus", HJ_BUS_rtu },
	{ "dlt645", HJ_BUS_dlt645 },
	{ "cjt188", HJ_BUS_cjt188 },
	{ NULL, 0 },
};
static const struct conf_choice parities[] = { { "none", 'N' }, { "even", 'E' }, { "odd", 'O' }, { NULL, 0 } };

int conf_limit_barrier(struct conf_file *f, const config_setting_t *item, struct hj_conf_limits *to)
{
	int64_t address = config_setting_is_number(item) ? config_setting_get_int64(item) : -1;
	struct hj_conf_error *e;

	if (address < 1 || address > UINT16_MAX) {
		e = conf_error(f, item, _("barriers: an address of the protocol is wanted here"));
		conf_remedy(e, _("write a whole number from %d to %d"), 1, UINT16_MAX);
	} else if (to->barrier_count < HJ_CONF_BARRIERS_MAX) {
		to->barriers[to->barrier_count++] = (uint16_t)address;
	}
	return 0;
}

static int add_barrier(struct conf_file *f, const config_setting_t *item, void *model)
{
	struct conf_model *m = model;

	return conf_limit_barrier(f, item, &m->m.limits);
}

/* One more text, where there is room: of too many the table complains. */
static void add_text(struct conf_file *f, const config_setting_t *item, const char *wanted,
        char (*list)[HJ_CONF_TEXT_MAX + 1], size_t *count, size_t most)
{
	const char *text = config_setting_get_string(item), *why;

	if (!text || !*text || strlen(text) > HJ_CONF_TEXT_MAX || conf_check_text(text, &why) < 0)
		conf_remedy(conf_error(f, item, "%s", wanted), _("write a text of 1 to %d bytes in \"quotes\""),
		        HJ_CONF_TEXT_MAX);
	else if (*count < most)
		hj_text_copy(list[(*count)++], sizeof(*list), text);
}

static int add_source(struct conf_file *f, const config_setting_t *item, void *model)
{
	struct hj_conf_model *m = &((struct conf_model *)model)->m;

	add_text(f, item, _("sources: the name of a public document or repository is wanted here"), m->sources,
	        &m->source_count, HJ_CONF_SOURCES_MAX);
	return 0;
}

static int add_note(struct conf_file *f, const config_setting_t *item, void *model)
{
	struct hj_conf_model *m = &((struct conf_model *)model)->m;

	add_text(f, item, _("notes: a sentence for whoever installs the meter is wanted here"), m->notes,
	        &m->note_count, HJ_CONF_NOTES_MAX);
	return 0;
}

/* A point without a meter: kept for who lists them, and checked as it would be in a meter. */
static int keep_alone(
        struct conf_file *f, const config_setting_t *item, const struct conf_point_text *t, struct hj_conf_model *m)
{
	struct hj_conf_bus bus = { .kind = m->kind, .pool = m->pool };
	struct conf_meter_text none = {
		.bus = &bus,
		.m = { .pt = 1, .ct = 1, .points = m->points, .point_count = m->point_count },
	};
	int r;

	if (t->name[0] && conf_point_find(&none.m, t->name))
		conf_remedy(conf_error(f, conf_member(item, "name"),
		                    _("name = \"%s\": this model has a point of that name"), t->name),
		        _("give one of them another name"));
	r = conf_point_keep(f, item, t, &none);
	m->pool = bus.pool;
	m->points = none.m.points;
	m->point_count = none.m.point_count;
	return r;
}

static int add_point(struct conf_file *f, const config_setting_t *item, void *model)
{
	struct conf_model *m = model;
	struct conf_point_text *texts = realloc(m->texts, (m->m.point_count + 1) * sizeof(*texts));
	int r;

	if (!texts)
		return -ENOMEM;
	m->texts = texts;
	if (conf_told(config_root_setting(&f->config), "protocol"))
		return 0;
	r = conf_point_read(f, item, m->m.kind, NULL, &texts[m->m.point_count]);
	return r < 0 ? r : keep_alone(f, item, &texts[m->m.point_count], &m->m);
}

#define AT(member) CONF_AT(struct conf_model, m.member)
static const struct conf_key model_keys[] = {
	{ "name", CONF_STRING, CONF_REQUIRED, AT(name), .check = conf_check_text,
	        .hint = N_("the maker's name of the device, in 63 bytes at most") },
	{ "maker", CONF_STRING, CONF_REQUIRED, AT(maker), .check = conf_check_text,
	        .hint = N_("who makes it, in 63 bytes at most") },
	{ "about", CONF_STRING, CONF_REQUIRED, AT(about), .check = conf_check_text,
	        .hint = N_("what it is, in 127 bytes at most") },
	{ "verified", CONF_BOOL, 0, AT(verified) },
	{ "sources", CONF_ARRAY, CONF_REQUIRED, .least = 1, .most = HJ_CONF_SOURCES_MAX, .item = add_source,
	        .hint = N_("the public documents it was checked against, in \"quotes\"") },
	{ "notes", CONF_ARRAY, .least = 1, .most = HJ_CONF_NOTES_MAX, .item = add_note,
	        .hint = N_("sentences for whoever installs the meter, in \"quotes\"") },
	{ "protocol", CONF_ENUM, 0, AT(kind), .choices = protocols, .preset = HJ_BUS_rtu },
	{ "baud", CONF_INT, 0, AT(baud), .least = 300, .most = 115200 },
	{ "parity", CONF_ENUM, 0, AT(parity), .choices = parities },
	{ "max_registers", CONF_INT, 0, AT(limits.max_registers), .least = 1, .most = CONF_REGISTERS_MOST },
	{ "barriers", CONF_ARRAY, .least = 1, .most = HJ_CONF_BARRIERS_MAX, .item = add_barrier,
	        .hint = N_("addresses that no request may cross") },
	{ "points", CONF_LIST, CONF_REQUIRED, .least = 1, .most = HJ_CONF_POINTS_MAX, .item = add_point },
};
#undef AT

/* ---- reading one ---- */

int conf_model_read(struct conf_file *f, struct conf_model *m)
{
	const config_setting_t *root = config_root_setting(&f->config), *s;
	size_t before = conf_error_total(f->errors);
	int r;

	hj_text_copy(m->m.file, sizeof(m->m.file), f->path);
	r = conf_table_read(f, root, N_("model"), model_keys, hj_array_size(model_keys), m);
	s = config_setting_get_member(root, "verified");
	if (r >= 0 && conf_error_total(f->errors) == before && m->m.verified && m->m.source_count < 2)
		conf_remedy(conf_error(f, s, _("verified = true: there is only one source")),
		        _("name a second one that agrees, or write verified = false"));
	return r;
}

static int load_from(
        const char *root, const char *folder, const char *id, struct conf_model *ret, struct hj_conf_errors *errors)
{
	size_t before = conf_error_total(errors);
	char name[HJ_NAME_MAX + sizeof(".conf")];
	struct conf_model m = { 0 };
	struct conf_file f;
	int r;

	snprintf(name, sizeof(name), "%.*s.conf", HJ_NAME_MAX, id);
	r = conf_file_open_at(&f, root, folder, name, errors);
	if (r >= 0)
		r = conf_model_read(&f, &m);
	conf_file_done(&f);
	if (r >= 0 && conf_error_total(errors) > before)
		r = -EINVAL;
	if (r < 0) {
		conf_model_done(&m);
		return r;
	}
	hj_text_copy(m.m.id, sizeof(m.m.id), id);
	*ret = m;
	return 0;
}

int conf_model_load(const char *root, const char *id, struct conf_model *ret, struct hj_conf_errors *errors)
{
	char folder[HJ_PATH_MAX];
	int r;

	if (!hj_name_valid(id))
		return -ENOENT;
	for (size_t i = 0; (r = folder_of(root, i, folder)) != -ERANGE; i++) {
		if (r >= 0)
			r = load_from(root, folder, id, ret, errors);
		if (r != -ENOENT && r != -ENAMETOOLONG)
			return r;
	}
	return -ENOENT;
}

void conf_model_done(struct conf_model *m)
{
	hj_conf_model_done(&m->m);
	free(m->texts);
	*m = (struct conf_model){ 0 };
}

int hj_conf_load_model(const char *root, const char *id, struct hj_conf_model *ret, struct hj_conf_errors *errors)
{
	struct conf_model m;
	int r = conf_model_load(root, id, &m, errors);

	if (r == -ENOENT)
		conf_model_suggest(conf_error_at(errors, FOLDER, 0, _("there is no model \"%s\""), id), root, id);
	if (r < 0)
		return r;
	free(m.texts);
	*ret = m.m;
	return 0;
}

void hj_conf_model_done(struct hj_conf_model *m)
{
	free(m->points);
	conf_pool_done(&m->pool);
	*m = (struct hj_conf_model){ 0 };
}
