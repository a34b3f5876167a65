/* `hjgate bus find`: the installer types what the meter's display shows, and learns which registers say it. A span of
 * addresses is read in blocks; what the meter refuses is asked by halves, so that one register that does not exist
 * hides no other. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "hjgate/meter_find.h"
#include "tables.h"

#define SPAN_LAST    200  /* 0 to this, as without --near */
#define SPAN_MOST    4000 /* registers of one table */
#define AROUND_LESS  8    /* read around --address */
#define AROUND_MORE  40
#define BLOCK        50 /* registers at once: more than this some meters refuse */
#define SINGLE_BELOW 4  /* registers that are refused together are asked one by one */
#define SILENT_MOST  2  /* blocks in a row without any answer: it is not there */
#define SHOWN        5  /* candidates of a value */
#define TABLES       2
#define BLOCKS_MOST  (TABLES * SPAN_MOST / 2)

struct registers {
	enum hj_table table;
	uint32_t first, count;
	uint8_t *data; /* 2 * count */
	bool *known;
};

struct find {
	struct cli *cli;
	struct bus_wire wire;
	uint8_t unit;
	struct hj_find wish;
	struct registers tables[TABLES];
	size_t table_count;
	struct cli_progress progress;
	size_t done, all, silent, answers;
};

static const struct writer_column columns[] = {
	{ "value", N_("VALUE"), true },
	{ "shows", N_("REGISTER SAYS"), true },
	{ "table", N_("TABLE"), false },
	{ "address", N_("ADDRESS"), true },
	{ "type", N_("TYPE"), false },
	{ "order", N_("ORDER"), false },
	{ "scale", N_("SCALE"), true },
	{ "ratio", N_("RATIO"), false },
	{ "cost", NULL, true },
	{ "may_grow", NULL, false },
};

static const char *const ratios[HJ_FIND_RATIOS] = { "none", "ct", "pt", "ptct" };

/* ---- reading ---- */

static int read_some(struct find *f, struct registers *t, uint32_t at, uint32_t n)
{
	const struct hj_question q = {
		.unit_id = f->unit, .table = t->table, .address = t->first + at, .count = (uint16_t)n
	};
	struct bus_reply a;
	uint32_t piece;
	int r;

	cli_progress(&f->progress, f->done, f->all, _("reading %s %u"), hj_table_name(t->table), q.address);
	r = bus_wire_ask_surely(&f->wire, &q, f->wire.options->timeout, &a);
	if (r)
		return r;
	f->silent = a.result == BUS_SILENT ? f->silent + 1 : 0;
	f->answers += a.result == BUS_OK || a.result == BUS_EXCEPTION;
	if (a.result == BUS_OK && a.length == (size_t)2 * n) {
		memcpy(t->data + (size_t)2 * at, a.data, a.length);
		memset(t->known + at, true, n);
	}
	if (a.result != BUS_EXCEPTION || n == 1) {
		f->done += n;
		return 0;
	}
	if (a.exception == 1) /* it has no such table: no address of it will do */
		return -ENOENT;
	piece = n <= SINGLE_BELOW ? 1 : n / 2;
	for (uint32_t done = 0; done < n && !r; done += piece)
		r = read_some(f, t, at + done, hj_min(piece, n - done));
	return r;
}

/* Each table anew: a meter without the one may be silent to it, and answer to the other. */
static int read_table(struct find *f, struct registers *t)
{
	size_t end = f->done + t->count;
	int r = 0;

	f->silent = 0;
	for (uint32_t at = 0; at < t->count && !r && f->silent < SILENT_MOST; at += BLOCK)
		r = read_some(f, t, at, hj_min(t->count - at, (uint32_t)BLOCK));
	f->done = end;
	return r == -ENOENT ? 0 : r;
}

static size_t known_blocks(const struct find *f, struct hj_find_block *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < f->table_count; i++) {
		const struct registers *t = &f->tables[i];

		for (uint32_t at = 0; at < t->count; at++) {
			uint32_t first = at;

			while (at < t->count && t->known[at])
				at++;
			if (at > first)
				ret[n++] = (struct hj_find_block){ t->table, t->first + first, (uint16_t)(at - first),
					t->data + (size_t)2 * first };
		}
	}
	return n;
}

/* ---- showing ---- */

static const char *value_text(const struct find *f, const struct hj_found *c)
{
	return f->wire.options->values.words[c->value];
}

