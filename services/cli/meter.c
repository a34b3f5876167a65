/* `hjgate meter`: one bus and its meters, and one question asked by hand. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "bus.h"
#include "instances.h"
#include "meter.h"
#include "tables.h"
#include "writer.h"

#define ADDRESS_MOST 65535
#define COUNT_MOST   125 /* registers of one request */

const struct cli_option cli_meter_options[] = {
	{ "--old", 0, CLI_TEXT, N_("READING"), N_("with swap: what the old meter showed in the end"),
	        offsetof(struct meter_words, old) },
	{ "--new", 0, CLI_TEXT, N_("READING"), N_("with swap: what the new one showed at first"),
	        offsetof(struct meter_words, new) },
	{ 0 },
};

static const struct writer_column probe_columns[] = {
	{ "address", N_("ADDRESS"), true },
	{ "value", N_("VALUE"), true },
	{ "hexadecimal", N_("HEXADECIMAL"), true },
};

static const char *socket_of(const char *bus, const char *right, char to[METER_SOCKET])
{
	snprintf(to, METER_SOCKET, "meterd@%s.%s", bus, right);
	return to;
}

static struct writer *open_writer(const struct cli *cli)
{
	return writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
}

/* Of a bus that serves. */
static void show_traffic(struct writer *w, json_t *traffic)
{
	static const struct {
		const char *key, *label;
	} rows[] = {
		{ "writes", N_("writes taken") },
		{ "reads", N_("reads answered") },
		{ "refused", N_("requests refused") },
		{ "busy", N_("of these too many writes") },
		{ "unanswered", N_("answers that nobody got") },
		{ "foreign", N_("frames of others") },
		{ "broken", N_("broken frames") },
		{ "connections", N_("connections open") },
		{ "accepted", N_("connections in all") },
		{ "dropped", N_("connections dropped") },
		{ "published", N_("values published") },
		{ "valid", N_("of these there now") },
	};

	if (!json_is_object(traffic))
		return;
	writer_open(w, "traffic", _("What others wanted since the start"));
	for (size_t i = 0; i < hj_array_size(rows); i++)
		writer_field(w, rows[i].key, _(rows[i].label), STYLE_PLAIN,
		        json_integer(cli_int(traffic, rows[i].key)), NULL);
	writer_close(w);
}

static int show(struct cli *cli, const struct meter_words *m, int argc, char **argv)
{
	_cleanup_(writer_freep) struct writer *w = NULL;
	_cleanup_json_ json_t *answer = NULL;
	char socket[METER_SOCKET];
	int r = cli_ask(cli, socket_of(m->bus, "look", socket), "hjgate.Meter.Status", NULL, &answer);

	if (r)
		return r;
	w = open_writer(cli);
	cli_buses_begin(w);
	cli_buses_row(w, answer);
	writer_table_end(w);
	writer_say(w, STYLE_PLAIN, "%s", "");
	cli_meters_begin(w);
	cli_meters_rows(w, answer);
	writer_table_end(w);
	cli_refusals_begin(w);
	cli_refusals_rows(w, answer);
	writer_table_end(w);
	cli_texts_begin(w);
	cli_texts_rows(w, answer);
	writer_table_end(w);
	show_traffic(w, json_object_get(answer, "traffic"));
	return HJ_EXIT_OK;
}

static void show_values(const struct cli *cli, json_t *answer, uint64_t address)
{
	_cleanup_(writer_freep) struct writer *w = open_writer(cli);
	char text[32];
	json_t *value;
	size_t i;

	writer_field(w, "answer_ms", NULL, STYLE_PLAIN, cli_member(answer, "answer_ms"), NULL);
	writer_table(w, "values", probe_columns, hj_array_size(probe_columns));
	json_array_foreach(json_object_get(answer, "values"), i, value)
	{
		snprintf(text, sizeof(text), "%04llX", (unsigned long long)json_integer_value(value));
		writer_cell_int(w, (int64_t)(address + i));
		writer_cell(w, STYLE_PLAIN, json_incref(value), NULL);
		writer_cell_text(w, text);
	}
	writer_table_end(w);
	writer_say(w, STYLE_DIM, _("answered in %lld ms"), (long long)cli_int(answer, "answer_ms"));
}

