/* `hjgate points`: the point-to-data sheet, each configured point with where it is read and what it says. The
 * configuration gives the sheet, the store's live stream the values: where the store is away the sheet is printed
 * without them, and that is said. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "csv.h"
#include "hjgate/conf.h"
#include "newest.h"
#include "tables.h"
#include "timespec.h"
#include "writer.h"

struct points {
	bool csv;
	int64_t now_ms;
	struct hj_conf conf;
	struct cli_newest newest;
	json_t *texts; /* by the point's name */
	size_t errors; /* of the configuration */
};

const struct cli_option cli_points_options[] = {
	{ "--csv", 0, CLI_FLAG, NULL, N_("print comma separated values"), offsetof(struct points, csv) },
	{ 0 },
};

static const struct writer_column columns[] = {
	{ "equipment", N_("EQUIPMENT"), false },
	{ "factor", N_("FACTOR"), false },
	{ "module", N_("MODULE"), false },
	{ "bus", N_("BUS"), false },
	{ "point", N_("POINT"), false },
	{ "unit_id", N_("UNIT ID"), true }, /* the station's digits where it is one */
	{ "station", NULL, true },
	{ "register", N_("REGISTER"), false },
	{ "scale", NULL, true },
	{ "ratio", N_("RATIO"), true },
	{ "offset", NULL, true },
	{ "value", N_("VALUE"), true },
	{ "unit", N_("UNIT OF VALUE"), false },
	{ "total", NULL, false },
	{ "interval_ms", NULL, true },
	{ "time", NULL, false },
	{ "age_ms", N_("AGE"), true },
	{ "flag", N_("FLAG"), false },
};

static void register_cell(struct writer *w, const struct hj_conf_point *p)
{
	bool wide = hj_codec_bytes(&p->codec) > 2;
	char text[64];

	snprintf(text, sizeof(text), p->table == HJ_TABLE_DATA ? "%s 0x%08X %s%s%s" : "%s %u %s%s%s",
	        hj_table_name(p->table), p->address, hj_type_name(p->codec.type), wide ? " " : "",
	        wide ? hj_order_name(p->codec.order) : "");
	writer_cell_text(w, text);
}

static void row(const struct points *p, struct writer *w, const struct hj_conf_bus *bus,
        const struct hj_conf_meter *meter, const struct hj_conf_point *point)
{
	const struct cli_value *v = cli_newest_find(&p->newest, point->point.name);
	const char module[2] = { point->module, '\0' };
	char number[24];

	snprintf(number, sizeof(number), "%lld", (long long)meter->unit_id);
	writer_cell_text(w, point->equipment[0] ? point->equipment : meter->equipment);
	writer_cell_text(w, point->point.factor);
	writer_cell_text(w, module[0] ? module : NULL);
	writer_cell_text(w, bus->name);
	writer_cell_text(w, point->point.name);
	writer_cell(w, STYLE_PLAIN, json_integer(meter->unit_id), meter->station[0] ? meter->station : number);
	writer_cell_text(w, meter->station[0] ? meter->station : NULL);
	register_cell(w, point);
	writer_cell_number(w, point->scale, -1);
	writer_cell_number(w, point->ratio, -1);
	writer_cell_number(w, point->codec.offset, -1);
	if (point->codec.type == HJ_TYPE_TEXT)
		writer_cell_text(w, cli_string(p->texts, point->point.name));
	else
		writer_cell_number(w, v ? v->value : NAN, point->decimals);
	writer_cell_text(w, point->point.unit);
	writer_cell(w, STYLE_PLAIN, json_boolean(point->point.total), NULL);
	writer_cell_int(w, point->point.interval_ms);
	writer_cell_time(w, v ? v->time_ms : 0);
	cli_age_cell(w, v ? v->time_ms : 0, p->now_ms);
	cli_flag_cell(w, v ? v->flag : 0);
}

static void show(const struct points *p, struct writer *w)
{
	writer_table(w, "points", columns, hj_array_size(columns));
	for (size_t b = 0; b < p->conf.bus_count; b++)
		for (size_t m = 0; m < p->conf.buses[b].meter_count; m++) {
			const struct hj_conf_meter *meter = &p->conf.buses[b].meters[m];

			for (size_t i = 0; i < meter->point_count; i++)
				row(p, w, &p->conf.buses[b], meter, &meter->points[i]);
		}
	writer_table_end(w);
}

