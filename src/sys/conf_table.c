/* The engine: one table a group, one row a key. It fills presets first, so that what is wrong never leaves a value
 * unset, and goes on after an error, so that a person sees all of them at once. */
/* long because: one engine, with a reader and words for each kind of value */
#include "conf_table.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- storing ---- */

static void store_int(const struct conf_key *k, void *object, int64_t value)
{
	char *to = (char *)object + k->offset;

	switch (k->size) {
	case 1:
		*(int8_t *)to = (int8_t)value;
		break;
	case 2:
		*(uint16_t *)to = (uint16_t)value;
		break;
	case 4:
		*(int32_t *)to = (int32_t)value;
		break;
	default:
		*(int64_t *)to = value;
	}
}

static void preset(const struct conf_key *k, void *object)
{
	char *to = (char *)object + k->offset;

	if (k->kind == CONF_STRING)
		hj_text_copy(to, k->size, k->preset_text ? k->preset_text : "");
	else if (k->kind == CONF_FLOAT)
		*(double *)to = k->preset;
	else if (k->kind == CONF_BOOL)
		*(bool *)to = k->preset != 0;
	else if (k->kind == CONF_NUMBERS)
		*(struct conf_numbers *)to = (struct conf_numbers){ 0 };
	else if (k->kind == CONF_TABLE)
		for (size_t i = 0; i < k->table->count; i++)
			preset(&k->table->keys[i], to);
	else if (k->kind < CONF_LIST)
		store_int(k, object, (int64_t)k->preset);
}

/* ---- wording ---- */

static const char *list_choices(const struct conf_key *k, char *to, size_t size)
{
	size_t n = 0;

	to[0] = '\0';
	for (const struct conf_choice *c = k->choices; c->name && n < size; c++)
		n += (size_t)snprintf(
		        to + n, size - n, k->kind == CONF_INT ? "%s%s" : "%s\"%s\"", n ? ", " : "", c->name);
	return to;
}

static void remedy_int(struct hj_conf_error *e, const struct conf_key *k, double least)
{
	char choices[160];

	if (k->choices)
		conf_remedy(e, _("write one of %s"), list_choices(k, choices, sizeof(choices)));
	else if (k->flags & CONF_FREE)
		conf_remedy(e, _("write %s"), _(k->hint));
	else if (k->flags & CONF_ZERO)
		conf_remedy(e, _("write a whole number from %.0f to %.0f, or 0"), least, k->most);
	else
		conf_remedy(e, _("write a whole number from %.0f to %.0f"), least, k->most);
}

static double least_of(const struct conf_file *f, const struct conf_key *k)
{
	return (k->flags & CONF_LOOSE) && f->below_root ? 1 : k->least;
}

static void remedy(struct conf_file *f, struct hj_conf_error *e, const struct conf_key *k)
{
	char choices[160];

	switch (k->kind) {
	case CONF_INT:
		remedy_int(e, k, least_of(f, k));
		break;
	case CONF_FLOAT:
		conf_remedy(e, _("write a number from %g to %g"), k->least, k->most);
		break;
	case CONF_BOOL:
		conf_remedy(e, _("write true or false, without quotes"));
		break;
	case CONF_ENUM:
		conf_remedy(e, _("write one of %s"), list_choices(k, choices, sizeof(choices)));
		break;
	case CONF_LIST:
		conf_remedy(e, _("write %s = ( { ... }, { ... } );"), k->name);
		break;
	case CONF_NUMBERS:
		conf_remedy(e, _("write %s = ( ... ) with %.0f to %.0f numbers and commas between them"), k->name,
		        k->least, k->most);
		break;
	case CONF_ARRAY:
		conf_remedy(e, _("write %s = [ ..., ... ]; with %s"), k->name, _(k->hint));
		break;
	case CONF_GROUP:
		conf_remedy(e, _("write %s = { ... }; with %s"), k->name, _(k->hint));
		break;
	case CONF_TABLE:
		conf_remedy(e, _("write %s = { ... };"), k->name);
		break;
	default:
		conf_remedy(e, _("write %s, in \"quotes\""), _(k->hint));
	}
}

