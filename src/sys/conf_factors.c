/* factors.conf and factors.d/NAME.conf: what a code means, its unit and its type. The first is the standard's table,
 * the others are the site's own and its platform's, of which a row goes before one of the same code in the
 * standard's. The table is for whoever looks something up in it: it is read, used and freed, and no program keeps it.
 */
#include "conf_bus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER      "factors.d"
#define FILES_MAX   16 /* in it */
#define FIRST_ROOM  64 /* rows */
#define MODULES_MAX 256
#define NAME_BYTES  64
#define NOTE_BYTES  192

/* One file being read. */
struct reading {
	struct hj_conf_factors *to;
	const char *file;
};

/* What a row says before its texts are kept. */
struct row_text {
	char code[HJ_FACTOR_MAX + 1], old[HJ_FACTOR_MAX + 1], unit[HJ_UNIT_MAX + 1], type[HJ_FACTOR_TYPE_LEN];
	char zh[NAME_BYTES], en[NAME_BYTES], note[NOTE_BYTES];
	bool state;
};

/* ---- checks of one text ---- */

static int check_code(const char *text, const char **ret_why)
{
	return hj_factor_row_check(text, false, ret_why);
}

static int check_letters(const char *text, const char **ret_why)
{
	return hj_factor_row_check(text, true, ret_why);
}

static int check_module(const char *text, const char **ret_why)
{
	size_t n = strspn(text, "123456789abcdefghijklmnopqrstuvwxyz");

	return n && n < 6 && !text[n] ? 0 : conf_refuse(ret_why, N_("it is no module"));
}

static int check_type(const char *text, const char **ret_why)
{
	struct hj_factor_type t;

	return hj_factor_type_parse(text, &t, ret_why);
}

/* ---- keys ---- */

#define AT(member) CONF_AT(struct row_text, member)
#define NAMES                                                                                                        \
	{ "zh", CONF_STRING, 0, AT(zh), .check = conf_check_text,                                                    \
		.hint = N_("its Chinese name, in 63 bytes at most") },                                               \
	{                                                                                                            \
		"en", CONF_STRING, 0, AT(en), .check = conf_check_text,                                              \
		                              .hint = N_("its English name, in 63 bytes at most")                    \
	}
#define MEANING                                                                                                      \
	NAMES, { "unit", CONF_STRING, 0, AT(unit), .check = conf_check_text, .hint = N_("a unit such as kWh") },     \
	        { "type", CONF_STRING, 0, AT(type), .check = check_type,                                             \
		        .hint = N_(                                                                                  \
		                "N and the digits before and behind the point (N4.2), C and bytes (C890), or T") },  \
	        { "state", CONF_BOOL, 0, AT(state) },                                                                \
	{                                                                                                            \
		"note", CONF_STRING, 0, AT(note), .check = conf_check_text,                                          \
		                                  .hint = N_("what else is to be known, in 191 bytes at most")       \
	}

static const struct conf_key factor_keys[] = {
	{ "code", CONF_STRING, CONF_REQUIRED, AT(code), .check = check_code,
	        .hint = N_("a code of 1 to 16 letters A-Z a-z and digits") },
	{ "old", CONF_STRING, 0, AT(old), .check = hj_factor_check, .hint = N_("the code in HJ/T 212-2005") },
	MEANING,
};
static const struct conf_key measured_keys[] = {
	{ "letters", CONF_STRING, CONF_REQUIRED, AT(code), .check = check_letters,
	        .hint = N_("the letters A-Z a-z of table G1 or G2, 1 to 5 of them") },
	MEANING,
};
static const struct conf_key module_keys[] = {
	{ "module", CONF_STRING, CONF_REQUIRED, AT(code), .check = check_module,
	        .hint = N_("the signs 1-9 a-z of table H, 1 to 5 of them") },
	NAMES,
};
#undef AT

/* ---- rows ---- */

static void twice(struct conf_file *f, const config_setting_t *item, const char *code, const char *file, int line)
{
	conf_remedy(conf_error(f, item, _("\"%s\" is in line %d of %s already"), code, line, file),
	        _("remove one of the two"));
}