static int take_first(json_t *answer, bool continues, void *userdata)
{
	return cli_newest_take(userdata, answer);
}

static bool has_texts(const struct hj_conf_bus *bus)
{
	for (size_t m = 0; m < bus->meter_count; m++)
		for (size_t i = 0; i < bus->meters[m].point_count; i++)
			if (bus->meters[m].points[i].codec.type == HJ_TYPE_TEXT)
				return true;
	return false;
}

/* The store has no texts: the bus's own program does. Where that is away they are missing, as values are. */
static void load_texts(const struct cli *cli, struct points *p, const struct hj_conf_bus *bus)
{
	_cleanup_json_ json_t *status = NULL;
	char socket[HJ_NAME_MAX + sizeof("meterd@.look")];
	json_t *meter, *item;
	size_t i, k;

	snprintf(socket, sizeof(socket), "meterd@%s.look", bus->name);
	if (cli_ask_quiet(cli->root, socket, "hjgate.Meter.Status", NULL, CLI_ANSWER_MS, &status, NULL) < 0)
		return;
	json_array_foreach(json_object_get(status, "meters"), i, meter)
	{
		json_array_foreach(json_object_get(meter, "texts"), k, item)
		{
			if (cli_string(item, "point"))
				json_object_set_new(p->texts, cli_string(item, "point"), cli_member(item, "text"));
		}
	}
}

/* Problems are told on standard error: the sheet on standard output stays a sheet. */
static void load(const struct cli *cli, struct points *p)
{
	_cleanup_json_ json_t *reply = NULL;
	struct hj_conf_errors errors = { 0 };
	int r;

	hj_conf_load_all(cli->root, &p->conf, &errors);
	p->errors = errors.count + errors.more;
	if (p->errors)
		cli_refused(cli,
		        ngettext("the configuration has %zu error (hjgate check), its points are missing here",
		                "the configuration has %zu errors (hjgate check), their points are missing here",
		                p->errors),
		        p->errors);
	hj_conf_errors_done(&errors);
	p->texts = json_object();
	for (size_t i = 0; i < p->conf.bus_count; i++)
		if (has_texts(&p->conf.buses[i]))
			load_texts(cli, p, &p->conf.buses[i]);
	r = cli_stream_quiet(
	        cli->root, "stored.look", "hjgate.Store.Watch", NULL, CLI_ANSWER_MS, take_first, &p->newest, &reply);
	if (r < 0) {
		cli_ask_failed(cli, "stored.look", r, reply);
		fprintf(stderr, "%s\n", _("The sheet is printed without values."));
	}
}

static int run(struct cli *cli, struct points *p, int argc, char **argv)
{
	enum writer_form form;
	struct writer *w;
	int r = cli_options(cli, cli_points_options, p, &argc, argv);

	if (r)
		return r;
	if (argc > 1)
		return cli_usage(cli, _("\"%s\" is too much"), argv[1]);
	if (p->csv && cli->json)
		return cli_usage(cli, "%s", _("--csv or --json: one of the two"));
	p->now_ms = cli_wall_ms();
	load(cli, p);
	form = p->csv ? WRITER_CSV : cli->json ? WRITER_JSON : WRITER_TEXT;
	if (p->csv)
		fputs(CSV_BOM, stdout);
	w = writer_stdout(form);
	if (p->conf.bus_count == 0 && !p->errors)
		writer_say(w, STYLE_WARN, "%s", _("no bus is configured yet: hjgate status says what to do"));
	show(p, w);
	writer_free(w);
	return HJ_EXIT_OK;
}

int cli_points(struct cli *cli, int argc, char **argv)
{
	struct points *p = calloc(1, sizeof(*p));
	int r = p ? run(cli, p, argc, argv) : HJ_EXIT_TEMPORARY;

	if (p) {
		hj_conf_done(&p->conf);
		cli_newest_done(&p->newest);
		json_decref(p->texts);
	}
	free(p);
	return r;
}