static void put_row(struct writer *w, const struct find *f, const struct hj_found *c, bool first)
{
	writer_cell(w, first ? STYLE_TITLE : STYLE_DIM, json_real(f->wish.values[c->value].value),
	        first ? value_text(f, c) : "");
	writer_cell_number(w, c->shows, -1);
	writer_cell_text(w, hj_table_name(c->table));
	writer_cell_int(w, c->address);
	writer_cell_text(w, hj_type_name(c->codec.type));
	writer_cell_text(w, hj_order_name(c->codec.order));
	writer_cell_number(w, c->codec.scale, -1);
	writer_cell_text(w, ratios[c->ratio]);
	writer_cell(w, STYLE_DIM, json_real(c->cost), NULL);
	writer_cell(w, STYLE_DIM, json_boolean(c->may_grow), NULL);
}

/* A point of the bus file, to be given a name. */
static void paste_text(const struct hj_found *c, char *to, size_t size)
{
	char scale[HJ_NUMBER_LEN], length[32] = "", ratio[32] = "";

	hj_number_format(c->codec.scale, -1, scale);
	if (c->codec.type == HJ_TYPE_BCD)
		snprintf(length, sizeof(length), " length = %d;", c->codec.length);
	if (c->ratio)
		snprintf(ratio, sizeof(ratio), " ratio = \"%s\";", ratios[c->ratio]);
	snprintf(to, size,
	        "{ name = \"...\"; table = \"%s\"; address = %u; type = \"%s\";%s order = \"%s\"; scale = %s%s;%s }",
	        hj_table_name(c->table), c->address, hj_type_name(c->codec.type), length,
	        hj_order_name(c->codec.order), scale, strchr(scale, '.') ? "" : ".0", ratio);
}

static void put_pastes(struct writer *w, const struct find *f, const struct hj_found *found, size_t n)
{
	static const struct writer_column paste_columns[] = { { "value", NULL, true }, { "point", NULL, false } };
	char text[256];

	writer_say(w, STYLE_TITLE, "%s", _("For the points of the bus's file, with a name of your own:"));
	writer_table(w, "paste", paste_columns, hj_array_size(paste_columns));
	for (size_t i = 0; i < n; i++) {
		if (i && found[i].value == found[i - 1].value)
			continue;
		paste_text(&found[i], text, sizeof(text));
		writer_cell(w, STYLE_PLAIN, json_real(f->wish.values[found[i].value].value), NULL);
		writer_cell_text(w, text);
		writer_say(w, STYLE_PLAIN, "  %s", text);
		if (found[i].may_grow)
			writer_say(w, STYLE_WARN,
			        _("  a word of 0 lies beside it: if %s is a total, it is of 32 bits"),
			        value_text(f, &found[i]));
	}
	writer_table_end(w);
}

static size_t put_found(struct writer *w, const struct find *f, const struct hj_found *found, size_t n)
{
	bool has[HJ_FIND_VALUES_MAX] = { 0 };
	size_t rank = 0, missing = 0;

	writer_table(w, "candidates", columns, hj_array_size(columns));
	for (size_t i = 0; i < n; i++) {
		rank = i && found[i].value == found[i - 1].value ? rank + 1 : 0;
		has[found[i].value] = true;
		if (rank < SHOWN)
			put_row(w, f, &found[i], rank == 0);
	}
	writer_table_end(w);
	for (size_t v = 0; v < f->wish.count; v++) {
		missing += !has[v];
		if (!has[v])
			writer_say(w, STYLE_WARN, _("%s is nowhere: try other addresses (--near), or --ct and --pt"),
			        f->wire.options->values.words[v]);
	}
	return missing;
}

static int conclude(struct find *f)
{
	struct hj_found *found = calloc(HJ_FIND_VALUES_MAX * HJ_FIND_KEPT, sizeof(*found));
	struct hj_find_block *blocks = calloc(BLOCKS_MOST, sizeof(*blocks));
	struct writer *w = bus_writer(f->cli);
	size_t n = 0, count, missing;

	for (size_t i = 0; i < f->table_count; i++)
		for (uint32_t at = 0; at < f->tables[i].count; at++)
			n += f->tables[i].known[at];
	writer_field(w, "registers", NULL, STYLE_PLAIN, json_integer((json_int_t)n), NULL);
	count = found && blocks ? hj_find(&f->wish, blocks, known_blocks(f, blocks), found) : 0;
	missing = put_found(w, f, found, count);
	if (count)
		put_pastes(w, f, found, count);
	writer_say(w, STYLE_DIM, ngettext("%zu register was read", "%zu registers were read", n), n);
	writer_free(w);
	free(blocks);
	free(found);
	return missing ? HJ_EXIT_REFUSED : HJ_EXIT_OK;
}

/* ---- what is wanted ---- */