/* Digits without quotes are a number to libconfig: where they are too many for one, as an int takes LONG_MAX. */
static const char *wrong_value(const config_setting_t *s, const struct conf_key *k, char ret[CONF_VALUE_LEN])
{
	bool text = k->kind == CONF_STRING || k->kind == CONF_CHAR || k->kind == CONF_ENUM;

	return text && config_setting_is_number(s) && config_setting_get_int64(s) == (int)LONG_MAX
	               ? "..."
	               : conf_value(s, ret);
}

static int wrong_type(struct conf_file *f, const config_setting_t *s, const struct conf_key *k)
{
	static const char *const wanted[] = {
		[CONF_INT] = N_("%s = %s: a whole number is wanted here"),
		[CONF_FLOAT] = N_("%s = %s: a number is wanted here"),
		[CONF_BOOL] = N_("%s = %s: true or false is wanted here"),
		[CONF_STRING] = N_("%s = %s: a text is wanted here"),
		[CONF_CHAR] = N_("%s = %s: a text of one character is wanted here"),
		[CONF_ENUM] = N_("%s = %s: a text is wanted here"),
		[CONF_LIST] = N_("%s = %s: a list is wanted here"),
		[CONF_NUMBERS] = N_("%s = %s: numbers are wanted here"),
		[CONF_ARRAY] = N_("%s = %s: a list is wanted here"),
		[CONF_GROUP] = N_("%s = %s: a group is wanted here"),
		[CONF_TABLE] = N_("%s = %s: a group is wanted here"),
	};
	char value[CONF_VALUE_LEN], what[200];

	/* The formats come from the table above and its translations, which msgfmt --check holds to the same
	 * arguments. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(what, sizeof(what), _(wanted[k->kind]), k->name, wrong_value(s, k, value));
#pragma GCC diagnostic pop
	remedy(f, conf_error(f, s, "%s", what), k);
	return 0;
}

static int out_of_range(struct conf_file *f, const config_setting_t *s, const struct conf_key *k)
{
	char value[CONF_VALUE_LEN];

	remedy(f, conf_error(f, s, _("%s = %s is not allowed"), k->name, conf_value(s, value)), k);
	return 0;
}

/* ---- reading one value of each kind ---- */

static int read_int(struct conf_file *f, const config_setting_t *s, const struct conf_key *k, void *object)
{
	int type = config_setting_type(s);
	int64_t v;

	if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
		return wrong_type(f, s, k);
	v = config_setting_get_int64(s);
	if (k->choices) {
		const struct conf_choice *c = k->choices;

		while (c->name && c->value != v)
			c++;
		if (!c->name)
			return out_of_range(f, s, k);
	} else if (!(k->flags & CONF_FREE) && !(v == 0 && (k->flags & CONF_ZERO)) &&
	           ((double)v < least_of(f, k) || (double)v > k->most)) {
		return out_of_range(f, s, k);
	}
	store_int(k, object, v);
	return 0;
}

static double number_of(const config_setting_t *s)
{
	return config_setting_type(s) == CONFIG_TYPE_FLOAT ? config_setting_get_float(s)
	                                                   : (double)config_setting_get_int64(s);
}

static int read_float(struct conf_file *f, const config_setting_t *s, const struct conf_key *k, void *object)
{
	double v;

	if (!config_setting_is_number(s))
		return wrong_type(f, s, k);
	v = number_of(s);
	if (!(v >= k->least && v <= k->most))
		return out_of_range(f, s, k);
	*(double *)((char *)object + k->offset) = v;
	return 0;
}

static int read_bool(struct conf_file *f, const config_setting_t *s, const struct conf_key *k, void *object)
{
	if (config_setting_type(s) != CONFIG_TYPE_BOOL)
		return wrong_type(f, s, k);
	*(bool *)((char *)object + k->offset) = config_setting_get_bool(s);
	return 0;
}

static int read_string(struct conf_file *f, const config_setting_t *s, const struct conf_key *k, void *object)
{
	const char *text = config_setting_get_string(s), *why = NULL;
	char value[CONF_VALUE_LEN];
	struct hj_conf_error *e;

	if (!text)
		return wrong_type(f, s, k);
	if (conf_not_utf8(text)) { /* by \x.. within a file that is */
		remedy(f, conf_error(f, s, "%s: %s", k->name, _("this is not UTF-8")), k);
		return 0;
	}
	if (strlen(text) >= k->size) {
		e = conf_error(f, s, _("%s = %s is longer than %zu bytes"), k->name, conf_value(s, value),
		        (size_t)k->size - 1);
		remedy(f, e, k);
		return 0;
	}
	if (k->check && k->check(text, &why) < 0) {
		e = conf_error(f, s, _("%s = %s: %s"), k->name, conf_value(s, value), _(why));
		remedy(f, e, k);
		return 0;
	}
	hj_text_copy((char *)object + k->offset, k->size, text);
	return 0;
}

static int read_char(struct conf_file *f, const config_setting_t *s, const struct conf_key *k, void *object)
{
	const char *text = config_setting_get_string(s), *why = NULL;

	if (!text)
		return wrong_type(f, s, k);
	if (strlen(text) != 1 || (k->check && k->check(text, &why) < 0))
		return out_of_range(f, s, k);
	store_int(k, object, text[0]);
	return 0;
}

static int read_enum(struct conf_file *f, const config_setting_t *s, const struct conf_key *k, void *object)
{
	const char *text = config_setting_get_string(s);

	if (!text)
		return wrong_type(f, s, k);
	for (const struct conf_choice *c = k->choices; c->name; c++)
		if (!strcmp(c->name, text)) {
			store_int(k, object, c->value);
			return 0;
		}
	return out_of_range(f, s, k);
}

static int each_item(struct conf_file *f, const config_setting_t *s, const struct conf_key *k, void *object)
{
	int n = config_setting_length(s), r;
	struct hj_conf_error *e;

	if (n < k->least || n > k->most) {
		e = conf_error(f, s, _("%s has %d entries"), k->name, n);
		conf_remedy(e, _("write %.0f to %.0f entries"), k->least, k->most);
		return 0;
	}
	for (int i = 0; i < n; i++) {
		const config_setting_t *item = config_setting_get_elem(s, (unsigned)i);

		if (k->kind == CONF_LIST && !config_setting_is_group(item)) {
			wrong_type(f, item, k);
			continue;
		}
		r = k->item(f, item, object);
		if (r < 0)
			return r;
	}
	return 0;
}

/* "[1, 2]", whose numbers libconfig wants all whole or all not, or "(1, 2.5)", which may mix them. */
static int read_numbers(struct conf_file *f, const config_setting_t *s, const struct conf_key *k, void *object)
{
	struct conf_numbers numbers = { 0 };
	int n = config_setting_length(s);

	if (!config_setting_is_list(s) && !config_setting_is_array(s))
		return wrong_type(f, s, k);
	if (n < k->least || n > k->most)
		return out_of_range(f, s, k);
	for (int i = 0; i < n; i++) {
		const config_setting_t *item = config_setting_get_elem(s, (unsigned)i);
		double v = number_of(item);

		if (!config_setting_is_number(item) || !isfinite(v))
			return wrong_type(f, item, k);
		numbers.list[numbers.count++] = v;
	}
	*(struct conf_numbers *)((char *)object + k->offset) = numbers;
	return 0;
}

static int read_list(struct conf_file *f, const config_setting_t *s, const struct conf_key *k, void *object)
{
	return config_setting_is_list(s) ? each_item(f, s, k, object) : wrong_type(f, s, k);
}

static int read_array(struct conf_file *f, const config_setting_t *s, const struct conf_key *k, void *object)
{
	return config_setting_is_array(s) || config_setting_is_list(s) ? each_item(f, s, k, object)
	                                                               : wrong_type(f, s, k);
}

static int read_group(struct conf_file *f, const config_setting_t *s, const struct conf_key *k, void *object)
{
	return config_setting_is_group(s) ? each_item(f, s, k, object) : wrong_type(f, s, k);
}

static int read_table(struct conf_file *f, const config_setting_t *s, const struct conf_key *k, void *object)
{
	const struct conf_table *t = k->table;

	return config_setting_is_group(s)
	               ? conf_table_read(f, s, t->what, t->keys, t->count, (char *)object + k->offset)
	               : wrong_type(f, s, k);
}

static int (*const readers[])(struct conf_file *, const config_setting_t *, const struct conf_key *, void *) = {
	[CONF_INT] = read_int,
	[CONF_FLOAT] = read_float,
	[CONF_BOOL] = read_bool,
	[CONF_STRING] = read_string,
	[CONF_CHAR] = read_char,
	[CONF_ENUM] = read_enum,
	[CONF_LIST] = read_list,
	[CONF_NUMBERS] = read_numbers,
	[CONF_ARRAY] = read_array,
	[CONF_GROUP] = read_group,
	[CONF_TABLE] = read_table,
};

/* ---- keys ---- */

static const struct conf_key *find_key(const struct conf_key *table, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(table[i].name, name))
			return &table[i];
	return NULL;
}

