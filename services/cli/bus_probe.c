/* `hjgate bus probe`: what registers say now, as bytes and in every type and order, with the orders side by side: the
 * one that is meant is the one whose value makes sense. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bus.h"
#include "hjgate/meter_codec.h"
#include "hjgate/meter_show.h"
#include "tables.h"

static const struct writer_column bit_columns[] = {
	{ "address", N_("ADDRESS"), true },
	{ "value", N_("VALUE"), true },
};

static const struct writer_column columns[] = {
	{ "address", N_("ADDRESS"), true },
	{ "hexadecimal", N_("HEXADECIMAL"), false },
	{ "type", N_("TYPE"), false },
	{ "ABCD", "ABCD", true },
	{ "CDAB", "CDAB", true },
	{ "BADC", "BADC", true },
	{ "DCBA", "DCBA", true },
};

/* Of a station: each byte, and the digits from it on; a value has its last digits first. */
static const struct writer_column station_columns[] = {
	{ "at", N_("AT"), true },
	{ "hexadecimal", N_("HEXADECIMAL"), false },
	{ "bcd_1", "BCD 1", true },
	{ "bcd_2", "BCD 2", true },
	{ "bcd_3", "BCD 3", true },
	{ "bcd_4", "BCD 4", true },
};

static void show_digits(struct writer *w, const uint8_t *p, size_t n, size_t length)
{
	const struct hj_codec c = {
		.type = HJ_TYPE_BCD, .order = HJ_ORDER_DCBA, .length = (uint8_t)length, .scale = 1
	};
	double value;

	if (length <= n && hj_codec_decode(&c, p, &value) == 0)
		writer_cell_int(w, (int64_t)value);
	else
		writer_cell(w, STYLE_DIM, json_null(), "");
}

static void show_data(struct writer *w, const struct bus_reply *a)
{
	char hex[8];

	writer_table(w, "data", station_columns, hj_array_size(station_columns));
	for (size_t at = 0; at < a->length; at++) {
		bus_hex_text(a->data + at, 1, hex, sizeof(hex));
		writer_cell_int(w, (int64_t)at);
		writer_cell_text(w, hex);
		for (size_t length = 1; length <= 4; length++)
			show_digits(w, a->data + at, a->length - at, length);
	}
	writer_table_end(w);
}

static void show_bits(struct writer *w, const struct hj_question *q, const struct bus_reply *a)
{
	writer_table(w, "values", bit_columns, hj_array_size(bit_columns));
	for (size_t i = 0; i < q->count && i / 8 < a->length; i++) {
		writer_cell_int(w, (int64_t)(q->address + i));
		writer_cell_int(w, a->data[i / 8] >> (i % 8) & 1);
	}
	writer_table_end(w);
}

static void type_text(const struct hj_show_type *t, char *to, size_t size)
{
	if (t->type == HJ_TYPE_BCD)
		snprintf(to, size, "%s %d", hj_type_name(t->type), t->length);
	else
		snprintf(to, size, "%s", hj_type_name(t->type));
}

static void show_type(struct writer *w, uint32_t address, const struct hj_show_type *t, const uint8_t *p, size_t n)
{
	double values[HJ_ORDERS] = { 0 };
	bool is_signed = t->type == HJ_TYPE_INT16 || t->type == HJ_TYPE_INT32 || t->type == HJ_TYPE_INT64;
	bool has[HJ_ORDERS], any = false;
	char hex[32], type[24];

	for (int o = 0; o < HJ_ORDERS; o++) {
		has[o] = hj_show(t, (enum hj_order)o, p, n, &values[o]);
		any = any || (has[o] && (!is_signed || values[o] < 0)); /* else it says what the unsigned one says */
	}
	if (!any)
		return;
	bus_hex_text(p, t->length, hex, sizeof(hex));
	type_text(t, type, sizeof(type));
	writer_cell_int(w, address);
	writer_cell(w, STYLE_DIM, json_string(hex), NULL);
	writer_cell_text(w, type);
	for (int o = 0; o < HJ_ORDERS; o++) {
		if (has[o] && values[o] == floor(values[o]) && fabs(values[o]) < 1e15)
			writer_cell_int(w, (int64_t)values[o]);
		else if (has[o])
			writer_cell_number(w, values[o], -1);
		else
			writer_cell(w, STYLE_DIM, json_null(), "");
	}
}

