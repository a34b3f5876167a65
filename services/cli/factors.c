/* `hjgate factors`: what a code means, its unit and type, and which points of this site are sent under it to whom. By
 * a code, by a Chinese or English word, or by a unit; the tables are factors.conf and factors.d. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "hjgate/conf.h"
#include "instances.h"
#include "writer.h"

#define USED_TEXT_MAX 160 /* bytes of the users of a row in the list; one code alone shows all of them */

struct factors {
	bool used;
	struct hj_conf conf;
	struct hj_conf_factors table;
	struct factor_use *uses;
	size_t use_count;
};

/* One point that is sent to one platform. */
struct factor_use {
	struct hj_conf_sent sent;
	const struct hj_factor *row; /* NULL: no table has it */
	const char *uplink, *mn;
};

const struct cli_option cli_factors_options[] = {
	{ "--used", 0, CLI_FLAG, NULL, N_("only what this site uses"), offsetof(struct factors, used) },
	{ 0 },
};

/* ---- who uses them ---- */

static int take_uplink(struct factors *f, const struct hj_conf_uplink *u)
{
	_cleanup_free_ struct hj_conf_sent *sent = NULL;
	struct factor_use *uses;
	size_t n;
	int r = hj_conf_uplink_sent(&f->conf, u, &sent, &n);

	if (r < 0)
		return r;
	uses = reallocarray(f->uses, f->use_count + n + 1, sizeof(*uses));
	if (!uses)
		return -ENOMEM;
	f->uses = uses;
	for (size_t i = 0; i < n; i++)
		uses[f->use_count++] = (struct factor_use){ sent[i], hj_factor_find(&f->table.table, sent[i].factor),
			u->name, u->mn };
	return 0;
}

static bool is_used(const struct factors *f, const struct hj_factor *row)
{
	for (size_t i = 0; i < f->use_count; i++)
		if (f->uses[i].row == row)
			return true;
	return false;
}

static bool is_first(const struct factors *f, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (f->uses[k].row == f->uses[i].row && f->uses[k].sent.configured == f->uses[i].sent.configured)
			return false;
	return true;
}

/* "oven.current, fan.current": the same point at several platforms once. */
static void users_text(const struct factors *f, const struct hj_factor *row, char *to, size_t size)
{
	size_t n = 0;

	to[0] = '\0';
	for (size_t i = 0; i < f->use_count && n < size; i++) {
		const struct factor_use *u = &f->uses[i];

		if (u->row == row && is_first(f, i))
			n += (size_t)snprintf(
			        to + n, size - n, "%s%s", n ? ", " : "", u->sent.configured->point.name);
	}
	if (n >= size)
		memcpy(to + size - 4, "...", 4);
}

static json_t *users_json(const struct factors *f, const struct hj_factor *row)
{
	json_t *all = json_array();

	for (size_t i = 0; i < f->use_count; i++)
		if (f->uses[i].row == row)
			json_array_append_new(
			        all, json_pack("{s:s, s:s, s:s}", "point", f->uses[i].sent.configured->point.name,
			                     "factor", f->uses[i].sent.factor, "uplink", f->uses[i].uplink));
	return all;
}

/* ---- showing ---- */

static const struct writer_column columns[] = {
	{ "code", N_("CODE"), false },
	{ "zh", N_("CHINESE NAME"), false },
	{ "en", N_("ENGLISH NAME"), false },
	{ "unit", N_("UNIT OF VALUE"), false },
	{ "type", N_("TYPE"), false },
	{ "kind", N_("KIND"), false },
	{ "old", N_("2005"), false },
	{ "note", NULL, false },
	{ "used", N_("USED BY"), false },
};
static const struct writer_column use_columns[] = {
	{ "point", N_("POINT"), false },
	{ "factor", N_("FACTOR"), false },
	{ "uplink", N_("UPLINK"), false },
	{ "mn", N_("MN"), false },
	{ "unit", N_("UNIT OF VALUE"), false },
};