static const char *nearest(const struct conf_key *table, size_t n, const char *name)
{
	struct conf_near near = { .name = name };

	for (size_t i = 0; i < n; i++)
		conf_near_try(&near, table[i].name);
	return near.best;
}

/* Whole names, as far as there is room; not those of demonstrations and tests. */
static const char *list_keys(const struct conf_key *table, size_t n, char *to, size_t size)
{
	static const char more[] = ", ...";
	size_t used = 0;

	to[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		if (table[i].flags & CONF_BELOW_ROOT)
			continue;
		if (used + strlen(table[i].name) + 2 + sizeof(more) > size) {
			hj_text_copy(to + used, size - used, more);
			break;
		}
		used += (size_t)snprintf(to + used, size - used, "%s%s", used ? ", " : "", table[i].name);
	}
	return to;
}

static void unknown_key(
        struct conf_file *f, const config_setting_t *s, const char *what, const struct conf_key *table, size_t n)
{
	const char *name = config_setting_name(s), *near = nearest(table, n, name);
	struct hj_conf_error *e = conf_error(f, s, _("%s: this %s has no such key"), name, _(what));
	char keys[220];

	if (near)
		conf_remedy(e, _("did you mean %s?"), near);
	else
		conf_remedy(e, _("remove it; known are %s"), list_keys(table, n, keys, sizeof(keys)));
}