static void show_registers(struct writer *w, const struct hj_question *q, const struct bus_reply *a)
{
	writer_table(w, "values", columns, hj_array_size(columns));
	for (size_t at = 0; at + 2 <= a->length; at += 2)
		for (size_t t = 0; t < HJ_SHOW_TYPES; t++)
			show_type(w, q->address + (uint32_t)at / 2, &hj_show_types[t], a->data + at, a->length - at);
	writer_table_end(w);
}

static int show(struct cli *cli, const struct hj_question *q, const struct bus_reply *a)
{
	_cleanup_(writer_freep) struct writer *w = bus_writer(cli);
	char sent[3 * HJ_FRAME_MAX], received[3 * HJ_FRAME_MAX];

	bus_hex_text(a->sent, a->sent_length, sent, sizeof(sent));
	bus_hex_text(a->received, a->received_length, received, sizeof(received));
	writer_field(w, "sent", _("Sent"), STYLE_DIM, json_string(sent), NULL);
	writer_field(w, "received", _("Received"), STYLE_DIM, json_string(received), NULL);
	writer_field(w, "took_ms", NULL, STYLE_PLAIN, json_real((double)a->took_us / 1000), NULL);
	if (q->table == HJ_TABLE_DATA)
		show_data(w, a);
	else if (hj_table_is_bits(q->table))
		show_bits(w, q, a);
	else
		show_registers(w, q, a);
	writer_say(w, STYLE_DIM, _("answered in %.1f ms"), (double)a->took_us / 1000);
	return HJ_EXIT_OK;
}

static int refused(struct cli *cli, const char *who, const struct hj_question *q, const struct bus_reply *a)
{
	if (q->table == HJ_TABLE_DATA)
		return cli_refused(
		        cli, _("station %s refuses %X (%d: %s)"), who, q->address, a->exception, cli_reason(a->why));
	return cli_refused(cli,
	        _("unit %u answers with exception %d, %s: it has no such register, or another "
	          "table (%s %u)"),
	        q->unit_id, a->exception, bus_exception_name(a->exception), hj_table_name(q->table), q->address);
}

static int failed(struct cli *cli, const struct bus_wire *w, const char *who, const struct hj_question *q,
        const struct bus_reply *a)
{
	if (a->result == BUS_EXCEPTION)
		return refused(cli, who, q, a);
	if (q->table == HJ_TABLE_DATA)
		cli_refused(cli, _("station %s does not answer (%s)"), who, cli_reason(a->why));
	else
		cli_refused(cli, _("unit %u does not answer (%s)"), q->unit_id, cli_reason(a->why));
	fprintf(stderr, _("Who is there: hjgate bus scan %s; what is wrong: hjgate bus doctor %s\n"), w->target,
	        w->target);
	return HJ_EXIT_REFUSED;
}

/* TARGET STATION data IDENTIFIER */
static int station_words(const struct cli *cli, char **argv, struct hj_question *ret)
{
	int r = bus_station(cli, argv[1], ret->station);

	ret->table = HJ_TABLE_DATA;
	return r ? r : bus_identifier(cli, argv[3], &ret->address);
}

static int register_words(const struct cli *cli, int argc, char **argv, struct hj_question *ret)
{
	int r = bus_unit(cli, argv[1], &ret->unit_id);

	r = r ? r : bus_table(cli, argv[2], &ret->table);
	r = r ? r : bus_address(cli, argv[3], &ret->address);
	r = r || argc < 5 ? r : bus_count(cli, argv[4], &ret->count);
	if (!r && ret->address + ret->count - 1 > UINT16_MAX)
		return cli_usage(cli, _("%d is the last: COUNT takes it further"), UINT16_MAX);
	return r;
}

int bus_probe(struct cli *cli, const struct bus_options *o, int argc, char **argv)
{
	struct hj_question q = { .count = 1 };
	struct bus_reply a;
	struct bus_wire w;
	int r;

	if (argc == 4 && !strcmp(argv[2], hj_table_name(HJ_TABLE_DATA)))
		r = station_words(cli, argv, &q);
	else if (argc < 4 || argc > 5)
		return cli_usage(cli, "%s", _("probe needs words: TARGET UNIT TABLE ADDRESS [COUNT]"));
	else
		r = register_words(cli, argc, argv, &q);
	r = r ? r : bus_wire_open(cli, o, argv[0], &w);
	if (r)
		return r;
	r = bus_wire_ask(&w, &q, o->timeout, &a);
	if (!r)
		r = a.result == BUS_OK ? show(cli, &q, &a) : failed(cli, &w, argv[1], &q, &a);
	bus_wire_close(&w);
	return r;
}