static void put_use(struct writer *w, const struct factor_use *u)
{
	writer_cell_text(w, u->sent.configured->point.name);
	writer_cell_text(w, u->sent.factor);
	writer_cell_text(w, u->uplink);
	writer_cell_text(w, u->mn);
	writer_cell_text(w, u->sent.configured->point.unit);
}

static const char *kind_of(const struct hj_factor *row)
{
	if (row->layered)
		return N_("letters");
	if (row->type.letter == HJ_FACTOR_TEXT)
		return N_("text");
	if (row->type.letter == HJ_FACTOR_TIME)
		return N_("time");
	return row->state ? N_("state") : N_("analogue");
}

static void show_row(struct writer *w, const struct factors *f, const struct hj_factor *row)
{
	char type[HJ_FACTOR_TYPE_LEN], users[USED_TEXT_MAX];

	hj_factor_type_format(&row->type, type);
	users_text(f, row, users, sizeof(users));
	writer_cell_text(w, row->code);
	writer_cell_text(w, row->zh);
	writer_cell_text(w, row->en);
	writer_cell_text(w, row->unit[0] ? row->unit : NULL);
	writer_cell_text(w, type[0] ? type : NULL);
	writer_cell(w, STYLE_PLAIN, json_string(kind_of(row)), _(kind_of(row)));
	writer_cell_text(w, row->old[0] ? row->old : NULL);
	writer_cell_text(w, row->note[0] ? row->note : NULL);
	writer_cell(w, STYLE_PLAIN, users_json(f, row), users[0] ? users : "-");
}

static size_t count_rows(const struct factors *f, const char *word)
{
	size_t n = 0;

	for (size_t i = 0; i < f->table.table.count; i++) {
		const struct hj_factor *row = &f->table.table.list[i];

		n += hj_factor_has(row, word) && (!f->used || is_used(f, row));
	}
	return n;
}

static void show_rows(struct writer *w, const struct factors *f, const char *word)
{
	writer_table(w, "factors", columns, hj_array_size(columns));
	writer_table_hold(w, f->table.table.count);
	for (size_t i = 0; i < f->table.table.count; i++) {
		const struct hj_factor *row = &f->table.table.list[i];

		if (hj_factor_has(row, word) && (!f->used || is_used(f, row)))
			show_row(w, f, row);
	}
	writer_table_end(w);
}

/* What this site sends that no table has. */
static void show_unknown(struct writer *w, const struct factors *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->use_count; i++)
		n += !f->uses[i].row;
	if (!n)
		return;
	writer_say(w, STYLE_WARN, "%s", _("These are in no table (a file of factors.d may say what they are):"));
	writer_table(w, "unknown", use_columns, hj_array_size(use_columns));
	for (size_t i = 0; i < f->use_count; i++)
		if (!f->uses[i].row)
			put_use(w, &f->uses[i]);
	writer_table_end(w);
}

/* ---- one code ---- */

static void text_field(struct writer *w, const char *key, const char *label, const char *text)
{
	writer_field(w, key, label, STYLE_PLAIN, text[0] ? writer_text(text) : json_null(), text[0] ? NULL : "-");
}

static void type_field(struct writer *w, const struct hj_factor_type *t)
{
	char type[HJ_FACTOR_TYPE_LEN], text[128];

	hj_factor_type_format(t, type);
	if (t->letter == HJ_FACTOR_NUMBER)
		snprintf(text, sizeof(text), _("%s: %u digits before the point, %u behind it"), type, t->whole,
		        t->fraction);
	else if (t->letter == HJ_FACTOR_TEXT)
		snprintf(text, sizeof(text), _("%s: a text of at most %u bytes"), type, t->whole);
	else if (t->letter == HJ_FACTOR_TIME)
		snprintf(text, sizeof(text), _("%s: a time YYYYMMDDhhmmss"), type);
	else
		snprintf(text, sizeof(text), "-");
	writer_field(w, "type", _("type"), STYLE_PLAIN, type[0] ? json_string(type) : json_null(), text);
	writer_field(w, "decimals", NULL, STYLE_PLAIN,
	        t->letter == HJ_FACTOR_NUMBER ? json_integer(t->fraction) : json_null(), NULL);
}