/* An exception is an answer, too. */
static int probe_failed(const struct cli *cli, const char *socket, int r, json_t *reply, uint64_t unit,
        const char *table, uint64_t address)
{
	static const char word[] = "exception ";
	const char *text = cli_string(json_object_get(reply, "parameters"), "text");
	uint64_t exception;

	if (r != -EREMOTEIO || !text || strncmp(text, word, sizeof(word) - 1) != 0 ||
	        hj_uint_parse(text + sizeof(word) - 1, strlen(text + sizeof(word) - 1), UINT8_MAX, &exception) < 0)
		return cli_ask_failed(cli, socket, r, reply);
	return cli_refused(cli,
	        _("unit %u answers with exception %d, %s: it has no such register, or another "
	          "table (%s %u)"),
	        (unsigned)unit, (int)exception, bus_exception_name((int)exception), table, (unsigned)address);
}

/* UNIT TABLE ADDRESS COUNT */
static int probe(struct cli *cli, const struct meter_words *m, int argc, char **argv)
{
	static const char *const tables[] = { "coil", "discrete", "holding", "input", NULL };
	_cleanup_json_ json_t *answer = NULL;
	uint64_t address, count;
	char socket[METER_SOCKET];
	uint8_t unit;
	int r;

	if (argc != 4)
		return cli_usage(cli, "%s", _("probe needs four words: UNIT TABLE ADDRESS COUNT"));
	r = bus_unit(cli, argv[0], &unit);
	if (r)
		return r;
	if (strcmp(argv[1], "coil") && strcmp(argv[1], "discrete") && strcmp(argv[1], "holding") &&
	        strcmp(argv[1], "input"))
		return cli_unknown(cli, N_("table"), argv[1], tables);
	if (hj_uint_parse(argv[2], strlen(argv[2]), ADDRESS_MOST, &address) < 0)
		return cli_usage(cli, _("ADDRESS is a number from 0 to %d, as in the protocol, not \"%s\""),
		        ADDRESS_MOST, argv[2]);
	if (hj_uint_parse(argv[3], strlen(argv[3]), COUNT_MOST, &count) < 0 || count == 0)
		return cli_usage(cli, _("COUNT is a number from 1 to %d, not \"%s\""), COUNT_MOST, argv[3]);
	r = cli_ask_quiet(cli->root, socket_of(m->bus, "change", socket), "hjgate.Meter.Probe",
	        json_pack("{sI ss sI sI}", "unit_id", (json_int_t)unit, "table", argv[1], "address",
	                (json_int_t)address, "count", (json_int_t)count),
	        CLI_ANSWER_MS, &answer, NULL);
	if (r < 0)
		return probe_failed(cli, socket, r, answer, unit, argv[1], address);
	show_values(cli, answer, address);
	return HJ_EXIT_OK;
}

static const struct {
	const char *word;
	int (*fn)(struct cli *cli, const struct meter_words *m, int argc, char **argv);
} actions[] = { { "status", show }, { "probe", probe }, { "swap", cli_meter_swap } };

static int act(struct cli *cli, const struct meter_words *m, const char *word, int argc, char **argv)
{
	const char *words[hj_array_size(actions) + 1] = { 0 };

	for (size_t i = 0; i < hj_array_size(actions); i++) {
		if (!strcmp(actions[i].word, word))
			return actions[i].fn(cli, m, argc, argv);
		words[i] = actions[i].word;
	}
	return cli_unknown(cli, N_("word"), word, words);
}

/* Without a bus: all of them. */
static int list(struct cli *cli)
{
	_cleanup_(cli_instances_done) struct cli_instances found = { 0 };
	_cleanup_(writer_freep) struct writer *w = NULL;
	char socket[METER_SOCKET];
	int status = HJ_EXIT_OK;

	cli_instances(cli->root, "buses.d", "meterd", &found);
	if (found.count == 0 && cli_conf_forbidden(cli->root))
		return cli_conf_refused(cli);
	w = open_writer(cli);
	if (found.count == 0)
		writer_say(w, STYLE_WARN, "%s", _("no bus is configured yet: hjgate status says what to do"));
	cli_meters_begin(w);
	for (size_t i = 0; i < found.count; i++) {
		_cleanup_json_ json_t *answer = NULL;
		int r = cli_ask(cli, socket_of(found.names[i], "look", socket), "hjgate.Meter.Status", NULL, &answer);

		if (r == 0)
			cli_meters_rows(w, answer);
		else
			status = r;
	}
	writer_table_end(w);
	return status;
}

int cli_meter(struct cli *cli, int argc, char **argv)
{
	struct meter_words m = { 0 };
	int r = cli_options(cli, cli_meter_options, &m, &argc, argv);

	if (r)
		return r;
	if (argc == 1)
		return list(cli);
	m.bus = argv[1];
	r = cli_instance_known(cli, "buses.d", "meterd", m.bus);
	if (r)
		return r;
	return act(cli, &m, argc > 2 ? argv[2] : "status", argc > 3 ? argc - 3 : 0, argv + hj_min(argc, 3));
}