/* The row of this code that is there already; one of the standard's table gives way to a site's. */
static struct hj_factor *find_code(struct reading *r, const char *code, bool layered)
{
	struct hj_factors *t = &r->to->table;

	for (size_t i = 0; i < t->count; i++)
		if (t->list[i].layered == layered && !strcmp(t->list[i].code, code))
			return &t->list[i];
	return NULL;
}

static int keep_row(struct hj_conf_pool *pool, const struct row_text *t, struct hj_factor *to)
{
	to->code = conf_keep_text(pool, t->code);
	to->old = conf_keep_text(pool, t->old);
	to->zh = conf_keep_text(pool, t->zh);
	to->en = conf_keep_text(pool, t->en);
	to->note = conf_keep_text(pool, t->note);
	to->unit = conf_keep(pool, t->unit, strlen(t->unit) + 1);
	to->state = t->state;
	hj_factor_type_parse(t->type, &to->type, NULL);
	return to->code && to->old && to->zh && to->en && to->note && to->unit ? 0 : -ENOMEM;
}

static int grow_rows(struct hj_conf_factors *to)
{
	size_t room = to->room ? 2 * to->room : FIRST_ROOM;
	struct hj_factor *list;

	if (to->table.count < to->room)
		return 0;
	list = reallocarray(to->table.list, room, sizeof(*list));
	if (!list)
		return -ENOMEM;
	to->table.list = list;
	to->room = room;
	return 0;
}

static int put_row(
        struct conf_file *f, const config_setting_t *item, struct reading *r, const struct row_text *t, bool layered)
{
	struct hj_factors *table = &r->to->table;
	struct hj_factor row = { .layered = layered, .file = r->file, .line = (int)config_setting_source_line(item) },
	                 *there = find_code(r, t->code, layered);

	if (there && (r->file == r->to->standard || there->file != r->to->standard)) {
		twice(f, item, t->code, there->file, there->line);
		return 0;
	}
	if (!there && table->count == HJ_CONF_FACTORS_MAX) {
		conf_remedy(conf_error(f, item, _("with this one there are more than %d codes"), HJ_CONF_FACTORS_MAX),
		        _("leave out those that nobody uses"));
		return 0;
	}
	if (keep_row(&r->to->pool, t, &row) < 0 || grow_rows(r->to) < 0)
		return -ENOMEM;
	table->list[there ? (size_t)(there - table->list) : table->count++] = row;
	return 0;
}

static int read_row(struct conf_file *f, const config_setting_t *item, const char *what, const struct conf_key *keys,
        size_t n, struct row_text *ret)
{
	size_t before = conf_error_total(f->errors);
	int r = conf_table_read(f, item, what, keys, n, ret);

	return r < 0 ? r : conf_error_total(f->errors) > before;
}

static int add_factor(struct conf_file *f, const config_setting_t *item, void *reading)
{
	struct row_text t;
	int r = read_row(f, item, N_("factor"), factor_keys, hj_array_size(factor_keys), &t);

	return r ? hj_min(r, 0) : put_row(f, item, reading, &t, false);
}

static int add_measured(struct conf_file *f, const config_setting_t *item, void *reading)
{
	struct row_text t = { .old = "" };
	int r = read_row(f, item, N_("measured thing"), measured_keys, hj_array_size(measured_keys), &t);

	return r ? hj_min(r, 0) : put_row(f, item, reading, &t, true);
}

