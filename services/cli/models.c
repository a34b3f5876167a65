/* `hjgate models`: the register maps that a meter of buses.d may name, all of them or one whole: what an installer
 * looks up before he writes the four lines of a meter. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/conf.h"
#include "instances.h"
#include "tables.h"
#include "writer.h"

static const struct writer_column model_columns[] = {
	{ "model", N_("MODEL"), false },
	{ "maker", N_("MAKER"), false },
	{ "name", N_("NAME"), false },
	{ "points", N_("POINTS"), true },
	{ "verified", N_("VERIFIED"), false },
	{ "about", N_("ABOUT"), false },
};

static const struct writer_column point_columns[] = {
	{ "point", N_("POINT"), false },
	{ "unit", N_("UNIT OF VALUE"), false },
	{ "table", N_("TABLE"), false },
	{ "address", N_("ADDRESS"), true },
	{ "type", N_("TYPE"), false },
	{ "order", N_("ORDER"), false },
	{ "scale", N_("SCALE"), true },
	{ "offset", NULL, true },
	{ "decimals", NULL, true },
	{ "ratio", N_("RATIO"), false },
	{ "total", N_("TOTAL"), false },
};

static void yes_cell(struct writer *w, bool yes)
{
	writer_cell(w, yes ? STYLE_PLAIN : STYLE_DIM, json_boolean(yes), yes ? _("yes") : "-");
}

/* ---- all ---- */

static void model_row(struct writer *w, const struct hj_conf_model *m)
{
	writer_cell_text(w, m->id);
	writer_cell_text(w, m->maker);
	writer_cell_text(w, m->name);
	writer_cell_int(w, (int64_t)m->point_count);
	yes_cell(w, m->verified);
	writer_cell_text(w, m->about);
}

/* What is wrong goes to standard error; the rest is listed all the same. */
static int list(const struct cli *cli)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
	_cleanup_(writer_freep) struct writer *w = NULL;
	struct hj_conf_model m;
	char **names;
	size_t n;
	int r = hj_conf_model_names(cli->root, &names, &n);

	if (r < 0)
		return cli_refused(cli, _("cannot read the models: %s"), strerror(-r));
	w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	if (!n)
		writer_say(w, STYLE_WARN, "%s", _("no models are installed here"));
	writer_table(w, "models", model_columns, hj_array_size(model_columns));
	for (size_t i = 0; i < n; i++) {
		if (hj_conf_load_model(cli->root, names[i], &m, &errors) < 0)
			continue;
		model_row(w, &m);
		hj_conf_model_done(&m);
	}
	writer_table_end(w);
	hj_conf_names_free(names, n);
	cli_conf_errors(cli, &errors);
	return errors.count ? HJ_EXIT_REFUSED : HJ_EXIT_OK;
}

/* ---- one ---- */

static void point_row(struct writer *w, const struct hj_conf_point *p)
{
	char text[32];

	snprintf(text, sizeof(text), p->table == HJ_TABLE_DATA ? "0x%08x" : "%u", p->address);
	writer_cell_text(w, p->point.name);
	writer_cell_text(w, p->point.unit);
	writer_cell_text(w, hj_table_name(p->table));
	writer_cell(w, STYLE_PLAIN, json_integer(p->address), text);
	writer_cell_text(w, hj_type_name(p->codec.type));
	writer_cell_text(w, hj_codec_bytes(&p->codec) > 1 ? hj_order_name(p->codec.order) : NULL);
	writer_cell_number(w, p->codec.scale, -1);
	writer_cell_number(w, p->codec.offset, -1);
	writer_cell(w, STYLE_PLAIN, p->decimals < 0 ? json_null() : json_integer(p->decimals), NULL);
	writer_cell_text(w, p->ratio_of ? hj_ratio_name(p->ratio_of) : NULL);
	yes_cell(w, p->point.total);
}

/* "9600 even, at most 60 registers a request" */
static void serial_field(struct writer *w, const struct hj_conf_model *m)
{
	const char *parity = m->parity == 'E' ? "even" : m->parity == 'O' ? "odd" : m->parity ? "none" : NULL;
	char text[64];

	snprintf(text, sizeof(text), "%lld %s", (long long)m->baud, parity ? parity : "");
	writer_field(w, "baud", NULL, STYLE_PLAIN, m->baud ? json_integer(m->baud) : json_null(), NULL);
	writer_field(w, "parity", NULL, STYLE_PLAIN, parity ? json_string(parity) : json_null(), NULL);
	if (m->baud)
		writer_field(w, NULL, _("as delivered"), STYLE_PLAIN, NULL, text);
	if (m->limits.max_registers)
		writer_field(w, "max_registers", _("registers a request"), STYLE_PLAIN,
		        json_integer(m->limits.max_registers), NULL);
}

/* One under another; for machines an array. */
static void texts_field(
        struct writer *w, const char *key, const char *label, const char (*list)[HJ_CONF_TEXT_MAX + 1], size_t n)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++) {
		json_array_append_new(all, writer_text(list[i]));
		writer_field(w, NULL, i ? "" : label, STYLE_PLAIN, NULL, list[i]);
	}
	writer_field(w, key, NULL, STYLE_PLAIN, all, NULL);
}

static void show_model(struct writer *w, const struct hj_conf_model *m)
{
	writer_field(w, "model", _("model"), STYLE_PLAIN, json_string(m->id), NULL);
	writer_field(w, "maker", _("maker"), STYLE_PLAIN, writer_text(m->maker), NULL);
	writer_field(w, "name", _("name"), STYLE_PLAIN, writer_text(m->name), NULL);
	writer_field(w, "about", _("about"), STYLE_PLAIN, writer_text(m->about), NULL);
	writer_field(w, "verified", _("verified"), m->verified ? STYLE_GOOD : STYLE_WARN, json_boolean(m->verified),
	        m->verified ? _("two public sources agree on every point")
	                    : _("no: compare each value with the meter's display"));
	texts_field(w, "sources", _("checked against"), m->sources, m->source_count);
	texts_field(w, "notes", _("to be known"), m->notes, m->note_count);
	serial_field(w, m);
	writer_field(w, "file", _("file"), STYLE_PLAIN, writer_text(m->file), NULL);
	writer_table(w, "points", point_columns, hj_array_size(point_columns));
	for (size_t i = 0; i < m->point_count; i++)
		point_row(w, &m->points[i]);
	writer_table_end(w);
}

static int one(const struct cli *cli, const char *name)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
	_cleanup_(writer_freep) struct writer *w = NULL;
	struct hj_conf_model m;
	int r = hj_conf_load_model(cli->root, name, &m, &errors);

	if (r == -ENOENT && errors.count) /* of no file: there is none */
		return cli_refused(cli, "%s: %s", errors.list[0].what, errors.list[0].remedy);
	if (r < 0) {
		cli_conf_errors(cli, &errors);
		return HJ_EXIT_REFUSED;
	}
	w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	show_model(w, &m);
	hj_conf_model_done(&m);
	return HJ_EXIT_OK;
}

int cli_models(struct cli *cli, int argc, char **argv)
{
	if (argc > 2)
		return cli_usage(cli, _("\"%s\" is too much"), argv[2]);
	return argc == 2 ? one(cli, argv[1]) : list(cli);
}