static int read_ratio(const struct cli *cli, const char *option, const char *text, double *ret)
{
	*ret = 1;
	if (text && (hj_number_parse(text, strlen(text), ret) < 0 || *ret <= 0))
		return cli_usage(cli, _("%s takes a ratio like 40, not \"%s\""), option, text);
	return 0;
}

static int read_values(const struct cli *cli, const struct bus_options *o, struct hj_find *ret)
{
	int r = read_ratio(cli, "--ct", o->ct, &ret->ct);

	r = r ? r : read_ratio(cli, "--pt", o->pt, &ret->pt);
	if (!r && !o->values.count)
		r = cli_usage(cli, "%s", _("find needs what the display shows: --value 231.4"));
	for (size_t i = 0; i < o->values.count && !r; i++) {
		if (hj_find_value_parse(o->values.words[i], &ret->values[i]) < 0)
			r = cli_usage(cli, _("--value takes a number as the display shows it, not \"%s\""),
			        o->values.words[i]);
		else if (ret->values[i].value == 0)
			r = cli_usage(cli, "%s", _("everything shows 0: choose a value that is not 0"));
	}
	ret->count = o->values.count;
	return r;
}

static int read_span(const struct cli *cli, const struct bus_options *o, struct find *f, uint32_t *first,
        uint32_t *last, enum hj_table *table)
{
	uint32_t address = 0;

	*first = 0;
	*last = SPAN_LAST;
	if (o->address && hj_find_manual(o->address, table, &address) < 0)
		return cli_usage(cli, _("--address takes a number like 12, 40013 or 0x000C, not \"%s\""), o->address);
	if (o->address) {
		f->wish.has_address = true;
		f->wish.address = address;
		*first = address > AROUND_LESS ? address - AROUND_LESS : 0;
		*last = hj_min(address + AROUND_MORE, (uint32_t)UINT16_MAX);
	}
	if (o->near && bus_span(cli, o->near, first, last))
		return HJ_EXIT_USAGE;
	if (*last - *first >= SPAN_MOST)
		return cli_usage(cli, _("%d addresses at most are read at once"), SPAN_MOST);
	return o->table ? bus_table(cli, o->table, table) : 0;
}

static int make_tables(struct find *f, enum hj_table only, uint32_t first, uint32_t last)
{
	static const enum hj_table both[TABLES] = { HJ_TABLE_HOLDING, HJ_TABLE_INPUT };

	if (only == HJ_TABLE_COIL || only == HJ_TABLE_DISCRETE)
		return cli_usage(f->cli, "%s", _("find looks for numbers: --table holding or input"));
	for (size_t i = 0; i < TABLES; i++) {
		struct registers *t = &f->tables[f->table_count];

		if (only && only != both[i])
			continue;
		*t = (struct registers){ .table = both[i], .first = first, .count = last - first + 1 };
		t->data = calloc(t->count, 2);
		t->known = calloc(t->count, sizeof(bool));
		if (!t->data || !t->known)
			return cli_refused(f->cli, "%s", _("out of memory"));
		f->all += t->count;
		f->table_count++;
	}
	return 0;
}

static int find(struct find *f, const char *target)
{
	int r = bus_wire_open(f->cli, f->wire.options, target, &f->wire);

	if (r)
		return r;
	cli_progress_begin(f->cli, &f->progress);
	for (size_t i = 0; i < f->table_count && !r; i++)
		r = read_table(f, &f->tables[i]);
	cli_progress_end(&f->progress);
	if (!r && !f->answers) {
		r = cli_refused(f->cli, _("unit %u does not answer"), f->unit);
		fprintf(stderr, _("Who is there: hjgate bus scan %s; what is wrong: hjgate bus doctor %s\n"), target,
		        target);
	}
	r = r ? r : conclude(f);
	bus_wire_close(&f->wire);
	return r;
}

int bus_find(struct cli *cli, const struct bus_options *o, int argc, char **argv)
{
	struct find f = { .cli = cli, .wire.options = o };
	enum hj_table table = (enum hj_table)0;
	uint32_t first, last;
	int r;

	if (argc != 2)
		return cli_usage(cli, "%s", _("find needs words: TARGET UNIT --value NUMBER"));
	r = bus_unit(cli, argv[1], &f.unit);
	r = r ? r : read_values(cli, o, &f.wish);
	r = r ? r : read_span(cli, o, &f, &first, &last, &table);
	r = r ? r : make_tables(&f, table, first, last);
	r = r ? r : find(&f, argv[0]);
	for (size_t i = 0; i < TABLES; i++) {
		free(f.tables[i].data);
		free(f.tables[i].known);
	}
	return r;
}