static int add_module(struct conf_file *f, const config_setting_t *item, void *reading)
{
	struct reading *r = reading;
	struct hj_conf_factors *to = r->to;
	struct hj_factor_module *list = reallocarray(to->table.modules, to->table.module_count + 1, sizeof(*list)),
	                        *m;
	struct row_text t;
	int k;

	if (!list)
		return -ENOMEM;
	to->table.modules = list;
	k = read_row(f, item, N_("module"), module_keys, hj_array_size(module_keys), &t);
	if (k)
		return hj_min(k, 0);
	for (size_t i = 0; i < to->table.module_count; i++)
		if (!strcmp(list[i].code, t.code)) {
			twice(f, item, t.code, list[i].file, list[i].line);
			return 0;
		}
	m = &list[to->table.module_count];
	*m = (struct hj_factor_module){ .code = conf_keep_text(&to->pool, t.code),
		.zh = conf_keep_text(&to->pool, t.zh),
		.en = conf_keep_text(&to->pool, t.en),
		.file = r->file,
		.line = (int)config_setting_source_line(item) };
	to->table.module_count += m->code && m->zh && m->en;
	return m->code && m->zh && m->en ? 0 : -ENOMEM;
}

/* ---- files ---- */

static const struct conf_key file_keys[] = {
	{ "factors", CONF_LIST, .least = 0, .most = HJ_CONF_FACTORS_MAX, .item = add_factor },
	{ "measured", CONF_LIST, .least = 0, .most = HJ_CONF_FACTORS_MAX, .item = add_measured },
	{ "modules", CONF_LIST, .least = 0, .most = MODULES_MAX, .item = add_module },
};

int conf_factors_read(struct conf_file *f, struct hj_conf_factors *to)
{
	struct reading r = { .to = to };

	r.file = conf_keep(&to->pool, f->path, strlen(f->path) + 1);
	if (!r.file)
		return -ENOMEM;
	if (!to->standard)
		to->standard = r.file;
	return conf_table_read(
	        f, config_root_setting(&f->config), N_("table of factors"), file_keys, hj_array_size(file_keys), &r);
}

static int load_file(const char *root, const char *folder, const char *name, struct hj_conf_factors *to,
        struct hj_conf_errors *errors)
{
	struct conf_file f;
	int r = conf_file_open(&f, root, folder, name, errors);

	if (r >= 0)
		r = conf_factors_read(&f, to);
	conf_file_done(&f);
	return r == -ENOENT ? 0 : r;
}

static int load_folder(const char *root, struct hj_conf_factors *to, struct hj_conf_errors *errors)
{
	char **names = NULL, path[HJ_PATH_MAX] = "", file[HJ_PATH_MAX];
	size_t n = 0;
	int r = hj_conf_names(root, FOLDER, &names, &n);

	conf_path(root, FOLDER, "", path);
	if (r < 0 && r != -ENOMEM)
		conf_remedy(conf_error_at(errors, path, 0, _("the folder cannot be read: %s"), strerror(-r)),
		        _("check that it is a folder and that the group hjgate may read it"));
	if (n > FILES_MAX)
		conf_remedy(
		        conf_error_at(errors, path, 0, _("there are %zu files, at most %d are read"), n, FILES_MAX),
		        _("take the others away"));
	for (size_t i = 0; i < hj_min(n, (size_t)FILES_MAX) && r != -ENOMEM; i++) {
		snprintf(file, sizeof(file), "%s.conf", names[i]);
		r = load_file(root, FOLDER, file, to, errors);
	}
	hj_conf_names_free(names, n);
	return r == -ENOMEM ? r : 0;
}

int hj_conf_load_factors(const char *root, struct hj_conf_factors *ret, struct hj_conf_errors *errors)
{
	size_t before = conf_error_total(errors);
	struct hj_conf_factors f = { .room = 0 };
	int r = load_file(root, "", "factors.conf", &f, errors);

	if (!f.standard)
		f.standard = ""; /* none of the site's files is it */
	if (r != -ENOMEM)
		r = load_folder(root, &f, errors);
	if (r == -ENOMEM) {
		hj_conf_factors_done(&f);
		return r;
	}
	*ret = f;
	return conf_error_total(errors) > before ? -EINVAL : 0;
}

void hj_conf_factors_done(struct hj_conf_factors *f)
{
	free(f->table.list);
	free(f->table.modules);
	conf_pool_done(&f->pool);
	*f = (struct hj_conf_factors){ .room = 0 };
}
