/* `hjgate bus write`: coils and holding registers, by hand. Without --yes it shows what is there and what would be
 * written. It is an event, with who did it. */
#include <stdio.h>
#include <string.h>

#include "bus.h"
#include "tables.h"

#define VALUES_MOST   123 /* of one request */
#define FUNCTION_MOST 16

static const struct writer_column columns[] = {
	{ "address", N_("ADDRESS"), true },
	{ "before", N_("BEFORE"), true },
	{ "wanted", N_("WANTED"), true },
	{ "after", N_("NOW"), true },
};

static int read_values(const struct cli *cli, enum hj_table table, int argc, char **argv, json_t *ret)
{
	uint64_t most = table == HJ_TABLE_COIL ? 1 : 65535, value;

	if (argc > VALUES_MOST)
		return cli_usage(cli, _("%d values at most go into one request"), VALUES_MOST);
	for (int i = 0; i < argc; i++) {
		if (hj_uint_parse(argv[i], strlen(argv[i]), most, &value) < 0)
			return cli_usage(cli,
			        _("VALUE is a number from 0 to %d, as the register holds it, not \"%s\""), (int)most,
			        argv[i]);
		json_array_append_new(ret, json_integer((json_int_t)value));
	}
	return 0;
}

static void put_value(struct writer *w, json_t *list, size_t i, enum writer_style style)
{
	json_t *value = json_array_get(list, i);

	writer_cell(w, value ? style : STYLE_DIM, value ? json_incref(value) : json_null(), value ? NULL : "-");
}

static bool as_wanted(json_t *wanted, json_t *after)
{
	return json_array_size(after) == json_array_size(wanted) && json_equal(after, wanted);
}

static int show(struct cli *cli, const struct hj_question *q, json_t *wanted, json_t *answer)
{
	json_t *before = json_object_get(answer, "before"), *after = json_object_get(answer, "after");
	bool same = as_wanted(wanted, after), seen = json_array_size(after) > 0;
	_cleanup_(writer_freep) struct writer *w = bus_writer(cli);

	writer_field(w, "function", NULL, STYLE_PLAIN, cli_member(answer, "function"), NULL);
	writer_field(w, "written", NULL, STYLE_PLAIN, json_true(), NULL);
	writer_table(w, "registers", columns, hj_array_size(columns));
	for (size_t i = 0; i < json_array_size(wanted); i++) {
		writer_cell_int(w, (int64_t)(q->address + i));
		put_value(w, before, i, STYLE_PLAIN);
		put_value(w, wanted, i, STYLE_PLAIN);
		put_value(w, after, i, same ? STYLE_GOOD : STYLE_WARN);
	}
	writer_table_end(w);
	if (!seen)
		writer_say(w, STYLE_WARN, "%s",
		        _("The meter has taken it, but does not let it be read, or has another address now."));
	else if (!same)
		writer_say(w, STYLE_WARN, "%s",
		        _("The meter has taken it, but shows another value: it may have a range, or need a start."));
	return HJ_EXIT_OK;
}

static int failed(struct cli *cli, const struct bus_wire *w, const struct hj_question *q, json_t *answer)
{
	struct bus_reply a;

	bus_reply_read(json_object_get(answer, "answer"), &a);
	if (a.result == BUS_EXCEPTION)
		return cli_refused(cli,
		        _("unit %u refuses with exception %d, %s: it may need another function (--function 16), a "
		          "password register, or a key on its front"),
		        q->unit_id, a.exception, bus_exception_name(a.exception));
	cli_refused(cli, _("unit %u does not answer (%s)"), q->unit_id, cli_reason(a.why));
	fprintf(stderr, _("It may have been written all the same: hjgate bus probe %s %u %s %u\n"), w->target,
	        q->unit_id, hj_table_name(q->table), q->address);
	return HJ_EXIT_REFUSED;
}

static int write_them(struct cli *cli, struct bus_wire *w, const struct hj_question *q, json_t *wanted)
{
	_cleanup_json_ json_t *answer = NULL;
	json_t *params = json_pack("{sI ss sI sO}", "unit_id", (json_int_t)q->unit_id, "table",
	        hj_table_name(q->table), "address", (json_int_t)q->address, "values", wanted);
	const char *result;
	int r;

	if (w->options->function)
		json_object_set_new(params, "function", json_integer(w->options->function));
	r = bus_wire_call(w, "hjgate.Meter.Write", params, &answer);
	if (r)
		return r;
	result = cli_string(json_object_get(answer, "answer"), "result");
	return result && !strcmp(result, "ok") ? show(cli, q, wanted, answer) : failed(cli, w, q, answer);
}

/* What would be done. */
static int show_only(struct cli *cli, struct bus_wire *w, const struct hj_question *q, json_t *wanted)
{
	struct bus_reply a;
	int r = bus_wire_ask_surely(w, q, w->options->timeout, &a);

	if (r)
		return r;
	for (size_t i = 0; i < json_array_size(wanted); i++) {
		char now[16] = "?";

		if (a.result == BUS_OK)
			snprintf(now, sizeof(now), "%u",
			        q->table == HJ_TABLE_COIL ? a.data[i / 8] >> (i % 8) & 1u
			                                  : (unsigned)(a.data[2 * i] << 8 | a.data[2 * i + 1]));
		fprintf(stderr, _("%s %u of unit %u is %s and would be %lld\n"), hj_table_name(q->table),
		        (unsigned)(q->address + i), q->unit_id, now,
		        (long long)json_integer_value(json_array_get(wanted, i)));
	}
	return cli_refused(cli, "%s", _("nothing is written: say --yes to write"));
}

int bus_write(struct cli *cli, const struct bus_options *o, int argc, char **argv)
{
	_cleanup_json_ json_t *wanted = json_array();
	struct hj_question q = { 0 };
	struct bus_wire w;
	int r;

	if (argc < 5)
		return cli_usage(cli, "%s", _("write needs words: TARGET UNIT TABLE ADDRESS VALUE..."));
	r = bus_unit(cli, argv[1], &q.unit_id);
	r = r ? r : bus_table(cli, argv[2], &q.table);
	if (!r && q.table != HJ_TABLE_COIL && q.table != HJ_TABLE_HOLDING)
		r = cli_usage(cli, "%s", _("only coils and holding registers can be written"));
	r = r ? r : bus_address(cli, argv[3], &q.address);
	r = r ? r : read_values(cli, q.table, argc - 4, argv + 4, wanted);
	if (!r && o->function > FUNCTION_MOST)
		r = cli_usage(cli, "%s", _("--function is 5, 6, 15 or 16"));
	q.count = (uint16_t)json_array_size(wanted);
	r = r ? r : bus_wire_open(cli, o, argv[0], &w);
	if (r)
		return r;
	r = bus_wire_unit(&w, q.unit_id);
	r = r ? r : o->yes ? write_them(cli, &w, &q, wanted) : show_only(cli, &w, &q, wanted);
	bus_wire_close(&w);
	return r;
}