static void show_users(struct writer *w, const struct factors *f, const char *code)
{
	writer_table(w, "used", use_columns, hj_array_size(use_columns));
	for (size_t i = 0; i < f->use_count; i++)
		if (!strcmp(f->uses[i].sent.factor, code))
			put_use(w, &f->uses[i]);
	writer_table_end(w);
}

static void show_one(struct writer *w, const struct factors *f, const char *code, const struct hj_factor *row)
{
	char where[HJ_PATH_MAX + 16];

	snprintf(where, sizeof(where), "%s:%d", row->file, row->line);
	text_field(w, "code", _("code"), code);
	text_field(w, "row", _("row"), row->code);
	text_field(w, "zh", _("Chinese name"), row->zh);
	text_field(w, "en", _("English name"), row->en);
	text_field(w, "unit", _("unit"), row->unit);
	type_field(w, &row->type);
	writer_field(w, "kind", _("kind"), STYLE_PLAIN, json_string(kind_of(row)), _(kind_of(row)));
	text_field(w, "old", _("in 2005"), row->old);
	text_field(w, "note", _("note"), row->note);
	text_field(w, "where", _("declared in"), where);
	show_users(w, f, code);
}

/* ---- the command ---- */

static const char *what_is_wrong(const struct hj_factors *t, const char *word)
{
	const struct hj_factor *near;

	switch (hj_factor_judge(t, word, &near)) {
	case HJ_FACTOR_NO_DEVICE:
		return N_("the number of the device is missing in it");
	case HJ_FACTOR_NO_ITEM:
		return N_("it has the form of a code of HJ 212-2017, but is none");
	case HJ_FACTOR_GUIDELINE:
		return N_("it has the form of the guideline's codes, whose tables are not configured");
	case HJ_FACTOR_NO_LETTERS:
		return N_("it has the form of the guideline's codes, but nothing measured is declared with its "
		          "letters");
	default:
		return N_("no code, name or unit is like that");
	}
}

static int show(const struct cli *cli, const struct factors *f, const char *word)
{
	_cleanup_(writer_freep) struct writer *w = NULL;
	const struct hj_factor *row = word[0] ? hj_factor_find(&f->table.table, word) : NULL;

	if (!row && !count_rows(f, word) && word[0])
		return cli_refused(cli, "%s: %s", word, _(what_is_wrong(&f->table.table, word)));
	w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	if (row) {
		show_one(w, f, word, row);
		return HJ_EXIT_OK;
	}
	if (!f->table.table.count)
		writer_say(w, STYLE_WARN, "%s", _("there is no factors.conf here"));
	show_rows(w, f, word);
	if (!word[0])
		show_unknown(w, f);
	return HJ_EXIT_OK;
}

/* What is wrong goes to standard error; the rest is shown all the same. */
static int load(const struct cli *cli, struct factors *f)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 }, of_others = { 0 };
	int r = hj_conf_load_factors(cli->root, &f->table, &errors);

	cli_conf_errors(cli, &errors);
	if (r != -ENOMEM)
		r = hj_conf_load_all(cli->root, &f->conf, &of_others);
	for (size_t i = 0; i < f->conf.uplink_count && r != -ENOMEM; i++)
		r = take_uplink(f, &f->conf.uplinks[i]);
	return r == -ENOMEM ? HJ_EXIT_TEMPORARY : errors.count ? HJ_EXIT_REFUSED : HJ_EXIT_OK;
}

int cli_factors(struct cli *cli, int argc, char **argv)
{
	struct factors f = { .used = false };
	int r = cli_options(cli, cli_factors_options, &f, &argc, argv), shown;

	if (r)
		return r;
	if (argc > 2)
		return cli_usage(cli, _("\"%s\" is too much"), argv[2]);
	r = load(cli, &f);
	shown = r == HJ_EXIT_TEMPORARY ? cli_refused(cli, _("out of memory"))
	                               : show(cli, &f, argc == 2 ? argv[1] : "");
	free(f.uses);
	hj_conf_factors_done(&f.table);
	hj_conf_done(&f.conf);
	return r ? r : shown;
}