/* libconfig keeps a word with each setting: that something in it has been told. */
bool conf_told(const config_setting_t *group, const char *key)
{
	const config_setting_t *s = config_setting_get_member(group, key);

	return s && config_setting_get_hook(s);
}

static int read_key(struct conf_file *f, config_setting_t *s, const struct conf_key *k, void *object)
{
	size_t before = conf_error_total(f->errors);
	struct hj_conf_error *e;
	int r;

	if ((k->flags & CONF_BELOW_ROOT) && !f->below_root) {
		e = conf_error(f, s, _("%s counts only below --root, for demonstrations and tests"), k->name);
		conf_remedy(e, _("remove it"));
		return 0;
	}
	r = readers[k->kind](f, s, k, object);
	if (conf_error_total(f->errors) > before)
		config_setting_set_hook(s, f);
	return r;
}

static void missing_key(
        struct conf_file *f, const config_setting_t *group, const char *what, const struct conf_key *k)
{
	const config_setting_t *at = config_setting_is_root(group) ? NULL : group;

	remedy(f, conf_error(f, at, _("%s is missing in this %s"), k->name, _(what)), k);
}

static void check_known(
        struct conf_file *f, const config_setting_t *group, const char *what, const struct conf_key *table, size_t n)
{
	int count = config_setting_length(group);

	for (int i = 0; i < count; i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
		const char *name = config_setting_name(s);

		if (!find_key(table, n, name) && !(config_setting_is_root(group) && !strcmp(name, "format")))
			unknown_key(f, s, what, table, n);
	}
}

int conf_table_overlay(struct conf_file *f, const config_setting_t *group, const char *what,
        const struct conf_key *table, size_t n, void *object)
{
	check_known(f, group, what, table, n);
	for (size_t i = 0; i < n; i++) {
		config_setting_t *s = config_setting_get_member(group, table[i].name);
		int r = s ? read_key(f, s, &table[i], object) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* In the order of the table, so that a later row may build on an earlier one wherever they stand in the file. */
int conf_table_read(struct conf_file *f, const config_setting_t *group, const char *what,
        const struct conf_key *table, size_t n, void *object)
{
	check_known(f, group, what, table, n);
	for (size_t i = 0; i < n; i++) {
		config_setting_t *s = config_setting_get_member(group, table[i].name);
		int r;

		preset(&table[i], object);
		r = s ? read_key(f, s, &table[i], object) : 0;
		if (r < 0)
			return r;
		if (!s && (table[i].flags & CONF_REQUIRED))
			missing_key(f, group, what, &table[i]);
	}
	return 0;
}
